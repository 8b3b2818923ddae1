//! What the channels make of a release: recipes, filled templates, and the records beside them.

use super::{Planned, record};
use crate::channel::{self, Channel, Content, Made, Work};
use crate::hash::sha256;
use crate::layout::{Draft, SUMS, checksum_line};
use crate::manifest::{self, Asset, Manifest, Output};
use crate::plan::{PackagePlan, ReleasePlan};
use crate::project::Role;
use crate::report::{Error, Problem, Result};
use crate::template::Templates;
use crate::verify;

/// What build scripts write at most; templates have parts that only these fill.
const WRITTEN: &[(Role, &str)] = &[
    (Role::CompletionBash, "completions/x.bash"),
    (Role::CompletionZsh, "completions/_x"),
    (Role::CompletionFish, "completions/x.fish"),
    (Role::Manual, "man/x.1"),
];

/// Fills every template with what is known already, once without and once with what build scripts may add, so that one
/// that is wrong is found before the compiler runs.
pub fn preflight(planned: &Planned) -> Result<()> {
    let mut problems: Vec<Problem> = Vec::new();
    for (plan, written) in planned.releases.iter().flat_map(|plan| [(plan, &[][..]), (plan, WRITTEN)]) {
        let manifest = predicted(planned, plan, written);
        for error in plan
            .packages
            .iter()
            .flat_map(|package| made(&planned.templates, &manifest, package))
            .filter_map(Result::err)
        {
            let new =
                error.problems().iter().filter(|problem| !problems.contains(problem)).cloned().collect::<Vec<_>>();
            problems.extend(new);
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::configuration(problems)) }
}

/// The manifest as the plan lets expect it; digests are not known yet.
fn predicted(planned: &Planned, plan: &ReleasePlan, written: &[(Role, &str)]) -> Manifest {
    let assets = plan.packages.iter().flat_map(|package| package.targets.iter().map(move |target| (package, target)));
    let assets = assets.map(|(package, target)| Asset::predicted(&package.name, target, written)).collect();
    record(planned, plan, Vec::new(), assets)
}

/// Makes everything that the channels of the release want, and notes it in the manifest.
///
/// # Errors
/// A template that cannot be filled; a channel that the user named and that cannot be made; a full disk.
pub fn make_all(templates: &Templates, draft: &Draft, manifest: &mut Manifest) -> Result<()> {
    for package in manifest.plan.packages.clone() {
        for made in made(templates, &manifest.clone(), &package) {
            let (channel, made) = made?;
            take(channel, made, &package, draft, manifest)?;
        }
    }
    Ok(())
}

/// What each channel of a package makes.
fn made(
    templates: &Templates,
    manifest: &Manifest,
    package: &PackagePlan,
) -> Vec<Result<(&'static dyn Channel, Made)>> {
    let of_channel = |channel: &&'static dyn Channel| {
        let plan = package.channel(channel.id())?;
        let work = Work { release: manifest, package, channel: plan, templates };
        Some(channel.outputs(&work).map(|made| (*channel, made)))
    };
    channel::ALL.iter().filter_map(of_channel).collect()
}

fn take(
    channel: &dyn Channel,
    made: Made,
    package: &PackagePlan,
    draft: &Draft,
    manifest: &mut Manifest,
) -> Result<()> {
    let outputs = match made {
        Made::Outputs(outputs) => outputs,
        // What is missing may be all that it could have served: that is said already, and the rest is wanted.
        Made::Skipped(skip)
            if manifest.missing.is_empty() && package.channel(channel.id()).is_some_and(|plan| plan.required) =>
        {
            return Err(Error::new(format!("{} cannot be made", skip.what)).because(skip.reason).help(skip.remedy));
        }
        Made::Skipped(skip) => {
            manifest.skipped.push(skip);
            return Ok(());
        }
    };
    for output in outputs {
        let Content::Text(text) = output.content;
        draft.write(&output.path, text.as_bytes())?;
        manifest.outputs.push(Output {
            path: output.path,
            channel: channel.id().to_owned(),
            package: package.name.clone(),
            size: text.len() as u64,
            sha256: sha256(text.as_bytes()),
            claims: output.claims,
        });
    }
    Ok(())
}

/// Writes the manifest and the checksums.
///
/// # Errors
/// A full disk.
pub fn write_records(draft: &Draft, manifest: &Manifest) -> Result<()> {
    let text = manifest.to_text()?;
    draft.write(manifest::FILE, text.as_bytes())?;
    for asset in &manifest.assets {
        let line = checksum_line(&asset.sha256, &asset.name);
        draft.write(&Manifest::checksum_of(&asset.name), line.as_bytes())?;
    }
    draft.write(SUMS, verify::sums(manifest, &text).as_bytes())
}
