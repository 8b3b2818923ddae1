//! Gzip in one member, compressed by all cores that are idle. The parts are the same whatever their number, and each
//! refers to the bytes before it as if one had made all: so the bytes are those of one core.

use std::io::{self, Write};
use std::ops::Range;

use flate2::Crc;
use xtask_dist_deflate as deflate;

use crate::parallel;

/// How many bytes a part has. With fewer, what they share would be sought anew too often.
const PART: usize = 512 * 1024;
/// So many parts for each core are gathered, as some take longer than others.
const PARTS: usize = 4;
/// Deflate, no name, no time, no hint at what was done, on an unknown system (RFC 1952, 2.3).
const HEAD: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];

/// A gzip member being written.
pub struct Gzip<W> {
    out: W,
    /// What is compressed already and may be referred to, and behind it what is not.
    plain: Vec<u8>,
    known: usize,
    most: usize,
    crc: Crc,
}

impl<W: Write> Gzip<W> {
    pub fn new(out: W) -> io::Result<Self> {
        Self::in_parts(out, PARTS * parallel::cores())
    }

    /// The same, of which at most so many parts are made at once.
    fn in_parts(mut out: W, parts: usize) -> io::Result<Self> {
        out.write_all(&HEAD)?;
        Ok(Self { out, plain: Vec::new(), known: 0, most: parts * PART, crc: Crc::new() })
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.compress(true)?;
        self.out.write_all(&self.crc.sum().to_le_bytes())?;
        self.out.write_all(&self.crc.amount().to_le_bytes())?;
        Ok(self.out)
    }

    fn compress(&mut self, is_last: bool) -> io::Result<()> {
        let (plain, end) = (&self.plain[..], self.plain.len());
        let mut parts: Vec<Range<usize>> =
            (self.known..end).step_by(PART).map(|start| start..end.min(start + PART)).collect();
        if parts.is_empty() {
            parts.push(end..end);
        }
        let part = |part: &Range<usize>| deflate::part(&plain[..part.end], part.start, is_last && part.end == end);
        let packed = parallel::map(&parts, part);
        self.crc.update(&plain[self.known..]);
        for part in packed {
            self.out.write_all(&part)?;
        }
        let kept = end.min(deflate::WINDOW);
        self.plain.drain(..end - kept);
        self.known = kept;
        Ok(())
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.plain.len() - self.known == self.most {
            self.compress(false)?;
        }
        let room = self.most - (self.plain.len() - self.known);
        let taken = bytes.len().min(room);
        self.plain.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        // A part that ends early would make the bytes depend on who flushes when.
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// Bytes that repeat near and far, and some that do not.
    fn bytes(count: usize) -> Vec<u8> {
        let noise = (0_u64..).map(|n| (n / 3).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        noise.map(|[a, b, ..]| if a % 7 < 3 { b } else { b % 50 }).take(count).collect()
    }

    fn packed(bytes: &[u8], parts: usize, write: usize) -> Vec<u8> {
        let mut gzip = Gzip::in_parts(Vec::new(), parts).unwrap();
        for piece in bytes.chunks(write) {
            gzip.write_all(piece).unwrap();
            gzip.flush().unwrap();
        }
        gzip.finish().unwrap()
    }

    #[test]
    fn one_core_and_many_make_the_same_single_member() {
        for count in [0, 1, 1000, PART, 2 * PART + 1] {
            let bytes = bytes(count);
            let one = packed(&bytes, 1, 64 * 1024);
            assert!(one == packed(&bytes, 2, 1 << 20) && one == packed(&bytes, 64, 8191), "{count}");
            let mut decoder = flate2::bufread::GzDecoder::new(&*one);
            let mut back = Vec::new();
            decoder.read_to_end(&mut back).unwrap();
            assert!(back == bytes && decoder.into_inner().is_empty(), "{count}: one member, and nothing behind it");
        }
    }

    #[test]
    fn a_part_refers_to_what_stands_before_it() {
        let line = b"what stands before may be referred to, also where a part begins; ";
        let bytes: Vec<u8> = line.iter().copied().cycle().take(4 * PART).collect();
        assert!(packed(&bytes, 2, PART).len() < 12_000);
    }
}
