//! What is told of crates in every state, in every format.

use lab::Fixture;
use serde_json::json;

use super::{Index, manifest, rows, status, words};

#[test]
fn every_state_in_every_format() {
    let versions: [(&str, &[&str]); 6] = [
        ("up", &["0.9.0", "1.0.0"]),
        ("next", &["1.9.0", "1.0.0-rc.1"]),
        ("old", &["1.0.0", "1.1.0", "2.0.0-rc.1"]),
        ("pulled", &["1.0.0 yanked"]),
        ("changed", &["1.0.0"]),
        ("elsewhere", &["0.3.0", "0.4.0 yanked"]),
    ];
    let Some(index) = Index::with(&versions) else { return };
    let local = [("up", "1.0.0"), ("next", "1.10.0"), ("old", "1.0.0"), ("pulled", "1.0.0"), ("changed", "1.0.0")];
    let workspace = index.workspace(&[&local[..], &[("first", "0.1.0-alpha+build"), ("inner", "1.0.0")]].concat());
    workspace.write("crates/inner/Cargo.toml", &(manifest("inner", "1.0.0") + "publish = false\n"));
    workspace.config("[publish-status]\ncrates = [\"elsewhere\", \"up\", \"nowhere\"]\n");
    workspace.commit();
    workspace.write("crates/changed/src/lib.rs", "// new");

    let said = status(&workspace, &[]).ends(0, &[]);
    assert_eq!(
        said.stdout,
        "\
crate      local              published  newest      git       to do
changed    1.0.0              yes        1.0.0       modified  commit
first      0.1.0-alpha+build  no         none        clean     new
next       1.10.0             no         1.9.0       clean     publish
old        1.0.0              yes        1.1.0       clean     behind
pulled     1.0.0              yanked     all yanked  clean     up to date
up         1.0.0              yes        1.0.0       clean     up to date
elsewhere  -                  -          0.3.0       -         -
nowhere    -                  no         none        -         -
"
    );
    assert_eq!(said.stderr, "");

    let said = status(&workspace, &["--format", "markdown", "next", "up"]).ends(0, &[]);
    assert_eq!(
        said.stdout,
        "\
| crate | local | published | newest | git | to do |
| --- | --- | --- | --- | --- | --- |
| next | 1.10.0 | no | 1.9.0 | clean | publish |
| up | 1.0.0 | yes | 1.0.0 | clean | up to date |
"
    );

    let mut row = rows(&workspace, &["pulled"]).remove(0);
    assert!(row["age"].take().as_u64().unwrap() < 100 && row["index"].take().as_str().unwrap().starts_with("sparse+"));
    let expected = json!({
        "name": "pulled", "local": "1.0.0", "published": true, "yanked": true, "newest": null, "git": "clean",
        "action": "up-to-date", "to_publish": false, "index": null, "age": null, "failure": null,
    });
    assert_eq!(row, expected);
}

#[test]
fn check_fails_where_something_is_to_be_published() {
    let Some(index) = Index::with(&[("up", &["1.0.0"]), ("next", &["1.0.0"])]) else { return };
    let workspace = index.workspace(&[("up", "1.0.0"), ("next", "1.1.0"), ("first", "1.0.0")]);
    status(&workspace, &["--check"]).ends(1, &[]);
    status(&workspace, &["--check", "up"]).ends(0, &[]);
    status(&workspace, &["--check", "next"]).ends(1, &[]);
    status(&workspace, &["--check", "first"]).ends(1, &[]);
    // What cannot be published before it is committed is still to be published; what is published already is not.
    workspace.write("crates/next/src/lib.rs", "// new");
    workspace.write("crates/up/src/lib.rs", "// new");
    assert_eq!(words(&workspace, "action", &["next", "up"]), ["next commit", "up commit"]);
    status(&workspace, &["--check", "next"]).ends(1, &[]);
    status(&workspace, &["--check", "up"]).ends(0, &[]);
}

#[test]
fn names_that_are_not_known_are_told_with_the_nearest() {
    let Some(index) = Index::with(&[]) else { return };
    let workspace = index.workspace(&[("tally", "1.0.0"), ("inner", "1.0.0")]);
    workspace.write("crates/inner/Cargo.toml", &(manifest("inner", "1.0.0") + "publish = false\n"));
    status(&workspace, &["taly"]).ends(2, &["unknown crate `taly`", "did you mean `tally`?"]);
    status(&workspace, &["inner"]).ends(2, &["`inner` has `publish = false`"]);
    assert_eq!(index.asked(), [""; 0]);
}

#[test]
fn a_workspace_where_nothing_is_published_says_so() {
    let lonely = Fixture::package("publish = false");
    status(&lonely, &["--check"]).ends(0, &["every member has `publish = false`"]);
}

#[test]
fn what_is_inherited_is_resolved() {
    let Some(index) = Index::with(&[("one", &["3.1.4"])]) else { return };
    let workspace = index.workspace(&[("one", "1.0.0")]);
    let root = "[workspace]\nmembers = [\"crates/*\"]\n[workspace.package]\nversion = \"3.1.4\"\n";
    workspace.write("Cargo.toml", root);
    workspace
        .write("crates/one/Cargo.toml", "[package]\nname = \"one\"\nversion.workspace = true\nedition = \"2021\"\n");
    workspace.commit();
    assert_eq!(words(&workspace, "action", &[]), ["one up-to-date"]);
    workspace.write("Cargo.toml", &root.replace("3.1.4", "3.2.0"));
    assert_eq!(words(&workspace, "local", &[]), ["one 3.2.0"]);
    assert_eq!(words(&workspace, "git", &[]), ["one modified"]);
}

#[test]
fn crates_of_other_checkouts_are_told_of_too() {
    let Some(index) = Index::with(&[("one", &["1.0.0"]), ("two", &["1.0.0"])]) else { return };
    let (main, beside) = (index.workspace(&[("one", "1.0.0")]), index.workspace(&[("two", "1.1.0")]));
    main.config(&format!("[publish-status]\ncheckouts = [{:?}]\n", beside.to_str().unwrap()));
    main.commit();
    beside.write("crates/two/src/lib.rs", "// new");
    for _ in 0..2 {
        assert_eq!(words(&main, "action", &[]), ["one up-to-date", "two commit"]);
    }
    assert!(!beside.join("target").exists(), "nothing is written into the other checkout");
    main.config("[publish-status]\ncheckouts = [\"../no such folder\"]\n");
    status(&main, &[]).ends(2, &["cannot read `../no such folder`, a checkout of [publish-status]"]);
}
