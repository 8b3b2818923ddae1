//! `binstall sync`: what becomes of Cargo.toml. Each folder of `cases/` has one before and after it (nothing where it stays
//! as it is), and perhaps a `dist.toml` and what is said.

use std::fs;
use std::path::Path;

use lab::{Fixture, Scratch, scratch, workspace_root};

use crate::said::{Said, configured, manifest, package, run_in};

const CASES: &str = "crates/lab/tests/e2e/sync/cases";
const COMMAND: &str = "cargo xtask dist binstall sync";

fn sync(project: &Path, args: &[&str]) -> Said {
    run_in(project, &[&["binstall", "sync"], args].concat())
}

/// A project with this manifest and configuration; nothing of it is compiled.
fn project(manifest: &str, config: &str) -> Scratch {
    let folder = scratch("sync");
    for path in ["src", "packaging"] {
        fs::create_dir(folder.join(path)).unwrap();
    }
    fs::write(folder.join("src/main.rs"), "fn main() {}").unwrap();
    fs::write(folder.join("packaging/dist.toml"), config).unwrap();
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    folder
}

/// One manifest, in every way to write lines.
#[track_caller]
fn becomes(case: &str, before: &str, after: &str, config: &str, said: &str) {
    let project = project(before, config);
    let file = project.join("Cargo.toml");
    let read = || fs::read_to_string(&file).unwrap();
    let changes = before != after;
    let checked = sync(&project, &["--check"]);
    let words = ["Cargo.toml is not in step with the releases of hello", COMMAND];
    checked.ends(i32::from(changes), if changes { &words } else { &[] });
    assert_eq!(read(), before, "{case}: --check writes");
    let synced = sync(&project, &[]).ends(0, &[]);
    assert_eq!(read(), after, "{case}\n{}{}", synced.stdout, synced.stderr);
    assert_eq!(synced.stderr, said, "{case}");
    sync(&project, &["--check"]).ends(0, &[]);
    assert_eq!(lab_files(&project), ["Cargo.toml", "packaging", "src"], "{case}: what is left over");
}

fn lab_files(folder: &Path) -> Vec<String> {
    crate::said::names_in(folder).into_iter().filter(|name| name != "Cargo.lock" && name != "target").collect()
}

#[test]
fn every_case() {
    let mut cases = 0;
    for entry in fs::read_dir(workspace_root().join(CASES)).unwrap().map(Result::unwrap) {
        let read = |name: &str| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        let case = entry.file_name().into_string().unwrap();
        let before = read("before.toml");
        let after = Some(read("after.toml")).filter(|text| !text.is_empty()).unwrap_or_else(|| before.clone());
        becomes(&case, &before, &after, &read("dist.toml"), &read("said.txt"));
        // As Windows writes lines.
        let windows = |text: &str| text.replace('\n', "\r\n");
        let project = project(&windows(&before), &read("dist.toml"));
        sync(&project, &[]).ends(0, &[]);
        let written = fs::read_to_string(project.join("Cargo.toml")).unwrap();
        assert_eq!(written, windows(&after), "{case}, with CRLF");
        cases += 1;
    }
    assert!(cases > 15, "{cases} cases");
}

const HELLO: &str = "repository = \"https://github.com/acme/hello\"";
const OTHERWISE: &str = "[channel.archive]\nfolder = \"programs\"\n";
const SECTION: &str = "[package.metadata.binstall]\nbin-dir = \"programs/{ bin }{ binary-ext }\"\n";

#[test]
fn ends_of_files_and_marks_at_their_beginning() {
    let comment = "# How cargo-binstall finds the releases of hello: written by `cargo xtask dist binstall sync`.\n";
    let before = package("hello", "1.2.3", HELLO);
    let before = format!("\u{feff}{}", before.trim_end());
    becomes("no newline", &before, &format!("{before}\n\n{comment}{SECTION}"), OTHERWISE, "");
    // One line that ends otherwise stays as it is.
    let mixed = format!("{before}\r\n[lib]\npath = \"src/main.rs\"");
    let after = format!("{before}\r\n\n{comment}{SECTION}[lib]\npath = \"src/main.rs\"");
    becomes("mixed", &mixed, &after, OTHERWISE, "");
}

#[test]
fn every_member_and_only_what_is_asked_for() {
    let workspace = Fixture::of(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\", \"c\"]\nresolver = \"2\"\n"),
        ("a/Cargo.toml", &package("a", "1.0.0", HELLO)),
        ("a/src/main.rs", "fn main() {}"),
        ("b/Cargo.toml", &package("b", "1.0.0", "")),
        ("b/src/main.rs", "fn main() {}"),
        ("c/Cargo.toml", &package("c", "2.0.0", HELLO)),
        ("c/src/main.rs", "fn main() {}"),
    ]);
    workspace.config("channels = [\"archive\", \"binstall\"]\n[package.a]\nchannels = [\"archive\"]\n");
    let root = fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
    // The tags of several versions have names, which the client does not try; b has no repository.
    let checked = sync(&workspace, &["--check"]).ends(1, &["c/Cargo.toml is not in step", "`pkg-url` is", COMMAND]);
    assert!(checked.stderr.contains("warning: left out: binstall for b: nothing says where"), "{}", checked.stderr);
    let said = sync(&workspace, &["--package", "c"]).ends(0, &[]).without(&["b/Cargo.toml"]);
    assert!(said.stdout.starts_with("c/Cargo.toml: written\n"), "{}", said.stdout);
    let written = fs::read_to_string(workspace.join("c/Cargo.toml")).unwrap();
    assert!(written.contains("/releases/download/{ name }-v{ version }/"), "{written}");
    sync(&workspace, &["--check"]).ends(0, &[]).without(&["a/Cargo.toml"]);
    assert_eq!(fs::read_to_string(workspace.join("Cargo.toml")).unwrap(), root);
    sync(&workspace, &["--package", "d"]).ends(2, &["unknown package `d`"]);
}

