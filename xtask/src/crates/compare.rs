//! Whether two packages of one version are the same, and what differs.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::Packed;
use crate::spanned::{self, Source, Table, Value};

/// Which commit a package was made from: it changes where nothing else does.
const COMMIT: &str = ".cargo_vcs_info.json";
/// The manifest, as cargo writes it anew.
const MANIFEST: &str = "Cargo.toml";
/// The lock file: of a package without programs, nobody reads it.
const LOCK: &str = "Cargo.lock";

/// How one package differs from another one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// The files that both have, with other content.
    pub changed: Vec<String>,
    /// The files that only the package of here has.
    pub added: Vec<String>,
    /// The files that only the published one has.
    pub removed: Vec<String>,
}

impl Difference {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [("changed", &self.changed), ("only here", &self.added), ("only published", &self.removed)];
        let lists = lists.into_iter().filter(|(_, files)| !files.is_empty());
        let words: Vec<String> = lists.map(|(word, files)| format!("{word}: {}", some(files))).collect();
        f.write_str(&words.join("; "))
    }
}

/// As many names as people read.
fn some(files: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = files.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if files.len() > SHOWN { format!("{shown} and {} more", files.len() - SHOWN) } else { shown }
}

/// Compares the package of here with the published one, but for what says which commit it was made from; and where the
/// package has no programs, or none could be made here, but for the lock file.
pub fn compare(here: &Packed, published: &Packed, has_programs: bool) -> Difference {
    let mut difference = Difference::default();
    if here.sha256 == published.sha256 {
        return difference;
    }
    let counts = |path: &str| path != COMMIT && (path != LOCK || (has_programs && here.files.contains_key(LOCK)));
    let paths: BTreeSet<&String> = here.files.keys().chain(published.files.keys()).collect();
    for path in paths.into_iter().filter(|path| counts(path)) {
        match (here.files.get(path), published.files.get(path)) {
            (Some(_), None) => difference.added.push(path.clone()),
            (None, Some(_)) => difference.removed.push(path.clone()),
            (Some(ours), Some(theirs)) if ours == theirs || (path == MANIFEST && mean_the_same(ours, theirs)) => {}
            _ => difference.changed.push(path.clone()),
        }
    }
    difference
}

/// Whether two manifests say the same in other words: versions of cargo write them in different ways.
fn mean_the_same(ours: &[u8], theirs: &[u8]) -> bool {
    matches!((table(ours), table(theirs)), (Some(ours), Some(theirs)) if same_tables(&ours, &theirs))
}

fn table(text: &[u8]) -> Option<Table> {
    let text = String::from_utf8(text.to_vec()).ok()?;
    spanned::parse(&Arc::new(Source { name: MANIFEST.into(), text })).ok()
}

fn same_tables(ours: &Table, theirs: &Table) -> bool {
    let same = |(key, entry): (&String, &spanned::Entry)| {
        theirs.get(key).is_some_and(|theirs| same_nodes(&entry.node, &theirs.node))
    };
    ours.len() == theirs.len() && ours.iter().all(same)
}

fn same_nodes(ours: &spanned::Node, theirs: &spanned::Node) -> bool {
    match (&ours.value, &theirs.value) {
        (Value::String(ours), Value::String(theirs)) => ours == theirs,
        (Value::Bool(ours), Value::Bool(theirs)) => ours == theirs,
        (Value::Table(ours), Value::Table(theirs)) => same_tables(ours, theirs),
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same_nodes(ours, theirs))
        }
        (Value::Other(_), Value::Other(_)) => ours.span.written() == theirs.span.written(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(files: &[(&str, &str)]) -> Packed {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        Packed { sha256: format!("{files:?}"), files }
    }

    #[test]
    fn the_commit_makes_no_difference_and_everything_else_does() {
        let here = packed(&[(COMMIT, "1"), ("src/lib.rs", "a"), ("new", ""), (LOCK, "1")]);
        let there = packed(&[(COMMIT, "2"), ("src/lib.rs", "b"), ("old", ""), (LOCK, "2")]);
        assert_eq!(
            compare(&here, &there, true).to_string(),
            "changed: Cargo.lock, src/lib.rs; only here: new; only published: old"
        );
        assert_eq!(compare(&here, &there, false).changed, ["src/lib.rs"], "nobody reads a library's lock file");
        let unlocked = packed(&[("src/lib.rs", "b"), ("old", "")]);
        assert!(compare(&unlocked, &there, true).is_none(), "there is nothing to compare it with");
        assert!(
            compare(&here, &packed(&[(COMMIT, "3"), ("src/lib.rs", "a"), ("new", ""), (LOCK, "1")]), true).is_none()
        );
        assert!(compare(&here, &here, true).is_none());
    }

    #[test]
    fn a_manifest_counts_by_what_it_says() {
        let differ =
            |ours, theirs| !compare(&packed(&[(MANIFEST, ours)]), &packed(&[(MANIFEST, theirs)]), true).is_none();
        assert!(!differ(
            "# by cargo 1\n[a]\nb = [1, 'x']\nc = true",
            "# by cargo 2\n[a]\nc = true\nb = [\n  1, \"x\",\n]"
        ));
        for (ours, theirs) in [
            ("a = 1", "a = 2"),
            ("a = 1", "a = 1\nb = 1"),
            ("a = 'x'", "a = true"),
            ("a = [1]", "a = [1, 2]"),
            ("= ", "a = 1"),
        ] {
            assert!(differ(ours, theirs), "{ours} and {theirs}");
        }
    }

    #[test]
    fn long_lists_are_cut() {
        let files: Vec<String> = (0..12).map(|n| n.to_string()).collect();
        assert_eq!(some(&files), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
    }
}
