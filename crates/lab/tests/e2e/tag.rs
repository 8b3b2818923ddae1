//! `cargo xtask dist tag`, with git itself and a bare repository for the remote.

use std::fs;
use std::path::Path;
use std::process::Command;

use lab::xtask::dist;
use lab::{Fixture, Scratch, client, command, run, scratch};

use crate::said::{Said, run_in, said};

const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n\n### Added\n\n- It says hello.\n\n## [1.2.2]\n\n- Old.\n";

/// `hello` with a changelog, committed, and a remote that has its branch.
fn hello(changelog: &str) -> (Fixture, Scratch) {
    let hello = Fixture::hello();
    hello.write("CHANGELOG.md", changelog);
    hello.commit();
    let folder = scratch("remote");
    run(command("git").args(["init", "--quiet", "--bare"]).arg(folder.join("hello.git")));
    hello.git(&["remote", "add", "origin", &folder.join("hello.git").display().to_string()]);
    hello.git(&["push", "--quiet", "origin", "HEAD"]);
    (hello, folder)
}

/// `tag` with these arguments, as somebody with a name.
fn tag(project: &Path, args: &[&str]) -> Said {
    let mut command = dist(project, ["tag"]);
    command.args(args).env("GIT_COMMITTER_NAME", "Lab").env("GIT_COMMITTER_EMAIL", "lab@example.org");
    said(&mut command)
}

