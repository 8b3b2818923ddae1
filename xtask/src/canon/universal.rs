//! Universal ("fat") Mach-O files: one file a processor, behind a table.
//!
//! The layout is that of Apple's `mach-o/fat.h`, big-endian; order and alignment are those of `lipo -create`.

use std::ops::Range;

use super::macho::{cpu, is_macho};
use super::{Malformed, be32, index};

const MAGIC: u32 = 0xcafe_babe;
const HEADER: usize = 8;
const ENTRY: usize = 20;
/// Class files of Java begin with the same word, and then with their version: 45 and more. There are not that many
/// processors.
const MOST_SLICES: u32 = 43;
const CPU_X86_64: u32 = 0x0100_0007;
const CPU_ARM64: u32 = 0x0100_000c;

/// A universal Mach-O file of two for one processor each. They are taken as they are, their signatures stay valid; the
/// result is that of `lipo -create`, whatever the order here: x86_64 on a boundary of 2^12 bytes, then arm64 on one of
/// 2^14.
///
/// # Errors
/// Anything but two Mach-O files of 64 bits, one for each of these processors; files that are too large for a table of
/// 32-bit offsets.
pub fn universal(slices: &[&[u8]]) -> Result<Vec<u8>, Malformed> {
    let [one, other] = slices else { return Err(Malformed("a universal file is made of two")) };
    if !is_macho(one) || !is_macho(other) {
        return Err(Malformed("a universal file is made of Mach-O files for one processor each"));
    }
    let of = |wanted| {
        let found =
            [one, other].into_iter().find_map(|slice| cpu(slice).filter(|cpu| cpu.0 == wanted).zip(Some(slice)));
        found.ok_or(Malformed("a universal file is made of one for x86_64 and one for arm64"))
    };
    let mut bytes = Vec::with_capacity(one.len() + other.len() + (2 << 14));
    bytes.extend([MAGIC, 2].into_iter().flat_map(u32::to_be_bytes));
    let mut end = HEADER + 2 * ENTRY;
    // The table first: where each will be follows from the one before.
    let mut placed = Vec::new();
    for (wanted, align) in [(CPU_X86_64, 12), (CPU_ARM64, 14)] {
        let ((cpu, subtype), slice) = of(wanted)?;
        let start = end.next_multiple_of(1 << align);
        end = start + slice.len();
        let narrow = |value| u32::try_from(value).map_err(|_| Malformed("a universal file has less than 4 GiB"));
        narrow(end)?;
        let entry = [cpu, subtype, narrow(start)?, narrow(slice.len())?, align];
        bytes.extend(entry.into_iter().flat_map(u32::to_be_bytes));
        placed.push((start, slice));
    }
    for (start, slice) in placed {
        bytes.resize(start, 0);
        bytes.extend_from_slice(slice);
    }
    Ok(bytes)
}

/// Where the slices of a universal file are; none where the bytes are something else.
///
/// # Errors
/// One that is cut short, or whose slices overlap.
pub fn slices(bytes: &[u8]) -> Result<Option<Vec<Range<usize>>>, Malformed> {
    let count = match (be32(bytes, 0), be32(bytes, 4)) {
        (Some(MAGIC), Some(count)) if count < MOST_SLICES => index(count),
        _ => return Ok(None),
    };
    let mut slices = Vec::new();
    for at in (HEADER..HEADER + count * ENTRY).step_by(ENTRY) {
        let place = be32(bytes, at + 8).zip(be32(bytes, at + 12)).and_then(|(start, size)| {
            let start = index(start);
            Some(start..start.checked_add(index(size)).filter(|end| *end <= bytes.len())?)
        });
        let place = place.ok_or(Malformed("its slices are cut short"))?;
        let overlaps = |other: &Range<usize>| place.start < other.end && other.start < place.end;
        if place.start < HEADER + count * ENTRY || slices.iter().any(overlaps) {
            return Err(Malformed("its slices overlap"));
        }
        slices.push(place);
    }
    Ok(Some(slices))
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn slices_are_where_lipo_puts_them_whatever_their_order() {
        let (x86_64, arm64) = (testing::x86_64(), testing::arm64());
        let fat = universal(&[&arm64, &x86_64]).unwrap();
        assert!(fat == universal(&[&x86_64, &arm64]).unwrap());
        let places = slices(&fat).unwrap().unwrap();
        assert_eq!(places.iter().map(|place| place.start).collect::<Vec<_>>(), [1 << 12, 1 << 14]);
        assert!(fat[places[0].clone()] == x86_64 && fat[places[1].clone()] == arm64);
        assert_eq!(fat.len(), places[1].end);
    }

    #[test]
    fn only_one_of_each_processor_makes_one() {
        let (x86_64, arm64) = (testing::x86_64(), testing::arm64());
        let fat = universal(&[&x86_64, &arm64]).unwrap();
        for wrong in [
            &[][..],
            &[&x86_64],
            &[&x86_64, &x86_64],
            &[&arm64, &arm64],
            &[&fat, &arm64],
            &[&x86_64, &testing::pe(true)],
            &[&x86_64, &arm64[..6].to_vec()],
            &[&x86_64, &arm64, &arm64],
        ] {
            let wrong: Vec<&[u8]> = wrong.iter().map(|slice| slice.as_slice()).collect();
            assert!(universal(&wrong).is_err(), "{} slices", wrong.len());
        }
    }
}
