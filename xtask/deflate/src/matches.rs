//! Finds what stood already: chains of earlier places that begin with the same four bytes, and the last one with three.

use crate::WINDOW;

/// The longest match of the format.
const LONGEST: usize = 258;
/// Chains are looked up by so many bits of a hash.
const BITS_4: u32 = 16;
const BITS_3: u32 = 15;
/// Places are kept in 16 bits, relative to a base that moves on by a window when they run out.
const MOST: usize = 1 << 16;

/// What stands at a place.
#[derive(Debug, Clone, Copy)]
pub struct Match {
    /// The place; none at the end.
    pub place: Option<usize>,
    /// How many bytes are as they were; 0 where nothing was found.
    pub length: usize,
    /// How far back that is.
    pub distance: usize,
}

/// Goes through bytes, place by place.
pub struct Matcher<'d> {
    data: &'d [u8],
    at: usize,
    /// What a kept place is relative to; they begin with 1, as 0 is none.
    base: usize,
    last_of_3: Box<[u16; 1 << BITS_3]>,
    last_of_4: Box<[u16; 1 << BITS_4]>,
    before: Box<[u16; WINDOW]>,
}

impl<'d> Matcher<'d> {
    pub fn new(data: &'d [u8]) -> Self {
        Self { data, at: 0, base: 0, last_of_3: nothing(), last_of_4: nothing(), before: nothing() }
    }

    /// Goes on by so many places, which later ones may refer to.
    pub fn skip(&mut self, count: usize) {
        let to = (self.at + count).min(self.data.len());
        while self.at < to {
            if let Some(four) = word(self.data, self.at) {
                self.keep(four);
            }
            self.at += 1;
        }
    }

    /// The longest match of this place that is longer than `least`, among the `depth` nearest; and goes on by one.
    #[inline]
    pub fn next(&mut self, least: usize, depth: u32) -> Match {
        let at = self.at;
        if at >= self.data.len() {
            return Match { place: None, length: 0, distance: 0 };
        }
        self.at += 1;
        let nothing = Match { place: Some(at), length: 0, distance: 0 };
        let Some(four) = word(self.data, at) else { return nothing };
        self.at = at;
        let (three, chain, here) = self.keep(four);
        self.at = at + 1;
        self.longest((at, here), four, (three, chain), least, depth).unwrap_or(nothing)
    }

    /// Keeps the present place: the last one with its three bytes, that with its four, and what it is kept as.
    #[inline]
    fn keep(&mut self, four: u32) -> (u16, u16, u16) {
        if self.at + 1 - self.base >= MOST {
            self.slide();
        }
        let here = (self.at + 1 - self.base) as u16;
        let three = std::mem::replace(&mut self.last_of_3[hash::<BITS_3>(four << 8)], here);
        let chain = std::mem::replace(&mut self.last_of_4[hash::<BITS_4>(four)], here);
        self.before[usize::from(here) % WINDOW] = chain;
        (three, chain, here)
    }

    #[inline]
    fn longest(
        &self,
        (at, here): (usize, u16),
        four: u32,
        (three, mut chain): (u16, u16),
        least: usize,
        mut depth: u32,
    ) -> Option<Match> {
        let now = &self.data[at..self.data.len().min(at + LONGEST)];
        let back = |place: u16| usize::from(here) - usize::from(place);
        let (mut length, mut distance) = (least, 0);
        if length < 3 && three != 0 && back(three) < WINDOW {
            let old = word(self.data, at - back(three));
            if old.is_some_and(|old| (old ^ four) << 8 == 0) {
                (length, distance) = (3, back(three));
            }
        }
        // What makes a match longer ends like the present place at its new length.
        let end_of = |length: usize| word(now, length.max(3) - 3);
        let mut end = end_of(length);
        while chain != 0 && depth > 0 && length < now.len() {
            let gone = back(chain);
            if gone >= WINDOW {
                break;
            }
            let old = &self.data[at - gone..];
            if word(old, length.max(3) - 3) == end && word(old, 0) == Some(four) {
                let same = common(now, old);
                if same > length {
                    (length, distance) = (same, gone);
                    end = end_of(length);
                }
            }
            depth -= 1;
            chain = self.before[usize::from(chain) % WINDOW];
        }
        (distance > 0).then_some(Match { place: Some(at), length, distance })
    }

    /// Moves the base on: what is too far back then is forgotten.
    #[cold]
    fn slide(&mut self) {
        self.base += WINDOW;
        // One loop a table: those the compiler makes quick.
        let tables: [&mut [u16]; 3] = [&mut *self.last_of_3, &mut *self.last_of_4, &mut *self.before];
        for table in tables {
            for place in table {
                *place = place.saturating_sub(WINDOW as u16);
            }
        }
    }
}

/// On the heap: it is too large to be handed around.
#[expect(clippy::unnecessary_box_returns, reason = "128 kB are no value")]
fn nothing<const N: usize>() -> Box<[u16; N]> {
    Box::new([0; N])
}

/// Four bytes at a place.
#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

#[inline]
fn hash<const BITS: u32>(four: u32) -> usize {
    (four.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

/// How many bytes are the same from the beginning.
#[inline]
fn common(one: &[u8], other: &[u8]) -> usize {
    let mut same = 0;
    for (a, b) in one.chunks_exact(8).zip(other.chunks_exact(8)) {
        let eight = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).unwrap_or_default();
        let differ = eight(a) ^ eight(b);
        if differ != 0 {
            return same + differ.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    same + one[same..].iter().zip(&other[same..]).take_while(|(a, b)| a == b).count()
}
