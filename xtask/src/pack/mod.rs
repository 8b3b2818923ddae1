//! Writes archives: the same entries give the same bytes, everywhere and always. Hashing happens while writing.

mod compress;
mod gzip;
mod recipe;
mod writers;
mod zip;

use std::path::{Path, PathBuf};

use crate::canon::canonical;
use crate::hash::{HashWriter, sha256};
use crate::inspect::{Executable, executable};
use crate::parallel;
use crate::project::Role;
use crate::report::{Context, Result, unwritable};
use crate::targets::ArchiveFormat;
pub use recipe::{Contents, GzippedTar, Item, Source, Tar};

/// A file that goes into an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path inside, with `/`.
    pub path: String,
    /// Its permission bits.
    pub mode: u32,
    /// What it is for.
    pub role: Role,
    /// Where its bytes are.
    pub from: PathBuf,
}

/// A file that went into an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedEntry {
    /// What was asked for.
    pub entry: Entry,
    /// Its size in bytes.
    pub size: u64,
    /// Its sha256.
    pub sha256: String,
    /// That of the file that it was read from, which was perhaps not [`canonical`].
    pub read_sha256: String,
    /// What its headers say, if it is an executable.
    pub executable: Option<Executable>,
    /// Whether it is an executable that holds the path that was looked for.
    pub holds_path: bool,
}

/// An archive that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Its size in bytes.
    pub size: u64,
    /// Its sha256.
    pub sha256: String,
    /// What is in it, in its order.
    pub entries: Vec<PackedEntry>,
}

/// How archives are written.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The kind of archive.
    pub format: ArchiveFormat,
    /// Every time stamp, in seconds since 1970.
    pub epoch: u64,
    /// Whether executables are made [`canonical`]: those that a linker left, and not those that were signed since.
    pub canonical: bool,
    /// A folder of this machine that no executable should name.
    pub watched: &'a Path,
}

/// Writes `entries`, sorted by path, to `file`, which must not exist.
///
/// # Errors
/// An entry that cannot be read, an executable that is cut short, or a file that cannot be written.
pub fn archive(file: &Path, mut entries: Vec<Entry>, options: Options<'_>) -> Result<Packed> {
    let watched = memchr::memmem::Finder::new(options.watched.as_os_str().as_encoded_bytes());
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let out = std::fs::File::create_new(file).map_err(|error| unwritable(file, &error))?;
    let out = HashWriter::new(std::io::BufWriter::new(out));
    let mut writer =
        writers::Writer::new(options.format, out, options.epoch).map_err(|error| unwritable(file, &error))?;
    let mut packed = Vec::new();
    for entry in entries {
        let mut bytes = std::fs::read(&entry.from).context(|| format!("cannot read {}", entry.from.display()))?;
        let mut read_sha256 = None;
        if options.canonical && entry.role == Role::Executable {
            read_sha256 = may_change(&bytes).then(|| sha256(&bytes));
            // These bytes, not the file: cargo's folder stays as cargo and the linker left it.
            canonical(&mut bytes, options.epoch)
                .context(|| format!("cannot make {} canonical", entry.from.display()))?;
        }
        let looked_at = || {
            let has_headers = entry.role.has_headers();
            let headers = if has_headers { executable(&bytes) } else { None };
            (sha256(&bytes), headers, has_headers && watched.find(&bytes).is_some())
        };
        let (seen, added) = parallel::both(looked_at, || writer.add(&entry, &bytes));
        added.map_err(|error| unwritable(file, &error))?;
        let (sha256, executable, holds_path) = seen;
        let read_sha256 = read_sha256.unwrap_or_else(|| sha256.clone());
        packed.push(PackedEntry { size: bytes.len() as u64, sha256, read_sha256, executable, holds_path, entry });
    }
    let (size, sha256) = writer.finish().map_err(|error| unwritable(file, &error))?;
    Ok(Packed { size, sha256, entries: packed })
}

/// Whether [`canonical`] may change a program: ELF files it leaves as they are.
fn may_change(bytes: &[u8]) -> bool {
    !bytes.starts_with(b"\x7FELF")
}

#[cfg(test)]
mod tests;
