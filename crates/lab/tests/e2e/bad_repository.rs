//! Repositories as they really are: none, somebody else's, with changes, without what a channel wants to know.

use std::fs;

use lab::Fixture;
use lab::fixture::MAIN;
use lab::xtask::dist;
use serde_json::Value;

use crate::said::{configured, manifest, package, releases, run_in, said};

const NO_REPOSITORY: &str = "description = \"Says hello\"";

fn plan_of(project: &Fixture, args: &[&str]) -> Value {
    let all: Vec<&str> = [&["--plan", "--format", "json"], args].concat();
    serde_json::from_str(&run_in(project, &all).ends(0, &[]).stdout).unwrap()
}

fn bare(lines: &str) -> Fixture {
    Fixture::of(&[("Cargo.toml", &package("hello", "1.2.3", lines)), ("src/main.rs", MAIN)])
}

#[test]
fn without_a_repository_channels_that_need_it_are_left_out_and_told() {
    let bare = bare(NO_REPOSITORY);
    let plan = run_in(&bare, &["--plan"]).ends(0, &[]).stdout;
    for channel in ["binstall", "homebrew"] {
        for words in [
            format!("left out: {channel} for hello: nothing says where the archives will be found: "),
            "Cargo.toml has no `repository`".to_owned(),
            "to have it: write `repository = \"https://github.com/OWNER/NAME\"` under [package] in".to_owned(),
        ] {
            assert!(plan.contains(&words), "{words} is not in\n{plan}");
        }
    }
    assert!(plan.contains("channels of hello: archive, crates-io, npm\n"), "{plan}");
    run_in(&bare, &[]).ends(0, &["left out: homebrew for hello"]);
    let skipped = manifest(&bare, "v1.2.3")["plan"]["skipped"].to_string();
    assert!(skipped.contains("binstall for hello") && skipped.contains("homebrew for hello"), "{skipped}");
}

#[test]
fn a_channel_that_was_named_must_have_what_it_needs() {
    let bare = bare(NO_REPOSITORY);
    let parts = ["homebrew for hello cannot be made", "because: nothing says where", "help: write `repository = "];
    run_in(&bare, &["--channel", "homebrew"]).ends(2, &parts);
    bare.config("channels = [\"archive\", \"homebrew\", \"docker\"]\n");
    // Both at once.
    let also = "docker for hello cannot be made\n  because: programs for x86_64-unknown-linux-gnu are not static";
    run_in(&bare, &["--target", "x86_64-unknown-linux-gnu"]).ends(2, &parts).ends(2, &[also]);
    bare.config("[package.hello]\nchannels = [\"binstall\"]\n");
    run_in(&bare, &[]).ends(2, &["binstall for hello cannot be made"]);
    assert!(!bare.join("target").exists(), "something was made");
}

#[test]
fn a_forge_that_is_not_known_can_be_told_where_files_are() {
    let elsewhere = bare("repository = \"https://git.example.org/acme/hello\"");
    let plan = run_in(&elsewhere, &["--plan"]).ends(0, &[]).stdout;
    assert!(plan.contains("where https://git.example.org/acme/hello keeps release files is not known"), "{plan}");
    assert!(plan.contains("to have it: write `download-url = "), "{plan}");
    elsewhere.config("download-url = \"https://dl.example.org/{ tag }/{ asset }\"\n");
    let plan = plan_of(&elsewhere, &[]);
    let url = plan["releases"][0]["packages"][0]["targets"][0]["archive"]["url"].as_str().unwrap();
    assert!(url.starts_with("https://dl.example.org/v1.2.3/hello-"), "{url}");
    let ids: Vec<&str> = plan["releases"][0]["packages"][0]["channels"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|c| c["id"].as_str())
        .collect();
    assert_eq!(ids, ["archive", "binstall", "homebrew", "crates-io", "npm"]);
}

#[test]
fn without_a_licence_nothing_is_said_of_one() {
    let hello = bare("repository = \"https://github.com/acme/hello\"");
    run_in(&hello, &[]).ends(0, &[]);
    let formula = fs::read_to_string(releases(&hello).join("v1.2.3/homebrew/hello.rb")).unwrap();
    assert!(!formula.contains("license") && !formula.contains("desc "), "{formula}");
}

