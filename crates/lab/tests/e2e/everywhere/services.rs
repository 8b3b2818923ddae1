//! All that a release comes to by the network, behind one server.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use lab::server::forge::{Forge, Kind};
use lab::server::{Answer, Registry, Request, Response, Server, Upstream};
use lab::xtask::shared_tools;

use crate::forge::uploads;

/// Who may publish; they are to be found nowhere.
pub const TOKENS: [(&str, &str); 2] =
    [("GH_TOKEN", "secret-of-the-forge"), ("CARGO_REGISTRIES_LOOPBACK_TOKEN", "secret-of-the-registry")];

/// A forge, a registry of crates, one of npm's and one of images.
pub struct Services {
    forge: OnceLock<Forge>,
    pub crates: Registry,
    npm: Upstream,
    images: Upstream,
}

/// Which of them answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Forge,
    Crates,
    Npm,
    Images,
}

impl Service {
    /// Who answers a request.
    pub fn of(request: &Request) -> Self {
        let host = request.url.split('/').nth(2).unwrap_or_default();
        match request.path() {
            _ if host.ends_with(Kind::GitHub.host()) => Self::Forge,
            path if path.starts_with("/registry/") => Self::Crates,
            path if path.starts_with("/v2/") => Self::Images,
            _ => Self::Npm,
        }
    }
}

impl Services {
    /// An empty forge and an empty registry of crates, and those of others on these ports.
    pub fn new(npm: u16, images: u16) -> Self {
        let crates = Registry::at("/registry").with_token(TOKENS[1].1);
        Self { forge: OnceLock::new(), crates, npm: Upstream::at(npm), images: Upstream::at(images) }
    }

    /// The forge is to want the files of this release; before it knows them, it answers nothing.
    pub fn expect(&self, release: &Path) {
        assert!(self.forge.set(Forge::new(Kind::GitHub, TOKENS[0].1, uploads(release))).is_ok());
    }

    /// Takes the beginning of what a request brings.
    pub fn take_half(&self, request: &Request) {
        match Service::of(request) {
            Service::Forge => self.forge().take_half(request),
            // It takes nothing that is not whole.
            Service::Crates => {}
            Service::Npm => self.npm.take_half(request),
            Service::Images => self.images.take_half(request),
        }
    }

    /// The forge, which knows what it is to expect.
    pub fn forge(&self) -> &Forge {
        self.forge.get().expect("the release that is expected")
    }
}

impl Answer for Services {
    fn answer(&self, request: &Request) -> Response {
        match Service::of(request) {
            Service::Forge => self.forge.get().map_or_else(Response::not_found, |forge| forge.answer(request)),
            Service::Crates => self.crates.answer(request),
            Service::Npm => self.npm.answer(request),
            Service::Images => self.images.answer(request),
        }
    }
}

/// Has a command find every host at the server, and keep what it keeps in `folder`.
pub fn inside(command: &mut Command, server: &Server, folder: &Path) {
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"] {
        command.env(name, server.url());
    }
    for name in ["all_proxy", "ALL_PROXY", "GITHUB_TOKEN", "GITHUB_ACTIONS", "CARGO_NET_OFFLINE"] {
        command.env_remove(name);
    }
    command.env("no_proxy", "127.0.0.1").env("NO_PROXY", "127.0.0.1");
    command.env("CARGO_HOME", folder.join("cargo")).env("GH_CONFIG_DIR", folder.join("gh"));
}

/// Gives a command the tokens, the tools that all tests share, and a user of git.
pub fn may_publish(command: &mut Command) {
    command.envs(TOKENS).envs([shared_tools()]);
    for (name, value) in [("NAME", "Lab"), ("EMAIL", "lab@example.org")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
}
