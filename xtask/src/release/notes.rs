//! The notes of a release, made when everything else of it is there: they have the digest of every file.

use std::path::Path;

use crate::changelog::{self, Changelog, Section};
use crate::channel::archive::{self, notes};
use crate::config::ForgeKind;
use crate::hash::sha256;
use crate::layout::Draft;
use crate::manifest::{Manifest, Output};
use crate::plan::ReleasePlan;
use crate::report::{Problem, Result, Skip};
use crate::template::Templates;

/// Writes the notes of a release that goes to a forge. Where the changelog has nothing for it, the manifest says so:
/// such a release can be made, and not be published there.
///
/// # Errors
/// A changelog that cannot be read, a template that cannot be filled, a full disk.
pub fn make(templates: &Templates, root: &Path, draft: &Draft, manifest: &mut Manifest) -> Result<()> {
    let plan = &manifest.plan;
    let Some(forge) = plan.forge.as_ref().filter(|forge| forge.kind != ForgeKind::Command) else { return Ok(()) };
    let Some(package) = plan.packages.iter().find(|package| package.channel(archive::ID).is_some()) else {
        return Ok(());
    };
    let names: Vec<&str> = plan.packages.iter().map(|package| package.name.as_str()).collect();
    let found = changelog_of(root, plan)?;
    let section = match found.map(|changelog| changelog.section(&plan.version, &names)) {
        Some(Ok(section)) => Some(section),
        _ if forge.without_changelog => None,
        Some(Err(error)) => {
            manifest.skipped.push(missing(&error.problems()[0]));
            return Ok(());
        }
        None => {
            let write = format!("write one: {}, with `## [{}] - YYYY-MM-DD`", changelog::FILE, plan.version);
            manifest.skipped.push(Skip::new(archive::NOTES, "there is no changelog", write));
            return Ok(());
        }
    };
    let text = notes::render(templates, manifest, section.as_ref())?;
    draft.write(notes::PATH, text.as_bytes())?;
    let output = Output {
        path: notes::PATH.to_owned(),
        channel: archive::ID.to_owned(),
        package: package.name.clone(),
        size: text.len() as u64,
        sha256: sha256(text.as_bytes()),
        integrity: None,
        claims: notes::claims(manifest),
    };
    manifest.outputs.push(output);
    Ok(())
}

/// Why the notes could not be written, as far as it is known before anything is compiled.
pub fn unfit(templates: &Templates, release: &Manifest) -> Vec<Problem> {
    let section = Section { heading: release.plan.version.clone(), body: "- a change".to_owned() };
    let filled = [None, Some(&section)].map(|section| notes::render(templates, release, section));
    let problems = filled.iter().filter_map(|filled| Some(filled.as_ref().err()?.problems().to_vec()));
    problems.flatten().collect()
}

fn missing(problem: &Problem) -> Skip {
    let reason = [std::slice::from_ref(&problem.what), &problem.causes].concat().join("; ");
    Skip::new(archive::NOTES, reason, problem.help.clone().unwrap_or_default())
}

/// The changelog of a release: the configured one, else the one that goes into its archives, else the workspace's; none
/// where there is none.
///
/// # Errors
/// A file that cannot be read: a configured one has to be there.
pub fn changelog_of(root: &Path, plan: &ReleasePlan) -> Result<Option<Changelog>> {
    let configured = plan.forge.as_ref().and_then(|forge| forge.changelog.clone());
    let is_changelog = |path: &str| path.to_ascii_uppercase().starts_with("CHANGELOG") && !path.contains('/');
    let packed = || {
        let files = plan.packages.iter().flat_map(|package| &package.targets).flat_map(|target| &target.files);
        files.into_iter().find(|file| is_changelog(&file.path)).map(|file| file.from.clone())
    };
    let usual = || root.join(changelog::FILE).is_file().then(|| changelog::FILE.to_owned());
    let name = configured.or_else(packed).or_else(usual);
    name.map(|name| Changelog::read(&root.join(&name), name.as_str())).transpose()
}
