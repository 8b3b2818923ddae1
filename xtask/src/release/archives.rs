//! Packs the archives of a release, as many at once as there are cores.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Planned, parallel};
use crate::compile::Built;
use crate::layout::Draft;
use crate::manifest::{Asset, Entry};
use crate::pack::{self, Packed};
use crate::plan::{PackagePlan, ReleasePlan, TargetPlan};
use crate::project::Project;
use crate::report::{Error, Result, terminal};
use crate::stage;
use crate::targets::Target;

/// Archives, and how long each took.
pub type Packing = (Vec<Asset>, BTreeMap<String, Duration>);

/// Packs the archives of a release whose programs were built.
///
/// # Errors
/// The first that cannot be packed.
pub fn pack_all(planned: &Planned, plan: &ReleasePlan, built: &[Built], draft: &Draft) -> Result<Packing> {
    let all = plan.packages.iter().flat_map(|package| package.targets.iter().map(move |target| (package, target)));
    let is_of = |built: &&Built, package: &PackagePlan, target: &TargetPlan| {
        built.package == package.name && built.target == target.target
    };
    let jobs: Vec<(&PackagePlan, &TargetPlan, &Built)> = all
        .filter_map(|(package, target)| Some((package, target, built.iter().find(|b| is_of(b, package, target))?)))
        .collect();
    let done = parallel::map(&jobs, |(package, target, built)| {
        let started = Instant::now();
        let asset = pack_one(planned, package, target, built, draft);
        (asset, started.elapsed())
    });
    let mut assets = Vec::new();
    let mut packing = BTreeMap::new();
    for (result, duration) in done {
        let asset = result?;
        packing.insert(asset.name.clone(), duration);
        assets.push(asset);
    }
    assets.sort_by(|a: &Asset, b| a.name.cmp(&b.name));
    Ok((assets, packing))
}

fn pack_one(
    planned: &Planned,
    package: &PackagePlan,
    target: &TargetPlan,
    built: &Built,
    draft: &Draft,
) -> Result<Asset> {
    let Some(member) = planned.project.package(&package.name) else {
        return Err(Error::new(format!("the workspace has no package {}", package.name)));
    };
    let entries = stage::entries(&planned.project, member, target, built)?;
    pack(&planned.project, planned.source.epoch, (package, target), entries, draft)
}

/// Packs one archive of `entries`.
///
/// # Errors
/// As [`pack::archive`].
pub fn pack(
    project: &Project,
    epoch: u64,
    (package, target): (&PackagePlan, &TargetPlan),
    entries: Vec<pack::Entry>,
    draft: &Draft,
) -> Result<Asset> {
    terminal::status("Packing", &target.archive.asset);
    let file = draft.folder().join(&target.archive.asset);
    let options = pack::Options {
        format: target.archive.format,
        epoch,
        canonical: !package.signs(target),
        watched: &project.root,
    };
    let packed = pack::archive(&file, entries, options)?;
    report_paths(project, &packed, &target.target);
    Ok(asset(&package.name, target, packed))
}

/// Says which programs still hold the workspace's path, in spite of the remapping.
fn report_paths(project: &Project, packed: &Packed, target: &Target) {
    for entry in packed.entries.iter().filter(|entry| entry.holds_path) {
        let name = Path::new(&entry.entry.path).file_name().unwrap_or_default().to_string_lossy();
        terminal::warning(format_args!(
            "{name} for {target} holds the path {}: a build script or `env!` put it there, and the release will differ elsewhere",
            project.root.display()
        ));
    }
}

fn asset(package: &str, target: &TargetPlan, packed: Packed) -> Asset {
    let entry = |entry: pack::PackedEntry| Entry {
        path: entry.entry.path,
        mode: entry.entry.mode,
        role: entry.entry.role,
        size: entry.size,
        sha256: entry.sha256,
        executable: entry.executable,
    };
    Asset {
        name: target.archive.asset.clone(),
        package: package.to_owned(),
        target: target.target.clone(),
        size: packed.size,
        sha256: packed.sha256,
        url: target.archive.url.clone(),
        entries: packed.entries.into_iter().map(entry).collect(),
    }
}
