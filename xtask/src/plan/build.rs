//! How the releases are compiled on this machine: which program is called, how often, with what.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::build_std::BuildStd;
use super::release::{ReleasePlan, TargetPlan};
use super::wasm::WasmPlan;
use crate::config::BuildSettings;
use crate::project::Project;
use crate::targets::{Builder, Circumstances, Glibc, Libc, Os, Target};

/// Everything that is compiled, here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuildPlan {
    /// The calls, in order.
    pub invocations: Vec<Invocation>,
    /// Whether the rest is made where a target fails.
    pub keep_going: bool,
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
    /// The targets, in order, each with the glibc that the builder links against.
    pub targets: BTreeMap<Target, Option<Glibc>>,
    /// The programs, by name.
    pub binaries: Vec<String>,
    /// The library that is compiled instead, and what is made of it.
    pub wasm: Option<WasmPlan>,
    /// The profile.
    pub profile: String,
    /// Whether the profile is ours to define, because the workspace has none of that name.
    pub defines_profile: bool,
    /// Arguments that choose features.
    pub features: Vec<String>,
    /// Arguments that have the standard library compiled too; none where it is there.
    pub build_std: Vec<String>,
    /// All flags for rustc: the user's, the configured, and ours.
    pub rustflags: Vec<String>,
    /// Variables that are set.
    pub env: BTreeMap<String, String>,
}

/// What the build plan has to know of this machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The machine that compiles.
    pub host: Target,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// Where cargo keeps its registry.
    pub cargo_home: Option<PathBuf>,
    /// The rustc flags that cargo would use by itself, by target.
    pub rustflags: BTreeMap<Target, Vec<String>>,
    /// The targets whose standard library is there, compiled.
    pub with_std: BTreeSet<Target>,
    /// The targets whose standard library is only there as source.
    pub without_std: BTreeSet<Target>,
    /// The targets that have a linker in cargo's configuration.
    pub linkers: BTreeSet<Target>,
    /// Whether the environment says which macOS to support.
    pub names_macos: bool,
    /// Whether zig and cargo-zigbuild are there, or can be brought.
    pub has_zig: bool,
    /// The time stamp that stands for all, in seconds since 1970.
    pub epoch: u64,
}

/// Which macOS programs are to run on, as rustc and linkers read it.
pub const MACOS_FLOOR: &str = "MACOSX_DEPLOYMENT_TARGET";
/// The oldest macOS that rustc supports on both processors; zig's own choice would be some years newer.
const OLDEST_MACOS: &str = "11.0";

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
            for target in package.targets.iter().flat_map(compiled) {
                let call = invocation(&package.name, &id, &target, project, machine);
                match invocations.iter_mut().find(|other| other.is_like(&call)) {
                    Some(other) => other.targets.extend(call.targets),
                    None => invocations.push(call),
                }
            }
        }
        Self { invocations, keep_going: false }
    }

    /// The plan without the packages and targets that `is_lost` names.
    #[must_use]
    pub fn without(&self, is_lost: impl Fn(&str, &Target) -> bool) -> Self {
        let mut plan = self.clone();
        for call in &mut plan.invocations {
            call.targets.retain(|target, _| !is_lost(&call.package, target));
        }
        plan.invocations.retain(|call| !call.targets.is_empty());
        plan
    }
}

/// The targets that are compiled for one that is released: itself, or what it is made from.
fn compiled(plan: &TargetPlan) -> Vec<TargetPlan> {
    match plan.target.slices() {
        Some(slices) => slices.map(|target| TargetPlan { target, ..plan.clone() }).to_vec(),
        None => vec![plan.clone()],
    }
}

fn invocation(package: &str, id: &str, plan: &TargetPlan, project: &Project, machine: &Machine) -> Invocation {
    let target = &plan.target;
    let builder = Builder::choose(
        target,
        Circumstances {
            host: &machine.host,
            // What a library needs, rustc brings.
            configured: plan.wasm.as_ref().map(|_| Builder::Cargo).or(plan.build.builder),
            has_linker: machine.linkers.contains(target),
            has_zig: machine.has_zig,
        },
    );
    let from_source = plan.build.build_std || machine.without_std.contains(target);
    let build_std = if from_source { BuildStd::of(target) } else { BuildStd::default() };
    let mut env = environment(&plan.build, machine);
    env.extend(build_std.env);
    if builder == Builder::Zigbuild && macos_floor_is_ours(&env, machine) {
        env.insert(MACOS_FLOOR.to_owned(), OLDEST_MACOS.to_owned());
    }
    let mut rustflags = rustflags(target, &plan.build, project, machine);
    rustflags.extend(build_std.rustflags);
    let has_floor = builder == Builder::Zigbuild && target.os() == Os::Linux && target.libc() == Libc::Gnu;
    let glibc = has_floor.then(|| plan.glibc.unwrap_or_else(|| Glibc::default_floor(target)));
    Invocation {
        builder,
        package: package.to_owned(),
        package_id: id.to_owned(),
        targets: BTreeMap::from([(target.clone(), glibc)]),
        binaries: plan.binaries.clone(),
        wasm: plan.wasm.clone(),
        profile: plan.build.profile.clone(),
        defines_profile: plan.build.profile == "dist" && !project.has_profile("dist"),
        features: feature_arguments(&plan.build),
        build_std: build_std.arguments,
        rustflags,
        env,
    }
}

impl Invocation {
    /// The call for one of its targets alone.
    #[must_use]
    pub fn only(&self, target: &Target) -> Self {
        let glibc = self.targets.get(target).copied().flatten();
        Self { targets: BTreeMap::from([(target.clone(), glibc)]), ..self.clone() }
    }

    fn is_like(&self, other: &Self) -> bool {
        let without_targets = |call: &Self| Self { targets: BTreeMap::new(), ..call.clone() };
        // A container of cross has one target's C compiler.
        self.builder != Builder::Cross && without_targets(self) == without_targets(other)
    }

    /// What stands behind `cargo build`, or the builder's word for it.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = vec!["--locked".into()];
        arguments.extend(["--profile".into(), self.profile.clone(), "--package".into(), self.package_id.clone()]);
        arguments.extend(self.binaries.iter().flat_map(|binary| ["--bin".into(), binary.clone()]));
        arguments.extend(self.wasm.as_ref().map(|_| "--lib".into()));
        for (target, glibc) in &self.targets {
            // cargo-zigbuild takes the version behind the triple.
            let word = glibc.map_or_else(|| target.to_string(), |glibc| format!("{target}.{glibc}"));
            arguments.extend(["--target".into(), word]);
        }
        arguments.extend(self.settings());
        arguments
    }

    /// The part of these that any caller of cargo hands on: features and what is configured.
    pub fn settings(&self) -> Vec<String> {
        let mut arguments: Vec<String> = self.features.iter().chain(&self.build_std).cloned().collect();
        if self.defines_profile {
            arguments.extend(DIST_PROFILE.iter().flat_map(|line| ["--config".into(), (*line).to_owned()]));
        }
        if self.wasm.is_some() {
            // The linker would strip what tells wasm-bindgen which features there are; names are removed afterwards.
            arguments.extend(["--config".into(), format!("profile.{}.strip=\"none\"", self.profile)]);
        }
        arguments
    }
}

/// Whether neither the configuration nor the user's environment says which macOS to support.
fn macos_floor_is_ours(env: &BTreeMap<String, String>, machine: &Machine) -> bool {
    !env.contains_key(MACOS_FLOOR) && !machine.names_macos
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
