//! Writes changes: all of them, or none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::changes::Changes;
use crate::report::{Error, Result};

/// Writes everything beside its place first, and then renames; what was done is undone when something fails.
///
/// # Errors
/// A file that cannot be written, or that is not any more what the changes were computed from.
pub fn apply(root: &Path, changes: &Changes) -> Result<()> {
    let mut done = Done::default();
    write(root, changes, &mut done).inspect_err(|_| done.undo())
}

/// What was done so far, with what was there before.
#[derive(Default)]
struct Done {
    folders: Vec<PathBuf>,
    staged: Vec<PathBuf>,
    replaced: Vec<(PathBuf, Option<Vec<u8>>)>,
}

fn write(root: &Path, changes: &Changes, done: &mut Done) -> Result<()> {
    let mut renames = Vec::new();
    for (path, before, after) in changes.iter() {
        let file = real(&root.join(path));
        let cannot = |error: io::Error| unwritable(&file, &error);
        if present(&file).map_err(cannot)?.as_deref() != before {
            return Err(Error::new(format!("{path} was changed meanwhile")).help("run the same command again"));
        }
        let Some(after) = after else { continue };
        make_folders(&file, done).map_err(cannot)?;
        let staged = beside(&file);
        done.staged.push(staged.clone());
        fs::write(&staged, after).map_err(cannot)?;
        if let Ok(old) = fs::metadata(&file) {
            if old.permissions().readonly() {
                return Err(cannot(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only")));
            }
            fs::set_permissions(&staged, old.permissions()).map_err(cannot)?;
        }
        renames.push((staged, file.clone(), before));
    }
    for (staged, file, before) in renames {
        done.replaced.push((file.clone(), before.map(<[u8]>::to_vec)));
        fs::rename(&staged, &file).map_err(|error| unwritable(&file, &error))?;
    }
    for (path, before, _) in changes.iter().filter(|(_, _, after)| after.is_none()) {
        let file = root.join(path);
        done.replaced.push((file.clone(), before.map(<[u8]>::to_vec)));
        fs::remove_file(&file).map_err(|error| unwritable(&file, &error))?;
        remove_empty_folders(root, &file);
    }
    Ok(())
}

impl Done {
    /// As well as can be: what cannot be undone is in git.
    fn undo(&self) {
        for (file, before) in self.replaced.iter().rev() {
            let _ = match before {
                Some(before) => file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(file, before)),
                None => fs::remove_file(file),
            };
        }
        for staged in &self.staged {
            let _ = fs::remove_file(staged);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// What a link points at is written, and the link stays.
fn real(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

fn present(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn make_folders(file: &Path, done: &mut Done) -> io::Result<()> {
    let missing = file.ancestors().skip(1).take_while(|folder| !folder.exists());
    for folder in missing.map(Path::to_owned).collect::<Vec<_>>().into_iter().rev() {
        fs::create_dir(&folder)?;
        done.folders.push(folder);
    }
    Ok(())
}

fn remove_empty_folders(root: &Path, file: &Path) {
    for folder in file.ancestors().skip(1).take_while(|folder| *folder != root) {
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    file.with_file_name(name)
}

fn unwritable(file: &Path, error: &io::Error) -> Error {
    Error::new(format!("cannot write {}", file.display()))
        .because(error)
        .help("make it and its folder writable; nothing was changed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-dist-apply-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("edited"), "old").unwrap();
        fs::write(folder.join("removed"), "old").unwrap();
        folder
    }

    fn changes() -> Changes {
        let mut changes = Changes::default();
        changes.add("a/b/new", "new");
        changes.edit("edited", Some(b"old"), "new");
        changes.remove("removed", "old");
        changes
    }

    fn files(folder: &Path) -> Vec<String> {
        crate::layout::files_below(folder).unwrap()
    }

    #[test]
    fn everything_is_written() {
        let folder = scratch("all");
        apply(&folder, &changes()).unwrap();
        assert_eq!(files(&folder), ["a/b/new", "edited"]);
        assert_eq!(fs::read_to_string(folder.join("edited")).unwrap(), "new");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn or_nothing_is() {
        let folder = scratch("none");
        let as_before = |what: &str| {
            assert_eq!(files(&folder), ["edited", "removed", "z"], "{what}");
            assert_eq!(fs::read_to_string(folder.join("edited")).unwrap(), "old", "{what}");
            assert!(!folder.join("a").exists(), "{what}");
        };
        fs::write(folder.join("z"), "something else").unwrap();
        let mut late = changes();
        late.edit("z", Some(b"what it was"), "new");
        let error = apply(&folder, &late).unwrap_err().to_string();
        assert!(error.contains("z was changed meanwhile"), "{error}");
        as_before("a file that was changed meanwhile");
        let mut blocked = changes();
        blocked.add("z/file", "new");
        apply(&folder, &blocked).unwrap_err();
        as_before("a file where a folder has to be");
        let mut done = Done::default();
        write(&folder, &changes(), &mut done).unwrap();
        done.undo();
        as_before("all was done already");
        fs::remove_dir_all(folder).unwrap();
    }
}
