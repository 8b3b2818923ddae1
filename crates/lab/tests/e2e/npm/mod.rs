//! npm packages, and what npm itself makes of them: installed, run, published to a registry of this machine.

mod faults;
mod forge;
mod install;
mod launcher;
mod pack;
mod refused;
mod registry;
pub mod stored;
mod tampering;
pub mod verdaccio;
mod wasm;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use lab::{Client, Fixture, client, run};

use crate::said::tool;

/// The targets: both C libraries, another processor, and another system of each kind.
const TARGETS: [&str; 5] = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-musl",
    "x86_64-pc-windows-gnullvm",
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
];

/// The packages, in the order in which they are published.
const PACKAGES: [&str; 6] = [
    "@acme/hello-darwin-arm64",
    "@acme/hello-linux-arm64-musl",
    "@acme/hello-linux-x64-gnu",
    "@acme/hello-linux-x64-musl",
    "@acme/hello-win32-x64",
    "@acme/hello",
];

/// Says which program it is, for which C library, and what it was given.
const HELLO: &str = r#"fn main() {
    let libc = if cfg!(target_env = "musl") { "musl" } else { "gnu" };
    let words: Vec<String> = std::env::args().skip(1).collect();
    println!("{} {} {libc} {words:?}", env!("CARGO_BIN_NAME"), env!("CARGO_PKG_VERSION"));
}"#;

/// Ends as it is told to, or waits until it is ended.
const PROBE: &str = r#"use std::io::{Read, Write};
fn main() {
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        Some("exit") => std::process::exit(words.next().unwrap().parse().unwrap()),
        Some("abort") => std::process::abort(),
        Some("copy") => {
            let mut text = Vec::new();
            std::io::stdin().read_to_end(&mut text).unwrap();
            std::io::stdout().write_all(&text).unwrap();
            eprint!("{} bytes", text.len());
        }
        _ => {
            println!("waiting as {}", std::process::id());
            std::thread::sleep(std::time::Duration::from_secs(600));
        }
    }
}"#;

/// A project with two programs, committed, whose packages are in a scope; `lines` are more of `[channel.npm]`.
fn project(lines: &str) -> Fixture {
    let project =
        Fixture::package("default-run = \"hello\"\nkeywords = [\"greeting\"]\nauthors = [\"A <a@example.org>\"]");
    project.write("src/main.rs", HELLO);
    project.write("src/bin/hello-probe.rs", PROBE);
    project.config(&format!("targets = {TARGETS:?}\n[channel.npm]\nscope = \"@acme\"\n{lines}\n"));
    project.commit();
    project
}

/// The release of [`project`], made once for all tests, which do not change it.
fn release() -> PathBuf {
    static RELEASE: OnceLock<Fixture> = OnceLock::new();
    let project = RELEASE.get_or_init(|| {
        let project = project("");
        run(&mut tool(&project, &["--channel", "npm"]));
        project
    });
    project.join("target/releases/v1.2.3")
}

/// The file of a package in [`release`].
fn file_of(package: &str) -> PathBuf {
    release().join("npm").join(xtask_dist::names::npm_file(package, "1.2.3"))
}

/// npm, with a configuration and a cache of its own in `home`.
pub struct Npm {
    npm: Client,
    home: PathBuf,
}

impl Npm {
    /// The client, or `None` after reporting that `purpose` was not tested.
    fn new(purpose: &str, home: &Path) -> Option<Self> {
        client("node", purpose)?;
        Some(Self { npm: client("npm", purpose)?, home: home.to_owned() })
    }

    /// The folder that has it.
    fn folder(&self) -> &Path {
        self.npm.path().parent().unwrap()
    }

    /// Has a command use it, and nothing of this machine's own configuration.
    pub fn for_command(&self, command: &mut Command) {
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.folder().display()));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().to_lowercase().starts_with("npm_config_") || name == "NODE_AUTH_TOKEN" {
                command.env_remove(name);
            }
        }
        command.env("npm_config_userconfig", self.home.join("npmrc")).env("npm_config_cache", self.home.join("cache"));
        command.env("npm_config_update_notifier", "false").env("npm_config_audit", "false");
    }

    /// `npm ARGS` in `folder`.
    pub fn command(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = self.npm.command();
        self.for_command(&mut command);
        command.args(args).current_dir(folder);
        command
    }

    /// What it prints.
    pub fn stdout(&self, folder: &Path, args: &[&str]) -> String {
        stdout(&mut self.command(folder, args))
    }
}

/// What a command that must succeed writes to stdout, without blanks at its ends.
fn stdout(command: &mut Command) -> String {
    String::from_utf8_lossy(&run(command).stdout).trim().to_owned()
}
