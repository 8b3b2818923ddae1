//! The sequence of `check`: what the preflight finds, and whether each crate is published already.

use crate::config::unknown;
use crate::crates::{Crate, Lookup, Standing};
use crate::preflight::{Checked, Checker, Level, Remark, published};
use crate::project::{CargoConfig, Project};
use crate::publish::WorkFolder;
use crate::registry::{Asking, Life, Network, now};
use crate::report::{Error, Problem, Result, terminal};
use crate::run::Runner;

/// What was found.
pub struct Findings {
    /// What concerns the workspace as a whole.
    pub workspace: Vec<Remark>,
    /// Each crate, and whether its version is published; none where that was not asked.
    pub crates: Vec<(Checked, Option<Result<Standing>>)>,
}

impl Findings {
    /// All of them.
    pub fn remarks(&self) -> impl Iterator<Item = &Remark> {
        self.workspace.iter().chain(self.crates.iter().flat_map(|(checked, _)| &checked.remarks))
    }

    /// Whether nothing is wrong: warnings are none.
    pub fn passed(&self) -> bool {
        self.remarks().all(|remark| remark.level != Level::Error)
    }
}

/// Checks the crates of these names, all unless there are any; `offline` leaves the registries alone.
///
/// # Errors
/// Names of no crate that may be published; everything that is wrong with the configuration.
pub fn check(project: &Project, names: &[String], offline: bool) -> Result<Findings> {
    let crates = chosen(super::members(project)?.crates, names, project)?;
    let runner = Runner::new(&project.root)?;
    let preflight = Checker { project, runner: &runner, offline };
    let workspace = preflight.workspace();
    let work = WorkFolder::new(&project.target_dir)?;
    let network = || Ok(Network::of(&CargoConfig::load(&project.root)?));
    let lookup = Lookup {
        cargo: project.cargo_config(),
        target_dir: &project.target_dir,
        work: work.path(),
        runner: &runner,
        asking: Asking { runner: &runner, network: &network, life: Life::None, now: now() },
    };
    let look = |krate: &Crate| {
        terminal::status("Checking", format_args!("{} for {}", krate.shown(), krate.registry));
        let mut checked = preflight.krate(krate);
        let standing = (!offline).then(|| lookup.standing(krate));
        checked.remarks.extend(standing.iter().flat_map(|standing| published(krate, standing)));
        (checked, standing)
    };
    Ok(Findings { workspace, crates: crates.iter().map(look).collect() })
}

fn chosen(mut crates: Vec<Crate>, names: &[String], project: &Project) -> Result<Vec<Crate>> {
    let known: Vec<&str> = crates.iter().map(|krate| krate.package.name.as_str()).collect();
    let problem = |name: &String| match project.package(name) {
        Some(_) => Problem::new(format!("`{name}` has `publish = false` in its manifest")),
        None => unknown("crate", name, &known),
    };
    let strangers = names.iter().filter(|name| !known.contains(&name.as_str()));
    let problems: Vec<Problem> = strangers.map(problem).collect();
    if !problems.is_empty() {
        return Err(Error::configuration(problems));
    }
    crates.retain(|krate| names.is_empty() || names.contains(&krate.package.name));
    Ok(crates)
}
