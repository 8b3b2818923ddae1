//! What is lost between the plan and the archives: the end of the run, or only of a target.

use std::collections::BTreeMap;

use crate::compile::Failed;
use crate::manifest::{Asset, Missing};
use crate::plan::ReleasePlan;
use crate::report::{Problem, Result, terminal};
use crate::targets::Target;

/// The targets that could not be made, each with why.
#[derive(Debug, Default)]
pub struct Losses {
    keep_going: bool,
    reasons: BTreeMap<(String, Target), String>,
}

impl Losses {
    /// None yet; the first is the end, unless it is wanted to `keep_going`.
    pub fn new(keep_going: bool) -> Self {
        Self { keep_going, reasons: BTreeMap::new() }
    }

    /// Takes note of a failure and says it.
    ///
    /// # Errors
    /// The failure itself, where it is the end.
    pub fn take(&mut self, failed: Failed) -> Result<()> {
        let Failed { package, target, error } = failed;
        if !self.keep_going {
            return Err(error);
        }
        let problems = error.problems();
        for problem in problems {
            let causes = [std::slice::from_ref(&problem.what), &problem.causes].concat();
            let what = format!("{package} for {target} is left out");
            terminal::error(Problem { what, causes, ..problem.clone() });
        }
        // What failed, and not why: causes name paths and programs of this machine.
        let reason = problems.iter().map(|problem| problem.what.as_str()).collect::<Vec<_>>().join("; ");
        self.reasons.entry((package, target)).or_insert(reason);
        Ok(())
    }

    /// Whether the package is lost for the target.
    pub fn has(&self, package: &str, target: &Target) -> bool {
        self.reasons.contains_key(&(package.to_owned(), target.clone()))
    }

    /// What `plan` has and is not among the archives that were made of it.
    pub fn missing(&self, plan: &ReleasePlan, made: &[Asset]) -> Vec<Missing> {
        let lost = |(key, reason): (&(String, Target), &String)| {
            let (package, target) = key;
            let asset = plan.package(package)?.target(target)?.archive.asset.clone();
            let is_made = made.iter().any(|made| made.name == asset);
            (!is_made).then(|| Missing {
                package: package.clone(),
                target: target.clone(),
                asset,
                reason: reason.clone(),
            })
        };
        self.reasons.iter().filter_map(lost).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::testing;
    use crate::report::Error;

    fn failed(target: &str) -> Failed {
        let error = Error::new("zig is missing").because("there is none in /home/me/bin");
        Failed { package: "tally".into(), target: Target::parse(target).unwrap(), error }
    }

    #[test]
    fn a_failure_is_the_end_unless_the_rest_is_wanted() {
        assert_eq!(Losses::new(false).take(failed("aarch64-apple-darwin")).unwrap_err().problems().len(), 1);
        assert!(Losses::new(true).take(failed("aarch64-apple-darwin")).is_ok());
    }

    #[test]
    fn what_is_missing_of_the_plan_is_told_without_paths() {
        let release = testing::release();
        let mut losses = Losses::new(true);
        // One of the release, and one that is only compiled for a universal program.
        for target in ["x86_64-unknown-linux-musl", "x86_64-apple-darwin"] {
            losses.take(failed(target)).unwrap();
        }
        let missing = losses.missing(&release.plan, &[]);
        let [missing] = &missing[..] else { panic!("{missing:?}") };
        assert_eq!(missing.asset, "tally-x86_64-unknown-linux-musl-v1.2.3.tar.gz");
        assert_eq!(missing.reason, "zig is missing");
        assert_eq!(losses.missing(&release.plan, &release.assets), []);
    }
}
