//! Whatever goes wrong on the way to all channels, running it again ends with the release in each once, whole; and nobody
//! ever saw a release that lacks a file, nor a formula whose URL leads nowhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lab::server::forge::{Forge, Kind};
use lab::server::{Request, Server};
use lab::xtask::dist;
use lab::{Client, Daemon, Fixture, Scratch, client, command, copy_dir, run, scratch};
use xtask_dist::hash::sha256;

use super::services::{Service, Services, TOKENS, inside, may_publish};
use super::{MUSL, stdout};
use crate::fault_runs::{Publishing, What, all_converge, converges, faults, kills, steps};
use crate::forge::{CHANGELOG, wrong_with};
use crate::images::registry::{LOGIN, login_at, serve_known};
use crate::npm::verdaccio::Verdaccio;
use crate::{images, npm};

const PURPOSE: &str = "one release comes to every channel, whatever goes wrong";
const TAG: &str = "v1.2.3";
/// As often, the tool is killed whatever it is doing.
const KILLS: u32 = 4;

/// What all cases share: a small program, and the registries that are others' programs.
struct Bench {
    project: Mutex<Fixture>,
    npm: Verdaccio,
    skopeo: Client,
    images: (Daemon, u16),
    folder: Scratch,
}

/// The release on its way to everywhere, under names of its own.
struct ToAll<'a> {
    bench: &'a Bench,
    services: Arc<Services>,
    name: String,
    /// What is of this case only: the release, the tap, configurations.
    folder: PathBuf,
}

impl Bench {
    fn new() -> Option<Self> {
        let folder = scratch("everywhere");
        let (npm, images) = (Verdaccio::start(PURPOSE)?, serve_known(&folder, PURPOSE)?);
        for name in ["gh", "curl"] {
            client(name, PURPOSE)?;
        }
        let project = Fixture::package("rust-version = \"1.85\"");
        let manifest = fs::read_to_string(project.join("Cargo.toml")).unwrap();
        let here = format!("http://{}/", Kind::GitHub.host());
        project.write("Cargo.toml", &manifest.replace("https://github.com/", &here));
        project.write("CHANGELOG.md", CHANGELOG);
        project.config(&format!(
            "targets = [\"{MUSL}\"]\n[forge]\nkind = \"github\"\nremote = \"origin\"\ntimeout = 20\n\
             [channel.crates-io]\nregistry = \"loopback\"\nmax-wait = 0\n",
        ));
        project.commit();
        run(command("git").args(["init", "--quiet", "--bare"]).arg(folder.join("origin.git")));
        project.git(&["remote", "add", "origin", &folder.join("origin.git").display().to_string()]);
        project.git(&["tag", "--annotate", "--message", TAG, TAG]);
        project.git(&["push", "--quiet", "origin", TAG]);
        Some(Self { project: Mutex::new(project), npm, skopeo: client("skopeo", PURPOSE)?, images, folder })
    }

    fn services(&self) -> Arc<Services> {
        Arc::new(Services::new(self.npm.port, self.images.1))
    }

    /// The release under names that have `name` in them, by `server`.
    fn to_all(&self, services: &Arc<Services>, name: String, server: &Server) -> ToAll<'_> {
        let folder = self.folder.join(&name);
        let it = ToAll { bench: self, services: Arc::clone(services), name, folder };
        let ToAll { name, folder, .. } = &it;
        run(command("git").args(["init", "--quiet", "--bare", "--initial-branch=trunk"]).arg(it.tap()));
        let project = self.project.lock().unwrap_or_else(PoisonError::into_inner);
        let channels = format!(
            "channel = {{ npm.scope = \"@{name}\", homebrew.tap = \"{}\", \
             docker = {{ image = \"127.0.0.1:{}/{name}/hello\", insecure = true }} }}",
            it.tap().display(),
            server.port()
        );
        let mut make = dist(&project, ["--config", &channels]);
        may_publish(&mut make);
        run(&mut make);
        copy_dir(project.join("target/releases").join(TAG), it.release()).unwrap();
        it.services.expect(&it.release());
        fs::write(folder.join("npmrc"), self.npm.npmrc_by(server.port())).unwrap();
        fs::write(folder.join("auth.json"), login_at(server.port())).unwrap();
        it
    }
}

impl ToAll<'_> {
    fn release(&self) -> PathBuf {
        self.folder.join(TAG)
    }

    fn tap(&self) -> PathBuf {
        self.folder.join("homebrew-tap.git")
    }

    fn packages(&self) -> npm::stored::Stored {
        npm::stored::Stored::of(&self.bench.npm, &format!("@{}", self.name))
    }

    /// The formula that the tap has.
    fn formula(&self) -> Option<String> {
        let mut git = command("git");
        git.arg("--git-dir").arg(self.tap()).args(["show", "trunk:Formula/hello.rb"]);
        Some(String::from_utf8(lab::try_run(&mut git).ok()?.stdout).unwrap())
    }

    /// The URLs of a formula that lead to nothing, or to other bytes.
    fn dead_urls(&self, formula: &str) -> Vec<String> {
        let pages = self.services.forge().pages();
        let values = |word: &str| -> Vec<String> {
            let values = formula.lines().filter_map(|line| line.trim().strip_prefix(word)?.strip_suffix('"'));
            values.map(str::to_owned).collect()
        };
        let (urls, digests) = (values("url \""), values("sha256 \""));
        assert!(!urls.is_empty() && urls.len() == digests.len(), "{formula}");
        let answers = |url: &String, digest: &String| {
            let (folder, file) = url.rsplit_once('/').unwrap();
            let page = pages.iter().find(|page| !page.draft && folder.ends_with(&format!("/download/{}", page.tag)));
            let file = page.and_then(|page| page.files.iter().find(|there| there.name == file && there.whole));
            file.is_some_and(|file| sha256(&file.bytes) == *digest)
        };
        let pairs = urls.iter().zip(&digests).filter(|(url, digest)| !answers(url, digest));
        pairs.map(|(url, _)| format!("the tap points at {url}")).collect()
    }
}

