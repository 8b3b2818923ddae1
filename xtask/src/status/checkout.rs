//! What a checkout says of itself: its crates, their versions, what belongs to each, and where they are published.
//!
//! `cargo metadata` and the configuration tell it. Because they take longer than all else, what they told is kept, by
//! the checkout's path, for as long as every file that they read is what it was.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::inputs::{Inputs, pattern_of_manifests};
use crate::channel;
use crate::config::{self, Config, Known, Problems, PublishStatus};
use crate::hash::sha256;
use crate::kept;
use crate::names;
use crate::project::{CargoConfig, Package, Project, slashed};
use crate::registry::folder_in;
use crate::report::{Context, Result};
use crate::spanned::{self, Source, Table, Value};

/// The kind and the format of the files in which it is kept.
const KIND: &str = "checkout 1";

/// A workspace on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkout {
    /// Its folder; no link is on the way there.
    pub root: PathBuf,
    /// Cargo's target folder, relative to it and with `/`, if it is below.
    pub target: Option<String>,
    /// The folders of all members, in the same form; empty for the workspace's own.
    pub folders: Vec<String>,
    /// The members that may be published.
    pub crates: Vec<Crate>,
    /// The members that may not.
    pub private: Vec<String>,
    /// `[publish-status]`.
    pub settings: PublishStatus,
    /// The index of the registry that is asked about crates which are named there.
    pub index: Index,
    /// `net.offline` of cargo's configuration.
    pub offline: bool,
    manifests: Vec<PathBuf>,
    inputs: Option<Inputs>,
}

/// The URL of an index, or why there is none.
pub type Index = Result<String, String>;

/// A member that may be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Its folder relative to the checkout's, with `/`; none where it is elsewhere.
    pub folder: Option<String>,
    /// What belongs to it from outside of its folder, in the same form: README, licence, what it inherits from.
    pub outside: Vec<String>,
    /// The templates of tags that a release of it may have, the likeliest first.
    pub tags: Vec<String>,
    /// The index of the registry that it goes to.
    pub index: Index,
}

impl Crate {
    /// The tags that the release of a version may have.
    pub fn tags_of(&self, version: &Version) -> Vec<String> {
        let version = version.to_string();
        let values = names::Values::from([("name", self.name.as_str()), ("version", version.as_str())]);
        self.tags.iter().filter_map(|template| names::render(template, &values).ok()).collect()
    }
}

impl Checkout {
    /// What was kept of the checkout of the manifest (or folder) `manifest`, or of the one around the working folder,
    /// and where: in `folder`, unless given in the target folder. Whether it [holds](Self::holds) is another question.
    pub fn kept(manifest: Option<&Path>, folder: Option<&Path>) -> Option<(Self, PathBuf)> {
        let start = manifest.unwrap_or(Path::new("."));
        let start = if start.is_dir() { start } else { start.parent()? };
        let start = canonical(start).ok()?;
        // The nearest manifest first; whether its workspace is further up, the kept one tells by having it as a member.
        let nearest = start.ancestors().map(|folder| folder.join("Cargo.toml")).find(|file| file.is_file())?;
        let mut roots = nearest.parent()?.ancestors().filter(|root| root.join("Cargo.toml").is_file());
        roots.find_map(|root| {
            let folder = folder.map(Path::to_owned).or_else(|| Some(folder_in(&target_dir(root, &start)?)))?;
            let kept: Self = kept::read(&file(&folder, root), KIND)?;
            let is_its = nearest == root.join("Cargo.toml") || kept.manifests.contains(&nearest);
            (kept.root == root && is_its).then_some((kept, folder))
        })
    }

    /// Whether everything that it was read from is what it was.
    pub fn holds(&self) -> bool {
        self.inputs.as_ref().is_some_and(Inputs::hold)
    }

