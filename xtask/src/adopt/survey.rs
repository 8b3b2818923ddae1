//! What the repository is that takes the release system in. It is only read.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, TargetKind};
use glob::{MatchOptions, Pattern};

use super::{LAUNCHER, record};
use crate::project::CargoConfig;
use crate::report::{Context, Error, Result};
use crate::run::Runner;

/// A workspace, or a single package, as somebody has it.
#[derive(Debug)]
pub struct Survey {
    /// Its folder.
    pub root: PathBuf,
    /// Its members.
    pub members: Vec<Member>,
    /// The folders of those that a bare `cargo build` means, relative to the root; "" is the root itself.
    pub default_members: Vec<String>,
    /// The root manifest.
    pub manifest: String,
    /// The path of cargo's configuration, there or not.
    pub config_path: &'static str,
    /// Its text.
    pub config: Option<String>,
    /// Cargo.lock.
    pub lock: Option<String>,
    /// Whether a profile `dist` is there.
    pub has_dist_profile: bool,
    /// Whether cargo builds for another target than the machine's own unless told.
    pub has_build_target: bool,
    /// Where crates are vendored, relative to the root.
    pub vendored: Option<PathBuf>,
    /// Whether git has the repository.
    pub in_git: bool,
}

/// A member of the workspace.
#[derive(Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its folder, relative to the root with `/`; "" is the root itself.
    pub folder: String,
    /// Its programs.
    pub programs: Vec<String>,
    /// Whether it has a library for other languages, which may be JavaScript.
    pub has_cdylib: bool,
    /// Whether `publish = false` is absent.
    pub publishable: bool,
    /// Its `repository`.
    pub repository: Option<String>,
    /// `[package.metadata]`.
    pub metadata: serde_json::Value,
}

impl Survey {
    /// Looks at the workspace that `path` is in.
    ///
    /// # Errors
    /// There is none, cargo cannot read it, or it is another's that has the release system.
    pub fn of(path: &Path) -> Result<Self> {
        let metadata = metadata(path)?;
        let root = metadata.workspace_root.clone().into_std_path_buf();
        let read = |path: &str| match fs::read_to_string(root.join(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context(|| format!("cannot read {}", root.join(path).display())),
        };
        let absent = || Error::new(format!("there is no Cargo.toml in {}", root.display()));
        let config = CargoConfig::load(&root)?;
        // Cargo still reads the old name, and prefers it.
        let config_path = if root.join(".cargo/config").is_file() { ".cargo/config" } else { ".cargo/config.toml" };
        let runner = Runner::new(&root)?;
        Ok(Self {
            members: metadata.workspace_packages().into_iter().map(|package| member(&root, package)).collect(),
            default_members: default_members(&root, &metadata),
            manifest: read("Cargo.toml")?.ok_or_else(absent)?,
            config_path,
            config: read(config_path)?,
            lock: read("Cargo.lock")?,
            has_dist_profile: config.has_profile("dist"),
            has_build_target: config.has(&["build", "target"]),
            vendored: vendored(&config),
            in_git: runner.git(&["rev-parse", "--is-inside-work-tree"]).as_deref() == Some("true"),
            root,
        })
    }

    /// What git says is not committed below the root.
    pub fn uncommitted(&self) -> Result<Vec<String>> {
        let status = Runner::new(&self.root)?
            .git(&["status", "--porcelain", "--ignore-submodules=dirty", "--", "."])
            .unwrap_or_default();
        Ok(status.lines().map(|line| line.get(3..).unwrap_or(line).to_owned()).collect())
    }

    /// Where the release system is in it, if it is.
    pub fn adopted(&self) -> Option<&'static str> {
        super::FOLDERS.into_iter().find(|folder| self.root.join(folder).join(record::FILE).is_file())
    }

