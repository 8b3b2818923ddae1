//! `[ci]`, at the top of the file only: what `cargo xtask dist ci` writes.

use std::collections::BTreeMap;

use super::Reader;
use crate::report::Problem;
use crate::targets::Target;

/// How a release is shared out among jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// One makes all of it.
    Single,
    /// One for each target, and one that merges.
    Matrix,
}

/// `[ci]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ci {
    /// `jobs`: what is estimated to be faster unless set.
    pub jobs: Option<Jobs>,
    /// `runner`: the machine of all jobs; of GitHub a label, of GitLab a tag.
    pub runner: Option<String>,
    /// `runners`: the machines of some targets.
    pub runners: BTreeMap<String, String>,
    /// `environment`: where the secrets of publishing are kept, and who may publish is said.
    pub environment: Option<String>,
}

impl Ci {
    /// Reads it.
    pub fn read(reader: &Reader<'_>) -> Self {
        let runners = reader.string_map("runners").unwrap_or_default();
        for word in runners.keys() {
            if let Err(error) = Target::parse(word) {
                let at = reader.node("runners").map(|node| node.span.location());
                let problem = error.problems().iter().cloned().map(|problem| Problem { at: at.clone(), ..problem });
                problem.for_each(|problem| reader.problems().add(problem));
            }
        }
        Self {
            jobs: reader.one_of("jobs", &[("single", Jobs::Single), ("matrix", Jobs::Matrix)]),
            runner: reader.string("runner"),
            runners,
            environment: reader.string("environment"),
        }
    }
}
