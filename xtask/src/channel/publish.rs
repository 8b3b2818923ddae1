//! The shape of publishing: steps that can be asked whether they are done, and done. One sequencer runs the steps of
//! all channels, everything that can be taken back first.

use crate::report::Result;
use crate::run::Runner;

/// When a step runs: everything is staged everywhere before anything is made public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nobody sees it yet, and it can be taken back: a draft, an image without its tag.
    Stage,
    /// The world sees it: the draft made public, the tap's commit.
    Commit,
}

/// What a channel has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Nothing: the step is to be done.
    Absent,
    /// The same content: the step was done before.
    Same,
    /// Something else under the same name; the text says what differs.
    Different(String),
}

/// One step of publishing.
pub trait Step {
    /// When it runs.
    fn phase(&self) -> Phase;

    /// What it does, and to what: `upload tally-….tar.gz to …`.
    fn title(&self) -> String;

    /// The programs and environment variables that it needs, looked for before anything is published.
    fn needs(&self) -> Vec<String>;

    /// Asks the channel what is there.
    ///
    /// # Errors
    /// The channel does not answer.
    fn probe(&self, runner: &Runner) -> Result<Presence>;

    /// Does it.
    ///
    /// # Errors
    /// The channel refuses.
    fn act(&self, runner: &Runner) -> Result<()>;
}
