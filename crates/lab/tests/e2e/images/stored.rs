//! What a registry has of a release: asked by skopeo, and looked up on its own disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lab::{Client, command, try_run};

use super::registry::LOGIN;
use super::stdout;
use crate::said::names_in;

/// A repository of a registry that [`super::registry::serve_known`] started.
pub struct Stored<'a> {
    /// The registry's folder.
    pub folder: &'a Path,
    /// Its port.
    pub port: u16,
    /// The repository's name.
    pub name: &'a str,
    /// For how many platforms the image is.
    pub platforms: usize,
}

impl Stored<'_> {
    /// What differs from the image in a release directory, of version 1.2.3, being there once: all of it comes back, and every tag leads to it.
    pub fn wrong(&self, skopeo: &Client, release: &Path) -> Vec<String> {
        let pulled = release.with_file_name("pulled");
        let _ = fs::remove_dir_all(&pulled);
        let mut pull = skopeo.command();
        pull.args(["copy", "--quiet", "--all", "--preserve-digests", "--src-tls-verify=false"]);
        pull.args(["--src-creds", LOGIN[0], &format!("docker://127.0.0.1:{}/{}:1.2.3", self.port, self.name)]);
        if let Err(failure) = try_run(pull.arg(format!("oci:{}:1.2.3", pulled.display()))) {
            return vec![failure.to_string()];
        }
        let mut wrong = Vec::new();
        let file = release.join("hello-v1.2.3.oci.tar");
        let wanted = stdout(command("tar").arg("--list").arg("--file").arg(file));
        let wanted =
            wanted.lines().filter_map(|path| path.strip_prefix("blobs/sha256/")).filter(|blob| !blob.is_empty());
        let blobs = names_in(&pulled.join("blobs/sha256"));
        wrong.extend(
            wanted.filter(|blob| !blobs.contains(&(*blob).to_owned())).map(|blob| format!("{blob} is not there")),
        );
        let tags = self.tags();
        let index = tags.get("latest").cloned().unwrap_or_default();
        if tags.keys().collect::<Vec<_>>() != ["1", "1.2", "1.2.3", "latest"] || tags.values().any(|tag| *tag != index)
        {
            wrong.push(format!("the tags are {tags:?}"));
        }
        let revisions = names_in(&self.manifests("revisions/sha256"));
        if revisions.len() != 1 + self.platforms || !revisions.iter().any(|digest| index.ends_with(digest)) {
            wrong.push(format!("{revisions:?} are not an index and its {} images", self.platforms));
        }
        wrong
    }

    /// The digests behind the tags.
    fn tags(&self) -> BTreeMap<String, String> {
        let link = |tag: &str| fs::read_to_string(self.manifests("tags").join(tag).join("current/link"));
        let tags = names_in(&self.manifests("tags")).into_iter();
        tags.map(|tag| (link(&tag).unwrap_or_default(), tag)).map(|(digest, tag)| (tag, digest)).collect()
    }

    fn manifests(&self, what: &str) -> PathBuf {
        self.folder.join("data/docker/registry/v2/repositories").join(self.name).join("_manifests").join(what)
    }
}
