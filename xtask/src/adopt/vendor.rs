//! Repositories with vendored crates: what the engine is compiled with is put beside what is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::changes::Changes;
use super::source::{self, Source};
use super::survey::Survey;
use crate::layout::files_below;
use crate::report::{Context, Error, Result, terminal};
use crate::run::Runner;

/// Adds the crates that are not there yet, with their checksums, each in a folder of its own.
///
/// # Errors
/// Cargo does not have them, and cannot fetch them.
pub fn add(survey: &Survey, source: &Source, changes: &mut Changes, notes: &mut Vec<String>) -> Result<()> {
    let Some(folder) = &survey.vendored else { return Ok(()) };
    let Ok(below) = folder.strip_prefix(&survey.root) else {
        notes.push(format!("crates come from {}: it needs those of the release system too", folder.display()));
        return Ok(());
    };
    let result = source::alone(&source.files, |alone, runner| {
        vendor(runner)?;
        missing(&alone.join("vendor"), folder, below, changes)
    });
    let (count, size) = result?;
    notes.push(format!(
        "{count} crates ({}) of the release system were added to {}",
        terminal::size(size),
        below.display()
    ));
    Ok(())
}

/// Has cargo put all that the engine is compiled with into the folder `vendor`.
fn vendor(runner: &Runner) -> Result<()> {
    let failed = || "cannot vendor what the release system is compiled with";
    let mut said = String::new();
    // What was downloaded to compile this program is there without a network.
    for offline in [Some("--offline"), None] {
        let vendor = runner.cargo().args(["vendor", "--quiet", "--locked", "--versioned-dirs"]).args(offline);
        let output = vendor.ignore_status().output().context(failed)?;
        if output.status.success() {
            return Ok(());
        }
        String::from_utf8_lossy(&output.stderr).trim().clone_into(&mut said);
    }
    Err(Error::new(failed()).because(said).help("run it once where there is a network"))
}

fn missing(crates: &Path, folder: &Path, below: &Path, changes: &mut Changes) -> Result<(usize, u64)> {
    let there = ids(folder)?;
    let (mut count, mut size) = (0, 0);
    for (id, from) in ids(crates)? {
        if there.iter().any(|(other, _)| *other == id) {
            continue;
        }
        count += 1;
        for file in files_below(&from)? {
            let content = fs::read(from.join(&file)).context(|| format!("cannot read {file} of {id}"))?;
            size += content.len() as u64;
            let to = below.join(&id).join(&file);
            changes.add(to.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"), content);
        }
    }
    Ok((count, size))
}

/// `name-version` of every crate in a folder of crates, and where it is.
fn ids(folder: &Path) -> Result<BTreeSet<(String, PathBuf)>> {
    let mut ids = BTreeSet::new();
    for entry in fs::read_dir(folder).context(|| format!("cannot list {}", folder.display()))? {
        let path = entry.context(|| format!("cannot list {}", folder.display()))?.path();
        let Ok(manifest) = fs::read_to_string(path.join("Cargo.toml")) else { continue };
        // Cargo writes published manifests in this form.
        let value = |key: &str| manifest.lines().find_map(|line| line.strip_prefix(key)?.strip_suffix('"'));
        if let (Some(name), Some(version)) = (value("name = \""), value("version = \"")) {
            ids.insert((format!("{name}-{version}"), path.clone()));
        }
    }
    Ok(ids)
}
