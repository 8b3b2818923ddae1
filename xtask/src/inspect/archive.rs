//! Reads release archives of every format back, entry by entry.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::decompress::decompress;
use super::{Executable, executable};
use crate::hash::hex;
use crate::report::{Context, Error, Result};
use crate::targets::ArchiveFormat;

/// A file in an archive, or the bare program that stands for one.
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

/// The permissions of a bare program: a file that is downloaded has none, and whoever installs it makes it executable.
const BARE_MODE: u32 = 0o755;

/// All files of an archive, in its order, with the headers of those that `is_program` names by their paths: they are
/// read whole, the others as they pass. What is neither a file nor a folder is an error: release archives hold none.
///
/// # Errors
/// A file that cannot be opened, or is no archive of that format to its end.
pub fn read_archive(file: &Path, format: ArchiveFormat, is_program: impl Fn(&str) -> bool) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    each_file(file, format, &mut |path, mode, content| {
        members.push(member(path, mode, content, &is_program)?);
        Ok(())
    })?;
    Ok(members)
}

/// What the files of an archive hold, by path.
///
/// # Errors
/// As [`read_archive`].
pub fn contents(file: &Path, format: ArchiveFormat) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    each_file(file, format, &mut |path, _, content| {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        files.insert(path, bytes);
        Ok(())
    })?;
    Ok(files)
}

/// Is told path, permission bits and content of a file.
type Visit<'v> = &'v mut dyn FnMut(String, u32, &mut dyn Read) -> io::Result<()>;

fn each_file(file: &Path, format: ArchiveFormat, visit: Visit<'_>) -> Result<()> {
    let opened = File::open(file).context(|| format!("cannot open {}", file.display()))?;
    match format {
        ArchiveFormat::Zip => zip(opened, visit),
        ArchiveFormat::Bin => {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            visit(name, BARE_MODE, &mut BufReader::new(opened))
        }
        _ => tar(format, BufReader::new(opened), visit),
    }
    .map_err(|error| Error::new(format!("cannot read {}", file.display())).because(error))
}

fn tar(format: ArchiveFormat, mut file: impl BufRead, visit: Visit<'_>) -> io::Result<()> {
    let mut archive = ::tar::Archive::new(decompress(format, &mut file)?);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            ::tar::EntryType::Regular => {
                let mode = entry.header().mode()?;
                visit(path, mode, &mut entry)?;
            }
            ::tar::EntryType::Directory => {}
            kind => return Err(io::Error::other(format!("{path} is neither a file nor a folder ({kind:?})"))),
        }
    }
    // To the end: the stream's checksum stands there, and more entries would be unpacked by some programs only.
    let mut stream = archive.into_inner();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest)?;
    drop(stream);
    if rest.iter().any(|byte| *byte != 0) || !file.fill_buf()?.is_empty() {
        return Err(io::Error::other("something stands behind its end"));
    }
    Ok(())
}

fn zip(mut file: File, visit: Visit<'_>) -> io::Result<()> {
    let count = zip_count(&mut file)?;
    let mut archive = ::zip::ZipArchive::new(BufReader::new(file))?;
    // The library finds each name once.
    if archive.len() != count {
        return Err(io::Error::other("entries of it have the same name"));
    }
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let path = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if entry.is_symlink() {
            return Err(io::Error::other(format!("{path} is neither a file nor a folder")));
        }
        if entry.is_dir() {
            continue;
        }
        let mode = entry.unix_mode().unwrap_or(0o644) & 0o7777;
        visit(path, mode, &mut entry)?;
    }
    Ok(())
}

/// How many entries the end of a zip file counts (APPNOTE 4.3.16). It must be the very end, as ours have no comment,
/// and its directory must stand where it says, right before: else something stands before the archive's beginning.
fn zip_count(file: &mut File) -> io::Result<usize> {
    let mut end = [0; 22];
    let position = file.seek(SeekFrom::End(-22))?;
    file.read_exact(&mut end)?;
    if !end.starts_with(b"PK\x05\x06") {
        return Err(io::Error::other("it does not end with its directory"));
    }
    let number = |at: usize| u64::from(u32::from_le_bytes([end[at], end[at + 1], end[at + 2], end[at + 3]]));
    let (size, begin) = (number(12), number(16));
    if begin + size != position {
        return Err(io::Error::other("something stands before its beginning"));
    }
    Ok(u16::from_le_bytes([end[10], end[11]]).into())
}

fn member(path: String, mode: u32, content: &mut dyn Read, is_program: impl Fn(&str) -> bool) -> io::Result<Member> {
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
