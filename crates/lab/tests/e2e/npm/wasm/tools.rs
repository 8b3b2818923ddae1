//! What makes it: wasm-bindgen of the locked version from where it is, wasm-opt, wasm-pack.

use std::fs;
use std::path::Path;

use lab::{Scratch, client, run, scratch};

use super::{CONFIG, bindgen, released};
use crate::npm::tool;
use crate::products::library;
use crate::said::{manifest, said};

/// A folder with a program of this name that says a version, and does `does`.
fn program(name: &str, version: &str, does: &str) -> Scratch {
    let folder = scratch("program");
    let text = format!("#!/bin/sh\nif [ \"$1\" = --version ]; then echo \"{name} {version}\"; exit; fi\n{does}\n");
    fs::write(folder.join(name), text).unwrap();
    run(lab::command("chmod").arg("+x").arg(folder.join(name)));
    folder
}

fn path_with(folders: &[&Path]) -> String {
    let own = std::env::var("PATH").unwrap();
    folders.iter().map(|folder| folder.display().to_string()).chain([own]).collect::<Vec<_>>().join(":")
}

#[test]
fn only_the_locked_version_will_do() {
    let checkout = library("", CONFIG);
    let nowhere = scratch("no-tools");
    let version = manifest(released(), "v0.1.0")["builds"][0]["tools"]["wasm-bindgen"].as_str().unwrap().to_owned();
    let with = |version: &str, args: &[&str]| {
        let other = program("wasm-bindgen", version, "exit 1");
        said(tool(&checkout, args).env("XTASK_DIST_TOOLS", &*nowhere).env("PATH", path_with(&[&other])))
    };
    let lacking = [&*format!("wasm-bindgen {version} is missing"), "help: cargo xtask dist setup"];
    with("0.2.1", &["--no-setup"]).ends(1, &lacking).without(&["Compiling"]);
    let offline = ["--offline forbids", "help: run `cargo xtask dist setup` once with a network"];
    with("0.2.1", &["--offline"]).ends(1, &offline).without(&["Compiling"]);
    let doctor = with("0.2.1", &["doctor"]).ends(0, &[]);
    assert!(doctor.stdout.contains(&format!("cargo install --locked wasm-bindgen-cli@{version}")), "{}", doctor.stdout);
    let doctor = with(&version, &["doctor"]).ends(0, &[]);
    assert!(doctor.stdout.contains(&format!("{version} (on PATH)")), "{}", doctor.stdout);
    with("0.2.1", &["doctor", "--offline"]).ends(1, &[]);
}

#[test]
fn wasm_opt_is_used_where_it_is_and_wanted() {
    let checkout = library("", &format!("{CONFIG}[wasm]\ntargets = [\"web\"]\nwasm-opt-args = [\"-Oz\"]\n"));
    let module = |checkout: &Path| {
        let target = &manifest(checkout, "v0.1.0")["assets"][0];
        let entries = target["entries"].as_array().unwrap().iter();
        entries.filter(|entry| entry["role"] == "wasm").map(|entry| entry["size"].clone()).collect::<Vec<_>>()
    };
    let tools = |checkout: &Path| manifest(checkout, "v0.1.0")["builds"][0]["tools"].clone();
    // Sees its arguments, and leaves the smallest module there is.
    let does =
        "[ \"$1\" = -Oz ] && [ -f \"$2\" ] && [ \"$3\" = --output ] && printf '\\000asm\\001\\000\\000\\000' > \"$4\"";
    let opt = program("wasm-opt", "version 132 (version_132)", does);
    let run_with = |args: &[&str]| {
        let with_npm = ["--channel", "npm"].iter().chain(args).copied().collect::<Vec<_>>();
        said(tool(&checkout, &with_npm).env("PATH", path_with(&[&opt])))
    };
    run_with(&[]).ends(0, &[]);
    assert_eq!((module(&checkout), &tools(&checkout)["wasm-opt"]), (vec![8.into()], &"132".into()));
    run_with(&["--config", "wasm.wasm-opt=\"never\""]).ends(0, &[]);
    assert!(module(&checkout)[0].as_u64() > Some(1000) && tools(&checkout)["wasm-opt"].is_null());
    let without = |args: &[&str]| said(&mut tool(&checkout, args));
    if lab::try_run(lab::command("wasm-opt").arg("--version")).is_err() {
        let always = without(&["--config", "wasm.wasm-opt=\"always\""]).ends(1, &["wasm-opt is missing"]);
        always.without(&["Compiling"]);
    }
}

#[test]
fn what_is_written_is_what_wasm_pack_writes() {
    let Some(pack) = client("wasm-pack", "a library is what wasm-pack makes") else { return };
    let checkout = library("", "[wasm]\ntool = \"wasm-pack\"\n");
    let mut build = tool(&checkout, &[]);
    run(build.env("PATH", path_with(&[pack.path().parent().unwrap()])));
    let (theirs, ours) = (manifest(&checkout, "v0.1.0"), manifest(released(), "v0.1.0"));
    assert_eq!(theirs["builds"][0]["tools"]["wasm-pack"], "0.15.0");
    let texts = |manifest: &serde_json::Value| {
        let entries = manifest["assets"][0]["entries"].as_array().unwrap().iter();
        let texts = entries.filter(|entry| entry["role"] == "script" || entry["role"] == "types");
        texts.map(|entry| (entry["path"].clone(), entry["sha256"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(texts(&theirs), texts(&ours), "JavaScript and declarations");

    // By its own hand, with what it would publish.
    let own = scratch("wasm-pack");
    let mut pack = pack.command();
    pack.args(["build", "--mode", "no-install", "--no-opt", "--profile", "dist", "--out-dir"])
        .arg(&*own)
        .arg(checkout.join("crates/tally-wasm"));
    run(pack.env("PATH", path_with(&[&bindgen()])).current_dir(&*checkout));
    let json = |folder: &Path| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(folder.join("package.json")).unwrap()).unwrap()
    };
    let of_one = ["--config", "wasm.tool=\"wasm-bindgen\"", "--config", "wasm.targets=[\"bundler\"]"];
    run(&mut tool(&checkout, &of_one));
    let unpacked = scratch("unpacked");
    let package = checkout.join("target/releases/v0.1.0/npm/tally-wasm-0.1.0.tgz");
    run(lab::command("tar").arg("-xzf").arg(package).current_dir(&*unpacked));
    let (theirs, ours) = (json(&own), json(&unpacked.join("package")));
    for key in ["name", "version", "description", "license", "type", "main", "types", "sideEffects", "keywords"] {
        assert_eq!(theirs[key], ours[key], "{key}");
    }
    let listed = |json: &serde_json::Value| json["files"].as_array().unwrap().clone();
    for file in listed(&theirs) {
        assert!(listed(&ours).contains(&file), "{file}");
    }
}
