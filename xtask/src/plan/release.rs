//! What is released, as plain data that every shard and every manifest holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::wasm::WasmPlan;
use crate::config::{BuildSettings, Forge};
use crate::minisign::PublicKey;
use crate::project::{About, Binary, File};
use crate::report::Skip;
use crate::targets::{ArchiveFormat, Glibc, Target};

/// One release: everything under one tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasePlan {
    /// The git tag.
    pub tag: String,
    /// The version that all its packages have.
    pub version: String,
    /// Whether the version is a pre-release.
    pub prerelease: bool,
    /// The packages, by name.
    pub packages: Vec<PackagePlan>,
    /// The key that it is signed with; none where it is not.
    pub public_key: Option<PublicKey>,
    /// Where it is made public; none where nothing is known of the repository's host.
    pub forge: Option<Forge>,
    /// The sha256 of every template that was in use, by its path below `packaging/`.
    pub templates: BTreeMap<String, String>,
    /// What is left out, and why.
    pub skipped: Vec<Skip>,
}

/// A package in a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackagePlan {
    /// Its name.
    pub name: String,
    /// Its Cargo.toml, relative to the workspace, with `/`.
    pub manifest: String,
    /// What its manifest says of it.
    pub about: About,
    /// Its programs, those that are not released too.
    pub programs: Vec<Binary>,
    /// `[package.metadata.binstall]` as it stands.
    pub binstall: serde_json::Value,
    /// The template of its tag.
    pub tag: String,
    /// The template of its download URLs, where it is known.
    pub download_url: Option<String>,
    /// The program that stands for the package (`default-run`); none where its manifest does not say.
    pub default_run: Option<String>,
    /// The channels that it goes to.
    pub channels: Vec<ChannelPlan>,
    /// The targets that it is built for.
    pub targets: Vec<TargetPlan>,
}

/// A channel that a package goes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelPlan {
    /// Which.
    pub id: String,
    /// Whether the user named it, so that leaving it out would be an error.
    pub required: bool,
    /// `[channel.<id>]` as the channel understood it.
    pub settings: serde_json::Value,
}

/// A package on one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetPlan {
    /// The target.
    pub target: Target,
    /// The oldest glibc that the programs must run with, where one is asked for.
    pub glibc: Option<Glibc>,
    /// How it is compiled.
    pub build: BuildSettings,
    /// The programs, by name and without suffix.
    pub binaries: Vec<String>,
    /// What JavaScript gets, which is instead of programs.
    pub wasm: Option<WasmPlan>,
    /// The archive that they go into.
    pub archive: ArchivePlan,
    /// Files of the repository that go with them.
    pub files: Vec<File>,
}

/// An archive's names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchivePlan {
    /// Its file name.
    pub asset: String,
    /// The folder inside that everything is in; empty for none.
    pub folder: String,
    /// What kind of archive.
    pub format: ArchiveFormat,
    /// Where it will be found; none where the forge is not known.
    pub url: Option<String>,
    /// What its names were made of, and those of the next release will be.
    pub templates: ArchiveTemplates,
}

/// The templates of an archive's names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveTemplates {
    /// Of its file name without its ending.
    pub name: String,
    /// Of the folder inside.
    pub folder: String,
}

impl ReleasePlan {
    /// The package of that name.
    pub fn package(&self, name: &str) -> Option<&PackagePlan> {
        self.packages.iter().find(|package| package.name == name)
    }
}

impl PackagePlan {
    /// Its plan for a target.
    pub fn target(&self, target: &Target) -> Option<&TargetPlan> {
        self.targets.iter().find(|plan| plan.target == *target)
    }

    /// Whether it is released as programs on any target.
    pub fn has_programs(&self) -> bool {
        self.targets.iter().any(|plan| plan.wasm.is_none())
    }

    /// What JavaScript gets of it, with the target's plan.
    pub fn wasm(&self) -> Option<(&TargetPlan, &WasmPlan)> {
        self.targets.iter().find_map(|plan| Some((plan, plan.wasm.as_ref()?)))
    }

    /// Whether a command of the user signs the programs of `plan`, or those that they are made from.
    pub fn signs(&self, plan: &TargetPlan) -> bool {
        let slices = plan.target.slices().into_iter().flatten();
        let mut plans = slices.filter_map(|slice| self.target(&slice)).chain([plan]);
        plans.any(|plan| !plan.build.sign.is_empty())
    }

    /// The settings of a channel, if the package goes to it.
    pub fn channel(&self, id: &str) -> Option<&ChannelPlan> {
        self.channels.iter().find(|channel| channel.id == id)
    }
}

impl ArchivePlan {
    /// The path inside the archive of what stands at `path` below its folder; a bare program is called as the asset is.
    pub fn inside(&self, path: &str) -> String {
        if self.is_bare() {
            self.asset.clone()
        } else if self.folder.is_empty() {
            path.to_owned()
        } else {
            format!("{}/{path}", self.folder)
        }
    }

    /// Whether it is the program itself, with nothing around it.
    pub fn is_bare(&self) -> bool {
        self.format == ArchiveFormat::Bin
    }

    /// The path below its folder of what stands at `path` inside the archive.
    pub fn below<'p>(&self, path: &'p str) -> &'p str {
        let below = path.strip_prefix(&self.folder).and_then(|rest| rest.strip_prefix('/'));
        below.filter(|_| !self.folder.is_empty()).unwrap_or(path)
    }
}
