//! What a registry keeps of a release, on its own disk.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use xtask_dist::layout::files_below;
use xtask_dist::names::npm_file;

use super::verdaccio::Verdaccio;

/// The packages of `hello` for one platform, in the order in which they are published.
const PACKAGES: [&str; 2] = ["hello-linux-x64-musl", "hello"];

/// The packages of a scope.
pub struct Stored {
    folder: PathBuf,
    scope: String,
}

impl Stored {
    /// What a registry has of a scope (`@acme`).
    pub fn of(registry: &Verdaccio, scope: &str) -> Self {
        Self { folder: registry.folder.join("storage").join(scope), scope: scope.to_owned() }
    }

    /// The main package without the one that it needs.
    pub fn violations(&self) -> Vec<String> {
        let is_there = |package: &str| !self.tarballs(package).is_empty() && !self.versions(package).is_empty();
        let is_alone = is_there(PACKAGES[1]) && !is_there(PACKAGES[0]);
        is_alone.then(|| format!("{} is there without {}", PACKAGES[1], PACKAGES[0])).into_iter().collect()
    }

    /// What differs from the packages in a release directory, of version 1.2.3, being there once.
    pub fn wrong(&self, release: &Path) -> Vec<String> {
        let mut wrong = Vec::new();
        for package in PACKAGES {
            let name = format!("{}/{package}", self.scope);
            let file = fs::read(release.join("npm").join(npm_file(&name, "1.2.3"))).unwrap();
            let (tarballs, versions) = (self.tarballs(package), self.versions(package));
            if tarballs != [file] {
                wrong.push(format!("{name} has {} files, or another", tarballs.len()));
            }
            let tags = &self.about(package)["dist-tags"];
            if versions != ["1.2.3"] || *tags != json!({ "latest": "1.2.3" }) {
                wrong.push(format!("{name} has {versions:?} and {tags}"));
            }
        }
        wrong
    }

    fn tarballs(&self, package: &str) -> Vec<Vec<u8>> {
        let folder = self.folder.join(package);
        let files = files_below(&folder).unwrap_or_default();
        files.iter().filter(|file| file.ends_with(".tgz")).map(|file| fs::read(folder.join(file)).unwrap()).collect()
    }

    fn about(&self, package: &str) -> Value {
        let text = fs::read_to_string(self.folder.join(package).join("package.json")).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn versions(&self, package: &str) -> Vec<String> {
        let about = self.about(package);
        about["versions"].as_object().into_iter().flatten().map(|(version, _)| version.clone()).collect()
    }
}
