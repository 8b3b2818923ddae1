//! A folder for what publishing needs on the way.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::report::{Result, unwritable};

/// How the folders begin; behind it stands the number of the process.
const NAME: &str = "publish-";
/// Held as long as the folder is in use.
const LOCK: &str = ".lock";

/// A folder of one run; it goes with it.
#[derive(Debug)]
pub struct WorkFolder {
    path: PathBuf,
    _lock: File,
}

impl WorkFolder {
    /// Makes an empty one below `parent`, and clears up after runs that were killed.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn new(parent: &Path) -> Result<Self> {
        clear(parent);
        let path = parent.join(format!("{NAME}{}", std::process::id()));
        let file = path.join(LOCK);
        loop {
            fs::create_dir_all(&path).map_err(|error| unwritable(&path, &error))?;
            let lock = File::create(&file).and_then(|lock| lock.lock().map(|()| lock));
            match lock {
                // Another run that cleared up may have taken it for a dead one's before it was locked.
                Ok(lock) if file.exists() => return Ok(Self { path, _lock: lock }),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound && parent.is_dir() => {}
                Err(error) => return Err(unwritable(&file, &error)),
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        // The next run does it otherwise.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders that nobody uses any more.
fn clear(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(NAME));
        let lock = is_ours.then(|| File::open(entry.path().join(LOCK)).ok()).flatten();
        if lock.is_some_and(|lock| lock.try_lock().is_ok()) {
            // One that stays is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_in_use_stay_and_others_go() {
        let parent = std::env::temp_dir().join(format!("xtask-dist-work-{}", std::process::id()));
        let dead = parent.join("publish-0");
        fs::create_dir_all(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        let used = WorkFolder::new(&parent).unwrap();
        clear(&parent);
        assert!(!dead.exists() && used.path().is_dir());
        drop(used);
        assert_eq!(fs::read_dir(&parent).unwrap().count(), 0);
        fs::remove_dir(parent).unwrap();
    }
}
