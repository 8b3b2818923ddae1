//! How the releases are compiled on this machine: which program is called, how often, with what.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::release::ReleasePlan;
use crate::config::BuildSettings;
use crate::project::Project;
use crate::targets::Target;

/// Everything that is compiled, here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuildPlan {
    /// The calls, in order.
    pub invocations: Vec<Invocation>,
}

/// The program that compiles and links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Builder {
    /// `cargo build`, with the linker that rustc finds by itself.
    Cargo,
}

/// One call of a builder: one package, for all targets that agree in everything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invocation {
    /// The program.
    pub builder: Builder,
    /// The package's name.
    pub package: String,
    /// Cargo's identifier of the package.
    pub package_id: String,
    /// The targets, in order.
    pub targets: Vec<Target>,
    /// The programs, by name.
    pub binaries: Vec<String>,
    /// The profile.
    pub profile: String,
    /// Whether the profile is ours to define, because the workspace has none of that name.
    pub defines_profile: bool,
    /// Arguments that choose features.
    pub features: Vec<String>,
    /// All flags for rustc: the user's, the configured, and ours.
    pub rustflags: Vec<String>,
    /// Variables that are set.
    pub env: BTreeMap<String, String>,
}

/// What the build plan has to know of this machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The user's home.
    pub home: Option<PathBuf>,
    /// Where cargo keeps its registry.
    pub cargo_home: Option<PathBuf>,
    /// The rustc flags that cargo would use by itself, by target.
    pub rustflags: BTreeMap<Target, Vec<String>>,
    /// The time stamp that stands for all, in seconds since 1970.
    pub epoch: u64,
}

/// Our `dist` profile, for workspaces that have none: what a release should be, small and fast.
const DIST_PROFILE: &[&str] = &[
    "profile.dist.inherits=\"release\"",
    "profile.dist.lto=\"thin\"",
    "profile.dist.codegen-units=1",
    "profile.dist.strip=\"symbols\"",
];

impl BuildPlan {
    /// Plans the calls: packages are never selected together (cargo would unify their features), targets are.
    pub fn new(releases: &[ReleasePlan], project: &Project, machine: &Machine) -> Self {
        let mut invocations: Vec<Invocation> = Vec::new();
        for package in releases.iter().flat_map(|release| &release.packages) {
            let Some(id) = project.package(&package.name).map(|package| package.id.clone()) else { continue };
            for target in &package.targets {
                let call = Invocation {
                    builder: Builder::Cargo,
                    package: package.name.clone(),
                    package_id: id.clone(),
                    targets: vec![target.target.clone()],
                    binaries: target.binaries.clone(),
                    profile: target.build.profile.clone(),
                    defines_profile: target.build.profile == "dist" && !project.has_profile("dist"),
                    features: feature_arguments(&target.build),
                    rustflags: rustflags(&target.target, &target.build, project, machine),
                    env: environment(&target.build, machine),
                };
                match invocations.iter_mut().find(|other| other.is_like(&call)) {
                    Some(other) => other.targets.extend(call.targets),
                    None => invocations.push(call),
                }
            }
        }
        Self { invocations }
    }
}

impl Invocation {
    fn is_like(&self, other: &Self) -> bool {
        Self { targets: Vec::new(), ..self.clone() } == Self { targets: Vec::new(), ..other.clone() }
    }

    /// What stands behind the program's name.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = vec!["build".into(), "--locked".into()];
        arguments.extend(["--profile".into(), self.profile.clone(), "--package".into(), self.package_id.clone()]);
        arguments.extend(self.binaries.iter().flat_map(|binary| ["--bin".into(), binary.clone()]));
        arguments.extend(self.targets.iter().flat_map(|target| ["--target".into(), target.triple().to_owned()]));
        arguments.extend(self.features.iter().cloned());
        if self.defines_profile {
            arguments.extend(DIST_PROFILE.iter().flat_map(|line| ["--config".into(), (*line).to_owned()]));
        }
        arguments
    }
}

fn feature_arguments(build: &BuildSettings) -> Vec<String> {
    let mut arguments = Vec::new();
    if build.all_features {
        arguments.push("--all-features".to_owned());
    }
    if build.no_default_features {
        arguments.push("--no-default-features".to_owned());
    }
    if !build.features.is_empty() {
        arguments.extend(["--features".to_owned(), build.features.join(",")]);
    }
    arguments
}

fn environment(build: &BuildSettings, machine: &Machine) -> BTreeMap<String, String> {
    // Build scripts that stamp their output take this instead of the clock.
    let mut env = BTreeMap::from([("SOURCE_DATE_EPOCH".to_owned(), machine.epoch.to_string())]);
    env.extend(build.env.clone());
    env
}

/// The user's flags, then the configured ones, then the remapping of this machine's paths.
fn rustflags(target: &Target, build: &BuildSettings, project: &Project, machine: &Machine) -> Vec<String> {
    let mut flags = machine.rustflags.get(target).cloned().unwrap_or_default();
    flags.extend(build.rustflags.iter().cloned());
    // rustc takes the last that matches, so the outer folders come first.
    let folders = [
        (machine.home.as_deref(), "/home"),
        (machine.cargo_home.as_deref(), "/cargo"),
        (Some(project.root.as_path()), "/workspace"),
        (Some(project.target_dir.as_path()), "/target"),
    ];
    for (folder, name) in folders {
        if let Some(folder) = folder.filter(|folder| folder.parent().is_some() && *folder != Path::new("")) {
            flags.push(format!("--remap-path-prefix={}={name}", folder.display()));
        }
    }
    flags
}
