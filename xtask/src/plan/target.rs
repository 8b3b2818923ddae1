//! One package on one target: its programs, its files, and the archive that they go into.

use std::collections::BTreeMap;

use super::features;
use super::release::{ArchivePlan, ArchiveTemplates, PackagePlan, TargetPlan};
use super::wasm::{self, WasmPlan};
use crate::config::{ArchiveSettings, BuildSettings, Config, FILE, Problems, Reader, channel_table, unknown};
use crate::names;
use crate::project::{self, File, Package, Project};
use crate::report::{Error, Problem, Result, Skip, both, nearest};
use crate::spanned::{Table, place};
use crate::targets::{ArchiveFormat, Glibc, Target};

/// Plans `package`, released under `tag`, on `target`. What is left out is added to `skipped`.
///
/// # Errors
/// Settings that do not fit the package or the workspace, with their places.
pub fn target(
    (project, config): (&Project, &Config),
    package: &Package,
    tag: &str,
    plan: &PackagePlan,
    (target, glibc): (Target, Option<Glibc>),
    skipped: &mut Vec<Skip>,
) -> Result<TargetPlan> {
    let scope = config.scope(&package.name, Some(&target));
    let build = BuildSettings::of_scope(&scope);
    let library = wasm::library(package, config).filter(|_| target == Target::wasm());
    let wasm = library.map(|library| WasmPlan::new(project, package, library, &scope)).transpose();
    let binaries = match library {
        Some(_) => check_features(package, &build, &scope).map(|()| Vec::new()),
        None => binaries(package, &build, &scope, skipped),
    };
    let product = both(binaries, wasm);
    let product = both(product, check_profile(project, &build.profile, &scope));
    let archive = archive(package, tag, plan, (&target, library.is_some()), &scope);
    let content = both(archive, files(project, package, &build, &scope));
    let (((binaries, wasm), ()), (archive, mut files)) = both(product, content)?;
    if archive.is_bare() {
        check_bare(package, &binaries, &target, &scope)?;
        files.clear();
        skipped.extend((!build.include.is_empty()).then(|| left_out(package, &target)));
    }
    check_places(&files, &binaries, &target, &scope)?;
    Ok(TargetPlan { target, glibc, build, binaries, wasm, archive, files })
}

/// Universal targets that would compile a processor's program in another way than that processor's own archive has it:
/// cargo keeps one of them.
pub fn compiled_twice(package: &PackagePlan) -> Vec<Problem> {
    let content = |plan: &TargetPlan| {
        let build = BuildSettings { sign: Vec::new(), include: Vec::new(), ..plan.build.clone() };
        (build, plan.binaries.clone())
    };
    let joined = package.targets.iter().filter_map(|joined| Some((joined, joined.target.slices()?)));
    let pairs = joined.flat_map(|(joined, slices)| slices.map(|slice| (joined, slice)));
    let differing = pairs.filter_map(|(joined, slice)| {
        let own = package.target(&slice).filter(|own| content(own) != content(joined))?;
        Some((&joined.target, &own.target))
    });
    let problem = |(joined, own): (&Target, &Target)| {
        Problem::new(format!("{} would be compiled for {own} in two ways", package.name))
            .because(format!("{joined} is made of it, and is built with other settings"))
            .help(format!(
                "write the same under [target.{joined}] and [target.{own}] in {FILE}, or release one of them"
            ))
    };
    differing.map(problem).collect()
}

fn check_profile(project: &Project, profile: &str, scope: &Table) -> Result<()> {
    if project.has_profile(profile) || profile == "dist" {
        return Ok(());
    }
    let known = project.profiles();
    let help = match nearest(profile, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? or add [profile.{profile}] to the workspace's Cargo.toml"),
        None => format!("add [profile.{profile}] to the workspace's Cargo.toml; there are `{}`", known.join("`, `")),
    };
    let at = place(scope, &["profile"], "");
    Err(Error::usage(format!("the workspace has no profile `{profile}`")).help(help).at(at.as_ref()))
}

/// The programs of a package that are built with these settings.
fn binaries(package: &Package, build: &BuildSettings, scope: &Table, skipped: &mut Vec<Skip>) -> Result<Vec<String>> {
    let known: Vec<&str> = package.binaries.iter().map(|binary| binary.name.as_str()).collect();
    let mut problems = features::unknown_features(package, build, scope);
    problems.extend(build.exclude_binaries.iter().filter(|name| !known.contains(&name.as_str())).map(|name| Problem {
        at: place(scope, &["exclude-binaries"], name),
        ..unknown(&format!("program of {} in `exclude-binaries`", package.name), name, &known)
    }));
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
            format!("write `features = [\"{features}\"]` under [package.{}] in {FILE}", package.name),
        );
        if !skipped.contains(&skip) {
            skipped.push(skip);
        }
    }
    if names.is_empty() {
        return Err(Error::usage(format!("no program of {} is left to release", package.name))
            .because("all are excluded, or need features that are off")
            .help(format!("see `features` and `exclude-binaries` in {FILE}")));
    }
    names.sort();
    Ok(names)
}

