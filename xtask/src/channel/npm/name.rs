//! Whether packages can have their names and versions on npm.

use std::collections::BTreeSet;

use semver::Version;

use super::settings::Access;
use super::{ID, Settings, native, skip, wasm};
use crate::channel::Work;
use crate::config::FILE;
use crate::names;
use crate::plan::PackagePlan;
use crate::report::{Error, Result, Skip};

/// Checks the names that follow from Cargo's and the settings.
pub fn check(package: &PackagePlan, settings: &Settings) -> Result<(), Skip> {
    let name = settings.name_of(package);
    let base = settings.platforms_of(package);
    let of_platforms = package.targets.iter().map(|target| names::npm_platform_name(&base, &target.target.npm()));
    let mut all = of_platforms.chain([name.clone(), wasm::name_of(package, settings)]);
    if let Some(error) = all.find_map(|name| names::check_npm_name(&name).err()) {
        let remedy = format!("write `name = \"NAME\"` under [package.{}.channel.npm] in {FILE}", package.name);
        return Err(skip(package, said(&error), remedy));
    }
    let has_scope = |name: &str| names::npm_scope(name).is_some();
    if settings.access == Access::Restricted && !(has_scope(&name) && has_scope(&base)) {
        let remedy = format!("write `scope = \"@OWNER\"` under [channel.npm] in {FILE}, or take `access` out");
        return Err(skip(package, format!("`{name}` has no scope, and what has none is everybody's"), remedy));
    }
    Ok(())
}

/// Two packages of a release that would be one on npm.
///
/// # Errors
/// Which, and under which name.
pub fn check_others(work: &Work<'_>) -> Result<()> {
    let names = |package: &PackagePlan| {
        let settings = package.channel(ID).map(|channel| Settings::of_plan(&channel.settings))?;
        let platforms = native::platform_packages(work.release, package, &settings);
        let platforms = platforms.into_iter().map(|platform| platform.name);
        let library = package.wasm().map(|_| wasm::name_of(package, &settings));
        let main = package.has_programs().then(|| settings.name_of(package));
        Some(platforms.chain(main).chain(library).collect::<BTreeSet<_>>())
    };
    let own = names(work.package).unwrap_or_default();
    for other in work.release.plan.packages.iter().filter(|other| other.name != work.package.name) {
        let theirs = names(other).unwrap_or_default();
        if let Some(name) = own.intersection(&theirs).next() {
            let both = format!("{} and {} would both be `{name}` on npm", work.package.name, other.name);
            let help = format!("write another `name` under [package.{}.channel.npm] in {FILE}", other.name);
            return Err(Error::usage(both).help(help));
        }
    }
    Ok(())
}

/// An error on one line.
fn said(error: &Error) -> String {
    let problems = error.problems().iter();
    problems.flat_map(|it| std::iter::once(&it.what).chain(&it.causes)).cloned().collect::<Vec<_>>().join(": ")
}

/// npm does not keep what stands behind the `+` of a version: two releases would be one there.
pub fn unkept(work: &Work<'_>) -> Option<Skip> {
    let version = &work.release.plan.version;
    let build = Version::parse(version).ok().filter(|version| !version.build.is_empty())?.build;
    Some(skip(
        work.package,
        format!(
            "npm does not keep `+{build}`: it would have {version} as {}",
            version.trim_end_matches(&format!("+{build}"))
        ),
        "release a version without build metadata",
    ))
}
