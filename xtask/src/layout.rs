//! The release directory: built beside the old one, swapped in whole, under a lock. Whatever stops a run, a release
//! directory is complete or absent, and an old one is not lost.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::names;
use crate::project::Project;
use crate::report::{Context, Error, Result, terminal, unwritable};

/// The file that lists the sha256 of all files that are uploaded.
pub const SUMS: &str = "SHA256SUMS";

const LOCK: &str = ".lock";
/// Releases being built.
const NEW: &str = ".new-";
/// Releases being replaced.
const OLD: &str = ".old-";

/// The folder of all releases, locked: nobody else writes there.
#[derive(Debug)]
pub struct Releases {
    folder: PathBuf,
    _lock: File,
}

/// A release being built.
#[derive(Debug)]
pub struct Draft {
    folder: PathBuf,
    target: PathBuf,
    old: PathBuf,
}

/// Where the releases of a project are.
pub fn folder_of(project: &Project) -> PathBuf {
    project.target_dir.join("releases")
}

impl Releases {
    /// Locks the folder, waiting for another run to end, and clears up after one that was stopped.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        let lock = File::create(folder.join(LOCK)).map_err(|error| unwritable(folder, &error))?;
        if lock.try_lock().is_err() {
            terminal::status("Waiting", format_args!("for another run on {}", folder.display()));
            lock.lock().context(|| format!("cannot lock {}", folder.display()))?;
        }
        let releases = Self { folder: folder.to_owned(), _lock: lock };
        releases.recover()?;
        Ok(releases)
    }

    /// Clears up around the release directory `folder`, if it is one of ours and not somebody's download.
    ///
    /// # Errors
    /// As [`Releases::open`].
    pub fn recover_around(folder: &Path) -> Result<()> {
        Self::around(folder).map(drop)
    }

    /// Locks the folder that the release directory `folder` is in, if it is one of ours.
    ///
    /// # Errors
    /// As [`Releases::open`].
    pub fn around(folder: &Path) -> Result<Option<Self>> {
        match folder.parent() {
            Some(parent) if parent.join(LOCK).is_file() => Self::open(parent).map(Some),
            _ => Ok(None),
        }
    }

    /// Begins the release of `tag`: an empty folder that [`Draft::commit`] puts in place.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn begin(&self, tag: &str) -> Result<Draft> {
        let name = names::release_folder(tag);
        let draft = Draft {
            folder: self.folder.join(format!("{NEW}{name}")),
            target: self.folder.join(&name),
            old: self.folder.join(format!("{OLD}{name}")),
        };
        fs::create_dir(&draft.folder).map_err(|error| unwritable(&draft.folder, &error))?;
        Ok(draft)
    }

    /// What a stopped run left: a half-built release is removed; an old one is put back, or removed if the new one is
    /// in place.
    fn recover(&self) -> Result<()> {
        let listing = fs::read_dir(&self.folder).context(|| format!("cannot list {}", self.folder.display()))?;
        for entry in listing {
            let entry = entry.context(|| format!("cannot list {}", self.folder.display()))?;
            let (name, path) = (entry.file_name(), entry.path());
            let Some(name) = name.to_str() else { continue };
            let target = name.strip_prefix(OLD).map(|tag| self.folder.join(tag));
            match target {
                Some(target) if !target.exists() => {
                    terminal::note(format_args!("a stopped run had moved {} aside; it is put back", target.display()));
                    fs::rename(&path, &target).context(|| format!("cannot put {} back", target.display()))?;
                }
                Some(_) => remove(&path)?,
                None if name.starts_with(NEW) => remove(&path)?,
                None => {}
            }
        }
        Ok(())
    }
}

impl Draft {
    /// Where its files are written.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where it is put, and where the old release is until then.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Writes a file of it.
    ///
    /// # Errors
    /// A disk that is full, a folder that cannot be made.
    pub fn write(&self, path: &str, content: &[u8]) -> Result<()> {
        let mut file = self.create(path)?;
        file.write_all(content).map_err(|error| unwritable(&self.folder.join(path), &error))
    }

