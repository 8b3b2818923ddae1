//! Two folders, and a release in parts, give the same bytes.

use std::fs;

use lab::{client, run, scratch};
use xtask_dist::layout::files_below;

use super::{ARCHIVE, CONFIG, PACKAGE, release, released};
use crate::npm::tool;
use crate::products::library;
use crate::said::manifest;

#[track_caller]
fn assert_same(one: &std::path::Path, other: &std::path::Path) {
    let files = files_below(one).unwrap();
    assert_eq!(files, files_below(other).unwrap());
    for expected in [ARCHIVE, PACKAGE, "SHA256SUMS", "dist-manifest.json"] {
        assert!(files.iter().any(|file| file == expected), "{expected} is not among {files:?}");
    }
    for file in &files {
        assert!(fs::read(one.join(file)).unwrap() == fs::read(other.join(file)).unwrap(), "{file} differs");
    }
}

#[test]
fn two_folders_give_identical_files() {
    let far = library("with space/ünïcode", CONFIG);
    run(&mut tool(&far, &[]));
    assert_same(&release(), &far.join("target/releases/v0.1.0"));
}

#[test]
fn a_part_is_merged_without_a_compiler() {
    let part = scratch("wasm-shard");
    run(&mut tool(released(), &["build", "--target", "wasm32-unknown-unknown", "--output", part.to_str().unwrap()]));
    let other = library("", CONFIG);
    let (shim, none) = (scratch("no-rustc"), scratch("no-tools"));
    fs::write(shim.join("rustc"), "#!/bin/sh\nexit 1\n").unwrap();
    run(lab::command("chmod").arg("+x").arg(shim.join("rustc")));
    let mut merge = tool(&other, &["merge", part.to_str().unwrap()]);
    let path = format!("{}:{}", shim.display(), std::env::var("PATH").unwrap());
    run(merge.env("XTASK_DIST_TOOLS", &*none).env("RUSTC", shim.join("rustc")).env("PATH", path));
    assert_same(&release(), &other.join("target/releases/v0.1.0"));
}

#[test]
fn the_manifest_has_the_files_and_what_made_them() {
    let manifest = manifest(released(), "v0.1.0");
    let entries = manifest["assets"][0]["entries"].as_array().unwrap();
    let of_role = |role: &str| {
        let entries = entries.iter().filter(|entry| entry["role"] == role);
        entries.map(|entry| entry["path"].as_str().unwrap().rsplit('/').next().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of_role("wasm"), ["tally_wasm_bg.wasm"; 3]);
    assert_eq!(of_role("script"), ["tally_wasm.js", "tally_wasm_bg.js", "tally_wasm.js", "tally_wasm.js"]);
    assert_eq!(of_role("types").len(), 6);
    assert_eq!(
        manifest["builds"][0]["tools"]["wasm-bindgen"],
        manifest["plan"]["packages"][0]["targets"][0]["wasm"]["wasm_bindgen"]
    );
    let Some(validator) = client("check-jsonschema", "the manifest of a library keeps to its schema") else { return };
    let schema = lab::workspace_root().join("xtask/schema/dist-manifest.schema.json");
    run(validator.command().arg("--schemafile").arg(schema).arg(release().join("dist-manifest.json")));
}
