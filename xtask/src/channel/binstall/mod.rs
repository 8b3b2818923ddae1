//! cargo-binstall: which metadata a package needs so that `cargo binstall` finds its releases, and whether it does.
//!
//! What counts is the section in a package's own Cargo.toml, which crates.io hands to every client.

mod edit;
mod judge;
mod proof;
mod section;
mod settings;
mod sync;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Channel, Content, Files, Install, Made, Output, Service, Work, no_url, settings_to_plan};
use crate::binstall::{self, Metadata};
use crate::config::Reader;
use crate::manifest::{self, Manifest};
use crate::plan::{ChannelRules, PackagePlan};
use crate::report::{Finding, Result, Skip};
use crate::template::{Language, TemplateFile};
pub use judge::{Complaint, SYNC, complaints};
pub use proof::{Fault, Proof, Served};
pub use section::Section;
pub use settings::Settings;
pub use sync::{Aim, Synced};

/// The channel.
#[derive(Debug)]
pub struct Binstall;

/// Its name in the configuration.
pub const ID: &str = "binstall";

/// What writes a section.
pub const METADATA: TemplateFile = TemplateFile { path: "binstall/metadata.toml.hbs", language: Language::Toml };

/// What mends a section that was written.
const MEND: &str = "mend packaging/binstall/metadata.toml.hbs, or delete it";

impl ChannelRules for Binstall {
    fn id(&self) -> &'static str {
        ID
    }

    fn settings(&self, table: &Reader<'_>) -> Value {
        settings_to_plan(&Settings::read(table))
    }

    fn applies(&self, package: &PackagePlan, _settings: &Value) -> Result<(), Skip> {
        if served(package).all(|target| target.archive.url.is_some()) { Ok(()) } else { Err(no_url(ID, package)) }
    }
}

/// The targets of a package on which the client installs programs.
fn served(package: &PackagePlan) -> impl Iterator<Item = &crate::plan::TargetPlan> {
    package.targets.iter().filter(|target| proof::is_installed_on(&target.target))
}

