//! The shape of publishing: steps that can be asked whether they are done, and done. One sequencer
//! ([`crate::publish`]) runs the steps of all channels, everything that can be taken back first.

use std::path::Path;

use crate::report::{Result, Skip};
use crate::run::Runner;

/// When a step runs. All steps of one phase, of all channels, come before the first of the next; within a phase the
/// channels have the order of [`super::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nobody sees it yet, and it can be taken back: a draft, an image without its tag.
    Stage,
    /// The world sees it: the image's tag, the crate.
    Commit,
    /// It leads to all of that: the forge's release, made public.
    Announce,
    /// It points at what the world sees by now: a tap's formula, whose URLs have to answer.
    Point,
}

impl Phase {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Stage, Self::Commit, Self::Announce, Self::Point];
}

/// What a channel has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Nothing: the step is to be done.
    Absent,
    /// The same content: the step was done before.
    Same,
    /// Something else under the same name; the text says what differs. An error, unless the step
    /// [may replace](Step::may_replace) it.
    Different(String),
    /// Something else, which is right to stay; the text says why, and what users get therefore.
    Kept(String),
}

/// Something that a step cannot do without, looked for before anything is published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// One of these programs, on PATH.
    Program(&'static [&'static str]),
    /// An environment variable.
    Variable(&'static str),
}

/// Where steps work.
#[derive(Debug, Clone, Copy)]
pub struct Workplace<'a> {
    /// The release directory.
    pub folder: &'a Path,
    /// A folder of this run alone, for clones and the like; it is removed at the end.
    pub work: &'a Path,
    /// Runs programs, with the workspace as their working folder.
    pub runner: &'a Runner,
    /// Whether what is [different](Presence::Different) is replaced, where that [can be done](Step::is_replaceable).
    pub replace: bool,
}

/// One step of publishing. It has in it what it publishes: making one reads the release, and nothing else.
pub trait Step {
    /// When it runs.
    fn phase(&self) -> Phase;

    /// What it does, and to what: `tally-….tar.gz to …`.
    fn title(&self) -> String;

    /// What it needs of this machine.
    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    /// Where people will find it.
    fn url(&self) -> Option<String> {
        None
    }

    /// Whether what is [different](Presence::Different) gives way.
    fn may_replace(&self) -> bool {
        false
    }

    /// Whether it gives way if the user wants that (`--replace`).
    fn is_replaceable(&self) -> bool {
        false
    }

    /// Asks the channel what is there. It changes nothing.
    ///
    /// # Errors
    /// The channel does not answer.
    fn probe(&self, at: &Workplace<'_>) -> Result<Presence>;

    /// Looks whether it could be done: credentials, and whatever else takes longer than asking. It changes nothing for
    /// anybody else, and is asked of every step that is left before the first one is done; `--dry-run` leaves it out.
    ///
    /// # Errors
    /// It could not.
    fn ready(&self, _at: &Workplace<'_>) -> Result<()> {
        Ok(())
    }

    /// Does it.
    ///
    /// # Errors
    /// The channel refuses.
    fn act(&self, at: &Workplace<'_>) -> Result<()>;
}

/// The steps of a channel; in the place of one that there is not, why.
pub type Steps = Vec<Result<Box<dyn Step>, Skip>>;
