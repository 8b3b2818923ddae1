//! What the real `cargo binstall` does with a package: which URLs it tries, what it makes of the file it gets, and where
//! in it it finds the programs. Its own words are used for what it refuses.
//!
//! All of it is computed from plain data; nothing is asked of the network. [`resolve`] says what is tried for a target,
//! [`Resolution::locate`] what comes of an archive, [`Resolution::serve`] both for the files of a release.
//!
//! The rules were observed on cargo-binstall 1.24.0 and 1.26.2 and are held against the cases in
//! `crates/lab/tests/conformance`.

pub mod archive;
mod bins;
mod format;
mod hosts;
mod install;
mod metadata;
mod overrides;
mod read;
mod refusal;
mod serve;
mod strategies;
mod template;
mod unpack;
pub mod url;
mod urls;

pub use bins::{Found, Layout, Program, RAW};
pub use format::Format;
pub use hosts::Repository;
pub use install::{InstallDir, install_dir};
pub use metadata::{Algorithm, Metadata, Override, Remark, SECTION, Settings, Signing, misspelt};
pub use read::{Package, packages, read, section};
pub use refusal::Refusal;
pub use serve::{Answer, Served, Signature};
pub use strategies::{Strategies, Strategy};
pub use unpack::{Entry, Kind, Unpacked};
pub use urls::{Candidate, Candidates, Defaults};

pub use crate::names::Host;
use crate::project::Binary;
use crate::targets::BinstallTarget;

/// A package, as far as the client knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its `repository`, as it is written.
    pub repository: Option<String>,
    /// Its programs, by name.
    pub binaries: Vec<Binary>,
}

impl Subject {
    /// A package with these programs, which the client has sorted by their names.
    pub fn new(name: &str, version: &str, repository: Option<&str>, binaries: &[Binary]) -> Self {
        let mut binaries = binaries.to_vec();
        binaries.sort_by(|a, b| a.name.cmp(&b.name));
        Self { name: name.to_owned(), version: version.to_owned(), repository: repository.map(str::to_owned), binaries }
    }

    /// What stands for `{ name }`, one after the other: the package's name, then that of its only program.
    fn rounds(&self) -> Vec<&str> {
        match self.binaries.as_slice() {
            [only] if only.name != self.name => vec![&self.name, &only.name],
            _ => vec![&self.name],
        }
    }
}

/// What the client does for a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The package.
    pub subject: Subject,
    /// The target; its triple alone where the client does not read it.
    pub target: Result<BinstallTarget, String>,
    /// What holds for the target.
    pub settings: Settings,
    /// The URLs that it tries.
    pub candidates: Candidates,
    /// The strategies that are left, in order.
    pub strategies: Vec<Strategy>,
    /// Why nothing at all is installed from a release, whatever is in it.
    pub refusal: Option<Refusal>,
    /// What is probably not meant.
    pub remarks: Vec<Remark>,
}

/// Finds what the client does with a package for a target, given its triple.
pub fn resolve(subject: &Subject, metadata: &Metadata, triple: &str, strategies: &Strategies) -> Resolution {
    if subject.binaries.is_empty() {
        return Resolution::refused(subject, triple, Refusal::NoPrograms);
    }
    let target = match BinstallTarget::parse(triple) {
        Ok(target) => target,
        Err(reason) => return Resolution::refused(subject, triple, Refusal::Target(reason)),
    };
    let settings = metadata.settings_for(&target);
    let strategies = strategies.without(&settings.disabled_strategies);
    let mut candidates = if strategies.contains(&Strategy::CrateMetaData) {
        urls::candidates(subject, &target, &settings)
    } else {
        Candidates { refusal: Some(Refusal::Disabled), ..Candidates::default() }
    };
    let layout = Layout { subject, target: &target, settings: &settings };
    let mut remarks: Vec<Remark> = metadata.rivals(&target).into_iter().collect();
    remarks.append(&mut candidates.remarks);
    remarks.extend(layout.remarks());
    let refusal = candidates.refusal.clone().or_else(|| layout.hopeless(&candidates.urls));
    Resolution { subject: subject.clone(), target: Ok(target), settings, candidates, strategies, refusal, remarks }
}

impl Resolution {
    /// What the client does with a package that it refuses before it looks at any URL.
    pub fn refused(subject: &Subject, triple: &str, refusal: Refusal) -> Self {
        Self {
            subject: subject.clone(),
            target: Err(triple.to_owned()),
            settings: Settings::default(),
            candidates: Candidates::default(),
            strategies: Vec::new(),
            refusal: Some(refusal),
            remarks: Vec::new(),
        }
    }

    /// The triple.
    pub fn triple(&self) -> &str {
        match &self.target {
            Ok(target) => target.triple(),
            Err(triple) => triple,
        }
    }

    /// How programs lie in archives; none where the target is none.
    pub fn layout(&self) -> Option<Layout<'_>> {
        let target = self.target.as_ref().ok()?;
        Some(Layout { subject: &self.subject, target, settings: &self.settings })
    }

    /// Looks for the programs in an archive with these entries, which the client reads as `format`.
    ///
    /// # Errors
    /// Why the client installs nothing from it.
    pub fn locate(&self, format: Format, entries: &[Entry]) -> Result<Found, Refusal> {
        match (self.layout(), &self.refusal) {
            (Some(layout), _) => layout.locate(format, entries),
            (None, Some(refusal)) => Err(refusal.clone()),
            (None, None) => Err(Refusal::NotFound),
        }
    }

    /// Where cargo-quickinstall would have the package, if that strategy is left: it comes after the URLs by the
    /// package's name, and before those by its only program's.
    pub fn quick_install(&self) -> Option<String> {
        if !self.strategies.contains(&Strategy::QuickInstall) {
            return None;
        }
        let (Subject { name, version, .. }, triple) = (&self.subject, self.triple());
        let forge = "https://github.com/cargo-bins/cargo-quickinstall/releases/download";
        Some(format!("{forge}/{name}-{version}/{name}-{version}-{triple}.tar.gz"))
    }
}
