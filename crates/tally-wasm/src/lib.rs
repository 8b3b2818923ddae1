#![doc = include_str!("../README.md")]

use tally_core::{Case, WordCounts};
use wasm_bindgen::prelude::wasm_bindgen;

/// How much text there is, in four measures.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts(tally_core::Counts);

#[wasm_bindgen]
impl Counts {
    /// Line feeds.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn lines(&self) -> u32 {
        number(self.0.lines)
    }

    /// Runs of characters that are not white space.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn words(&self) -> u32 {
        number(self.0.words)
    }

    /// Unicode scalar values, which are fewer than JavaScript's `length` where there are surrogate pairs.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn chars(&self) -> u32 {
        number(self.0.chars)
    }

    /// Bytes of the text as UTF-8.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn bytes(&self) -> u32 {
        number(self.0.bytes)
    }
}

/// Counts a text.
#[wasm_bindgen]
#[must_use]
pub fn count(text: &str) -> Counts {
    Counts(tally_core::Counts::from_text(text))
}

/// The most frequent words of a text, and how often each of them occurs: two lists of equal length.
#[wasm_bindgen]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopWords {
    words: Vec<String>,
    counts: Vec<u32>,
}

#[wasm_bindgen]
impl TopWords {
    /// The words, the most frequent first.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.words.clone()
    }

    /// How often the word at the same place occurs.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn counts(&self) -> Vec<u32> {
        self.counts.clone()
    }
}

/// The `n` most frequent words of a text; words of equal frequency are sorted.
#[wasm_bindgen]
#[must_use]
pub fn top_words(text: &str, n: usize) -> TopWords {
    let mut words = WordCounts::new(Case::Sensitive);
    words.add_text(text);
    let (words, counts) = words.top(n).into_iter().map(|(word, count)| (word.to_owned(), number(count))).unzip();
    TopWords { words, counts }
}

/// The version of this package.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// A `u64` would be a `BigInt` in JavaScript, which does not mix with its numbers. No count of a text that fits into
/// the memory of wasm32 exceeds 32 bits.
fn number(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        let counts = count("naïve 日本語\n");
        assert_eq!((counts.lines(), counts.words(), counts.chars(), counts.bytes()), (1, 2, 10, 17));
    }

    #[test]
    fn top_words_and_their_counts_are_parallel() {
        let top = top_words("b a c b a b", 2);
        assert_eq!(top.words(), ["b", "a"]);
        assert_eq!(top.counts(), [3, 2]);
        assert_eq!(top_words("", 5).words(), Vec::<String>::new());
    }

    #[test]
    fn version_is_that_of_the_manifest() {
        assert_eq!(version(), env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn numbers_saturate() {
        assert_eq!(number(7), 7);
        assert_eq!(number(u64::MAX), u32::MAX);
    }
}
