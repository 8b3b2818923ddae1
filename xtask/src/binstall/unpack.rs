//! What is on the disk after the client has unpacked an archive, and what of it the client sees.

use std::collections::{BTreeMap, BTreeSet};

use super::Format;
use super::refusal::Refusal;

/// An entry of an archive, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path as it is written there.
    pub path: String,
    /// What it is.
    pub kind: Kind,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, and what it points at.
    Symlink(String),
    /// A hard link, a device, or what else there is.
    Other,
}

impl Entry {
    /// A file.
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), kind: Kind::File }
    }
}

/// What the client sees of an unpacked archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Files, links among them.
    pub files: BTreeSet<String>,
    /// Folders.
    pub folders: BTreeSet<String>,
    /// Where links point, by their paths.
    pub links: BTreeMap<String, String>,
}

impl Unpacked {
    /// Unpacks entries as the client does.
    ///
    /// # Errors
    /// The client cannot: one path is there twice.
    pub fn of(format: Format, entries: &[Entry]) -> Result<Self, Refusal> {
        let unpacked = match format {
            Format::Bin => Ok(Self::default()),
            Format::Zip => zip(entries),
            _ => Ok(tar(entries)),
        }?;
        if unpacked.files.iter().any(|file| unpacked.folders.contains(file)) { Err(exists()) } else { Ok(unpacked) }
    }

    fn add_parents(&mut self, path: &str) {
        for (slash, _) in path.match_indices('/') {
            self.folders.insert(path[..slash].to_owned());
        }
    }
}

fn exists() -> Refusal {
    Refusal::Unreadable("I/O Error: File exists (os error 17)".to_owned())
}

/// Only files and folders; a later file takes the place of an earlier one. What leads up is passed over.
fn tar(entries: &[Entry]) -> Unpacked {
    let mut unpacked = Unpacked::default();
    for entry in entries {
        let Some(path) = plain(&entry.path).filter(|path| !path.is_empty()) else { continue };
        match entry.kind {
            Kind::File => {
                unpacked.add_parents(&path);
                unpacked.files.insert(path);
            }
            // The client keeps folders under their paths as written, and finds none of these by its name.
            Kind::Folder if entry.path == "." || entry.path.starts_with("./") || entry.path.starts_with('/') => {}
            Kind::Folder => {
                unpacked.add_parents(&path);
                unpacked.folders.insert(path);
            }
            Kind::Symlink(_) | Kind::Other => {}
        }
    }
    unpacked
}

/// Files and symbolic links; folders only where something is in them. What has `..` anywhere in its name is passed over.
fn zip(entries: &[Entry]) -> Result<Unpacked, Refusal> {
    let mut unpacked = Unpacked::default();
    let mut written = BTreeSet::new();
    for entry in entries {
        if entry.path.contains("..") || entry.kind == Kind::Folder {
            continue;
        }
        let name = entry.path.trim_start_matches('/');
        let Some(path) = plain(name).filter(|path| !path.is_empty()) else { continue };
        // From binstalk-downloader 0.14 on; before, the later one took the place of the earlier.
        if !written.insert(path.clone()) {
            return Err(exists());
        }
        // As in tar files, but for files too: `./hello` is not found as `hello`.
        if name.starts_with("./") {
            continue;
        }
        unpacked.add_parents(&path);
        if let Kind::Symlink(target) = &entry.kind {
            unpacked.links.insert(path.clone(), target.clone());
        }
        unpacked.files.insert(path);
    }
    Ok(unpacked)
}

/// A path without empty parts and `.`; none if it leads up.
fn plain(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    (!parts.contains(&"..")).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        let kind = if path.ends_with('/') { Kind::Folder } else { Kind::File };
        Entry { path: path.to_owned(), kind }
    }

    fn seen(format: Format, paths: &[&str]) -> (String, String) {
        let entries: Vec<Entry> = paths.iter().map(|path| entry(path)).collect();
        let Unpacked { files, folders, .. } = Unpacked::of(format, &entries).unwrap();
        let joined = |paths: BTreeSet<String>| paths.into_iter().collect::<Vec<_>>().join(" ");
        (joined(files), joined(folders))
    }

    fn is(files: &str, folders: &str) -> (String, String) {
        (files.to_owned(), folders.to_owned())
    }

    #[test]
    fn tar_files_are_normalised_and_folders_are_not() {
        assert_eq!(seen(Format::Tgz, &["./a/b", "/c", "../d", "e/"]), is("a/b c", "a e"));
        assert_eq!(seen(Format::Tar, &["./", "./e/", "/f/", ".g/"]), is("", ".g"));
    }

    #[test]
    fn zip_files_are_as_written_and_empty_folders_are_not_seen() {
        assert_eq!(seen(Format::Zip, &["./a", "/c//d", "x..y", "e/"]), is("c/d", "c"));
        let twice = Unpacked::of(Format::Zip, &[entry("a"), entry("a")]).unwrap_err();
        assert_eq!(twice.to_string(), "I/O Error: File exists (os error 17)");
        assert!(Unpacked::of(Format::Tgz, &[entry("a"), entry("a")]).is_ok());
    }

    #[test]
    fn a_file_is_no_folder() {
        assert!(Unpacked::of(Format::Tgz, &[entry("a"), entry("a/b")]).is_err());
    }
}
