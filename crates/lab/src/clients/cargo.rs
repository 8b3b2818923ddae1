//! Clients from crates.io, compiled here: in little time, because they need not be fast.

use std::env;
use std::path::Path;

use super::Client;
use crate::skip::Missing;
use crate::{cache_dir, command, once, try_run};

/// The executable `name` of a pinned package with these features and no others, installed into the cache.
pub(super) fn client(name: &str, package: &str, version: &str, features: &str) -> Result<Client, Missing> {
    let dir = cache_dir().join("cargo").join(format!("{package}-{version}"));
    let path = dir.join("bin").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    once::make(&dir, |partial| install(package, version, features, partial)).map_err(|reason| Missing {
        what: name.to_owned(),
        reason,
        remedy: format!("have a network and a C compiler: cargo install {package} --version {version} --locked"),
    })?;
    Ok(Client { path, python_path: None })
}

fn install(package: &str, version: &str, features: &str, root: &Path) -> Result<(), String> {
    let built = root.join("target");
    let mut cargo = command("cargo");
    // Neutral ground: this repository's own configuration would hold for it.
    cargo.current_dir(env::temp_dir()).args(["install", package, "--version", version, "--quiet"]);
    // The lock file of a package may name build tools that want a newer compiler than they need.
    cargo.args(["--locked", "--ignore-rust-version", "--no-default-features", "--features", features]);
    cargo.arg("--root").arg(root).arg("--target-dir").arg(&built);
    for (setting, value) in [("OPT_LEVEL", "0"), ("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "0")] {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    try_run(&mut cargo).map_err(|failure| {
        eprintln!("{failure}");
        failure.last_word()
    })?;
    std::fs::remove_dir_all(&built).map_err(|error| format!("failed to remove {}: {error}", built.display()))
}
