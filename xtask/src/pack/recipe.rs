//! Recipes of tar files: what a channel wants in one, as plain data. Whoever has the release's files fills them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::compress::Compressor;
use super::writers::tar_header;
use crate::hash::{HashWriter, sha256};
use crate::targets::ArchiveFormat;

/// A tar file to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tar {
    /// What is in it, in this order; each folder before what is in it.
    pub items: Vec<Item>,
}

/// An entry of a tar file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its path inside, with `/`; that of a folder ends with one.
    pub path: String,
    /// Its permission bits.
    pub mode: u32,
    /// What it is.
    pub source: Source,
}

/// Where the content of an entry comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It is a folder.
    Folder,
    /// These bytes.
    Inline(Vec<u8>),
    /// A file in an archive of the release, which is known by its digest.
    Archived {
        /// The archive.
        asset: String,
        /// The path in it.
        path: String,
        /// The sha256 of the file.
        sha256: String,
    },
    /// A file of the repository that has to be just this one.
    Pinned {
        /// Its path, relative to the workspace, with `/`.
        path: String,
        /// Its sha256.
        sha256: String,
    },
}

/// What is behind the sources of a recipe that has only their digests: bytes, by sha256.
pub type Contents = BTreeMap<String, Vec<u8>>;

/// A tar file in one gzip member, with the digests of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GzippedTar {
    /// The gzip file.
    pub bytes: Vec<u8>,
    /// The sha256 of these.
    pub sha256: String,
    /// The sha256 of the tar file.
    pub tar_sha256: String,
}

impl Source {
    /// The sha256 of the content; none for a folder.
    pub fn sha256(&self) -> Option<String> {
        match self {
            Self::Folder => None,
            Self::Inline(bytes) => Some(sha256(bytes)),
            Self::Archived { sha256, .. } | Self::Pinned { sha256, .. } => Some(sha256.clone()),
        }
    }
}

impl Tar {
    /// Adds a file, and before it the folders that it is in, as the first that needs them.
    pub fn add(&mut self, path: &str, mode: u32, source: Source) {
        for (at, _) in path.trim_end_matches('/').match_indices('/') {
            let folder = &path[..=at];
            if !self.items.iter().any(|item| item.path == folder) {
                self.items.push(Item { path: folder.to_owned(), mode: 0o755, source: Source::Folder });
            }
        }
        self.items.push(Item { path: path.to_owned(), mode, source });
    }

    /// Writes it: the same items and contents, the same bytes.
    ///
    /// # Errors
    /// A content that is not there, or an `out` that takes no more.
    pub fn write<W: Write>(&self, out: W, epoch: u64, contents: &Contents) -> io::Result<W> {
        let mut tar = tar::Builder::new(out);
        for Item { path, mode, source } in &self.items {
            let mut header = tar_header(*mode, epoch);
            let bytes = match source {
                Source::Folder => {
                    header.set_entry_type(tar::EntryType::Directory);
                    &[][..]
                }
                Source::Inline(bytes) => bytes,
                Source::Archived { sha256, .. } | Source::Pinned { sha256, .. } => {
                    contents.get(sha256).ok_or_else(|| io::Error::other(format!("nothing is known of {path}")))?
                }
            };
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, path, bytes)?;
        }
        tar.into_inner()
    }

    /// The same, compressed.
    ///
    /// # Errors
    /// As [`Tar::write`].
    pub fn gzipped(&self, epoch: u64, contents: &Contents) -> io::Result<GzippedTar> {
        let out = self.write(HashWriter::new(Compressor::new(ArchiveFormat::TarGz, Vec::new())?), epoch, contents)?;
        let (gzip, _, tar_sha256) = out.finish();
        let bytes = gzip.finish()?;
        Ok(GzippedTar { sha256: sha256(&bytes), tar_sha256, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inline(text: &str) -> Source {
        Source::Inline(text.as_bytes().to_vec())
    }

    #[test]
    fn folders_come_once_and_before_their_files() {
        let mut tar = Tar::default();
        tar.add("usr/local/bin/a", 0o755, inline("a"));
        tar.add("usr/local/b", 0o644, inline("b"));
        tar.add("tmp/", 0o1777, Source::Folder);
        let shown: Vec<(&str, u32)> = tar.items.iter().map(|item| (item.path.as_str(), item.mode)).collect();
        let wanted = [
            ("usr/", 0o755),
            ("usr/local/", 0o755),
            ("usr/local/bin/", 0o755),
            ("usr/local/bin/a", 0o755),
            ("usr/local/b", 0o644),
            ("tmp/", 0o1777),
        ];
        assert_eq!(shown, wanted);
    }

    #[test]
    fn what_is_written_reads_back_with_its_digests() {
        let mut tar = Tar::default();
        tar.add("tmp/", 0o1777, Source::Folder);
        tar.add(&format!("long/{}", "x".repeat(150)), 0o644, inline("text"));
        let plain = tar.write(Vec::new(), 7, &Contents::new()).unwrap();
        let gzipped = tar.gzipped(7, &Contents::new()).unwrap();
        assert_eq!((gzipped.tar_sha256, gzipped.sha256), (sha256(&plain), sha256(&gzipped.bytes)));
        let mut archive = ::tar::Archive::new(&*plain);
        let seen: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let header = entry.unwrap().header().clone();
                (header.entry_type().is_dir(), header.mode().unwrap(), header.mtime().unwrap(), header.size().unwrap())
            })
            .collect();
        assert_eq!(seen, [(true, 0o1777, 7, 0), (true, 0o755, 7, 0), (false, 0o644, 7, 4)]);
    }

    #[test]
    fn a_content_that_is_not_there_is_an_error() {
        let mut tar = Tar::default();
        tar.add("x", 0o644, Source::Pinned { path: "x".into(), sha256: "0".repeat(64) });
        assert!(tar.gzipped(0, &Contents::new()).unwrap_err().to_string().contains('x'));
        assert!(tar.gzipped(0, &Contents::from([("0".repeat(64), Vec::new())])).is_ok());
    }
}
