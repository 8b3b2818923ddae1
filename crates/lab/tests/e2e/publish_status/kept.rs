//! What is kept: used while it holds, whatever became of it meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use lab::Fixture;
use serde_json::Value;

use super::{Index, command, manifest, status, words};
use crate::said::said;

/// Every file that is kept in the target folder of a workspace.
fn files(workspace: &Path) -> Vec<PathBuf> {
    let folder = workspace.join("target/xtask-dist");
    let found = xtask_dist::layout::files_below(&folder).unwrap_or_default();
    found.into_iter().map(|path| folder.join(path)).collect()
}

/// Makes all answers of registries younger by so many milliseconds.
pub fn age_answers(workspace: &Path, younger: i64) {
    for file in files(workspace).iter().filter(|file| file.to_string_lossy().contains("/registry/")) {
        let text = fs::read_to_string(file).unwrap();
        let mut answer: Value = serde_json::from_str(text.split_once('\n').unwrap().1).unwrap();
        answer["asked"] = (answer["asked"].as_i64().unwrap() + younger).into();
        xtask_dist::kept::write(file, "answer 1", &answer).unwrap();
    }
}

fn workspace() -> Option<(Index, Fixture)> {
    let index = Index::with(&[("one", &["1.0.0"]), ("two", &["1.0.0"])])?;
    let workspace = index.workspace(&[("one", "1.0.0"), ("two", "1.1.0")]);
    Some((index, workspace))
}

#[test]
fn answers_live_for_a_quarter_of_an_hour_and_not_after_the_clock_was_set_back() {
    let Some((index, workspace)) = workspace() else { return };
    status(&workspace, &[]).ends(0, &[]);
    for (younger, asks) in [(-14 * 60_000, 0), (-2 * 60_000, 2), (60_000, 2), (0, 0)] {
        let before = index.asked().len();
        age_answers(&workspace, younger);
        status(&workspace, &[]).ends(0, &[]);
        assert_eq!(index.asked().len() - before, asks, "{younger}");
    }
}

#[cfg(unix)]
#[test]
fn cargo_is_only_run_when_something_changed() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some((_index, workspace)) = workspace() else { return };
    // Times have to be settled: what was written in the very moment of looking is looked at again.
    let first = status(&workspace, &[]).ends(0, &[]);
    let programs = lab::scratch("no-cargo");
    fs::write(programs.join("cargo"), "#!/bin/sh\necho cargo was run >&2; exit 1\n").unwrap();
    fs::set_permissions(programs.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::join_paths(
        [programs.to_path_buf()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    let again = |folder: &str| said(command(&workspace.join(folder), &[]).env("PATH", &path));
    // From wherever in the workspace.
    for folder in [".", "crates", "crates/one", "crates/two/src"] {
        assert_eq!(again(folder).ends(0, &[]).stdout, first.stdout, "{folder}");
    }
    // What is in no manifest does not matter.
    workspace.write("crates/one/src/lib.rs", "// new");
    again(".").ends(0, &[]);
    let one = manifest("one", "1.0.0");
    let config = fs::read_to_string(workspace.join(".cargo/config.toml")).unwrap();
    let changes: [(&str, Option<&str>, &str); 6] = [
        ("crates/one/Cargo.toml", Some(&one), "# of the same version"),
        ("Cargo.toml", None, "# of the workspace"),
        (".cargo/config.toml", Some(&config), "# cargo's configuration"),
        ("packaging/dist.toml", None, "# ours"),
        ("crates/three/Cargo.toml", None, &manifest("three", "1.0.0")),
        ("crates/Cargo.toml", None, "[workspace]"),
    ];
    for (file, before, more) in changes {
        let old = before.map(str::to_owned).or_else(|| fs::read_to_string(workspace.join(file)).ok());
        workspace.write(file, &(old.clone().unwrap_or_default() + more));
        again("crates/one").ends(1, &["cargo was run"]);
        match old {
            Some(old) => workspace.write(file, &old),
            None => fs::remove_file(workspace.join(file)).unwrap(),
        }
        again("crates/one").ends(0, &[]);
    }
}

#[test]
fn a_member_that_appears_is_seen() {
    let Some((_index, workspace)) = workspace() else { return };
    assert_eq!(words(&workspace, "local", &[]), ["one 1.0.0", "two 1.1.0"]);
    workspace.write("crates/three/src/lib.rs", "");
    workspace.write("crates/three/Cargo.toml", &manifest("three", "0.1.0"));
    workspace.write("crates/two/Cargo.toml", &manifest("two", "1.2.0"));
    assert_eq!(words(&workspace, "local", &[]), ["one 1.0.0", "three 0.1.0", "two 1.2.0"]);
    fs::remove_dir_all(workspace.join("crates/one")).unwrap();
    assert_eq!(words(&workspace, "local", &[]), ["three 0.1.0", "two 1.2.0"]);
}

#[test]
fn damaged_files_change_nothing() {
    let Some((_index, workspace)) = workspace() else { return };
    let first = status(&workspace, &[]).ends(0, &[]).stdout;
    let kept = files(&workspace);
    assert_eq!(kept.len(), 4, "{kept:?}");
    let whole: Vec<Vec<u8>> = kept.iter().map(|file| fs::read(file).unwrap()).collect();
    let altered = |whole: &[u8]| String::from_utf8_lossy(whole).replace("1.0.0", "9.0.0").into_bytes();
    for n in 0..6 {
        for (file, whole) in kept.iter().zip(&whole) {
            let damaged = match n {
                0 => whole[..whole.len() / 2].to_vec(),
                1 => Vec::new(),
                2 => b"{\"versions\": []}".to_vec(),
                3 => altered(whole),
                4 => [whole, &b"more"[..]].concat(),
                _ => vec![0xff; 5000],
            };
            fs::write(file, damaged).unwrap();
        }
        assert_eq!(status(&workspace, &[]).ends(0, &[]).stdout, first, "damage {n}");
    }
    // A file of another crate, of another checkout, and a folder where a file should be.
    fs::copy(&kept[3], &kept[2]).unwrap();
    assert_eq!(status(&workspace, &[]).ends(0, &[]).stdout, first);
    for file in &kept {
        let _ = fs::remove_file(file);
        fs::create_dir(file).unwrap();
    }
    assert_eq!(status(&workspace, &[]).ends(0, &["warning: "]).stdout, first);
}

#[test]
fn several_at_once_say_the_same() {
    let Some((_index, workspace)) = workspace() else { return };
    let alone = status(&workspace, &[]).ends(0, &[]).stdout;
    for args in [&[][..], &["--refresh"], &[]] {
        fs::remove_dir_all(workspace.join("target/xtask-dist")).unwrap();
        let all: Vec<_> = (0..6)
            .map(|_| command(&workspace, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
            .collect();
        for one in all {
            let output = one.wait_with_output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stderr), "");
            assert_eq!(String::from_utf8_lossy(&output.stdout), alone);
        }
        assert_eq!(files(&workspace).len(), 4, "nothing is left behind");
    }
}

#[test]
fn two_checkouts_with_one_target_folder_do_not_mix() {
    let Some((index, workspace)) = workspace() else { return };
    let other = index.workspace(&[("one", "0.9.0")]);
    let shared = lab::scratch("shared-target");
    for _ in 0..2 {
        for (folder, expected) in [(&*workspace, "1.0.0"), (&*other, "0.9.0")] {
            let said = said(command(folder, &["one"]).env("CARGO_TARGET_DIR", &*shared)).ends(0, &[]);
            assert!(said.stdout.contains(&format!("one    {expected}")), "{}", said.stdout);
        }
    }
}
