//! The real cargo-binstall, in a web of its own.
//!
//! Every host is reached through a proxy on loopback, a [`Server`](crate::server::Server), so that manifests keep their
//! hosts' names. Two things differ from the world outside: `https` is `http`, and `github.com` is `github.test`, because
//! the client asks the API of that very host, by https, which files it has. It takes any host whose name begins with
//! `github` for GitHub. [`inside`] and [`outside`] change texts from the one world to the other.

mod log;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::{Client, scratch};

/// A call of the client, to be made by [`Install::run`].
#[derive(Clone, Copy, Debug)]
pub struct Install<'a> {
    /// The package's name, with `@` and a version requirement if there is one.
    pub name: &'a str,
    /// Where it is from.
    pub source: Source<'a>,
    /// The targets that are tried, in order.
    pub targets: &'a [&'a str],
    /// The URL of the server that is asked for everything.
    pub proxy: &'a str,
    /// Further arguments.
    pub args: &'a [String],
}

/// Where the client gets a package's manifest from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A folder with a Cargo.toml, which has to be of [`inside`].
    Folder(&'a Path),
    /// A sparse index, by its URL with `sparse+`, and its downloads.
    Index(&'a str),
}

/// What came of it, with the URLs as they are outside.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code.
    pub code: Option<i32>,
    /// The URLs that were tried, in order; when one has served, not all that would have been.
    pub urls: Vec<String>,
    /// The URL that served.
    pub url: Option<String>,
    /// The programs that were installed, by their names, with what is in them.
    pub programs: BTreeMap<String, Vec<u8>>,
    /// Why nothing was installed.
    pub error: Option<String>,
    /// All that it said.
    pub said: String,
}

impl Install<'_> {
    /// Runs `client`, which has to be `cargo-binstall`.
    ///
    /// # Panics
    /// When it cannot be started, or what it did cannot be read.
    #[must_use]
    pub fn run(&self, client: &Client) -> Outcome {
        let root = scratch("binstall");
        let mut command = client.command();
        command.args(["binstall", "--no-confirm", "--disable-telemetry", "--no-discover-github-token"]);
        // An installed version would be a success without a download.
        command.args(["--force", "--allow-insecure-http", "--log-level", "debug"]);
        // Otherwise it waits 10 ms after each of 300 requests, and gives up after 15 s on a busy machine.
        command.args(["--rate-limit", "1/1000", "--maximum-resolution-timeout", "120"]);
        // The others would go out into the world, and a compiled program would hide that none was found.
        if !self.args.iter().any(|arg| arg.contains("strategies")) {
            command.args(["--strategies", "crate-meta-data"]);
        }
        match self.source {
            Source::Folder(folder) => command.arg("--manifest-path").arg(folder),
            Source::Index(url) => command.args(["--index", url]),
        };
        // What one target lacks is hidden by the success of another: each is given as the caller has them.
        command.args(self.targets.iter().flat_map(|target| ["--targets", target]));
        command.args(self.args).arg("--root").arg(&*root).arg(self.name);
        for variable in ["no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "GITHUB_TOKEN", "GH_TOKEN"] {
            command.env_remove(variable);
        }
        for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"] {
            command.env(variable, self.proxy);
        }
        command.env("CARGO_HOME", root.join("home")).env("TOKIO_WORKER_THREADS", "1").env("NO_COLOR", "1");
        let output = command.stdin(Stdio::null()).output().expect("cargo-binstall starts");
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        if let Source::Folder(folder) = self.source {
            said = said.replace(&*folder.to_string_lossy(), "…");
        }
        let said = outside(&said);
        let success = output.status.success();
        Outcome {
            code: output.status.code(),
            urls: log::urls(&said),
            url: log::served(&said).filter(|_| success),
            programs: if success { installed(&root.join("bin")) } else { BTreeMap::new() },
            error: (!success).then(|| log::reason(&said)),
            said,
        }
    }
}

fn installed(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry"));
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, fs::read(entry.path()).expect("an installed program"))
    };
    entries.map(read).collect()
}

/// A text of the world outside as it has to be here.
#[must_use]
pub fn inside(text: &str) -> String {
    let text = text.replace("https://", "http://");
    ["//github.com", "@github.com", "//GitHub.com"].iter().fold(text, |text, host| {
        text.replace(host, &format!("{}github.test", &host[..host.len() - "github.com".len()]))
    })
}

/// A text of here as it would be outside.
#[must_use]
pub fn outside(text: &str) -> String {
    text.replace("github.test", "github.com").replace("http://", "https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_host_has_another_name() {
        let text = "https://github.com/a https://me@github.com/a https://www.github.com/a https://github.io";
        let here = inside(text);
        assert_eq!(here, "http://github.test/a http://me@github.test/a http://www.github.com/a http://github.io");
        assert_eq!(outside(&here), text);
    }
}
