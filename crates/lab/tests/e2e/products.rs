//! This repository's products and packaging at one commit, in a repository of their own.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use lab::{Scratch, command, copy_dir, run, scratch, workspace_root};

/// A checkout. It derefs to its folder.
pub struct Products {
    place: PathBuf,
    _folder: Scratch,
}

impl Deref for Products {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.place
    }
}

/// A checkout of the programs in the folder `below` a scratch directory.
pub fn products(below: &str) -> Products {
    checkout(below, &["crates/tally", "crates/tally-core"], |_| ())
}

/// A checkout of the library for JavaScript, with the versions that this repository has locked, and this for settings.
pub fn library(below: &str, config: &str) -> Products {
    checkout(below, &["crates/tally-core", "crates/tally-wasm"], |place| {
        fs::write(place.join("packaging/dist.toml"), config).unwrap();
        fs::copy(workspace_root().join("Cargo.lock"), place.join("Cargo.lock")).unwrap();
    })
}

/// A checkout of these parts; `prepare` is told its place before it is locked and committed.
fn checkout(below: &str, parts: &[&str], prepare: impl Fn(&Path)) -> Products {
    let folder = scratch("products");
    let place = folder.join(below);
    for part in parts.iter().copied().chain(["packaging", ".cargo"]) {
        copy_dir(workspace_root().join(part), place.join(part)).unwrap();
    }
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"] {
        fs::copy(workspace_root().join(file), place.join(file)).unwrap();
    }
    let manifest = fs::read_to_string(workspace_root().join("Cargo.toml")).unwrap();
    // Without this tool, and what stands for the products where it is there.
    let of_all = |line: &&str| !line.starts_with("members") && !line.starts_with("default-members");
    let lines = manifest.lines().filter(of_all).collect::<Vec<_>>().join("\n");
    fs::write(place.join("Cargo.toml"), lines.replacen("[workspace]", "[workspace]\nmembers = [\"crates/*\"]", 1))
        .unwrap();
    fs::write(place.join(".gitignore"), "/target\n").unwrap();
    prepare(&place);
    // Keeps the versions of a lock file that is there.
    run(command("cargo").args(["metadata", "--offline", "--format-version", "1"]).current_dir(&place));
    for args in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["-c", "user.name=L", "-c", "user.email=l@example.org", "commit", "--quiet", "--message", "all"],
    ] {
        let mut git = command("git");
        git.args(args).current_dir(&place);
        run(git.env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z").env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z"));
    }
    Products { place, _folder: folder }
}
