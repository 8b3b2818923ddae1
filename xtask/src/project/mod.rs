//! What the repository is: its packages, its files, its commit. Everything later works on this plain data.

mod cargo_config;
mod dependency;
mod extras;
mod files;
mod lock;
mod registries;
mod source;
mod wasm;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, TargetKind};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::report::{Context, Error, Result};
use crate::run::Runner;
pub use cargo_config::CargoConfig;
pub use dependency::{Dependency, Kind, Origin};
pub use extras::{Role, Shell, extra};
pub use files::{File, belongs_to, documents, included, repository_extras, slashed, walk};
pub use lock::{crates_behind, no_lock};
pub use registries::registry_variables;
pub use source::{FIXED_EPOCH, Source};
pub use wasm::WasmLibrary;

/// The package of this very tool.
pub const ENGINE: &str = env!("CARGO_PKG_NAME");
/// A part of it that is compiled otherwise.
const DEFLATE: &str = "xtask-dist-deflate";
/// The package that an adopter's alias runs, which compiles and starts it.
pub const LAUNCHER: &str = "xtask-launcher";
/// The profiles that every workspace has.
const BUILT_IN_PROFILES: [&str; 4] = ["bench", "dev", "release", "test"];

/// A workspace (or a single package), as `cargo metadata` describes it.
#[derive(Debug)]
pub struct Project {
    /// The workspace's folder.
    pub root: PathBuf,
    /// Where finished executables are put.
    pub target_dir: PathBuf,
    /// Where cargo keeps what is in between, OUT_DIRs included; often the same.
    pub build_dir: PathBuf,
    /// Its members, by name.
    pub packages: Vec<Package>,
    cargo_config: CargoConfig,
}

/// A workspace member; what it inherits is resolved.
#[derive(Debug, Clone)]
pub struct Package {
    /// Cargo's identifier, which `cargo build -p` takes.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// The folder of its `Cargo.toml`.
    pub dir: PathBuf,
    /// What it says of itself.
    pub about: About,
    /// Whether `publish = false` is absent.
    pub publishable: bool,
    /// The registries that `publish` names: it may go to no other one, unless there are none.
    pub registries: Vec<String>,
    /// Its README, where the manifest or the default names one.
    pub readme: Option<PathBuf>,
    /// Its `license-file`.
    pub license_file: Option<PathBuf>,
    /// Its executables, in the manifest's order.
    pub binaries: Vec<Binary>,
    /// What JavaScript could get of it, where it is such a library.
    pub wasm_library: Option<WasmLibrary>,
    /// `default-run`: the program that stands for the package.
    pub default_run: Option<String>,
    /// Its features and what each turns on.
    pub features: BTreeMap<String, Vec<String>>,
    /// `[package.metadata.binstall]` as it stands.
    pub binstall: serde_json::Value,
    /// `rust-version`, the oldest Rust that it promises to compile with.
    pub rust_version: Option<Version>,
    /// `categories`.
    pub categories: Vec<String>,
    /// `documentation`.
    pub documentation: Option<String>,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
}

impl Package {
    /// Whether it is released unasked, if it has a program.
    pub fn is_product(&self) -> bool {
        self.publishable && !self.is_release_system()
    }

    /// Whether it is (a part of) this very tool, a member where it is developed, or its launcher, one of who adopted it.
    pub fn is_release_system(&self) -> bool {
        [ENGINE, DEFLATE, LAUNCHER].contains(&self.name.as_str())
    }
}

/// What a package says of itself in its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// `description`.
    pub description: Option<String>,
    /// `license`, an SPDX expression.
    pub license: Option<String>,
    /// `repository`.
    pub repository: Option<String>,
    /// `homepage`.
    pub homepage: Option<String>,
    /// `authors`.
    pub authors: Vec<String>,
    /// `keywords`.
    pub keywords: Vec<String>,
}

/// A `[[bin]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binary {
    /// Its name.
    pub name: String,
    /// Without these features cargo does not build it.
    pub required_features: Vec<String>,
}

