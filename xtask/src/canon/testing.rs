//! The smallest executables that have everything that is read, and made canonical.

use sha2::{Digest as _, Sha256};

/// The size of a fixture's code: more than one page of 4 KiB, and not whole ones.
const CODE: usize = 4096 + 100;

/// A Mach-O file for arm64 macOS 11, signed ad hoc as linkers do.
pub fn arm64() -> Vec<u8> {
    let mut file = macho(0x0100_000c, 0, 4);
    let limit = file.len();
    let pages = limit.div_ceil(4096);
    let (header, identifier) = (88, b"fixture\0");
    let hashes = header + identifier.len();
    let length = hashes + pages * 32;
    let be = |words: &[usize]| words.iter().flat_map(|word| u32::try_from(*word).unwrap().to_be_bytes()).collect();
    let parts: [Vec<u8>; 5] = [
        be(&[0xfade_0cc0, 20 + length, 1, 0, 20]),
        be(&[0xfade_0c02, length, 0x2_0400, 0x2_0002, hashes, header, 0, pages, limit]),
        vec![32, 2, 0, 12],
        be(&[0; 12]),
        identifier.to_vec(),
    ];
    let blob = parts.concat();
    let size = blob.len() + pages * 32;
    let command = [0x1d, 16, u32::try_from(limit).unwrap(), u32::try_from(size).unwrap()];
    file[COMMANDS_END..COMMANDS_END + 16].copy_from_slice(&little(&command));
    let digests: Vec<u8> = file.chunks(4096).flat_map(Sha256::digest).collect();
    [file, blob, digests].concat()
}

/// A Mach-O file for x86_64 macOS 10.12, not signed.
pub fn x86_64() -> Vec<u8> {
    macho(0x0100_0007, 3, 3)
}

/// Where the commands of all fixtures end, but for a signature.
const COMMANDS_END: usize = 32 + 24 + 24 + 56;

fn macho(cpu: u32, subtype: u32, commands: u32) -> Vec<u8> {
    let size = u32::try_from(COMMANDS_END - 32).unwrap() + if commands == 4 { 16 } else { 0 };
    let minimum = if commands == 4 { 11 << 16 } else { 10 << 16 | 12 << 8 };
    let mut file = little(&[0xfeed_facf, cpu, subtype, 2, commands, size, 0, 0]);
    file.extend(little(&[0x1b, 24, 1, 2, 3, 4]));
    file.extend(little(&[0x32, 24, 1, minimum, minimum, 0]));
    file.extend(little(&[0xc, 56, 24, 2, 0, 0]));
    file.extend(b"/usr/lib/libSystem.B.dylib\0\0\0\0\0\0");
    file.resize(CODE, 0x90);
    file[COMMANDS_END..COMMANDS_END + 16].fill(0);
    file
}

/// A static ELF program, headers only: `machine` as `elf.h` has it.
pub fn elf(machine: u8) -> Vec<u8> {
    let mut file = vec![0; 64];
    file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    (file[16], file[18], file[20], file[52]) = (2, machine, 1, 64);
    file
}

/// Where things are in [`pe`].
pub const PE_STAMP: usize = 64 + 8;
pub const PE_CHECKSUM: usize = 64 + 24 + 64;
pub const PE_DIRECTORIES: usize = 64 + 24 + 112;
pub const PE_EXPORT: usize = 512;
pub const PE_DEBUG: usize = 576;

/// A PE file for Windows on x86_64 with a checksum (`wide`), or on i686 without.
pub fn pe(wide: bool) -> Vec<u8> {
    let (machine, magic, optional) = if wide { (0x8664, 0x20b, 240) } else { (0x14c, 0x10b, 224) };
    let mut file = vec![0; 1024];
    let mut at = |at: usize, words: &[u32]| file[at..at + words.len() * 4].copy_from_slice(&little(words));
    at(0, &[0x5a4d]);
    at(0x3c, &[64]);
    at(64, &[0x4550, machine | 1 << 16, 1_700_000_000, 0, 0, optional | 0x22 << 16, magic]);
    let directories = if wide { PE_DIRECTORIES } else { PE_DIRECTORIES - 16 };
    if wide {
        at(PE_CHECKSUM, &[1]);
    }
    // Section alignment, file alignment, the system's version, the sizes of the image and of its headers, the console.
    at(64 + 24 + 32, &[4096, 512, 6, 0, 6, 0, 8192, 512]);
    at(64 + 24 + 68, &[3]);
    at(directories - 4, &[16]);
    at(directories, &[0x1000, 40]);
    at(directories + 48, &[0x1040, 56]);
    at(directories + 128, &[0x6164_722e, 0x6174, 512, 0x1000, 512, 512]);
    at(PE_EXPORT + 4, &[1_700_000_000]);
    for (entry, kind) in [(PE_DEBUG, 2), (PE_DEBUG + 28, 20)] {
        at(entry + 4, &[1_700_000_000, 0, kind]);
    }
    file
}

fn little(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
