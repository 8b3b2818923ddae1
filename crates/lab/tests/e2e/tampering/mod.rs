//! A finished release in which one thing is altered: `verify` names it, whatever else was made to fit.

mod forge;

use std::fs;

use serde_json::{Value, json};

use crate::said::run_in;
use forge::{Copy, Entry};

/// One archive of each format.
const FORMATS: [&str; 2] = [".tar.gz", ".zip"];

#[test]
fn a_release_that_nobody_touched_is_right() {
    let copy = Copy::new();
    let said = copy.verify().ends(0, &[]);
    assert!(said.stdout.starts_with("v1.2.3: verified ("), "{}", said.stdout);
    assert_eq!(said.stderr, "");
    // What the other tests stand on: without another change, a forger's work is not noticed.
    copy.make_consistent();
    copy.verify().ends(0, &[]);
    for format in FORMATS {
        copy.forge(&copy.asset(format), |_| {});
    }
    copy.verify().ends(0, &[]);
}

#[test]
fn archives_that_were_altered_cut_or_lost() {
    for format in FORMATS {
        let copy = Copy::new();
        let asset = copy.asset(format);
        let whole = copy.read(&asset);

        let mut flipped = whole.clone();
        let middle = whole.len() / 2;
        flipped[middle] ^= 1;
        copy.write(&asset, flipped);
        copy.is_found(&asset, "its content was altered: the sha256 is not the manifest's");
        copy.make_consistent();
        copy.is_found(&asset, "it is no whole archive: ");

        let copy = Copy::new();
        copy.write(&asset, &whole[..middle]);
        copy.is_found(&asset, &format!("it has {middle} bytes, and the manifest says {}", whole.len()));
        copy.make_consistent();
        copy.is_found(&asset, "it is no whole archive: ");

        fs::remove_file(copy.folder().join(&asset)).unwrap();
        copy.is_found(&asset, "the manifest has it, and it is missing");
    }
}

#[test]
fn files_that_are_lost_or_strange() {
    let asset = Copy::new().asset(".tar.gz");
    for path in ["SHA256SUMS", "homebrew/hello.rb", "homebrew/other.rb", &format!("{asset}.sha256")] {
        let copy = Copy::new();
        fs::remove_file(copy.folder().join(path)).unwrap();
        copy.is_found(path, "the manifest has it, and it is missing");
    }
    for path in ["malware.tar.gz", "homebrew/evil.rb", ".hidden"] {
        let copy = Copy::new();
        copy.write(path, "x");
        copy.is_found(path, "the manifest does not know it");
    }
}

#[test]
fn checksum_files_that_say_something_else() {
    let asset = Copy::new().asset(".tar.gz");
    for path in ["SHA256SUMS".to_owned(), format!("{asset}.sha256")] {
        let copy = Copy::new();
        let text = copy.text(&path);
        for other in [text.to_uppercase(), format!("{text}{text}"), text.replace("  ", " "), String::new()] {
            copy.write(&path, other);
            copy.is_found(&path, "it does not say what the files of this release are");
        }
    }
}

#[test]
fn a_formula_that_says_what_is_not_so() {
    let copy = Copy::new();
    let (hello, other) = (copy.asset(".tar.gz"), copy.asset(".zip"));
    let manifest = copy.manifest();
    let of = |name: &str, key: &str| {
        let assets = manifest["assets"].as_array().unwrap();
        assets.iter().find(|asset| asset["name"] == name).unwrap()[key].as_str().unwrap().to_owned()
    };
    for key in ["sha256", "url"] {
        let copy = Copy::new();
        copy.replace("homebrew/hello.rb", &of(&hello, key), &of(&other, key));
        copy.is_found("homebrew/hello.rb", "it");
        // With a manifest that fits, what it claims is still looked for in it.
        copy.make_consistent();
        copy.is_found("homebrew/hello.rb", &format!("it does not hold {}", of(&hello, key)));
    }
    let copy = Copy::new();
    copy.replace("homebrew/hello.rb", "bin.install", "bin.remove");
    copy.is_found("homebrew/hello.rb", "it has ");
}

#[test]
fn a_claim_that_names_another_asset_or_digest() {
    let copy = Copy::new();
    let claims_of_hello = |manifest: &mut Value, change: &dyn Fn(&mut Value)| {
        let outputs = manifest["outputs"].as_array_mut().unwrap();
        change(&mut outputs.iter_mut().find(|output| output["path"] == "homebrew/hello.rb").unwrap()["claims"][0]);
    };
    copy.change_manifest(|manifest| claims_of_hello(manifest, &|claim| claim["sha256"] = "0".repeat(64).into()));
    copy.make_consistent();
    copy.is_found("homebrew/hello.rb", "it gives hello-");
    let copy = Copy::new();
    copy.change_manifest(|manifest| claims_of_hello(manifest, &|claim| claim["asset"] = "absent.tar.gz".into()));
    copy.make_consistent();
    copy.is_found("homebrew/hello.rb", "it points at absent.tar.gz, which this release does not have");
}

#[test]
fn a_manifest_that_says_other_things_of_entries() {
    let copy = Copy::new();
    let asset = copy.asset(".tar.gz");
    let of_program = |copy: &Copy, change: &dyn Fn(&mut Value)| {
        copy.change_manifest(|manifest| {
            let assets = manifest["assets"].as_array_mut().unwrap();
            let entries = assets.iter_mut().find(|a| a["name"] == *asset).unwrap()["entries"].as_array_mut().unwrap();
            change(entries.iter_mut().find(|entry| entry["role"] == "executable").unwrap());
        });
    };
    let program = format!("{asset}: {}/hello", asset.trim_end_matches(".tar.gz"));
    of_program(&copy, &|entry| entry["mode"] = "644".into());
    copy.is_found(&program, "its permissions are 755, not 644");
    copy.is_found("SHA256SUMS", "it does not say");
    for (key, value) in [("sha256", Value::from("0".repeat(64))), ("size", Value::from(1))] {
        let copy = Copy::new();
        of_program(&copy, &|entry| entry[key] = value.clone());
        copy.make_consistent();
        copy.is_found(&program, "its content is not what the manifest says");
    }
    let copy = Copy::new();
    of_program(&copy, &|entry| entry["role"] = "extra".into());
    copy.make_consistent();
    copy.is_found(&asset, "it lacks the program ");
}

