//! What an executable says of itself in its own headers.

use std::collections::BTreeSet;

use object::elf::{FileHeader32, FileHeader64};
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _};
use object::{Architecture, BinaryFormat, Endianness, FileKind, Object as _};
use serde::{Deserialize, Serialize};

/// An executable's headers, as far as they decide where it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executable {
    /// `elf`, `mach-o`, `pe`, `wasm`.
    pub format: String,
    /// The processor, as target triples call it: `x86_64`, `aarch64`.
    pub arch: String,
    /// The program that loads it, where there is one (ELF only).
    pub interpreter: Option<String>,
    /// The libraries that it asks for.
    pub needed: Vec<String>,
    /// The newest glibc that it asks for, as `2.17`.
    pub glibc: Option<String>,
}

impl Executable {
    /// What a static program for the processor will say of itself.
    pub fn expected_static(arch: &str) -> Self {
        Self { format: "elf".to_owned(), arch: arch.to_owned(), interpreter: None, needed: Vec::new(), glibc: None }
    }

    /// Whether it runs with nothing but the kernel: what an image from scratch needs.
    pub fn is_static(&self) -> bool {
        self.format == "elf" && self.interpreter.is_none() && self.needed.is_empty()
    }
}

/// Reads an executable's headers; `None` where the bytes are no executable that is known.
pub fn executable(bytes: &[u8]) -> Option<Executable> {
    match FileKind::parse(bytes).ok()? {
        FileKind::Elf32 => elf::<FileHeader32<Endianness>>(bytes),
        FileKind::Elf64 => elf::<FileHeader64<Endianness>>(bytes),
        FileKind::MachO32 | FileKind::MachO64 | FileKind::Pe32 | FileKind::Pe64 => other(bytes),
        _ => None,
    }
}

fn other(bytes: &[u8]) -> Option<Executable> {
    let file = object::File::parse(bytes).ok()?;
    let libraries: BTreeSet<String> = file
        .imports()
        .ok()?
        .filter_map(Result::ok)
        .map(|import| String::from_utf8_lossy(import.library()).into_owned())
        .filter(|library| !library.is_empty())
        .collect();
    Some(Executable {
        format: if file.format() == BinaryFormat::MachO { "mach-o" } else { "pe" }.to_owned(),
        arch: arch(file.architecture()).to_owned(),
        interpreter: None,
        needed: libraries.into_iter().collect(),
        glibc: None,
    })
}

fn elf<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Executable> {
    let header = Elf::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let interpreter = header
        .program_headers(endian, bytes)
        .ok()?
        .iter()
        .find_map(|segment| segment.interpreter(endian, bytes).ok().flatten())
        .map(|path| String::from_utf8_lossy(path).into_owned());
    let mut needed = Vec::new();
    let mut glibc = None;
    let sections = header.sections(endian, bytes).ok()?;
    if let Ok(Some((dynamic, strings))) = sections.dynamic(endian, bytes) {
        let strings = sections.strings(endian, bytes, strings).unwrap_or_default();
        for entry in dynamic.iter().filter(|entry| entry.tag(endian) == object::elf::DT_NEEDED) {
            let name =
                u32::try_from(Into::<u64>::into(entry.val(endian))).ok().and_then(|offset| strings.get(offset).ok());
            needed.extend(name.map(|name| String::from_utf8_lossy(name).into_owned()));
        }
    }
    if let Ok(Some((mut versions, strings))) = sections.gnu_verneed(endian, bytes) {
        let strings = sections.strings(endian, bytes, strings).unwrap_or_default();
        while let Ok(Some((_, mut names))) = versions.next() {
            while let Ok(Some(name)) = names.next() {
                let name = name.name(endian, strings).ok().and_then(|name| std::str::from_utf8(name).ok());
                glibc = glibc.max(name.and_then(glibc_version));
            }
        }
    }
    let architecture = object::File::parse(bytes).ok()?.architecture();
    Some(Executable {
        format: "elf".to_owned(),
        arch: arch(architecture).to_owned(),
        interpreter,
        needed,
        glibc: glibc.map(|(major, minor)| format!("{major}.{minor}")),
    })
}

fn glibc_version(symbol_version: &str) -> Option<(u32, u32)> {
    let (major, rest) = symbol_version.strip_prefix("GLIBC_")?.split_once('.')?;
    Some((major.parse().ok()?, rest.split('.').next()?.parse().ok()?))
}

fn arch(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "x86_64",
        Architecture::I386 => "i686",
        Architecture::Aarch64 => "aarch64",
        Architecture::Arm => "arm",
        Architecture::Riscv64 => "riscv64",
        Architecture::PowerPc64 => "powerpc64",
        Architecture::S390x => "s390x",
        Architecture::LoongArch64 => "loongarch64",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_test_itself_and_refuses_text() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let own = executable(&own).expect("the test is an executable");
        if cfg!(all(target_os = "linux", target_env = "gnu")) {
            assert_eq!((own.format.as_str(), own.is_static()), ("elf", false));
            assert!(own.needed.iter().any(|library| library.starts_with("libc.so")), "{own:?}");
            assert!(own.glibc.is_some());
        }
        assert_eq!(executable(b"#!/bin/sh\n"), None);
        assert_eq!(executable(b"\x7fELF\x02\x01\x01"), None);
    }

    #[test]
    fn glibc_versions_compare_as_numbers() {
        assert!(glibc_version("GLIBC_2.17") > glibc_version("GLIBC_2.4"));
        assert_eq!(glibc_version("GLIBC_2.2.5"), Some((2, 2)));
        assert_eq!(glibc_version("GLIBC_PRIVATE"), None);
    }
}
