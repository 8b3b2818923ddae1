//! A crate that is looked at, and how it stands when everybody has been asked.

use std::collections::BTreeSet;
use std::time::Duration;

use semver::Version;

use super::action::{Action, action, newest};
use super::checkout::{Checkout, Crate, Index};
use super::git::State;
use crate::config::unknown;
use crate::registry::{Known, Presence, now};
use crate::report::{Error, Problem, Result};

/// How a crate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// The version in the checkout; none for a crate of which there is no source here.
    pub local: Option<Version>,
    /// Whether the registry has that version; none where that is not known.
    pub presence: Option<Presence>,
    /// The version that users get: the highest that is not yanked.
    pub newest: Option<Version>,
    /// Whether the registry has any version; none where that is not known.
    pub exists: Option<bool>,
    /// What git says; none where it says nothing of the crate.
    pub git: Option<State>,
    /// What to do; none for a crate of which there is no source here.
    pub action: Option<Action>,
    /// The index of its registry.
    pub index: Option<String>,
    /// How long ago the registry said so; none where it has not, or where the clock was set back.
    pub age: Option<Duration>,
    /// Why the registry did not answer.
    pub failure: Option<String>,
}

impl Row {
    /// Whether something is to be published: what is here is not in the registry, and is newer than what is.
    pub fn is_due(&self) -> bool {
        self.presence == Some(Presence::Absent)
            && matches!(self.action, Some(Action::Publish | Action::New | Action::Commit))
    }
}

/// A crate, before anybody is asked about it.
pub struct Subject<'a> {
    /// Its name.
    pub name: &'a str,
    /// The index of its registry.
    pub index: &'a Index,
    /// Its source, and in which checkout it is; none for one that is only named.
    pub source: Option<(usize, &'a Crate)>,
}

impl<'a> Subject<'a> {
    /// The crates of all checkouts, and those that the first one names.
    pub fn all(checkouts: &'a [Checkout]) -> Vec<Self> {
        let of_checkout = |(n, checkout): (usize, &'a Checkout)| {
            checkout.crates.iter().map(move |of| Self { name: &of.name, index: &of.index, source: Some((n, of)) })
        };
        let mut subjects: Vec<Self> = checkouts.iter().enumerate().flat_map(of_checkout).collect();
        let named = checkouts.first().map(|main| main.settings.crates.iter().map(move |name| (name, &main.index)));
        for (name, index) in named.into_iter().flatten() {
            if !subjects.iter().any(|subject| subject.name == name) {
                subjects.push(Self { name, index, source: None });
            }
        }
        subjects
    }

    /// The tags that the published version may have: of the version that is here if it is, else of the newest.
    pub fn tags(&self, known: &Known) -> Vec<String> {
        let Some((_, of)) = self.source else { return Vec::new() };
        let versions = known.answer.as_ref().and_then(|answer| answer.versions.as_ref());
        let published = versions.and_then(|versions| match versions.has(&of.version) {
            Presence::Absent => newest(versions, Some(&of.version)),
            Presence::Published | Presence::Yanked => Some(&of.version),
        });
        published.map(|version| of.tags_of(version)).unwrap_or_default()
    }

    /// What everything comes to.
    pub fn row(&self, known: &Known, git: Option<State>) -> Row {
        let local = self.source.map(|(_, of)| &of.version);
        let answer = known.answer.as_ref();
        let versions = answer.and_then(|answer| answer.versions.as_ref());
        let action = local.map(|local| match (&known.failure, answer) {
            (None, Some(_)) => action(local, versions, git),
            _ => Action::Unreachable,
        });
        let presence = |local| versions.map_or(Presence::Absent, |versions| versions.has(local));
        Row {
            name: self.name.to_owned(),
            local: local.cloned(),
            presence: local.filter(|_| answer.is_some()).map(presence),
            newest: versions.and_then(|versions| newest(versions, local)).cloned(),
            exists: answer.map(|answer| answer.versions.is_some()),
            git,
            action,
            index: self.index.as_ref().ok().cloned(),
            age: answer.and_then(|answer| answer.age(now())),
            failure: known.failure.clone(),
        }
    }
}

/// Checks that the crates called `names` are among the subjects.
///
/// # Errors
/// Every name that is not, with the nearest.
pub fn check_names(names: &[String], subjects: &[Subject<'_>], checkouts: &[Checkout]) -> Result<()> {
    let known: BTreeSet<&str> = subjects.iter().map(|subject| subject.name).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let strangers = names.iter().filter(|name| !known.contains(&name.as_str()));
    let problem = |name: &String| {
        if checkouts.iter().any(|checkout| checkout.private.contains(name)) {
            Problem::new(format!("`{name}` has `publish = false` in its manifest"))
        } else {
            unknown("crate", name, &known)
        }
    };
    let problems: Vec<Problem> = strangers.map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::configuration(problems)) }
}
