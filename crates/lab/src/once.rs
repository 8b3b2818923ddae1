//! Making a directory once, whoever asks: tests run in threads and processes side by side.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::{io, process};

/// Makes `dir` by `fill`, unless it exists; whoever comes meanwhile waits for it.
///
/// `fill` is given a sibling that becomes `dir` by one rename, so that `dir` is whole or absent.
pub(crate) fn make(dir: &Path, fill: impl FnOnce(&Path) -> Result<(), String>) -> Result<(), String> {
    if dir.exists() {
        return Ok(());
    }
    let _lock = lock(&sibling(dir, ".lock"))?;
    if dir.exists() {
        return Ok(());
    }
    // Named after this process: what a killed run left behind may still be written to by the installer it started.
    let partial = sibling(dir, &format!(".partial-{}", process::id()));
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(told("remove", &partial))?;
    }
    fs::create_dir(&partial).map_err(told("create", &partial))?;
    if let Err(reason) = fill(&partial) {
        fs::remove_dir_all(&partial).map_err(told("remove", &partial))?;
        return Err(reason);
    }
    fs::rename(&partial, dir).map_err(told("rename to", dir))
}

/// Waits until no other thread or process holds `path`; dropping the file, or dying, frees it.
///
/// # Errors
/// A file that cannot be made or locked.
pub fn lock(path: &Path) -> Result<File, String> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(told("create", parent))?;
    }
    let file = File::create(path).map_err(told("create", path))?;
    file.lock().map_err(told("lock", path))?;
    Ok(file)
}

fn sibling(dir: &Path, suffix: &str) -> PathBuf {
    let mut name = dir.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn told(operation: &str, path: &Path) -> impl FnOnce(io::Error) -> String {
    move |error| format!("failed to {operation} {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::scratch;

    #[test]
    fn two_threads_make_it_once() {
        let scratch = scratch("once");
        let dir = scratch.join("client");
        let fills = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    make(&dir, |partial| {
                        fills.fetch_add(1, Ordering::SeqCst);
                        fs::write(partial.join("a"), "").unwrap();
                        assert!(!dir.exists(), "half an install looks whole");
                        thread::sleep(Duration::from_millis(50));
                        fs::write(partial.join("b"), "").unwrap();
                        Ok(())
                    })
                    .unwrap();
                    assert!(dir.join("a").exists() && dir.join("b").exists());
                });
            }
        });
        assert_eq!(fills.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_failure_leaves_nothing_and_can_be_repeated() {
        let scratch = scratch("once-failure");
        let dir = scratch.join("client");
        let failed = make(&dir, |partial| {
            fs::write(partial.join("half"), "").unwrap();
            Err("no network".to_owned())
        });
        assert_eq!(failed.unwrap_err(), "no network");
        assert_eq!(fs::read_dir(&*scratch).unwrap().count(), 1, "more than the lock file is left");

        make(&dir, |partial| fs::write(partial.join("whole"), "").map_err(|error| error.to_string())).unwrap();
        assert!(dir.join("whole").exists() && !dir.join("half").exists());
    }
}