    /// Reads the checkout, and keeps it: parameters and result are those of [`Checkout::kept`].
    ///
    /// # Errors
    /// No manifest there, or what cargo does not take; everything that is wrong with the configuration.
    pub fn read(manifest: Option<&Path>, folder: Option<&Path>) -> Result<(Self, PathBuf)> {
        let since = SystemTime::now();
        let project = Project::load(manifest)?;
        let folder = folder.map_or_else(|| folder_in(&project.target_dir), Path::to_owned);
        let checkout = Self::of(&project, since)?;
        // What is not kept is worked out again. A path that is not Unicode cannot be kept.
        if checkout.inputs.is_some() {
            let _ = kept::write(&file(&folder, &checkout.root), KIND, &checkout);
        }
        Ok((checkout, folder))
    }

    fn of(project: &Project, since: SystemTime) -> Result<Self> {
        let root = canonical(&project.root)?;
        let config = Config::load(&project.root, &[])?;
        let names: Vec<&str> = project.packages.iter().map(|package| package.name.as_str()).collect();
        let channels: Vec<&str> = channel::ALL.iter().map(|channel| channel.id()).collect();
        let known = Known { packages: &names, channels: &channels };
        let problems = Problems::default();
        config.check(known, &problems);
        problems.into_result()?;
        let cargo = project.cargo_config();
        let index = |registry: Option<&str>| {
            let registry = registry.map_or_else(|| cargo.default_registry(), str::to_owned);
            cargo.index_of(&registry).map_err(|error| error.to_string())
        };

        let mut members = Members::default();
        for package in &project.packages {
            members.add(&root, package)?;
        }
        let publishable: Vec<&Package> = project.packages.iter().filter(|package| package.publishable).collect();
        let is_shared = |package: &Package| {
            publishable.iter().all(|other| other.version == publishable[0].version)
                || publishable.iter().filter(|other| other.version == package.version).count() > 1
        };
        let mut crates = Vec::new();
        for package in &publishable {
            let configured = config.package_selection(&package.name, known, &Problems::default()).tag;
            let usual = [Some(names::OWN_TAG), is_shared(package).then_some(names::SHARED_TAG)];
            let usual = || usual.into_iter().flatten().map(str::to_owned).collect();
            crates.push(Crate {
                name: package.name.clone(),
                version: package.version.clone(),
                folder: below(&root, &canonical(&package.dir)?),
                outside: outside(&root, package),
                tags: configured.map_or_else(usual, |tag| vec![tag]),
                index: index(package.registries.first().map(String::as_str)),
            });
        }
        let private = project.packages.iter().filter(|package| !package.publishable);
        let patterns = member_patterns(&root);
        let files = members.all_that_counts(&root, patterns.iter().flat_map(|pattern| super::inputs::matches(pattern)));
        Ok(Self {
            target: canonical(&project.target_dir).ok().and_then(|target| below(&root, &target)),
            folders: members.folders,
            crates,
            private: private.map(|package| package.name.clone()).collect(),
            settings: config.publish_status(&Problems::default()),
            index: index(None),
            offline: cargo.bool(&["net", "offline"]).unwrap_or(false),
            manifests: members.manifests,
            inputs: Inputs::settled(files, patterns, since),
            root,
        })
    }

    /// A text that differs where what is kept would; none where nothing is.
    pub fn digest(&self) -> Option<&str> {
        self.inputs.as_ref().map(Inputs::digest)
    }

    /// Whether the file or folder at `path` belongs to the crate; `path` is relative to
    /// the checkout. What is in another member's folder does not.
    pub fn belongs(&self, path: &str, of: &Crate) -> bool {
        if of.outside.iter().any(|file| file == path) {
            return true;
        }
        let Some(folder) = &of.folder else { return false };
        let nearest = self.folders.iter().filter(|folder| is_in(path, folder)).max_by_key(|folder| folder.len());
        // A folder that is new as a whole, or a submodule, may have the crate in it.
        nearest == Some(folder) || is_in(folder, path.trim_end_matches('/'))
    }
}

/// What is gathered from all members.
#[derive(Default)]
struct Members {
    folders: Vec<String>,
    manifests: Vec<PathBuf>,
}