impl Publishing for ToAll<'_> {
    type Inner = Services;

    /// By who answers, for images have their layers side by side.
    fn kind(request: &Request) -> String {
        match Service::of(request) {
            Service::Images => images::faults::kind(request),
            Service::Forge if Self::is_upload(request) => "forge upload".to_owned(),
            service => format!("{service:?} {}", request.method),
        }
    }

    fn is_upload(request: &Request) -> bool {
        match Service::of(request) {
            Service::Forge => Forge::is_upload(request),
            _ => !request.body.is_empty(),
        }
    }

    fn take_half(services: &Services, request: &Request) {
        services.take_half(request);
    }

    fn command(&self, server: &Server) -> Command {
        let project = self.bench.project.lock().unwrap_or_else(PoisonError::into_inner);
        let mut command = dist(&project, ["publish"]);
        command.arg(self.release());
        self.bench.npm.npm.for_command(&mut command);
        inside(&mut command, server, &self.bench.folder);
        may_publish(&mut command);
        command.env("CARGO_REGISTRIES_LOOPBACK_INDEX", format!("sparse+{}/registry/", server.url()));
        command.env("REGISTRY_AUTH_FILE", self.folder.join("auth.json"));
        command.env("npm_config_userconfig", self.folder.join("npmrc"));
        // Clients ask again by themselves what they could not ask, some after ten seconds; and they wait for minutes.
        command.env("npm_config_fetch_retries", "0").env("npm_config_fetch_timeout", "20000");
        command.env("CARGO_NET_RETRY", "0").env("CARGO_HTTP_TIMEOUT", "20");
        command
    }

    fn violations(&self) -> Vec<String> {
        let dead = self.formula().map(|formula| self.dead_urls(&formula)).unwrap_or_default();
        [self.services.forge().violations(), self.packages().violations(), dead].concat()
    }

    fn wrong(&self) -> Vec<String> {
        let image = images::stored::Stored {
            folder: &self.bench.folder,
            port: self.bench.images.1,
            name: &format!("{}/hello", self.name),
            platforms: 1,
        };
        let mut wrong = [
            wrong_with(self.services.forge(), Kind::GitHub, &self.release()),
            self.packages().wrong(&self.release()),
            image.wrong(&self.bench.skopeo, &self.release()),
        ]
        .concat();
        let uploaded = self.services.crates.uploaded();
        if uploaded != ["hello 1.2.3"] {
            wrong.push(format!("the crates are {uploaded:?}"));
        }
        let log = stdout(command("git").arg("--git-dir").arg(self.tap()).args(["log", "--format=%s", "trunk"]));
        let ours = fs::read_to_string(self.release().join("homebrew/hello.rb")).ok();
        if self.formula() != ours || log != "hello 1.2.3 (new formula)" {
            wrong.push(format!("the tap has {log:?}, {:?}", self.formula()));
        }
        wrong
    }

    fn secrets(&self) -> Vec<String> {
        let of_npm = [self.bench.npm.token(), "secret-of-acme".to_owned()];
        let others = TOKENS.map(|(_, token)| token).into_iter().chain(LOGIN).map(str::to_owned);
        others.chain(of_npm).collect()
    }
}

#[test]
fn whatever_goes_wrong_every_channel_has_it_once_whole_and_none_leads_nowhere() {
    let Some(bench) = Bench::new() else { return };
    let cases: Vec<(usize, What)> = cases(&bench).into_iter().enumerate().collect();
    all_converge("across all channels", cases, |(number, what)| {
        let services = bench.services();
        converges(&services, what, |server| bench.to_all(&services, format!("case-{number}"), server))
    });
}

/// Of a run without faults: the last change of each kind, when all before it is done, and the first question of each
/// kind; the faults come in turn. The announcement has several: what points at it must not come first.
fn cases(bench: &Bench) -> Vec<What> {
    let services = bench.services();
    let server = Server::start(Arc::clone(&services));
    let release = bench.to_all(&services, "whole".to_owned(), &server);
    let started = Instant::now();
    run(release.command(&server).stdout(Stdio::null()));
    assert_eq!(release.wrong(), Vec::<String>::new());
    let (whole, requests) = (started.elapsed(), server.requests());
    let [mut questions, mut changes] = steps::<ToAll<'_>>(&requests);
    let last: BTreeMap<String, usize> = changes.iter().map(|(step, _)| (step.kind.clone(), step.after)).collect();
    questions.retain(|(step, request)| step.after == 0 && stands_for_its_service(request));
    changes.retain(|(step, request)| step.after == last[&step.kind] && stands_for_its_service(request));
    let (announcement, others): (Vec<_>, Vec<_>) =
        [changes, questions].concat().into_iter().partition(|(step, _)| step.kind == "Forge PATCH");
    let all = [faults::<ToAll<'_>>(announcement, 3), faults::<ToAll<'_>>(others, 1)].concat();
    all.into_iter().chain(kills(whole, KILLS)).collect()
}

/// Of the many ways to ask a registry for images, one will do to read, and two to write.
fn stands_for_its_service(request: &Request) -> bool {
    let kind = images::faults::kind(request);
    Service::of(request) != Service::Images || kind.starts_with("PATCH") || kind.ends_with("/manifests/")
}
