//! A Homebrew formula that installs the released programs: <https://docs.brew.sh/Formula-Cookbook>.

mod desc;
mod license;
mod livecheck;
mod name;
mod scan;
mod settings;
mod tap;
mod verify;
mod view;

use std::collections::BTreeMap;

use serde_json::Value;

use super::publish::{Step, Steps};
use super::{Channel, Content, Files, Install, Login, Made, Output, Work, no_url, settings_to_plan};
use crate::config::{FILE, Reader};
use crate::manifest::{Asset, Claim, Manifest};
use crate::plan::{ChannelRules, PackagePlan};
use crate::report::{Finding, Result, Skip};
use crate::template::{Language, TemplateFile};
use settings::Settings;
use view::{Chosen, View};

/// The channel.
#[derive(Debug)]
pub struct Homebrew;

const FORMULA: TemplateFile = TemplateFile { path: "homebrew/formula.rb.hbs", language: Language::Ruby };

impl ChannelRules for Homebrew {
    fn id(&self) -> &'static str {
        "homebrew"
    }

    fn settings(&self, table: &Reader<'_>) -> Value {
        settings_to_plan(&Settings::read(table))
    }

    fn applies(&self, package: &PackagePlan, settings: &Value) -> Result<(), Skip> {
        let what = format!("homebrew for {}", package.name);
        let ours: Vec<_> = package.targets.iter().filter(|target| !target.target.homebrew().is_empty()).collect();
        if ours.is_empty() {
            let reason = "none of its targets is a system that Homebrew has (macOS and Linux, on arm64 and x86_64)";
            return Err(Skip::new(what, reason, format!("add one to `targets` in {FILE}")));
        }
        if ours.iter().any(|target| target.archive.url.is_none()) {
            return Err(no_url(self.id(), package));
        }
        let name = formula_name(package, &Settings::of_plan(settings));
        if let Err(error) = name::check(&name) {
            let reason = error.problems().iter().flat_map(|problem| &problem.causes).cloned().collect::<String>();
            let reason = format!("`{name}` cannot be a formula's name: {reason}");
            return Err(Skip::new(what, reason, format!("write `name = \"NAME\"` under [channel.homebrew] in {FILE}")));
        }
        Ok(())
    }
}

impl Channel for Homebrew {
    fn about(&self) -> &'static str {
        "a formula for `brew install`, and for a tap"
    }

    fn templates(&self) -> &'static [TemplateFile] {
        &[FORMULA]
    }

    fn remarks(&self, package: &PackagePlan) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some(description) = &package.about.description {
            let desc = desc::of(description, &package.name);
            if !desc.mended.is_empty() {
                let why = desc.mended.join(", ");
                let what = format!("homebrew has for the description of {}: {:?} ({why})", package.name, desc.text);
                remarks.push(what);
            }
        }
        if let Some(license) = package.about.license.as_deref().filter(|text| license::of(text).is_none()) {
            remarks.push(format!(
                "homebrew has no licence for {}: `{license}` is no SPDX expression (https://spdx.org/licenses)",
                package.name
            ));
        }
        remarks
    }

    fn outputs(&self, work: &Work<'_>) -> Result<Made> {
        let settings = Settings::of_plan(&work.channel.settings);
        let chosen = view::choose(work, &settings);
        if chosen.is_empty() {
            return Ok(Made::nothing(self.id(), work.package));
        }
        let mut outputs = Vec::new();
        for (name, versioned) in formulae(work.package, &settings, &work.release.plan.version) {
            let view = View::new(work, &settings, &chosen, &name, versioned)?;
            let text = work.templates.render(FORMULA.path, &view)?;
            outputs.push(Output { path: path_of(&name), content: Content::Text(text), claims: claims(&chosen) });
        }
        Ok(Made::Outputs(outputs))
    }

    fn install(&self, release: &Manifest) -> Vec<Install> {
        // Where the tap has a stable version, it keeps that.
        let packages = release.plan.packages.iter().filter(|_| !release.plan.prerelease);
        let command = |package: &PackagePlan| {
            let settings = Settings::of_plan(&package.channel(self.id())?.settings);
            let tap = tap::short_name(settings.tap.as_deref()?)?;
            Some(format!("brew install {tap}/{}", formula_name(package, &settings)))
        };
        let install = |command| Install { title: "Homebrew".to_owned(), command };
        packages.filter_map(command).map(install).collect()
    }

    fn verify(&self, release: &Manifest, files: &dyn Files) -> Vec<Finding> {
        let ours = release.outputs.iter().filter(|output| output.channel == self.id());
        ours.filter_map(|output| Some((output, files.text(&output.path)?)))
            .flat_map(|(output, text)| verify::check(release, output, &text))
            .collect()
    }

    fn logins(&self, package: &PackagePlan) -> Vec<Login> {
        let settings = package.channel(self.id()).map(|channel| Settings::of_plan(&channel.settings));
        settings.and_then(|settings| settings.tap).map(Login::Git).into_iter().collect()
    }

    fn publish(&self, release: &Manifest, files: &dyn Files) -> Steps {
        let mut steps = Steps::new();
        for package in &release.plan.packages {
            let Some(channel) = package.channel(self.id()) else { continue };
            let settings = Settings::of_plan(&channel.settings);
            let Some(tap) = &settings.tap else {
                let what = format!("homebrew for {}", package.name);
                let remedy = format!(
                    "write `tap = \"OWNER/homebrew-tap\"` under [channel.homebrew] in {FILE}, and make the release anew"
                );
                steps.push(Err(Skip::new(what, "no tap is configured", remedy)));
                continue;
            };
            for (name, _) in formulae(package, &settings, &release.plan.version) {
                let Some(text) = files.text(&path_of(&name)) else { continue };
                let (tap, author) = (tap.clone(), settings.author.clone());
                let step = tap::Publish { tap, author, name, version: release.plan.version.clone(), text };
                steps.push(Ok(Box::new(step) as Box<dyn Step>));
            }
        }
        steps
    }
}

/// The formulae of a package: its own, and the one that stays at this version if that is wanted; each with whether it
/// is such a one.
fn formulae(package: &PackagePlan, settings: &Settings, version: &str) -> Vec<(String, bool)> {
    let name = formula_name(package, settings);
    let versioned = settings.versioned.and_then(|versioned| versioned.name(&name, version));
    std::iter::once((name, false)).chain(versioned.map(|name| (name, true))).collect()
}

/// brew looks for formulae in small letters.
fn formula_name(package: &PackagePlan, settings: &Settings) -> String {
    settings.name.clone().unwrap_or_else(|| package.name.to_lowercase())
}

fn path_of(formula: &str) -> String {
    format!("homebrew/{formula}.rb")
}

/// One claim an archive: a universal one stands in the formula twice.
fn claims(chosen: &Chosen<'_>) -> Vec<Claim> {
    let assets: BTreeMap<&str, &Asset> = chosen.values().map(|asset| (asset.name.as_str(), *asset)).collect();
    let claim = |asset: &&Asset| Claim {
        reference: asset.url.clone().unwrap_or_default(),
        asset: asset.name.clone(),
        sha256: Some(asset.sha256.clone()),
    };
    assets.values().map(claim).collect()
}

#[cfg(test)]
mod tests;
