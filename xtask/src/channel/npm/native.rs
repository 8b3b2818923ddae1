//! Programs over npm: a package a platform that has the archive's programs, and a main one that brings the right one
//! along and runs it. Nothing is downloaded and nothing is run when they are installed.

use std::collections::{BTreeMap, BTreeSet};

use super::package::NpmPackage;
use super::package_json::PackageJson;
use super::{LAUNCHER, PLATFORM_README, README, Settings, launcher, names};
use crate::channel::Work;
use crate::inspect::Executable;
use crate::manifest::{Asset, Entry, Manifest};
use crate::pack::Source;
use crate::plan::PackagePlan;
use crate::project::Role;
use crate::report::Result;
use crate::targets::NpmPlatform;

/// Where programs and scripts are in a package.
const BIN: &str = "bin";

/// A package for one platform.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformPackage<'m> {
    /// Its name on npm.
    pub name: String,
    /// The platforms that it serves: one, or both of a universal archive.
    pub platforms: Vec<NpmPlatform>,
    /// The C library without which its programs do not run; what is static runs with any.
    pub libc: Option<&'static str>,
    /// The archive that has its programs.
    pub asset: &'m Asset,
    /// The programs.
    pub programs: Vec<Program<'m>>,
}

/// A program in a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program<'m> {
    /// Its name, as it is called.
    pub name: &'m str,
    /// The end of its file's name.
    pub suffix: &'static str,
    /// Where it is in the archive.
    pub entry: &'m Entry,
}

impl Program<'_> {
    /// Its file in the package.
    pub fn file(&self) -> String {
        format!("{BIN}/{}{}", self.name, self.suffix)
    }
}

/// The packages for the platforms that a release serves, in the order of their names.
pub fn platform_packages<'m>(
    release: &'m Manifest,
    package: &'m PackagePlan,
    settings: &Settings,
) -> Vec<PlatformPackage<'m>> {
    let mut chosen: BTreeMap<NpmPlatform, &Asset> = BTreeMap::new();
    for asset in release.assets_of(&package.name) {
        for platform in asset.target.npm() {
            let best = chosen.entry(platform).or_insert(asset);
            if rank(asset) < rank(best) {
                *best = asset;
            }
        }
    }
    // A universal archive is one package, unless one of its processors has an archive of its own.
    let mut served: BTreeMap<&str, (&Asset, Vec<NpmPlatform>)> = BTreeMap::new();
    for (platform, asset) in &chosen {
        served.entry(&asset.name).or_insert_with(|| (asset, Vec::new())).1.push(*platform);
    }
    let base = settings.platforms_of(package);
    let of_asset = |(asset, platforms): (&'m Asset, Vec<NpmPlatform>)| {
        let is_only = |one: &NpmPlatform| {
            let same = chosen.keys().filter(|other| (other.os, other.cpu) == (one.os, one.cpu));
            same.count() == 1
        };
        let runs_anywhere = is_static(asset) && platforms.iter().all(is_only);
        PlatformPackage {
            name: names::npm_platform_name(&base, &platforms),
            libc: platforms.first().and_then(|platform| platform.libc).filter(|_| !runs_anywhere),
            programs: programs(package, asset),
            platforms,
            asset,
        }
    };
    let mut packages: Vec<_> = served.into_values().map(of_asset).collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    packages
}

/// Two targets may be one platform: what is made for it alone, then what is usual there, comes first. armv6 comes before
/// armv7, which runs it too.
fn rank(asset: &Asset) -> (bool, bool, bool, bool, &str) {
    let triple = asset.target.triple();
    let ends = |word: &str| !triple.ends_with(word);
    (asset.target.slices().is_some(), ends("msvc"), ends("gnullvm"), ends("hf"), triple)
}

fn is_static(asset: &Asset) -> bool {
    asset.executables().all(|entry| entry.executable.as_ref().is_some_and(Executable::is_static))
}

fn programs<'m>(package: &'m PackagePlan, asset: &'m Asset) -> Vec<Program<'m>> {
    // What is released bare is called as it is downloaded.
    let bare = package.target(&asset.target).filter(|plan| plan.archive.is_bare());
    let bare = bare.and_then(|plan| plan.binaries.first());
    let suffix = asset.target.exe_suffix();
    let program = |entry: &'m Entry| {
        let file = entry.file_name();
        let name = bare.map_or_else(|| file.strip_suffix(suffix).unwrap_or(file), String::as_str);
        Program { name, suffix, entry }
    };
    asset.executables().map(program).collect()
}