impl Members {
    fn add(&mut self, root: &Path, package: &Package) -> Result<()> {
        let folder = canonical(&package.dir)?;
        self.folders.extend(below(root, &folder));
        self.manifests.push(folder.join("Cargo.toml"));
        Ok(())
    }

    /// All files that cargo and the configuration read, or would read if they were there.
    fn all_that_counts(&self, root: &Path, matched: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
        let mut files: BTreeSet<PathBuf> = self.manifests.iter().cloned().chain(matched).collect();
        // A manifest between a member and its workspace, or above it, could make it another's.
        let folders = self.manifests.iter().filter_map(|manifest| manifest.parent()).chain([root]);
        files.extend(folders.flat_map(Path::ancestors).map(|folder| folder.join("Cargo.toml")));
        files.extend(CargoConfig::places(root));
        files.insert(root.join(config::FILE));
        files.into_iter().collect()
    }
}

/// The path without links. On Windows just the whole path: its form without links is one that few programs take.
fn canonical(path: &Path) -> Result<PathBuf> {
    let found = if cfg!(windows) { std::path::absolute(path) } else { path.canonicalize() };
    found.context(|| format!("cannot find {}", path.display()))
}

/// The file of a checkout.
pub(super) fn file(folder: &Path, root: &Path) -> PathBuf {
    let key = sha256(root.as_os_str().as_encoded_bytes());
    folder.join("publish-status").join(format!("{}.json", &key[..16]))
}

/// Where cargo would put the target folder of the workspace `root` when it is started in `start`; only a guess is
/// needed, since cargo is asked where nothing is found.
fn target_dir(root: &Path, start: &Path) -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(set) = set("CARGO_TARGET_DIR").or_else(|| set("CARGO_BUILD_TARGET_DIR")) {
        return Some(start.join(set));
    }
    let configured = CargoConfig::load(root).ok()?.path(&["build", "target-dir"]);
    Some(configured.unwrap_or_else(|| root.join("target")))
}

/// `path` relative to `root`, with `/`.
fn below(root: &Path, path: &Path) -> Option<String> {
    slashed(path.strip_prefix(root).ok()?).ok()
}

fn is_in(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What is packaged from outside of the package's folder, or says what stands in its manifest.
fn outside(root: &Path, package: &Package) -> Vec<String> {
    let named = [&package.readme, &package.license_file].into_iter().flatten().filter_map(|file| {
        let plain = file.components().any(|part| part == Component::ParentDir);
        plain.then(|| below(root, &canonical(file).ok()?)).flatten()
    });
    let manifest = inherits(&package.dir.join("Cargo.toml")).then(|| "Cargo.toml".to_owned());
    named.chain(manifest).collect()
}

/// Whether a manifest has `workspace = true` anywhere.
fn inherits(manifest: &Path) -> bool {
    fn any(table: &Table) -> bool {
        table.iter().any(|(key, entry)| match &entry.node.value {
            Value::Bool(set) => key == "workspace" && *set,
            Value::Table(below) => any(below),
            _ => false,
        })
    }
    table_of(manifest).as_ref().is_some_and(any)
}

/// The patterns among the members of a workspace, each for the manifests that it matches.
fn member_patterns(root: &Path) -> Vec<String> {
    let table = table_of(&root.join("Cargo.toml")).unwrap_or_default();
    let Some(Value::Table(workspace)) = table.get("workspace").map(|entry| &entry.node.value) else {
        return Vec::new();
    };
    let Some(Value::Array(members)) = workspace.get("members").map(|entry| &entry.node.value) else {
        return Vec::new();
    };
    let pattern = |member: &spanned::Node| match &member.value {
        Value::String(text) => pattern_of_manifests(root, text),
        _ => None,
    };
    members.iter().filter_map(pattern).collect()
}

/// A manifest that cargo has taken.
fn table_of(manifest: &Path) -> Option<Table> {
    let text = std::fs::read_to_string(manifest).ok()?;
    spanned::parse(&Arc::new(Source { name: manifest.to_owned(), text })).ok()
}
