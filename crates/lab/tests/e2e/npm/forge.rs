//! A finished release whose packages are altered, and everything that says something of them made to fit.

use std::fs;
use std::io::Read;

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use lab::{Scratch, copy_dir, scratch};
use serde_json::Value;
use xtask_dist::hash::{integrity, sha256};

use super::release;
use crate::said::{Said, run_in};

/// The time stamp that npm gives to every file, in seconds since 1970.
const EPOCH: u64 = 499_162_500;

/// A copy of the release.
pub struct Forged {
    pub folder: Scratch,
}

/// A file of a package.
#[derive(Clone)]
pub struct File {
    pub path: String,
    pub mode: u32,
    pub mtime: u64,
    pub bytes: Vec<u8>,
}

impl File {
    pub fn new(path: &str, mode: u32, bytes: &[u8]) -> Self {
        Self { path: format!("package/{path}"), mode, mtime: EPOCH, bytes: bytes.to_vec() }
    }
}

impl Forged {
    pub fn new() -> Self {
        let folder = scratch("forged-npm");
        copy_dir(release(), &*folder).unwrap();
        Self { folder }
    }

    /// Changes the files of a package (`hello-linux-x64-gnu`).
    pub fn change(&self, package: &str, change: impl FnOnce(&mut Vec<File>)) {
        let file = self.folder.join(format!("npm/acme-{package}-1.2.3.tgz"));
        let old = fs::read(&file).unwrap();
        let mut archive = tar::Archive::new(GzDecoder::new(&*old));
        let read = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            let header = entry.header();
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            File { path, mode: header.mode().unwrap(), mtime: header.mtime().unwrap(), bytes }
        });
        let mut files: Vec<File> = read.collect();
        change(&mut files);
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for file in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(file.bytes.len() as u64);
            header.set_mode(file.mode);
            header.set_mtime(file.mtime);
            tar.append_data(&mut header, &file.path, &*file.bytes).unwrap();
        }
        let new = tar.into_inner().unwrap().finish().unwrap();
        fs::write(&file, &new).unwrap();
        self.says(&old, &new);
    }

    /// Changes package.json of a package.
    pub fn change_json(&self, package: &str, change: impl FnOnce(&mut Value)) {
        self.change(package, |files| {
            let file = files.iter_mut().find(|file| file.path == "package/package.json").unwrap();
            let mut json = serde_json::from_slice(&file.bytes).unwrap();
            change(&mut json);
            file.bytes = serde_json::to_vec_pretty(&json).unwrap();
        });
    }

    /// Has the manifest and the checksums say what a file is now.
    fn says(&self, old: &[u8], new: &[u8]) {
        let replace = |file: &str, from: &str, to: &str| {
            let file = self.folder.join(file);
            let text = fs::read_to_string(&file).unwrap();
            assert!(text.contains(from), "{from} is not in {}", file.display());
            fs::write(&file, text.replace(from, to)).unwrap();
        };
        let manifest = || sha256(&fs::read(self.folder.join("dist-manifest.json")).unwrap());
        let before = manifest();
        let said = |bytes: &[u8]| {
            let (size, sha256, integrity) = (bytes.len(), sha256(bytes), integrity(bytes));
            format!("\"size\": {size},\n      \"sha256\": \"{sha256}\",\n      \"integrity\": \"{integrity}\"")
        };
        replace("dist-manifest.json", &said(old), &said(new));
        replace("SHA256SUMS", &before, &manifest());
    }

    pub fn verify(&self) -> Said {
        run_in(&self.folder, &["verify", "."])
    }

    /// `verify` finds this in a package's file.
    #[track_caller]
    pub fn is_found(&self, package: &str, what: &str) {
        let error = format!("error: v1.2.3: npm/acme-{package}-1.2.3.tgz: {what}");
        self.verify().ends(1, &[&error, "\n  help: "]);
    }
}
