//! The real client, in a web of its own.
//!
//! Every host is reached through a proxy on loopback, so that manifests keep their hosts' names. Two things differ from
//! the world outside: `https` is `http`, and `github.com` is `github.test`, because the client asks that very host's
//! API, by https, which of its files exist. It takes any host that begins with `github` for GitHub.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lab::server::{Response, Server, Site};
use lab::{Client, scratch};

use crate::archives;
use crate::case::{Case, Outcome};
use crate::{keys, log};

/// Runs the client on a case; what it said goes with what it did.
pub fn observe(client: &Client, case: &Case) -> (Outcome, String) {
    let server = Server::start(site(case));
    let place = scratch("binstall");
    let package = place.join("package");
    fs::create_dir(&package).unwrap();
    case.write(&package, |manifest| match case.public_key() {
        Some(key) => here(&manifest.replace(key, &keys::public("k"))),
        None => here(manifest),
    });
    let run = Run { package: &package, root: &place.join("root"), proxy: &server.url() };
    let name = case.requirement().map_or(case.package().to_owned(), |version| format!("{}@{version}", case.package()));
    let args: Vec<String> = case.args().into_iter().map(here).collect();
    let (mut outcome, said) = run.outcome(client, &name, &case.targets(), &args);
    // What is served bare is installed whatever it is.
    let served = case.archives().iter().find(|archive| archive["url"].as_str() == outcome.url.as_deref());
    if served.is_some_and(|archive| archive["fmt"] == "bin") {
        outcome.bins.values_mut().for_each(|path| archives::BARE.clone_into(path));
    }
    (outcome, said)
}

/// A call of the client.
pub struct Run<'a> {
    pub package: &'a Path,
    pub root: &'a Path,
    pub proxy: &'a str,
}

impl Run<'_> {
    /// Installs `name`: what came of it.
    pub fn outcome(&self, client: &Client, name: &str, targets: &[&str], args: &[String]) -> (Outcome, String) {
        let mut command = client.command();
        command.args(["binstall", "--no-confirm", "--disable-telemetry", "--no-discover-github-token"]);
        // An installed version would be a success without a download.
        command.args(["--force", "--allow-insecure-http", "--log-level", "debug"]);
        // Otherwise it waits 10 ms after each of 300 requests, and gives up after 15 s on a busy machine.
        command.args(["--rate-limit", "1/1000", "--maximum-resolution-timeout", "120"]);
        if !args.iter().any(|arg| arg.contains("strategies")) {
            command.args(["--strategies", "crate-meta-data"]);
        }
        command.arg("--manifest-path").arg(self.package).arg("--root").arg(self.root).args(args);
        command.args(targets.iter().flat_map(|target| ["--targets", target])).arg(name);
        for variable in ["no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "GITHUB_TOKEN", "GH_TOKEN"] {
            command.env_remove(variable);
        }
        for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"] {
            command.env(variable, self.proxy);
        }
        command.env("CARGO_HOME", self.root.join("home")).env("TOKIO_WORKER_THREADS", "1").env("NO_COLOR", "1");
        // The end of the input counts as yes: there is nothing that asks.
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let said = there(&said.replace(&*self.package.to_string_lossy(), "…"));
        let bins = self.installed();
        let served = said.lines().filter_map(|line| line.split_once("Downloading package url=")).next_back();
        let success = output.status.success();
        let outcome = Outcome {
            urls: Some(log::urls(&said)),
            url: served.filter(|_| success).map(|(_, url)| url.split(' ').next().unwrap().to_owned()),
            bins: if success { bins } else { BTreeMap::new() },
            error: (!success).then(|| log::reason(&said)),
            code: output.status.code().map(i64::from),
        };
        (outcome, said)
    }

    /// The programs that were installed, with their content.
    fn installed(&self) -> BTreeMap<String, String> {
        let Ok(entries) = fs::read_dir(self.root.join("bin")) else { return BTreeMap::new() };
        let read = |entry: fs::DirEntry| {
            let content = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
            (entry.file_name().into_string().unwrap(), content)
        };
        entries.map(|entry| read(entry.unwrap())).collect()
    }
}

fn site(case: &Case) -> Site {
    let mut site = Site::new();
    for archive in case.archives() {
        let url = here(archive["url"].as_str().unwrap());
        let mut packed = archives::pack(archive);
        if let Some(key) = archive["sign"][0].as_str() {
            let suffix = archive["sign"][1].as_str().unwrap_or(".sig");
            site = site.file(&format!("{url}{suffix}"), keys::sign(key, &packed));
        }
        if let Some(how) = archive["mutate_after_sign"].as_str() {
            packed = archives::mutated(packed, how, &[]);
        }
        site = site.file(&url, packed);
    }
    for page in case.live_pages() {
        site = site.file(&here(page), "a page");
    }
    for (from, to) in case.redirects() {
        site = site.at(&here(from), Response::redirect(&here(to)));
    }
    site
}

/// A text of the world outside as it is here.
fn here(text: &str) -> String {
    let text = text.replace("https://", "http://");
    ["//github.com", "@github.com", "//GitHub.com"].iter().fold(text, |text, host| {
        text.replace(host, &format!("{}github.test", &host[..host.len() - "github.com".len()]))
    })
}

/// A text of here as it would be outside.
fn there(text: &str) -> String {
    text.replace("github.test", "github.com").replace("http://", "https://")
}