fn git(folder: &Path, args: &[&str]) -> String {
    let output = run(command("git").args(args).current_dir(folder));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_tag_is_made_of_the_changelog_and_pushed_once() {
    let (hello, folder) =
        hello("# Changelog\n\n## [1.2.3] - 2026-01-02\n\n### Added\n\n- It says hello.\n\n## [1.2.2]\n\n- Old.\n");
    let remote = folder.join("hello.git");
    let dry = tag(&hello, &["--dry-run"]).ends(0, &[]);
    assert!(dry.stdout.contains("v1.2.3: to be made and pushed to origin"), "{}", dry.stdout);
    tag(&hello, &["--offline"]).ends(2, &["that needs the network", "leave --offline out"]);
    assert_eq!((git(&remote, &["tag"]), git(&hello, &["tag"])), (String::new(), String::new()));

    let made = tag(&hello, &[]).ends(0, &[]);
    assert!(made.stdout.contains("v1.2.3: made, and pushed to origin"), "{}", made.stdout);
    let message = git(&remote, &["tag", "--list", "--format=%(contents)", "v1.2.3"]);
    assert_eq!(message, "v1.2.3\n\n### Added\n\n- It says hello.");
    assert_eq!(git(&remote, &["rev-parse", "v1.2.3^{commit}"]), git(&hello, &["rev-parse", "HEAD"]));

    let object = git(&remote, &["rev-parse", "v1.2.3"]);
    let again = tag(&hello, &["v1.2.3"]).ends(0, &[]);
    assert!(again.stdout.contains("v1.2.3: origin has it"), "{}", again.stdout);
    assert_eq!(git(&remote, &["rev-parse", "v1.2.3"]), object);
    // A clone that has the commit and not the tag leaves the remote's as it is.
    git(&hello, &["tag", "-d", "v1.2.3"]);
    tag(&hello, &[]).ends(0, &[]);
    assert_eq!(git(&remote, &["rev-parse", "v1.2.3"]), object);
}

#[test]
fn a_push_that_failed_is_made_up_for() {
    let (hello, folder) = hello(CHANGELOG);
    let (remote, away) = (folder.join("hello.git"), folder.join("away.git"));
    let hook = remote.join("hooks/pre-receive");
    fs::write(&hook, "#!/bin/sh\necho 'tags are protected' >&2\nexit 1\n").unwrap();
    run(command("chmod").arg("+x").arg(&hook));
    tag(&hello, &[]).ends(1, &["cannot push to origin", "tags are protected", "run the same command again"]);
    fs::remove_file(&hook).unwrap();
    fs::rename(&remote, &away).unwrap();
    tag(&hello, &[]).ends(1, &["cannot ask origin for its tags"]);
    fs::rename(&away, &remote).unwrap();
    let said = tag(&hello, &[]).ends(0, &[]);
    assert!(said.stdout.contains("v1.2.3: pushed to origin"), "{}", said.stdout);
    assert_eq!(git(&remote, &["tag"]), "v1.2.3");
}

#[test]
fn all_that_is_in_the_way_is_told_at_once_and_nothing_is_made() {
    let (hello, folder) = hello("# Changelog\n\n## [1.2.2]\n\n- Old.\n");
    hello.config("[channel.archive]\nname = \"{ name }_{ target }\"\n");
    let words = [
        "changes that are not committed",
        "CHANGELOG.md has no section for 1.2.3\n  because: it has 1.2.2",
        "or leave it out: --no-changelog",
        "Cargo.toml is not in step with what its releases are called",
        "cargo xtask dist binstall sync, and commit it",
    ];
    tag(&hello, &[]).ends(1, &words);
    tag(&hello, &["v9.9.9"]).ends(2, &["no release of this workspace has the tag `v9.9.9`", "the tags are `v1.2.3`"]);
    assert_eq!((git(&folder.join("hello.git"), &["tag"]), git(&hello, &["tag"])), (String::new(), String::new()));

    run_in(&hello, &["binstall", "sync"]).ends(0, &[]);
    hello.git(&["rm", "--quiet", "CHANGELOG.md"]);
    hello.commit();
    tag(&hello, &[]).ends(1, &["there is no CHANGELOG.md"]);
    tag(&hello, &["--no-changelog"]).ends(0, &[]);

    hello.write("more.txt", "");
    hello.commit();
    tag(&hello, &["--no-changelog"])
        .ends(1, &["origin has the tag v1.2.3 already, on another commit", "raise the version of hello"]);
    git(&folder.join("hello.git"), &["tag", "-d", "v1.2.3"]);
    tag(&hello, &["--no-changelog"]).ends(1, &["this repository has the tag v1.2.3 already", "git tag -d v1.2.3"]);

    hello.git(&["remote", "remove", "origin"]);
    tag(&hello, &["--no-changelog"]).ends(1, &["this repository has no remote", "--remote URL"]);
}

#[test]
fn it_is_signed_where_git_is_so_configured() {
    // It comes with a program that makes keys.
    if client("ssh", "tags are signed").is_none() {
        return;
    }
    let (hello, folder) = hello(CHANGELOG);
    let key = folder.join("key");
    run(command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f"]).arg(&key));
    let set = |key: &str, value: &str| drop(git(&hello, &["config", key, value]));
    set("gpg.format", "ssh");
    set("user.signingKey", &key.display().to_string());
    set("tag.gpgSign", "true");
    tag(&hello, &[]).ends(0, &[]);
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    fs::write(folder.join("allowed"), format!("lab@example.org {public}")).unwrap();
    set("gpg.ssh.allowedSignersFile", &folder.join("allowed").display().to_string());
    let mut verify: Command = command("git");
    run(verify.args(["tag", "--verify", "v1.2.3"]).current_dir(&*hello));
    set("user.signingKey", "/nonexistent");
    git(&hello, &["tag", "-d", "v1.2.3"]);
    git(&folder.join("hello.git"), &["tag", "-d", "v1.2.3"]);
    tag(&hello, &[]).ends(1, &["cannot make the tag v1.2.3"]);
    assert_eq!(git(&folder.join("hello.git"), &["tag"]), "");
}

#[test]
fn of_several_packages_only_what_changed_is_tagged() {
    let package = |name: &str, version: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\nrepository = \"https://github.com/o/r\"\n"
        )
    };
    let main = lab::fixture::MAIN;
    let project = Fixture::of(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"2\"\n"),
        ("one/Cargo.toml", &package("one", "1.0.0")),
        ("one/src/main.rs", main),
        ("one/CHANGELOG.md", "## 1.0.0\n\n- One.\n"),
        ("two/Cargo.toml", &package("two", "2.0.0")),
        ("two/src/main.rs", main),
        ("CHANGELOG.md", "## two-v2.0.0\n\n- Two.\n\n## two-v2.1.0\n\n- Two again.\n"),
    ]);
    project.lock();
    // Tags with a name are none that cargo-binstall tries by itself.
    run_in(&project, &["binstall", "sync"]).ends(0, &[]);
    project.commit();
    let folder = scratch("remote");
    run(command("git").args(["init", "--quiet", "--bare"]).arg(folder.join("two.git")));
    let url = folder.join("two.git").display().to_string();
    tag(&project, &["--remote", &url]).ends(0, &[]);
    assert_eq!(git(&folder.join("two.git"), &["tag"]), "one-v1.0.0\ntwo-v2.0.0");
    let manifest = fs::read_to_string(project.join("two/Cargo.toml")).unwrap();
    project.write("two/Cargo.toml", &manifest.replace("version = \"2.0.0\"", "version = \"2.1.0\""));
    project.lock();
    project.commit();
    let said = tag(&project, &["--remote", &url]).ends(0, &["note: one-v1.0.0 was released before"]);
    assert!(said.stdout.contains("two-v2.1.0: made, and pushed"), "{}", said.stdout);
    tag(&project, &["one-v1.0.0", "--remote", &url]).ends(1, &["has the tag one-v1.0.0 already, on another commit"]);
    project.write("more.txt", "");
    project.commit();
    tag(&project, &["--remote", &url]).ends(1, &["everything is tagged already", "raise the version"]);
}
