//! Compresses with deflate (RFC 1951), in parts that make one stream: tightly, as fast as safe Rust goes, and with the
//! same bytes on every machine. Parts do not wait for each other: each needs only the plain bytes before it.

mod bits;
mod block;
mod cost;
mod huffman;
mod matches;

use bits::Bits;
use block::Block;
use matches::{Match, Matcher};

/// How far back a stream refers at most, in bytes: what a part has to be given of what stands before it.
pub const WINDOW: usize = 32 * 1024;

/// How many earlier places are compared with one place at most.
const DEPTH: u32 = 36;
/// A match of so many bytes is taken at once, without looking for a longer one at the next place.
const NICE: usize = 96;
/// The shortest matches cost more than their three bytes where they point far back.
const FAR: usize = 8 * 1024;

/// One part of a stream: the bytes of `data` from `start` on, compressed. Those before `start` have to be the end of the
/// part before it; at most [`WINDOW`] of them are of use.
///
/// A part that is not the last ends at a whole byte, and more parts may follow it; `is_last` ends the stream.
///
/// # Panics
/// Where `start` lies behind the end of `data`.
#[must_use]
pub fn part(data: &[u8], start: usize, is_last: bool) -> Vec<u8> {
    assert!(start <= data.len(), "a part starts in its data");
    let known = &data[start.saturating_sub(WINDOW)..];
    let start = start.min(WINDOW);
    let mut bits = Bits::with_capacity((known.len() - start) / 2);
    let mut matcher = Matcher::new(known);
    matcher.skip(start);
    let mut block = Block::new(known, start);
    let mut here = matcher.next(2, DEPTH);
    while let Some(at) = here.place {
        // A match only counts if the next place has no better one.
        if !here.is_worth() {
            block.literal(at, &mut bits);
            here = matcher.next(2, DEPTH);
            continue;
        }
        if here.length < NICE {
            let next = matcher.next(here.length - 1, DEPTH / 2);
            if next.is_better_than(&here) {
                block.literal(at, &mut bits);
                here = next;
                continue;
            }
            matcher.skip(here.length - 2 + usize::from(next.place.is_none()));
        } else {
            matcher.skip(here.length - 1);
        }
        block.repeat(here.length, here.distance, &mut bits);
        here = matcher.next(2, DEPTH);
    }
    block.end(is_last, &mut bits);
    if !is_last {
        bits.flush_empty_block();
    }
    bits.into_bytes()
}

impl Match {
    /// Whether it is cheaper than its bytes by themselves.
    fn is_worth(&self) -> bool {
        self.length > 3 || (self.length == 3 && self.distance <= FAR)
    }

    /// Whether it, a byte further on, is worth giving up `other` for. Near places take fewer bits.
    fn is_better_than(&self, other: &Self) -> bool {
        if self.length < other.length {
            return false;
        }
        let bits = |distance: usize| distance.max(1).ilog2();
        4 * (self.length - other.length) as u32 + bits(other.distance) > 2 + bits(self.distance)
    }
}
