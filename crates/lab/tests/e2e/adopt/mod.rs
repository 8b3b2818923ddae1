//! `adopt` and `new`: repositories as people have them take the release system in, and mean what they meant.

#[cfg(target_os = "linux")]
mod asked;
mod dependence;
mod launcher;
mod new;
mod published;
mod refusals;
mod shapes;
mod surroundings;
mod takeover;
mod update;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use lab::fixture::MAIN;
use lab::{Fixture, cache_dir, command, run};
use serde_json::Value;

use crate::said::{Said, run_in};

/// What cargo makes of a repository, which adopting must not change.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    /// What a bare `cargo build` compiles: package and target.
    built: BTreeSet<String>,
    /// What a bare `cargo test` would run.
    tested: BTreeSet<String>,
    /// What `cargo package --list` says, by package.
    packaged: BTreeMap<String, BTreeSet<String>>,
    /// The packages that Cargo.lock names, with their versions; the launcher aside.
    locked: BTreeSet<String>,
}

impl Meaning {
    fn of(project: &Path) -> Self {
        let metadata = metadata(project);
        let members = metadata["packages"].as_array().unwrap();
        let names = members.iter().map(|package| package["name"].as_str().unwrap());
        let names = names.filter(|name| *name != "xtask-launcher");
        Self {
            built: artifacts(project, &["build"]),
            tested: artifacts(project, &["test", "--no-run"]),
            packaged: names.map(|name| (name.to_owned(), packaged(project, name))).collect(),
            locked: locked(project),
        }
    }
}

fn cargo(project: &Path) -> std::process::Command {
    let mut cargo = command("cargo");
    cargo.current_dir(project).env("CARGO_NET_OFFLINE", "true");
    cargo
}

fn metadata(project: &Path) -> Value {
    let output = run(cargo(project).args(["metadata", "--no-deps", "--format-version", "1"]));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn artifacts(project: &Path, words: &[&str]) -> BTreeSet<String> {
    let output = run(cargo(project).args(words).args(["--quiet", "--message-format", "json"]));
    let text = String::from_utf8(output.stdout).unwrap();
    let messages = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let artifacts = messages.filter(|message| message["reason"] == "compiler-artifact");
    artifacts.map(|artifact| format!("{} {}", artifact["target"]["name"], artifact["profile"]["test"])).collect()
}

fn packaged(project: &Path, name: &str) -> BTreeSet<String> {
    let output = run(cargo(project).args(["package", "--list", "--allow-dirty", "--package", name]));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn locked(project: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(project.join("Cargo.lock")).unwrap_or_default();
    let entries = text.split("[[package]]").skip(1);
    let entries = entries.map(|entry| entry.trim().lines().take(2).collect::<Vec<_>>().join(" "));
    entries.filter(|entry| !entry.contains("xtask-launcher")).collect()
}

/// Adopts into a fixture that is committed.
#[track_caller]
fn adopt(project: &Fixture) -> Said {
    adopt_with(project, &[])
}

#[track_caller]
fn adopt_with(project: &Fixture, more: &[&str]) -> Said {
    run_in(project, &[&["adopt", ".", "--yes"], more].concat()).ends(0, &[])
}

/// Adopts into it, and proves that nothing means anything else: neither before the next commit, nor behind it.
#[track_caller]
fn adopted_alike(project: &Fixture) -> Said {
    project.commit();
    let before = Meaning::of(project);
    // Looking is to change nothing; a lock file that nobody has yet is cargo's.
    let said = adopt(project);
    let lock = text(project, "Cargo.lock");
    assert_eq!(Meaning::of(project), before, "before the commit");
    assert_eq!(text(project, "Cargo.lock"), lock, "cargo writes another Cargo.lock");
    project.git(&["add", "--all"]);
    project.git(&["commit", "--quiet", "--message", "adopted"]);
    assert_eq!(Meaning::of(project), before, "behind the commit");
    said
}

fn text(project: &Path, file: &str) -> String {
    fs::read_to_string(project.join(file)).unwrap_or_default()
}

/// `git status` of a project, one file a line.
fn status(project: &Path) -> Vec<String> {
    let output = run(command("git").args(["status", "--porcelain", "--untracked-files=all"]).current_dir(project));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Has a small program stand in the place of the engine: it tells what the launcher gave it.
fn with_small_engine(project: &Path, folder: &str) {
    let folder = project.join(folder);
    fs::remove_dir_all(folder.join("src")).unwrap();
    fs::create_dir(folder.join("src")).unwrap();
    for file in ["build.rs", "Cargo.lock"] {
        fs::remove_file(folder.join(file)).unwrap();
    }
    let manifest = "[package]\nname = \"xtask-dist\"\nversion = \"0.1.0\"\nedition = \"2021\"\nrust-version = \"1.89\"\n\
                    \n[[bin]]\nname = \"xtask\"\npath = \"src/main.rs\"\n";
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let main = "fn main() {\n    let words: Vec<String> = std::env::args().skip(1).collect();\n    \
                let folder = std::env::current_dir().unwrap();\n    println!(\"{} in {}\", words.join(\" \"), \
                folder.display());\n}\n";
    fs::write(folder.join("src/main.rs"), main).unwrap();
}

/// A virtual workspace of these members, each with a program of its folder's name.
fn workspace(manifest: &str, members: &[&str]) -> Fixture {
    let mut files = vec![("Cargo.toml".to_owned(), manifest.to_owned())];
    for member in members {
        let name = member.rsplit('/').next().unwrap();
        let package = crate::said::package(name, "1.2.3", "license = \"MIT\"\ndescription = \"says hello\"");
        files.push((format!("{member}/Cargo.toml"), package));
        files.push((format!("{member}/src/main.rs"), MAIN.to_owned()));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    Fixture::of(&files)
}

/// Where the engine of all adopters is compiled, so that its dependencies are compiled once.
fn shared_target() -> PathBuf {
    cache_dir().join("adopt")
}
