//! Container registries, by whichever client is there. Each finds the user's credentials in its own store.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde_json::Value;
use xshell::Cmd;

use crate::hash::sha256;
use crate::report::{Error, Result};
use crate::run::{Runner, on_path};

/// The clients, the first that is there being used.
pub const CLIENTS: &[&str] = &["skopeo", "crane", "docker"];

/// A repository of a registry, seen through a client.
#[derive(Debug)]
pub struct Repository<'a> {
    runner: &'a Runner,
    client: Client,
    /// What it is called: `ghcr.io/owner/name`.
    name: &'a str,
    insecure: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Client {
    Skopeo,
    Crane,
    Docker,
}

/// An image in a file, as `dist` writes it.
#[derive(Debug, Clone, Copy)]
pub struct ImageFile<'a> {
    /// The file: an OCI layout in a tar file.
    pub path: &'a Path,
    /// The image's tag in it.
    pub tag: &'a str,
    /// `sha256:…` of its index.
    pub digest: &'a str,
}

impl<'a> Repository<'a> {
    /// The repository `name`; where it is `insecure`, without TLS.
    ///
    /// # Errors
    /// No client, or a Docker that lacks what that takes.
    pub fn new(runner: &'a Runner, name: &'a str, insecure: bool) -> Result<Self> {
        let clients = [Client::Skopeo, Client::Crane, Client::Docker].into_iter().zip(CLIENTS);
        let found = clients.into_iter().find(|(_, program)| on_path(program).is_some());
        let (client, _) = found.ok_or_else(|| Error::new(format!("{} is not on PATH", CLIENTS.join(" or "))))?;
        let repository = Self { runner, client, name, insecure };
        if client == Client::Docker && repository.docker(&["buildx", "version"]).ignore_stderr().read().is_err() {
            return Err(Error::new("this docker cannot look into registries: it has no buildx")
                .help("install its plugin (docker-buildx), or skopeo, or crane"));
        }
        Ok(repository)
    }

    /// The manifest or index behind a tag, or behind a digest (`sha256:…`): its very bytes; none if it is not there.
    ///
    /// # Errors
    /// A registry that does not answer, in the client's words.
    pub fn manifest(&self, reference: &str) -> Result<Option<Vec<u8>>> {
        let name = self.reference(reference);
        let command = match self.client {
            Client::Skopeo => {
                self.skopeo(&["inspect", "--raw"], &["--tls-verify=false"]).arg(format!("docker://{name}"))
            }
            Client::Crane => self.crane(&["manifest"]).arg(&name),
            Client::Docker => self.docker(&["buildx", "imagetools", "inspect", "--raw"]).arg(&name),
        };
        let said = format!("{} cannot ask for {name}", self.program());
        let output = command.ignore_status().output().map_err(|error| Error::new(&said).because(error))?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            Ok(Some(output.stdout))
        } else if is_absence(&stderr) {
            Ok(None)
        } else {
            Err(self.help(Error::new(said).because(last_lines(&stderr))))
        }
    }

    /// Brings an image there, without a tag. Folders that it takes for that are made below `work`.
    ///
    /// # Errors
    /// A registry that refuses it, in the client's words.
    pub fn upload(&self, image: ImageFile<'_>, work: &Path) -> Result<()> {
        let ImageFile { path, tag, digest } = image;
        let to = self.reference(digest);
        match self.client {
            Client::Skopeo => {
                let from = format!("oci-archive:{}:{tag}", path.display());
                let insecure = ["--dest-tls-verify=false"];
                self.run(
                    self.skopeo(&["copy", "--all", "--preserve-digests"], &insecure)
                        .args([from, format!("docker://{to}")]),
                )
            }
            Client::Crane => {
                let layout = layout_of_one(image, work)?;
                self.run(self.crane(&["push"]).arg(layout).arg(to))
            }
            Client::Docker => {
                self.run(self.docker(&["load", "--quiet", "--input"]).arg(path))?;
                // Docker has no name for an image without a tag, so that the upload comes with the first.
                let loaded = self.docker(&["image", "inspect", "--format", "{{.Id}}"]).arg(self.reference(tag));
                let loaded = loaded.ignore_stderr().read().unwrap_or_default();
                if loaded.trim() == digest {
                    return Ok(());
                }
                Err(Error::new("this Docker cannot push an image for several platforms")
                    .because("its store keeps single images; the containerd image store keeps indexes")
                    .help("install skopeo or crane, or see https://docs.docker.com/engine/storage/containerd/"))
            }
        }
    }

    /// Gives the image with this digest a tag, which it takes from another.
    ///
    /// # Errors
    /// A registry that refuses it, in the client's words.
    pub fn tag(&self, digest: &str, tag: &str) -> Result<()> {
        let (from, to) = (self.reference(digest), self.reference(tag));
        match self.client {
            Client::Skopeo => {
                let insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
                let command = self.skopeo(&["copy", "--all", "--preserve-digests"], &insecure);
                self.run(command.args([format!("docker://{from}"), format!("docker://{to}")]))
            }
            Client::Crane => self.run(self.crane(&["tag"]).arg(from).arg(tag)),
            Client::Docker if self.manifest(digest)?.is_none() => self.run(self.docker(&["push", "--quiet"]).arg(to)),
            Client::Docker => self.run(self.docker(&["buildx", "imagetools", "create", "--tag"]).arg(to).arg(from)),
        }
    }

    /// A tag or a digest of it.
    fn reference(&self, reference: &str) -> String {
        let separator = if reference.contains(':') { '@' } else { ':' };
        format!("{}{separator}{reference}", self.name)
    }

    fn program(&self) -> &'static str {
        CLIENTS[self.client as usize]
    }

    fn skopeo(&self, words: &[&str], insecure: &[&str]) -> Cmd<'_> {
        self.runner.command("skopeo").args(words).args(insecure.iter().filter(|_| self.insecure))
    }

    fn crane(&self, words: &[&str]) -> Cmd<'_> {
        self.runner.command("crane").args(self.insecure.then_some("--insecure")).args(words)
    }

    /// Which registries it speaks to without TLS is told to the engine.
    fn docker(&self, words: &[&str]) -> Cmd<'_> {
        self.runner.command("docker").args(words)
    }

    fn run(&self, command: Cmd<'_>) -> Result<()> {
        let said = format!("`{command}` failed");
        let output = command.ignore_status().output().map_err(|error| Error::new(&said).because(error))?;
        if output.status.success() {
            return Ok(());
        }
        Err(self.help(Error::new(said).because(last_lines(&String::from_utf8_lossy(&output.stderr)))))
    }

    fn help(&self, error: Error) -> Error {
        let registry = self.name.split('/').next().unwrap_or_default();
        let login = match self.client {
            Client::Skopeo => "skopeo login",
            Client::Crane => "crane auth login",
            Client::Docker => "docker login",
        };
        error.help(format!("if it wants to know who you are: {login} {registry}"))
    }
}

