//! Blocks: symbols that share a code. One ends where what follows is so different that a code of its own pays.

use crate::bits::Bits;
use crate::cost;
use crate::huffman::{self, Code};

/// Literals, the end of the block, and lengths; of the fixed code, two more.
const SYMBOLS: usize = 288;
const DISTANCES: usize = 32;
const END: usize = 256;
/// Whether to end a block is thought about after so many symbols.
const STEP: usize = 4096;
/// What two blocks have to save, in bits: a head of its own, and that codes are never as short as they could be.
const HEAD: u64 = 100 * 8;
/// Set in symbols that repeat; below it stand the distance and, in eight bits, the length less three.
const REPEAT: u32 = 1 << 31;
/// The order of the lengths of the code of lengths (RFC 1951, 3.2.7).
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// For each length less three: its symbol and how many more bits say which it is (RFC 1951, 3.2.5).
const LENGTHS: [(u16, u8, u8); 256] = length_symbols();

/// Symbols that are still to be written.
pub struct Block<'d> {
    data: &'d [u8],
    /// Where the block begins, where its last step does, and where it ends so far.
    start: usize,
    step_start: usize,
    at: usize,
    symbols: Vec<u32>,
    /// How many of the symbols are of whole steps, and how often each comes in those.
    settled: usize,
    counts: Counts,
    step: Counts,
}

#[derive(Clone)]
struct Counts {
    symbols: [u32; SYMBOLS],
    distances: [u32; DISTANCES],
}

impl<'d> Block<'d> {
    pub fn new(data: &'d [u8], start: usize) -> Self {
        let symbols = Vec::with_capacity(64 * 1024);
        let (counts, step) = (Counts::none(), Counts::none());
        Self { data, start, step_start: start, at: start, symbols, settled: 0, counts, step }
    }

    #[inline]
    pub fn literal(&mut self, at: usize, bits: &mut Bits) {
        let byte = self.data[at];
        self.symbols.push(byte.into());
        self.step.symbols[usize::from(byte)] += 1;
        self.at += 1;
        self.think(bits);
    }

    #[inline]
    pub fn repeat(&mut self, length: usize, distance: usize, bits: &mut Bits) {
        let less = (length - 3) as u8;
        self.symbols.push(REPEAT | (distance as u32) << 8 | u32::from(less));
        self.step.symbols[usize::from(LENGTHS[usize::from(less)].0)] += 1;
        self.step.distances[distance_symbol(distance as u32).0] += 1;
        self.at += length;
        self.think(bits);
    }

    #[inline]
    fn think(&mut self, bits: &mut Bits) {
        if self.symbols.len() - self.settled >= STEP {
            self.settle(bits);
        }
    }

    /// Writes the block before the last step, if two blocks are smaller than one.
    fn settle(&mut self, bits: &mut Bits) {
        let joined = self.counts.with(&self.step);
        if self.settled > 0 && self.counts.cost() + self.step.cost() + HEAD * cost::BIT < joined.cost() {
            let bytes = &self.data[self.start..self.step_start];
            write(bytes, &self.symbols[..self.settled], &mut self.counts, false, bits);
            self.symbols.drain(..self.settled);
            self.start = self.step_start;
            self.counts = std::mem::replace(&mut self.step, Counts::none());
        } else {
            self.counts = joined;
            self.step = Counts::none();
        }
        self.settled = self.symbols.len();
        self.step_start = self.at;
    }

    /// Writes what is left.
    pub fn end(mut self, is_last: bool, bits: &mut Bits) {
        if self.settled < self.symbols.len() {
            self.settle(bits);
        }
        if is_last || !self.symbols.is_empty() {
            write(&self.data[self.start..self.at], &self.symbols, &mut self.counts, is_last, bits);
        }
    }
}

impl Counts {
    fn none() -> Self {
        Self { symbols: [0; SYMBOLS], distances: [0; DISTANCES] }
    }

    fn with(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        sum.symbols.iter_mut().zip(&other.symbols).for_each(|(count, more)| *count += more);
        sum.distances.iter_mut().zip(&other.distances).for_each(|(count, more)| *count += more);
        sum
    }

    fn cost(&self) -> u64 {
        cost::of(&self.symbols) + cost::of(&self.distances)
    }

    /// How many bits these lengths make of them, without the ones that are the same for every code.
    fn bits(&self, symbols: &[u8], distances: &[u8]) -> u64 {
        let sum = |counts: &[u32], lengths: &[u8]| -> u64 {
            counts.iter().zip(lengths).map(|(count, length)| u64::from(*count) * u64::from(*length)).sum()
        };
        sum(&self.symbols, symbols) + sum(&self.distances, distances)
    }

    /// The bits behind symbols that say which length or distance it is.
    fn more_bits(&self) -> u64 {
        let mut more = [0; SYMBOLS];
        for (symbol, count, _) in &LENGTHS {
            more[usize::from(*symbol)] = *count;
        }
        let mut further = [0; DISTANCES];
        for (symbol, count) in further.iter_mut().enumerate().take(30) {
            *count = (symbol as u8 / 2).saturating_sub(1);
        }
        self.bits(&more, &further)
    }
}

/// Writes a block in the smallest of the three ways.
fn write(bytes: &[u8], symbols: &[u32], counts: &mut Counts, is_last: bool, bits: &mut Bits) {
    counts.symbols[END] = 1;
    let own = (huffman::lengths(&counts.symbols, 15), huffman::lengths(&counts.distances, 15));
    let fixed = (fixed_lengths(), [5; DISTANCES]);
    let head = Head::of(&own.0, &own.1);
    let own_bits = counts.bits(&own.0, &own.1) + head.bits();
    let fixed_bits = counts.bits(&fixed.0, &fixed.1);
    let more = counts.more_bits();
    let stored_bits = 8 * bytes.len() as u64 + 40 * (1 + bytes.len() as u64 / 0xFFFF);
    if stored_bits <= own_bits.min(fixed_bits) + more {
        return bits.stored(bytes, is_last);
    }
    bits.put(is_last.into(), 1);
    let (lengths, distances) = if fixed_bits <= own_bits {
        bits.put(1, 2);
        fixed
    } else {
        bits.put(2, 2);
        head.write(bits);
        own
    };
    write_symbols(symbols, &huffman::code(&lengths), &huffman::code(&distances), bits);
}