#[test]
fn outside_git_every_time_stamp_is_a_fixed_one() {
    let hello = Fixture::hello();
    let words = "is not a git repository with a commit; every time stamp is 315532800 seconds since 1970";
    run_in(&hello, &[]).ends(0, &["note: ", words]);
    let source = &manifest(&hello, "v1.2.3")["source"];
    assert_eq!((&source["commit"], &source["epoch"]), (&Value::Null, &Value::from(315_532_800)));
}

#[test]
fn a_project_in_an_ignored_folder_of_another_repository_has_no_commit() {
    let outer = Fixture::hello();
    outer.write(".gitignore", "/vendor\n/target\n");
    outer.git(&["init", "--quiet"]);
    outer.git(&["add", "--all"]);
    outer.git(&["commit", "--quiet", "--message", "outer"]);
    for inside in ["vendor/inner", "untracked"] {
        outer.write(&format!("{inside}/Cargo.toml"), &format!("[workspace]\n{}", package("inner", "1.0.0", "")));
        outer.write(&format!("{inside}/src/main.rs"), MAIN);
        outer.write(
            &format!("{inside}/Cargo.lock"),
            "version = 4\n\n[[package]]\nname = \"inner\"\nversion = \"1.0.0\"\n",
        );
        run_in(&outer.join(inside), &[]).ends(0, &["is not a git repository with a commit"]);
        assert_eq!(manifest(&outer.join(inside), "v1.0.0")["source"]["commit"], Value::Null);
    }
}

#[test]
fn a_commit_gives_its_time() {
    let hello = Fixture::hello();
    hello.commit();
    run_in(&hello, &["--require-clean"]).ends(0, &[]).without(&["note: ", "not committed"]);
    let source = manifest(&hello, "v1.2.3")["source"].clone();
    // 2026-01-02T03:04:05Z, the fixture's.
    assert_eq!((&source["epoch"], &source["dirty"]), (&Value::from(1_767_323_045), &Value::Null));
    assert_eq!(source["commit"].as_str().unwrap().len(), 40);
}

#[test]
fn changes_are_released_noted_and_can_be_refused() {
    let hello = Fixture::hello();
    hello.write("src/latin1.txt", "");
    hello.commit();
    let mut digests = Vec::new();
    // Neither text nor file names have to be UTF-8 to count.
    for change in [&b"\xe9 one"[..], b"\xe9 two"] {
        fs::write(hello.join("src/latin1.txt"), change).unwrap();
        let stdout = run_in(&hello, &[]).ends(0, &["note: there are changes that are not committed"]).stdout;
        assert!(stdout.contains("not committed: the repository has changes that this release holds"), "{stdout}");
        digests.push(manifest(&hello, "v1.2.3")["source"]["dirty"].as_str().expect("dirty").to_owned());
    }
    assert_ne!(digests[0], digests[1], "different changes, one digest");
    let parts = ["changes that are not committed", "help: commit or stash them (`git status` lists them)"];
    run_in(&hello, &["--require-clean"]).ends(1, &parts).without(&["Building"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_new_file_counts_whatever_its_name_is() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let hello = Fixture::hello();
    hello.commit();
    fs::write(hello.join(OsStr::from_bytes(b"latin1-\xe9")), "").unwrap();
    run_in(&hello, &["--plan", "--require-clean"]).ends(1, &["changes that are not committed"]);
}

#[test]
fn a_source_date_epoch_that_is_no_number() {
    let hello = configured("");
    let with = |value: &str| said(dist(&hello, ["--plan"]).env("SOURCE_DATE_EPOCH", value));
    let help = "help: unset it, or set it as https://reproducible-builds.org/";
    for value in ["yesterday", "-1", "1.5", "99999999999999999999999", ""] {
        with(value).ends(2, &[&format!("SOURCE_DATE_EPOCH is `{value}`, not a number of seconds"), help]);
    }
    with("1000000000").ends(0, &[]);
}
