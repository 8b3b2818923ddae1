//! `dist-manifest.json`: the one record of a release, enough to verify, merge and publish it without the workspace.
//!
//! It never holds clocks, durations, host names or absolute paths: two runs of one commit write the same bytes.
//! Its JSON schema is `xtask/schema/dist-manifest.schema.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::compile::Toolchain;
use crate::inspect::Executable;
use crate::layout::SUMS;
use crate::plan::{PackagePlan, ReleasePlan, TargetPlan, WasmPlan};
use crate::project::{Role, Source};
use crate::report::{Context, Error, Result, Skip};
use crate::targets::{Builder, Glibc, Target};

/// The file's name in a release directory.
pub const FILE: &str = "dist-manifest.json";
/// The file of a shard: a manifest of the part of a release that one machine made.
pub const SHARD_FILE: &str = "dist-shard.json";
/// The format that this tool writes and reads.
pub const FORMAT: u32 = 1;
/// The JSON schema of the format.
pub const SCHEMA: &str = include_str!("../schema/dist-manifest.schema.json");

/// A release, on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this record's format.
    pub format: u32,
    /// What wrote it.
    pub tool: Tool,
    /// What it was made from.
    pub source: Source,
    /// What was to be made.
    pub plan: ReleasePlan,
    /// How it was compiled.
    pub builds: Vec<Build>,
    /// The archives.
    pub assets: Vec<Asset>,
    /// What the channels made.
    pub outputs: Vec<Output>,
    /// What the plan held and the channels could not make of it, and why.
    pub skipped: Vec<Skip>,
    /// The archives that the plan has and the release lacks: only `--keep-going` makes such a release.
    pub missing: Vec<Missing>,
}

/// The tool and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `xtask-dist`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This tool.
    pub fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// How one package was compiled for one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// The package.
    pub package: String,
    /// The target.
    pub target: Target,
    /// The program that compiled and linked.
    pub builder: Builder,
    /// The compiler.
    pub toolchain: Toolchain,
    /// The glibc that it was linked against, where the builder lets choose.
    pub glibc: Option<Glibc>,
    /// The user's own rustc flags, from the environment or cargo's configuration.
    pub rustflags: Vec<String>,
    /// The tools that worked on it besides, with their versions: wasm-bindgen, wasm-opt, wasm-pack.
    pub tools: BTreeMap<String, String>,
}

/// An archive of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Its file name, at the top of the release directory.
    pub name: String,
    /// The package in it.
    pub package: String,
    /// The target that it is for.
    pub target: Target,
    /// Its size in bytes.
    pub size: u64,
    /// Its sha256.
    pub sha256: String,
    /// Where it will be found; none where the forge is not known.
    pub url: Option<String>,
    /// What is in it, in its order.
    pub entries: Vec<Entry>,
}

/// An archive that a release lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// The package in it.
    pub package: String,
    /// The target that it is for.
    pub target: Target,
    /// Its file name.
    pub asset: String,
    /// Why it could not be made.
    pub reason: String,
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its path inside.
    pub path: String,
    /// Its permission bits, as `755`.
    #[serde(with = "octal")]
    pub mode: u32,
    /// What it is for.
    pub role: Role,
    /// Its size in bytes.
    pub size: u64,
    /// Its sha256.
    pub sha256: String,
    /// What its headers say, if it is an executable.
    pub executable: Option<Executable>,
}

/// A file that a channel made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Its path in the release directory, with `/`.
    pub path: String,
    /// The channel.
    pub channel: String,
    /// The package that it is for.
    pub package: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its sha256.
    pub sha256: String,
    /// Its digest as npm has it, `sha512-…`, of what npm is to have.
    pub integrity: Option<String>,
    /// What it says of the release's assets.
    pub claims: Vec<Claim>,
}

/// What a file says of an asset. `verify` looks whether it says so, and whether it is true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The words in the file that point at the asset: its URL, or its name.
    pub reference: String,
    /// The asset.
    pub asset: String,
    /// The digest that the file gives for it, if it gives one.
    pub sha256: Option<String>,
}

