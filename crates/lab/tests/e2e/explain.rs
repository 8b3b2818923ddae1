//! `dist binstall explain`: what cargo-binstall does with a package, from its Cargo.toml alone.

use std::fs::{self, File};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use lab::{Scratch, scratch};
use serde_json::{Value, json};

use crate::said::{Said, package, run_in};

const LINUX: &str = "x86_64-unknown-linux-gnu";

/// A folder with nothing in it but this Cargo.toml.
fn alone(manifest: &str) -> Scratch {
    let folder = scratch("explain");
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    folder
}

/// `hello` 1.2.3 on GitHub, with more lines.
fn hello(lines: &str) -> Scratch {
    let repository = "repository = \"https://github.com/acme/hello\"\nautobins = false\n";
    let binary = "[[bin]]\nname = \"hello\"\npath = \"src/main.rs\"\n";
    alone(&package("hello", "1.2.3", &format!("{repository}{binary}{lines}")))
}

fn explain(folder: &Path, args: &[&str]) -> Said {
    run_in(folder, &[&["binstall", "explain"], args].concat())
}

/// The object of one target.
#[track_caller]
fn object(folder: &Path, target: &str, args: &[&str], code: i32) -> Value {
    let said = explain(folder, &[&["--target", target, "--format", "json"], args].concat()).ends(code, &[]);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

/// A tar.gz with these files.
fn tgz(file: &Path, paths: &[&str]) {
    let mut tar = tar::Builder::new(GzEncoder::new(File::create(file).unwrap(), Compression::fast()));
    for path in paths {
        let mut header = tar::Header::new_ustar();
        header.set_size(4);
        header.set_mode(0o755);
        tar.append_data(&mut header, path, &b"file"[..]).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
}

#[test]
fn the_default_names_need_no_metadata() {
    let hello = hello("");
    let got = object(&hello, LINUX, &[], 0);
    assert_eq!(got["target"], LINUX);
    assert_eq!(got["urls"].as_array().unwrap().len(), 300);
    assert_eq!(
        got["urls"][0],
        "https://github.com/acme/hello/releases/download/1.2.3/hello-x86_64-unknown-linux-gnu-v1.2.3.tar"
    );
    assert_eq!(got["bins"], json!({"hello": "hello-x86_64-unknown-linux-gnu-v1.2.3/hello"}));
    assert_eq!(got["strategies"], json!(["crate-meta-data", "quick-install", "compile"]));
    assert!(got.get("error").is_none());
    let text = explain(&hello, &["--target", LINUX]).ends(0, &[]).stdout;
    for part in ["metadata       none is needed", "and 299 more by default", "installs to    ", "hello_v1.2.3_x86_64-"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let all = explain(&hello, &["--target", LINUX, "--all"]).ends(0, &[]).stdout;
    assert_eq!(all.matches("https://github.com/acme/hello/releases/download/").count(), 300);
}

#[test]
fn the_second_example_of_binstalls_documentation() {
    let lines = "repository = \"https://github.com/rust-iot/rust-radio-sx128x\"\nautobins = false\n\
                 [[bin]]\nname = \"sx128x-util\"\npath = \"src/main.rs\"\n[package.metadata.binstall]\n\
                 pkg-url = \"{ repo }/releases/download/v{ version }/sx128x-util-{ target }-v{ version }{ archive-suffix }\"\n\
                 bin-dir = \"{ bin }-{ target }{ binary-ext }\"\npkg-fmt = \"tgz\"\n";
    let radio = alone(&package("radio-sx128x", "0.14.1-alpha.5", lines));
    let got = object(&radio, "x86_64-pc-windows-msvc", &[], 0);
    let url = "https://github.com/rust-iot/rust-radio-sx128x/releases/download/v0.14.1-alpha.5/\
               sx128x-util-x86_64-pc-windows-msvc-v0.14.1-alpha.5.tgz";
    // Its only program has another name than the package: the client asks for the same URLs again.
    assert_eq!((got["urls"].as_array().unwrap().len(), &got["urls"][0]), (4, &json!(url)));
    assert_eq!(got["bins"], json!({"sx128x-util.exe": "sx128x-util-x86_64-pc-windows-msvc.exe"}));
}

#[test]
fn each_target_has_a_line() {
    let targets = ["--target", LINUX, "--target", "aarch64-apple-darwin", "--target", "host"];
    let said = explain(&hello(""), &[&targets[..], &["--format", "json"]].concat()).ends(0, &[]);
    let lines: Vec<Value> = said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1]["also_tried"][0], "universal-apple-darwin");
}

#[test]
fn every_variable_and_every_escape() {
    let all = "{ name }/{ version }/{ target }/{ target-family }/{ os-name }/{ target-arch }/{ target-libc }/\
               { target-vendor }/{ binary-ext }/{ subcrate }/{ archive-suffix }/{ archive-format }/{ format }";
    let lines = format!(
        "repository = \"https://github.com/o/r/tree/main/crates/sub\"\nautobins = false\n\
         [[bin]]\nname = \"n\"\npath = \"m.rs\"\n[package.metadata.binstall]\n\
         pkg-url = '{{ repo }}/\\{{\\}}\\\\/{all}'\nbin-dir = '\\{{{{ bin }}\\}}\\\\'\npkg-fmt = \"zip\"\n"
    );
    let folder = alone(&package("n", "1.0.0+b", &lines));
    let got = object(&folder, "x86_64-pc-windows-gnu", &[], 0);
    let url = "https://github.com/o/r/%7B%7D//n/1.0.0+b/x86_64-pc-windows-gnu/windows/windows/x86_64/gnu/pc/.exe/sub/.zip/\
               zip/zip";
    // A backslash is a slash in the path of an https URL.
    assert_eq!(got["urls"], json!([url]));
    assert_eq!(got["bins"], json!({"n.exe": "{n}\\"}));
    let warnings = got["warnings"].to_string();
    assert!(warnings.contains("`{ format }` in `pkg-url` is deprecated"), "{warnings}");
    assert!(warnings.contains("`{ archive-format }` in `pkg-url` is deprecated"), "{warnings}");
}

#[test]
fn the_archive_is_judged() {
    let hello = hello("[[bin]]\nname = \"helper\"\npath = \"src/helper.rs\"\n");
    let named = hello.join("hello-x86_64-unknown-linux-gnu-v1.2.3.tar.gz");
    let with = |paths: &[&str], code: i32| {
        tgz(&named, paths);
        object(&hello, LINUX, &["--archive", named.to_str().unwrap()], code)
    };
    let good = with(&["hello-1.2.3/hello", "hello-1.2.3/helper"], 0);
    assert_eq!(good["bins"], json!({"hello": "hello-1.2.3/hello", "helper": "hello-1.2.3/helper"}));
    assert_eq!(good["format"], "tgz");
    let url = "https://github.com/acme/hello/releases/download/1.2.3/hello-x86_64-unknown-linux-gnu-v1.2.3.tar.gz";
    assert_eq!(good["url"], url);
    let without = with(&["hello-1.2.3/hello"], 1);
    assert_eq!(without["error"], "bin file …/hello-1.2.3/helper not found");
    assert!(without["help"].as_str().unwrap().starts_with("pack it:"));
    assert_eq!(without["client_exit_code"], 94);
    let elsewhere = with(&["hello_v1.2.3/hello", "hello_v1.2.3/helper"], 1);
    assert!(elsewhere["help"].as_str().unwrap().contains("it is at hello_v1.2.3/hello"), "{elsewhere}");
    fs::write(&named, "<!DOCTYPE html>\n<title>Not here</title>\n").unwrap();
    let html = object(&hello, LINUX, &["--archive", named.to_str().unwrap()], 1);
    assert_eq!(html["error"], "I/O Error: invalid gzip header");
}

#[test]
fn an_archive_of_another_name_is_never_asked_for() {
    let hello = hello("");
    let archive = hello.join("hello-linux.tar.gz");
    tgz(&archive, &["hello"]);
    let explain = |args: &[&str]| explain(&hello, &[&["--archive", archive.to_str().unwrap()], args].concat());
    explain(&["--target", LINUX]).ends(
        1,
        &[
            "error: hello for x86_64-unknown-linux-gnu: no URL that cargo-binstall tries ends in `hello-linux.tar.gz`",
            "help: name it `hello-x86_64-unknown-linux-gnu-v1.2.3.tar`",
        ],
    );
    let other = hello.join("hello-aarch64-apple-darwin.tar.gz");
    fs::rename(&archive, &other).unwrap();
    run_in(&hello, &["binstall", "explain", "--target", LINUX, "--archive", other.to_str().unwrap()])
        .ends(1, &["help: it is named as one for aarch64-apple-darwin: add `--target aarch64-apple-darwin`"]);
}

#[test]
fn not_being_installable_is_a_finding_with_a_remedy() {
    let case = |lines: &str, error: &str, help: &str| {
        let folder = alone(&package("hello", "1.2.3", &format!("autobins = false\n{lines}")));
        let got = object(&folder, LINUX, &[], 1);
        assert!(got["error"].as_str().unwrap().contains(error), "{got}");
        assert!(got["help"].as_str().unwrap().contains(help), "{got}");
        explain(&folder, &["--target", LINUX]).ends(1, &[error, help]);
    };
    let bin = "[[bin]]\nname = \"hello\"\npath = \"src/main.rs\"\n";
    let forge = "repository = \"https://git.example.org/acme/hello\"\n";
    case(&format!("{forge}{bin}"), "Unknown repository https://git.example.org/acme/hello,", "write `pkg-url =");
    case(bin, "Package does not specify repository", "write `repository =");
    case(&format!("repository = \"git@github.com:a/b\"\n{bin}"), "relative URL without a base", "https://HOST");
    case("[lib]\n", "no binaries specified nor inferred", "add src/main.rs");
    let section = |line: &str| format!("{forge}{bin}[package.metadata.binstall]\n{line}\n");
    case(&section("pkg-fmt = \"tar.gz\""), "TOML parse error", "did you mean \"tgz\"?");
    case(&section("pkg-fmt = \"TGZ\""), "unknown variant `TGZ`", "did you mean \"tgz\"?");
    case(&section("pkg-url = \"https://h/{ bin }.tgz\""), "missing key `bin`", "`pkg-url` knows `name`");
    case(&section("pkg-url = \"https://h/x\""), "pkg-fmt is not specified", "write `pkg-fmt =");
    case(
        &section("pkg-url = \"https://h/x.tgz\"\nbin-dir = \"/{ bin }\""),
        "outside of the temporary dir",
        "inside the",
    );
    case(&section("disabled-strategies = [\"crate-meta-data\"]"), "is disabled", "take \"crate-meta-data\" out");
    let two = "[[bin]]\nname = \"other\"\npath = \"src/other.rs\"\n";
    let raw = format!("{two}{}", section("pkg-url = \"https://h/x\"\npkg-fmt = \"bin\"").replace(forge, ""));
    case(&format!("{forge}{raw}"), "generates duplicate source path", "`{ bin }` in `bin-dir`");
}

#[test]
fn what_is_ignored_in_silence_is_told_with_its_place() {
    let folder = hello("[package.metadata.binstall]\npkg_url = \"https://h/x.tgz\"\n");
    explain(&folder, &["--target", LINUX]).ends(
        0,
        &["warning: Cargo.toml:11:1: `pkg_url` is ignored: cargo-binstall has no such key\n  help: did you mean `pkg-url`?"],
    );
}

#[test]
fn strategies_of_the_metadata_and_of_the_command_line() {
    let folder = hello("[package.metadata.binstall]\ndisabled-strategies = [\"compile\"]\n");
    let strategies = |args: &[&str]| object(&folder, LINUX, args, 0)["strategies"].clone();
    assert_eq!(strategies(&["--disable-strategies", "quick-install"]), json!(["crate-meta-data"]));
    assert_eq!(strategies(&["--strategies", "crate-meta-data,compile"]), json!(["crate-meta-data", "compile"]));
    explain(&folder, &["--strategies", "compile,quick-install"]).ends(2, &["`compile` has to be the last strategy"]);
    explain(&folder, &["--strategies", "quickinstall"]).ends(2, &["quick-install"]);
}

#[test]
fn members_inherit_and_are_found_by_name() {
    let folder = alone(
        "[workspace]\nmembers = [\"crates/*\"]\n\
         [workspace.package]\nversion = \"3.0.0\"\nrepository = \"https://gitlab.com/a/b\"\n",
    );
    for name in ["app", "tool"] {
        let dir = folder.join("crates").join(name);
        fs::create_dir_all(dir.join("src/bin")).unwrap();
        let text = format!("[package]\nname = \"{name}\"\nversion.workspace = true\nrepository.workspace = true\n");
        fs::write(dir.join("Cargo.toml"), text).unwrap();
        fs::write(dir.join("src/main.rs"), "").unwrap();
        fs::write(dir.join("src/bin/extra.rs"), "").unwrap();
    }
    let got = object(&folder, LINUX, &["--package", "tool"], 0);
    assert_eq!(got["bins"].as_object().unwrap().keys().collect::<Vec<_>>(), ["extra", "tool"]);
    let url = "https://gitlab.com/a/b/-/releases/3.0.0/downloads/binaries/tool-x86_64-unknown-linux-gnu-v3.0.0.tar";
    assert_eq!(got["urls"][0], url);
    let both = explain(&folder, &["--format", "json"]).ends(0, &[]);
    assert_eq!(both.stdout.lines().count(), 2, "one for each package");
    let alone = object(&folder.join("crates/app"), LINUX, &[], 0);
    assert_eq!((&alone["package"], &alone["version"]), (&json!("app"), &json!("3.0.0")));
    explain(&folder, &["--package", "tol"]).ends(2, &["unknown package `tol`", "did you mean `tool`?"]);
}

#[test]
fn wrong_words() {
    let folder = hello("");
    let triple = object(&folder, "x86_64-unknown-linx-gnu", &[], 1);
    assert_eq!(triple["error"], "Failed to parse target triple: Unrecognized operating system: linx");
    assert_eq!(triple["help"], "did you mean `x86_64-unknown-linux-gnu`?");
    explain(&folder, &["--manifest-path", "nowhere"]).ends(2, &["there is no manifest at nowhere", "help: "]);
    explain(&folder, &["--archive", "nothing.tgz"]).ends(2, &["there is no file nothing.tgz", "help: "]);
    fs::write(folder.join("Cargo.toml"), "[package\nname = \"x\"\n").unwrap();
    explain(&folder, &[]).ends(2, &["error: Cargo.toml:1:"]);
    let empty = scratch("explain");
    explain(&empty, &[]).ends(2, &["there is no Cargo.toml in", "help: point --manifest-path at one"]);
}
