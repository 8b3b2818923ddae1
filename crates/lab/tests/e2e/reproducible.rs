//! The same commit gives the same bytes, wherever it is.

use std::fs;
use std::path::Path;

use lab::xtask::dist;
use lab::{Scratch, command, copy_dir, run, scratch, workspace_root};
use xtask_dist::layout::files_below;

/// This repository's products and packaging at one commit, in a folder of its own.
fn checkout(name: &str) -> Scratch {
    let folder = scratch(name);
    let inside = folder.join("with space/ünïcode");
    let place = if name == "far" { inside } else { folder.to_path_buf() };
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
    folder
}

fn release(project: &Path, umask: &str) {
    let mut tool = dist(project, []);
    let words: Vec<_> = tool.get_args().map(std::borrow::ToOwned::to_owned).collect();
    let program = tool.get_program().to_owned();
    tool = command("sh");
    tool.args(["-c", "umask $1; shift; exec \"$@\"", "sh", umask]).arg(program).args(words).current_dir(project);
    run(&mut tool);
}

#[test]
fn two_folders_give_identical_files() {
    let (near, far) = (checkout("near"), checkout("far"));
    let far_place = far.join("with space/ünïcode");
    release(&near, "022");
    release(&far_place, "077");
    let (one, other) = (near.join("target/releases/v0.1.0"), far_place.join("target/releases/v0.1.0"));
    let files = files_below(&one).unwrap();
    assert_eq!(files, files_below(&other).unwrap());
    assert!(files.len() >= 6, "{files:?}");
    for file in &files {
        assert!(fs::read(one.join(file)).unwrap() == fs::read(other.join(file)).unwrap(), "{file} differs");
    }
    println!("{} files compared, all identical", files.len());
}
