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

/// A checkout in the folder `below` a scratch directory.
pub fn products(below: &str) -> Products {
    let folder = scratch("products");
    let place = folder.join(below);
    for part in ["crates/tally", "crates/tally-core", "packaging", ".cargo"] {
        copy_dir(workspace_root().join(part), place.join(part)).unwrap();
    }
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"] {
        fs::copy(workspace_root().join(file), place.join(file)).unwrap();
    }
    let manifest = fs::read_to_string(workspace_root().join("Cargo.toml")).unwrap();
    let manifest = manifest.lines().filter(|line| !line.starts_with("default-members")).collect::<Vec<_>>().join("\n");
    fs::write(place.join("Cargo.toml"), manifest.replace(", \"xtask\"]", "]")).unwrap();
    fs::write(place.join(".gitignore"), "/target\n").unwrap();
    run(command("cargo").args(["generate-lockfile", "--offline", "--quiet"]).current_dir(&place));
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
