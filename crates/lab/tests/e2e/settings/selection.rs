//! Which packages are released, under which tags; what overrides what; where it all goes.

use std::fs;

use lab::fixture::MAIN;
use lab::xtask::dist;
use lab::{Fixture, run, scratch};
use serde_json::Value;

use super::{HOST, release};
use crate::said::{configured, manifest, names_in, package, releases, run_in, said};

/// A workspace of these packages (name, version, further lines of the manifest), each with a program.
fn workspace(packages: &[(&str, &str, &str)]) -> Fixture {
    let members: Vec<String> = packages.iter().map(|(name, _, _)| format!("\"{name}\"")).collect();
    let mut files = vec![(
        "Cargo.toml".to_owned(),
        format!(
            "[workspace]\nmembers = [{}]\nresolver = \"2\"\n[workspace.package]\nversion = \"4.5.6\"\nlicense = \"MIT\"\n\
             repository = \"https://github.com/acme/all\"\ndescription = \"Shared\"\n",
            members.join(", ")
        ),
    )];
    for (name, version, lines) in packages {
        files.push((format!("{name}/Cargo.toml"), package(name, version, lines)));
        files.push((format!("{name}/src/main.rs"), MAIN.to_owned()));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    Fixture::of(&files)
}

/// The planned releases: tag and packages.
fn planned(project: &Fixture, args: &[&str]) -> Vec<(String, Vec<String>)> {
    let all: Vec<&str> = [&["--plan", "--format", "json"], args].concat();
    let plan: Value = serde_json::from_str(&run_in(project, &all).ends(0, &[]).stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let release = |release: &Value| {
        let packages = release["packages"].as_array().unwrap().iter().map(|package| text(&package["name"]));
        (text(&release["tag"]), packages.collect())
    };
    plan["releases"].as_array().unwrap().iter().map(release).collect()
}

fn one(tag: &str, packages: &[&str]) -> (String, Vec<String>) {
    (tag.to_owned(), packages.iter().map(|&name| name.to_owned()).collect())
}

#[test]
fn what_the_workspace_says_is_inherited() {
    let inherited = workspace(&[("app", "0.0.0", "license.workspace = true\nrepository.workspace = true\n")]);
    let text = fs::read_to_string(inherited.join("app/Cargo.toml")).unwrap();
    inherited.write("app/Cargo.toml", &text.replace("version = \"0.0.0\"", "version.workspace = true"));
    inherited.lock();
    let released = release(&inherited, "v4.5.6");
    assert_eq!(released.says("app", "app"), "app 4.5.6");
    let formula = fs::read_to_string(released.folder.join("homebrew/app.rb")).unwrap();
    for words in ["license \"MIT\"", "https://github.com/acme/all/releases/download/v4.5.6/app-"] {
        assert!(formula.contains(words), "{words} is not in\n{formula}");
    }
}

#[test]
fn one_release_for_one_version_and_one_each_for_others() {
    let shared = workspace(&[("a", "1.0.0", ""), ("b", "1.0.0", "")]);
    assert_eq!(planned(&shared, &[]), [one("v1.0.0", &["a", "b"])]);
    let differing = workspace(&[("a", "1.0.0", ""), ("b", "2.0.0-rc.1", ""), ("c", "1.0.0", "")]);
    assert_eq!(planned(&differing, &[]), [one("b-v2.0.0-rc.1", &["b"]), one("v1.0.0", &["a", "c"])]);
    // The tag is the same whether or not the others are made at the same time.
    assert_eq!(planned(&differing, &["--package", "b"]), [one("b-v2.0.0-rc.1", &["b"])]);
    assert_eq!(planned(&differing, &["-p", "c", "-p", "a"]), [one("v1.0.0", &["a", "c"])]);
    run(&mut dist(&differing, []));
    assert_eq!(names_in(&releases(&differing)), ["b-v2.0.0-rc.1", "v1.0.0"]);
    assert_eq!(manifest(&differing, "b-v2.0.0-rc.1")["plan"]["prerelease"], true);
    assert_eq!(manifest(&differing, "v1.0.0")["plan"]["prerelease"], false);
    assert_eq!(run_in(&differing, &["verify"]).ends(0, &[]).stdout.lines().count(), 2);
}

#[test]
fn tags_as_configured() {
    let two = workspace(&[("a", "1.0.0", ""), ("b", "2.0.0", "")]);
    two.config("tag = \"{ name }/{ version }\"\n[package.b]\ntag = \"release-{ version }\"\n");
    assert_eq!(planned(&two, &[]), [one("a/1.0.0", &["a"]), one("release-2.0.0", &["b"])]);
    let released = release(&two, "a%2F1.0.0");
    assert_eq!(released.manifest["plan"]["tag"], "a/1.0.0");
    two.config("tag = \"nightly\"\n");
    run_in(&two, &["--plan"])
        .ends(2, &["a 1.0.0 and b 2.0.0 have the same tag `nightly`", "help: write `{ version }`"]);
    two.config("packages = [\"b\"]\ntag = \"nightly\"\n");
    assert_eq!(planned(&two, &[]), [one("nightly", &["b"])]);
}

#[test]
fn packages_are_chosen_by_what_they_are_and_by_name() {
    let some = workspace(&[("a", "1.0.0", ""), ("b", "1.0.0", ""), ("private", "1.0.0", "publish = false")]);
    some.write("library/Cargo.toml", &package("library", "1.0.0", ""));
    some.write("library/src/lib.rs", "");
    let text = fs::read_to_string(some.join("Cargo.toml")).unwrap();
    some.write("Cargo.toml", &text.replace("\"private\"", "\"private\", \"library\""));
    some.lock();
    assert_eq!(planned(&some, &[]), [one("v1.0.0", &["a", "b"])]);
    assert_eq!(planned(&some, &["--package", "b"]), [one("v1.0.0", &["b"])]);
    some.config("packages = [\"private\", \"b\", \"private\"]\n");
    assert_eq!(planned(&some, &[]), [one("v1.0.0", &["b", "private"])]);
    run_in(&some, &["--plan", "--package", "a"]).ends(2, &["a is not released"]);
}

#[test]
fn the_command_line_is_laid_over_the_file() {
    let hello = configured("tag = \"file-{ version }\"\nenv = { A = \"file\", B = \"file\" }\n");
    let plan = |args: &[&str]| -> Value {
        let all: Vec<&str> = [&["--plan", "--format", "json"], args].concat();
        serde_json::from_str(&run_in(&hello, &all).ends(0, &[]).stdout).unwrap()
    };
    let planned =
        plan(&["--config", "tag = 'x{ version }'", "--config", "env.B = 'line'", "--config", "profile='release'"]);
    let release = &planned["releases"][0];
    assert_eq!(release["tag"], "x1.2.3");
    let build = &release["packages"][0]["targets"][0]["build"];
    assert_eq!(build["env"], serde_json::json!({ "A": "file", "B": "line" }));
    assert_eq!(build["profile"], "release");
    // The later is the stronger, and a package's own setting is stronger than the top's, wherever each stands.
    assert_eq!(plan(&["--config", "tag = 'x'", "--config", "tag = 'y'"])["releases"][0]["tag"], "y");
    let over = plan(&["--config", "package.hello.tag = 'p'", "--config", "tag = 'y'"]);
    assert_eq!(over["releases"][0]["tag"], "p");
}

#[test]
fn targets_of_the_file_and_of_the_command_line() {
    let hello =
        configured("targets = [\"aarch64-apple-darwin\", \"host\"]\n[package.hello]\nchannels = [\"archive\"]\n");
    let targets = |args: &[&str]| -> Vec<String> {
        let all: Vec<&str> = [&["--plan", "--format", "json"], args].concat();
        let plan: Value = serde_json::from_str(&run_in(&hello, &all).ends(0, &[]).stdout).unwrap();
        let targets = plan["releases"][0]["packages"][0]["targets"].as_array().unwrap().clone();
        targets.iter().map(|target| target["target"].as_str().unwrap().to_owned()).collect()
    };
    let mut both = vec!["aarch64-apple-darwin".to_owned(), HOST.clone()];
    both.sort();
    assert_eq!(targets(&[]), both);
    assert_eq!(targets(&["--target", "all"]), both);
    assert_eq!(targets(&["--target", "host"]), [HOST.as_str()]);
    assert_eq!(targets(&["--target", "x86_64-pc-windows-gnu"]), ["x86_64-pc-windows-gnu"]);
}

#[test]
fn a_target_folder_elsewhere() {
    let hello = Fixture::hello();
    hello.commit();
    let elsewhere = scratch("elsewhere");
    let mut dist_elsewhere = dist(&hello, []);
    said(dist_elsewhere.env("CARGO_TARGET_DIR", &*elsewhere)).ends(0, &[]).without(&["not committed"]);
    assert_eq!(names_in(&elsewhere.join("releases")), ["v1.2.3"]);
    assert!(!hello.join("target").exists(), "something was written into the repository");
    said(dist(&hello, ["verify"]).env("CARGO_TARGET_DIR", &*elsewhere)).ends(0, &[]);
    // And by cargo's configuration, inside the repository, where it is no change of it.
    hello.write(".cargo/config.toml", "[build]\ntarget-dir = \"out put\"\n");
    hello.commit();
    run_in(&hello, &["--require-clean"]).ends(0, &[]);
    run_in(&hello, &["--require-clean", "--plan"]).ends(0, &[]);
    assert_eq!(names_in(&hello.join("out put/releases")), ["v1.2.3"]);
}

#[test]
fn a_build_folder_of_its_own() {
    let hello = Fixture::hello();
    hello.write("build.rs", "fn main() { let out = std::env::var(\"OUT_DIR\").unwrap(); std::fs::write(out + \"/hello.1\", \"\").unwrap() }");
    hello.write(".cargo/config.toml", "[build]\nbuild-dir = \"between\"\n");
    assert_eq!(release(&hello, "v1.2.3").paths(), ["LICENSE", "README.md", "hello", "man/hello.1"]);
}