impl Channel for Binstall {
    fn about(&self) -> &'static str {
        "metadata for `cargo binstall`, where it needs any"
    }

    fn templates(&self) -> &'static [TemplateFile] {
        &[METADATA]
    }

    fn outputs(&self, work: &Work<'_>) -> Result<Made> {
        let Work { release, package, channel, templates } = *work;
        let settings = Settings::of_plan(&channel.settings);
        let section = Section::of(release, package, &settings)?;
        // It is filled even where it is not wanted, so that what is wrong with it is told.
        let text = templates.render(METADATA.path, &section)?;
        let mut outputs = Vec::new();
        if !section.is_empty() {
            outputs.push(Output { path: path_of(&package.name), content: Content::Text(text), claims: Vec::new() });
        }
        if release.assets_of(&package.name).next().is_none() {
            return Ok(Made::nothing(ID, package));
        }
        let complaints = complaints(release, package, &settings, (&package.binstall, &section));
        let skip = if served(package).next().is_none() {
            // Nobody expects it there, unless it was asked for.
            channel.required.then(|| nowhere(package))
        } else {
            left_out(package, &complaints)
        };
        Ok(match skip {
            Some(skip) => Made::Partly { outputs, skipped: vec![skip] },
            None => Made::Outputs(outputs),
        })
    }

    fn serves(&self, release: &Manifest) -> Vec<Service> {
        let mut services = Vec::new();
        for package in release.plan.packages.iter().filter(|package| package.channel(ID).is_some()) {
            let Ok((metadata, _)) = Metadata::read(&package.binstall) else { continue };
            let by = match &package.binstall {
                Value::Null => "needs no metadata".to_owned(),
                _ => format!("by [package.metadata.binstall] in {}", package.manifest),
            };
            let of_target = |(target, served): (&crate::targets::Target, &Served)| Service {
                client: format!("cargo binstall {}", package.name),
                target: target.clone(),
                url: served.url.clone(),
                place: served.place(),
                programs: served
                    .programs
                    .iter()
                    .map(|program| (program.installed.clone(), program.path.clone()))
                    .collect::<BTreeMap<_, _>>(),
                by: by.clone(),
            };
            services.extend(Proof::of(release, package, &metadata).served().map(of_target));
        }
        services
    }

    fn install(&self, release: &Manifest) -> Vec<Install> {
        let is_left_out = |package: &PackagePlan| release.skipped.iter().any(|skip| skip.what == subject(package));
        let packages = release.plan.packages.iter().filter(|package| package.channel(ID).is_some());
        let served = packages.filter(|package| served(package).next().is_some() && !is_left_out(package));
        let command = |package: &PackagePlan| format!("cargo binstall {}@{}", package.name, release.plan.version);
        served.map(|package| Install { title: "cargo-binstall".to_owned(), command: command(package) }).collect()
    }

    fn verify(&self, release: &Manifest, files: &dyn Files) -> Vec<Finding> {
        let mut findings = Vec::new();
        for package in &release.plan.packages {
            let Some(channel) = package.channel(ID) else { continue };
            let settings = Settings::of_plan(&channel.settings);
            let Ok(wanted) = Section::of(release, package, &settings) else { continue };
            let is_left_out = release.skipped.iter().any(|skip| skip.what == subject(package));
            let judged = |section: &Value| complaints(release, package, &settings, (section, &wanted));
            if !is_left_out {
                findings.extend(judged(&package.binstall).into_iter().map(|complaint| finding(package, complaint)));
            }
            let path = path_of(&package.name);
            let Some(text) = files.text(&path) else { continue };
            let found = match binstall::section(&path, &text) {
                Err(error) => vec![error.to_string()],
                Ok(None) => vec!["it has no [package.metadata.binstall]".to_owned()],
                Ok(Some(section)) => {
                    let wrong = judged(&section).into_iter();
                    wrong.filter(Complaint::is_mended_by_sync).map(|complaint| complaint.what).collect()
                }
            };
            findings.extend(found.into_iter().map(|what| Finding::new(&path, what, MEND)));
        }
        findings
    }
}

/// Where a package's section is in a release.
fn path_of(package: &str) -> String {
    format!("{ID}/{package}.toml")
}

/// What is left out where a package's own Cargo.toml does not lead to the release.
fn subject(package: &PackagePlan) -> String {
    format!("{ID} for {}", package.name)
}

/// The skip of a release that the client would not find; none where there is nothing to complain of.
fn left_out(package: &PackagePlan, complaints: &[Complaint]) -> Option<Skip> {
    // What no command mends is told first.
    let worst = complaints.iter().find(|complaint| !complaint.is_mended_by_sync()).or(complaints.first())?;
    let more = match complaints.len() - 1 {
        0 => String::new(),
        1 => "; and one thing more".to_owned(),
        many => format!("; and {many} things more"),
    };
    let (name, manifest) = (&package.name, &package.manifest);
    let reason = format!("with {manifest} as it is, `cargo binstall {name}` goes wrong: {}{more}", worst.what);
    Some(Skip::new(subject(package), reason, worst.remedy.clone()))
}

fn finding(package: &PackagePlan, complaint: Complaint) -> Finding {
    let (name, manifest) = (&package.name, &package.manifest);
    let Complaint { asset, what, remedy } = complaint;
    match asset {
        Some(asset) => {
            let what = format!("with {manifest} as it is, `cargo binstall {name}` does not install it: {what}");
            Finding::new(asset, what, remedy)
        }
        None => Finding::new(manifest::FILE, format!("[package.metadata.binstall] of {manifest}: {what}"), remedy),
    }
}

fn nowhere(package: &PackagePlan) -> Skip {
    let reason = "cargo-binstall installs programs on none of its targets";
    Skip::new(subject(package), reason, format!("add another to `targets` in {}", crate::config::FILE))
}

#[cfg(test)]
mod tests;
