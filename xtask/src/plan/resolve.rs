//! From the repository and its configuration to the releases that are to be made. Pure but for the listing of files.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::release::{ChannelPlan, PackagePlan, ReleasePlan};
use super::tags::{Tag, tags};
use super::wasm;
use crate::config::{Config, Known, Problems, Reader, channel_table, unknown};
use crate::names;
use crate::project::{self, Package, Project};
use crate::report::{Error, Problem, Result, Skip};
use crate::targets::{Glibc, Target};

/// What planning has to know of a channel.
pub trait ChannelRules: Sync {
    /// Its name in the configuration.
    fn id(&self) -> &'static str;

    /// Reads `[channel.<id>]` into settings that the plan keeps. Wrong settings are added to the reader's problems.
    fn settings(&self, table: &Reader<'_>) -> Value;

    /// Whether it is for packages of this kind: nobody expects the others there. Programs, unless it says otherwise.
    fn concerns(&self, package: &PackagePlan) -> bool {
        package.has_programs()
    }

    /// Whether the channel can serve the package.
    ///
    /// # Errors
    /// Why it cannot, and what to write so that it could.
    fn applies(&self, package: &PackagePlan, settings: &Value) -> Result<(), Skip>;
}

/// What the command line asks for, over what the configuration says.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only the releases of these packages; empty for all.
    pub packages: Vec<String>,
    /// Only the release that has this tag.
    pub tag: Option<String>,
    /// These targets (`host`, `all`, triples, gnu triples with a glibc); empty for what is configured.
    pub targets: Vec<String>,
    /// These channels; empty for what is configured.
    pub channels: Vec<String>,
    /// No signatures, whatever is configured: a release to try.
    pub unsigned: bool,
}

type Targets = BTreeMap<Target, Option<Glibc>>;

/// The targets of `--target all` where nothing is configured: what most users of a program have.
pub const ALL_TARGETS: &[&str] = &[
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-gnullvm",
];

/// Plans all releases.
///
/// # Errors
/// Everything that is wrong with the configuration and with what it would make, at once.
pub fn releases(
    project: &Project,
    config: &Config,
    channels: &[&dyn ChannelRules],
    templates: &BTreeMap<String, String>,
    wanted: &Wanted,
) -> Result<Vec<ReleasePlan>> {
    let names: Vec<&str> = project.packages.iter().map(|package| package.name.as_str()).collect();
    let ids: Vec<&str> = channels.iter().map(|channel| channel.id()).collect();
    let known = Known { packages: &names, channels: &ids };
    let problems = Problems::default();
    config.check(known, &problems);
    check_channels(config, channels, &problems);
    check_words(known, wanted, &problems);
    problems.into_result()?;

    let planner = Planner { project, config, channels, known, wanted };
    let (all, unasked) = planner.packages()?;
    // The tags are those of the whole, whichever packages are wanted now.
    let tags = tags(config, known, &all)?;
    let packages = of_tag(planner.wanted(all)?, wanted, &tags)?;
    let minisign = config.minisign(&Problems::default()).filter(|_| !wanted.unsigned);
    let public_key = minisign.map(|minisign| minisign.public_key);
    let forge = config.forge(&Problems::default());
    let mut releases: BTreeMap<String, ReleasePlan> = BTreeMap::new();
    let mut found: Vec<Problem> = Vec::new();
    for package in packages {
        let tag = &tags[&package.name];
        match planner.package(package, tag) {
            // Nothing of it is wanted now.
            Ok((plan, _)) if plan.targets.is_empty() || (plan.channels.is_empty() && !plan.has_programs()) => {}
            Ok((plan, skipped)) => {
                let release = releases.entry(tag.name.clone()).or_insert_with(|| ReleasePlan {
                    public_key: public_key.clone(),
                    forge: forge.of_repository(package.about.repository.as_deref()),
                    templates: templates.clone(),
                    ..empty_release(&tag.name, package)
                });
                release.packages.push(plan);
                release.skipped.extend(skipped);
            }
            Err(error) => found.extend(error.problems().iter().cloned()),
        }
    }
    found.extend(releases.values().flat_map(colliding_assets));
    if !found.is_empty() {
        return Err(Error::configuration(found));
    }
    if let Some(release) = releases.values_mut().next() {
        release.skipped.extend(unasked);
    }
    if releases.is_empty() {
        return Err(Error::usage("nothing is left to release").because(format!(
            "libraries for JavaScript are released for {} alone, and not by channels for programs",
            Target::wasm()
        )));
    }
    Ok(releases.into_values().collect())
}