#[test]
fn archives_are_opened_whatever_the_checksums_say() {
    for format in FORMATS {
        let asset = Copy::new().asset(format);
        let is_found = |change: &dyn Fn(&mut Vec<Entry>), path: &str, what: &str| {
            let copy = Copy::new();
            copy.forge(&asset, change);
            copy.is_found(&format!("{asset}: {}/{path}", asset.trim_end_matches(format)), what);
        };
        let name = asset.split('-').next().unwrap();
        let program = |entries: &[Entry]| entries.iter().position(|entry| entry.path.ends_with(name)).unwrap();
        let altered = |change: fn(&mut Entry)| {
            move |entries: &mut Vec<Entry>| change(entries.iter_mut().find(|entry| entry.path.ends_with(name)).unwrap())
        };
        let extra = |entries: &mut Vec<Entry>| {
            let path = format!("{}/extra", asset.trim_end_matches(format));
            entries.push(Entry { path, mode: 0o644, content: b"extra".to_vec() });
        };
        is_found(&extra, "extra", "the archive has it, and the manifest does not");
        is_found(&altered(|entry| entry.mode = 0o644), name, "its permissions are 644, not 755");
        is_found(&altered(|entry| entry.mode = 0o757), name, "its permissions are 757, not 755");
        is_found(&altered(|entry| entry.content[0] ^= 1), name, "its content is not what the manifest");
        is_found(&|entries| drop(entries.remove(program(entries))), name, "the manifest has it, and the archive does");
        // The first is right, and the last is what is unpacked over it.
        let twice = |entries: &mut Vec<Entry>| {
            let program = entries[program(entries)].clone();
            entries.push(Entry { content: b"#!/bin/sh\n".to_vec(), ..program });
        };
        if format == ".zip" {
            let copy = Copy::new();
            copy.forge(&asset, twice);
            copy.is_found(&asset, "it is no whole archive: entries of it have the same name");
        } else {
            is_found(&twice, name, "it is in the archive twice");
        }
    }
}

#[test]
fn what_stands_behind_the_end_of_an_archive() {
    for format in FORMATS {
        let copy = Copy::new();
        let asset = copy.asset(format);
        // A second archive of the same format: some programs would unpack it too.
        let twice = [copy.read(&asset), copy.read(&asset)].concat();
        copy.write(&asset, twice);
        copy.make_consistent();
        copy.is_found(&asset, "it is no whole archive: ");
    }
}

#[test]
fn verdicts_for_programs() {
    let copy = Copy::new();
    let verdicts = |code| -> Value {
        let said = run_in(copy.folder(), &["verify", ".", "--format", "json"]).ends(code, &[]);
        serde_json::from_str(&said.stdout).unwrap()
    };
    let mut verdict = verdicts(0);
    let services = verdict[0]["services"].take();
    assert_eq!((services[0]["client"].as_str(), services.as_array().unwrap().len()), (Some("cargo binstall hello"), 2));
    let right = json!({
        "tag": "v1.2.3", "files": 8, "entries": 4, "claims": 2, "signatures": 0, "public_key": null, "services": null,
        "findings": [],
    });
    assert_eq!(verdict, json!([right]));
    copy.write("stray", "x");
    let remedy = "remove it, or make the release anew: cargo xtask dist";
    let finding = json!({ "file": "stray", "what": "the manifest does not know it", "remedy": remedy });
    assert_eq!(verdicts(1)[0]["findings"], json!([finding]));
}

#[test]
fn folders_that_are_no_release() {
    let empty = lab::scratch("no-release");
    let parts = [" is no release directory", "dist-manifest.json", "help: name one that `cargo xtask dist` made"];
    run_in(&empty, &["verify", "."]).ends(1, &parts);
    run_in(&empty, &["verify", "absent"]).ends(1, &["absent is no release directory"]);
    fs::write(empty.join("file"), "").unwrap();
    run_in(&empty, &["verify", "file"]).ends(1, &["file is no release directory"]);
}

#[test]
fn manifests_that_cannot_be_read() {
    let remake = "help: make the release anew: cargo xtask dist";
    let copy = Copy::new();
    let text = copy.text("dist-manifest.json");
    copy.write("dist-manifest.json", &text[..text.len() / 2]);
    let what = "error: cannot verify .\n  because: dist-manifest.json ";
    copy.verify().ends(1, &[&format!("{what}is no manifest\n  because: EOF while parsing"), remake]);
    copy.write("dist-manifest.json", text.replace("\"format\": 1", "\"format\": 99"));
    let help = "help: use the version of xtask-dist that made the release";
    copy.verify().ends(1, &[&format!("{what}has format 99, and this tool reads 1"), help]);
    copy.write("dist-manifest.json", text.replace("\"builds\"", "\"bulids\""));
    copy.verify().ends(1, &[&format!("{what}is not what its format promises"), "bulids", remake]);
    copy.write("dist-manifest.json", b"\xff\xfe");
    copy.verify().ends(1, &[". is no release directory", "cannot read ./dist-manifest.json", "valid UTF-8"]);
}
