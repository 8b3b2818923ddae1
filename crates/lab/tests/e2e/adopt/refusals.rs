//! What is not done, and said.

use std::fs;

use lab::{Fixture, copy_dir, scratch};

use super::{adopt, status, text};
use crate::said::run_in;

#[test]
fn changes_that_are_not_committed() {
    let hello = Fixture::hello();
    hello.commit();
    hello.write("src/main.rs", "fn main() {}\n");
    run_in(&hello, &["adopt", "--yes"])
        .ends(1, &["has changes that are not committed", "src/main.rs", "--allow-dirty"]);
    assert_eq!(status(&hello), [" M src/main.rs"]);
    run_in(&hello, &["adopt", "--yes", "--allow-dirty"]).ends(0, &[]);
    assert!(hello.join("xtask").is_dir());
}

#[test]
fn nobody_to_ask() {
    let hello = Fixture::hello();
    hello.commit();
    let said = run_in(&hello, &["adopt"]).ends(2, &["nobody can be asked", "`--yes`", "`--plan`"]);
    assert!(said.stdout.contains("+members = [\"xtask/launcher\"]"), "the changes are shown first: {}", said.stdout);
    let said = run_in(&hello, &["adopt", "--plan"]).ends(0, &[]);
    assert!(said.stdout.contains("+members = [\"xtask/launcher\"]"), "{}", said.stdout);
    assert_eq!(status(&hello), [""; 0], "something was written");
}

#[test]
fn twice() {
    let hello = Fixture::hello();
    hello.commit();
    adopt(&hello);
    run_in(&hello, &["adopt", "--yes", "--allow-dirty"]).ends(2, &["has the release system already", "adopt --update"]);
}

#[test]
fn no_project() {
    let empty = scratch("empty");
    run_in(&empty, &["adopt", "--yes"]).ends(1, &["cargo cannot read the workspace", "dist new NAME"]);
    run_in(&empty, &["adopt", "absent"]).ends(2, &["there is no folder", "dist new NAME"]);
    run_in(&empty, &["adopt", "--check"]).ends(1, &["cargo cannot read the workspace"]);
    let hello = Fixture::hello();
    run_in(&hello, &["adopt", "--update"]).ends(2, &["does not have the release system", "dist adopt PATH"]);
}

#[test]
fn this_very_repository() {
    let root = lab::workspace_root();
    run_in(root, &["adopt", "--plan"]).ends(2, &["has the release system already"]);
}

#[test]
fn all_or_nothing() {
    let hello = Fixture::hello();
    hello.commit();
    let before = scratch("before");
    copy_dir(&*hello, before.join("it")).unwrap();
    // A file where a folder has to be.
    hello.write("packaging", "a file");
    hello.git(&["add", "--all"]);
    hello.git(&["commit", "--quiet", "--message", "a file"]);
    run_in(&hello, &["adopt", "--yes"]).ends(1, &["cannot write ", "nothing was changed"]);
    assert_eq!(status(&hello), [""; 0], "something is left");
    assert!(!hello.join("xtask").exists());
    assert_eq!(text(&hello, "Cargo.toml"), fs::read_to_string(before.join("it/Cargo.toml")).unwrap());
}