    /// Begins a file of it, which must not be there.
    ///
    /// # Errors
    /// As [`Draft::write`].
    pub fn create(&self, path: &str) -> Result<File> {
        let file = self.folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(|error| unwritable(parent, &error))?;
        }
        File::create_new(&file).map_err(|error| unwritable(&file, &error))
    }

    /// Puts it in place of the old release, and returns where that is.
    ///
    /// # Errors
    /// A rename that the system refuses; the old release is where it was.
    pub fn commit(self) -> Result<PathBuf> {
        let replaces = self.target.exists();
        if replaces {
            fs::rename(&self.target, &self.old).context(|| format!("cannot move {} aside", self.target.display()))?;
        }
        if let Err(error) = fs::rename(&self.folder, &self.target) {
            if replaces {
                // Best effort: the next command does it again.
                let _ = fs::rename(&self.old, &self.target);
            }
            return Err(Error::new(format!("cannot put {} in place", self.target.display())).because(error));
        }
        let target = self.target.clone();
        if replaces {
            remove(&self.old)?;
        }
        Ok(target)
    }
}

/// A draft that was not committed leaves nothing.
impl Drop for Draft {
    fn drop(&mut self) {
        // The next command clears up what cannot be removed now.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes what stands where a release goes; a stray file or link there must not stop every later run.
fn remove(path: &Path) -> Result<()> {
    let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    let removed = if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.context(|| format!("cannot remove {}", path.display()))
}

/// All files below `folder`, as sorted paths with `/`.
///
/// # Errors
/// A folder that cannot be listed.
pub fn files_below(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut queue = vec![PathBuf::new()];
    while let Some(below) = queue.pop() {
        let listed = folder.join(&below);
        for entry in fs::read_dir(&listed).context(|| format!("cannot list {}", listed.display()))? {
            let entry = entry.context(|| format!("cannot list {}", listed.display()))?;
            let path = below.join(entry.file_name());
            let kind = entry.file_type().context(|| format!("cannot look at {}", entry.path().display()))?;
            if kind.is_dir() {
                queue.push(path);
            } else {
                found.push(path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// One line of a checksum file, as `sha256sum -c` and `shasum -a 256 -c` read it.
pub fn checksum_line(sha256: &str, file: &str) -> String {
    format!("{sha256}  {file}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-dist-layout-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn a_release_replaces_the_old_one_whole() {
        let folder = scratch("replace");
        let releases = Releases::open(&folder).unwrap();
        for content in ["old", "new"] {
            let draft = releases.begin("a/v1").unwrap();
            draft.write("sub/file", content.as_bytes()).unwrap();
            assert_eq!(draft.commit().unwrap(), folder.join("a%2Fv1"));
        }
        assert_eq!(fs::read_to_string(folder.join("a%2Fv1/sub/file")).unwrap(), "new");
        assert_eq!(files_below(&folder).unwrap(), [".lock", "a%2Fv1/sub/file"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_draft_that_is_given_up_leaves_the_old_release() {
        let folder = scratch("give-up");
        let releases = Releases::open(&folder).unwrap();
        let draft = releases.begin("v1").unwrap();
        draft.write("file", b"old").unwrap();
        draft.commit().unwrap();
        drop(releases.begin("v1").unwrap());
        assert_eq!(files_below(&folder).unwrap(), [".lock", "v1/file"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_next_run_clears_up_after_one_that_was_killed() {
        let folder = scratch("recover");
        for (path, content) in
            [(".new-v1/file", "half"), (".old-v1/file", "old"), (".old-v2/file", "old"), ("v2/file", "new")]
        {
            fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
            fs::write(folder.join(path), content).unwrap();
        }
        drop(Releases::open(&folder).unwrap());
        assert_eq!(files_below(&folder).unwrap(), [".lock", "v1/file", "v2/file"]);
        assert_eq!(fs::read_to_string(folder.join("v1/file")).unwrap(), "old");
        assert_eq!(fs::read_to_string(folder.join("v2/file")).unwrap(), "new");
        fs::remove_dir_all(folder).unwrap();
    }
}
