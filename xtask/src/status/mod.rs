//! `publish-status`: which crates are published, which are to be, and what stands in the way.
//!
//! Made to be asked all the time: with everything kept and nothing changed, some files are read and git is asked once,
//! while all that takes longer (cargo, the network, differences between commits) is left out. What is kept is right
//! before it is fast: it is thrown away when anything that it was worked out from is different.

mod action;
mod changes;
mod checkout;
mod git;
mod inputs;
mod refs;
mod subject;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use action::{Action, action, newest};
pub use git::State;
pub use subject::Row;

use crate::project::CargoConfig;
use crate::registry::{Asking, Known, Life, Network, Registry, now};
use crate::report::{Result, terminal};
use crate::run::Runner;
use checkout::Checkout;
use subject::{Subject, check_names};

/// How long it is believed what a registry said, unless it is asked anew: 15 minutes.
pub const LIFE: Duration = Duration::from_secs(15 * 60);

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The workspace's manifest, or its folder; the one around the working folder unless set.
    pub manifest_path: Option<PathBuf>,
    /// Only these crates; all if there are none.
    pub names: Vec<String>,
    /// Whether the network is left alone.
    pub offline: bool,
    /// Whether registries are asked, however young what they said is.
    pub refresh: bool,
}

/// Looks at all crates that are asked for.
///
/// # Errors
/// A workspace or configuration that cannot be read, names that are not known, no curl. A registry that does not answer
/// is no error here, but [`Action::Unreachable`].
pub fn status(request: &Request) -> Result<Vec<Row>> {
    let (checkouts, gits, folder) = look(request.manifest_path.as_deref())?;
    let mut subjects = Subject::all(&checkouts);
    check_names(&request.names, &subjects, &checkouts)?;
    subjects.retain(|subject| request.names.is_empty() || request.names.iter().any(|name| name == subject.name));

    let known = ask_registries(&checkouts[0], &folder, &subjects, request)?;
    let tags: Vec<Vec<String>> = subjects.iter().zip(&known).map(|(subject, known)| subject.tags(known)).collect();
    let mut told = Vec::new();
    for (n, (checkout, git)) in checkouts.iter().zip(gits).enumerate() {
        let is_its = |subject: &Subject<'_>| subject.source.is_some_and(|(at, _)| at == n);
        let tags = subjects.iter().zip(&tags).filter(|(subject, _)| is_its(subject)).flat_map(|(_, tags)| tags);
        let said = git.and_then(|git| git.map(|git| git.told(checkout, &tags.collect(), &folder)).transpose());
        // A table without git's column is better than none.
        told.push(said.unwrap_or_else(|error| {
            terminal::warning(error);
            None
        }));
    }
    let row = |((subject, known), tags): ((&Subject<'_>, &Known), &Vec<String>)| {
        let told = subject.source.and_then(|(n, of)| Some((told[n].as_ref()?, of)));
        subject.row(known, told.and_then(|(told, of)| told.state(of, tags)))
    };
    Ok(subjects.iter().zip(&known).zip(&tags).map(row).collect())
}

/// Git, on its way to an answer; none where there is no repository.
type Git = Result<Option<git::Asked>>;

/// The workspace of the manifest and the checkouts that it names, git's answer on each, and where things are kept.
fn look(manifest: Option<&Path>) -> Result<(Vec<Checkout>, Vec<Git>, PathBuf)> {
    let (main, git, folder) = look_at(manifest, None)?;
    let (mut checkouts, mut gits) = (vec![main], vec![git]);
    for beside in checkouts[0].settings.checkouts.clone() {
        let manifest = checkouts[0].root.join(&beside);
        let (checkout, git, _) = look_at(Some(&manifest), Some(&folder))
            .map_err(|error| error.context(format!("cannot read `{beside}`, a checkout of [publish-status]")))?;
        checkouts.push(checkout);
        gits.push(git);
    }
    Ok((checkouts, gits, folder))
}

fn look_at(manifest: Option<&Path>, folder: Option<&Path>) -> Result<(Checkout, Git, PathBuf)> {
    if let Some((checkout, folder)) = Checkout::kept(manifest, folder) {
        // git takes longest, so it begins before it is known whether what was kept holds.
        let git = git::Asked::begin(&checkout);
        if checkout.holds() {
            return Ok((checkout, git, folder));
        }
    }
    let (checkout, folder) = Checkout::read(manifest, folder)?;
    let git = git::Asked::begin(&checkout);
    Ok((checkout, git, folder))
}

/// What the registries say of each subject, every registry being asked once.
fn ask_registries(main: &Checkout, folder: &Path, subjects: &[Subject<'_>], request: &Request) -> Result<Vec<Known>> {
    let runner = Runner::new(&main.root)?;
    let network = || Ok(Network::of(&CargoConfig::load(&main.root)?));
    let offline = request.offline || main.offline || is_set("CARGO_NET_OFFLINE");
    let life = match (offline, request.refresh) {
        (true, _) => Life::Endless,
        (false, true) => Life::None,
        (false, false) => Life::Of(LIFE),
    };
    let asking = Asking { runner: &runner, network: &network, life, now: now() };
    let without_index = |subject: &Subject<'_>| Known { answer: None, failure: subject.index.as_ref().err().cloned() };
    let mut known: Vec<Known> = subjects.iter().map(without_index).collect();
    let indexes: BTreeSet<&String> = subjects.iter().filter_map(|subject| subject.index.as_ref().ok()).collect();
    for index in indexes {
        let its = (0..subjects.len()).filter(|n| subjects[*n].index.as_ref().ok() == Some(index));
        let its: Vec<usize> = its.collect();
        let names: Vec<&str> = its.iter().map(|n| subjects[*n].name).collect();
        let answers = Registry::new(index, folder).ask(&names, asking)?;
        its.into_iter().zip(answers).for_each(|(n, answer)| known[n] = answer);
    }
    Ok(known)
}

fn is_set(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| value == "true" || value == "1")
}
