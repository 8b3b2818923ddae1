//! PE files, of 32 and 64 bits: what Windows runs.
//!
//! The layout is that of Microsoft's "PE Format" (<https://learn.microsoft.com/windows/win32/debug/pe-format>).

use std::ops::Range;

use super::{Malformed, index, le16, le32, put};

const CUT_SHORT: Malformed = Malformed("its headers are cut short");

/// The directories that hold something of the linker's run, by their numbers.
const EXPORT: usize = 0;
const CERTIFICATES: usize = 4;
const DEBUG: usize = 6;
const DEBUG_ENTRY: usize = 28;
/// The kind of debug entry that `/Brepro` writes: all time stamps are digests then.
const DEBUG_REPRO: u32 = 16;

/// Where things are in a PE file that has been checked.
#[derive(Debug)]
pub struct Pe {
    /// The time stamp of the file itself.
    stamp: usize,
    /// Those of its directories, which linkers may leave out (0).
    stamps: Vec<usize>,
    checksum: usize,
    is_signed: bool,
    is_reproducible: bool,
}

/// The headers that say where directories are.
struct Headers<'a> {
    bytes: &'a [u8],
    /// Where the directories' table is, and how many it has.
    directories: usize,
    count: usize,
    sections: Range<usize>,
}

impl Pe {
    /// A PE file; none where there is something else (a plain DOS program, say).
    ///
    /// # Errors
    /// One that is cut short or contradicts itself.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        if !bytes.starts_with(b"MZ") {
            return Ok(None);
        }
        let Some(pe) = le32(bytes, 0x3c).map(index) else { return Ok(None) };
        if !bytes.get(pe..).is_some_and(|rest| rest.starts_with(b"PE\0\0")) {
            return Ok(None);
        }
        let coff = pe + 4;
        let optional = coff + 20;
        let (Some(sections), Some(size), Some(magic)) =
            (le16(bytes, coff + 2), le16(bytes, coff + 16), le16(bytes, optional))
        else {
            return Err(CUT_SHORT);
        };
        let directories = optional
            + match magic {
                0x10b => 96,
                0x20b => 112,
                _ => return Err(Malformed("its optional header is of no known kind")),
            };
        let count = index(le32(bytes, directories - 4).ok_or(CUT_SHORT)?);
        let table = optional + usize::from(size);
        let sections = table..table + usize::from(sections) * 40;
        let room = table.checked_sub(directories).ok_or(CUT_SHORT)?;
        if count > room / 8 || sections.end > bytes.len() {
            return Err(CUT_SHORT);
        }
        let headers = Headers { bytes, directories, count, sections };
        let (debug, is_reproducible) = headers.debug()?;
        let export = headers.directory(EXPORT)?.map(|export| export.start + 4);
        if export.is_some_and(|at| debug.contains(&at) || debug.contains(&(at + 3))) {
            return Err(Malformed("its directories overlap"));
        }
        let stamps = debug.step_by(DEBUG_ENTRY).map(|entry| entry + 4).chain(export).collect();
        let is_signed = headers.entry(CERTIFICATES).is_some();
        Ok(Some(Self { stamp: coff + 4, stamps, checksum: optional + 64, is_signed, is_reproducible }))
    }

    /// Whether it is signed (Authenticode): then it must stay as it is.
    pub fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// Sets the time stamps and makes the checksum fit: whether that changed anything. `bytes` are those that it was
    /// parsed from.
    pub fn make_canonical(&self, bytes: &mut [u8], epoch: u64) -> bool {
        if self.is_reproducible {
            return false;
        }
        let epoch = u32::try_from(epoch).unwrap_or(u32::MAX).to_le_bytes();
        let mut changed = put(bytes, self.stamp, &epoch);
        for stamp in self.stamps.iter().filter(|stamp| le32(bytes, **stamp) != Some(0)).copied().collect::<Vec<_>>() {
            changed |= put(bytes, stamp, &epoch);
        }
        if le32(bytes, self.checksum) != Some(0) {
            let checksum = checksum(bytes, self.checksum);
            changed |= put(bytes, self.checksum, &checksum.to_le_bytes());
        }
        changed
    }
}

