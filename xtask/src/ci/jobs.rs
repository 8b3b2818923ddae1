//! One job or many: what is faster, by an estimate.

use std::time::Duration;

use super::Sources;
use crate::config::Jobs;
use crate::plan::ReleasePlan;
use crate::targets::Target;

/// How a release is shared out among jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// How.
    pub jobs: Jobs,
    /// About how long one job takes for everything.
    pub single: Duration,
    /// About how long it takes with a job for each target.
    pub matrix: Duration,
    /// Why there can be no job for each target; none where there can.
    pub obstacle: Option<String>,
}

/// What a job costs before it does anything: the machine, the checkout, and xtask, which is compiled.
const START: Duration = Duration::from_secs(75);
/// What a target costs: linking and packing, and each crate, in the usual machines of forges (4 cores).
const TARGET: Duration = Duration::from_secs(10);
const CRATE: Duration = Duration::from_millis(700);

/// Chooses.
pub fn choose(sources: &Sources<'_>) -> Choice {
    let targets = u32::try_from(compiled(sources.releases).len()).unwrap_or(u32::MAX);
    let target = TARGET + CRATE * u32::try_from(sources.crates).unwrap_or(u32::MAX);
    let single = START + target * targets;
    // Merging is a job of its own.
    let matrix = START + target + START;
    let obstacle = obstacle(sources);
    let faster = if matrix < single || !sources.settings.runners.is_empty() { Jobs::Matrix } else { Jobs::Single };
    let jobs = if obstacle.is_some() { Jobs::Single } else { sources.settings.jobs.unwrap_or(faster) };
    Choice { jobs, single, matrix, obstacle }
}

/// The file is written before it is known whose tag is pushed.
fn obstacle(sources: &Sources<'_>) -> Option<String> {
    let (first, others) = sources.releases.split_first()?;
    let other = others.iter().find(|other| targets(other) != targets(first))?;
    Some(format!("{} and {} have other targets", first.tag, other.tag))
}

/// The targets that are compiled: not those that `merge` makes of others.
pub fn compiled(releases: &[ReleasePlan]) -> Vec<Target> {
    let all: Vec<Target> = releases.iter().flat_map(targets).collect();
    let is_joined =
        |target: &Target| target.slices().is_some_and(|slices| slices.iter().all(|slice| all.contains(slice)));
    let mut compiled: Vec<Target> = all.iter().filter(|target| !is_joined(target)).cloned().collect();
    compiled.sort();
    compiled.dedup();
    compiled
}

fn targets(release: &ReleasePlan) -> Vec<Target> {
    let mut targets: Vec<Target> =
        release.packages.iter().flat_map(|package| &package.targets).map(|plan| plan.target.clone()).collect();
    targets.sort();
    targets.dedup();
    targets
}
