//! What git knows of a checkout: which of its crates have changes that are not committed, and which have changed since
//! the tag of a version.
//!
//! Whatever git needs to be asked each time is asked by two short commands that run side by side while other files are
//! read. git itself resolves HEAD and tags: packed, in worktrees, in whichever format. What changed between two commits
//! never changes, and is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use super::checkout::{Checkout, Crate};
use crate::kept;
use crate::report::{Context, Error, Result};
use crate::run::Runner;

/// The kind and the format of the files in which differences are kept.
const KIND: &str = "changes 1";
/// As many differences are asked for at a time.
const AT_ONCE: usize = 8;
/// What git would take for another repository's place, where it is set around us, as in a hook.
const PLACES: &[&str] =
    &["GIT_COMMON_DIR", "GIT_DIR", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_WORK_TREE"];

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

/// git, being asked about a checkout.
pub struct Asked {
    runner: Runner,
    /// The checkout's folder in its repository: empty, or with a `/` at its end.
    prefix: String,
    status: Answer,
}

/// What git said.
pub struct Told<'a> {
    checkout: &'a Checkout,
    runner: Runner,
    prefix: String,
    /// The commit; none before the first.
    head: Option<String>,
    /// What differs from it on the disk, relative to the checkout.
    modified: Vec<String>,
    /// The commits (or tag objects) of the tags that there are.
    tags: BTreeMap<String, String>,
    changes: Changes,
}

/// What changed between HEAD and tags.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// The digest of the checkout: which crates there are, and what belongs to them.
    checkout: String,
    head: String,
    /// Whether git has the checkout's files at all. It has none of one that lies in somebody else's repository.
    tracked: bool,
    /// The crates that changed since, by the commit of a tag.
    since: BTreeMap<String, BTreeSet<String>>,
}

impl Asked {
    /// Begins to ask, if the checkout is in a repository.
    ///
    /// # Errors
    /// git cannot be run.
    pub fn begin(checkout: &Checkout) -> Result<Option<Self>> {
        let Some(top) = checkout.root.ancestors().find(|folder| folder.join(".git").exists()) else { return Ok(None) };
        let below = checkout.root.strip_prefix(top).ok().and_then(|below| crate::project::slashed(below).ok());
        let Some(below) = below else { return Ok(None) };
        let prefix = if below.is_empty() { below } else { below + "/" };
        let runner = Runner::new(&checkout.root)?;
        let mut args = vec!["status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--no-ahead-behind"];
        args.extend(["--untracked-files=normal", "--", "."]);
        let exclude = checkout.target.as_ref().map(|target| format!(":(exclude,literal){target}"));
        args.extend(exclude.as_deref());
        let status = Answer::begin(&runner, &args)?;
        Ok(Some(Self { runner, prefix, status }))
    }

    /// Waits for the answers; `tags` are those whose commits are wanted.
    ///
    /// # Errors
    /// What git says.
    pub fn told<'a>(self, checkout: &'a Checkout, tags: &BTreeSet<String>, folder: &Path) -> Result<Told<'a>> {
        let names: Vec<String> = tags.iter().map(|tag| format!("refs/tags/{tag}")).collect();
        let mut args = vec!["for-each-ref", "--format=%(objectname) %(refname)"];
        args.extend(names.iter().map(String::as_str));
        let refs = if names.is_empty() { None } else { Some(Answer::begin(&self.runner, &args)?) };
        let (head, modified) = read_status(&self.status.text()?, &self.prefix);
        let refs = refs.map(Answer::text).transpose()?.unwrap_or_default();
        let tags = refs.lines().filter_map(|line| {
            let (commit, name) = line.split_once(' ')?;
            Some((name.strip_prefix("refs/tags/")?.to_owned(), commit.to_owned()))
        });
        let file = file(folder, &checkout.root);
        let Self { runner, prefix, .. } = self;
        let mut told =
            Told { checkout, runner, prefix, head, modified, tags: tags.collect(), changes: Changes::default() };
        told.changes = told.changes(&file)?;
        Ok(told)
    }
}

