//! Real crates, exactly as cargo downloads them from crates.io.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::skip::Missing;
use crate::{cache_dir, command, copy_dir, once, try_run};

/// What a download holds beside the package: cargo's own marks, and the manifest that `cargo package` refuses to see.
const NOT_THE_PACKAGE: [&str; 3] = [".cargo-ok", ".cargo_vcs_info.json", "Cargo.toml.orig"];

/// The directory of a published crate, fetched once. All tests share it: copy it before changing it.
pub fn krate(name: &str, version: &str) -> Result<PathBuf, Missing> {
    let id = format!("{name}-{version}");
    let dir = cache_dir().join("published").join(&id);
    once::make(&dir, |partial| fetch(name, version, partial)).map_err(|reason| Missing {
        what: id,
        reason,
        remedy: format!("once, with a network: cargo info {name}@{version}"),
    })?;
    Ok(dir)
}

/// `cargo info` downloads and unpacks the one crate, where `fetch` and `vendor` bring all that it depends on.
fn fetch(name: &str, version: &str, to: &Path) -> Result<(), String> {
    // Neutral ground: in a workspace, `cargo info` would read that first.
    let mut info = command("cargo");
    info.args(["info", "--quiet", &format!("{name}@{version}")]).current_dir(env::temp_dir());
    try_run(&mut info).map_err(|failure| {
        eprintln!("{failure}");
        failure.last_word()
    })?;
    let source = unpacked(&format!("{name}-{version}"))?;
    copy_dir(source, to).map_err(|error| error.to_string())?;
    for file in NOT_THE_PACKAGE.map(|file| to.join(file)).iter().filter(|file| file.exists()) {
        fs::remove_file(file).map_err(|error| format!("failed to remove {}: {error}", file.display()))?;
    }
    Ok(())
}

/// Where cargo unpacked it: `$CARGO_HOME/registry/src/<registry>/<name>-<version>`.
fn unpacked(id: &str) -> Result<PathBuf, String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let sources = home.ok_or("there is no CARGO_HOME")?.join("registry/src");
    let registries =
        fs::read_dir(&sources).map_err(|error| format!("failed to read {}: {error}", sources.display()))?;
    let mut candidates = registries.flatten().map(|registry| registry.path().join(id));
    candidates.find(|dir| dir.join(".cargo-ok").exists()).ok_or(format!("cargo left no {id} in {}", sources.display()))
}
