//! The rule for Cargo.lock: it is there, it is committed, and it fits the manifests.

use super::{Checker, Remark};
use crate::report::Problem;

/// What is wrong with the lock file of the workspace.
pub fn check(at: &Checker<'_>) -> Vec<Remark> {
    let file = at.project.root.join("Cargo.lock");
    if !file.is_file() {
        let problem = Problem::new(format!("there is no Cargo.lock in {}", at.project.root.display()))
            .because("what is tested and published would not be known; cargo makes one and says nothing")
            .help("run `cargo generate-lockfile`, and commit the file");
        return vec![Remark::error("lock", problem)];
    }
    let mut found: Vec<Remark> = stale(at).into_iter().collect();
    // It may be that there is no git, or no repository: then nobody ignores it.
    if at.runner.git(&["check-ignore", "--quiet", "Cargo.lock"]).is_some() {
        let problem = Problem::new("Cargo.lock is ignored by git")
            .because("whoever has the commit has not the versions that were tested")
            .help("take it out of .gitignore, and commit it");
        found.push(Remark::warning("lock", problem));
    }
    found
}

/// Cargo's own answer: it resolves the whole graph, which it writes nowhere.
fn stale(at: &Checker<'_>) -> Option<Remark> {
    let command = at.runner.cargo().args(["metadata", "--locked", "--format-version", "1"]);
    let output = command.args(at.offline.then_some("--offline")).ignore_status().output();
    let output = match output {
        Ok(output) if output.status.success() => return None,
        Ok(output) => output,
        Err(error) => {
            let problem = Problem::new("cannot run cargo").because(error).help("install Rust: https://rustup.rs");
            return Some(Remark::error("lock", problem));
        }
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let problem = if said.contains("--locked was passed") {
        Problem::new("Cargo.lock does not fit the manifests")
            .because("a dependency or a version was changed after it was written")
            .help("run `cargo update --workspace`, and commit Cargo.lock")
    } else {
        Problem::new("cargo cannot tell whether Cargo.lock is current")
            .because(said.trim())
            .help("to see it again: cargo metadata --locked")
    };
    Some(Remark::error("lock", problem))
}
