//! `cargo run -p lab test`: every check and test, and the account of them.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use lab::counts;
use lab::process::leave_cargo_run;
use lab::skip::{self, Skip};
use lab::{Missing, workspace_root};

struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    /// The component of a toolchain that the step needs: a minimal toolchain lacks it.
    component: Option<&'static str>,
}

const STEPS: [Step; 4] = [
    Step { name: "fmt", arguments: &["fmt", "--all", "--check"], component: Some("rustfmt") },
    Step {
        name: "clippy",
        arguments: &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
        component: Some("clippy"),
    },
    Step { name: "test", arguments: &["test", "--workspace", "--no-fail-fast"], component: None },
    // Off by default in its manifest, so that `cargo test` in a repository that took xtask in runs none of them.
    Step { name: "engine", arguments: &["test", "--package", "xtask-dist", "--lib"], component: None },
];

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Passed,
    Failed,
    NotRun,
}

/// Runs every step, whatever became of the one before, and says what became of each.
pub fn run(filter: Option<&str>) -> ExitCode {
    // What an earlier run skipped is no news. It may well not exist.
    let _ = fs::remove_file(skip::file());
    let _ = fs::remove_file(counts::file());
    let results = STEPS.map(|step| {
        let started = Instant::now();
        let filter = filter.filter(|_| step.component.is_none());
        (step.name, step.run(filter), started.elapsed())
    });
    let counted = counted(&counts::recorded(&counts::file()));
    print!("\n{}{counted}{}", table(&results), not_run(&skip::recorded(&skip::file())));
    let failed = results.iter().any(|(_, outcome, _)| *outcome == Outcome::Failed);
    ExitCode::from(u8::from(failed))
}

impl Step {
    fn run(&self, filter: Option<&str>) -> Outcome {
        if let Some(component) = self.component
            && !self.is_installed()
        {
            return self.lacks(component);
        }
        let words: Vec<&str> = self.arguments.iter().copied().chain(filter).collect();
        println!("\n==> cargo {}", words.join(" "));
        match cargo().args(words).status() {
            Ok(status) if status.success() => Outcome::Passed,
            Ok(_) => Outcome::Failed,
            Err(error) => {
                eprintln!("error: cannot start cargo: {error}");
                Outcome::Failed
            }
        }
    }

    fn is_installed(&self) -> bool {
        lab::try_run(cargo().args([self.name, "--version"])).is_ok()
    }

    fn lacks(&self, component: &str) -> Outcome {
        let missing = Missing {
            what: component.to_owned(),
            reason: "the toolchain lacks this component".to_owned(),
            remedy: format!("rustup component add {component}"),
        };
        println!("\n==> cargo {}: {}\n    help: {}", self.name, missing.reason, missing.remedy);
        if skip::is_ci() {
            return Outcome::Failed;
        }
        let purpose = format!("cargo {}", self.arguments.join(" "));
        skip::record(&skip::file(), &Skip { test: "cargo run -p lab test".to_owned(), purpose, missing });
        Outcome::NotRun
    }
}

/// The cargo that runs this, at the root of the workspace; nothing here may wait for a person.
fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or(OsString::from("cargo")));
    leave_cargo_run(&mut command);
    command.current_dir(workspace_root()).stdin(Stdio::null());
    command
}

fn table(results: &[(&str, Outcome, Duration)]) -> String {
    let mut table = String::new();
    for (name, outcome, time) in results {
        let outcome = match outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "FAILED",
            Outcome::NotRun => "not run",
        };
        let _ = writeln!(table, "{name:<8}{:>7.1} s  {outcome}", time.as_secs_f64());
    }
    table
}

fn counted(counts: &BTreeMap<String, u64>) -> String {
    let mut list = String::new();
    for (what, count) in counts {
        let _ = writeln!(list, "{count:>8} {what}");
    }
    list
}

fn not_run(skips: &[Skip]) -> String {
    if skips.is_empty() {
        return String::new();
    }
    let mut list = format!("\nNot run, for want of a client: {}\n", skips.len());
    for Skip { test, purpose, missing } in skips {
        let Missing { what, reason, remedy } = missing;
        let _ = write!(list, "  {test}: {purpose}\n    {what}: {reason}\n    help: {remedy}\n");
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_names_steps_and_remedies() {
        let results =
            [("fmt", Outcome::Passed, Duration::from_millis(420)), ("test", Outcome::Failed, Duration::from_secs(61))];
        assert_eq!(table(&results), "fmt         0.4 s  passed\ntest       61.0 s  FAILED\n");

        let missing =
            Missing { what: "ruby".into(), reason: "not on PATH".into(), remedy: "apt-get install ruby".into() };
        let skips = [Skip { test: "formula".into(), purpose: "it is Ruby".into(), missing }];
        assert_eq!(
            not_run(&skips),
            "\nNot run, for want of a client: 1\n  formula: it is Ruby\n    ruby: not on PATH\n    help: apt-get install ruby\n"
        );
        assert_eq!(not_run(&[]), "");
        assert_eq!(counted(&BTreeMap::from([("fault runs".to_owned(), 255)])), "     255 fault runs\n");
    }
}
