//! A run of the tool: how it ended, what it said, and what it left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::Fixture;
use lab::xtask::{dist, shared_tools};
use xtask_dist::targets::ArchiveFormat;

/// What a run said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command to its end, however it ends.
pub fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Runs `dist ARGS` in a project.
pub fn run_in(project: &Path, args: &[&str]) -> Said {
    said(&mut dist(project, args.iter().copied()))
}

/// `dist ARGS` in a project, with the tools that all tests share.
pub fn tool(project: &Path, args: &[&str]) -> Command {
    let mut command = dist(project, args.iter().copied());
    command.envs([shared_tools()]);
    command
}

impl Said {
    /// It ended with `code`, and stderr holds all of `parts`.
    #[track_caller]
    pub fn ends(self, code: i32, parts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        for part in parts {
            assert!(self.stderr.contains(part), "not said: {part}\n--- stderr\n{}", self.stderr);
        }
        self
    }

    /// It says none of `parts`, anywhere.
    #[track_caller]
    pub fn without(self, parts: &[&str]) -> Self {
        for part in parts {
            let all = format!("{}\n{}", self.stdout, self.stderr);
            assert!(!all.contains(part), "said: {part}\n{all}");
        }
        self
    }
}

/// Where a project's releases are.
pub fn releases(project: &Path) -> PathBuf {
    project.join("target/releases")
}

/// The names in a folder, sorted; none if there is no such folder. Locks do not count.
pub fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).filter(|name| name != ".lock").collect();
    names.sort();
    names
}

/// How an archive of this name is packed; none for what is no archive.
pub fn format_of(name: &str) -> Option<ArchiveFormat> {
    let ends = |(word, _): &&(&str, ArchiveFormat)| name.ends_with(&format!(".{word}"));
    ArchiveFormat::WORDS.iter().find(ends).map(|(_, format)| *format)
}

/// The manifest of the release `tag`.
#[track_caller]
pub fn manifest(project: &Path, tag: &str) -> serde_json::Value {
    let file = releases(project).join(tag).join("dist-manifest.json");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()));
    serde_json::from_str(&text).unwrap()
}

/// `hello` with this configuration.
pub fn configured(text: &str) -> Fixture {
    let hello = Fixture::hello();
    hello.config(text);
    hello
}

/// A `Cargo.toml` of a package, with more lines in `[package]`.
pub fn package(name: &str, version: &str, lines: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n{lines}\n")
}
