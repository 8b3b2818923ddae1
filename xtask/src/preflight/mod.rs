//! What a registry, cargo or a user would find wrong with a crate, found before it is published: what is published
//! stays. Every rule has its own message with what mends it, and all that is found is told at once.

mod dependencies;
mod files;
mod lock;
mod manifest;
mod msrv;

use std::path::Path;

use semver::Version;

use crate::crates::{self, Crate, Listed, Standing};
use crate::project::Project;
use crate::report::{Error, Problem, Result};
use crate::run::Runner;
pub use files::packed_size;
pub use msrv::Compiled;

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The rule, in one word.
    pub rule: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What it is, why, and what mends it.
    pub problem: Problem,
}

/// How bad a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is not published so.
    Error,
    /// It is published so, and probably not meant.
    Warning,
}

impl Remark {
    fn error(rule: &'static str, problem: Problem) -> Self {
        Self { rule, level: Level::Error, problem }
    }

    fn warning(rule: &'static str, problem: Problem) -> Self {
        Self { rule, level: Level::Warning, problem }
    }

    /// The problems of an error, each under this rule.
    fn all(rule: &'static str, error: &Error) -> Vec<Self> {
        error.problems().iter().map(|problem| Self::error(rule, problem.clone())).collect()
    }
}

/// What the rules found in a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// The registry that it goes to.
    pub registry: String,
    /// The files that are published; none where cargo cannot tell.
    pub files: Vec<Listed>,
    /// About how long the `.crate` will be, in bytes.
    pub packed: u64,
    /// Whether it compiles with its `rust-version`.
    pub compiled: Compiled,
    /// What was found.
    pub remarks: Vec<Remark>,
}

/// Looks at crates, and changes nothing but what is in the target folder.
#[derive(Debug, Clone, Copy)]
pub struct Checker<'a> {
    /// The workspace.
    pub project: &'a Project,
    /// Runs programs in it.
    pub runner: &'a Runner,
    /// Whether the network is left alone.
    pub offline: bool,
}

impl Checker<'_> {
    /// The rules for the workspace as a whole.
    pub fn workspace(&self) -> Vec<Remark> {
        lock::check(self)
    }

    /// The rules for one crate, but for whether it is published.
    pub fn krate(&self, krate: &Crate) -> Checked {
        let package = &krate.package;
        let mut remarks = manifest::check(package, krate.is_for_crates_io());
        remarks.extend(dependencies::check(krate, self.project));
        let files = crates::list(self.runner, krate).unwrap_or_else(|error| {
            remarks.extend(Remark::all("package", &error));
            Vec::new()
        });
        let packed = packed_size(&files);
        remarks.extend(files::check(krate, &files, packed));
        let compiled = msrv::check(self, krate);
        remarks.extend(compiled.remark(krate));
        Checked {
            name: package.name.clone(),
            version: package.version.clone(),
            registry: krate.registry.clone(),
            files,
            packed,
            compiled,
            remarks,
        }
    }

    /// Fails with all that is an error, of this crate and among the remarks on the workspace; gives the warnings.
    ///
    /// # Errors
    /// What was found.
    pub fn require(&self, krate: &Crate, workspace: &[Remark]) -> Result<Vec<Problem>> {
        let found = workspace.iter().cloned().chain(self.krate(krate).remarks);
        let (errors, warnings): (Vec<Remark>, Vec<Remark>) = found.partition(|remark| remark.level == Level::Error);
        let problems = |remarks: Vec<Remark>| remarks.into_iter().map(|remark| remark.problem).collect();
        if errors.is_empty() { Ok(problems(warnings)) } else { Err(Error::all(problems(errors))) }
    }
}

/// The rule that a version is published once: what is there has to be what is here.
pub fn published(krate: &Crate, standing: &Result<Standing>) -> Vec<Remark> {
    let what = krate.shown();
    match standing {
        Ok(Standing::Absent | Standing::Same { yanked: false }) => Vec::new(),
        Ok(Standing::Same { yanked: true }) => vec![Remark::warning(
            "published",
            Problem::new(format!("{what} is published, and yanked: nobody new gets it"))
                .help(format!("raise its version, or take that back: cargo yank --undo {}", krate.spec())),
        )],
        Ok(Standing::Different(difference)) => vec![Remark::error(
            "published",
            Problem::new(format!("{what} is published already, with other content"))
                .because(difference)
                .help(format!("raise `version` in {}", shown(&krate.manifest()))),
        )],
        Err(error) => {
            Remark::all("published", &error.clone().context(format!("cannot tell whether {what} is published")))
        }
    }
}

/// A path as short as the working folder allows.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
