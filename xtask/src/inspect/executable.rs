//! What an executable says of itself in its own headers.

use object::read::macho::FatArch as _;
use object::{Architecture, Endianness, FileKind};
use serde::{Deserialize, Serialize};

use super::{Signature, elf, macho, pe};

/// An executable's headers, as far as they decide where it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executable {
    /// `elf`, `mach-o`, `pe`, `wasm`.
    pub format: String,
    /// The processor, as target triples call it: `x86_64`, `aarch64`; `universal` for a Mach-O file with slices for
    /// several.
    pub arch: String,
    /// The operating system, where the file names it (a static ELF program need not): `linux`, `macos`, `windows`.
    pub os: Option<String>,
    /// The program that loads it, where there is one (ELF only).
    pub interpreter: Option<String>,
    /// The libraries that it asks for.
    pub needed: Vec<String>,
    /// The newest glibc that it asks for, as `2.17`.
    pub glibc: Option<String>,
    /// What each processor's part has of its own (Mach-O only); one unless the file is universal.
    pub slices: Vec<Slice>,
}

/// The part of a Mach-O file that is for one processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// The processor.
    pub arch: String,
    /// The oldest system that it runs on, as `11.0`.
    pub min_os: Option<String>,
    /// What it is called in crash reports and by debuggers; macOS 26 runs nothing without it.
    pub uuid: Option<String>,
    /// Its signature; on arm64, macOS runs nothing without one.
    pub signature: Option<Signature>,
}

impl Executable {
    /// One that says nothing but what it is.
    pub fn new(format: &str, arch: &str) -> Self {
        Self {
            format: format.to_owned(),
            arch: arch.to_owned(),
            os: None,
            interpreter: None,
            needed: Vec::new(),
            glibc: None,
            slices: Vec::new(),
        }
    }

    /// What a static program for the processor will say of itself.
    pub fn expected_static(arch: &str) -> Self {
        Self::new("elf", arch)
    }

    /// Whether it runs with nothing but the kernel: what an image from scratch needs.
    pub fn is_static(&self) -> bool {
        self.format == "elf" && self.interpreter.is_none() && self.needed.is_empty()
    }
}

/// Reads an executable's headers; `None` where the bytes are no executable that is known, or one that is cut short.
pub fn executable(bytes: &[u8]) -> Option<Executable> {
    // A core module or a component (the "layer" behind the version).
    if let [0, b'a', b's', b'm', _, _, 0 | 1, 0, ..] = bytes {
        return Some(Executable::new("wasm", "wasm32"));
    }
    match FileKind::parse(bytes).ok()? {
        FileKind::Elf32 => elf::read::<object::elf::FileHeader32<Endianness>>(bytes),
        FileKind::Elf64 => elf::read::<object::elf::FileHeader64<Endianness>>(bytes),
        FileKind::MachO32 => macho::read::<object::macho::MachHeader32<Endianness>>(bytes),
        FileKind::MachO64 => macho::read::<object::macho::MachHeader64<Endianness>>(bytes),
        FileKind::MachOFat32 => universal(bytes),
        FileKind::Pe32 => pe::read::<object::pe::ImageNtHeaders32>(bytes),
        FileKind::Pe64 => pe::read::<object::pe::ImageNtHeaders64>(bytes),
        _ => None,
    }
}

/// All slices together: what they agree on, and what any of them needs.
fn universal(bytes: &[u8]) -> Option<Executable> {
    let file = object::read::macho::MachOFatFile32::parse(bytes).ok()?;
    let slices: Option<Vec<Executable>> = file
        .arches()
        .iter()
        .map(|arch| macho::read::<object::macho::MachHeader64<Endianness>>(arch.data(bytes).ok()?))
        .collect();
    let slices = slices?;
    let os = slices.first()?.os.clone().filter(|os| slices.iter().all(|slice| slice.os.as_ref() == Some(os)));
    let mut needed: Vec<String> = slices.iter().flat_map(|slice| slice.needed.iter().cloned()).collect();
    needed.sort();
    needed.dedup();
    let slices = slices.into_iter().flat_map(|slice| slice.slices).collect();
    Some(Executable { os, needed, slices, ..Executable::new("mach-o", "universal") })
}

