//! Whatever goes wrong while an image comes to a registry, running it again ends with it there once, whole, under its
//! tags.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lab::server::{Request, Server, Upstream};
use lab::{Client, Daemon, Fixture, Scratch, client, copy_dir, run, scratch};

use super::registry::{LOGIN, login_at, serve_known};
use super::stored::Stored;
use super::{TARGETS, project, tool};
use crate::fault_runs::{ALL, Publishing, What, all_converge, converges, faults, kills, steps};

/// As often, the tool is killed whatever it is doing.
const KILLS: u32 = 4;

/// A registry that all cases share, each with a repository of its own.
struct Bench {
    skopeo: Client,
    project: Mutex<Fixture>,
    upstream: Arc<Upstream>,
    _registry: Daemon,
    folder: Scratch,
}

/// A release on its way to the registry.
struct ToRegistry<'a> {
    bench: &'a Bench,
    /// The repository in it.
    name: String,
    folder: PathBuf,
}

impl Bench {
    fn new(purpose: &str) -> Option<Self> {
        let (folder, skopeo) = (scratch("image-faults"), client("skopeo", purpose)?);
        let (registry, port) = serve_known(&folder, purpose)?;
        let upstream = Arc::new(Upstream::at(port));
        Some(Self { skopeo, project: Mutex::new(project("")), upstream, _registry: registry, folder })
    }

    /// The release whose image is called `name`, and the login for it: the registry is asked by `server`.
    fn to_registry(&self, name: String, server: &Server) -> ToRegistry<'_> {
        let folder = self.folder.join(&name);
        let image = format!("127.0.0.1:{}/{name}", server.port());
        let setting = format!("channel.docker = {{ image = \"{image}\", insecure = true }}");
        let project = self.project.lock().unwrap_or_else(PoisonError::into_inner);
        run(&mut tool(&project, &["--channel", "docker", "--config", &setting]));
        copy_dir(project.join("target/releases/v1.2.3"), folder.join("v1.2.3")).unwrap();
        fs::write(folder.join("auth.json"), login_at(server.port())).unwrap();
        ToRegistry { bench: self, name, folder }
    }
}

impl Publishing for ToRegistry<'_> {
    type Inner = Upstream;

    fn kind(request: &Request) -> String {
        kind(request)
    }

    fn is_upload(request: &Request) -> bool {
        !request.body.is_empty()
    }

    fn take_half(upstream: &Upstream, request: &Request) {
        upstream.take_half(request);
    }

    fn command(&self, _server: &Server) -> Command {
        let project = self.bench.project.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder.join("v1.2.3").display().to_string();
        let mut command = tool(&project, &["publish", "--channel", "docker", &folder]);
        command.env("REGISTRY_AUTH_FILE", self.folder.join("auth.json"));
        command
    }

    fn wrong(&self) -> Vec<String> {
        let (folder, port) = (&self.bench.folder, self.bench.upstream.port());
        let stored = Stored { folder, port, name: &self.name, platforms: TARGETS.len() };
        stored.wrong(&self.bench.skopeo, &self.folder.join("v1.2.3"))
    }

    fn secrets(&self) -> Vec<String> {
        LOGIN.map(str::to_owned).to_vec()
    }
}

/// What a request is for; layers come side by side, in any order.
pub fn kind(request: &Request) -> String {
    let parts = ["/blobs/uploads/", "/blobs/", "/manifests/sha256:", "/manifests/"];
    let part = parts.into_iter().find(|part| request.path().contains(part));
    format!("{} {}", request.method, part.unwrap_or("/v2/"))
}

#[test]
fn whatever_goes_wrong_the_image_is_there_once_whole() {
    let Some(bench) = Bench::new("an image is there once, whole, whatever goes wrong") else { return };
    let cases: Vec<(usize, What)> = cases(&bench).into_iter().enumerate().collect();
    all_converge("on a registry of images", cases, |(number, what)| {
        converges(&bench.upstream, what, |server| bench.to_registry(format!("case-{number}/hello"), server))
    });
}

/// Of a run without faults: the first and the last request of each kind that brings something, of which the one has half
/// of the faults, the other one the other half; and the first of each other kind.
fn cases(bench: &Bench) -> Vec<What> {
    let server = Server::start(Arc::clone(&bench.upstream));
    let release = bench.to_registry("whole/hello".to_owned(), &server);
    let started = Instant::now();
    run(release.command(&server).stdout(Stdio::null()));
    assert_eq!(release.wrong(), Vec::<String>::new());
    let (whole, requests) = (started.elapsed(), server.requests());
    let (uploads, others): (Vec<_>, Vec<_>) = steps::<ToRegistry<'_>>(&requests)
        .into_iter()
        .flatten()
        .partition(|(_, request)| ToRegistry::is_upload(request));
    let last: BTreeMap<String, usize> = uploads.iter().map(|(step, _)| (step.kind.clone(), step.after)).collect();
    let ends = uploads.into_iter().filter(|(step, _)| step.after == 0 || step.after == last[&step.kind]);
    let mut ends: Vec<_> = ends.collect();
    ends.sort_by_key(|(step, _)| (step.kind.clone(), step.after));
    let firsts = others.into_iter().filter(|(step, _)| step.after == 0).collect();
    let all = [faults::<ToRegistry<'_>>(ends, ALL / 2), faults::<ToRegistry<'_>>(firsts, 2)].concat();
    all.into_iter().chain(kills(whole, KILLS)).collect()
}