fn check_channels(config: &Config, channels: &[&dyn ChannelRules], problems: &Problems) {
    for channel in channels {
        for table in config.channel_tables(channel.id(), problems) {
            channel.settings(&table);
            table.finish();
        }
    }
}

fn check_words(known: Known<'_>, wanted: &Wanted, problems: &Problems) {
    for name in wanted.packages.iter().filter(|name| !known.packages.contains(&name.as_str())) {
        problems.add(unknown("package", name, known.packages));
    }
    for id in wanted.channels.iter().filter(|id| !known.channels.contains(&id.as_str())) {
        problems.add(unknown("channel", id, known.channels));
    }
    for word in wanted.targets.iter().filter(|word| *word != "all") {
        if let Err(error) = Target::parse_word(word) {
            error.problems().iter().for_each(|problem| problems.add(problem.clone()));
        }
    }
}

/// Those of `packages` that are released under the tag that the command line asks for.
fn of_tag<'p>(
    mut packages: Vec<&'p Package>,
    wanted: &Wanted,
    tags: &BTreeMap<String, Tag>,
) -> Result<Vec<&'p Package>> {
    let Some(tag) = &wanted.tag else { return Ok(packages) };
    let known: BTreeSet<&str> = packages.iter().map(|package| tags[&package.name].name.as_str()).collect();
    if known.contains(tag.as_str()) {
        packages.retain(|package| tags[&package.name].name == *tag);
        return Ok(packages);
    }
    let known: Vec<&str> = known.into_iter().collect();
    Err(Error::usage(format!("no release of this workspace has the tag `{tag}`"))
        .because(format!("by its versions the tags are `{}`", known.join("`, `")))
        .help("correct the version in Cargo.toml and tag that commit, or check out the commit that the tag means"))
}

fn unasked_for(package: &Package) -> Skip {
    let remedy = format!("--package {}, or write `[wasm]` into {}", package.name, crate::config::FILE);
    Skip::new(&package.name, "a library for JavaScript beside programs is released when it is asked for", remedy)
}

fn empty_release(tag: &str, package: &Package) -> ReleasePlan {
    ReleasePlan {
        tag: tag.to_owned(),
        version: package.version.to_string(),
        prerelease: !package.version.pre.is_empty(),
        packages: Vec::new(),
        public_key: None,
        forge: None,
        templates: BTreeMap::new(),
        skipped: Vec::new(),
    }
}

struct Planner<'a> {
    project: &'a Project,
    config: &'a Config,
    channels: &'a [&'a dyn ChannelRules],
    known: Known<'a>,
    wanted: &'a Wanted,
}

impl<'a> Planner<'a> {
    /// The packages that are released: those named, else every member with a program that may be published. Libraries for
    /// JavaScript beside programs (of a demonstration, often) are released where that is asked for; and which are not.
    fn packages(&self) -> Result<(Vec<&'a Package>, Vec<Skip>)> {
        let ignored = Problems::default();
        let named = self.config.selection(self.known, &ignored).packages;
        let mut packages: Vec<&Package> = match &named {
            Some(listed) => listed.iter().filter_map(|name| self.project.package(name)).collect(),
            None => self.project.packages.iter().filter(|p| p.is_product() && self.is_releasable(p)).collect(),
        };
        if let Some(library) = packages.iter().find(|package| !self.is_releasable(package)) {
            return Err(Error::usage(format!("{} has no program to release", library.name))
                .because("and it is no library for JavaScript either: a `cdylib` that depends on wasm-bindgen")
                .help(format!("take it out of `packages` in {}", crate::config::FILE))
                .at(self.config.place(&["packages"], &library.name).as_ref()));
        }
        // What is named twice is released once.
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        packages.dedup_by(|a, b| a.name == b.name);
        let mut unasked = Vec::new();
        if named.is_none() && packages.iter().any(|package| !package.binaries.is_empty()) {
            unasked.extend(
                packages.iter().filter(|package| !self.is_asked_for(package)).map(|package| unasked_for(package)),
            );
            packages.retain(|package| self.is_asked_for(package));
        }
        if packages.is_empty() { Err(self.nothing_to_release()) } else { Ok((packages, unasked)) }
    }

