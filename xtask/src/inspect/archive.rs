//! Reads release archives of every format back, entry by entry.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{Executable, executable};
use crate::pack::hex;
use crate::report::{Context, Error, Result};
use crate::targets::ArchiveFormat;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path, as it is written there.
    pub path: String,
    /// Its permission bits.
    pub mode: u32,
    /// Its size in bytes.
    pub size: u64,
    /// Its sha256.
    pub sha256: String,
    /// What its headers say, if it is one of the executables that were asked for.
    pub executable: Option<Executable>,
}

/// All files of an archive, in its order, with the headers of those that `is_program` names by their paths: they are
/// read whole, the others as they pass. What is neither a file nor a folder is an error: release archives hold none.
///
/// # Errors
/// A file that cannot be opened, or is no archive of that format to its end.
pub fn read_archive(file: &Path, format: ArchiveFormat, is_program: impl Fn(&str) -> bool) -> Result<Vec<Member>> {
    let opened = File::open(file).context(|| format!("cannot open {}", file.display()))?;
    match format {
        ArchiveFormat::TarGz => tar(flate2::bufread::GzDecoder::new(BufReader::new(opened)), is_program),
        ArchiveFormat::Zip => zip(opened, is_program),
    }
    .map_err(|error| Error::new(format!("cannot read {}", file.display())).because(error))
}

fn tar(stream: impl Read, is_program: impl Fn(&str) -> bool) -> std::io::Result<Vec<Member>> {
    let mut archive = ::tar::Archive::new(stream);
    let mut members = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            ::tar::EntryType::Regular => {
                let mode = entry.header().mode()?;
                members.push(member(path, mode, &mut entry, &is_program)?);
            }
            ::tar::EntryType::Directory => {}
            kind => return Err(std::io::Error::other(format!("{path} is neither a file nor a folder ({kind:?})"))),
        }
    }
    // The stream's own checksum stands at its end, which the archive's may come before.
    std::io::copy(&mut archive.into_inner(), &mut std::io::sink())?;
    Ok(members)
}

fn zip(file: File, is_program: impl Fn(&str) -> bool) -> std::io::Result<Vec<Member>> {
    let mut archive = ::zip::ZipArchive::new(BufReader::new(file))?;
    let mut members = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        if entry.is_dir() {
            continue;
        }
        let path = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let mode = entry.unix_mode().unwrap_or(0o644) & 0o7777;
        members.push(member(path, mode, &mut entry, &is_program)?);
    }
    Ok(members)
}

fn member(
    path: String,
    mode: u32,
    content: &mut impl Read,
    is_program: impl Fn(&str) -> bool,
) -> std::io::Result<Member> {
    let is_program = is_program(&path);
    let (mut digest, mut size, mut program) = (Sha256::new(), 0, Vec::new());
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = content.read(&mut buffer)?;
        if read == 0 {
            return Ok(Member { path, mode, size, sha256: hex(&digest.finalize()), executable: executable(&program) });
        }
        digest.update(&buffer[..read]);
        if is_program {
            program.extend_from_slice(&buffer[..read]);
        }
        size += read as u64;
    }
}
