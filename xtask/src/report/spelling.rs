//! The nearest spelling of a word that is not known.

/// The candidate nearest to `word`, if one is near enough to be what was meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_a_slip_and_no_stranger() {
        assert_eq!(nearest("homebrw", ["archive", "homebrew"]), Some("homebrew"));
        assert_eq!(
            nearest("x86_64-unkown-linux-gnu", ["x86_64-unknown-linux-gnu", "wasm32-wasip1"]),
            Some("x86_64-unknown-linux-gnu")
        );
        assert_eq!(nearest("zzz", ["archive"]), None);
    }
}
