//! Thin Mach-O files of 64 bits, little-endian: every processor that macOS runs on.
//!
//! The layout is that of Apple's `mach-o/loader.h`.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use super::signature::{self, Embedded};
use super::{Malformed, index, le32, put};

const MAGIC: u32 = 0xfeed_facf;
const HEADER: usize = 32;
const LC_SYMTAB: u32 = 0x2;
const LC_UUID: u32 = 0x1b;
const LC_CODE_SIGNATURE: u32 = 0x1d;

/// The size of an `nlist_64`, and the type of one that names an object file for debuggers, with its time as value.
const SYMBOL: usize = 16;
const N_OSO: u8 = 0x66;

const CUT_SHORT: Malformed = Malformed("its load commands are cut short");

/// Where things are in a Mach-O file that has been checked: all of them in its bounds, and the signature behind the
/// load commands.
#[derive(Debug)]
pub struct MachO {
    /// Where the file is in the bytes that hold it.
    within: Range<usize>,
    /// Where its UUID is, in the file.
    uuid: Option<Range<usize>>,
    /// Its symbols, in the file.
    symbols: Range<usize>,
    /// The blob of its signature, in the file.
    blob: Range<usize>,
    signature: Option<Embedded>,
}

/// Whether bytes begin as a Mach-O file of 64 bits does.
pub fn is_macho(bytes: &[u8]) -> bool {
    le32(bytes, 0) == Some(MAGIC)
}

/// Its processor, as `cputype` and `cpusubtype` of `mach/machine.h`.
pub fn cpu(bytes: &[u8]) -> Option<(u32, u32)> {
    is_macho(bytes).then_some((le32(bytes, 4)?, le32(bytes, 8)?))
}

impl MachO {
    /// The Mach-O file at `within`; none where there is another one.
    ///
    /// # Errors
    /// One that is cut short or contradicts itself.
    pub fn parse(bytes: &[u8], within: Range<usize>) -> Result<Option<Self>, Malformed> {
        let file = bytes.get(within.clone()).ok_or(CUT_SHORT)?;
        if !is_macho(file) {
            return Ok(None);
        }
        let (Some(count), Some(size)) = (le32(file, 16), le32(file, 20)) else { return Err(CUT_SHORT) };
        let end = HEADER.checked_add(index(size)).filter(|end| *end <= file.len()).ok_or(CUT_SHORT)?;
        let commands = &file[..end];
        let (mut uuid, mut blob, mut symbols) = (None, None, 0..0);
        let mut at = HEADER;
        for _ in 0..count {
            let (Some(command), Some(size)) = (le32(commands, at), le32(commands, at + 4)) else {
                return Err(CUT_SHORT);
            };
            let next = at.checked_add(index(size)).filter(|next| *next <= end && size >= 8).ok_or(CUT_SHORT)?;
            match command {
                LC_UUID if uuid.is_some() => return Err(Malformed("it has two UUIDs")),
                LC_UUID if size != 24 => return Err(Malformed("its UUID is not one")),
                LC_UUID => uuid = Some(at + 8..next),
                LC_SYMTAB => {
                    let place = places(file, &commands[at..next], SYMBOL);
                    symbols = place.ok_or(Malformed("its symbols are cut short"))?;
                }
                LC_CODE_SIGNATURE if blob.is_some() => return Err(Malformed("it has two signatures")),
                LC_CODE_SIGNATURE => {
                    let place = places(file, &commands[at..next], 1);
                    blob = Some(place.ok_or(Malformed("its signature is cut short"))?);
                }
                _ => {}
            }
            at = next;
        }
        let signature = blob.clone().map(|blob| signature::parse(file, blob)).transpose()?;
        let blob = blob.unwrap_or(file.len()..file.len());
        // What is written to one must not change another.
        if blob.start < end || !symbols.is_empty() && (symbols.start < end || symbols.end > blob.start) {
            return Err(Malformed("its parts overlap"));
        }
        Ok(Some(Self { within, uuid, symbols, blob, signature }))
    }

    /// Its signature.
    pub fn signature(&self) -> Option<&Embedded> {
        self.signature.as_ref()
    }