impl Headers<'_> {
    /// Address and size of a directory, if the file has it.
    fn entry(&self, number: usize) -> Option<(u32, u32)> {
        let at = (number < self.count).then(|| self.directories + number * 8)?;
        let (address, size) = (le32(self.bytes, at)?, le32(self.bytes, at + 4)?);
        (address != 0 && size != 0).then_some((address, size))
    }

    /// Where a directory is in the file. It is in one section, so not in the headers.
    fn directory(&self, number: usize) -> Result<Option<Range<usize>>, Malformed> {
        let Some((address, size)) = self.entry(number) else { return Ok(None) };
        for section in self.sections.clone().step_by(40) {
            let field = |offset| le32(self.bytes, section + offset);
            let (Some(first), Some(length), Some(file)) = (field(12), field(16), field(20)) else { continue };
            let Some(offset) = address.checked_sub(first).filter(|offset| *offset < length) else { continue };
            let start = index(file).checked_add(index(offset));
            let range = start.and_then(|start| Some(start..start.checked_add(index(size))?));
            let inside = |range: &Range<usize>| range.start >= self.sections.end && range.end <= self.bytes.len();
            return range.filter(inside).map(Some).ok_or(CUT_SHORT);
        }
        Err(Malformed("its directories are in no section"))
    }

    /// The entries of the debug directory, and whether one says that the linker was asked for reproducible files.
    fn debug(&self) -> Result<(Range<usize>, bool), Malformed> {
        let debug = self.directory(DEBUG)?.unwrap_or(0..0);
        let whole = debug.len() / DEBUG_ENTRY * DEBUG_ENTRY;
        let debug = debug.start..debug.start + whole;
        let is_repro = |entry: usize| le32(self.bytes, entry + 12) == Some(DEBUG_REPRO);
        let is_reproducible = debug.clone().step_by(DEBUG_ENTRY).any(is_repro);
        Ok((debug, is_reproducible))
    }
}

/// The checksum as Windows' `CheckSumMappedFile` has it: all 16-bit words with carry, its own taken as zero, and the
/// length.
fn checksum(bytes: &[u8], own: usize) -> u32 {
    let byte = |at: usize| if (own..own + 4).contains(&at) { 0 } else { bytes.get(at).copied().unwrap_or(0) };
    let sum = (0..bytes.len()).step_by(2).fold(0, |sum, at| {
        let sum = sum + u32::from(u16::from_le_bytes([byte(at), byte(at + 1)]));
        (sum & 0xffff) + (sum >> 16)
    });
    sum.wrapping_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, PE_CHECKSUM, PE_DEBUG, PE_EXPORT, PE_STAMP};
    use super::super::{Outcome, canonical};
    use super::*;

    const EPOCH: u64 = 1_789_000_000;

    fn word(bytes: &[u8], at: usize) -> u64 {
        le32(bytes, at).unwrap().into()
    }

    #[test]
    fn every_time_stamp_becomes_the_releases_and_what_is_zero_stays() {
        for wide in [true, false] {
            let (mut one, mut other) = (testing::pe(wide), testing::pe(wide));
            for at in [PE_STAMP, PE_EXPORT + 4, PE_DEBUG + 4, PE_DEBUG + DEBUG_ENTRY + 4] {
                other[at..at + 4].copy_from_slice(&[7; 4]);
            }
            one[PE_DEBUG + 4..PE_DEBUG + 8].copy_from_slice(&[0; 4]);
            assert_eq!(canonical(&mut one, EPOCH), Ok(Outcome::Changed));
            assert_eq!(word(&one, PE_DEBUG + 4), 0);
            one[PE_DEBUG + 4..PE_DEBUG + 8].copy_from_slice(&[7; 4]);
            canonical(&mut one, EPOCH).unwrap();
            canonical(&mut other, EPOCH).unwrap();
            assert!(one == other);
            for at in [PE_STAMP, PE_EXPORT + 4, PE_DEBUG + 4, PE_DEBUG + DEBUG_ENTRY + 4] {
                assert_eq!(word(&one, at), EPOCH);
            }
            assert_eq!(word(&one, PE_CHECKSUM) != 0, wide, "only a checksum that is set is set anew");
            assert_eq!(canonical(&mut one, EPOCH), Ok(Outcome::Same));
        }
    }

    #[test]
    fn times_after_2106_end_there() {
        let mut file = testing::pe(true);
        canonical(&mut file, u64::MAX).unwrap();
        assert_eq!(word(&file, PE_STAMP), u64::from(u32::MAX));
    }

    #[test]
    fn signed_and_reproducible_files_stay() {
        let mut signed = testing::pe(true);
        let certificates = testing::PE_DIRECTORIES + CERTIFICATES * 8;
        signed[certificates..certificates + 8].copy_from_slice(&[0, 4, 0, 0, 8, 0, 0, 0]);
        assert!(matches!(canonical(&mut signed, EPOCH), Ok(Outcome::Kept(_))));
        let mut reproducible = testing::pe(true);
        reproducible[PE_DEBUG + 12] = 16;
        assert_eq!(canonical(&mut reproducible, EPOCH), Ok(Outcome::Same));
    }

    #[test]
    fn checksums_add_words_with_carry_and_the_length() {
        assert_eq!(checksum(&[0xff, 0xff, 2, 0, 9, 9, 9, 9, 5], 4), 2 + 5 + 9);
    }
}
