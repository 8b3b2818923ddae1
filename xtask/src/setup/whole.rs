//! A folder that is whole or absent, made once, whoever asks at the same time.

use std::fs::{self, File};
use std::path::Path;

use crate::report::{Context, Error, Result, terminal};

/// What a folder is called while it is filled.
const NEW: &str = ".new-";

/// Makes `parent/name` by `fill`, which is given an empty folder that becomes it by one rename. Under a lock: whoever
/// comes meanwhile waits, and then finds that `is_whole`. A folder there that is not whole is replaced.
///
/// # Errors
/// What `fill` says, or a folder that cannot be written.
pub(super) fn make(
    parent: &Path,
    name: &str,
    is_whole: impl Fn(&Path) -> bool,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let _lock = lock(parent, name)?;
    let folder = parent.join(name);
    if is_whole(&folder) {
        return Ok(());
    }
    clear(parent, name)?;
    // Named after this process: an installer that outlived a killed run may still write to that run's folder.
    let new = parent.join(format!("{NEW}{name}-{}", std::process::id()));
    fs::create_dir(&new).context(|| format!("cannot create {}", new.display()))?;
    let filled = fill(&new).and_then(|()| {
        if is_whole(&new) { Ok(()) } else { Err(Error::new(format!("{name} does not run after it was installed"))) }
    });
    if let Err(error) = filled {
        // The next run clears up what cannot be removed now.
        let _ = fs::remove_dir_all(&new);
        return Err(error);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::rename(&new, &folder).context(|| format!("cannot put {} in place", folder.display()))
}

/// Waits until nobody else works on `name`; dropping the file, or dying, frees it.
///
/// # Errors
/// A folder that cannot be written.
pub(super) fn lock(parent: &Path, name: &str) -> Result<File> {
    fs::create_dir_all(parent).context(|| format!("cannot create {}", parent.display()))?;
    let path = parent.join(format!(".{name}.lock"));
    let file = File::create(&path).context(|| format!("cannot write {}", path.display()))?;
    if file.try_lock().is_err() {
        terminal::status("Waiting", format_args!("for another run that brings {name}"));
        file.lock().context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}

/// Removes what killed runs left.
fn clear(parent: &Path, name: &str) -> Result<()> {
    let listing = fs::read_dir(parent).context(|| format!("cannot list {}", parent.display()))?;
    for entry in listing.flatten() {
        let left = entry.file_name().to_str().is_some_and(|file| file.starts_with(&format!("{NEW}{name}-")));
        if left {
            // It may still be written to; then it goes the next time.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-dist-whole-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn has_both(folder: &Path) -> bool {
        folder.join("a").exists() && folder.join("b").exists()
    }

    #[test]
    fn threads_make_it_once_and_never_see_half() {
        let parent = scratch("once");
        let fills = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let fill = |new: &Path| {
                        fills.fetch_add(1, Ordering::SeqCst);
                        fs::write(new.join("a"), "").unwrap();
                        assert!(!parent.join("tool-1").exists());
                        fs::write(new.join("b"), "").unwrap();
                        Ok(())
                    };
                    make(&parent, "tool-1", has_both, fill).unwrap();
                    assert!(has_both(&parent.join("tool-1")));
                });
            }
        });
        assert_eq!(fills.load(Ordering::SeqCst), 1);
        fs::remove_dir_all(parent).unwrap();
    }

    #[test]
    fn what_is_not_whole_is_refused_and_replaced() {
        let parent = scratch("half");
        let half = |new: &Path| fs::write(new.join("a"), "").context(|| "");
        let error = make(&parent, "tool-1", has_both, half).unwrap_err();
        assert!(error.to_string().contains("does not run"), "{error}");
        assert!(!parent.join("tool-1").exists());

        for left in ["tool-1", ".new-tool-1-0"] {
            fs::create_dir(parent.join(left)).unwrap();
            fs::write(parent.join(left).join("old"), "").unwrap();
        }
        let both = |new: &Path| half(new).and_then(|()| fs::write(new.join("b"), "").context(|| ""));
        make(&parent, "tool-1", has_both, both).unwrap();
        assert!(has_both(&parent.join("tool-1")) && !parent.join("tool-1/old").exists());
        assert!(!parent.join(".new-tool-1-0").exists());
        fs::remove_dir_all(parent).unwrap();
    }
}