impl Manifest {
    /// The record of the release in `folder`, and the text that it stands in.
    ///
    /// # Errors
    /// A folder that is no release, and what [`Manifest::parse`] says.
    pub fn read(folder: &Path) -> Result<(Self, String)> {
        let file = folder.join(FILE);
        let text = std::fs::read_to_string(&file).map_err(|error| {
            Error::new(format!("{} is no release directory", folder.display()))
                .because(format!("cannot read {}: {error}", file.display()))
                .help("name one that `cargo xtask dist` made: cargo xtask dist verify target/releases/TAG")
        })?;
        let unreadable = |error: Error| {
            error.context(format!("cannot verify {}", folder.display())).help("make the release anew: cargo xtask dist")
        };
        Ok((Self::parse(&text).map_err(unreadable)?, text))
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// Text that is no manifest, or one of another format.
    pub fn parse(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Probe {
            format: u32,
        }
        let probe: Probe = serde_json::from_str(text).context(|| format!("{FILE} is no manifest"))?;
        if probe.format != FORMAT {
            return Err(Error::new(format!("{FILE} has format {}, and this tool reads {FORMAT}", probe.format))
                .help("use the version of xtask-dist that made the release, or make it anew: cargo xtask dist"));
        }
        serde_json::from_str(text).context(|| format!("{FILE} is not what its format promises"))
    }

    /// The record as it is written: JSON, indented, with a newline at the end.
    ///
    /// # Errors
    /// None in practice; serialisation of plain data.
    pub fn to_text(&self) -> Result<String> {
        let mut text = serde_json::to_string_pretty(self).context(|| "cannot write the manifest")?;
        text.push('\n');
        Ok(text)
    }

    /// The archives of a package.
    pub fn assets_of<'m>(&'m self, package: &'m str) -> impl Iterator<Item = &'m Asset> {
        self.assets.iter().filter(move |asset| asset.package == package)
    }

    /// What is uploaded beside this record: name and sha256 of the archives, and of what channels made for upload.
    pub fn uploads(&self) -> impl Iterator<Item = (&str, &str)> {
        let assets = self.assets.iter().map(|asset| (asset.name.as_str(), asset.sha256.as_str()));
        let outputs = self.outputs.iter().filter(|output| output.is_uploaded());
        assets.chain(outputs.map(|output| (output.path.as_str(), output.sha256.as_str())))
    }

    /// The names of an asset's checksum file.
    pub fn checksum_of(asset: &str) -> String {
        format!("{asset}.sha256")
    }

    /// The name of a file's signature: where cargo-binstall looks for it.
    pub fn signature_of(file: &str) -> String {
        format!("{file}.sig")
    }

    /// The files that are signed: all that is uploaded, and nothing if the release is not signed.
    pub fn signed(&self) -> Vec<String> {
        if self.plan.public_key.is_none() {
            return Vec::new();
        }
        let uploads = self.uploads().map(|(name, _)| name.to_owned());
        uploads.chain([FILE.to_owned(), SUMS.to_owned()]).collect()
    }
}

impl Output {
    /// Whether it is uploaded with the archives: what stands at the top of the release directory is.
    pub fn is_uploaded(&self) -> bool {
        !self.path.contains('/')
    }
}

impl Asset {
    /// The asset as its plan lets expect it, before anything is built: no digests, and of a build script what `written`
    /// names.
    pub fn predicted(package: &str, plan: &TargetPlan, written: &[(Role, &str)]) -> Self {
        let entry = |path: &str, mode, role| Entry {
            path: plan.archive.inside(path),
            mode,
            role,
            size: 0,
            sha256: "0".repeat(64),
            executable: None,
        };
        let is_static = plan.target.is_static_by_default() || plan.build.wants_static_crt();
        let program = |name: &String| Entry {
            executable: is_static.then(|| Executable::expected_static(plan.target.arch())),
            ..entry(&format!("{name}{}", plan.target.exe_suffix()), 0o755, Role::Executable)
        };
        let programs = plan.binaries.iter().map(program);
        let library = plan.wasm.iter().flat_map(WasmPlan::files);
        let library = library.map(|(role, path)| entry(&path, 0o644, role));
        let files = plan.files.iter().map(|file| (file.role, file.path.as_str())).chain(written.iter().copied());
        let files = files.filter(|_| !plan.archive.is_bare());
        Self {
            name: plan.archive.asset.clone(),
            package: package.to_owned(),
            target: plan.target.clone(),
            size: 0,
            sha256: "0".repeat(64),
            url: plan.archive.url.clone(),
            entries: programs.chain(library).chain(files.map(|(role, path)| entry(path, 0o644, role))).collect(),
        }
    }

    /// All of a release, predicted so.
    pub fn all_predicted(plan: &ReleasePlan, written: &[(Role, &str)]) -> Vec<Self> {
        let of_package = |package: &PackagePlan| {
            let predicted = |target| Self::predicted(&package.name, target, written);
            package.targets.iter().map(predicted).collect::<Vec<_>>()
        };
        plan.packages.iter().flat_map(of_package).collect()
    }

    /// Its executables, in its order.
    pub fn executables(&self) -> impl Iterator<Item = &Entry> {
        self.with_role(Role::Executable)
    }

    /// Its entries of one role.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.role == role)
    }
}

impl Entry {
    /// Whether it begins with headers that say for which machine it is.
    pub fn has_headers(&self) -> bool {
        self.role.has_headers()
    }

    /// The last part of its path.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Permission bits as people write them.
mod octal {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub fn serialize<S: Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{mode:o}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = String::deserialize(deserializer)?;
        u32::from_str_radix(&text, 8).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod schema;
