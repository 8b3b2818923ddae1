//! Publishing to a registry on loopback: what arrives, what moves, and what stays.

use std::fs;
use std::net::TcpStream;
use std::path::Path;

use lab::{Client, Daemon, Fixture, Scratch, client, daemon, run, scratch};
use xtask_dist::hash::sha256;

use super::engine::Engine;
use super::{PROBED, project, stdout, tool};
use crate::said::{Said, said};

/// A registry, and a project that publishes to it.
struct Bench {
    skopeo: Client,
    project: Fixture,
    name: String,
    _registry: Daemon,
    _folder: Scratch,
}

/// Who may ask a registry that [`serve_known`] started, and the same as clients send it.
pub const LOGIN: [&str; 2] = ["acme:secret-of-the-images", "YWNtZTpzZWNyZXQtb2YtdGhlLWltYWdlcw=="];
/// The same as the registry knows it: by bcrypt.
const KNOWN: &str = "acme:$2y$05$abcdefghijklmnopqrstuuHKdYEMUbU4VHK3zsAqa37ubwrnDaMOi\n";

/// An empty registry on a port of its own that keeps its images in `folder`; `None` after reporting that `purpose` was not
/// tested.
pub fn serve(folder: &Path, purpose: &str) -> Option<(Daemon, u16)> {
    serve_to(folder, "", purpose)
}

/// The same, which lets in nobody but [`LOGIN`].
pub fn serve_known(folder: &Path, purpose: &str) -> Option<(Daemon, u16)> {
    fs::write(folder.join("htpasswd"), KNOWN).unwrap();
    let file = folder.join("htpasswd").display().to_string();
    serve_to(folder, &format!("auth: {{ htpasswd: {{ realm: images, path: '{file}' }} }}\n"), purpose)
}

/// What clients keep of [`LOGIN`], for a registry on this port.
pub fn login_at(port: u16) -> String {
    serde_json::json!({ "auths": { format!("127.0.0.1:{port}"): { "auth": LOGIN[1] } } }).to_string()
}

fn serve_to(folder: &Path, auth: &str, purpose: &str) -> Option<(Daemon, u16)> {
    let (registry, port) = (client("docker-registry", purpose)?, daemon::free_port());
    let config = folder.join("config.yml");
    let text = format!(
        "version: 0.1\nstorage: {{ filesystem: {{ rootdirectory: '{}' }} }}\nhttp: {{ addr: '127.0.0.1:{port}' }}\n{auth}",
        folder.join("data").display()
    );
    fs::write(&config, text).unwrap();
    let mut server = registry.command();
    server.arg("serve").arg(config);
    let is_ready = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    Some((Daemon::start(&mut server, &folder.join("log"), is_ready), port))
}

impl Bench {
    fn new(purpose: &str) -> Option<Self> {
        let (folder, skopeo) = (scratch("registry"), client("skopeo", purpose)?);
        let (registry, port) = serve(&folder, purpose)?;
        let name = format!("127.0.0.1:{port}/acme/hello");
        let project = project(&format!("image = \"{name}\"\ninsecure = true"));
        Some(Self { skopeo, project, name, _registry: registry, _folder: folder })
    }

    /// Makes the release of a version, and gives the digest of its index.
    fn release(&self, version: &str) -> String {
        let manifest = fs::read_to_string(self.project.join("Cargo.toml")).unwrap();
        let line = manifest.lines().find(|line| line.starts_with("version")).unwrap();
        self.project.write("Cargo.toml", &manifest.replace(line, &format!("version = \"{version}\"")));
        self.project.lock();
        run(&mut tool(&self.project, &[]));
        let image = self.folder(version).join(format!("hello-v{version}.oci.tar"));
        let from = format!("oci-archive:{}:{version}", image.display());
        format!("sha256:{}", sha256(&run(self.skopeo.command().args(["inspect", "--raw", &from])).stdout))
    }

    fn folder(&self, version: &str) -> std::path::PathBuf {
        self.project.join(format!("target/releases/v{version}"))
    }

    fn publish(&self, version: &str, args: &[&str]) -> Said {
        let folder = self.folder(version).display().to_string();
        said(&mut tool(&self.project, &[&["publish", "--channel", "docker", &folder], args].concat()))
    }

