//! Files that are ours in part: a marked block is written anew, and what stands around it is the owner's.
//!
//! A block reaches from a line `# >>> dist NAME` to `# <<< dist NAME`, both indented as it suits what is in it.

use std::collections::BTreeMap;

use crate::report::{Error, Result};

const BEGIN: &str = "# >>> dist ";
const END: &str = "# <<< dist ";

/// A stretch of a file.
#[derive(Debug, PartialEq, Eq)]
enum Part<'t> {
    /// The owner's.
    Own(&'t str),
    /// Ours: its name, and its text with the marks.
    Block(&'t str, &'t str),
}

/// `old` with its blocks as `fresh` has them. Line ends stay those of `old`.
///
/// # Errors
/// Marks that do not pair, and blocks that only one of the two has.
pub fn update(old: &str, fresh: &str) -> Result<String> {
    let unix = old.replace("\r\n", "\n");
    let (old_parts, fresh_parts) = (parts(&unix)?, parts(fresh)?);
    let of = |parts: &[Part<'_>]| names(parts).join(", ");
    if names(&old_parts).is_empty() {
        return Err(Error::new("it has none of the marks that `cargo xtask dist ci` leaves: it is somebody else's"));
    }
    if names(&old_parts) != names(&fresh_parts) {
        return Err(Error::new("its marks are not those that are needed").because(format!(
            "it has the blocks {}, where {} are needed in this order",
            of(&old_parts),
            of(&fresh_parts)
        )));
    }
    let blocks: BTreeMap<&str, &str> = fresh_parts.iter().filter_map(Part::block).collect();
    let text: String =
        old_parts.iter().map(|part| part.block().map_or_else(|| part.text(), |(name, _)| blocks[name])).collect();
    Ok(if old.contains("\r\n") { text.replace('\n', "\r\n") } else { text })
}

impl<'t> Part<'t> {
    fn text(&self) -> &'t str {
        match self {
            Self::Own(text) | Self::Block(_, text) => text,
        }
    }

    fn block(&self) -> Option<(&'t str, &'t str)> {
        match self {
            Self::Own(_) => None,
            Self::Block(name, text) => Some((name, text)),
        }
    }
}

fn names<'t>(parts: &[Part<'t>]) -> Vec<&'t str> {
    parts.iter().filter_map(|part| part.block().map(|(name, _)| name)).collect()
}

fn parts(text: &str) -> Result<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    // Where the present stretch begins, and which block it is.
    let (mut start, mut open, mut at) = (0, None, 0);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let words = line.trim();
        match (words.strip_prefix(BEGIN), words.strip_prefix(END), open) {
            (Some(name), _, None) => {
                parts.push(Part::Own(&text[start..at]));
                (start, open) = (at, Some(name));
            }
            (_, Some(name), Some(opened)) if name == opened => {
                parts.push(Part::Block(name, &text[start..end]));
                (start, open) = (end, None);
            }
            (Some(name), ..) | (_, Some(name), _) => {
                return Err(Error::new(format!("the marks of `{name}` do not pair: {words}")));
            }
            _ => {}
        }
        at = end;
    }
    if let Some(name) = open {
        return Err(Error::new(format!("the block `{name}` has no end: {END}{name}")));
    }
    parts.push(Part::Own(&text[start..]));
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: &str = "# about\n# >>> dist a\nname: new\n# <<< dist a\n\n  # >>> dist b\n  x: 2\n  # <<< dist b\n";

    #[test]
    fn blocks_are_new_and_the_rest_is_the_owners() {
        let old =
            "# mine\n# >>> dist a\nname: old\nmore: 1\n# <<< dist a\nmine: [1]\n  # >>> dist b\n  # <<< dist b\nend: 1";
        let new = update(old, FRESH).unwrap();
        assert_eq!(
            new,
            "# mine\n# >>> dist a\nname: new\n# <<< dist a\nmine: [1]\n  # >>> dist b\n  x: 2\n  # <<< dist b\nend: 1"
        );
        assert_eq!(update(&new, FRESH).unwrap(), new);
        assert_eq!(update(FRESH, FRESH).unwrap(), FRESH);
        let crlf = new.replace('\n', "\r\n");
        assert_eq!(update(&crlf, FRESH).unwrap(), crlf);
    }

    #[test]
    fn marks_that_were_moved_are_told() {
        for (old, said) in [
            ("on: push\n", "somebody else's"),
            ("# >>> dist a\n", "`a` has no end"),
            ("# >>> dist a\n# >>> dist b\n", "`b` do not pair"),
            ("# <<< dist a\n", "`a` do not pair"),
            ("# >>> dist a\n# <<< dist a\n", "it has the blocks a, where a, b are needed"),
            ("# >>> dist b\n# <<< dist b\n# >>> dist a\n# <<< dist a\n", "it has the blocks b, a, where"),
        ] {
            let error = update(old, FRESH).unwrap_err().to_string();
            assert!(error.contains(said), "{old:?}: {error}");
        }
    }
}
