//! Reads tar files back that hold images: the whole, whose files are found by their paths, and layers in it.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek as _, SeekFrom};

use crate::channel::ReadSeek;
use crate::hash::{HashWriter, sha256};
use crate::inspect::executable;

/// A tar file whose files are read when they are asked for.
pub struct Tarball {
    file: Box<dyn ReadSeek>,
    /// Where the content of each file begins, and its size.
    places: BTreeMap<String, (u64, u64)>,
}

/// What is in a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerFile {
    /// Its path; that of a folder ends with `/`.
    pub path: String,
    /// Its permission bits.
    pub mode: u32,
    /// The sha256 of its content; none for a folder.
    pub sha256: Option<String>,
    /// The processor that it is for, if it is an executable.
    pub arch: Option<String>,
}

impl Tarball {
    /// Looks what is where.
    ///
    /// # Errors
    /// What is no tar file, has a path twice, or has something else than files and folders.
    pub fn open(file: Box<dyn ReadSeek>) -> io::Result<Self> {
        let mut archive = tar::Archive::new(file);
        let mut places = BTreeMap::new();
        let mut end = 0;
        for entry in archive.entries_with_seek()? {
            let entry = entry?;
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let (at, size) = (entry.raw_file_position(), entry.size());
            end = at + size.next_multiple_of(512);
            match entry.header().entry_type() {
                tar::EntryType::Directory => {}
                tar::EntryType::Regular if places.contains_key(&path) => {
                    return Err(io::Error::other(format!("{path} is in it twice")));
                }
                tar::EntryType::Regular => _ = places.insert(path, (at, size)),
                kind => return Err(io::Error::other(format!("{path} is neither a file nor a folder ({kind:?})"))),
            }
        }
        let mut file = archive.into_inner();
        // Two empty blocks end it; some programs would go on reading behind them.
        if file.seek(SeekFrom::End(0))? != end + 1024 {
            return Err(io::Error::other("something stands behind its end"));
        }
        Ok(Self { file, places })
    }

    /// The paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The content of a file; none if it is not there.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&mut self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let Some((at, size)) = self.places.get(path) else { return Ok(None) };
        self.file.seek(SeekFrom::Start(*at))?;
        let mut bytes = Vec::new();
        self.file.by_ref().take(*size).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }
}

/// The sha256 of a compressed layer's tar file.
///
/// # Errors
/// What is no gzip file.
pub fn diff_id(layer: &[u8]) -> io::Result<String> {
    let mut digest = HashWriter::new(io::sink());
    io::copy(&mut flate2::bufread::MultiGzDecoder::new(layer), &mut digest)?;
    Ok(digest.finish().2)
}

/// What is in a compressed layer, in its order.
///
/// # Errors
/// What is no tar file to its end, or has something else than files and folders.
pub fn layer_files(layer: &[u8]) -> io::Result<Vec<LayerFile>> {
    let mut archive = tar::Archive::new(flate2::bufread::MultiGzDecoder::new(layer));
    let mut files = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mode = entry.header().mode()?;
        files.push(match entry.header().entry_type() {
            tar::EntryType::Directory => LayerFile { path, mode, sha256: None, arch: None },
            tar::EntryType::Regular => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                LayerFile { path, mode, sha256: Some(sha256(&bytes)), arch: executable(&bytes).map(|found| found.arch) }
            }
            kind => return Err(io::Error::other(format!("{path} is neither a file nor a folder ({kind:?})"))),
        });
    }
    let mut rest = Vec::new();
    archive.into_inner().read_to_end(&mut rest)?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err(io::Error::other("something stands behind its end"));
    }
    Ok(files)
}
