//! Three versions of a file become one: what was copied, what its owner made of it, and the newer one.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::record::digest;
use crate::report::{Context, Error, Result};
use crate::run::Runner;

/// Finds what was copied, which nobody keeps but git.
#[derive(Debug)]
pub struct Bases {
    /// The folder of the engine that is copied from, and the commit that was copied.
    pub source: (PathBuf, Option<String>),
    /// The folder of the engine in the repository.
    pub copy: PathBuf,
}

impl Bases {
    /// The content of `path` that has this digest: in the history of the source, else in that of the repository.
    /// Without a digest, what the copied commit has.
    pub fn find(&self, path: &str, wanted: Option<&str>) -> Option<Vec<u8>> {
        let fits = |content: &Vec<u8>| wanted.is_none_or(|wanted| digest(content) == wanted);
        let (folder, commit) = &self.source;
        if let Some(content) = commit.as_deref().and_then(|commit| show(folder, commit, path)).filter(fits) {
            return Some(content);
        }
        wanted?;
        let runner = Runner::new(&self.copy).ok()?;
        let commits = runner.git(&["log", "--format=%H", "--", path])?;
        commits.lines().find_map(|commit| show(&self.copy, commit, path).filter(fits))
    }
}

/// A file of a commit, by its path in `folder`.
fn show(folder: &Path, commit: &str, path: &str) -> Option<Vec<u8>> {
    let runner = Runner::new(folder).ok()?;
    let shown = runner.command("git").args(["show", &format!("{commit}:./{path}")]).ignore_stderr().ignore_status();
    let output = shown.output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// What the changes of both sides to `base` come to, and in how many places they contradict each other. Those stand in
/// it as git writes them.
///
/// # Errors
/// No git, or no place for temporary files.
pub fn three_way(mine: &[u8], base: &[u8], new: &[u8]) -> Result<(Vec<u8>, usize)> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("xtask-dist-merge-{}-{number}", std::process::id()));
    let merged = merge_in(&folder, [("yours", mine), ("copied", base), ("new", new)]);
    // Best effort: it is in nobody's way.
    let _ = fs::remove_dir_all(&folder);
    merged
}

fn merge_in(folder: &Path, versions: [(&str, &[u8]); 3]) -> Result<(Vec<u8>, usize)> {
    let failed = || "cannot merge by `git merge-file`";
    fs::create_dir_all(folder).context(failed)?;
    for (name, content) in versions {
        fs::write(folder.join(name), content).context(failed)?;
    }
    let runner = Runner::new(folder)?;
    let merge = runner.command("git").args(["merge-file", "--stdout", "yours", "copied", "new"]).ignore_status();
    let output = merge.output().context(failed)?;
    // As many as conflicts, up to 127; beyond, it failed.
    match output.status.code() {
        Some(conflicts @ 0..=127) => Ok((output.stdout, usize::try_from(conflicts).unwrap_or_default())),
        _ => Err(Error::new(failed()).because(String::from_utf8_lossy(&output.stderr).trim())),
    }
}

#[cfg(test)]
mod tests {
    use super::three_way;

    #[test]
    fn changes_in_two_places_are_both_kept() {
        let base = "1\n2\n3\n4\n5\n6\n";
        let (merged, conflicts) =
            three_way(base.replace('2', "two").as_bytes(), base.as_bytes(), base.replace('5', "five").as_bytes())
                .unwrap();
        assert_eq!((String::from_utf8(merged).unwrap().as_str(), conflicts), ("1\ntwo\n3\n4\nfive\n6\n", 0));
        let (merged, conflicts) = three_way(b"a\n", b"b\n", b"c\n").unwrap();
        let merged = String::from_utf8(merged).unwrap();
        assert_eq!((merged.as_str(), conflicts), ("<<<<<<< yours\na\n=======\nc\n>>>>>>> new\n", 1));
    }
}
