//! Every format is written alike twice, read back, and refused where it is not one whole stream.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use super::compress::Compressor;
use super::*;
use crate::inspect::read_archive;

/// Two files, one of them larger than the blocks of the formats.
fn entries(folder: &Path) -> Vec<Entry> {
    let noise = (0..200_000_u64).map(|n| (n.wrapping_mul(n).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8);
    let large = noise.enumerate().map(|(n, byte)| if n % 3000 < 1000 { byte } else { b'-' }).collect::<Vec<u8>>();
    let entry = |path: &str, mode, role, bytes: &[u8]| {
        let from = folder.join(path);
        fs::create_dir_all(from.parent().unwrap()).unwrap();
        fs::write(&from, bytes).unwrap();
        Entry { path: path.into(), mode, role, from }
    };
    vec![entry("a/tool", 0o755, Role::Extra, &large), entry("a/README.md", 0o644, Role::Document, b"# tool")]
}

fn packed(folder: &Path, name: &str, format: ArchiveFormat) -> (PathBuf, Packed) {
    let mut entries = entries(&folder.join("source"));
    if format == ArchiveFormat::Bin {
        entries.truncate(1);
        entries[0].path = name.to_owned();
    }
    let file = folder.join(name);
    let options = Options { format, epoch: 1_789_000_000, canonical: true, watched: Path::new("/nowhere") };
    let packed = archive(&file, entries, options).unwrap();
    (file, packed)
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("xtask-dist-pack-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn every_format_is_written_alike_and_read_back() {
    let folder = scratch("alike");
    for format in ArchiveFormat::ALL {
        fs::create_dir_all(folder.join("again")).unwrap();
        let name = format!("file-{}", format.binstall());
        let (file, first) = packed(&folder, &name, format);
        let (_, again) = packed(&folder.join("again"), &name, format);
        assert_eq!(first.sha256, again.sha256, "{format:?}");
        let members = read_archive(&file, format, |_| false).unwrap();
        let read: Vec<_> = members.iter().map(|m| (&m.path, m.mode, m.size, &m.sha256)).collect();
        let written: Vec<_> = first.entries.iter().map(|e| (&e.entry.path, e.entry.mode, e.size, &e.sha256)).collect();
        assert_eq!(read, written, "{format:?}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_cut_doubled_or_altered_is_no_archive() {
    let folder = scratch("broken");
    for format in ArchiveFormat::ALL.into_iter().filter(|format| *format != ArchiveFormat::Bin) {
        let (file, _) = packed(&folder, &format!("file-{}", format.binstall()), format);
        let whole = fs::read(&file).unwrap();
        let refused = |bytes: &[u8], what: &str| {
            fs::write(&file, bytes).unwrap();
            assert!(read_archive(&file, format, |_| false).is_err(), "{format:?}: {what}");
        };
        refused(&whole[..whole.len() / 2], "cut");
        refused(&[&whole[..], b"x"].concat(), "something behind it");
        refused(&[&whole[..], &whole].concat(), "twice");
        if format != ArchiveFormat::Tar {
            // The last bytes of zstd are its checksum; a zip's stand in its directory.
            let place = if format == ArchiveFormat::TarZst { whole.len() - 1 } else { whole.len() / 2 };
            let mut altered = whole.clone();
            altered[place] ^= 0x20;
            refused(&altered, "altered");
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_tar_file_in_two_streams_is_refused_as_clients_read_the_first_only() {
    let folder = scratch("streams");
    let (tar, _) = packed(&folder, "plain", ArchiveFormat::Tar);
    let whole = fs::read(tar).unwrap();
    for format in [ArchiveFormat::TarGz, ArchiveFormat::TarXz, ArchiveFormat::TarZst, ArchiveFormat::TarBz2] {
        let file = folder.join(format.binstall());
        let stream = |bytes: &[u8]| {
            let mut stream = Compressor::new(format, Vec::new()).unwrap();
            stream.write_all(bytes).unwrap();
            stream.finish().unwrap()
        };
        fs::write(&file, stream(&whole)).unwrap();
        read_archive(&file, format, |_| false).unwrap();
        let (one, other) = whole.split_at(whole.len() / 2);
        fs::write(&file, [stream(one), stream(other)].concat()).unwrap();
        assert!(read_archive(&file, format, |_| false).is_err(), "{format:?}");
    }
    fs::remove_dir_all(folder).unwrap();
}