/// The names of all programs, each once.
pub fn commands<'p>(packages: &'p [PlatformPackage<'_>]) -> BTreeSet<&'p str> {
    packages.iter().flat_map(|package| &package.programs).map(|program| program.name).collect()
}

/// Whether a file of a package is where programs and scripts are.
pub fn is_program(file: &str) -> bool {
    file.strip_prefix(BIN).is_some_and(|rest| rest.starts_with('/'))
}

/// The script that runs a program.
pub fn script_of(command: &str) -> String {
    format!("{BIN}/{command}.js")
}

/// All packages of a release's package: those for platforms, and then the main one, which needs them. None where the
/// release has nothing for any platform that node runs on.
///
/// # Errors
/// A template that cannot be filled.
pub fn packages(work: &Work<'_>, settings: &Settings) -> Result<Vec<NpmPackage>> {
    let platforms = platform_packages(work.release, work.package, settings);
    if platforms.is_empty() {
        return Ok(Vec::new());
    }
    let of_platform = platforms.iter().map(|platform| for_platform(work, settings, platform));
    let main = main(work, settings, &platforms);
    of_platform.chain([main]).collect()
}

fn for_platform(work: &Work<'_>, settings: &Settings, platform: &PlatformPackage<'_>) -> Result<NpmPackage> {
    let version = &work.release.plan.version;
    let documents = documents(platform.asset, &["README"]);
    let names: Vec<&str> = documents.iter().map(|entry| entry.file_name()).collect();
    let json = PackageJson::of((work.package, settings), &platform.name, version, &names);
    let words = |word: fn(&NpmPlatform) -> &'static str| {
        platform.platforms.iter().map(word).collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
    };
    let view = launcher::PlatformView::new(work, settings, platform);
    let mut package = NpmPackage::new(PackageJson {
        description: Some(view.what()),
        keywords: Vec::new(),
        os: words(|platform| platform.os),
        cpu: words(|platform| platform.cpu),
        libc: platform.libc.map(str::to_owned).into_iter().collect(),
        prefer_unplugged: true,
        ..json
    });
    for program in &platform.programs {
        package.add(&program.file(), true, archived(platform.asset, program.entry));
    }
    package.add("README.md", false, text(work.templates.render(PLATFORM_README.path, &view)?));
    add_documents(&mut package, platform.asset, &documents);
    Ok(package)
}

fn main(work: &Work<'_>, settings: &Settings, platforms: &[PlatformPackage<'_>]) -> Result<NpmPackage> {
    let version = &work.release.plan.version;
    let with_documents =
        platforms.iter().map(|platform| platform.asset).find(|asset| !documents(asset, &[]).is_empty());
    let documents = with_documents.map(|asset| documents(asset, &[])).unwrap_or_default();
    let names: Vec<&str> = documents.iter().map(|entry| entry.file_name()).collect();
    let json = PackageJson::of((work.package, settings), &settings.name_of(work.package), version, &names);
    let commands = commands(platforms);
    let mut package = NpmPackage::new(PackageJson {
        bin: commands.iter().map(|command| ((*command).to_owned(), script_of(command))).collect(),
        engines: BTreeMap::from([("node".to_owned(), settings.node.clone())]),
        optional_dependencies: platforms.iter().map(|it| (it.name.clone(), version.clone())).collect(),
        ..json
    });
    for command in &commands {
        let view = launcher::View::new(&package.json.name, command, platforms);
        package.add(&script_of(command), true, text(work.templates.render(LAUNCHER.path, &view)?));
    }
    if !names.iter().any(|name| is_readme(name)) {
        let view = launcher::MainView::new(work, &package.json.name, &commands);
        package.add("README.md", false, text(work.templates.render(README.path, &view)?));
    }
    if let Some(asset) = with_documents {
        add_documents(&mut package, asset, &documents);
    }
    Ok(package)
}

/// The documents at the top of an archive but for those that begin so: licences, and what else it is read with.
fn documents<'m>(asset: &'m Asset, without: &[&str]) -> Vec<&'m Entry> {
    let is_wanted = |entry: &&Entry| !without.iter().any(|word| entry.file_name().to_uppercase().starts_with(word));
    asset.with_role(Role::Document).filter(is_wanted).collect()
}

fn add_documents(package: &mut NpmPackage, asset: &Asset, documents: &[&Entry]) {
    for entry in documents {
        package.add(entry.file_name(), false, archived(asset, entry));
    }
}

fn is_readme(file: &str) -> bool {
    file.to_uppercase().starts_with("README")
}

fn archived(asset: &Asset, entry: &Entry) -> Source {
    Source::Archived { asset: asset.name.clone(), path: entry.path.clone(), sha256: entry.sha256.clone() }
}

fn text(text: String) -> Source {
    Source::Inline(text.into_bytes())
}
