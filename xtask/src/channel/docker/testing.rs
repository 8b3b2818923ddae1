//! An image of real bytes in memory, and a forger who makes everything fit again but one thing.

use std::collections::BTreeMap;

use super::image::Image;
use super::{Base, ID, Settings, recipe};
use crate::canon::testing as programs;
use crate::channel::{settings_to_plan, testing};
use crate::hash::sha256;
use crate::inspect::executable;
use crate::manifest::{Manifest, Output};
use crate::pack::{Contents, Source, Tar};
use crate::report::Finding;

/// Where the image of [`release`] is.
pub const FILE: &str = "tally-v1.2.3.oci.tar";

/// What holds where nothing is set.
pub fn settings() -> Settings {
    Settings::default()
}

/// The settings of an image on a base.
pub fn with_base(layout: Option<&str>) -> Settings {
    let image = format!("example.org/base@sha256:{}", "0".repeat(64));
    Settings { base: Some(Base { image, layout: layout.map(str::to_owned) }), ..settings() }
}

/// A release with these settings whose programs are [`program`]s, and their bytes.
pub fn release(settings: &Settings) -> (Manifest, Contents) {
    let mut release = testing::release();
    let mut contents = Contents::new();
    for asset in release.assets.iter_mut().filter(|asset| asset.target.oci().is_some()) {
        let arch = asset.target.arch().to_owned();
        for entry in asset.entries.iter_mut().filter(|entry| entry.executable.is_some()) {
            let bytes = program(&arch, &entry.path);
            (entry.size, entry.sha256, entry.executable) = (bytes.len() as u64, sha256(&bytes), executable(&bytes));
            contents.insert(entry.sha256.clone(), bytes);
        }
    }
    let package = &mut release.plan.packages[0];
    let channel = package.channels.iter_mut().find(|channel| channel.id == ID).unwrap();
    channel.settings = settings_to_plan(settings);
    release.outputs = vec![Output {
        path: FILE.to_owned(),
        channel: ID.to_owned(),
        package: "tally".to_owned(),
        size: 0,
        sha256: String::new(),
        integrity: None,
        claims: Vec::new(),
    }];
    (release, contents)
}

/// A static program for the processor; no two are the same.
pub fn program(arch: &str, name: &str) -> Vec<u8> {
    let mut bytes = programs::elf(if arch == "aarch64" { 183 } else { 62 });
    bytes.extend(name.as_bytes());
    bytes
}

/// The files of a release's image, as they stand in its tar file.
pub struct Forged {
    pub release: Manifest,
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Forged {
    /// An image that nobody touched.
    pub fn new() -> Self {
        let (release, contents) = release(&settings());
        let image = recipe::image(&release, &release.plan.packages[0], &settings()).unwrap();
        let files = files_of(&image, &contents);
        Self { release, files }
    }

    /// Its tar file.
    pub fn tar(&self) -> Vec<u8> {
        let mut tar = Tar::default();
        for (path, bytes) in &self.files {
            tar.add(path, 0o644, Source::Inline(bytes.clone()));
        }
        tar.write(Vec::new(), 0, &Contents::new()).unwrap()
    }

    /// What `verify` says of it.
    pub fn findings(&self) -> Vec<String> {
        self.findings_on(self.tar())
    }

    /// The same, of these bytes.
    pub fn findings_on(&self, tar: Vec<u8>) -> Vec<String> {
        let findings: Vec<Finding> = super::verify::verify(&self.release, &testing::OneFile(tar));
        assert!(findings.iter().all(|finding| finding.file == FILE), "{findings:#?}");
        findings.into_iter().map(|finding| finding.what).collect()
    }

    /// The path of the blob, and its text, that has all of `words`.
    pub fn blob_with(&self, words: &[&str]) -> (String, String) {
        let texts = self.files.iter().filter_map(|(path, bytes)| Some((path, std::str::from_utf8(bytes).ok()?)));
        let mut found =
            texts.filter(|(path, text)| path.starts_with("blobs/") && words.iter().all(|word| text.contains(word)));
        let (path, text) = found.next().unwrap();
        (path.clone(), text.to_owned())
    }

    /// Replaces a blob, and every digest and size that stands for it, up to the index.
    pub fn replace(&mut self, path: &str, bytes: &[u8]) -> String {
        let old = self.files.remove(path).unwrap();
        let said = |bytes: &[u8]| format!("\"digest\":\"sha256:{}\",\"size\":{}", sha256(bytes), bytes.len());
        let path_of = |bytes: &[u8]| format!("blobs/sha256/{}", sha256(bytes));
        let (before, after) = ([said(&old), path_of(&old)], [said(bytes), path_of(bytes)]);
        self.files.insert(after[1].clone(), bytes.to_vec());
        let documents: Vec<String> = self.files.keys().cloned().collect();
        for document in documents {
            let Some(text) = self.files.get(&document).and_then(|bytes| String::from_utf8(bytes.clone()).ok()) else {
                continue;
            };
            let changed = text.replace(&before[0], &after[0]).replace(&before[1], &after[1]);
            if changed == text {
            } else if document.starts_with("blobs/") {
                self.replace(&document, changed.as_bytes());
            } else {
                self.files.insert(document, changed.into_bytes());
            }
        }
        after[1].clone()
    }
}

fn files_of(image: &Image, contents: &Contents) -> BTreeMap<String, Vec<u8>> {
    let packed = image.tars().iter().map(|tar| tar.gzipped(image.epoch, contents).unwrap()).collect();
    let layout = image.layout(packed, &BTreeMap::new()).unwrap();
    let files = layout.items.into_iter().filter_map(|item| match item.source {
        Source::Inline(bytes) => Some((item.path, bytes)),
        _ => None,
    });
    files.collect()
}
