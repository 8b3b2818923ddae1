//! Whether packages can have their names and versions on npm.

use semver::Version;

use super::settings::Access;
use super::{Settings, skip};
use crate::channel::Work;
use crate::config::FILE;
use crate::names;
use crate::plan::PackagePlan;
use crate::report::{Error, Skip};
use crate::targets::NpmPlatform;

/// Checks the names that follow from Cargo's and the settings.
pub fn check(package: &PackagePlan, settings: &Settings) -> Result<(), Skip> {
    let name = settings.name_of(package);
    let longest = |target: Vec<NpmPlatform>| names::npm_platform_name(&settings.platforms_of(package), &target);
    let all = package.targets.iter().map(|target| longest(target.target.npm())).chain([name.clone()]);
    if let Some(error) = all.filter_map(|name| names::check_npm_name(&name).err()).next() {
        let remedy = format!("write `name = \"NAME\"` under [package.{}.channel.npm] in {FILE}", package.name);
        return Err(skip(package, said(&error), remedy));
    }
    if settings.access == Access::Restricted && names::npm_scope(&settings.platforms_of(package)).is_none() {
        let remedy = format!("write `scope = \"@OWNER\"` under [channel.npm] in {FILE}, or take `access` out");
        return Err(skip(package, format!("`{name}` has no scope, and what has none is everybody's"), remedy));
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
