use crate::decode::decode;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{self, BufRead};

/// Whether words that differ only in case are the same word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Case {
    /// `The` and `the` are two words.
    #[default]
    Sensitive,
    /// `The` and `the` are one word, shown in Unicode's lower case.
    Folded,
}

/// How often each word occurs in one or more texts.
///
/// A word is what [`Counts`](crate::Counts) counts as one, without the punctuation around it: `(don't!)` is `don't`,
/// and a lone dash is no word. Sequences of bytes that are not UTF-8 are read as U+FFFD, which is punctuation here.
#[derive(Debug, Clone, Default)]
pub struct WordCounts {
    case: Case,
    counts: HashMap<String, u64>,
}

impl WordCounts {
    /// Starts with no words.
    #[must_use]
    pub fn new(case: Case) -> Self {
        Self { case, counts: HashMap::new() }
    }

    /// Adds the words of a text that is in memory.
    pub fn add_text(&mut self, text: &str) {
        for word in text.split_whitespace() {
            self.add_word(word);
        }
    }

    /// Adds the words of everything that the reader gives.
    ///
    /// # Errors
    ///
    /// Those of the reader. The words that stood before the failure have been added then.
    pub fn add_reader(&mut self, reader: impl BufRead) -> io::Result<()> {
        // A piece of text can end within a word, so words are gathered until white space or the end is seen.
        let mut word = String::new();
        let result = decode(reader, |text, _| {
            for part in text.split_inclusive(char::is_whitespace) {
                let rest = part.trim_end_matches(char::is_whitespace);
                word.push_str(rest);
                if rest.len() < part.len() {
                    self.add_word(&word);
                    word.clear();
                }
            }
        });
        if result.is_ok() {
            self.add_word(&word);
        }
        result
    }

    /// The `n` most frequent words, the most frequent first, words of equal frequency by code point.
    #[must_use]
    pub fn top(&self, n: usize) -> Vec<(&str, u64)> {
        let mut all: Vec<_> = self.counts.iter().map(|(word, &count)| (word.as_str(), count)).collect();
        all.sort_unstable_by_key(|&(word, count)| (Reverse(count), word));
        all.truncate(n);
        all
    }

    /// The number of different words.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.counts.len()
    }

    fn add_word(&mut self, word: &str) {
        let word = word.trim_matches(is_punctuation);
        if word.is_empty() {
            return;
        }
        match self.case {
            Case::Sensitive => self.increment(word),
            Case::Folded => self.increment(&word.to_lowercase()),
        }
    }

    fn increment(&mut self, word: &str) {
        // Most words have been seen before; the entry API would allocate for each of them.
        if let Some(count) = self.counts.get_mut(word) {
            *count += 1;
        } else {
            self.counts.insert(word.to_owned(), 1);
        }
    }
}

/// What is cut off around words. "Not alphanumeric" would also cut combining marks, which belong to their letter.
fn is_punctuation(character: char) -> bool {
    character.is_ascii_punctuation()
        || matches!(character, '¡' | '§' | '«' | '¶' | '·' | '»' | '¿')
        || matches!(character, '\u{2010}'..='\u{205e}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn words(case: Case, text: &str) -> WordCounts {
        let mut words = WordCounts::new(case);
        words.add_text(text);
        words
    }

    #[test]
    fn the_most_frequent_come_first_and_ties_are_sorted() {
        let words = words(Case::Sensitive, "b a c b a d b");
        assert_eq!(words.top(3), [("b", 3), ("a", 2), ("c", 1)]);
        assert_eq!(words.top(100).len(), 4);
        assert_eq!(words.top(0), []);
        assert_eq!(words.distinct(), 4);
    }

    #[test]
    fn case_folding() {
        assert_eq!(words(Case::Sensitive, "The the").top(9), [("The", 1), ("the", 1)]);
        assert_eq!(words(Case::Folded, "The the ÉTÉ été").top(9), [("the", 2), ("été", 2)]);
    }

    #[test]
    fn punctuation_around_words_is_cut_off() {
        let words = words(Case::Sensitive, "“don't” (don't!) well-known, – -- e\u{301}. «e\u{301}»");
        assert_eq!(words.top(9), [("don't", 2), ("e\u{301}", 2), ("well-known", 1)]);
    }

    #[test]
    fn readers_and_texts_agree_for_every_buffer_size() {
        let text = " zwei Wörter,\r\n und  drei\u{2003}Wörter\n\n日本語";
        for size in 1..=16 {
            let mut read = WordCounts::new(Case::Sensitive);
            read.add_reader(BufReader::with_capacity(size, text.as_bytes())).unwrap();
            assert_eq!(read.top(9), words(Case::Sensitive, text).top(9), "buffer of {size}");
        }
    }

    #[test]
    fn the_end_of_a_reader_ends_a_word() {
        let mut words = WordCounts::new(Case::Sensitive);
        words.add_reader(&b"one tw"[..]).unwrap();
        words.add_reader(&b"o"[..]).unwrap();
        assert_eq!(words.top(9), [("o", 1), ("one", 1), ("tw", 1)]);
    }

    #[test]
    fn invalid_sequences_are_punctuation() {
        let mut words = WordCounts::new(Case::Sensitive);
        words.add_reader(&b"\xffone\xe2\x82 a\xffb \xff"[..]).unwrap();
        assert_eq!(words.top(9), [("a\u{fffd}b", 1), ("one", 1)]);
    }
}
