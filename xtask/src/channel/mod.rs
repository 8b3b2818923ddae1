//! The channels: one module each, behind one small trait. Adding one is a module, a template folder and a line in
//! [`ALL`].
//!
//! What is planned and rendered runs no program and reads no file: a channel returns recipes ([`Output`]), and says what
//! it claims in them. Only the [steps](publish) of publishing do, when the sequencer runs them.

pub mod archive;
pub mod binstall;
pub mod crates_io;
pub mod docker;
mod homebrew;
mod npm;
pub mod publish;

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use serde::Serialize;

use crate::config::channel_table;
use crate::manifest::{Claim, Manifest};
use crate::pack::Tar;
use crate::plan::{ChannelPlan, ChannelRules, PackagePlan};
use crate::report::{Finding, Result, Skip};
use crate::targets::Target;
use crate::template::{TemplateFile, Templates};

/// All channels, in the order in which they are shown.
pub const ALL: &[&dyn Channel] =
    &[&archive::Archive, &binstall::Binstall, &homebrew::Homebrew, &crates_io::CratesIo, &npm::Npm, &docker::Docker];

/// A way in which people get a program.
pub trait Channel: ChannelRules {
    /// One line that says what it is.
    fn about(&self) -> &'static str;

    /// The templates that it fills.
    fn templates(&self) -> &'static [TemplateFile] {
        &[]
    }

    /// What it does otherwise for a package than its author may think; shown with the plan.
    fn remarks(&self, _package: &PackagePlan) -> Vec<String> {
        Vec::new()
    }

    /// What it makes for a package of a release.
    ///
    /// # Errors
    /// A template that cannot be filled.
    fn outputs(&self, work: &Work<'_>) -> Result<Made>;

    /// What its own client gets of a release, as far as that was computed.
    fn serves(&self, _release: &Manifest) -> Vec<Service> {
        Vec::new()
    }

    /// How people get the release there, for its notes.
    fn install(&self, _release: &Manifest) -> Vec<Install> {
        Vec::new()
    }

    /// What is wrong with its part of a finished release, beyond what its claims tell.
    fn verify(&self, _release: &Manifest, _files: &dyn Files) -> Vec<Finding> {
        Vec::new()
    }

    /// Whom publishing a package has to log in to: CI files arrange for it.
    fn logins(&self, _package: &PackagePlan) -> Vec<Login> {
        Vec::new()
    }

    /// How a release is published there, step by step.
    fn publish(&self, _release: &Manifest, _files: &dyn Files) -> publish::Steps {
        Vec::new()
    }
}

/// What a channel works on: one package of a release.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// The release, its archives included.
    pub release: &'a Manifest,
    /// The package.
    pub package: &'a PackagePlan,
    /// The channel's settings for it.
    pub channel: &'a ChannelPlan,
    /// The templates.
    pub templates: &'a Templates,
}

/// The files of a finished release, for a channel that verifies its own.
pub trait Files {
    /// The file at `path` in the release directory; none if it is not there or cannot be read.
    fn open(&self, path: &str) -> Option<Box<dyn ReadSeek>>;

    /// The text of such a file; none if it is no text either.
    fn text(&self, path: &str) -> Option<String> {
        let mut text = String::new();
        self.open(path)?.read_to_string(&mut text).ok()?;
        Some(text)
    }
}

/// What can be read from anywhere.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// What a channel made, or why it made nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// Recipes for files.
    Outputs(Vec<Output>),
    /// Recipes for some files, and why there are no others.
    Partly {
        /// The recipes.
        outputs: Vec<Output>,
        /// What there is not.
        skipped: Vec<Skip>,
    },
    /// Nothing: only what was built tells that it cannot.
    Skipped(Skip),
}

impl Made {
    /// Nothing, because the release lacks every archive that would have served.
    fn nothing(channel: &str, package: &PackagePlan) -> Self {
        Self::Skipped(Skip::new(
            format!("{channel} for {}", package.name),
            "the release lacks all archives that it would point at",
            "make the missing ones too: `cargo xtask dist verify` names them",
        ))
    }
}

/// Whoever wants to know who publishes, besides the forge itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Login {
    /// crates.io.
    CratesIo,
    /// npmjs.com.
    Npm,
    /// A container registry, by its host.
    ImageRegistry(String),
    /// A git repository elsewhere, by its URL.
    Git(String),
}

impl Login {
    /// The host, if it is a container registry.
    pub fn image_registry(&self) -> Option<&String> {
        match self {
            Self::ImageRegistry(host) => Some(host),
            _ => None,
        }
    }

    /// The URL, if it is a git repository.
    pub fn git(&self) -> Option<&String> {
        match self {
            Self::Git(url) => Some(url),
            _ => None,
        }
    }
}

/// What a channel's client gets for a target, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Service {
    /// The command: `cargo binstall NAME`.
    pub client: String,
    /// The target.
    pub target: Target,
    /// The URL that serves.
    pub url: String,
    /// Where in the file the programs are.
    pub place: String,
    /// The path in the file, by the name of the installed program.
    pub programs: BTreeMap<String, String>,
    /// What leads the client there.
    pub by: String,
}

/// How people get a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Install {
    /// By what: `Homebrew`.
    pub title: String,
    /// The commands, a line each.
    pub command: String,
}

/// The recipe of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Where it goes in the release directory, with `/`: what is at its top is uploaded with the archives.
    pub path: String,
    /// Its content.
    pub content: Content,
    /// What it says of the release's assets.
    pub claims: Vec<Claim>,
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text, as it is.
    Text(String),
    /// A tar file.
    Tar(Tar),
    /// A tar file, compressed by gzip.
    TarGz {
        /// What is in it.
        tar: Tar,
        /// The time stamp of its entries, in seconds since 1970.
        epoch: u64,
    },
    /// A container image, as a layout in a tar file.
    Image(Box<docker::Image>),
}

/// The skip of a channel that needs the assets' URLs where nothing tells them.
fn no_url(channel: &str, package: &PackagePlan) -> Skip {
    let what = format!("{channel} for {}", package.name);
    match &package.about.repository {
        None => Skip::new(
            what,
            format!("nothing says where the archives will be found: {} has no `repository`", package.manifest),
            format!("write `repository = \"https://github.com/OWNER/NAME\"` under [package] in {}", package.manifest),
        ),
        Some(repository) => Skip::new(
            what,
            format!("where {repository} keeps release files is not known"),
            format!("write `download-url = \"https://HOST/{{ tag }}/{{ asset }}\"` into {}", crate::config::FILE),
        ),
    }
}

/// Settings as the plan keeps them.
pub(crate) fn settings_to_plan(settings: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(settings).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod testing;