    /// The digest behind a tag; none if it is not there.
    fn digest(&self, tag: &str) -> Option<String> {
        let name = format!("docker://{}:{tag}", self.name);
        let raw = lab::try_run(self.skopeo.command().args(["inspect", "--raw", "--tls-verify=false", &name]));
        raw.ok().map(|output| format!("sha256:{}", sha256(&output.stdout)))
    }
}

#[test]
fn an_image_goes_there_and_comes_back_and_tags_never_go_back() {
    let Some(bench) = Bench::new("an image is published") else { return };
    let first = bench.release("1.2.3");

    let planned = bench.publish("1.2.3", &["--dry-run"]).ends(0, &[]);
    assert_eq!(planned.stdout.matches("to do").count(), 5, "{}", planned.stdout);
    assert_eq!(bench.digest("1.2.3"), None, "a dry run published");

    bench.publish("1.2.3", &[]).ends(0, &[]);
    for tag in ["1.2.3", "1.2", "1", "latest"] {
        assert_eq!(bench.digest(tag).as_ref(), Some(&first), "{tag}");
    }
    let again = bench.publish("1.2.3", &[]).ends(0, &[]).without(&["Publishing"]);
    assert_eq!(again.stdout.matches("there already").count(), 5, "{}", again.stdout);

    // Somebody took the tag away: only that is done again.
    let stray = bench.release("1.1.9");
    bench.publish("1.1.9", &[]).ends(0, &["Publishing"]);
    assert_eq!(
        ["1.1.9", "1.1", "1", "latest"].map(|tag| bench.digest(tag).unwrap()),
        [&stray, &stray, &first, &first].map(Clone::clone)
    );

    let early = bench.release("2.0.0-rc.1");
    let said = bench.publish("2.0.0-rc.1", &[]).ends(0, &[]);
    assert!(said.stdout.contains("2.0.0-rc.1 is a pre-release"), "{}", said.stdout);
    assert_eq!((bench.digest("2.0.0-rc.1"), bench.digest("2")), (Some(early), None));
    assert_eq!(bench.digest("latest").as_ref(), Some(&first));

    // The version is out; whatever else is built under it is not put in its place.
    bench.project.write("src/main.rs", "fn main() {}\n");
    let other = bench.release("1.2.3");
    assert_ne!(other, first);
    bench.publish("1.2.3", &[]).ends(1, &["cannot publish ", "release another version"]).without(&["Publishing"]);
    assert_eq!(bench.digest("1.2.3").as_ref(), Some(&first));
    pulled(&bench, &first);
}

/// Docker pulls the image for its own platform, and runs it.
fn pulled(bench: &Bench, digest: &str) {
    let Some(engine) = Engine::start("a published image runs") else { return };
    let name = format!("{}:latest", bench.name);
    run(&mut engine.docker(&["pull", "--quiet", &name]));
    assert_eq!(engine.run(&name, None), format!("hello 1.2.3 {}", std::env::consts::ARCH));
    assert_eq!(engine.run(&name, Some("hello-probe")), PROBED);
    let known = stdout(&mut engine.docker(&["image", "inspect", "--format", "{{index .RepoDigests 0}}", &name]));
    assert_eq!(known, format!("{}@{digest}", bench.name));
}

#[test]
fn a_registry_that_does_not_answer_is_told_before_anything_is_published() {
    if client("skopeo", "a registry that is not there is told").is_none() {
        return;
    }
    let project = project(&format!("image = \"127.0.0.1:{}/a/b\"\ninsecure = true", daemon::free_port()));
    project.config("targets = [\"x86_64-unknown-linux-musl\"]\nbuilder = \"cargo\"\n[channel.docker]\nimage = \"127.0.0.1:1/a/b\"\ninsecure = true\n");
    run(&mut tool(&project, &[]));
    let publish =
        |folder: &Path| said(&mut tool(&project, &["publish", "--channel", "docker", &folder.display().to_string()]));
    let folder = project.join("target/releases/v1.2.3");
    publish(&folder).ends(1, &["cannot ask for 127.0.0.1:1/a/b", "connection refused"]).without(&["Publishing"]);
}
