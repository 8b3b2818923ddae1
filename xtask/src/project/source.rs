//! Where the released files come from: commit, changes on top of it, lock file, and the time stamp that stands for all.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Project;
use crate::hash::hex;
use crate::report::{Context, Error, Result};
use crate::run::Runner;

/// The time stamp without a commit: 1980-01-01, the first that a zip file can hold.
pub const FIXED_EPOCH: u64 = 315_532_800;

/// The state of the repository that a release is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The commit; none outside a git repository, or before its first commit.
    pub commit: Option<String>,
    /// With changes that are not committed: a digest of them.
    pub dirty: Option<String>,
    /// The sha256 of Cargo.lock, its lines ended by `\n` whatever the checkout has.
    pub lock: Option<String>,
    /// Every time stamp of the release, in seconds since 1970: SOURCE_DATE_EPOCH, else the commit's, else a fixed one.
    pub epoch: u64,
}

impl Source {
    /// The commit, if it is all that the release was made from.
    pub fn clean_commit(&self) -> Option<&str> {
        self.commit.as_deref().filter(|_| self.dirty.is_none())
    }

    /// Asks git.
    ///
    /// # Errors
    /// A SOURCE_DATE_EPOCH that is no number, or files that cannot be read.
    pub fn read(project: &Project) -> Result<Self> {
        let runner = Runner::new(&project.root)?;
        // A workspace below somebody else's repository (a fixture, a vendored crate) has no commit of its own.
        let tracked = runner.git(&["ls-files", "--", "Cargo.toml"]).is_some_and(|files| !files.is_empty());
        let head = tracked.then(|| runner.git(&["log", "-1", "--format=%H %ct"])).flatten();
        let (commit, time) = head.as_deref().and_then(|head| head.split_once(' ')).unzip();
        let dirty = if commit.is_some() { changes(project, &runner)? } else { None };
        let lock = project.root.join("Cargo.lock");
        let lock = lock.is_file().then(|| digest_of_text(&lock)).transpose()?;
        let commit_time = time.and_then(|time| time.trim().parse().ok());
        Ok(Self { commit: commit.map(str::to_owned), dirty, lock, epoch: epoch(commit_time)? })
    }
}

fn epoch(commit_time: Option<u64>) -> Result<u64> {
    let Some(set) = std::env::var_os("SOURCE_DATE_EPOCH") else { return Ok(commit_time.unwrap_or(FIXED_EPOCH)) };
    let set = set.to_string_lossy();
    set.trim().parse().map_err(|_| {
        Error::usage(format!("SOURCE_DATE_EPOCH is `{set}`, not a number of seconds"))
            .help("unset it, or set it as https://reproducible-builds.org/specs/source-date-epoch says")
    })
}

/// A digest of what differs from the commit: the patch of tracked files, and every file that is neither tracked nor
/// ignored. The target folder never counts.
fn changes(project: &Project, runner: &Runner) -> Result<Option<String>> {
    let target = project.target_dir.strip_prefix(&project.root).ok();
    let exclude = target.map(|target| format!(":(exclude){}", target.display()));
    let with_paths = |args: &[&str]| {
        let mut args = args.to_vec();
        args.extend(["--", "."]);
        args.extend(exclude.as_deref());
        runner.git_bytes(&args)
    };
    if with_paths(&["status", "--porcelain", "--untracked-files=all", "-z"])?.is_empty() {
        return Ok(None);
    }
    let mut digest = Sha256::new();
    digest.update(with_paths(&["diff", "HEAD", "--binary", "--no-ext-diff", "--no-textconv", "--no-color"])?);
    let untracked = with_paths(&["ls-files", "--others", "--exclude-standard", "-z"])?;
    for name in untracked.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let file = project.root.join(path_of(name));
        if file.is_file() {
            digest.update([b"\0", name, b"\0", digest_of(&file)?.as_bytes()].concat());
        }
    }
    Ok(Some(hex(&digest.finalize())))
}

#[cfg(unix)]
fn path_of(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn path_of(name: &[u8]) -> PathBuf {
    // git writes UTF-8 where names are not bytes.
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}

/// The same for the checkouts of all systems: git may end lines otherwise on Windows.
fn digest_of_text(file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file).context(|| format!("cannot read {}", file.display()))?;
    Ok(hex(&Sha256::digest(text.replace("\r\n", "\n"))))
}

fn digest_of(file: &Path) -> Result<String> {
    let content = std::fs::read(file).context(|| format!("cannot read {}", file.display()))?;
    Ok(hex(&Sha256::digest(content)))
}
