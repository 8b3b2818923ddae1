//! ELF: what Linux and the BSDs run. Read is what their loaders read: segments, for sections need not be there.

use object::elf::{
    DT_NEEDED, DT_STRTAB, DT_VERNEED, DT_VERNEEDNUM, ELFOSABI_FREEBSD, ELFOSABI_GNU, ELFOSABI_NETBSD, ELFOSABI_OPENBSD,
    PT_LOAD,
};
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _};
use object::{Endian as _, Endianness, Object as _};

use super::executable::{Executable, arch};

/// More versions than any program asks for; a hostile one ends here.
const MOST_VERSIONS: usize = 100_000;
/// Longer than any name of a library or version; what is longer is cut.
const LONGEST_NAME: usize = 1024;

/// Reads the program headers of an ELF file and what they point at.
pub fn read<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Executable> {
    let header = Elf::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let file = File::<Elf> { bytes, endian, segments: header.program_headers(endian, bytes).ok()? };
    let interpreter = file
        .segments
        .iter()
        .find_map(|segment| segment.interpreter(endian, bytes).ok().flatten())
        .map(|path| String::from_utf8_lossy(path).into_owned());
    let os = match header.e_ident().os_abi {
        ELFOSABI_GNU => Some("linux"),
        ELFOSABI_FREEBSD => Some("freebsd"),
        ELFOSABI_NETBSD => Some("netbsd"),
        ELFOSABI_OPENBSD => Some("openbsd"),
        _ => file.os_of_notes().or_else(|| interpreter.as_deref().and_then(os_of_interpreter)),
    };
    let dynamic = file.dynamic();
    let whole = object::File::parse(bytes).ok()?;
    Some(Executable {
        os: os.map(str::to_owned),
        interpreter,
        needed: dynamic.needed.iter().map(|offset| file.name(&dynamic, *offset)).collect(),
        glibc: file.glibc(&dynamic).map(|(major, minor)| format!("{major}.{minor}")),
        ..Executable::new("elf", arch(whole.architecture(), whole.is_little_endian()))
    })
}

/// A file and its segments.
struct File<'data, Elf: FileHeader> {
    bytes: &'data [u8],
    endian: Elf::Endian,
    segments: &'data [Elf::ProgramHeader],
}

/// What the dynamic segment says: addresses, and offsets of names.
#[derive(Default)]
struct Dynamic {
    names: u64,
    needed: Vec<u64>,
    versions: u64,
    version_count: u64,
}

impl<'data, Elf: FileHeader> File<'data, Elf> {
    /// The bytes that are loaded to an address, to their segment's end.
    fn at(&self, address: u64) -> Option<&'data [u8]> {
        self.segments.iter().filter(|segment| segment.p_type(self.endian) == PT_LOAD).find_map(|segment| {
            let offset = address.checked_sub(segment.p_vaddr(self.endian).into())?;
            segment.data(self.endian, self.bytes).ok()?.get(usize::try_from(offset).ok()?..)
        })
    }

    fn dynamic(&self) -> Dynamic {
        let mut dynamic = Dynamic::default();
        let entries = self.segments.iter().find_map(|segment| segment.dynamic(self.endian, self.bytes).ok().flatten());
        for entry in entries.unwrap_or_default() {
            let value = entry.val(self.endian);
            match entry.tag(self.endian) {
                object::elf::DT_NULL => break,
                DT_NEEDED => dynamic.needed.push(value),
                DT_STRTAB => dynamic.names = value,
                DT_VERNEED => dynamic.versions = value,
                DT_VERNEEDNUM => dynamic.version_count = value,
                _ => {}
            }
        }
        dynamic
    }

    fn name(&self, dynamic: &Dynamic, offset: u64) -> String {
        let bytes = dynamic.names.checked_add(offset).and_then(|address| self.at(address)).unwrap_or_default();
        let bytes = &bytes[..bytes.len().min(LONGEST_NAME)];
        String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
    }

    /// The newest version of glibc among those that symbols are asked for with: `Elf64_Verneed`, each with its
    /// `Elf64_Vernaux`, which 32-bit files have too.
    fn glibc(&self, dynamic: &Dynamic) -> Option<(u32, u32)> {
        let word = |bytes: &[u8], at: usize| Some(self.endian.read_u32(*bytes.get(at..)?.first_chunk()?));
        let (mut newest, mut seen) = (None, 0);
        let mut library = self.at(dynamic.versions).filter(|_| dynamic.versions != 0)?;
        for _ in 0..dynamic.version_count {
            let mut version = library.get(word(library, 8)? as usize..)?;
            loop {
                let name = self.name(dynamic, word(version, 8)?.into());
                newest = newest.max(glibc_version(&name));
                seen += 1;
                match word(version, 12)? {
                    0 => break,
                    _ if seen > MOST_VERSIONS => return newest,
                    next => version = version.get(next as usize..)?,
                }
            }
            match word(library, 12)? {
                0 => break,
                next => library = library.get(next as usize..)?,
            }
        }
        newest
    }

    /// What the notes say that compilers leave for the loader.
    fn os_of_notes(&self) -> Option<&'static str> {
        let notes = self.segments.iter().filter_map(|segment| segment.notes(self.endian, self.bytes).ok().flatten());
        for mut notes in notes {
            while let Ok(Some(note)) = notes.next() {
                // NT_GNU_ABI_TAG is 1, and 0 in it is Linux.
                match (note.name(), note.desc()) {
                    (b"GNU", [0, 0, 0, 0, _, ..]) if note.n_type(self.endian).0 == 1 => return Some("linux"),
                    (b"Android", _) => return Some("android"),
                    (b"FreeBSD", _) => return Some("freebsd"),
                    (b"NetBSD", _) => return Some("netbsd"),
                    (b"OpenBSD", _) => return Some("openbsd"),
                    _ => {}
                }
            }
        }
        None
    }
}

fn os_of_interpreter(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next()?;
    if path.starts_with("/system/") {
        Some("android")
    } else if name == "ld-elf.so.1" {
        Some("freebsd")
    } else {
        ["ld-linux", "ld-musl", "ld64.so"].iter().any(|known| name.starts_with(known)).then_some("linux")
    }
}

fn glibc_version(symbol_version: &str) -> Option<(u32, u32)> {
    let (major, rest) = symbol_version.strip_prefix("GLIBC_")?.split_once('.')?;
    Some((major.parse().ok()?, rest.split('.').next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glibc_versions_compare_as_numbers() {
        assert!(glibc_version("GLIBC_2.17") > glibc_version("GLIBC_2.4"));
        assert_eq!(glibc_version("GLIBC_2.2.5"), Some((2, 2)));
        assert_eq!(glibc_version("GLIBC_PRIVATE"), None);
    }

    #[test]
    fn interpreters_tell_the_system() {
        assert_eq!(os_of_interpreter("/lib64/ld-linux-x86-64.so.2"), Some("linux"));
        assert_eq!(os_of_interpreter("/lib/ld-musl-aarch64.so.1"), Some("linux"));
        assert_eq!(os_of_interpreter("/system/bin/linker64"), Some("android"));
        assert_eq!(os_of_interpreter("/libexec/ld-elf.so.1"), Some("freebsd"));
        assert_eq!(os_of_interpreter("/usr/lib/ld.so.1"), None);
    }
}
