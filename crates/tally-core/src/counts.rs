use crate::decode::decode;
use std::io::{self, BufRead};
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// How much text there is, in five measures.
///
/// Counts of several texts are added with `+`, `+=` or `sum()`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Counts {
    /// Line feeds. Text after the last line feed is no line of its own, as everywhere on Unix.
    pub lines: u64,
    /// Runs of characters that are not white space (Unicode's `White_Space`).
    pub words: u64,
    /// Unicode scalar values. Each sequence of bytes that is not UTF-8 counts as one.
    pub chars: u64,
    /// Bytes.
    pub bytes: u64,
    /// Characters of the longest line, without its `\n` or `\r\n`. The text after the last line feed takes part.
    pub max_line_length: u64,
}

impl Counts {
    /// Counts everything that the reader gives, without ever holding more than one of its buffers.
    ///
    /// # Errors
    ///
    /// Those of the reader; interrupted reads are repeated. Input that is not UTF-8 is no error.
    pub fn from_reader(reader: impl BufRead) -> io::Result<Self> {
        let mut counter = Counter::default();
        decode(reader, |text, bytes| counter.add(text, bytes))?;
        Ok(counter.finish())
    }

    /// Counts a text that is in memory.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let mut counter = Counter::default();
        counter.add(text, text.len());
        counter.finish()
    }
}

impl AddAssign for Counts {
    /// The longest line of both is the longer one; everything else is a sum.
    fn add_assign(&mut self, other: Self) {
        self.lines += other.lines;
        self.words += other.words;
        self.chars += other.chars;
        self.bytes += other.bytes;
        self.max_line_length = self.max_line_length.max(other.max_line_length);
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Self::add)
    }
}

/// Counts, and what must be remembered between two pieces of one text.
#[derive(Default)]
struct Counter {
    counts: Counts,
    line_length: u64,
    in_word: bool,
    after_return: bool,
}

impl Counter {
    fn add(&mut self, text: &str, bytes: usize) {
        self.counts.bytes += bytes as u64;
        for character in text.chars() {
            self.counts.chars += 1;
            if character == '\n' {
                self.counts.lines += 1;
                // A carriage return is part of the line's end only here; elsewhere it is a character like others.
                self.end_line(self.line_length - u64::from(self.after_return));
            } else {
                self.line_length += 1;
            }
            self.after_return = character == '\r';
            let in_word = !character.is_whitespace();
            self.counts.words += u64::from(in_word && !self.in_word);
            self.in_word = in_word;
        }
    }

    fn end_line(&mut self, length: u64) {
        self.counts.max_line_length = self.counts.max_line_length.max(length);
        self.line_length = 0;
    }

    fn finish(mut self) -> Counts {
        self.end_line(self.line_length);
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn counts(lines: u64, words: u64, chars: u64, bytes: u64, max_line_length: u64) -> Counts {
        Counts { lines, words, chars, bytes, max_line_length }
    }

    #[test]
    fn texts() {
        for (text, expected) in [
            ("", counts(0, 0, 0, 0, 0)),
            ("\n", counts(1, 0, 1, 1, 0)),
            ("one", counts(0, 1, 3, 3, 3)),
            ("one two\nthree\n", counts(2, 3, 14, 14, 7)),
            ("  a\t b  ", counts(0, 2, 8, 8, 8)),
            ("naïve 日本語\n", counts(1, 2, 10, 17, 9)),
            ("no\u{a0}break\u{2003}em", counts(0, 3, 11, 14, 11)),
            ("short\na longer last line", counts(1, 5, 24, 24, 18)),
        ] {
            assert_eq!(Counts::from_text(text), expected, "{text:?}");
            assert_eq!(Counts::from_reader(text.as_bytes()).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn carriage_return_before_a_line_feed_has_no_length() {
        assert_eq!(Counts::from_text("abc\r\nab\r\n").max_line_length, 3);
        assert_eq!(Counts::from_text("\r\n").max_line_length, 0);
        assert_eq!(Counts::from_text("a\rb\r").max_line_length, 4);
    }

    #[test]
    fn invalid_sequences_are_one_character_and_part_of_a_word() {
        let input = b"caf\xe9 \xe2\x82 x\n";
        assert_eq!(Counts::from_reader(&input[..]).unwrap(), counts(1, 3, 9, 10, 8));
    }

    #[test]
    fn buffer_sizes_do_not_matter() {
        let input = "zwei Wörter\r\nund 日本語\r\n".repeat(3);
        let expected = Counts::from_text(&input);
        for size in 1..=16 {
            let reader = BufReader::with_capacity(size, input.as_bytes());
            assert_eq!(Counts::from_reader(reader).unwrap(), expected, "buffer of {size}");
        }
    }

    #[test]
    fn addition() {
        let (one, two) = (Counts::from_text("a b\n"), Counts::from_text("longer line"));
        let expected = counts(1, 4, 15, 15, 11);
        assert_eq!(one + two, expected);
        assert_eq!([one, two].into_iter().sum::<Counts>(), expected);
        assert_eq!(one + Counts::default(), one);
    }
}
