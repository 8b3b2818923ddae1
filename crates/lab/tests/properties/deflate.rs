//! Deflate in parts is read back by another's code, whatever the bytes and wherever the parts begin.

use std::io::Read as _;

use proptest::collection::vec;
use proptest::prelude::*;
use xtask_dist_deflate::part;

use crate::check;

/// A stretch of bytes: so many, from an alphabet of so many, or from so far back.
#[derive(Debug, Clone)]
enum Stretch {
    New { count: usize, letters: u8, seed: u64 },
    Again { count: usize, back: usize },
}

fn stretch() -> impl Strategy<Value = Stretch> {
    prop_oneof![
        (0..3000_usize, 1..=255_u8, any::<u64>()).prop_map(|(count, letters, seed)| Stretch::New {
            count,
            letters,
            seed
        }),
        (1..3000_usize, 1..70_000_usize).prop_map(|(count, back)| Stretch::Again { count, back }),
    ]
}

fn bytes(stretches: &[Stretch]) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    for stretch in stretches {
        match *stretch {
            Stretch::New { count, letters, mut seed } => bytes.extend((0..count).map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 56) as u8 % letters
            })),
            Stretch::Again { count, back } => {
                let start = bytes.len().saturating_sub(back);
                (0..count).for_each(|n| bytes.extend(bytes.get(start + n).copied()));
            }
        }
    }
    bytes
}

/// The stream of these bytes, whose parts begin at `starts`.
fn packed(bytes: &[u8], starts: &[usize]) -> Vec<u8> {
    let starts: Vec<usize> = [0].iter().chain(starts).copied().collect();
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let parts = starts.iter().zip(ends).map(|(start, end)| part(&bytes[..end], *start, end == bytes.len()));
    parts.collect::<Vec<_>>().concat()
}

fn read_back(packed: &[u8]) -> Vec<u8> {
    let mut decoder = flate2::bufread::DeflateDecoder::new(packed);
    let mut back = Vec::new();
    decoder.read_to_end(&mut back).unwrap();
    assert!(decoder.into_inner().is_empty(), "nothing stands behind the last part");
    back
}

#[test]
fn parts_are_one_stream_of_the_same_bytes() {
    let cases = (vec(stretch(), 0..40), vec(any::<prop::sample::Index>(), 0..5));
    check(200, cases, |(stretches, starts)| {
        let bytes = bytes(&stretches);
        let mut starts: Vec<usize> = starts.iter().map(|start| start.index(bytes.len().max(1))).collect();
        starts.sort_unstable();
        starts.retain(|start| *start > 0);
        starts.dedup();
        let packed = packed(&bytes, &starts);
        // Blocks that do not get smaller are stored.
        prop_assert!(packed.len() <= bytes.len() + 5 * (bytes.len() / 0xFFFF + 2 * starts.len() + 2));
        prop_assert!(read_back(&packed) == bytes);
        Ok(())
    });
}
