//! What cargo makes of a crate for a registry: the list of its files, and the `.crate` that holds them
//! (<https://doc.rust-lang.org/cargo/commands/cargo-package.html>).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{CRATES_IO, Crate};
use crate::hash::sha256;
use crate::inspect;
use crate::report::{Context, Error, Result};
use crate::run::Runner;
use crate::targets::ArchiveFormat;

/// A file that is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its path in the package, with `/`.
    pub path: String,
    /// The file that it is a copy of; none for what cargo itself writes.
    pub file: Option<PathBuf>,
    /// The size of that, in bytes; 0 for what cargo itself writes.
    pub size: u64,
}

/// A `.crate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// The sha256 of the whole file.
    pub sha256: String,
    /// The files, by their path below the one folder in it.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// What cargo writes into every package; the manifest that was written by hand is beside it.
const BY_CARGO: &[&str] = &[".cargo_vcs_info.json", LOCK, "Cargo.toml"];
/// What every package has since cargo 1.84.
const LOCK: &str = "Cargo.lock";
/// The manifest as it was written by hand.
const ORIGINAL: &str = "Cargo.toml.orig";

/// The files that `cargo package` would take. Cargo.lock is not looked at, since cargo would mend it.
///
/// # Errors
/// Cargo cannot tell; its own words say why.
pub fn list(runner: &Runner, krate: &Crate) -> Result<Vec<Listed>> {
    let failed = || format!("cargo cannot list the files of {}", krate.package.name);
    let command = runner.cargo().args(["package", "--list", "--allow-dirty", "--exclude-lockfile", "--locked"]);
    let command = command.args(["--package", &krate.spec()]);
    let output = command.ignore_status().output().context(failed)?;
    if !output.status.success() {
        return Err(Error::new(failed()).because(errors_of(&String::from_utf8_lossy(&output.stderr))));
    }
    let told = String::from_utf8_lossy(&output.stdout);
    // Windows' separators are cargo's to write there.
    let paths = told.lines().map(|path| path.replace('\\', "/")).chain([LOCK.to_owned()]);
    Ok(paths.collect::<BTreeSet<String>>().into_iter().map(|path| listed(krate, path)).collect())
}

fn listed(krate: &Crate, path: String) -> Listed {
    let here = krate.package.dir.join(match path.as_str() {
        ORIGINAL => "Cargo.toml",
        path => path,
    });
    let named = |file: &&PathBuf| file.file_name().is_some_and(|name| name == path.as_str());
    // They may stand outside of the package's folder.
    let documents = [&krate.package.readme, &krate.package.license_file];
    let outside = documents.into_iter().flatten().find(named).cloned();
    let file = outside.unwrap_or(here);
    let size = file.metadata().ok().filter(|_| !BY_CARGO.contains(&path.as_str())).map(|file| file.len());
    Listed { path, file: size.map(|_| file), size: size.unwrap_or(0) }
}

/// Has cargo make the `.crate`, uncompiled, below the folder `work`; without its lock file, where a dependency was yanked
/// meanwhile or cannot be found for another reason.
///
/// # Errors
/// Cargo cannot; its own words say why.
pub fn pack(runner: &Runner, krate: &Crate, work: &Path) -> Result<Packed> {
    make(runner, krate, work, None)
        .or_else(|error| make(runner, krate, work, Some("--exclude-lockfile")).map_err(|_| error))
}

fn make(runner: &Runner, krate: &Crate, work: &Path, option: Option<&str>) -> Result<Packed> {
    let failed = || format!("cargo cannot package {}", krate.package.name);
    let target = work.join("packed");
    let mut command =
        runner.cargo().args(["package", "--no-verify", "--allow-dirty", "--locked", "--quiet"]).args(option);
    command = command.args(["--package", &krate.spec(), "--target-dir"]).arg(&target);
    // Before 1.90, cargo packages for no registry in particular.
    if krate.registry != CRATES_IO && super::Cargo::of(runner)?.publishes_several() {
        command = command.args(["--registry", &krate.registry]);
    }
    let output = command.ignore_status().output().context(failed)?;
    if !output.status.success() {
        return Err(Error::new(failed()).because(errors_of(&String::from_utf8_lossy(&output.stderr))));
    }
    let file = target.join("package").join(format!("{}-{}.crate", krate.package.name, krate.package.version));
    read(&file)
}

/// Reads a `.crate`.
///
/// # Errors
/// A file that is none.
pub fn read(file: &Path) -> Result<Packed> {
    let bytes = std::fs::read(file).context(|| format!("cannot read {}", file.display()))?;
    let contents = inspect::contents(file, ArchiveFormat::TarGz)?;
    let below = |path: String| path.split_once('/').map(|(_, below)| below.to_owned()).unwrap_or(path);
    let files = contents.into_iter().map(|(path, content)| (below(path), content)).collect();
    Ok(Packed { sha256: sha256(&bytes), files })
}

/// What cargo says from its first error on: progress and warnings are no reason.
pub(super) fn errors_of(stderr: &str) -> String {
    let from = stderr.find("error: ").map_or(0, |at| at + "error: ".len());
    stderr[from..].trim().to_owned()
}
