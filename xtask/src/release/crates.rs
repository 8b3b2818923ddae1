//! The sequence of publishing crates: from the workspace as it is checked out, since a registry takes no file of a
//! release directory.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel;
use crate::channel::crates_io::{self, Batch};
use crate::channel::publish::Workplace;
use crate::config::{Config, Known, Problems};
use crate::crates::{CRATES_IO, Crate, Token, needed_by};
use crate::manifest::Manifest;
use crate::plan::ChannelRules as _;
use crate::project::{Package, Project, Source};
use crate::publish::{self, Publication};
use crate::report::Result;

/// The crates of a workspace.
pub struct Members {
    /// All that may be published, in the order in which that can be done.
    pub crates: Vec<Crate>,
    /// The names of those of which the configuration says that they are published with the rest.
    configured: BTreeSet<String>,
    settings: crates_io::Settings,
    tokens: BTreeMap<String, Token>,
}

/// Reads which crates a workspace has for registries. Their tokens leave the environment of everything that is run from
/// now on, but for what uploads.
///
/// # Errors
/// Everything that is wrong with the configuration.
pub fn members(project: &Project) -> Result<Members> {
    let config = Config::load(&project.root, &[])?;
    let names: Vec<&str> = project.packages.iter().map(|package| package.name.as_str()).collect();
    let channels: Vec<&str> = channel::ALL.iter().map(|channel| channel.id()).collect();
    let known = Known { packages: &names, channels: &channels };
    let problems = Problems::default();
    config.check(known, &problems);
    for table in config.channel_tables(crates_io::ID, &problems) {
        crates_io::CratesIo.settings(&table);
        table.finish();
    }
    problems.into_result()?;
    let crates = crates_io::members(project, &config)?;
    // That of crates.io, whoever else is published to: nobody else has any use for it.
    let registries = crates.iter().map(|krate| krate.registry.as_str()).chain([CRATES_IO]);
    let tokens = registries.map(|registry| (registry.to_owned(), Token::of(registry))).collect();
    let configured = crates_io::configured(&config, known, &crates);
    Ok(Members { settings: crates_io::settings(&config, None), crates, configured, tokens })
}

impl Members {
    /// Those that the configuration has published with the rest, and those that they need; none where there are none.
    pub fn configured(mut self) -> Option<Self> {
        self.crates = needed_by(self.crates, |krate| self.configured.contains(&krate.package.name));
        if self.crates.is_empty() { None } else { Some(self) }
    }
}

/// Asks what publishing the crates comes to: all of them, or those of the release `of`, with its version's libraries and
/// with all that these need. They have to be the sources of `releases`.
///
/// # Errors
/// As [`publish::ask`]; a checkout that is not what the releases were made from; what the preflight finds.
pub fn publication_of_crates(
    at: &Workplace<'_>,
    project: Project,
    members: Members,
    (releases, of): (&[Manifest], Option<&Manifest>),
) -> Result<Publication> {
    let Members { mut crates, settings, tokens, .. } = members;
    if let Some(release) = of {
        // Libraries have no release, and in a workspace of one version are released with its programs.
        let is_its_library =
            |package: &Package| package.binaries.is_empty() && package.version.to_string() == release.plan.version;
        crates = needed_by(crates, |krate| {
            release.plan.package(&krate.package.name).is_some() || is_its_library(&krate.package)
        });
    }
    let source = Source::read(&project)?;
    let releases = releases.iter().map(|release| (release.plan.tag.clone(), release.source.clone())).collect();
    let batch = Batch::new(project, crates, source, settings.patience()).of(releases, tokens);
    let steps = batch.steps().into_iter().map(|step| (crates_io::CratesIo.id(), step)).collect();
    publish::ask_steps(at, None, steps, Vec::new())
}
