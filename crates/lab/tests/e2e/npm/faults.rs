//! Whatever goes wrong while packages come to a registry, running it again ends with each there once, whole, under its
//! tag, and nobody ever saw the main one without what it needs.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lab::server::{Request, Server, Upstream};
use lab::{Fixture, copy_dir, run};

use super::stored::Stored;
use super::verdaccio::Verdaccio;
use super::{project, tool};
use crate::fault_runs::{ALL, Publishing, What, all_converge, converges, faults, kills, steps};

/// As often, the tool is killed whatever it is doing.
const KILLS: u32 = 3;

/// A registry that all cases share, each with a scope of its own.
struct Bench {
    registry: Verdaccio,
    upstream: Arc<Upstream>,
    project: Mutex<Fixture>,
}

/// A release on its way to the registry.
struct ToRegistry<'a> {
    bench: &'a Bench,
    scope: String,
    release: PathBuf,
}

impl Bench {
    fn new(purpose: &str) -> Option<Self> {
        let registry = Verdaccio::start(purpose)?;
        let upstream = Arc::new(Upstream::at(registry.port));
        Some(Self { registry, upstream, project: Mutex::new(project("")) })
    }

    /// The release in a scope, and npm's configuration for it: the registry is asked by `server`.
    fn to_registry(&self, scope: String, server: &Server) -> ToRegistry<'_> {
        let folder = self.registry.folder.join(&scope);
        let project = self.project.lock().unwrap_or_else(PoisonError::into_inner);
        let setting = format!("channel.npm.scope = \"{scope}\"");
        let target = "x86_64-unknown-linux-musl";
        run(&mut tool(&project, &["--channel", "npm", "--target", target, "--config", &setting]));
        let release = folder.join("v1.2.3");
        copy_dir(project.join("target/releases/v1.2.3"), &release).unwrap();
        fs::write(folder.join("npmrc"), self.registry.npmrc_by(server.port())).unwrap();
        ToRegistry { bench: self, scope, release }
    }
}

impl ToRegistry<'_> {
    fn stored(&self) -> Stored {
        Stored::of(&self.bench.registry, &self.scope)
    }
}

impl Publishing for ToRegistry<'_> {
    type Inner = Upstream;

    fn is_upload(request: &Request) -> bool {
        request.method == "PUT"
    }

    fn take_half(upstream: &Upstream, request: &Request) {
        upstream.take_half(request);
    }

    fn command(&self, _server: &Server) -> Command {
        let project = self.bench.project.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.release.display().to_string();
        let mut command = tool(&project, &["publish", "--channel", "npm", &folder]);
        self.bench.registry.npm.for_command(&mut command);
        command.env("npm_config_userconfig", self.release.with_file_name("npmrc"));
        // npm asks again by itself what it could not ask, after ten seconds; and it waits for minutes.
        command.env("npm_config_fetch_retries", "0").env("npm_config_fetch_timeout", "20000");
        command
    }

    fn violations(&self) -> Vec<String> {
        self.stored().violations()
    }

    fn wrong(&self) -> Vec<String> {
        self.stored().wrong(&self.release)
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.bench.registry.token(), "secret-of-acme".to_owned()]
    }
}

#[test]
fn whatever_goes_wrong_each_package_is_there_once_whole() {
    let Some(bench) = Bench::new("packages are there once, whole, whatever goes wrong") else { return };
    let cases: Vec<(usize, What)> = cases(&bench).into_iter().enumerate().collect();
    all_converge("on npm's registry", cases, |(number, what)| {
        converges(&bench.upstream, what, |server| bench.to_registry(format!("@case-{number}"), server))
    });
}

/// The requests of a run without faults. Each run starts npm many times, so that the faults take turns: an upload has half
/// of them, the other one the other half, and every second question one.
fn cases(bench: &Bench) -> Vec<What> {
    let server = Server::start(Arc::clone(&bench.upstream));
    let release = bench.to_registry("@whole".to_owned(), &server);
    let started = Instant::now();
    run(release.command(&server).stdout(Stdio::null()));
    assert_eq!(release.wrong(), Vec::<String>::new());
    let (whole, requests) = (started.elapsed(), server.requests());
    let [questions, changes] = steps::<ToRegistry<'_>>(&requests);
    let questions = questions.into_iter().step_by(2).collect();
    let all = [faults::<ToRegistry<'_>>(questions, 1), faults::<ToRegistry<'_>>(changes, ALL / 2)].concat();
    all.into_iter().chain(kills(whole, KILLS)).collect()
}
