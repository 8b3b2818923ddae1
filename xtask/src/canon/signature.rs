//! The signature that is embedded in a Mach-O file: a digest for every page of it.
//!
//! The layout is that of Apple's `osfmk/kern/cs_blobs.h`, and what is valid is what `bsd/kern/ubc_subr.c` of xnu takes
//! (`cs_validate_codedirectory`, `cs_validate_csblob`). Everything in it is big-endian.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::macho::MachO;
use super::{Malformed, array, be32, index, put};

const SUPER_BLOB: u32 = 0xfade_0cc0;
const CODE_DIRECTORY: u32 = 0xfade_0c02;
/// The slots of blobs in a signature, and of their digests in a code directory.
const SLOT_CODE_DIRECTORY: u32 = 0;
const SLOT_ALTERNATES: Range<u32> = 0x1000..0x1005;
const SLOT_CMS: u32 = 0x1_0000;
/// The slots whose blobs are in the signature itself: requirements, entitlements, the same in DER, launch constraints.
const SLOTS_WITHIN: [u32; 7] = [2, 5, 7, 8, 9, 10, 11];
const FLAG_ADHOC: u32 = 2;
const HASH_SHA256: u8 = 2;
const HASH_SIZE: usize = 32;
/// Logarithms of the page sizes that macOS takes: 4 KiB and 16 KiB.
const PAGE_SIZES: Range<u8> = 12..15;
/// More blobs than any signature has: each is hashed at most once a code directory, and hostile files end here.
const MOST_BLOBS: u32 = 64;

const CUT_SHORT: Malformed = Malformed("its signature is cut short");

/// What a signature is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signature {
    /// It says that the file is whole, and not who made it: what a linker writes, and all that macOS wants to run it.
    AdHoc,
    /// The same, with a certificate; whether that is worth anything is not looked at.
    Identity,
    /// It does not fit the file: macOS kills such a program.
    Broken,
}

/// A signature whose parts are where they say, in bounds and apart from each other.
#[derive(Debug)]
pub struct Embedded {
    directories: Vec<Directory>,
    /// The other blobs, by their slots.
    blobs: Vec<(u32, Range<usize>)>,
    has_certificate: bool,
    /// Where in the file it begins: what is to be signed ends there.
    start: usize,
}

/// A code directory: digests of the file's pages, and of the signature's other blobs.
#[derive(Debug)]
struct Directory {
    is_adhoc: bool,
    /// Whether it is of a kind that can be computed here.
    is_known: bool,
    /// Where the digests of pages are, in the file; those of blobs stand before, backwards.
    hashes: usize,
    special: usize,
    pages: usize,
    page_size: usize,
    /// How much of the file is signed.
    limit: usize,
}

/// The signature of a thin Mach-O file; none where it has none.
pub fn signature(file: &[u8]) -> Option<Signature> {
    match MachO::parse(file, 0..file.len()) {
        Ok(macho) => macho?.signature().map(|embedded| embedded.worth(file)),
        Err(_) => Some(Signature::Broken),
    }
}

/// Reads the signature that is at `blob` of `file`.
///
/// # Errors
/// One that is cut short or contradicts itself.
pub fn parse(file: &[u8], blob: Range<usize>) -> Result<Embedded, Malformed> {
    let bytes = file.get(blob.clone()).ok_or(CUT_SHORT)?;
    let (Some(magic), Some(length), Some(count)) = (be32(bytes, 0), be32(bytes, 4), be32(bytes, 8)) else {
        return Err(CUT_SHORT);
    };
    if magic != SUPER_BLOB || count > MOST_BLOBS {
        return Err(Malformed("its signature is of no known kind"));
    }
    let bytes = bytes.get(..index(length)).ok_or(CUT_SHORT)?;
    let mut embedded =
        Embedded { directories: Vec::new(), blobs: Vec::new(), has_certificate: false, start: blob.start };
    // Blobs must not overlap: what is written to one would change another.
    let mut taken: Vec<Range<usize>> = Vec::new();
    let blobs_begin = 12 + index(count) * 8;
    for at in (12..blobs_begin).step_by(8) {
        let (Some(slot), Some(start)) = (be32(bytes, at), be32(bytes, at + 4)) else { return Err(CUT_SHORT) };
        let start = index(start);
        let size = index(start.checked_add(4).and_then(|at| be32(bytes, at)).ok_or(CUT_SHORT)?);
        let end = start.checked_add(size).filter(|end| size >= 8 && *end <= bytes.len()).ok_or(CUT_SHORT)?;
        if start < blobs_begin || taken.iter().any(|other| start < other.end && other.start < end) {
            return Err(Malformed("the parts of its signature overlap"));
        }
        taken.push(start..end);
        let within = blob.start + start..blob.start + end;
        if slot == SLOT_CODE_DIRECTORY || SLOT_ALTERNATES.contains(&slot) {
            embedded.directories.push(Directory::parse(&bytes[start..end], within.start)?);
        } else {
            // codesign writes an empty one into ad-hoc signatures.
            embedded.has_certificate |= slot == SLOT_CMS && size > 8;
            embedded.blobs.push((slot, within));
        }
    }
    if embedded.directories.is_empty() {
        return Err(Malformed("its signature signs nothing"));
    }
    Ok(embedded)
}

