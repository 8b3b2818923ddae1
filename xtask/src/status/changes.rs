//! What changed between commits: it never changes, and is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::checkout::{self, Checkout, Crate};
use super::git::Repository;
use crate::kept;
use crate::report::Result;

/// The kind and the format of the files in which it is kept.
const KIND: &str = "changes 1";
/// As many differences are asked for at a time.
const AT_ONCE: usize = 8;

/// What changed between HEAD and tags.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    /// The digest of the checkout: which crates there are, and what belongs to them.
    checkout: String,
    head: String,
    /// Whether git has the checkout's files at all. It has none of one that lies in somebody else's repository.
    tracked: bool,
    /// The crates that changed since, by the commit of a tag.
    since: BTreeMap<String, BTreeSet<String>>,
}

impl Changes {
    /// What changed between the commits of tags and HEAD: what was kept below `folder`, and what git says of the rest.
    pub fn between<'c>(
        head: Option<&str>,
        commits: impl Iterator<Item = &'c String>,
        repository: &Repository,
        checkout: &Checkout,
        folder: &Path,
    ) -> Result<Self> {
        let file = file(folder, &checkout.root);
        let digest = checkout.digest();
        let is_of = |kept: &Self| Some(kept.checkout.as_str()) == digest && Some(kept.head.as_str()) == head;
        let kept = kept::read(&file, KIND).filter(is_of);
        let is_new = kept.is_none();
        let mut changes = match kept {
            Some(kept) => kept,
            None => Self::nothing_known(head, repository, checkout)?,
        };
        let unknown: BTreeSet<&String> = commits.filter(|commit| !changes.since.contains_key(*commit)).collect();
        let unknown: Vec<&String> = unknown.into_iter().filter(|_| changes.tracked).collect();
        for some in head.into_iter().flat_map(|_| unknown.chunks(AT_ONCE)) {
            changes.ask(some, repository, checkout)?;
        }
        if digest.is_some() && (is_new || !unknown.is_empty()) {
            // It only saves time, and can be had again.
            let _ = kept::write(&file, KIND, &changes);
        }
        Ok(changes)
    }

    fn nothing_known(head: Option<&str>, repository: &Repository, checkout: &Checkout) -> Result<Self> {
        Ok(Self {
            checkout: checkout.digest().unwrap_or_default().to_owned(),
            head: head.unwrap_or_default().to_owned(),
            tracked: !repository.begin(&["ls-files", "--", "Cargo.toml"])?.text()?.is_empty(),
            since: BTreeMap::new(),
        })
    }

    fn ask(&mut self, commits: &[&String], repository: &Repository, checkout: &Checkout) -> Result<()> {
        let begin = |commit: &&String| {
            repository.begin(&[
                "diff",
                "--name-only",
                "-z",
                "--no-renames",
                "--no-ext-diff",
                commit,
                &self.head,
                "--",
                ".",
            ])
        };
        let answers = commits.iter().map(begin).collect::<Result<Vec<_>>>()?;
        for (commit, answer) in commits.iter().zip(answers) {
            // A clone that is not deep enough has the tag and not its files: nothing is known then.
            let Ok(text) = answer.text() else { continue };
            let paths: Vec<&str> = text.split('\0').filter_map(|path| repository.in_checkout(path)).collect();
            let has_changed = |of: &&Crate| paths.iter().any(|path| checkout.belongs(path, of));
            let names = checkout.crates.iter().filter(has_changed).map(|of| of.name.clone());
            self.since.insert((*commit).clone(), names.collect());
        }
        Ok(())
    }

    /// Whether git has the checkout's files at all.
    pub fn is_tracked(&self) -> bool {
        self.tracked
    }

    /// Whether the crate changed since the commit.
    pub fn has(&self, of: &Crate, commit: &str) -> bool {
        self.since.get(commit).is_some_and(|names| names.contains(&of.name))
    }
}

fn file(folder: &Path, root: &Path) -> PathBuf {
    checkout::file(folder, root).with_extension("changes.json")
}
