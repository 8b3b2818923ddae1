//! Every command of the README, run as it stands there.

use std::fs;
use std::path::{Path, PathBuf};

use lab::fixture::CARGO_CONFIG;
use lab::xtask::shared_tools;
use lab::{Fixture, Scratch, cache_dir, command, copy_dir, run, scratch, workspace_root};

/// The commands of the README's blocks with this word behind `sh`.
fn commands(place: &str) -> Vec<String> {
    let readme = fs::read_to_string(workspace_root().join("README.md")).unwrap();
    let opening = format!("```sh {place}");
    let mut inside = false;
    let mut found = Vec::new();
    for line in readme.lines() {
        match line {
            "```" => inside = false,
            line if line == opening => inside = true,
            line if inside => found.push(line.to_owned()),
            _ => {}
        }
    }
    found
}

/// Copies this repository as it stands, committed or not.
pub fn this_repository(to: &Path) {
    let listed =
        run(command("git").args(["ls-files", "-z", "-co", "--exclude-standard"]).current_dir(workspace_root()));
    for file in String::from_utf8(listed.stdout).unwrap().split('\0').filter(|file| !file.is_empty()) {
        let (from, to) = (workspace_root().join(file), to.join(file));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&from, &to).unwrap();
    }
}

/// A folder that holds a clone of this repository as it stands, under the name that the README gives it.
fn beside_a_clone() -> Scratch {
    let folder = scratch("readme");
    this_repository(&folder.join("xtask-dist"));
    copy_dir(&*Fixture::hello(), folder.join("project")).unwrap();
    // The README's own lines for it come there, a profile among them.
    fs::remove_file(folder.join("project").join(CARGO_CONFIG)).unwrap();
    folder
}

/// Runs the commands of `place` in `folder`; what they compile is kept between runs, releases are not.
fn run_all(place: &str, folder: &Path) -> PathBuf {
    // Blocks for one place follow each other there.
    let target = cache_dir().join("readme").join(if place == "shards" { "targets" } else { place });
    let _ = fs::remove_dir_all(target.join("releases"));
    let commands = commands(place);
    assert!(!commands.is_empty(), "the README has no block `sh {place}`");
    for line in commands {
        let mut shell = command("sh");
        shell.args(["-ec", &line]).current_dir(folder).env("CARGO_TARGET_DIR", &target);
        run(shell.envs([shared_tools()]));
    }
    target
}

#[test]
fn commands_for_a_clone() {
    let folder = beside_a_clone();
    let target = run_all("clone", &folder.join("xtask-dist"));
    assert!(target.join("releases/v0.1.0/dist-manifest.json").is_file());
    assert!(target.join("releases/v1.2.3/dist-manifest.json").is_file(), "the project beside the clone");
}

#[test]
fn commands_for_a_project() {
    let folder = beside_a_clone();
    let project = folder.join("project");
    let target = run_all("project", &project);
    assert!(target.join("releases/v1.2.3/homebrew/hello.rb").is_file());
    let mut cargo = command("cargo");
    let tests = run(cargo.args(["test", "--workspace"]).current_dir(&project).env("CARGO_TARGET_DIR", &target));
    let tests = String::from_utf8_lossy(&tests.stderr).into_owned();
    assert!(!tests.contains("xtask"), "an adopter's `cargo test` runs our tests:\n{tests}");
}

#[test]
fn commands_for_every_target() {
    let folder = beside_a_clone();
    let clone = folder.join("xtask-dist");
    let target = run_all("targets", &clone);
    let assets = fs::read_to_string(target.join("releases/v0.1.0/SHA256SUMS")).unwrap();
    let (images, archives): (Vec<&str>, Vec<&str>) =
        assets.lines().filter(|line| line.contains("tally-")).partition(|line| line.ends_with(".oci.tar"));
    assert_eq!((archives.len(), images.len()), (5, 1), "{assets}");
    let config = clone.join("packaging/dist.toml");
    fs::write(config, "targets = [\"aarch64-apple-darwin\", \"x86_64-unknown-linux-musl\"]\n").unwrap();
    let target = run_all("shards", &clone);
    assert!(target.join("releases/v0.1.0/dist-manifest.json").is_file());
}

#[test]
fn the_test_command_is_the_one_that_ci_runs() {
    let [test] = &commands("tests")[..] else { panic!("not one command") };
    assert_eq!(test, "cargo run -p lab test");
    let script = fs::read_to_string(workspace_root().join(".ci/run")).unwrap();
    assert!(script.contains("cargo run --quiet --package lab test"), "{script}");
}

#[test]
fn no_block_of_commands_is_forgotten() {
    let readme = fs::read_to_string(workspace_root().join("README.md")).unwrap();
    let blocks = readme.lines().filter(|line| line.starts_with("```") && *line != "```");
    for block in blocks {
        assert!(
            [
                "```js",
                "```sh clone",
                "```sh project",
                "```sh shards",
                "```sh targets",
                "```sh tests",
                "```text",
                "```toml"
            ]
            .contains(&block),
            "{block}"
        );
    }
}