    /// Why it must stay as it is, if it must.
    pub fn kept(&self) -> Option<&'static str> {
        self.signature.as_ref()?.kept()
    }

    /// Clears times, sets the UUID and makes the signature fit: whether that changed anything. `bytes` are those that it was parsed
    /// from.
    pub fn make_canonical(&self, bytes: &mut [u8]) -> bool {
        let Some(file) = bytes.get_mut(self.within.clone()) else { return false };
        let mut changed = false;
        for symbol in self.symbols.clone().step_by(SYMBOL) {
            if file.get(symbol + 4) == Some(&N_OSO) {
                changed |= put(file, symbol + 8, &[0; 8]);
            }
        }
        if let Some(uuid) = &self.uuid {
            let new = self.uuid_of(file, uuid);
            changed |= put(file, uuid.start, &new);
        }
        if let Some(signature) = &self.signature {
            changed |= signature.make_valid(file);
        }
        changed
    }

    /// The UUID of the content. The signature is left out: it depends on the UUID.
    fn uuid_of(&self, file: &[u8], uuid: &Range<usize>) -> [u8; 16] {
        let mut holes = [uuid.clone(), self.blob.clone()];
        holes.sort_by_key(|hole| hole.start);
        let (mut digest, mut at) = (Sha256::new(), 0);
        for hole in holes {
            digest.update(file.get(at..hole.start).unwrap_or_default());
            digest.update(vec![0; hole.len()]);
            at = hole.end;
        }
        digest.update(file.get(at..).unwrap_or_default());
        let mut new = [0; 16];
        new.copy_from_slice(&digest.finalize()[..16]);
        // RFC 4122's variant, and version 3 ("from a name, by a digest"), which Apple's ld and LLVM's set too.
        new[6] = new[6] & 0x0f | 0x30;
        new[8] = new[8] & 0x3f | 0x80;
        new
    }
}

/// What a command points at with its first two words: an offset, and how many things of some size are there.
fn places(file: &[u8], command: &[u8], size: usize) -> Option<Range<usize>> {
    let (start, count) = (index(le32(command, 8)?), index(le32(command, 12)?));
    let end = count.checked_mul(size).and_then(|size| start.checked_add(size));
    end.filter(|end| *end <= file.len()).map(|end| start..end)
}

#[cfg(test)]
mod tests {
    use super::super::signature::{Signature, signature};
    use super::super::{Outcome, canonical, testing};
    use super::*;

    const UUID: Range<usize> = HEADER + 8..HEADER + 24;

    #[test]
    fn files_that_differ_in_what_the_linker_drew_become_equal() {
        for file in [testing::arm64(), testing::x86_64()] {
            let (mut one, mut other) = (file.clone(), file);
            other[UUID].copy_from_slice(&[0x5a; 16]);
            assert_eq!(canonical(&mut one, 0), Ok(Outcome::Changed));
            assert_eq!(canonical(&mut other, 0), Ok(Outcome::Changed));
            assert!(one == other);
            assert_eq!((one[UUID][6] >> 4, one[UUID][8] >> 6), (3, 2));
            assert_eq!(canonical(&mut one, 0), Ok(Outcome::Same));
        }
    }

    #[test]
    fn times_of_object_files_go_and_other_symbols_stay() {
        // In place of what names a library: two symbols in the code.
        let mut file = testing::x86_64();
        let command = HEADER + 24 + 24;
        file[command..command + 16].copy_from_slice(&[2, 0, 0, 0, 56, 0, 0, 0, 0, 4, 0, 0, 2, 0, 0, 0]);
        file[1024..1056].fill(7);
        file[1024 + 4] = N_OSO;
        assert_eq!(canonical(&mut file, 0), Ok(Outcome::Changed));
        assert_eq!(file[1024..1056], [&[7, 7, 7, 7, N_OSO, 7, 7, 7][..], &[0; 8], &[7; 16]].concat());
        assert_eq!(canonical(&mut file, 0), Ok(Outcome::Same));
    }

    #[test]
    fn the_uuid_tells_contents_apart() {
        let (mut one, mut other) = (testing::x86_64(), testing::x86_64());
        *other.last_mut().unwrap() ^= 1;
        canonical(&mut one, 0).unwrap();
        canonical(&mut other, 0).unwrap();
        assert_ne!(one[UUID], other[UUID]);
    }

    #[test]
    fn the_signature_holds_afterwards_and_did_not_before() {
        let mut file = testing::arm64();
        file[UUID].copy_from_slice(&[0x5a; 16]);
        assert_eq!(signature(&file), Some(Signature::Broken));
        canonical(&mut file, 0).unwrap();
        assert_eq!(signature(&file), Some(Signature::AdHoc));
        file[UUID.start] ^= 1;
        assert_eq!(signature(&file), Some(Signature::Broken));
        assert_eq!(signature(&testing::x86_64()), None);
    }

    #[test]
    fn every_slice_of_a_universal_file_is_made_canonical() {
        let (mut x86_64, mut arm64) = (testing::x86_64(), testing::arm64());
        let mut fat = super::super::universal(&[&x86_64, &arm64]).unwrap();
        assert_eq!(canonical(&mut fat, 0), Ok(Outcome::Changed));
        canonical(&mut x86_64, 0).unwrap();
        canonical(&mut arm64, 0).unwrap();
        assert!(fat == super::super::universal(&[&x86_64, &arm64]).unwrap());
        assert_eq!(canonical(&mut fat, 0), Ok(Outcome::Same));
    }
}