#[test]
fn what_no_metadata_mends_is_told() {
    let hello = configured("exclude-binaries = [\"helper\"]\n");
    hello.write("src/bin/helper.rs", "fn main() {}");
    let words = ["warning: `cargo binstall hello` goes wrong: ", "/helper not found", "`exclude-binaries`"];
    sync(&hello, &["--check"]).ends(0, &words);
    let plan = run_in(&hello, &["--plan"]).ends(0, &[]).stdout;
    assert!(
        plan.contains("left out: binstall for hello: with Cargo.toml as it is, `cargo binstall hello` goes wrong: "),
        "{plan}"
    );
    assert!(plan.contains("to have it: take `helper` out of `exclude-binaries`"), "{plan}");
}

#[test]
#[cfg(unix)]
fn links_stay_links_and_what_cannot_be_written_stays() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    let project = project("", OTHERWISE);
    let (link, file) = (project.join("Cargo.toml"), project.join("packaging/real.toml"));
    fs::remove_file(&link).unwrap();
    fs::write(&file, package("hello", "1.2.3", HELLO)).unwrap();
    symlink("packaging/real.toml", &link).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    sync(&project, &[]).ends(0, &[]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.contains(SECTION), "{written}");
    fs::write(&file, written.replace("programs/", "program/")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
    sync(&project, &[]).ends(1, &["cannot write", "because: it is read-only", "help: make it and its folder writable"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), written.replace("programs/", "program/"));
}

#[test]
fn a_release_whose_manifest_leads_elsewhere_leaves_the_channel_out_until_it_is_synced() {
    let hello = configured(OTHERWISE);
    let plan = run_in(&hello, &["--plan"]).ends(0, &[]).stdout;
    assert!(
        plan.contains("bin file …/hello not found") && plan.contains(&format!("to have it: {COMMAND}\n")),
        "{plan}"
    );
    run_in(&hello, &["--plan", "--channel", "binstall"]).ends(2, &["binstall for hello cannot be made", COMMAND]);
    let said = run_in(&hello, &[]).ends(0, &[]);
    assert!(said.stdout.contains("left out: binstall for hello"), "{}", said.stdout);
    // What to write is there all the same.
    let written = fs::read_to_string(hello.join("target/releases/v1.2.3/binstall/hello.toml")).unwrap();
    assert!(written.ends_with(SECTION), "{written}");
    run_in(&hello, &["verify"]).ends(0, &[]);
    sync(&hello, &[]).ends(0, &[]);
    let said = run_in(&hello, &["--channel", "binstall"]).ends(0, &[]).without(&["left out"]);
    assert!(
        said.stderr.contains("cargo binstall hello: by [package.metadata.binstall] in Cargo.toml"),
        "{}",
        said.stderr
    );
    assert_eq!(
        manifest(&hello, "v1.2.3")["plan"]["packages"][0]["binstall"]["bin-dir"],
        "programs/{ bin }{ binary-ext }"
    );
}

#[test]
fn verify_says_what_serves_and_finds_what_does_not() {
    let hello = Fixture::hello();
    let said = run_in(&hello, &[]).ends(0, &["cargo binstall hello: needs no metadata"]);
    assert!(!hello.join("target/releases/v1.2.3/binstall").exists(), "{}", said.stdout);
    let verified = run_in(&hello, &["verify", "--verbose"]).ends(0, &[]).stdout;
    let target = xtask_dist::targets::Target::host().to_string();
    let name = format!("hello-{target}-v1.2.3");
    let url = format!("https://github.com/acme/hello/releases/download/v1.2.3/{name}.tar.gz");
    let lines =
        format!("  cargo binstall hello on {target}: hello\n    from {url}\n    in   {name}/ (needs no metadata)\n");
    assert!(verified.contains(&lines), "{verified}");
    let verdict = run_in(&hello, &["verify", "--format", "json"]).ends(0, &[]).stdout;
    let verdict: serde_json::Value = serde_json::from_str(&verdict).unwrap();
    assert_eq!(verdict[0]["services"][0]["url"], url);
    assert_eq!(verdict[0]["services"][0]["programs"]["hello"], format!("{name}/hello"));
    // The Cargo.toml that was released is what counts.
    let file = hello.join("target/releases/v1.2.3/dist-manifest.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"binstall\": null", "\"binstall\": {\"pkg_fmt\": \"zip\", \"pkg-fmt\": \"zip\"}"))
        .unwrap();
    let words = [
        "with Cargo.toml as it is, `cargo binstall hello` does not install it",
        "it tries https://github.com/acme/hello/releases/download/1.2.3/",
        "and the archive is at",
        "dist-manifest.json: [package.metadata.binstall] of Cargo.toml: `pkg_fmt` is ignored: cargo-binstall calls it `pkg-fmt`",
        COMMAND,
    ];
    run_in(&hello, &["verify"]).ends(1, &words);
}
