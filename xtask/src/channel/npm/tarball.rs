//! Reads the file of a package as npm does.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::package::TOP;
use super::package_json::{FILE, PackageJson};
use crate::channel::ReadSeek;
use crate::hash::{integrity, sha256};

/// The file of a package.
#[derive(Debug)]
pub struct NpmTarball {
    /// What the package says of itself.
    pub json: PackageJson,
    /// Its files, by their paths in the package.
    pub files: BTreeMap<String, File>,
    /// The digest of the whole, as npm writes it: `sha512-…`.
    pub integrity: String,
}

/// A file in a package.
#[derive(Debug)]
pub struct File {
    /// Its permission bits.
    pub mode: u32,
    /// Its time stamp, in seconds since 1970.
    pub mtime: u64,
    /// Its sha256.
    pub sha256: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl NpmTarball {
    /// Reads it whole.
    ///
    /// # Errors
    /// What is no gzip file with a tar file to its end; a path twice, or outside of `package/`; what is no plain file; a
    /// package without package.json.
    pub fn open(mut file: Box<dyn ReadSeek>) -> io::Result<Self> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut gzip = flate2::bufread::GzDecoder::new(&*bytes);
        let mut tar = Vec::new();
        gzip.read_to_end(&mut tar)?;
        if !gzip.into_inner().is_empty() {
            return Err(io::Error::other("something stands behind its end"));
        }
        let files = files(&tar)?;
        let json = files.get(FILE).ok_or_else(|| io::Error::other(format!("it has no {FILE}")))?;
        let json = PackageJson::parse(&json.bytes)
            .map_err(|error| io::Error::other(format!("its {FILE} is none of npm's: {error}")))?;
        Ok(Self { json, files, integrity: integrity(&bytes) })
    }
}

fn files(tar: &[u8]) -> io::Result<BTreeMap<String, File>> {
    let mut archive = tar::Archive::new(tar);
    let mut files = BTreeMap::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let fault = |what: &str| Err(io::Error::other(format!("{path} {what}")));
        if entry.header().entry_type() != tar::EntryType::Regular {
            return fault("is no plain file");
        }
        let Some(inside) = path.strip_prefix(TOP).map(str::to_owned) else {
            return fault(&format!("is not in {TOP}"));
        };
        let (mode, mtime, mut bytes) = (entry.header().mode()?, entry.header().mtime()?, Vec::new());
        entry.read_to_end(&mut bytes)?;
        let file = File { mode, mtime, sha256: sha256(&bytes), bytes };
        if files.insert(inside, file).is_some() {
            return fault("is in it twice");
        }
    }
    let mut rest = archive.into_inner();
    let mut end = Vec::new();
    rest.read_to_end(&mut end)?;
    if end.iter().any(|byte| *byte != 0) {
        return Err(io::Error::other("something stands behind its end"));
    }
    Ok(files)
}
