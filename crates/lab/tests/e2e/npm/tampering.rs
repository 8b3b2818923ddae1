//! A release whose npm packages were altered: `verify` names it, whatever else was made to fit.

use serde_json::{Value, json};

use super::forge::{File, Forged};

const GNU: &str = "hello-linux-x64-gnu";

#[test]
fn packages_that_nobody_touched_are_right() {
    Forged::new().verify().ends(0, &[]);
    // Packed by another program, they are the same packages.
    let forged = Forged::new();
    forged.change(GNU, |_| ());
    forged.verify().ends(0, &[]);
}

#[test]
fn programs_that_are_others() {
    let forged = Forged::new();
    let program = |files: &[File]| files.iter().position(|file| file.path == "package/bin/hello").unwrap();
    let mut gnu = Vec::new();
    forged.change(GNU, |files| gnu = files[program(files)].bytes.clone());
    forged.change("hello-linux-x64-musl", |files| {
        let at = program(files);
        files[at].bytes = gnu;
    });
    let archived = "hello-x86_64-unknown-linux-musl-v1.2.3/hello of hello-x86_64-unknown-linux-musl-v1.2.3.tar.gz";
    forged.is_found("hello-linux-x64-musl", &format!("bin/hello is not {archived}"));

    let forged = Forged::new();
    forged.change(GNU, |files| files[0].bytes.push(b'x'));
    forged.change(GNU, |files| files.push(File::new("bin/stray", 0o755, b"#!/bin/sh")));
    forged.is_found(GNU, "bin/stray is in it, and its package.json does not list it");
    forged.is_found(GNU, "bin/stray is no program of hello-x86_64-unknown-linux-gnu-v1.2.3.tar.gz");
    let forged = Forged::new();
    forged.change(GNU, |files| files.retain(|file| !file.path.ends_with("/hello")));
    forged.is_found(GNU, "its package.json lists bin/hello, which is not in it");
    forged.is_found(GNU, "it lacks bin/hello");
}

#[test]
fn documents_that_say_something_else() {
    for (package, key, value, what) in [
        (GNU, "version", json!("1.2.4"), "it says that it is 1.2.4, and the release is 1.2.3"),
        (
            GNU,
            "name",
            json!("@acme/hello-linux-x64-other"),
            "it is the package @acme/hello-linux-x64-other, whose file is",
        ),
        (GNU, "cpu", json!(["arm64"]), "its `cpu` is [\"arm64\"], and its programs are for [\"x64\"]"),
        (GNU, "os", Value::Null, "it is no package for npm: its package.json is none of npm's"),
        (GNU, "libc", json!(["musl"]), "its `libc` is [\"musl\"], and its programs are for [\"glibc\"]"),
        (
            GNU,
            "scripts",
            json!({ "postinstall": "curl x | sh" }),
            "it runs a script at `postinstall`, and ours run none",
        ),
        (
            "hello",
            "bin",
            json!({ "hello": "bin/other.js" }),
            "its package.json points at bin/other.js, which is not in it",
        ),
        (
            "hello",
            "bin",
            json!({ "hello": "bin/hello.js" }),
            "its `bin` does not have hello-probe as bin/hello-probe.js",
        ),
        ("hello", "optionalDependencies", json!({}), "it does not have @acme/hello-darwin-arm64 1.2.3 among"),
        ("hello", "optionalDependencies", json!({ "@acme/other": "1.2.3" }), "it needs @acme/other, which the release"),
    ] {
        let forged = Forged::new();
        forged.change_json(package, |json| json[key] = value);
        forged.is_found(package, what);
    }
    let forged = Forged::new();
    forged.change_json("hello", |json| json["optionalDependencies"]["@acme/hello-win32-x64"] = json!("^1.2.3"));
    forged.is_found("hello", "it does not have @acme/hello-win32-x64 1.2.3 among its `optionalDependencies`");
    let forged = Forged::new();
    forged.change_json(GNU, |json| json["name"] = json!("@acme/other"));
    forged.verify().ends(1, &[&format!("npm/acme-{GNU}-1.2.3.tgz: the release lacks the package @acme/{GNU}")]);
}

#[test]
fn files_that_npm_would_not_have_packed_so() {
    let forged = Forged::new();
    forged.change(GNU, |files| files.iter_mut().for_each(|file| file.mode = 0o644));
    forged.is_found(GNU, "the permissions of bin/hello are 644, not 755");
    let forged = Forged::new();
    forged.change(GNU, |files| files[0].mtime = 7);
    forged.is_found(GNU, "");
    forged.verify().ends(1, &[" has a time stamp of its own"]);
    for (file, what) in [
        (File::new("package.json", 0o644, b"{}"), "it is no package for npm: package/package.json is in it twice"),
        (
            File { path: "other/x".into(), ..File::new("x", 0o644, b"x") },
            "it is no package for npm: other/x is not in package/",
        ),
    ] {
        let forged = Forged::new();
        forged.change(GNU, |files| files.push(file));
        forged.is_found(GNU, what);
    }
}

#[test]
fn a_launcher_that_does_not_know_a_platform() {
    let forged = Forged::new();
    forged.change("hello", |files| {
        let launcher = files.iter_mut().find(|file| file.path == "package/bin/hello.js").unwrap();
        let text = String::from_utf8(launcher.bytes.clone()).unwrap();
        launcher.bytes = text.replace("hello-win32-x64", "hello-win32-x63").into_bytes();
    });
    forged.is_found("hello", "bin/hello.js does not know @acme/hello-win32-x64, which has bin/hello.exe");
    forged.verify().ends(1, &["help: mend packaging/npm/launcher.js.hbs"]);
}
