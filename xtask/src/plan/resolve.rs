//! From the repository and its configuration to the releases that are to be made. Pure but for the listing of files.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::features;
use super::release::{ArchivePlan, ChannelPlan, PackagePlan, ReleasePlan, TargetPlan};
use crate::config::{ArchiveSettings, BuildSettings, Config, Known, Problems, Reader, channel_table, unknown};
use crate::names;
use crate::project::{self, File, Package, Project};
use crate::report::{Error, Problem, Result, Skip};
use crate::targets::Target;

/// What planning has to know of a channel.
pub trait ChannelRules: Sync {
    /// Its name in the configuration.
    fn id(&self) -> &'static str;

    /// Reads `[channel.<id>]` into settings that the plan keeps. Wrong settings are added to the reader's problems.
    fn settings(&self, table: &Reader<'_>) -> Value;

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
    /// These targets (`host`, `all` or triples); empty for what is configured.
    pub targets: Vec<String>,
    /// These channels; empty for what is configured.
    pub channels: Vec<String>,
}

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
    let packages = planner.packages()?;
    let tags = planner.tags(&packages)?;
    let mut releases: BTreeMap<String, ReleasePlan> = BTreeMap::new();
    let mut found: Vec<Problem> = Vec::new();
    for package in packages {
        let tag = &tags[&package.name];
        match planner.package(package, tag) {
            Ok((plan, skipped)) => {
                let release = releases.entry(tag.clone()).or_insert_with(|| empty_release(tag, package, templates));
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
    for word in wanted.targets.iter().filter(|word| !matches!(word.as_str(), "all" | "host")) {
        if let Err(error) = Target::parse(word) {
            error.problems().iter().for_each(|problem| problems.add(problem.clone()));
        }
    }
}

fn empty_release(tag: &str, package: &Package, templates: &BTreeMap<String, String>) -> ReleasePlan {
    ReleasePlan {
        tag: tag.to_owned(),
        version: package.version.to_string(),
        prerelease: !package.version.pre.is_empty(),
        packages: Vec::new(),
        templates: templates.clone(),
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
    /// The packages that are released: those named, else every member with a program that may be published.
    fn packages(&self) -> Result<Vec<&'a Package>> {
        let ignored = Problems::default();
        let named = self.config.selection(self.known, &ignored).packages;
        let mut packages: Vec<&Package> = match &named {
            Some(listed) => listed.iter().filter_map(|name| self.project.package(name)).collect(),
            None => self.project.packages.iter().filter(|p| p.publishable && !p.binaries.is_empty()).collect(),
        };
        if let Some(library) = packages.iter().find(|package| package.binaries.is_empty()) {
            return Err(Error::usage(format!("{} has no program to release", library.name))
                .help(format!("take it out of `packages` in {}", crate::config::FILE)));
        }
        if packages.is_empty() {
            return Err(self.nothing_to_release());
        }
        if !self.wanted.packages.is_empty() {
            packages.retain(|package| self.wanted.packages.contains(&package.name));
            if packages.is_empty() {
                return Err(Error::usage("the packages that were asked for are not released")
                    .help("a released package has a program and no `publish = false`, or is named in `packages`"));
            }
        }
        Ok(packages)
    }

    fn nothing_to_release(&self) -> Error {
        let unpublished: Vec<&str> =
            self.project.packages.iter().filter(|p| !p.binaries.is_empty()).map(|p| p.name.as_str()).collect();
        let error = Error::usage("there is nothing to release").because(match unpublished[..] {
            [] => "no package of the workspace has a program ([[bin]] or src/main.rs)".to_owned(),
            _ => format!("`publish = false` is set for all with a program: {}", unpublished.join(", ")),
        });
        match unpublished.first() {
            Some(name) => error.help(format!("write `packages = [\"{name}\"]` into {}", crate::config::FILE)),
            None => error.help("add a program, or point --manifest-path at a workspace that has one"),
        }
    }

    /// The tag of each package: as configured, else `v<version>` for those that share their version (and for one
    /// that is alone), `<name>-v<version>` for the others.
    fn tags(&self, packages: &[&Package]) -> Result<BTreeMap<String, String>> {
        let ignored = Problems::default();
        let versions: BTreeSet<_> = packages.iter().map(|package| &package.version).collect();
        let mut tags = BTreeMap::new();
        let mut problems = Vec::new();
        for package in packages {
            let sharing = packages.iter().filter(|other| other.version == package.version).count();
            let default = if versions.len() == 1 || sharing > 1 { names::SHARED_TAG } else { names::OWN_TAG };
            let configured = self.config.package_selection(&package.name, self.known, &ignored).tag;
            let version = package.version.to_string();
            let values = BTreeMap::from([("name", package.name.as_str()), ("version", version.as_str())]);
            let tag = names::render(configured.as_deref().unwrap_or(default), &values)?;
            problems.extend(tag_problem(&tag));
            tags.insert(package.name.clone(), tag);
        }
        for package in packages {
            let other = packages.iter().find(|o| tags[&o.name] == tags[&package.name] && o.version != package.version);
            if let Some(other) = other {
                let what = format!(
                    "{} {} and {} {} have the same tag `{}`",
                    package.name, package.version, other.name, other.version, tags[&package.name]
                );
                problems.push(Problem::new(what).help("write `{ version }` (and `{ name }`) into `tag`"));
                break;
            }
        }
        if problems.is_empty() { Ok(tags) } else { Err(Error::configuration(problems)) }
    }

    fn package(&self, package: &Package, tag: &str) -> Result<(PackagePlan, Vec<Skip>)> {
        let ignored = Problems::default();
        let selection = self.config.package_selection(&package.name, self.known, &ignored);
        let repository = package.about.repository.as_deref();
        let forge = repository.map(names::repository_base).as_deref().and_then(names::forge_download_url);
        let mut plan = PackagePlan {
            name: package.name.clone(),
            about: package.about.clone(),
            binstall: package.binstall.clone(),
            download_url: selection.download_url.or_else(|| forge.map(str::to_owned)),
            channels: Vec::new(),
            targets: Vec::new(),
        };
        let mut skipped = Vec::new();
        let mut problems = Vec::new();
        for target in self.targets(selection.targets)? {
            match self.target(package, tag, &plan, target, &mut skipped) {
                Ok(target) => plan.targets.push(target),
                Err(error) => problems.extend(error.problems().iter().cloned()),
            }
        }
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

    fn targets(&self, configured: Option<Vec<Target>>) -> Result<Vec<Target>> {
        let mut targets: BTreeSet<Target> = BTreeSet::new();
        for word in &self.wanted.targets {
            match (word.as_str(), &configured) {
                ("host", _) => _ = targets.insert(Target::host()),
                ("all", Some(configured)) => targets.extend(configured.iter().cloned()),
                ("all", None) => {
                    targets.extend(ALL_TARGETS.iter().map(|triple| Target::parse(triple)).collect::<Result<Vec<_>>>()?);
                }
                (triple, _) => _ = targets.insert(Target::parse(triple)?),
            }
        }
        if targets.is_empty() {
            targets.extend(configured.unwrap_or_else(|| vec![Target::host()]));
        }
        Ok(targets.into_iter().collect())
    }

    fn target(
        &self,
        package: &Package,
        tag: &str,
        plan: &PackagePlan,
        target: Target,
        skipped: &mut Vec<Skip>,
    ) -> Result<TargetPlan> {
        let scope = self.config.scope(&package.name, Some(&target));
        let build = BuildSettings::of_scope(&scope);
        let binaries = binaries(package, &build, skipped)?;
        if !self.project.has_profile(&build.profile) && build.profile != "dist" {
            return Err(Error::usage(format!("the workspace has no profile `{}`", build.profile))
                .help(format!("add [profile.{}] to the workspace's Cargo.toml", build.profile)));
        }
        let archive = archive(package, tag, plan, &target, &channel_table(&scope, "archive"))?;
        let files = self.files(package, &build)?;
        Ok(TargetPlan { target, build, binaries, archive, files })
    }

    fn files(&self, package: &Package, build: &BuildSettings) -> Result<Vec<File>> {
        let mut files: BTreeMap<String, File> = BTreeMap::new();
        let automatic = project::documents(self.project, package)?.into_iter();
        for file in automatic.chain(project::repository_extras(self.project, package)?) {
            files.insert(file.path.clone(), file);
        }
        for pattern in &build.include {
            for file in project::included(self.project, package, pattern)? {
                match files.get(&file.path) {
                    Some(other) if other.from != file.from => {
                        return Err(Error::usage(format!(
                            "{} and {} would both be {} in the archive",
                            other.from, file.from, file.path
                        ))
                        .help("narrow the `include` globs, or rename one"));
                    }
                    Some(_) => {}
                    None => _ = files.insert(file.path.clone(), file),
                }
            }
        }
        Ok(files.into_values().collect())
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
            if required.is_some() && !named {
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

/// A tag that git would refuse (`git help check-ref-format`), said before anything is built.
fn tag_problem(tag: &str) -> Option<Problem> {
    let refused = tag.is_empty()
        || tag.contains(|c: char| c.is_control() || " ~^:?*[\\".contains(c))
        || ["..", "@{", "//"].iter().any(|pair| tag.contains(pair))
        || tag.starts_with(['-', '/'])
        || tag.ends_with(['.', '/'])
        || tag.split('/').any(|part| part.starts_with('.') || part.strip_suffix(".lock").is_some());
    refused.then(|| {
        Problem::new(format!("git does not take `{tag}` as a tag")).help("set `tag` to something like \"v{ version }\"")
    })
}

/// The programs of a package that are built with these settings.
fn binaries(package: &Package, build: &BuildSettings, skipped: &mut Vec<Skip>) -> Result<Vec<String>> {
    let known: Vec<&str> = package.binaries.iter().map(|binary| binary.name.as_str()).collect();
    let mut problems = features::unknown_features(package, build);
    for name in build.exclude_binaries.iter().filter(|name| !known.contains(&name.as_str())) {
        problems.push(unknown(&format!("program of {} in `exclude-binaries`", package.name), name, &known));
    }
    if !problems.is_empty() {
        return Err(Error::configuration(problems));
    }
    let on = features::enabled(package, build);
    let mut names = Vec::new();
    for binary in package.binaries.iter().filter(|binary| !build.exclude_binaries.contains(&binary.name)) {
        let missing = features::missing(binary, &on);
        if missing.is_empty() {
            names.push(binary.name.clone());
            continue;
        }
        let features = missing.join("\", \"");
        let skip = Skip::new(
            format!("program {} of {}", binary.name, package.name),
            format!("it needs features that are off: {}", missing.join(", ")),
            format!("write `features = [\"{features}\"]` under [package.{}] in {}", package.name, crate::config::FILE),
        );
        if !skipped.contains(&skip) {
            skipped.push(skip);
        }
    }
    if names.is_empty() {
        return Err(Error::usage(format!("no program of {} is left to release", package.name))
            .because("all are excluded, or need features that are off")
            .help(format!("see `features` and `exclude-binaries` in {}", crate::config::FILE)));
    }
    names.sort();
    Ok(names)
}

fn archive(
    package: &Package,
    tag: &str,
    plan: &PackagePlan,
    target: &Target,
    table: &crate::spanned::Table,
) -> Result<ArchivePlan> {
    let settings = ArchiveSettings::read(&Reader::new(table, "", &Problems::default()));
    let version = package.version.to_string();
    let values = names::archive_values(&package.name, &version, target);
    let format = settings.format.unwrap_or_else(|| target.archive_format());
    let asset = format!("{}{}", names::render(&settings.name, &values)?, format.suffix());
    let folder = names::render(&settings.folder, &values)?;
    names::check_file_name(&asset)?;
    if !folder.is_empty() {
        names::check_file_name(&folder)?;
    }
    let url = match (&plan.download_url, &plan.about.repository) {
        (Some(template), repository) => {
            Some(names::asset_url(template, repository.as_deref().unwrap_or_default(), tag, &version, &asset)?)
        }
        (None, _) => None,
    };
    Ok(ArchivePlan { asset, folder, format, url })
}

/// Assets of one release that would be one file, on systems that do not tell upper from lower case too.
fn colliding_assets(release: &ReleasePlan) -> Vec<Problem> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut problems = Vec::new();
    for package in &release.packages {
        for target in &package.targets {
            let asset = &target.archive.asset;
            let who = format!("{} for {}", package.name, target.target);
            if let Some(other) = seen.insert(asset.to_lowercase(), who.clone()) {
                problems.push(
                    Problem::new(format!("{other} and {who} would both be `{asset}`"))
                        .help("write `{ name }` and `{ target }` into `name` of [channel.archive]"),
                );
            }
        }
    }
    problems
}
