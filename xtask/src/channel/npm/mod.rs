//! npm packages: the released programs, installed by `npm install` and run by `npx`, and libraries to import. What is common to all packages
//! is in [`package`] and [`package_json`]; each kind of package has a module that says what is in it.

mod exports;
mod launcher;
mod name;
mod native;
mod package;
mod package_json;
mod publish;
mod settings;
mod tarball;
mod verify;
mod wasm;

use serde_json::Value;

use super::publish::Steps;
use super::{Channel, Files, Install, Login, Made, Output, Work, settings_to_plan};
use crate::config::{FILE, Reader};
use crate::manifest::Manifest;
use crate::names;
use crate::plan::{ChannelRules, PackagePlan};
use crate::report::{Finding, Result, Skip};
use crate::template::{Language, TemplateFile};
use package::NpmPackage;
pub use settings::Settings;

/// The channel.
#[derive(Debug)]
pub struct Npm;

/// Its name in the configuration.
const ID: &str = "npm";
/// The folder of a release that has the packages.
const FOLDER: &str = "npm";

/// The script that runs a program. Its strings are JSON's, which JavaScript takes.
const LAUNCHER: TemplateFile = TemplateFile { path: "npm/launcher.js.hbs", language: Language::Json };
/// The README of the main package, where the repository has none.
const README: TemplateFile = TemplateFile { path: "npm/README.md.hbs", language: Language::Markdown };
/// The README of a package for one platform.
const PLATFORM_README: TemplateFile = TemplateFile { path: "npm/platform.md.hbs", language: Language::Markdown };
/// The README of a library, where the repository has none.
const LIBRARY_README: TemplateFile = TemplateFile { path: "npm/library.md.hbs", language: Language::Markdown };

impl ChannelRules for Npm {
    fn id(&self) -> &'static str {
        ID
    }

    fn settings(&self, table: &Reader<'_>) -> Value {
        settings_to_plan(&Settings::read(table))
    }

    fn concerns(&self, _package: &PackagePlan) -> bool {
        true
    }

    fn applies(&self, package: &PackagePlan, settings: &Value) -> Result<(), Skip> {
        name::check(package, &Settings::of_plan(settings))?;
        if package.wasm().is_some() || package.targets.iter().any(|target| !target.target.npm().is_empty()) {
            return Ok(());
        }
        let reason = "none of its targets is a platform that node runs on";
        Err(skip(package, reason, format!("add one to `targets` in {FILE}")))
    }
}

impl Channel for Npm {
    fn about(&self) -> &'static str {
        "packages for `npm install` and `npx`"
    }

    fn templates(&self) -> &'static [TemplateFile] {
        &[LAUNCHER, README, PLATFORM_README, LIBRARY_README]
    }

    fn outputs(&self, work: &Work<'_>) -> Result<Made> {
        if let Some(skip) = name::unkept(work) {
            return Ok(Made::Partly { outputs: Vec::new(), skipped: vec![skip] });
        }
        name::check_others(work)?;
        let settings = Settings::of_plan(&work.channel.settings);
        let mut packages = native::packages(work, &settings)?;
        packages.extend(wasm::package(work, &settings)?);
        if packages.is_empty() {
            return Ok(Made::nothing(ID, work.package));
        }
        let outputs: Vec<Output> = packages.into_iter().map(NpmPackage::output).collect::<Result<_>>()?;
        Ok(Made::Outputs(outputs))
    }

    fn install(&self, release: &Manifest) -> Vec<Install> {
        let commands = |package: &PackagePlan| {
            let settings = package.channel(ID).map(|channel| Settings::of_plan(&channel.settings)).unwrap_or_default();
            let is_made = release.outputs.iter().any(|made| made.channel == ID && made.package == package.name);
            let elsewhere = settings.registry.as_ref().map(|url| format!(" --registry {url}")).unwrap_or_default();
            let version = &release.plan.version;
            let programs = package.has_programs().then(|| format!(" --global {}@{version}", settings.name_of(package)));
            let library = package.wasm().map(|_| format!(" {}@{version}", wasm::name_of(package, &settings)));
            let both = programs.into_iter().chain(library).filter(|_| settings.is_claimed() && is_made);
            both.map(|words| format!("npm install{elsewhere}{words}")).collect::<Vec<_>>()
        };
        let install = |command| Install { title: "npm".to_owned(), command };
        release.plan.packages.iter().flat_map(commands).map(install).collect()
    }

    fn verify(&self, release: &Manifest, files: &dyn Files) -> Vec<Finding> {
        verify::verify(release, files)
    }

    fn logins(&self, package: &PackagePlan) -> Vec<Login> {
        let settings = package.channel(ID).map(|channel| Settings::of_plan(&channel.settings)).unwrap_or_default();
        let is_usual = settings.is_claimed() && settings.registry.is_none();
        is_usual.then_some(Login::Npm).into_iter().collect()
    }

    fn publish(&self, release: &Manifest, files: &dyn Files) -> Steps {
        publish::steps(release, files)
    }
}

fn skip(package: &PackagePlan, reason: impl Into<String>, remedy: impl Into<String>) -> Skip {
    Skip::new(format!("{ID} for {}", package.name), reason, remedy)
}

#[cfg(test)]
mod tests;
