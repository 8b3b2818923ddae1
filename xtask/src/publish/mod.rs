//! The sequencer of publishing: asks every step of every channel what is there already, and only then does what is
//! left to do, phase by phase. Because it asks, a run that was stopped is finished by running it again.

mod workplace;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::channel::publish::{Need, Phase, Presence, Step, Workplace};
use crate::channel::{Channel, Files};
use crate::manifest::Manifest;
use crate::report::{Error, Problem, Result, Skip, terminal};
use crate::run::on_path;
pub use workplace::WorkFolder;

/// What can be published: everything about it was asked, and nothing was done yet.
pub struct Publication {
    /// The release's tag; none for what is published from the workspace itself.
    pub tag: Option<String>,
    /// The steps, in the order in which they run.
    pub steps: Vec<Asked>,
    /// What is not published, and why.
    pub skipped: Vec<Skip>,
}

/// A step, and how it stands.
pub struct Asked {
    /// The channel.
    pub channel: &'static str,
    /// When it runs.
    pub phase: Phase,
    /// What it does, and to what.
    pub title: String,
    /// Where people will find it.
    pub url: Option<String>,
    /// How it stands.
    pub state: State,
    step: Box<dyn Step>,
}

/// A step, and the channel that it is of.
pub type OfChannel = (&'static str, Box<dyn Step>);

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "because", rename_all = "kebab-case")]
pub enum State {
    /// It is to be done.
    ToDo,
    /// It is to be done over what is there, of which the text says what it is.
    Replaces(String),
    /// This run did it.
    Done,
    /// It was done before.
    ThereAlready,
    /// What is there stays, which the text gives a reason for.
    Kept(String),
}

impl State {
    /// Whether it waits to be done.
    pub fn is_left(&self) -> bool {
        matches!(self, Self::ToDo | Self::Replaces(_))
    }
}

