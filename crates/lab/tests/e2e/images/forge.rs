//! A finished release whose image is altered, and everything that says something of it made to fit.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use lab::{Scratch, copy_dir, scratch};
use serde_json::Value;
use xtask_dist::hash::sha256;

use super::{image, release};
use crate::said::{Said, run_in};

/// A copy of the release, and the files in its image.
pub struct Forged {
    folder: Scratch,
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Forged {
    pub fn new() -> Self {
        let folder = scratch("forged");
        copy_dir(release(), &*folder).unwrap();
        let mut tar = tar::Archive::new(fs::File::open(image()).unwrap());
        let entries = tar.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let (path, mut bytes) = (entry.path().unwrap().to_str().unwrap().to_owned(), Vec::new());
            entry.read_to_end(&mut bytes).unwrap();
            (path, bytes)
        });
        let files = entries.filter(|(path, _)| !path.ends_with('/')).collect();
        Self { folder, files }
    }

    /// The blob that `digest` (`sha256:…`) points at.
    pub fn blob(&self, digest: &Value) -> &[u8] {
        &self.files[&path_of(digest.as_str().unwrap())]
    }

    /// A document of the image.
    pub fn json(&self, digest: &Value) -> Value {
        serde_json::from_slice(self.blob(digest)).unwrap()
    }

    /// The manifest of a platform.
    pub fn manifest(&self, arch: &str) -> Value {
        let index: Value = serde_json::from_slice(&self.files["index.json"]).unwrap();
        let index = self.json(&index["manifests"][0]["digest"]);
        let manifests = index["manifests"].as_array().unwrap();
        let of_arch = manifests.iter().find(|entry| entry["platform"]["architecture"] == arch).unwrap();
        self.json(&of_arch["digest"])
    }

    /// Puts other bytes in the place of a blob; every digest and size that stands for it follows, up to the index.
    pub fn replace(&mut self, digest: &Value, bytes: &[u8]) {
        let old = self.files.remove(&path_of(digest.as_str().unwrap())).unwrap();
        let said = |bytes: &[u8]| format!("\"digest\":\"sha256:{}\",\"size\":{}", sha256(bytes), bytes.len());
        let path = |bytes: &[u8]| path_of(&format!("sha256:{}", sha256(bytes)));
        self.files.insert(path(bytes), bytes.to_vec());
        for document in self.files.keys().cloned().collect::<Vec<_>>() {
            let Some(text) = self.files.get(&document).and_then(|bytes| String::from_utf8(bytes.clone()).ok()) else {
                continue;
            };
            let changed = text.replace(&said(&old), &said(bytes)).replace(&path(&old), &path(bytes));
            if changed != text && document.starts_with("blobs/") {
                self.replace(&Value::from(document[6..].replace('/', ":")), changed.as_bytes());
            } else {
                self.files.insert(document, changed.into_bytes());
            }
        }
    }

    /// Writes the image, and its size and digest wherever they stand, and has the release verified.
    pub fn verify(&self) -> Said {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in &self.files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, &**bytes).unwrap();
        }
        let tar = tar.into_inner().unwrap();
        let old = fs::read(image()).unwrap();
        fs::write(self.folder.join("hello-v1.2.3.oci.tar"), &tar).unwrap();
        for file in ["dist-manifest.json", "hello-v1.2.3.oci.tar.sha256", "SHA256SUMS"] {
            let text = fs::read_to_string(release().join(file)).unwrap();
            let text = text.replace(&sha256(&old), &sha256(&tar));
            let size = |bytes: &[u8]| format!("\"size\": {},", bytes.len());
            let manifest = sha256(&fs::read(release().join("dist-manifest.json")).unwrap());
            let forged = sha256(&fs::read(self.folder.join("dist-manifest.json")).unwrap());
            let text = text.replace(&size(&old), &size(&tar)).replace(&manifest, &forged);
            fs::write(self.folder.join(file), text).unwrap();
        }
        run_in(&self.folder, &["verify", "."])
    }

    /// `verify` finds this.
    #[track_caller]
    pub fn is_found(&self, what: &str) {
        self.verify().ends(1, &[&format!("error: v1.2.3: hello-v1.2.3.oci.tar: {what}"), "\n  help: make the release"]);
    }
}

fn path_of(digest: &str) -> String {
    format!("blobs/{}", digest.replace(':', "/"))
}