    /// Whether it has a program, or something says that its library is wanted.
    fn is_asked_for(&self, package: &Package) -> bool {
        !package.binaries.is_empty()
            || self.wanted.packages.contains(&package.name)
            || self.config.scope(&package.name, Some(&Target::wasm())).contains_key("wasm")
    }

    fn is_releasable(&self, package: &Package) -> bool {
        !package.binaries.is_empty() || wasm::library(package, self.config).is_some()
    }

    /// Those of the released packages that the command line asks for.
    fn wanted(&self, mut packages: Vec<&'a Package>) -> Result<Vec<&'a Package>> {
        if self.wanted.packages.is_empty() {
            return Ok(packages);
        }
        let is_released = |name: &String| packages.iter().any(|package| package.name == *name);
        if let Some(name) = self.wanted.packages.iter().find(|name| !is_released(name)) {
            return Err(Error::usage(format!("{name} is not released")).help(
                "a released package has a program (or is for JavaScript) and no `publish = false`, or is in `packages`",
            ));
        }
        packages.retain(|package| self.wanted.packages.contains(&package.name));
        Ok(packages)
    }

    fn nothing_to_release(&self) -> Error {
        let members = || self.project.packages.iter().filter(|package| !package.is_release_system());
        let unpublished: Vec<&str> = members().filter(|p| self.is_releasable(p)).map(|p| p.name.as_str()).collect();
        let has_crates = members().any(|package| package.publishable);
        let error = Error::usage("there is nothing to release").because(match unpublished[..] {
            [] => "no package of the workspace has a program ([[bin]] or src/main.rs)".to_owned(),
            _ => format!("`publish = false` is set for all with a program: {}", unpublished.join(", ")),
        });
        match unpublished.first() {
            Some(name) => error.help(format!("write `packages = [\"{name}\"]` into {}", crate::config::FILE)),
            None if has_crates => error.help(
                "libraries are published as crates: `cargo xtask dist check` looks at them, `cargo xtask dist publish \
                 --channel crates-io` publishes them",
            ),
            None => error.help("add a program, or point --manifest-path at a workspace that has one"),
        }
    }

    fn package(&self, package: &Package, tag: &Tag) -> Result<(PackagePlan, Vec<Skip>)> {
        let ignored = Problems::default();
        let selection = self.config.package_selection(&package.name, self.known, &ignored);
        let repository = package.about.repository.as_deref();
        let by_host = repository.map(names::repository_base).as_deref().and_then(names::forge_download_url);
        let forge = self.config.forge(&ignored).of_repository(repository);
        let by_forge = forge.and_then(|forge| forge.download_url(repository));
        let mut plan = PackagePlan {
            name: package.name.clone(),
            about: package.about.clone(),
            programs: package.binaries.clone(),
            binstall: package.binstall.clone(),
            tag: tag.template.clone(),
            download_url: selection.download_url.or(by_forge).or_else(|| by_host.map(str::to_owned)),
            manifest: project::slashed(&self.project.below_root(&package.dir.join("Cargo.toml")))?,
            default_run: package.default_run.clone(),
            channels: Vec::new(),
            targets: Vec::new(),
        };
        let mut skipped = Vec::new();
        let mut problems = Vec::new();
        for target in self.targets(package, selection.targets)? {
            match super::target::target((self.project, self.config), package, &tag.name, &plan, target, &mut skipped) {
                Ok(target) => plan.targets.push(target),
                Err(error) => problems.extend(error.problems().iter().cloned()),
            }
        }
        problems.extend(super::target::compiled_twice(&plan));
        // What two targets complain of alike is said once.
        problems.dedup();
        if !problems.is_empty() {
            return Err(Error::configuration(problems));
        }
        let required =
            if self.wanted.channels.is_empty() { selection.channels } else { Some(self.wanted.channels.clone()) };
        plan.channels = self.channels(&plan, required.as_deref(), &mut skipped)?;
        Ok((plan, skipped))
    }

    /// The targets of a package: those of its programs, and the one that JavaScript loads.
    fn targets(&self, package: &Package, configured: Option<Targets>) -> Result<Targets> {
        let mut programs = if package.binaries.is_empty() { Targets::new() } else { self.platforms(configured)? };
        // Where there are such libraries, the target is theirs: no system runs a program for it.
        if self.project.packages.iter().any(|package| wasm::library(package, self.config).is_some()) {
            programs.remove(&Target::wasm());
        }
        let is_wanted = |word: &String| word == "all" || *word == *Target::wasm().triple();
        let library = wasm::library(package, self.config)
            .filter(|_| self.wanted.targets.is_empty() || self.wanted.targets.iter().any(is_wanted));
        Ok(programs.into_iter().chain(library.map(|_| (Target::wasm(), None))).collect())
    }

    /// The targets of programs, each with the oldest glibc that was asked for.
    fn platforms(&self, configured: Option<Targets>) -> Result<Targets> {
        let mut targets = Targets::new();
        for word in &self.wanted.targets {
            match (word.as_str(), &configured) {
                ("all", Some(configured)) => targets.extend(configured.clone()),
                ("all", None) => {
                    targets.extend(ALL_TARGETS.iter().map(|w| Target::parse_word(w)).collect::<Result<Vec<_>>>()?);
                }
                (word, configured) => {
                    let (target, glibc) = Target::parse_word(word)?;
                    // The bare triple means it as it is configured.
                    let known = configured.as_ref().and_then(|configured| configured.get(&target).copied().flatten());
                    targets.insert(target, glibc.or(known));
                }
            }
        }
        if targets.is_empty() {
            targets = configured.unwrap_or_else(|| Targets::from([(Target::host(), None)]));
        }
        Ok(targets)
    }

    fn channels(
        &self,
        plan: &PackagePlan,
        required: Option<&[String]>,
        skipped: &mut Vec<Skip>,
    ) -> Result<Vec<ChannelPlan>> {
        let scope = self.config.scope(&plan.name, None);
        let mut channels = Vec::new();
        let mut problems = Vec::new();
        for channel in self.channels {
            let named = required.is_some_and(|ids| ids.iter().any(|id| id == channel.id()));
            if (required.is_some() && !named) || !channel.concerns(plan) {
                continue;
            }
            let table = channel_table(&scope, channel.id());
            let settings = channel.settings(&Reader::new(&table, "", &Problems::default()));
            match channel.applies(plan, &settings) {
                Ok(()) => channels.push(ChannelPlan { id: channel.id().to_owned(), required: named, settings }),
                Err(skip) if named => {
                    problems.push(Problem {
                        causes: vec![skip.reason],
                        ..Problem::new(format!("{} cannot be made", skip.what)).help(skip.remedy)
                    });
                }
                Err(skip) => skipped.push(skip),
            }
        }
        if problems.is_empty() { Ok(channels) } else { Err(Error::configuration(problems)) }
    }
}

/// Assets of one release that would be one file, on systems that do not tell upper from lower case too.
fn colliding_assets(release: &ReleasePlan) -> Vec<Problem> {
    let mut seen: BTreeMap<String, (String, &str)> = BTreeMap::new();
    let mut problems = Vec::new();
    for package in &release.packages {
        for target in &package.targets {
            let asset = &target.archive.asset;
            let who = format!("{} for {}", package.name, target.target);
            let Some((other, theirs)) = seen.insert(asset.to_lowercase(), (who.clone(), asset)) else { continue };
            problems.push(if asset == theirs {
                Problem::new(format!("{other} and {who} would both be `{asset}`"))
                    .help("write `{ name }` and `{ target }` into `name` of [channel.archive]")
            } else {
                Problem::new(format!("{other} and {who} would be `{theirs}` and `{asset}`"))
                    .because("they differ only by upper and lower case, and are one file on macOS and Windows")
                    .help("set another `name` under [package.NAME.channel.archive] for one of them")
            });
        }
    }
    problems
}