impl Told<'_> {
    /// How a crate stands; `tags` are those that the published version may have. None for a crate that git does not
    /// have.
    pub fn state(&self, of: &Crate, tags: &[String]) -> Option<State> {
        if !self.changes.tracked || of.folder.is_none() {
            return None;
        }
        if self.modified.iter().any(|path| self.checkout.belongs(path, of)) {
            return Some(State::Modified);
        }
        let commit = tags.iter().find_map(|tag| self.tags.get(tag));
        let changed = commit.and_then(|commit| self.changes.since.get(commit));
        let is_ahead = changed.is_some_and(|crates| crates.contains(&of.name));
        Some(if is_ahead { State::Ahead } else { State::Clean })
    }

    /// What was kept of HEAD, and what has to be asked beside it.
    fn changes(&self, file: &Path) -> Result<Changes> {
        let key = (self.checkout.digest().unwrap_or_default(), self.head.as_deref().unwrap_or_default());
        let is_of = |kept: &Changes| (kept.checkout.as_str(), kept.head.as_str()) == key && !key.0.is_empty();
        let kept = kept::read(file, KIND).filter(is_of);
        let is_new = kept.is_none();
        let mut changes = match kept {
            Some(kept) => kept,
            None => Changes {
                checkout: key.0.to_owned(),
                head: key.1.to_owned(),
                tracked: !self.ask(&["ls-files", "--", "Cargo.toml"])?.is_empty(),
                since: BTreeMap::new(),
            },
        };
        let wanted: BTreeSet<&String> =
            self.tags.values().filter(|commit| !changes.since.contains_key(*commit)).collect();
        let wanted: Vec<&String> = wanted.into_iter().collect();
        let Some(head) = self.head.as_ref().filter(|_| changes.tracked) else { return Ok(changes) };
        for some in wanted.chunks(AT_ONCE) {
            let ask = |commit: &&String| {
                let args = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", commit, head, "--", "."];
                Answer::begin(&self.runner, &args)
            };
            let answers = some.iter().map(ask).collect::<Result<Vec<_>>>()?;
            for (commit, answer) in some.iter().zip(answers) {
                // A clone that is not deep enough has the tag and not its files: nothing is known then.
                let Ok(text) = answer.text() else { continue };
                let paths: Vec<&str> = text.split('\0').filter_map(|path| path.strip_prefix(&self.prefix)).collect();
                let changed = self
                    .checkout
                    .crates
                    .iter()
                    .filter(|of| paths.iter().any(|path| !path.is_empty() && self.checkout.belongs(path, of)));
                changes.since.insert((*commit).clone(), changed.map(|of| of.name.clone()).collect());
            }
        }
        if (is_new || !wanted.is_empty()) && !key.0.is_empty() {
            // It only saves time, and can be had again.
            let _ = kept::write(file, KIND, &changes);
        }
        Ok(changes)
    }

    fn ask(&self, args: &[&str]) -> Result<String> {
        Answer::begin(&self.runner, args)?.text()
    }
}

fn file(folder: &Path, root: &Path) -> PathBuf {
    super::checkout::file(folder, root).with_extension("changes.json")
}

/// A git command that runs.
struct Answer {
    child: Child,
    command: String,
}

impl Answer {
    fn begin(runner: &Runner, args: &[&str]) -> Result<Self> {
        // Locks are for who changes something: a `git commit` beside us must not find the index locked.
        let git = PLACES.iter().fold(runner.command("git"), |git, variable| git.env_remove(variable));
        let mut git = Command::from(git.env("GIT_OPTIONAL_LOCKS", "0").args(args));
        let child = git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child
            .map_err(|error| Error::new("cannot run git").because(error).help("install git: https://git-scm.com"))?;
        Ok(Self { child, command: args.join(" ") })
    }

    /// What it prints. A name that is not Unicode still belongs to the crate in whose folder it is.
    fn text(self) -> Result<String> {
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
fn read_status(text: &str, prefix: &str) -> (Option<String>, Vec<String>) {
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
        modified.extend(
            entry.splitn(words + 1, ' ').nth(words).and_then(|path| path.strip_prefix(prefix)).map(str::to_owned),
        );
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
        let (head, modified) = read_status(text, "below/");
        assert_eq!(head.as_deref(), Some("c0ffee"));
        assert_eq!(modified, ["a b.rs", "both.rs", "new/"]);
        assert_eq!(read_status("# branch.oid (initial)\0? a\0", ""), (None, vec!["a".to_owned()]));
        assert_eq!(read_status("", ""), (None, Vec::new()));
    }
}
