//! Packs the archives of a release, as many at once as there are cores.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Planned;
use super::reuse::{self, Packed, Reuse};
use crate::compile::Built;
use crate::layout::Draft;
use crate::manifest::{Asset, Entry};
use crate::pack;
use crate::parallel;
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
pub fn pack_all(
    planned: &Planned,
    plan: &ReleasePlan,
    built: &[Built],
    draft: &Draft,
    reuse: Option<&Reuse>,
) -> Result<Packing> {
    let all = plan.packages.iter().flat_map(|package| package.targets.iter().map(move |target| (package, target)));
    let is_of = |built: &&Built, package: &PackagePlan, target: &TargetPlan| {
        built.package == package.name && built.target == target.target
    };
    let jobs: Vec<(&PackagePlan, &TargetPlan, &Built)> = all
        .filter_map(|(package, target)| Some((package, target, built.iter().find(|b| is_of(b, package, target))?)))
        .collect();
    let done = parallel::map(&jobs, |(package, target, built)| {
        let started = Instant::now();
        let asset = pack_one(planned, (package, target), built, draft, reuse);
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
    (package, target): (&PackagePlan, &TargetPlan),
    built: &Built,
    draft: &Draft,
    reuse: Option<&Reuse>,
) -> Result<Asset> {
    let Some(member) = planned.project.package(&package.name) else {
        return Err(Error::new(format!("the workspace has no package {}", package.name)));
    };
    let entries = stage::entries(&planned.project, member, target, built)?;
    pack(&planned.project, planned.source.epoch, (package, target), entries, (draft, reuse))
}

/// Packs one archive of `entries`, unless the last release has the same.
///
/// # Errors
/// As [`pack::archive`].
pub fn pack(
    project: &Project,
    epoch: u64,
    (package, target): (&PackagePlan, &TargetPlan),
    entries: Vec<pack::Entry>,
    (draft, reuse): (&Draft, Option<&Reuse>),
) -> Result<Asset> {
    let name = &target.archive.asset;
    let options = pack::Options {
        format: target.archive.format,
        epoch,
        canonical: !package.signs(target),
        watched: &project.root,
    };
    // What signs programs may do it in another way each time.
    let reuse = reuse.filter(|_| !package.signs(target));
    let inputs = reuse.map(|reuse| reuse.inputs(name, &entries, options)).transpose()?;
    let pack = || {
        let archive = pack::archive(&draft.folder().join(name), entries, options)?;
        let read = archive.entries.iter().map(|entry| (entry.entry.clone(), entry.read_sha256.clone())).collect();
        Ok((packed(archive), read))
    };
    let packed = reuse::or_pack_files(draft, name, inputs, pack)?;
    report_paths(project, &packed, &target.target);
    Ok(asset(&package.name, target, packed))
}

/// Says which programs still hold the workspace's path, in spite of the remapping.
fn report_paths(project: &Project, packed: &Packed, target: &Target) {
    for path in &packed.telling {
        let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
        terminal::warning(format_args!(
            "{name} for {target} holds the path {}: a build script or `env!` put it there, and the release will differ elsewhere",
            project.root.display()
        ));
    }
}

/// An archive as it is noted.
fn packed(archive: pack::Packed) -> Packed {
    let telling = archive.entries.iter().filter(|entry| entry.holds_path).map(|entry| entry.entry.path.clone());
    let telling = telling.collect();
    let entry = |entry: pack::PackedEntry| Entry {
        path: entry.entry.path,
        mode: entry.entry.mode,
        role: entry.entry.role,
        size: entry.size,
        sha256: entry.sha256,
        executable: entry.executable,
    };
    let entries = archive.entries.into_iter().map(entry).collect();
    Packed { size: archive.size, sha256: archive.sha256, integrity: None, entries, telling }
}

fn asset(package: &str, target: &TargetPlan, packed: Packed) -> Asset {
    Asset {
        name: target.archive.asset.clone(),
        package: package.to_owned(),
        target: target.target.clone(),
        size: packed.size,
        sha256: packed.sha256,
        url: target.archive.url.clone(),
        entries: packed.entries,
    }
}
