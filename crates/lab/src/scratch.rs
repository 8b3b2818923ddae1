//! Directories for tests to work in.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io, process, thread};

/// A fresh directory, removed when dropped, unless its test fails: then it is kept to be looked at.
#[derive(Debug)]
pub struct Scratch {
    dir: PathBuf,
}

/// Makes a fresh directory whose name starts with `name`.
///
/// It is not below the target folder: there, cargo and git would take a fixture for a part of this repository, and
/// this repository's `.cargo/config.toml` would hold for it.
///
/// # Panics
/// When it cannot be created.
#[must_use]
pub fn scratch(name: &str) -> Scratch {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let parent = env::temp_dir();
    loop {
        let dir = parent.join(format!("lab-{name}-{}-{}", process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
        match fs::create_dir(&dir) {
            // Programs report real paths, and the temporary folder is a link on macOS.
            Ok(()) => return Scratch { dir: dir.canonicalize().unwrap_or(dir) },
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => panic!("failed to create {}: {error}", dir.display()),
        }
    }
}

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.dir
    }
}

impl AsRef<Path> for Scratch {
    fn as_ref(&self) -> &Path {
        self
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("kept for a look: {}", self.display());
        } else if let Err(error) = fs::remove_dir_all(&self.dir) {
            eprintln!("failed to remove {}: {error}", self.display());
        }
    }
}

/// Copies a directory with all that is in it; modes stay, links stay links, times do not stay.
pub fn copy_dir(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let told = |error: io::Error| {
        io::Error::new(error.kind(), format!("failed to copy {} to {}: {error}", from.display(), to.display()))
    };
    fs::create_dir_all(to).map_err(told)?;
    for entry in fs::read_dir(from).map_err(told)? {
        let entry = entry.map_err(told)?;
        let (source, copy) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(told)?;
        if kind.is_dir() {
            copy_dir(source, copy)?;
        } else if kind.is_symlink() {
            copy_link(&source, &copy).map_err(told)?;
        } else {
            fs::copy(source, copy).map_err(told)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(from)?, to)
}

#[cfg(not(unix))]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_directory_is_fresh_and_goes() {
        let (one, two) = (scratch("same"), scratch("same"));
        assert_ne!(one.as_ref(), two.as_ref());
        fs::write(one.join("file"), "").unwrap();
        let dir = one.to_path_buf();
        drop(one);
        assert!(!dir.exists() && two.is_dir());
    }

    #[test]
    fn a_failing_test_keeps_it() {
        let kept = thread::spawn(|| {
            let scratch = scratch("kept");
            std::panic::panic_any(scratch.to_path_buf());
        });
        let dir = *kept.join().unwrap_err().downcast::<PathBuf>().unwrap();
        assert!(dir.is_dir());
        fs::remove_dir(dir).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_copy_keeps_modes_and_links() {
        use std::os::unix::fs::PermissionsExt;

        let scratch = scratch("copy");
        let (from, to) = (scratch.join("from"), scratch.join("to"));
        fs::create_dir_all(from.join("bin/empty")).unwrap();
        fs::write(from.join("bin/tool"), "#!/bin/sh").unwrap();
        fs::set_permissions(from.join("bin/tool"), fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink("bin/tool", from.join("link")).unwrap();

        copy_dir(&from, &to).unwrap();
        assert_eq!(fs::read(to.join("bin/tool")).unwrap(), b"#!/bin/sh");
        assert_eq!(fs::metadata(to.join("bin/tool")).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("bin/tool"));
        assert!(to.join("bin/empty").is_dir());
    }

    #[test]
    fn an_error_names_both_ends() {
        let scratch = scratch("copy-error");
        let error = copy_dir(scratch.join("absent"), scratch.join("to")).unwrap_err().to_string();
        assert!(error.contains("absent") && error.contains("to"), "{error}");
    }
}
