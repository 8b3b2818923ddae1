//! `publish-status`: a workspace, its git repository, and a registry on loopback that answers, changes and fails.

mod faults;
mod git;
mod kept;
mod network;
mod table;

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use lab::server::{Answer, Registry, Request, Response, Server};
use lab::xtask::dist;
use lab::{Fixture, client};
use serde_json::{Value, json};

use crate::said::{Said, said};

/// Where the registry's index is on the server.
const INDEX: &str = "/index";

/// A registry whose answers can be replaced, and what stands in for it in cargo's configuration.
struct Index {
    server: Server,
    registry: Arc<Registry>,
    fault: Arc<Mutex<Option<Response>>>,
}

impl Index {
    /// A registry with these versions (`1.0.0`, or `1.0.0 yanked`) of crates; none without curl, which is reported.
    #[track_caller]
    fn with(crates: &[(&str, &[&str])]) -> Option<Self> {
        client("curl", "a registry is asked")?;
        let registry = Arc::new(Registry::at(INDEX));
        let fault = Arc::<Mutex<Option<Response>>>::default();
        let server = {
            let (registry, fault) = (Arc::clone(&registry), Arc::clone(&fault));
            Server::start(move |request: &Request| {
                let replaced = fault.lock().unwrap().clone();
                replaced.unwrap_or_else(|| registry.answer(request))
            })
        };
        let index = Self { server, registry, fault };
        for (name, versions) in crates {
            versions.iter().for_each(|version| index.publish(name, version));
        }
        Some(index)
    }

    fn publish(&self, name: &str, version: &str) {
        let (version, yanked) = version.strip_suffix(" yanked").map_or((version, false), |version| (version, true));
        let line = json!({"name": name, "vers": version, "deps": [], "features": {}, "yanked": yanked});
        self.registry.add(line, Vec::new());
    }

    /// From now on everything is answered so; `None` for what is true.
    fn answers(&self, fault: Option<Response>) {
        *self.fault.lock().unwrap() = fault;
    }

    /// What was asked since the last time, without the path of the index.
    fn asked(&self) -> Vec<String> {
        let mut asked: Vec<String> =
            self.server.requests().iter().map(|it| it.path().trim_start_matches(INDEX).to_owned()).collect();
        asked.sort();
        asked
    }

    /// What a workspace writes into its `.cargo/config.toml` to have this registry for crates.io.
    fn config(&self) -> String {
        format!(
            "[source.crates-io]\nreplace-with = \"loopback\"\n[source.loopback]\nregistry = \"sparse+{}{INDEX}/\"\n\
             [http]\ntimeout = 1\n",
            self.server.url()
        )
    }

    /// A committed workspace of these crates that has this registry.
    fn workspace(&self, crates: &[(&str, &str)]) -> Fixture {
        let mut files = vec![
            ("Cargo.toml".to_owned(), "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n".to_owned()),
            (".cargo/config.toml".to_owned(), self.config()),
        ];
        for (name, version) in crates {
            files.push((format!("crates/{name}/Cargo.toml"), manifest(name, version)));
            files.push((format!("crates/{name}/src/lib.rs"), String::new()));
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let fixture = Fixture::of(&files);
        fixture.write(".cargo/config.toml", &self.config());
        fixture.commit();
        // What was written within the last tick of the kernel's clock is not kept.
        std::thread::sleep(std::time::Duration::from_millis(50));
        fixture
    }
}

fn manifest(name: &str, version: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n")
}

/// `publish-status ARGS`, not yet run.
fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = dist(folder, ["publish-status"].into_iter().chain(args.iter().copied()));
    // The machine's own configuration of cargo is another registry's, maybe.
    command.env("CARGO_TERM_COLOR", "never");
    command
}

#[track_caller]
fn status(folder: &Path, args: &[&str]) -> Said {
    said(&mut command(folder, args))
}

/// What `--format json` says of the crates.
#[track_caller]
fn rows(folder: &Path, args: &[&str]) -> Vec<Value> {
    let args: Vec<&str> = ["--format", "json"].iter().chain(args).copied().collect();
    let said = status(folder, &args).ends(0, &[]);
    let mut view: Value = serde_json::from_str(&said.stdout).unwrap();
    let Value::Array(rows) = view["crates"].take() else { panic!("{}", said.stdout) };
    rows
}

/// `name action`, or another field's word, of each crate.
#[track_caller]
fn words(folder: &Path, field: &str, args: &[&str]) -> Vec<String> {
    let word = |row: &Value| {
        let word = row[field].as_str().map_or_else(|| row[field].to_string(), str::to_owned);
        format!("{} {word}", row["name"].as_str().unwrap())
    };
    rows(folder, args).iter().map(word).collect()
}