/// A processor, as target triples call it, but without the finer kinds (`armv7`, `riscv64gc`).
pub fn arch(architecture: Architecture, is_little: bool) -> &'static str {
    match (architecture, is_little) {
        (Architecture::X86_64, _) => "x86_64",
        (Architecture::X86_64_X32, _) => "x32",
        (Architecture::I386, _) => "i686",
        (Architecture::Aarch64, true) => "aarch64",
        (Architecture::Aarch64, false) => "aarch64_be",
        (Architecture::Arm, true) => "arm",
        (Architecture::Riscv64, _) => "riscv64",
        (Architecture::Riscv32, _) => "riscv32",
        (Architecture::PowerPc, _) => "powerpc",
        (Architecture::PowerPc64, true) => "powerpc64le",
        (Architecture::PowerPc64, false) => "powerpc64",
        (Architecture::S390x, _) => "s390x",
        (Architecture::LoongArch64, _) => "loongarch64",
        (Architecture::Sparc64, _) => "sparc64",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::{canonical, testing};

    #[test]
    fn reads_the_test_itself_and_refuses_text() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let own = executable(&own).expect("the test is an executable");
        if cfg!(all(target_os = "linux", target_env = "gnu")) {
            assert_eq!((own.format.as_str(), own.os.as_deref(), own.is_static()), ("elf", Some("linux"), false));
            assert!(own.needed.iter().any(|library| library.starts_with("libc.so")), "{own:?}");
            assert!(own.glibc.is_some());
        }
        for other in [&b"#!/bin/sh\n"[..], b"\x7fELF\x02\x01\x01", b"", b"MZ", b"\0asm"] {
            assert_eq!(executable(other), None);
        }
    }

    #[test]
    fn mach_o_files_tell_system_signature_and_name() {
        let mut file = testing::arm64();
        canonical(&mut file, 0).unwrap();
        let read = executable(&file).unwrap();
        assert_eq!(
            (read.format.as_str(), read.arch.as_str(), read.os.as_deref()),
            ("mach-o", "aarch64", Some("macos"))
        );
        assert_eq!(read.needed, ["/usr/lib/libSystem.B.dylib"]);
        let [slice] = &read.slices[..] else { panic!("{read:?}") };
        assert_eq!((slice.min_os.as_deref(), slice.signature), (Some("11.0"), Some(Signature::AdHoc)));
        assert_eq!(slice.uuid.as_ref().unwrap().len(), 36);
    }

    #[test]
    fn a_universal_file_tells_each_slices_own() {
        let file = crate::canon::universal(&[&testing::arm64(), &testing::x86_64()]).unwrap();
        let read = executable(&file).unwrap();
        assert_eq!((read.arch.as_str(), read.os.as_deref(), read.needed.len()), ("universal", Some("macos"), 1));
        let slices: Vec<_> =
            read.slices.iter().map(|s| (s.arch.as_str(), s.min_os.as_deref().unwrap(), s.signature)).collect();
        assert_eq!(slices, [("x86_64", "10.12", None), ("aarch64", "11.0", Some(Signature::AdHoc))]);
    }

    #[test]
    fn windows_and_wasm_are_known() {
        let read = executable(&testing::pe(true)).unwrap();
        assert_eq!((read.format.as_str(), read.arch.as_str(), read.os.as_deref()), ("pe", "x86_64", Some("windows")));
        assert_eq!(executable(&testing::pe(false)).unwrap().arch, "i686");
        assert_eq!(executable(b"\0asm\x01\0\0\0").unwrap(), Executable::new("wasm", "wasm32"));
        assert_eq!(executable(b"\0asm\x0d\0\x01\0").unwrap().format, "wasm");
    }

    #[test]
    fn hostile_files_do_not_panic() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let fat = crate::canon::universal(&[&testing::arm64(), &testing::x86_64()]).unwrap();
        for file in [&own[..2048], &fat, &testing::arm64(), &testing::pe(true)] {
            for at in (0..file.len()).filter(|at| *at < 700 || *at + 400 > file.len()) {
                executable(&file[..at]);
                for value in [0, 0xff, file[at] ^ 0x40] {
                    let mut bytes = file.to_vec();
                    bytes[at] = value;
                    executable(&bytes);
                }
            }
        }
    }
}