fn check_features(package: &Package, build: &BuildSettings, scope: &Table) -> Result<()> {
    let problems = features::unknown_features(package, build, scope);
    if problems.is_empty() { Ok(()) } else { Err(Error::configuration(problems)) }
}

fn archive(
    package: &Package,
    tag: &str,
    plan: &PackagePlan,
    (target, is_library): (&Target, bool),
    scope: &Table,
) -> Result<ArchivePlan> {
    let table = channel_table(scope, "archive");
    let settings = ArchiveSettings::read(&Reader::new(&table, "", &Problems::default()));
    let version = package.version.to_string();
    let values = names::archive_values(&package.name, &version, target);
    // A library is never one bare file.
    let format = settings.format.filter(|format| !is_library || *format != ArchiveFormat::Bin);
    let format = format.unwrap_or_else(|| target.archive_format());
    let asset = format!("{}{}", names::render(&settings.name, &values)?, format.suffix(target));
    let folder = if format == ArchiveFormat::Bin { String::new() } else { names::render(&settings.folder, &values)? };
    let usable = |key, name: &str| names::check_file_name(name).map_err(|e| e.at(place(&table, &[key], "").as_ref()));
    usable("name", &asset)?;
    if !folder.is_empty() {
        usable("folder", &folder)?;
    }
    let url = match (&plan.download_url, &plan.about.repository) {
        (Some(template), repository) => {
            Some(names::asset_url(template, repository.as_deref().unwrap_or_default(), tag, &version, &asset)?)
        }
        (None, _) => None,
    };
    let templates = ArchiveTemplates { name: settings.name, folder: settings.folder };
    Ok(ArchivePlan { asset, folder, format, url, templates })
}

/// The files of the repository that go with the programs: documents, completions, man pages, and what `include` names.
fn files(project: &Project, package: &Package, build: &BuildSettings, scope: &Table) -> Result<Vec<File>> {
    let mut files: BTreeMap<String, File> = BTreeMap::new();
    let automatic = project::documents(project, package)?.into_iter();
    for file in automatic.chain(project::repository_extras(project, package)?) {
        files.insert(file.path.clone(), file);
    }
    let mut problems: Vec<Problem> = Vec::new();
    for pattern in &build.include {
        let at = place(scope, &["include"], pattern);
        let included = project::included(project, package, pattern).unwrap_or_else(|error| {
            problems.extend(error.at(at.as_ref()).problems().iter().cloned());
            Vec::new()
        });
        for file in included {
            match files.get(&file.path) {
                Some(other) if other.from != file.from => {
                    let what = format!("{} and {} would both be {} in the archive", other.from, file.from, file.path);
                    let help = "narrow the `include` globs, or rename one";
                    problems.push(Problem { at: at.clone(), ..Problem::new(what).help(help) });
                }
                Some(_) => {}
                None => _ = files.insert(file.path.clone(), file),
            }
        }
    }
    if problems.is_empty() { Ok(files.into_values().collect()) } else { Err(Error::configuration(problems)) }
}

/// Finds what cannot be one bare program.
fn check_bare(package: &Package, binaries: &[String], target: &Target, scope: &Table) -> Result<()> {
    if binaries.len() == 1 {
        return Ok(());
    }
    let names = binaries.join("`, `");
    let error = Error::usage(format!("{} for {target} has {} programs: `{names}`", package.name, binaries.len()))
        .because("`format = \"bin\"` is one bare program")
        .help("set another `format` under [channel.archive], or leave programs out with `exclude-binaries`");
    Err(error.at(place(scope, &["channel", "archive", "format"], "").as_ref()))
}

fn left_out(package: &Package, target: &Target) -> Skip {
    Skip::new(
        format!("the files of `include` in {} for {target}", package.name),
        "`format = \"bin\"` is the bare program, with nothing around it",
        format!("set another `format` under [target.{target}.channel.archive] in {FILE}"),
    )
}

/// Finds a file of the repository at the place of a program, or below it as if it were a folder.
fn check_places(files: &[File], binaries: &[String], target: &Target, scope: &Table) -> Result<()> {
    for name in binaries {
        let program = format!("{name}{}", target.exe_suffix());
        let is_there =
            |path: &str| path.strip_prefix(&program).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if let Some(file) = files.iter().find(|file| is_there(&file.path)) {
            let what = format!("{} would be in the place of the program {name}", file.from);
            let error = Error::usage(what).help("take it out of `include`, or rename it");
            return Err(error.at(place(scope, &["include"], &file.from).as_ref()));
        }
    }
    Ok(())
}
