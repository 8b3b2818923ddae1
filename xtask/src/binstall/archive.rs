//! Reads the entries of an archive as far as the client does: one stream only, and nothing behind its last entry.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::Format;
use super::refusal::Refusal;
use super::unpack::{Entry, Kind};
use crate::inspect::decompress;
use crate::targets::ArchiveFormat;

/// The entries of a file that the client reads as `format`.
///
/// # Errors
/// What the client says of a file that is no such archive.
pub fn read(format: Format, file: File) -> Result<Vec<Entry>, Refusal> {
    let unreadable = |error: &dyn ToString| Refusal::Unreadable(format!("I/O Error: {}", error.to_string()));
    match format {
        Format::Bin => Ok(Vec::new()),
        Format::Zip => zip(file),
        _ => {
            let mut file = BufReader::new(file);
            let read = decompressed(format, &mut file).and_then(tar);
            read.map_err(|error| unreadable(&words(format, file.into_inner(), &error)))
        }
    }
}

/// The tar file in the first stream of a compressed one.
fn decompressed<'f>(format: Format, file: &'f mut BufReader<File>) -> io::Result<Box<dyn Read + 'f>> {
    let compressed = match format {
        Format::Tgz => ArchiveFormat::TarGz,
        Format::Txz => ArchiveFormat::TarXz,
        Format::Tzstd => ArchiveFormat::TarZst,
        Format::Tbz2 => ArchiveFormat::TarBz2,
        Format::Tar | Format::Zip | Format::Bin => ArchiveFormat::Tar,
    };
    decompress(compressed, file)
}

/// What the client's libraries say of such a file, where ours say it otherwise.
fn words(format: Format, mut file: File, error: &io::Error) -> String {
    let (magic, of_other, of_part): (&[u8], _, _) = match format {
        Format::Txz => (b"\xfd7zXZ\0", "stream/file format not recognized", "premature eof"),
        Format::Tzstd => (b"\x28\xb5\x2f\xfd", "Error strings stripped", "incomplete frame"),
        _ => return error.to_string(),
    };
    let mut begin = Vec::new();
    let read = file.rewind().and_then(|()| file.take(magic.len() as u64).read_to_end(&mut begin));
    match read {
        Ok(_) if !magic.starts_with(&begin) => of_other.to_owned(),
        // The libraries that we read with wrap the end of the file in errors of their own.
        Ok(_) => of_part.to_owned(),
        Err(error) => error.to_string(),
    }
}

fn tar(stream: impl Read) -> io::Result<Vec<Entry>> {
    let mut archive = ::tar::Archive::new(stream);
    let mut entries = Vec::new();
    for entry in archive.entries()? {
        let entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = match entry.header().entry_type() {
            ::tar::EntryType::Regular => Kind::File,
            ::tar::EntryType::Directory => Kind::Folder,
            ::tar::EntryType::Symlink => Kind::Symlink(
                entry.link_name_bytes().map(|to| String::from_utf8_lossy(&to).into_owned()).unwrap_or_default(),
            ),
            _ => Kind::Other,
        };
        entries.push(Entry { path, kind });
    }
    Ok(entries)
}

/// The longest end of a zip file: its record and a comment (APPNOTE 4.3.16).
const LONGEST_END: i64 = 22 + 0xffff;

/// The entries of a zip file's directory; the crate `zip` would show of several with one name only the last.
fn zip(mut file: File) -> Result<Vec<Entry>, Refusal> {
    let unreadable = |reason: &str| Refusal::Unreadable(format!("Failed to extract zipfile: {reason}"));
    let failed = |error: io::Error| unreadable(&error.to_string());
    let length = file.seek(SeekFrom::End(0)).map_err(failed)?;
    let start = length.saturating_sub(LONGEST_END.unsigned_abs());
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).map_err(failed)?;
    let no_end = || unreadable("format: end of central directory record not found");
    if end.is_empty() {
        return Err(unreadable("io: unexpected end of file"));
    }
    let at = end.windows(4).rposition(|bytes| bytes == b"PK\x05\x06").ok_or_else(no_end)?;
    let record = &end[at..];
    let (size, offset) = (number::<4>(record, 12).ok_or_else(no_end)?, number::<4>(record, 16).ok_or_else(no_end)?);
    // What stands before the archive moves all its offsets.
    let begin = (start + at as u64).checked_sub(size).ok_or_else(no_end)?.max(offset);
    file.seek(SeekFrom::Start(begin)).map_err(failed)?;
    let mut directory = Vec::new();
    file.by_ref().take(size).read_to_end(&mut directory).map_err(failed)?;
    let mut links = ::zip::ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable(&error.to_string()))?;
    let mut entries = headers(&directory).ok_or_else(|| unreadable("format: invalid central record"))?;
    for entry in &mut entries {
        if let Kind::Symlink(to) = &mut entry.kind {
            let mut content = links.by_name(&entry.path).map_err(|error| unreadable(&error.to_string()))?;
            content.read_to_string(to).map_err(failed)?;
        }
    }
    Ok(entries)
}

/// The entries of a central directory (APPNOTE 4.3.12).
fn headers(directory: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut rest = directory;
    while rest.starts_with(b"PK\x01\x02") {
        let length = |at| number::<2>(rest, at).and_then(|number| usize::try_from(number).ok());
        let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
        let path = String::from_utf8_lossy(rest.get(46..46 + name)?).into_owned();
        let (system, mode) = (rest.get(5)?, number::<2>(rest, 40)? & 0o170_000);
        // Unix and macOS have the mode there, the others only a mark for folders.
        let unix = [3, 19].contains(system);
        let folder = path.ends_with('/') || if unix { mode == 0o040_000 } else { rest.get(38)? & 0x10 != 0 };
        let kind = match folder {
            _ if unix && mode == 0o120_000 => Kind::Symlink(String::new()),
            true => Kind::Folder,
            false => Kind::File,
        };
        entries.push(Entry { path, kind });
        rest = rest.get(46 + name + extra + comment..)?;
    }
    Some(entries)
}

/// The little-endian number of N bytes at `at`.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let digits = bytes.get(at..at + N)?;
    Some(digits.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_little_endian() {
        assert_eq!((number::<2>(&[1, 2, 3], 1), number::<4>(&[1, 2, 3], 0)), (Some(0x0302), None));
    }

    #[test]
    fn a_cut_directory_is_none() {
        assert_eq!(headers(b"PK\x01\x02"), None);
        assert_eq!(headers(b""), Some(Vec::new()));
    }
}
