//! Packs the archives of a release, as many at once as there are cores.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::Planned;
use crate::compile::Built;
use crate::layout::Draft;
use crate::manifest::{Asset, Entry};
use crate::pack::{self, Packed};
use crate::plan::{PackagePlan, ReleasePlan, TargetPlan};
use crate::report::{Error, Result, terminal};
use crate::stage;
use crate::targets::Target;

/// Archives, and how long each took.
pub type Packing = (Vec<Asset>, BTreeMap<String, Duration>);

/// Packs all archives of a release.
///
/// # Errors
/// The first that cannot be packed.
pub fn pack_all(planned: &Planned, plan: &ReleasePlan, built: &[Built], draft: &Draft) -> Result<Packing> {
    let jobs: Vec<(&PackagePlan, &TargetPlan)> =
        plan.packages.iter().flat_map(|package| package.targets.iter().map(move |target| (package, target))).collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        while let Some((package, target)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let started = Instant::now();
            let result = pack_one(planned, &package.name, target, built, draft);
            if let Ok(mut done) = done.lock() {
                done.push((result, started.elapsed()));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut assets = Vec::new();
    let mut packing = BTreeMap::new();
    for (result, duration) in done.into_inner().unwrap_or_default() {
        let asset = result?;
        packing.insert(asset.name.clone(), duration);
        assets.push(asset);
    }
    assets.sort_by(|a: &Asset, b| a.name.cmp(&b.name));
    Ok((assets, packing))
}

fn pack_one(planned: &Planned, package: &str, target: &TargetPlan, built: &[Built], draft: &Draft) -> Result<Asset> {
    let member = planned.project.package(package);
    let built = built.iter().find(|built| built.package == package && built.target == target.target);
    let (Some(member), Some(built)) = (member, built) else {
        return Err(Error::new(format!("{package} was not built for {}", target.target)));
    };
    terminal::status("Packing", &target.archive.asset);
    let entries = stage::entries(&planned.project, member, target, built)?;
    let file = draft.folder().join(&target.archive.asset);
    let options = pack::Options {
        format: target.archive.format,
        epoch: planned.source.epoch,
        canonical: target.build.sign.is_empty(),
        watched: &planned.project.root,
    };
    let packed = pack::archive(&file, entries, options)?;
    report_paths(planned, &packed, &target.target);
    Ok(asset(package, target, packed))
}

/// Says which programs still hold the workspace's path, in spite of the remapping.
fn report_paths(planned: &Planned, packed: &Packed, target: &Target) {
    for entry in packed.entries.iter().filter(|entry| entry.holds_path) {
        let name = Path::new(&entry.entry.path).file_name().unwrap_or_default().to_string_lossy();
        terminal::warning(format_args!(
            "{name} for {target} holds the path {}: a build script or `env!` put it there, and the release will differ elsewhere",
            planned.project.root.display()
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