/// The layout in a folder below `work`, its index having nothing but the image: of several, crane takes none.
fn layout_of_one(image: ImageFile<'_>, work: &Path) -> Result<PathBuf> {
    let folder = work.join(image.digest.replace(':', "-"));
    let failed = |error: io::Error| Error::new(format!("cannot unpack {}", image.path.display())).because(error);
    let file = File::open(image.path).map_err(failed)?;
    tar::Archive::new(BufReader::new(file)).unpack(&folder).map_err(failed)?;
    let file = folder.join("index.json");
    let index = std::fs::read(&file).map_err(failed)?;
    let mut index: Value = serde_json::from_slice(&index).map_err(|error| failed(error.into()))?;
    if let Some(images) = index.get_mut("manifests").and_then(Value::as_array_mut) {
        images.retain(|entry| entry["digest"] == image.digest);
    }
    std::fs::write(&file, index.to_string()).map_err(failed)?;
    Ok(folder)
}

/// Whether the client says that there is no such image. A registry that would make the repository at the first push
/// says of one that there is not yet that nobody may look at it; who may not push is told so by the push.
fn is_absence(stderr: &str) -> bool {
    let said = stderr.to_lowercase();
    let words = ["manifest unknown", "manifest_unknown", "name unknown", "name_unknown", "denied", "unauthorized"];
    words.iter().any(|word| said.contains(word)) || said.lines().any(|line| line.trim_end().ends_with(": not found"))
}

fn last_lines(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}

/// `sha256:…` of a manifest's bytes.
pub fn digest_of(manifest: &[u8]) -> String {
    format!("sha256:{}", sha256(manifest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_yet_is_no_failure() {
        for absent in [
            "level=fatal msg=\"reading manifest none in 127.0.0.1:5/a: manifest unknown: manifest unknown\"",
            "ERROR: 127.0.0.1:5/acme/none:1: not found\n",
            "Error: GET https://h/v2/a/manifests/1: NAME_UNKNOWN: repository name not known to registry",
            "requested access to the resource is denied",
        ] {
            assert!(is_absence(absent), "{absent}");
        }
        for failure in [
            "pinging container registry 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused",
            "exec: \"docker-credential-x\": executable file not found in $PATH",
            "lookup ghcr.io: no such host",
        ] {
            assert!(!is_absence(failure), "{failure}");
        }
    }

    #[test]
    fn only_the_last_words_are_shown() {
        assert_eq!(last_lines("1\n2\n\n3\n4\n5\n6\n"), "2\n3\n4\n5\n6");
    }
}