/// Asks what publishing the release in `at.folder`, which was verified, comes to; `wanted` names the channels, all unless it does.
///
/// # Errors
/// Programs and variables that are missing; channels that do not answer or have something else under the release's
/// names. All problems of a kind at once.
pub fn ask(
    at: &Workplace<'_>,
    (release, files): (&Manifest, &dyn Files),
    channels: &[&'static dyn Channel],
    wanted: &[String],
) -> Result<Publication> {
    let is_wanted = |id: &str| wanted.is_empty() || wanted.iter().any(|word| word == id);
    let mut steps: Vec<OfChannel> = Vec::new();
    let mut skipped = Vec::new();
    for channel in channels.iter().filter(|channel| is_wanted(channel.id())) {
        let (before, skips) = (steps.len(), skipped.len());
        for step in channel.publish(release, files) {
            match step {
                Ok(step) => steps.push((channel.id(), step)),
                Err(skip) => skipped.push(skip),
            }
        }
        if steps.len() == before && skipped.len() == skips && !wanted.is_empty() {
            skipped.push(nothing_of(release, channel.id()));
        }
    }
    ask_steps(at, Some(release.plan.tag.clone()), steps, skipped)
}

/// Asks what these steps, of the release `tag` or of the workspace itself, come to.
///
/// # Errors
/// As [`ask`].
pub fn ask_steps(
    at: &Workplace<'_>,
    tag: Option<String>,
    steps: Vec<OfChannel>,
    skipped: Vec<Skip>,
) -> Result<Publication> {
    let steps = in_order(steps);
    check_needs(&steps)?;
    let steps = probe(at, steps)?;
    Ok(Publication { tag, steps, skipped })
}

/// Does what is left of all of them: every phase of all before the next one of any. It stops at the first step that
/// fails; what was done is noted in the steps.
///
/// # Errors
/// What would fail, before anything is done; what the channel says.
pub fn run(publications: &mut [(Publication, Workplace<'_>)]) -> Result<()> {
    let mut problems: Vec<Problem> = Vec::new();
    for (publication, at) in publications.iter() {
        for asked in publication.steps.iter().filter(|asked| asked.state.is_left()) {
            if let Err(error) = asked.step.ready(at) {
                add_new(&mut problems, &error);
            }
        }
    }
    if !problems.is_empty() {
        return Err(Error::all(problems));
    }
    for phase in Phase::ALL {
        for (publication, at) in publications.iter_mut() {
            publication.run(phase, at)?;
        }
    }
    Ok(())
}

/// Two steps for one place fail alike, which is said once.
fn add_new(problems: &mut Vec<Problem>, error: &Error) {
    let new: Vec<Problem> = error.problems().iter().filter(|problem| !problems.contains(problem)).cloned().collect();
    problems.extend(new);
}

/// Phase by phase, and within each as the channels come.
fn in_order(mut steps: Vec<OfChannel>) -> Vec<OfChannel> {
    steps.sort_by_key(|(_, step)| step.phase());
    steps
}

fn nothing_of(release: &Manifest, id: &str) -> Skip {
    if release.plan.packages.iter().any(|package| package.channel(id).is_some()) {
        Skip::new(id, "nothing of it is published by itself", "its files are in the release directory")
    } else {
        Skip::new(id, format!("{} was made without it", release.plan.tag), format!("cargo xtask dist --channel {id}"))
    }
}

fn check_needs(steps: &[OfChannel]) -> Result<()> {
    let needs: BTreeSet<(Need, &str)> =
        steps.iter().flat_map(|(id, step)| step.needs().into_iter().map(|need| (need, *id))).collect();
    let problems: Vec<Problem> = needs.iter().filter_map(|(need, id)| missing(need, id)).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::all(problems)) }
}

fn missing(need: &Need, id: &str) -> Option<Problem> {
    match need {
        Need::Program(names) if names.iter().any(|name| on_path(name).is_some()) => None,
        Need::Program(names) => {
            let names = names.join(" or ");
            Some(
                Problem::new(format!("{id} is published by {names}, which is not on PATH"))
                    .help(format!("install {names}")),
            )
        }
        Need::Variable(name) if std::env::var_os(name).is_some_and(|value| !value.is_empty()) => None,
        Need::Variable(name) => Some(
            Problem::new(format!("{id} is published with {name}, which is not set")).help(format!("export {name}=…")),
        ),
    }
}

/// Asks every step, whatever the one before said: what stops one is told with what stops the others.
fn probe(at: &Workplace<'_>, steps: Vec<OfChannel>) -> Result<Vec<Asked>> {
    let mut asked = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    for (channel, step) in steps {
        let (phase, title) = (step.phase(), step.title());
        terminal::status("Asking", &title);
        let state = match step.probe(at) {
            Ok(Presence::Absent) => State::ToDo,
            Ok(Presence::Same) => State::ThereAlready,
            Ok(Presence::Kept(why)) => State::Kept(why),
            Ok(Presence::Different(what)) if step.may_replace() => State::Replaces(what),
            Ok(Presence::Different(what)) if at.replace && step.is_replaceable() => State::Replaces(what),
            Ok(Presence::Different(what)) => {
                let help = if step.is_replaceable() {
                    "release another version; or, if nobody has it yet, `--replace` it"
                } else {
                    "what was published stays as it is: release another version"
                };
                problems.push(Problem::new(format!("cannot publish {title}")).because(what).help(help));
                continue;
            }
            Err(error) => {
                add_new(&mut problems, &error);
                continue;
            }
        };
        asked.push(Asked { channel, phase, title, url: step.url(), state, step });
    }
    if problems.is_empty() { Ok(asked) } else { Err(Error::all(problems)) }
}

impl Publication {
    fn run(&mut self, phase: Phase, at: &Workplace<'_>) -> Result<()> {
        for asked in self.steps.iter_mut().filter(|asked| asked.phase == phase && asked.state.is_left()) {
            terminal::status("Publishing", &asked.title);
            asked.step.act(at).map_err(|error| error.context(format!("cannot publish {}", asked.title)))?;
            asked.state = State::Done;
        }
        Ok(())
    }

    /// Whether something is left that points at the release's files, and no step before it brings them there.
    pub fn points_at_urls(&self) -> bool {
        let is_left = |asked: &Asked| asked.phase == Phase::Point && asked.state.is_left();
        self.steps.iter().any(is_left) && self.steps.iter().all(|asked| asked.channel != "archive")
    }
}

#[cfg(test)]
mod tests;
