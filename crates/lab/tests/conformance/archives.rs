//! Archives as cases want them, well made or not. The content of a file is its path, so that whoever finds it
//! installed knows where it was.

use std::io::{Cursor, Write};

use lab::{command, run, scratch};
use serde_json::Value;
use zip::write::SimpleFileOptions;

use crate::keys;

/// What stands for the path of a program that is served bare.
pub const BARE: &str = "<raw>";

/// A file as the server of a case has it.
pub struct Served {
    pub bytes: Vec<u8>,
    pub signature: Option<Signature>,
}

/// A signature beside a file.
pub struct Signature {
    pub text: String,
    /// What stands behind the file's URL in that of its signature.
    pub suffix: String,
}

impl Served {
    /// Packs an archive of a case; it is damaged before it is signed, or after, where the case says so.
    pub fn of(archive: &Value) -> Self {
        let entries: Vec<Entry> = archive["entries"].as_array().unwrap().iter().map(Entry::of).collect();
        let damaged = |bytes: Vec<u8>, when: &str| match archive[when].as_str() {
            Some(how) => damaged(bytes, how, &entries),
            None => bytes,
        };
        let bytes = damaged(packed(archive["fmt"].as_str().unwrap(), &entries), "mutate");
        let signature = archive["sign"][0].as_str().map(|key| Signature {
            text: keys::sign(key, &bytes),
            suffix: archive["sign"][1].as_str().unwrap_or(".sig").to_owned(),
        });
        Self { bytes: damaged(bytes, "mutate_after_sign"), signature }
    }
}

fn packed(format: &str, entries: &[Entry]) -> Vec<u8> {
    match format {
        "bin" => BARE.as_bytes().to_vec(),
        "zip" => zip(entries),
        "tar" => tar(entries),
        "tgz" => gzip(&tar(entries)),
        "tbz2" => python("bz2", &tar(entries)),
        "txz" => python("lzma", &tar(entries)),
        "tzstd" => zstd(&tar(entries)),
        other => panic!("no format is called {other}"),
    }
}

fn damaged(mut bytes: Vec<u8>, how: &str, entries: &[Entry]) -> Vec<u8> {
    let two_streams = |at: usize| {
        let tar = tar(entries);
        [gzip(&tar[..at]), gzip(&tar[at..])].concat()
    };
    let crc = bytes.len().saturating_sub(8);
    match how {
        "replace_with_html" => b"<!doctype html><title>Sign in</title>".to_vec(),
        "empty" => Vec::new(),
        "append" => [&bytes[..], b"appended"].concat(),
        "truncate" => bytes[..bytes.len() / 2].to_vec(),
        // In the padding of the first file.
        "split_two_gzip_members" => two_streams(600),
        // The two empty blocks that end an archive stand alone.
        "split_after_files" => two_streams(tar(entries).len() - 1024),
        "flip_gzip_mtime" => {
            bytes[4] ^= 1;
            bytes
        }
        "flip_gzip_crc" => {
            bytes[crc] ^= 1;
            bytes
        }
        other => panic!("no damage is called {other}"),
    }
}

/// An entry of an archive.
enum Entry<'v> {
    File(&'v str),
    Folder(&'v str),
    Hardlink(&'v str, &'v str),
    Symlink(&'v str, &'v str),
}

impl<'v> Entry<'v> {
    fn of(value: &'v Value) -> Self {
        let text = |key: &str| value[key].as_str().unwrap();
        match value {
            Value::String(path) if path.ends_with('/') => Self::Folder(path),
            Value::String(path) => Self::File(path),
            link if link["type"] == "hardlink" => Self::Hardlink(text("path"), text("target")),
            link if link["type"] == "symlink" => Self::Symlink(text("path"), text("target")),
            other => panic!("no entry: {other}"),
        }
    }
}

/// What is in a file: its path, as short as it can be written.
fn content(path: &str) -> String {
    path.split('/').filter(|part| !["", "."].contains(part)).collect::<Vec<_>>().join("/")
}

fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = tar::Header::new_ustar();
        let (kind, path, content) = match *entry {
            Entry::File(path) => (tar::EntryType::Regular, path, content(path)),
            Entry::Folder(path) => (tar::EntryType::Directory, path, String::new()),
            Entry::Hardlink(path, _) => (tar::EntryType::Link, path, String::new()),
            Entry::Symlink(path, _) => (tar::EntryType::Symlink, path, String::new()),
        };
        if let Entry::Hardlink(_, target) | Entry::Symlink(_, target) = entry {
            header.set_link_name(target).unwrap();
        }
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_size(content.len() as u64);
        // By hand: the crate refuses `..` and drops `./`.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().unix_permissions(0o755);
    let mut doubles: Vec<(String, &str)> = Vec::new();
    let mut seen = Vec::new();
    for entry in entries {
        match *entry {
            Entry::Folder(path) => writer.add_directory(path, options).unwrap(),
            Entry::Symlink(path, target) => writer.add_symlink(path, target, options).unwrap(),
            Entry::Hardlink(..) => panic!("zip has no hard links"),
            Entry::File(path) => {
                // The crate refuses a name twice: written under another name of the same length.
                let name = if seen.contains(&path) { "~".repeat(path.len()) } else { path.to_owned() };
                writer.start_file(name.clone(), options).unwrap();
                writer.write_all(content(path).as_bytes()).unwrap();
                if name != path {
                    doubles.push((name, path));
                }
                seen.push(path);
            }
        }
    }
    let mut bytes = writer.finish().unwrap().into_inner();
    for (name, path) in doubles {
        while let Some(at) = bytes.windows(name.len()).position(|window| window == name.as_bytes()) {
            bytes[at..at + name.len()].copy_from_slice(path.as_bytes());
        }
    }
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Packed by a module of Python's library, which is no code of ours.
fn python(module: &str, bytes: &[u8]) -> Vec<u8> {
    let folder = scratch("packed");
    let (from, to) = (folder.join("from"), folder.join("to"));
    std::fs::write(&from, bytes).unwrap();
    let program = "import importlib, sys
compress = importlib.import_module(sys.argv[1]).compress
open(sys.argv[3], 'wb').write(compress(open(sys.argv[2], 'rb').read()))";
    run(command("python3").args(["-c", program, module]).arg(from).arg(&to));
    std::fs::read(to).unwrap()
}

/// A frame of one uncompressed block (RFC 8878, 3.1.1).
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    // One segment, whose size is told in four bytes; then a block that is the last (1) and raw (0).
    let head = [&[0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000][..], &length.to_le_bytes()].concat();
    [&head, &(length << 3 | 1).to_le_bytes()[..3], bytes].concat()
}
