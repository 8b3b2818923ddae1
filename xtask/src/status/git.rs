//! What git knows of a checkout: which of its crates have changes that are not committed, and which have changed since
//! the tag of a version.
//!
//! Each time, one short command is asked of git, which also tells the commit, and runs while everything else is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::Serialize;

use super::changes::Changes;
use super::checkout::{Checkout, Crate};
use super::refs;
use crate::project::slashed;
use crate::report::{Context, Error, Result};
use crate::run::Runner;

/// How a crate stands to its commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All is committed, and nothing is known to have changed since the release.
    Clean,
    /// There are changes that are not committed.
    Modified,
    /// All is committed, and is not what the release of the published version was tagged with.
    Ahead,
}

impl State {
    /// As people read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Modified => "modified",
            Self::Ahead => "ahead",
        }
    }
}

/// The repository around a checkout.
pub(super) struct Repository {
    runner: Runner,
    dot_git: PathBuf,
    /// The checkout's folder in it: empty, or with a `/` at its end.
    prefix: String,
}

/// git, being asked about a checkout.
pub struct Asked {
    repository: Repository,
    status: Answer,
}

/// What git said.
pub struct Told<'a> {
    checkout: &'a Checkout,
    /// What differs from HEAD on the disk, relative to the checkout.
    modified: Vec<String>,
    /// The commits (or tag objects) of the tags that there are.
    tags: BTreeMap<String, String>,
    changes: Changes,
}

impl Repository {
    /// The one that git finds from the checkout's folder, if there is one.
    fn around(checkout: &Checkout) -> Result<Option<Self>> {
        let top = checkout.root.ancestors().find(|folder| folder.join(".git").exists());
        let below = top.and_then(|top| Some((top, slashed(checkout.root.strip_prefix(top).ok()?).ok()?)));
        let Some((top, below)) = below else { return Ok(None) };
        let prefix = if below.is_empty() { below } else { below + "/" };
        Ok(Some(Self { runner: Runner::new(&checkout.root)?, dot_git: top.join(".git"), prefix }))
    }

    /// The commits (or tag objects) of those tags that there are.
    fn tags(&self, names: &BTreeSet<&String>) -> Result<BTreeMap<String, String>> {
        if let Some(tags) = refs::tags(&self.dot_git, names) {
            return Ok(tags);
        }
        let names: Vec<String> = names.iter().map(|name| format!("refs/tags/{name}")).collect();
        let mut args = vec!["for-each-ref", "--format=%(objectname) %(refname)"];
        args.extend(names.iter().map(String::as_str));
        // Without a name, it would list all references.
        let listed = if names.is_empty() { String::new() } else { self.begin(&args)?.text()? };
        let tag = |line: &str| {
            let (commit, name) = line.split_once(' ')?;
            Some((name.strip_prefix("refs/tags/")?.to_owned(), commit.to_owned()))
        };
        Ok(listed.lines().filter_map(tag).collect())
    }

    /// Begins a command.
    pub fn begin(&self, args: &[&str]) -> Result<Answer> {
        // Locks are for who changes something: a `git commit` beside us must not find the index locked.
        let mut git = Command::from(self.runner.git_command().env("GIT_OPTIONAL_LOCKS", "0").args(args));
        let child = git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child
            .map_err(|error| Error::new("cannot run git").because(error).help("install git: https://git-scm.com"))?;
        Ok(Answer { child, command: args.join(" ") })
    }

    /// A path as git tells it, relative to the checkout; none for one that is elsewhere.
    pub fn in_checkout<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&self.prefix).filter(|path| !path.is_empty())
    }
}

impl Asked {
    /// Begins to ask, if the checkout is in a repository.
    ///
    /// # Errors
    /// git cannot be run.
    pub fn begin(checkout: &Checkout) -> Result<Option<Self>> {
        let Some(repository) = Repository::around(checkout)? else { return Ok(None) };
        let mut args = vec!["status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--no-ahead-behind"];
        args.extend(["--untracked-files=normal", "--", "."]);
        let exclude = checkout.target.as_ref().map(|target| format!(":(exclude,literal){target}"));
        args.extend(exclude.as_deref());
        let status = repository.begin(&args)?;
        Ok(Some(Self { repository, status }))
    }

    /// Waits for the answers. `tags` are those whose commits are wanted; differences are kept below `folder`.
    ///
    /// # Errors
    /// What git says.
    pub fn told<'a>(self, checkout: &'a Checkout, tags: &BTreeSet<&String>, folder: &Path) -> Result<Told<'a>> {
        let Self { repository, status } = self;
        let tags = repository.tags(tags)?;
        let (head, modified) = read_status(&status.text()?);
        let modified = modified.into_iter().filter_map(|path| repository.in_checkout(path.as_str()).map(str::to_owned));
        let changes = Changes::between(head.as_deref(), tags.values(), &repository, checkout, folder)?;
        Ok(Told { checkout, modified: modified.collect(), tags, changes })
    }
}

impl Told<'_> {
    /// How a crate stands; `tags` are those that the published version may have. None for a crate that git does not
    /// have.
    pub fn state(&self, of: &Crate, tags: &[String]) -> Option<State> {
        if !self.changes.is_tracked() || of.folder.is_none() {
            return None;
        }
        if self.modified.iter().any(|path| self.checkout.belongs(path, of)) {
            return Some(State::Modified);
        }
        let commit = tags.iter().find_map(|tag| self.tags.get(tag));
        let is_ahead = commit.is_some_and(|commit| self.changes.has(of, commit));
        Some(if is_ahead { State::Ahead } else { State::Clean })
    }
}

/// A git command that runs.
pub(super) struct Answer {
    child: Child,
    command: String,
}

impl Answer {
    /// What it prints. A name that is not Unicode still belongs to the crate in whose folder it is.
    pub fn text(self) -> Result<String> {
        let failed = || format!("cannot ask git for the state of the crates: git {}", self.command);
        let output = self.child.wait_with_output().context(failed)?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(Error::new(failed()).because(String::from_utf8_lossy(&output.stderr).trim()))
        }
    }
}

/// HEAD and the paths that differ from it, of `git status --porcelain=v2 --branch -z`.
fn read_status(text: &str) -> (Option<String>, Vec<String>) {
    let mut head = None;
    let mut modified = Vec::new();
    for entry in text.split('\0') {
        if let Some(commit) = entry.strip_prefix("# branch.oid ") {
            head = Some(commit.to_owned()).filter(|commit| commit != "(initial)");
        }
        // The path is behind so many words (git help status, "Porcelain Format Version 2").
        let words = match entry.as_bytes().first() {
            Some(b'1') => 8,
            Some(b'u') => 10,
            Some(b'?') => 1,
            _ => continue,
        };
        modified.extend(entry.splitn(words + 1, ' ').nth(words).map(str::to_owned));
    }
    (head, modified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_every_kind_are_read() {
        let text = "# branch.oid c0ffee\0# branch.head main\0\
                    1 .M N... 100644 100644 100644 a a below/a b.rs\0\
                    u UU N... 100644 100644 100644 100644 a b c below/both.rs\0\
                    ? below/new/\0! below/target/\0? elsewhere\0";
        let (head, modified) = read_status(text);
        assert_eq!(head.as_deref(), Some("c0ffee"));
        assert_eq!(modified, ["below/a b.rs", "below/both.rs", "below/new/", "elsewhere"]);
        assert_eq!(read_status("# branch.oid (initial)\0? a\0"), (None, vec!["a".to_owned()]));
        assert_eq!(read_status(""), (None, Vec::new()));
    }
}
