//! The tool on Windows, by Wine: it plans and verifies what it does on Linux; and what differs between the systems'
//! checkouts makes no difference.

use std::fs;
use std::path::Path;
use std::process::Output;

use lab::wine::{self, Wine};
use lab::xtask::dist;
use lab::{Fixture, client, copy_dir, run, run_failing, scratch, skip, workspace_root};
use serde_json::Value;
use xtask_dist::layout::files_below;

/// Wine, and the tool for Windows in its folder.
fn windows(purpose: &str) -> Option<(Wine, &'static Path)> {
    client("python3", purpose)?;
    Some((skip::or_report(wine::find(), purpose)?, wine::xtask()))
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn verify_says_on_windows_what_it_says_on_linux() {
    let Some((wine, tool)) = windows("verify works on Windows") else { return };
    let hello = Fixture::hello();
    hello.write("packaging/dist.toml", "include = [\"README.md\"]\n");
    run(&mut dist(&hello, []));
    let release = hello.join("target/releases/v1.2.3");
    let on_windows = || {
        let mut verify = wine.command(tool.join("xtask.exe"));
        verify.args(["dist", "verify", &wine::path(&release), "--format", "json"]);
        verify
    };
    let on_linux = || dist(&hello, ["verify", "--format", "json"]);
    let (theirs, ours) = (run(&mut on_windows()), run(&mut on_linux()));
    assert_eq!(stdout(&theirs), stdout(&ours));

    let archive = files_below(&release).unwrap().into_iter().find(|file| file.ends_with(".tar.gz")).unwrap();
    let mut bytes = fs::read(release.join(&archive)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(release.join(archive), bytes).unwrap();
    fs::write(release.join("homebrew/stray.rb"), "").unwrap();
    let (theirs, ours) = (run_failing(&mut on_windows()), run_failing(&mut on_linux()));
    assert_eq!((theirs.status.code(), ours.status.code()), (Some(1), Some(1)));
    let (theirs, ours): (Value, Value) =
        (serde_json::from_slice(&theirs.stdout).unwrap(), serde_json::from_slice(&ours.stdout).unwrap());
    assert_eq!(theirs, ours);
    assert!(ours[0]["findings"].as_array().unwrap().len() > 1, "{ours}");
}

/// What is left of a build plan without the facts of its machine: paths, and what remaps them.
fn without_machine(plan: &mut Value) {
    for call in plan["build"]["invocations"].as_array_mut().unwrap() {
        call.as_object_mut().unwrap().remove("package_id");
        call["rustflags"].as_array_mut().unwrap().retain(|flag| !flag.as_str().unwrap().starts_with("--remap-path"));
    }
}

#[test]
fn a_plan_is_the_same_on_windows() {
    let purpose = "plans are made on Windows";
    let Some((wine, tool)) = windows(purpose) else { return };
    let Some(rust) = skip::or_report(wine::rust(), purpose) else { return };
    let hello = Fixture::of(&[
        ("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"crates/*\"]\n"),
        (
            "crates/hello/Cargo.toml",
            "[package]\nname = \"hello\"\nversion = \"1.2.3\"\nedition = \"2021\"\nlicense = \"MIT\"\n\
             description = \"Says hello\"\nrepository = \"https://github.com/acme/hello\"\n",
        ),
        ("crates/hello/src/main.rs", lab::fixture::MAIN),
        ("crates/hello/README.md", "# hello"),
        ("docs/a/b.md", "docs"),
        ("completions/hello.bash", ""),
        ("man/hello.1", ""),
        ("LICENSE", "MIT"),
    ]);
    hello.config(
        "targets = [\"x86_64-unknown-linux-musl\", \"aarch64-apple-darwin\", \"aarch64-unknown-linux-gnu.2.28\"]\n\
         include = [\"docs/**/*.md\"]\nrustflags = [\"-Copt-level=s\"]\n",
    );
    copy_dir(workspace_root().join("packaging/homebrew"), hello.join("packaging/homebrew")).unwrap();
    let on_windows = |more: &[&str]| {
        let mut plan = wine.command(tool.join("xtask.exe"));
        plan.args(["dist", "--plan"]).args(more).env("WINEPATH", wine::path(&rust)).current_dir(&*hello);
        run(&mut plan)
    };
    let on_linux = |more: &[&str]| run(dist(&hello, ["--plan"]).args(more));
    assert_eq!(stdout(&on_windows(&[])), stdout(&on_linux(&[])));

    let json = ["--format", "json"];
    let parsed = |output: &Output| -> Value { serde_json::from_slice(&output.stdout).unwrap() };
    let (mut theirs, mut ours) = (parsed(&on_windows(&json)), parsed(&on_linux(&json)));
    let calls = theirs["build"]["invocations"].as_array().unwrap();
    assert!(calls.iter().any(|call| call["package_id"].as_str().unwrap().contains("/Z:/")), "not Windows? {theirs}");
    without_machine(&mut theirs);
    without_machine(&mut ours);
    assert_eq!(theirs, ours);
}

/// As git checks text out on Windows.
fn with_carriage_returns(file: &Path) {
    let text = fs::read_to_string(file).unwrap();
    assert!(!text.contains('\r'));
    fs::write(file, text.replace('\n', "\r\n")).unwrap();
}

#[test]
fn line_ends_of_the_checkout_make_no_difference() {
    let release = |alter: &dyn Fn(&Fixture)| {
        let hello = Fixture::hello();
        copy_dir(workspace_root().join("packaging"), hello.join("packaging")).unwrap();
        hello.config("include = [\"README.md\"]\n# the end\n");
        alter(&hello);
        run(&mut dist(&hello, []));
        let copy = scratch("release");
        copy_dir(hello.join("target/releases/v1.2.3"), &*copy).unwrap();
        copy
    };
    let (one, other) = (
        release(&|_| {}),
        release(&|hello| {
            with_carriage_returns(&hello.join("Cargo.lock"));
            with_carriage_returns(&hello.join("Cargo.toml"));
            for file in files_below(&hello.join("packaging")).unwrap() {
                with_carriage_returns(&hello.join("packaging").join(file));
            }
        }),
    );
    let files = files_below(&one).unwrap();
    assert_eq!(files, files_below(&other).unwrap());
    for file in &files {
        assert!(fs::read(one.join(file)).unwrap() == fs::read(other.join(file)).unwrap(), "{file} differs");
    }
}
