//! Makes linked files canonical: what a linker writes anew at every run (the time, a UUID that depends on times) becomes
//! a function of the file's content and of the release's time stamp, and an ad-hoc signature is made to fit again.
//!
//! Bytes in, bytes out: nothing here reads or writes files, and no input makes it panic. ELF files need nothing: their
//! build ID is a digest already.

mod macho;
mod pe;
pub(crate) mod signature;
mod universal;

use std::fmt;

use macho::MachO;
use pe::Pe;
pub use universal::universal;

/// What [`canonical`] made of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Of no format that has anything to change: untouched.
    Foreign,
    /// It was canonical already: untouched.
    Same,
    /// It is canonical now.
    Changed,
    /// It has something to change, and must not be changed, or cannot be: untouched, and why.
    Kept(&'static str),
}

/// A file that is not what its first bytes promise: what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Malformed {}

/// Makes a linked file canonical, in place and without changing its length: Mach-O of 64 bits, thin or universal, and
/// PE, with `epoch` (seconds since 1970) for its time stamps. Doing it again changes nothing.
///
/// * Mach-O: the times of object files that debuggers look for become 0, as with `ZERO_AR_DATE` of Apple's `ld`.
///   `LC_UUID`, which linkers derive from such times and paths even if they are stripped later, becomes the sha256 of
///   the rest of the file, cut to a UUID of version 3 as theirs is; then the page hashes of an ad-hoc signature are
///   computed anew (its other digests, of entitlements and requirements, do not depend on the code). A file without
///   `LC_UUID` gets none.
/// * PE: the time stamps of the COFF header and of the debug and export directories become `epoch`, and a checksum that
///   is set is computed anew. A file linked with `/Brepro` is canonical as it is. A debug GUID stays, for it names the
///   `.pdb`: lld's is a digest already, Microsoft's needs `/Brepro`.
///
/// What is signed with a certificate stays as it is.
///
/// # Errors
/// A file that is cut short or contradicts itself; it is untouched.
pub fn canonical(bytes: &mut [u8], epoch: u64) -> Result<Outcome, Malformed> {
    if let Some(machos) = machos(bytes)? {
        if let Some(why) = machos.iter().find_map(MachO::kept) {
            return Ok(Outcome::Kept(why));
        }
        let changed = machos.iter().map(|macho| macho.make_canonical(bytes)).filter(|changed| *changed).count();
        return Ok(if changed > 0 { Outcome::Changed } else { Outcome::Same });
    }
    match Pe::parse(bytes)? {
        None => Ok(Outcome::Foreign),
        Some(pe) if pe.is_signed() => Ok(Outcome::Kept("it is signed with a certificate")),
        Some(pe) => Ok(if pe.make_canonical(bytes, epoch) { Outcome::Changed } else { Outcome::Same }),
    }
}

/// The Mach-O files in a file: one, or a universal file's slices.
fn machos(bytes: &[u8]) -> Result<Option<Vec<MachO>>, Malformed> {
    match universal::slices(bytes)? {
        Some(slices) => slices.into_iter().map(|slice| MachO::parse(bytes, slice)).collect(),
        None => Ok(MachO::parse(bytes, 0..bytes.len())?.map(|macho| vec![macho])),
    }
}

/// The `N` bytes at `at`, if they are there.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

/// A 32-bit offset or length of a file as an index. Where an index is narrower, no such file is in memory.
fn index(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Writes `new` at `at`: whether that changed anything. What is not there is not written.
fn put(bytes: &mut [u8], at: usize, new: &[u8]) -> bool {
    let Some(old) = bytes.get_mut(at..).and_then(|rest| rest.get_mut(..new.len())) else { return false };
    let changed = *old != *new;
    old.copy_from_slice(new);
    changed
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_linked_file_is_left_alone() {
        for foreign in [&b""[..], b"MZ", b"MZ, said the batch file", b"\x7fELF\x02\x01\x01", b"#!/bin/sh\n", b"\0asm"] {
            let mut bytes = foreign.to_vec();
            assert_eq!(canonical(&mut bytes, 1), Ok(Outcome::Foreign));
            assert_eq!(bytes, foreign);
        }
        // A Java class file begins like a universal Mach-O; the number of slices is its version there.
        let mut class = [&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 65][..], &[7; 64]].concat();
        assert_eq!(canonical(&mut class, 1), Ok(Outcome::Foreign));
    }

    /// Every cut, and every byte changed to each of a few values: no panic; what is refused is untouched, and what is
    /// taken is the same when taken again.
    #[test]
    fn hostile_files_are_refused_untouched_or_made_canonical_for_good() {
        let fat = universal(&[&testing::x86_64(), &testing::arm64()]).unwrap();
        for file in [testing::arm64(), testing::x86_64(), fat, testing::pe(true), testing::pe(false)] {
            // What stands between headers and signature is read as a whole only.
            let of_interest = |at: &usize| file.len() <= 1024 || *at < 200 || *at + 250 > file.len();
            for end in (0..file.len()).filter(of_interest) {
                check(&file[..end]);
            }
            for at in (0..file.len()).filter(of_interest) {
                for value in [0, 0xff, file[at] ^ 0x10, file[at].wrapping_add(1)] {
                    let mut bytes = file.clone();
                    bytes[at] = value;
                    check(&bytes);
                }
            }
        }
    }

    fn check(bytes: &[u8]) {
        let mut once = bytes.to_vec();
        match canonical(&mut once, 1_789_000_000) {
            Ok(Outcome::Changed) => {
                let mut twice = once.clone();
                assert_eq!(canonical(&mut twice, 1_789_000_000), Ok(Outcome::Same));
                assert!(once == twice);
            }
            _ => assert!(once == bytes),
        }
    }
}
