//! The files that have a forge make a release when its tag is pushed. Their jobs call `cargo xtask dist` and little
//! else, so that anyone can run what they run.

mod blocks;
mod jobs;
mod view;

use crate::config::Ci;
use crate::plan::ReleasePlan;
use crate::report::Result;
use crate::template::{Language, TemplateFile, Templates};
pub use jobs::Choice;

/// The templates of all services.
pub const TEMPLATES: &[TemplateFile] = &[GITHUB, GITLAB];
const GITHUB: TemplateFile = TemplateFile { path: "ci/github.yml.hbs", language: Language::Yaml };
const GITLAB: TemplateFile = TemplateFile { path: "ci/gitlab.yml.hbs", language: Language::Yaml };

/// What runs the jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// GitHub Actions, and what reads its workflows.
    Github,
    /// GitLab CI.
    Gitlab,
}

impl Service {
    /// Where it looks for the file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Github => ".github/workflows/release.yml",
            Self::Gitlab => ".gitlab-ci.yml",
        }
    }

    /// The template of the file.
    pub fn template(self) -> TemplateFile {
        match self {
            Self::Github => GITHUB,
            Self::Gitlab => GITLAB,
        }
    }

    /// A machine of it that every project has, where the service wants one to be named.
    fn runner(self) -> Option<&'static str> {
        match self {
            Self::Github => Some("ubuntu-24.04"),
            Self::Gitlab => None,
        }
    }
}

/// A file of a service, as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its whole text, what the owner wrote included.
    pub text: String,
    /// Whether that is what stands there.
    pub is_current: bool,
    /// How the release is shared out among jobs, and why.
    pub choice: Choice,
}

/// What a file is made of.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'s> {
    /// What is released.
    pub releases: &'s [ReleasePlan],
    /// `[ci]`.
    pub settings: &'s Ci,
    /// The variables of `[minisign]`: of the secret key and of its password. None where releases are not signed.
    pub secrets: Option<(&'s str, &'s str)>,
    /// How many packages the programs are compiled from, about.
    pub crates: usize,
    /// The templates.
    pub templates: &'s Templates,
}

/// Makes the file of `service` anew: its marked parts from the template, what is around them from `old`, if there is one.
///
/// # Errors
/// A template that cannot be filled; a file that is not ours, or whose marks were moved.
pub fn file(service: Service, sources: &Sources<'_>, old: Option<&str>) -> Result<File> {
    let choice = jobs::choose(sources);
    let view = view::View::new(service, sources, choice.jobs);
    let fresh = sources.templates.render(service.template().path, &view)?;
    let Some(old) = old else { return Ok(File { text: fresh, is_current: false, choice }) };
    let text = blocks::update(old, &fresh)?;
    Ok(File { is_current: text == old, text, choice })
}
