//! `--depend`: an xtask of a few lines, which leads to the same commands.

use std::process::Command;

use lab::{Fixture, command, run, workspace_root};

use super::{adopt_with, adopted_alike, cargo, shared_target, status, text};
use crate::said::run_in;

fn xtask(project: &Fixture, words: &[&str]) -> Command {
    let mut cargo = cargo(project);
    cargo.arg("xtask").args(words).env("CARGO_TARGET_DIR", shared_target());
    cargo
}

#[test]
fn on_a_folder() {
    let hello = Fixture::hello();
    hello.commit();
    adopt_with(&hello, &["--depend", "path"]);
    let manifest = text(&hello, "xtask/Cargo.toml");
    let path = manifest.lines().find_map(|line| line.strip_prefix("xtask-dist = { path = \"")).unwrap();
    let path = path.strip_suffix("\" }").unwrap();
    let found = hello.join("xtask").join(path).canonicalize().unwrap();
    assert_eq!(found, workspace_root().join("xtask").canonicalize().unwrap());
    let copied = xtask_dist::layout::files_below(&hello.join("xtask")).unwrap();
    let expected = [
        ".cargo/config.toml",
        ".gitignore",
        "Cargo.lock",
        "Cargo.toml",
        "adopted.toml",
        "launcher/Cargo.toml",
        "launcher/src/main.rs",
        "src/main.rs",
    ];
    assert_eq!(copied, expected);
    hello.git(&["add", "--all"]);
    hello.git(&["commit", "--quiet", "--message", "adopted"]);
    let plan = run(&mut xtask(&hello, &["dist", "--plan"]));
    assert!(String::from_utf8_lossy(&plan.stdout).contains("Release v1.2.3"));
    run(&mut xtask(&hello, &["dist"]));
    assert_eq!(status(&hello), [""; 0], "a run changes files");
    run_in(&hello, &["adopt", "--check"]).ends(0, &[]);
}

#[test]
fn nothing_else_means_anything_else() {
    let hello = Fixture::hello();
    adopted_alike(&hello);
    let copied = text(&hello, "Cargo.toml");
    let other = Fixture::hello();
    other.commit();
    adopt_with(&other, &["--depend", "path"]);
    assert_eq!(text(&other, "Cargo.toml"), copied);
    for file in ["packaging/dist.toml", ".cargo/config.toml", "xtask/launcher/src/main.rs", "Cargo.lock"] {
        assert_eq!(text(&other, file), text(&hello, file), "{file}");
    }
}

#[test]
fn on_a_registry_and_on_git() {
    let hello = Fixture::hello();
    hello.commit();
    // Neither is there to ask: what is written is right all the same, and it is said.
    let said = run_in(&hello, &["adopt", "--yes", "--depend", "registry"]);
    let said = said.ends(0, &["cargo does not find the release system yet"]);
    assert!(text(&hello, "xtask/Cargo.toml").contains("\nxtask-dist = \"0.1.0\"\n"), "{}", said.stdout);
    // Of git, only a clone of what is published, without changes, can be depended on.
    let git = |words: &[&str]| lab::try_run(command("git").args(words).current_dir(workspace_root())).ok();
    let is_clone = git(&["remote", "get-url", "origin"]).is_some();
    let is_clean = git(&["status", "--porcelain", "--", "xtask"]).is_some_and(|status| status.stdout.is_empty());
    let other = Fixture::hello();
    other.commit();
    let said = run_in(&other, &["adopt", "--yes", "--plan", "--depend", "git"]);
    if is_clone && is_clean {
        said.ends(0, &[]);
    } else {
        said.ends(1, &["help: "]);
        assert!(!other.join("xtask").exists());
    }
}
