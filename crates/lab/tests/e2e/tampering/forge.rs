//! A finished release to be altered, and the means to make everything fit again but one thing.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::sync::OnceLock;

use lab::fixture::MAIN;
use lab::xtask::dist;
use lab::{Fixture, Scratch, run, scratch};
use serde_json::Value;
use xtask_dist::hash::sha256;
use xtask_dist::layout::files_below;
use xtask_dist::targets::ArchiveFormat;

use crate::said::{Said, format_of, package, releases, run_in};

/// A copy of a release of two packages: `hello` in a tar.gz, `other` in a zip.
pub struct Copy {
    folder: Scratch,
}

/// An entry of an archive, to be forged.
#[derive(Clone)]
pub struct Entry {
    pub path: String,
    pub mode: u32,
    pub content: Vec<u8>,
}

type Files = Vec<(String, Vec<u8>)>;

/// The release, built once; its files are kept in memory, so that no folder outlives the tests.
fn built() -> &'static Files {
    static BUILT: OnceLock<Files> = OnceLock::new();
    BUILT.get_or_init(|| {
        let lines = "description = \"x\"\nlicense = \"MIT\"\nrepository = \"https://github.com/acme/hello\"";
        let project = Fixture::of(&[
            ("Cargo.toml", "[workspace]\nmembers = [\"hello\", \"other\"]\nresolver = \"2\"\n"),
            ("hello/Cargo.toml", &package("hello", "1.2.3", lines)),
            ("hello/src/main.rs", MAIN),
            ("other/Cargo.toml", &package("other", "1.2.3", lines)),
            ("other/src/main.rs", MAIN),
            ("README.md", "# both"),
            ("packaging/dist.toml", "[package.other.channel.archive]\nformat = \"zip\"\n"),
        ]);
        // What else is made of the archives has tests of its own.
        run(&mut dist(&project, ["archive", "binstall", "homebrew"].iter().flat_map(|id| ["--channel", id])));
        let folder = releases(&project).join("v1.2.3");
        let files = files_below(&folder).unwrap();
        files.into_iter().map(|file| (file.clone(), fs::read(folder.join(file)).unwrap())).collect()
    })
}

impl Copy {
    pub fn new() -> Self {
        let folder = scratch("tampering");
        for (path, content) in built() {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The asset whose name ends so.
    pub fn asset(&self, suffix: &str) -> String {
        let manifest = self.manifest();
        let mut names = manifest["assets"].as_array().unwrap().iter().map(|asset| asset["name"].as_str().unwrap());
        names.find(|name| name.ends_with(suffix)).unwrap().to_owned()
    }

    pub fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.folder.join(path)).unwrap()
    }

    pub fn text(&self, path: &str) -> String {
        String::from_utf8(self.read(path)).unwrap()
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder.join(path), content).unwrap();
    }

    /// Replaces a word that must be there.
    pub fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "{from} is not in {path}");
        self.write(path, text.replace(from, to));
    }

    pub fn manifest(&self) -> Value {
        serde_json::from_str(&self.text("dist-manifest.json")).unwrap()
    }

    pub fn change_manifest(&self, change: impl FnOnce(&mut Value)) {
        let mut manifest = self.manifest();
        change(&mut manifest);
        self.write("dist-manifest.json", serde_json::to_string_pretty(&manifest).unwrap() + "\n");
    }

    /// What the tool says of it.
    pub fn verify(&self) -> Said {
        run_in(&self.folder, &["verify", "."])
    }

    /// `verify` finds something: on this file, with these words and a remedy.
    #[track_caller]
    pub fn is_found(&self, file: &str, what: &str) {
        let said = self.verify().ends(1, &[&format!("error: v1.2.3: {file}: {what}"), "\n  help: "]);
        assert!(said.stdout.contains(" finding"), "{}", said.stdout);
    }

    /// Makes every size and digest fit the files again, and the formulae the archives, as a forger would.
    pub fn make_consistent(&self) {
        let mut digests = Vec::new();
        self.change_manifest(|manifest| {
            for asset in manifest["assets"].as_array_mut().unwrap() {
                let content = self.read(asset["name"].as_str().unwrap());
                digests.push((asset["sha256"].as_str().unwrap().to_owned(), sha256(&content)));
                asset["size"] = content.len().into();
            }
        });
        // A digest is one word wherever it stands: in claims, formulae and checksum files.
        for path in files_below(&self.folder).unwrap().iter().filter(|path| !is_archive(path)) {
            let text = digests.iter().fold(self.text(path), |text, (old, new)| text.replace(old, new));
            self.write(path, text);
        }
        self.change_manifest(|manifest| {
            for output in manifest["outputs"].as_array_mut().unwrap() {
                let content = self.read(output["path"].as_str().unwrap());
                output["size"] = content.len().into();
                output["sha256"] = sha256(&content).into();
            }
        });
        let listed = files_below(&self.folder).unwrap().into_iter();
        let listed = listed.filter(|path| is_archive(path) || path == "dist-manifest.json");
        let line = |path: String| format!("{}  {path}\n", sha256(&self.read(&path)));
        self.write("SHA256SUMS", listed.map(line).collect::<String>());
    }

    /// Replaces an archive by one with other entries, and makes everything else fit.
    pub fn forge(&self, asset: &str, change: impl FnOnce(&mut Vec<Entry>)) {
        let content = self.read(asset);
        if format_of(asset) == Some(ArchiveFormat::Zip) {
            let mut entries = unzip(content);
            change(&mut entries);
            self.write(asset, zipped(&entries));
        } else {
            let mut entries = untar(&content);
            change(&mut entries);
            self.write(asset, tarred(&entries));
        }
        self.make_consistent();
    }
}

fn is_archive(path: &str) -> bool {
    format_of(path).is_some()
}

fn untar(content: &[u8]) -> Vec<Entry> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(content));
    let entry = |entry: std::io::Result<tar::Entry<'_, _>>| {
        let mut entry = entry.unwrap();
        let (path, mode) = (entry.path().unwrap().to_str().unwrap().to_owned(), entry.header().mode().unwrap());
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        Entry { path, mode, content }
    };
    archive.entries().unwrap().map(entry).collect()
}

fn tarred(entries: &[Entry]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mode(entry.mode);
        header.set_size(entry.content.len() as u64);
        archive.append_data(&mut header, &entry.path, &*entry.content).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

fn unzip(content: Vec<u8>) -> Vec<Entry> {
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).unwrap();
    let count = archive.len();
    let entry = |index| {
        let mut entry = archive.by_index(index).unwrap();
        let (path, mode) = (entry.name().unwrap().into_owned(), entry.unix_mode().unwrap() & 0o7777);
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        Entry { path, mode, content }
    };
    (0..count).map(entry).collect()
}

/// A zip file. Its writer refuses two entries of one name, so that the second is named otherwise first, as long.
fn zipped(entries: &[Entry]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut renamed = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let mut path = entry.path.clone();
        if entries[..index].iter().any(|other| other.path == path) {
            path = format!("{}\u{1}", &path[..path.len() - 1]);
            renamed.push((path.clone(), entry.path.clone()));
        }
        let options = zip::write::SimpleFileOptions::default().unix_permissions(entry.mode);
        archive.start_file(path, options).unwrap();
        archive.write_all(&entry.content).unwrap();
    }
    let mut bytes = archive.finish().unwrap().into_inner();
    for (from, to) in renamed {
        while let Some(at) = bytes.windows(from.len()).position(|window| window == from.as_bytes()) {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
    }
    bytes
}