impl Project {
    /// Reads the workspace of the manifest at `manifest`, or the one around the working folder.
    ///
    /// # Errors
    /// No manifest there, or cargo does not take it; cargo's own words are passed on.
    pub fn load(manifest: Option<&Path>) -> Result<Self> {
        let (start, file) = match manifest {
            None => (PathBuf::from("."), None),
            Some(path) => {
                let path = if path.is_dir() { path.join("Cargo.toml") } else { path.to_owned() };
                let path = std::path::absolute(&path).context(|| format!("cannot find {}", path.display()))?;
                if !path.is_file() {
                    return Err(Error::usage(format!("there is no manifest at {}", path.display()))
                        .help("--manifest-path takes a Cargo.toml, or the folder that holds it"));
                }
                (path.parent().unwrap_or(Path::new("/")).to_owned(), Some(path))
            }
        };
        let runner = Runner::new(&std::path::absolute(&start).context(|| "no working folder")?)?;
        let mut command = runner.cargo().args(["metadata", "--no-deps", "--format-version", "1"]);
        if let Some(file) = &file {
            command = command.arg("--manifest-path").arg(file);
        }
        let output = command.ignore_status().output().map_err(no_cargo)?;
        if !output.status.success() {
            return Err(Error::new("cargo cannot read the workspace")
                .because(String::from_utf8_lossy(&output.stderr).trim())
                .help("run it in a folder with a Cargo.toml, or point --manifest-path at one"));
        }
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).context(|| "cannot read what `cargo metadata` printed")?;
        Self::from_metadata(metadata)
    }

    fn from_metadata(metadata: Metadata) -> Result<Self> {
        let root = metadata.workspace_root.into_std_path_buf();
        let target_dir = metadata.target_directory.into_std_path_buf();
        let mut packages: Vec<Package> = metadata.packages.into_iter().map(package).collect();
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            cargo_config: CargoConfig::load(&root)?,
            build_dir: metadata.build_directory.map_or_else(|| target_dir.clone(), Into::into),
            root,
            target_dir,
            packages,
        })
    }

    /// The member of that name.
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// Whether the workspace, or cargo's configuration around it, defines the profile.
    pub fn has_profile(&self, name: &str) -> bool {
        BUILT_IN_PROFILES.contains(&name) || self.cargo_config.has_profile(name)
    }

    /// The profiles that there are, sorted.
    pub fn profiles(&self) -> Vec<&str> {
        let all: BTreeSet<&str> = BUILT_IN_PROFILES.iter().copied().chain(self.cargo_config.profiles()).collect();
        all.into_iter().collect()
    }

    /// The rustc flags that cargo would use for `target` by itself: from the environment or cargo's configuration.
    ///
    /// # Errors
    /// rustc cannot say which `cfg()` hold for the target.
    pub fn rustflags(&self, target: &crate::targets::Target, runner: &Runner) -> Result<Vec<String>> {
        self.cargo_config.rustflags(target, runner)
    }

    /// Whether cargo's configuration or environment names a linker for the target: then it is the user's to link.
    pub fn has_linker(&self, target: &crate::targets::Target) -> bool {
        self.cargo_config.has_linker(target)
    }

    /// Cargo's configuration around it.
    pub fn cargo_config(&self) -> &CargoConfig {
        &self.cargo_config
    }

    /// `path` relative to the workspace where it is below it.
    pub fn below_root(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }
}

fn no_cargo(error: xshell::Error) -> Error {
    Error::new("cannot run cargo").because(error).help("install Rust: https://rustup.rs")
}

fn package(package: cargo_metadata::Package) -> Package {
    let wasm_library = WasmLibrary::of(&package);
    let manifest = package.manifest_path.into_std_path_buf();
    let dir = manifest.parent().unwrap_or(Path::new("/")).to_owned();
    let binaries = package
        .targets
        .iter()
        .filter(|target| target.kind.contains(&TargetKind::Bin))
        .map(|target| Binary { name: target.name.clone(), required_features: target.required_features.clone() })
        .collect();
    Package {
        id: package.id.repr,
        name: package.name.to_string(),
        version: package.version,
        publishable: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
        registries: package.publish.unwrap_or_default(),
        readme: package.readme.map(|readme| dir.join(readme)),
        license_file: package.license_file.map(|file| dir.join(file)),
        binaries,
        wasm_library,
        default_run: package.default_run,
        features: package.features,
        rust_version: package.rust_version,
        categories: package.categories,
        documentation: package.documentation,
        dependencies: package.dependencies.into_iter().map(Dependency::of).collect(),
        binstall: package.metadata.get("binstall").cloned().unwrap_or_default(),
        about: About {
            description: package.description,
            license: package.license,
            repository: package.repository,
            homepage: package.homepage,
            authors: package.authors,
            keywords: package.keywords,
        },
        dir,
    }
}
