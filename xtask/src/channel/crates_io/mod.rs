//! crates.io, or another registry of cargo's: sources, for `cargo add` and `cargo install`.
//!
//! A registry takes no file of a release directory. Cargo packages the sources that are checked out, so the crates are
//! those of the workspace, libraries included, and are published from the commit that the release was made from.

mod publish;
mod settings;

use std::collections::BTreeSet;

use serde_json::Value;

use super::publish::Steps;
use super::{Channel, Files, Install, Login, Made, Work, channel_table, settings_to_plan};
use crate::config::{Config, FILE, Problems, Reader};
use crate::crates::{self, Crate};
use crate::manifest::Manifest;
use crate::plan::{ChannelRules, PackagePlan};
use crate::project::{Package, Project};
use crate::report::{Error, Problem, Result, Skip};
pub use publish::Batch;
pub use settings::Settings;

/// The channel.
#[derive(Debug)]
pub struct CratesIo;

/// Its name in the configuration.
pub const ID: &str = "crates-io";

impl ChannelRules for CratesIo {
    fn id(&self) -> &'static str {
        ID
    }

    fn settings(&self, table: &Reader<'_>) -> Value {
        settings_to_plan(&Settings::read(table))
    }

    fn applies(&self, _package: &PackagePlan, _settings: &Value) -> Result<(), Skip> {
        Ok(())
    }
}

impl Channel for CratesIo {
    fn about(&self) -> &'static str {
        "sources in a registry of cargo's, for `cargo add` and `cargo install`"
    }

    fn outputs(&self, _work: &Work<'_>) -> Result<Made> {
        Ok(Made::Outputs(Vec::new()))
    }

    fn logins(&self, package: &PackagePlan) -> Vec<Login> {
        let registry = package.channel(ID).and_then(|channel| Settings::of_plan(&channel.settings).registry);
        (registry.as_deref() == Some(ID)).then_some(Login::CratesIo).into_iter().collect()
    }

    fn install(&self, release: &Manifest) -> Vec<Install> {
        let command = |package: &PackagePlan| {
            let registry = Settings::of_plan(&package.channel(ID)?.settings).registry?;
            let elsewhere = if registry == ID { String::new() } else { format!(" --registry {registry}") };
            let command = format!("cargo install --locked{elsewhere} {}@{}", package.name, release.plan.version);
            package.has_programs().then_some(command)
        };
        let install = |command| Install { title: "cargo".to_owned(), command };
        release.plan.packages.iter().filter_map(command).map(install).collect()
    }

    /// The crates are published from the workspace; of a release, only why they are not.
    fn publish(&self, release: &Manifest, _files: &dyn Files) -> Steps {
        if goes_along(release) || release.plan.packages.iter().all(|package| package.channel(ID).is_none()) {
            return Vec::new();
        }
        let remedy = format!(
            "cargo xtask dist publish --channel {ID}; or, for every time, write `registry = \"{ID}\"` under \
             [channel.{ID}] in {FILE}"
        );
        vec![Err(Skip::new(ID, "nothing says that the crates are to be published, which cannot be taken back", remedy))]
    }
}

/// Whether crates are published with the release, as it was planned.
fn goes_along(release: &Manifest) -> bool {
    let mut channels = release.plan.packages.iter().filter_map(|package| package.channel(ID));
    channels.any(|channel| Settings::of_plan(&channel.settings).registry.is_some())
}

/// The skip of a release that is published where its sources are not; none where its crates are to stay anyway.
pub fn without_sources(release: &Manifest) -> Option<Skip> {
    let remedy = format!("run it in a checkout of the commit that {} was made from", release.plan.tag);
    goes_along(release).then(|| Skip::new(ID, "crates are published from their sources, which are not here", remedy))
}

/// Of these crates, those of which the configuration says that they are published with the rest: it names a registry.
pub fn configured(config: &Config, crates: &[Crate]) -> BTreeSet<String> {
    let names = crates.iter().map(|krate| &krate.package.name);
    names.filter(|name| settings(config, Some(name)).registry.is_some()).cloned().collect()
}

/// All members that may be published, and where to, in the order in which that can be done.
///
/// # Errors
/// A registry that a manifest does not allow; crates that need each other.
pub fn members(project: &Project, config: &Config) -> Result<Vec<Crate>> {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for package in project.packages.iter().filter(|package| package.publishable) {
        let settings = settings(config, Some(&package.name));
        match registry_of(package, &settings, project) {
            Ok(registry) => found.push(Crate { package: package.clone(), registry, allowed: settings.allow_files }),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { crates::in_order(found) } else { Err(Error::configuration(problems)) }
}

/// The settings for a member, or for all.
pub fn settings(config: &Config, member: Option<&str>) -> Settings {
    // No member has an empty name.
    let table = channel_table(&config.scope(member.unwrap_or_default(), None), ID);
    Settings::read(&Reader::new(&table, "", &Problems::default()))
}

/// Where a member goes: as configured, else as its manifest says, else where cargo would publish it.
fn registry_of(package: &Package, settings: &Settings, project: &Project) -> Result<String, Problem> {
    let by_cargo = || package.registries.first().cloned().unwrap_or_else(|| project.cargo_config().default_registry());
    let registry = settings.registry.clone().unwrap_or_else(by_cargo);
    if package.registries.is_empty() || package.registries.contains(&registry) {
        return Ok(registry);
    }
    let allowed = package.registries.join(", ");
    Err(Problem::new(format!("{} may not be published to {registry}", package.name))
        .because(format!("`publish` in its manifest allows only {allowed}"))
        .help(format!("add \"{registry}\" there, or mend `registry` under [channel.{ID}] in {FILE}")))
}
