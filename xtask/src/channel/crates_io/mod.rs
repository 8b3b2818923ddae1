//! crates.io, or another registry of cargo's: sources, for `cargo add` and `cargo install`.
//!
//! A registry takes no file of a release directory. Cargo packages the sources that are checked out, so the crates are
//! those of the workspace, libraries included, and are published from the commit that the release was made from.

mod settings;

use serde_json::Value;

use super::{Channel, Made, Work, channel_table, settings_to_plan};
use crate::config::{Config, FILE, Problems, Reader};
use crate::crates::{self, Crate};
use crate::plan::{ChannelRules, PackagePlan};
use crate::project::{Package, Project};
use crate::report::{Error, Problem, Result, Skip};
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
}

/// All members that may be published, and where to, in the order in which that can be done.
///
/// # Errors
/// A registry that a manifest does not allow; crates that need each other.
pub fn members(project: &Project, config: &Config) -> Result<Vec<Crate>> {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for package in project.packages.iter().filter(|package| package.publishable) {
        let settings = settings_of(package, config);
        match registry_of(package, &settings, project) {
            Ok(registry) => found.push(Crate { package: package.clone(), registry, allowed: settings.allow_files }),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { crates::in_order(found) } else { Err(Error::configuration(problems)) }
}

/// The settings for a member.
fn settings_of(package: &Package, config: &Config) -> Settings {
    let table = channel_table(&config.scope(&package.name, None), ID);
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