fn write_symbols(symbols: &[u32], code: &Code<SYMBOLS>, distances: &Code<DISTANCES>, bits: &mut Bits) {
    // Symbol and further bits of every length, joined.
    let lengths: [(u32, u8); 256] = std::array::from_fn(|less| {
        let (symbol, count, more) = LENGTHS[less];
        let (code, taken) = code[usize::from(symbol)];
        (u32::from(code) | u32::from(more) << taken, taken + count)
    });
    for symbol in symbols {
        if symbol & REPEAT == 0 {
            let (code, count) = code[*symbol as usize % SYMBOLS];
            bits.put(code.into(), count.into());
            continue;
        }
        let (length, taken) = lengths[*symbol as usize % 256];
        let distance = (symbol ^ REPEAT) >> 8;
        let (symbol, count, more) = distance_symbol(distance);
        let (code, width) = distances[symbol];
        let both = u64::from(code) | u64::from(more) << width;
        bits.put(u64::from(length) | both << taken, u32::from(taken) + u32::from(width) + count);
    }
    let (code, count) = code[END];
    bits.put(code.into(), count.into());
}

/// The head of a block with a code of its own (RFC 1951, 3.2.7).
struct Head {
    literals: usize,
    distances: usize,
    /// Lengths, or repetitions of them, with how many bits say how often, and these.
    runs: Vec<(u8, u8, u8)>,
    lengths: [u8; 19],
    written: usize,
}

impl Head {
    fn of(symbols: &[u8; SYMBOLS], distances: &[u8; DISTANCES]) -> Self {
        let used = |lengths: &[u8], least: usize| {
            lengths.iter().rposition(|length| *length > 0).map_or(least, |last| least.max(last + 1))
        };
        let (literals, distances_used) = (used(symbols, 257), used(distances, 1));
        let all = [&symbols[..literals], &distances[..distances_used]].concat();
        let runs = runs(&all);
        let mut counts = [0; 19];
        for (symbol, ..) in &runs {
            counts[usize::from(*symbol)] += 1;
        }
        let lengths = huffman::lengths(&counts, 7);
        let written = ORDER.iter().rposition(|symbol| lengths[*symbol] > 0).map_or(4, |last| 4.max(last + 1));
        Self { literals, distances: distances_used, runs, lengths, written }
    }

    fn bits(&self) -> u64 {
        let run = |(symbol, count, _): &(u8, u8, u8)| u64::from(self.lengths[usize::from(*symbol)] + count);
        14 + 3 * self.written as u64 + self.runs.iter().map(run).sum::<u64>()
    }

    fn write(&self, bits: &mut Bits) {
        bits.put(self.literals as u64 - 257, 5);
        bits.put(self.distances as u64 - 1, 5);
        bits.put(self.written as u64 - 4, 4);
        for symbol in &ORDER[..self.written] {
            bits.put(self.lengths[*symbol].into(), 3);
        }
        let code = huffman::code(&self.lengths);
        for (symbol, count, more) in &self.runs {
            let (code, width) = code[usize::from(*symbol)];
            bits.put(u64::from(code) | u64::from(*more) << width, u32::from(width + count));
        }
    }
}

/// Lengths with repetitions: 16 is the last one again, 17 and 18 are zeros.
fn runs(lengths: &[u8]) -> Vec<(u8, u8, u8)> {
    let mut runs = Vec::new();
    for same in lengths.chunk_by(|a, b| a == b) {
        let (length, mut left) = (same[0], same.len());
        if length > 0 {
            runs.push((length, 0, 0));
            left -= 1;
        }
        while left >= 3 {
            let (symbol, bits, least, most) = match (length, left) {
                (0, 11..) => (18, 7, 11, 138),
                (0, _) => (17, 3, 3, 10),
                _ => (16, 2, 3, 6),
            };
            let now = left.min(most);
            runs.push((symbol, bits, (now - least) as u8));
            left -= now;
        }
        runs.extend(std::iter::repeat_n((length, 0, 0), left));
    }
    runs
}

/// The symbol of a distance, how many more bits say which it is, and these.
#[inline]
fn distance_symbol(distance: u32) -> (usize, u32, u16) {
    let less = distance - 1;
    if less < 4 {
        return (less as usize, 0, 0);
    }
    let more = less.ilog2() - 1;
    let symbol = 2 * more + (less >> more);
    (symbol as usize % DISTANCES, more, (less & ((1 << more) - 1)) as u16)
}

const fn length_symbols() -> [(u16, u8, u8); 256] {
    let mut symbols = [(0, 0, 0); 256];
    let mut less = 0;
    while less < 255 {
        symbols[less] = if less < 8 {
            (257 + less as u16, 0, 0)
        } else {
            let more = less.ilog2() - 2;
            let symbol = 257 + 4 * more as u16 + (less >> more) as u16;
            (symbol, more as u8, (less & ((1 << more) - 1)) as u8)
        };
        less += 1;
    }
    // The longest has a symbol of its own.
    symbols[255] = (285, 0, 0);
    symbols
}

fn fixed_lengths() -> [u8; SYMBOLS] {
    std::array::from_fn(|symbol| match symbol {
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    })
}