    /// The name of the folder and of the alias: `xtask`, unless the repository has one of its own.
    ///
    /// # Errors
    /// Both names are taken.
    pub fn free_folder(&self) -> Result<&'static str> {
        let alias = |word: &str| self.config.as_deref().is_some_and(|text| super::cargo_config::has_alias(text, word));
        let free = |folder: &&str| !self.root.join(folder).exists() && !alias(folder);
        super::FOLDERS.into_iter().find(free).ok_or_else(|| {
            Error::new(format!("`{}` are taken in {}", super::FOLDERS.join("` and `"), self.root.display()))
                .help("rename one of the folders (or aliases in .cargo/config.toml)")
        })
    }

    /// The packages that have something to release and may be published.
    pub fn released(&self) -> impl Iterator<Item = &Member> {
        let has = |member: &&Member| !member.programs.is_empty() || member.has_cdylib;
        self.members.iter().filter(move |member| member.publishable && has(member))
    }

    /// Whether these patterns of `members` mean all members, and nothing else is one.
    pub fn is_all(&self, patterns: &[String]) -> bool {
        let mut folders = self.members.iter().map(|member| &member.folder);
        folders.all(|folder| is_matched(patterns, folder) && self.default_members.contains(folder))
    }

    /// The member at the root, if there is one.
    pub fn root_package(&self) -> Option<&Member> {
        self.members.iter().find(|member| member.folder.is_empty())
    }
}

/// Whether one of these patterns of `members` matches a folder.
pub fn is_matched(patterns: &[String], folder: &str) -> bool {
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::default() };
    let plain = |pattern: &str| pattern.trim_start_matches("./").trim_end_matches('/').to_owned();
    let patterns = patterns.iter().filter_map(|pattern| Pattern::new(&plain(pattern)).ok());
    patterns.into_iter().any(|pattern| pattern.matches_with(folder, options))
}

fn metadata(path: &Path) -> Result<Metadata> {
    let folder = if path.is_file() { path.parent().unwrap_or(path) } else { path };
    let folder = std::path::absolute(folder).context(|| format!("cannot find {}", path.display()))?;
    if !folder.is_dir() {
        return Err(Error::usage(format!("there is no folder {}", folder.display()))
            .help("for a new project: cargo xtask dist new NAME"));
    }
    let runner = Runner::new(&folder)?;
    // With the cargo that runs us: the repository may pin one that is not installed, or tells less.
    let mut cargo = runner.cargo().args(["metadata", "--no-deps", "--format-version", "1"]);
    if let Some(toolchain) = std::env::var_os("RUSTUP_TOOLCHAIN") {
        cargo = cargo.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let output = cargo.ignore_status().output().context(|| "cannot run cargo")?;
    if !output.status.success() {
        return Err(Error::new(format!("cargo cannot read the workspace in {}", folder.display()))
            .because(String::from_utf8_lossy(&output.stderr).trim())
            .help("mend it first; for a new project: cargo xtask dist new NAME"));
    }
    serde_json::from_slice(&output.stdout).context(|| "cannot read what `cargo metadata` printed")
}

fn member(root: &Path, package: &cargo_metadata::Package) -> Member {
    let programs = package.targets.iter().filter(|target| target.kind.contains(&TargetKind::Bin));
    let mut kinds = package.targets.iter().flat_map(|target| &target.kind);
    Member {
        name: package.name.to_string(),
        folder: folder_of(root, package),
        programs: programs.map(|target| target.name.clone()).collect(),
        has_cdylib: kinds.any(|kind| *kind == TargetKind::CDyLib),
        publishable: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
        repository: package.repository.clone(),
        metadata: package.metadata.clone(),
    }
}

fn folder_of(root: &Path, package: &cargo_metadata::Package) -> String {
    let folder = package.manifest_path.as_std_path().parent().unwrap_or(root);
    let below = folder.strip_prefix(root).unwrap_or(folder);
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn default_members(root: &Path, metadata: &Metadata) -> Vec<String> {
    metadata.workspace_default_packages().into_iter().map(|package| folder_of(root, package)).collect()
}

/// The folder that stands for crates.io.
fn vendored(config: &CargoConfig) -> Option<PathBuf> {
    let mut source = config.string(&["source", "crates-io", "replace-with"])?;
    // One replacement may lead to another; cargo refuses a circle.
    for _ in 0..8 {
        if let Some(folder) = config.path(&["source", source, "directory"]) {
            return Some(folder);
        }
        source = config.string(&["source", source, "replace-with"])?;
    }
    None
}

/// Whether a package of that name is a member.
pub fn has_launcher(survey: &Survey) -> bool {
    survey.members.iter().any(|member| member.name == LAUNCHER)
}
