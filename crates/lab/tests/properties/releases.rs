//! Releases of any workspace, configured anyhow: what the tool makes and writes for cargo-binstall, the resolver finds.

use std::fs;

use lab::scratch;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use xtask_dist::binstall::url::Url;
use xtask_dist::binstall::{self, Answer, Entry, Signature, Strategies};
use xtask_dist::channel::{self, Content, Made, Work};
use xtask_dist::manifest::{Asset, FORMAT, Manifest, Tool};
use xtask_dist::plan::{PackagePlan, ReleasePlan, TargetPlan};
use xtask_dist::project::{Project, Source};
use xtask_dist::targets::ArchiveFormat;
use xtask_dist::template::Templates;

use super::check;
use super::plans::{plan, workspace};

#[test]
fn what_is_released_is_found() {
    check(128, workspace(), |workspace| {
        let folder = workspace.written();
        let Ok(project) = Project::load(Some(&folder)) else { return Ok(()) };
        let plans = plan(&project, &workspace.config).unwrap_or_default();
        plans
            .into_iter()
            .map(released)
            .try_for_each(|release| release.plan.packages.iter().try_for_each(|package| is_found(&release, package)))
    });
}

/// The record of a release that is made by the plan.
fn released(plan: ReleasePlan) -> Manifest {
    let asset = |package: &PackagePlan, target: &TargetPlan| Asset {
        name: target.archive.asset.clone(),
        package: package.name.clone(),
        target: target.target.clone(),
        size: 0,
        sha256: String::new(),
        url: target.archive.url.clone(),
        entries: Vec::new(),
    };
    let assets = plan.packages.iter().flat_map(|package| package.targets.iter().map(|target| asset(package, target)));
    Manifest {
        format: FORMAT,
        tool: Tool::this(),
        source: Source { commit: None, dirty: None, lock: None, epoch: 0 },
        assets: assets.collect(),
        plan,
        builds: Vec::new(),
        outputs: Vec::new(),
        skipped: Vec::new(),
        missing: Vec::new(),
    }
}

/// The client finds the programs of a package in its archive, for each target.
fn is_found(release: &Manifest, package: &PackagePlan) -> Result<(), TestCaseError> {
    let Some(channel) = package.channels.iter().find(|channel| channel.id == "binstall") else { return Ok(()) };
    let module = channel::ALL.iter().find(|module| module.id() == "binstall").unwrap();
    let templates = Templates::load(std::path::Path::new("/nowhere"), module.templates()).unwrap();
    let work = Work { release, package, channel, templates: &templates };
    // Where the client cannot be served, that is said; `sections` holds that against the client.
    let Made::Outputs(outputs) = module.outputs(&work).unwrap() else { return Ok(()) };
    let section = match outputs.first().map(|output| &output.content) {
        None => "",
        Some(Content::Text(section)) => section,
        Some(other) => panic!("{other:?} is no text"),
    };

    let place = scratch("released");
    let repository = package.about.repository.as_deref();
    let manifest = format!(
        "[package]\nname = {:?}\nversion = {:?}\n{}edition = \"2021\"\n",
        package.name,
        release.plan.version,
        repository.map(|url| format!("repository = {url:?}\n")).unwrap_or_default(),
    );
    fs::create_dir(place.join("src")).unwrap();
    fs::write(place.join("src/main.rs"), "").unwrap();
    fs::write(place.join("Cargo.toml"), manifest + section).unwrap();
    let read = binstall::read(&place, &package.name).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let metadata = read.metadata.map_err(|refusal| TestCaseError::fail(refusal.to_string()))?;
    // The client installs no package whose repository is no URL, whatever else is said of it.
    let is_url = repository.is_none_or(|repository| Url::parse(repository).is_ok());
    for target in package.targets.iter().filter(|_| is_url) {
        let archive = &target.archive;
        let resolution = binstall::resolve(&read.subject, &metadata, target.target.triple(), &Strategies::default());
        let suffix = target.target.exe_suffix();
        let inside = |name: &String| archive.inside(&format!("{name}{suffix}"));
        let entries: Vec<Entry> = match archive.format {
            ArchiveFormat::Bin => Vec::new(),
            _ => target.binaries.iter().map(inside).map(Entry::file).collect(),
        };
        let url = archive.url.as_deref().unwrap_or_default();
        let served = resolution.serve(|candidate| {
            (candidate.url == url).then_some(Answer { entries: Ok(&entries), signature: Signature::Missing })
        });
        let tried: Vec<&str> = resolution.candidates.urls.iter().map(|candidate| candidate.url.as_str()).collect();
        prop_assert!(served.is_ok(), "{:?}: {url} is not among {tried:?}\n{section}", served);
        prop_assert_eq!(served.unwrap().found.programs.len(), target.binaries.len());
    }
    Ok(())
}