impl Directory {
    /// Reads the one that is at `at` of the file.
    fn parse(bytes: &[u8], at: usize) -> Result<Self, Malformed> {
        let word = |at| be32(bytes, at).map(index);
        let read = || Some((be32(bytes, 0)?, be32(bytes, 12)?, word(16)?, word(24)?, word(28)?, word(32)?));
        let (Some((magic, flags, hashes, special, pages, limit)), Some([hash_size, kind, _, page_size])) =
            (read(), array(bytes, 36))
        else {
            return Err(CUT_SHORT);
        };
        if magic != CODE_DIRECTORY {
            return Err(Malformed("its signature signs nothing"));
        }
        // In later versions: pages that are not signed, and files over 4 GiB.
        let version = be32(bytes, 8).unwrap_or_default();
        let header = match version {
            0..0x2_0100 => 44,
            0x2_0100..0x2_0200 => 48,
            0x2_0200..0x2_0300 => 52,
            0x2_0300..0x2_0400 => 64,
            0x2_0400.. => 88,
        };
        let scatter = version >= 0x2_0100 && be32(bytes, 44) != Some(0);
        let long = version >= 0x2_0300 && array(bytes, 56) != Some([0; 8]);
        let is_known = kind == HASH_SHA256
            && usize::from(hash_size) == HASH_SIZE
            && PAGE_SIZES.contains(&page_size)
            && !scatter
            && !long;
        let page_size = 1 << page_size.min(PAGE_SIZES.end);
        let room = bytes.len().checked_sub(hashes).map(|room| room / HASH_SIZE);
        let fits = room.is_some_and(|room| pages <= room)
            && special
                .checked_mul(HASH_SIZE)
                .and_then(|size| size.checked_add(header))
                .is_some_and(|end| end <= hashes)
            && pages == limit.div_ceil(page_size);
        if is_known && !fits {
            return Err(Malformed("its signature has not one digest a page"));
        }
        let is_adhoc = flags & FLAG_ADHOC != 0;
        Ok(Self { is_adhoc, is_known, hashes: at.saturating_add(hashes), special, pages, page_size, limit })
    }

    /// Where the digest of each page is, and what it should be.
    fn digests<'a>(&'a self, file: &'a [u8]) -> impl Iterator<Item = (usize, [u8; HASH_SIZE])> + 'a {
        (0..self.pages).map(|page| {
            let start = page * self.page_size;
            let end = (start + self.page_size).min(self.limit);
            (self.hashes + page * HASH_SIZE, Sha256::digest(file.get(start..end).unwrap_or_default()).into())
        })
    }
}

impl Embedded {
    /// Why the file must stay as it is, if it must.
    pub fn kept(&self) -> Option<&'static str> {
        if self.has_certificate || self.directories.iter().any(|directory| !directory.is_adhoc) {
            Some("it is signed with a certificate")
        } else if self.directories.iter().any(|directory| !directory.is_known || directory.limit > self.start) {
            Some("its signature has digests that this tool does not make")
        } else {
            None
        }
    }

    /// Computes the digests of the file's pages anew: whether that changed anything. The other digests are of blobs
    /// that stay as they are.
    pub fn make_valid(&self, file: &mut [u8]) -> bool {
        let new: Vec<_> = self.directories.iter().flat_map(|directory| directory.digests(file)).collect();
        new.iter().filter(|(at, digest)| put(file, *at, digest)).count() > 0
    }

    /// What it is worth as the signature of `file`.
    fn worth(&self, file: &[u8]) -> Signature {
        // macOS takes the best directory that it knows; all that can be checked have to hold.
        let mut known = self.directories.iter().filter(|directory| directory.is_known).peekable();
        let holds = known.peek().is_some() && known.all(|directory| self.holds(directory, file));
        match (holds, self.has_certificate) {
            (true, true) => Signature::Identity,
            (true, false) if self.directories.iter().all(|directory| directory.is_adhoc) => Signature::AdHoc,
            _ => Signature::Broken,
        }
    }

    fn holds(&self, directory: &Directory, file: &[u8]) -> bool {
        // Behind the last signed byte comes the signature, but for what aligns it.
        let covers = directory.limit <= self.start && self.start - directory.limit < 16;
        let is_at = |at: usize, digest: &[u8]| file.get(at..).is_some_and(|rest| rest.starts_with(digest));
        let mut blobs = self.blobs.iter().filter(|(slot, _)| SLOTS_WITHIN.contains(slot));
        covers
            && blobs.all(|(slot, blob)| {
                let digest = Sha256::digest(file.get(blob.clone()).unwrap_or_default());
                let at = directory.hashes.checked_sub(index(*slot) * HASH_SIZE);
                index(*slot) <= directory.special && at.is_some_and(|at| is_at(at, &digest))
            })
            && directory.digests(file).all(|(at, digest)| is_at(at, &digest))
    }
}
