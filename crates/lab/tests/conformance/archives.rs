//! The archives of the cases, damaged where they say so.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tar::{EntryType, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The bytes of an archive that a case describes.
pub fn bytes(archive: &Value) -> Vec<u8> {
    let entries = archive["entries"].as_array().unwrap();
    let mut bytes = match archive["fmt"].as_str().unwrap() {
        "tgz" if archive["mutate"] == "split_two_gzip_members" => {
            let tar = tar(entries);
            let (one, other) = tar.split_at(1000);
            [gzip(one), gzip(other)].concat()
        }
        "tgz" | "txz" => gzip(&tar(entries)),
        "zip" => zip(entries),
        "bin" => b"program".to_vec(),
        other => panic!("no case had {other} before"),
    };
    match archive["mutate"].as_str() {
        None | Some("split_two_gzip_members") => {}
        Some("replace_with_html") => bytes = b"<!DOCTYPE html><html>Not here</html>".to_vec(),
        Some("flip_gzip_crc") => {
            let crc = bytes.len() - 8;
            bytes[crc] ^= 0xff;
        }
        Some(other) => panic!("no case had {other} before"),
    }
    bytes
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// The path of an entry, and for a link its type and what it points at.
fn entry(value: &Value) -> (&str, Option<(&str, &str)>) {
    let text = |key: &str| value[key].as_str().unwrap();
    value.as_str().map_or_else(|| (text("path"), Some((text("type"), text("target")))), |path| (path, None))
}

const CONTENT: [u8; 3000] = [b'x'; 3000];

fn tar(entries: &[Value]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for value in entries {
        let (path, link) = entry(value);
        let mut header = Header::new_ustar();
        header.set_mode(0o755);
        let content = match link {
            None if path.ends_with('/') => {
                header.set_entry_type(EntryType::Directory);
                &[]
            }
            None => &CONTENT[..],
            Some((kind, target)) => {
                header.set_entry_type(if kind == "symlink" { EntryType::Symlink } else { EntryType::Link });
                header.set_link_name(target).unwrap();
                &[]
            }
        };
        header.set_size(content.len() as u64);
        // As it is written: the library would take `./` away.
        header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        tar.append(&header, content).unwrap();
    }
    tar.into_inner().unwrap()
}

fn zip(entries: &[Value]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().unix_permissions(0o755);
    let mut twice = Vec::new();
    for value in entries {
        let (path, link) = entry(value);
        if let Some((_, target)) = link {
            zip.add_symlink(path, target, options).unwrap();
        } else if zip.start_file(path, options).is_ok() {
            zip.write_all(&CONTENT).unwrap();
        } else {
            // The library writes no name twice: another is written, and put right behind it.
            let other = path.replacen(|_: char| true, "\u{1}", 1);
            zip.start_file(&other, options).unwrap();
            twice.push((other.into_bytes(), path.as_bytes()));
        }
    }
    let mut bytes = zip.finish().unwrap().into_inner();
    for (other, path) in twice {
        let places: Vec<usize> = (0..bytes.len() - other.len()).filter(|at| bytes[*at..].starts_with(&other)).collect();
        for at in places {
            bytes[at..at + path.len()].copy_from_slice(path);
        }
    }
    bytes
}
