//! Signed releases: minisign agrees, what was altered is found, and secrets stay where they are.

mod keys;
mod tampered;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::clients::Client;
use lab::xtask::dist;
use lab::{Fixture, client, copy_dir, run, scratch};
use xtask_dist::layout::files_below;
use xtask_dist::minisign::SecretKey;

use crate::said::{Said, configured, manifest, names_in, releases, run_in, said};

/// Made by minisign for these tests alone, without a password.
const SECRET: &str = "untrusted comment: minisign encrypted secret key\n\
    RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAhVZ72wjSJDS1hVm+ahvZIDHOD3AIQ45bSzO0zkbHeVNlSV7OAr+sOd1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
/// The same with the password `pass word`.
const PROTECTED: &str = "untrusted comment: minisign encrypted secret key\n\
    RWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AgAAAAAAAAAAAEAAAAAAAB9soj88zrgejvRBxci1WhhPFcI7jDrm8TTzNbp0rmElvc7MMADrcqyo8ar0zEAdytw6G4k+3crvS7Qir5vEqnIkHRAGVHLaeG08LRLrZ9qvpgdbrmVSqBeaz3JKTuG0gn34VdqHGH4o=\n";

/// The variables that a machine of whoever runs the tests may have.
const VARIABLES: [&str; 2] = ["MINISIGN_SECRET_KEY", "MINISIGN_PASSWORD"];

fn public_key() -> String {
    SecretKey::open(SECRET, None).unwrap().public().to_string()
}

/// A build script that sees no secret.
const BUILD_SCRIPT: &str = r#"fn main() {
    for name in ["MINISIGN_SECRET_KEY", "MINISIGN_PASSWORD", "OUR_KEY"] {
        assert!(std::env::var_os(name).is_none(), "{name} is here");
    }
}"#;

/// `hello`, signed, with more lines under `[minisign]`.
fn hello(lines: &str) -> Fixture {
    let hello = configured(&format!("[minisign]\npublic-key = \"{}\"\n{lines}", public_key()));
    hello.write("build.rs", BUILD_SCRIPT);
    hello
}

/// `dist ARGS` with these variables and no others of minisign's.
fn with(project: &Path, args: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = dist(project, args.iter().copied());
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    command
}

/// The release of a signed `hello`.
fn release(project: &Path) -> PathBuf {
    run(&mut with(project, &[], &[("MINISIGN_SECRET_KEY", SECRET)]));
    releases(project).join("v1.2.3")
}

fn minisign(purpose: &str) -> Option<Client> {
    client("minisign", purpose)
}

#[test]
fn minisign_takes_every_signature_and_two_runs_sign_alike() {
    let hello = hello("");
    hello.commit();
    let folder = release(&hello);
    let kept = scratch("signed");
    copy_dir(&folder, &*kept).unwrap();
    release(&hello);
    let files = files_below(&folder).unwrap();
    for file in &files {
        assert!(fs::read(folder.join(file)).unwrap() == fs::read(kept.join(file)).unwrap(), "{file} differs");
    }
    let signed: Vec<&str> = files.iter().filter_map(|file| file.strip_suffix(".sig")).collect();
    let uploaded =
        files.iter().filter(|file| !file.contains('/') && !file.ends_with(".sig") && !file.ends_with(".sha256"));
    assert_eq!(signed, uploaded.collect::<Vec<_>>());
    assert_eq!(signed.len(), 3, "{signed:?}");
    let manifest = manifest(&hello, "v1.2.3");
    assert_eq!(manifest["plan"]["public_key"], public_key());
    let metadata = fs::read_to_string(folder.join("binstall/hello.toml")).unwrap();
    assert!(metadata.contains(&format!("algorithm = \"minisign\"\npubkey = \"{}\"", public_key())), "{metadata}");
    let said = run_in(&hello, &["verify"]).ends(0, &[]);
    assert!(said.stdout.contains(&format!("3 signatures by {}", public_key())), "{}", said.stdout);
    let Some(minisign) = minisign("minisign takes our signatures") else { return };
    for name in signed {
        let mut check = minisign.command();
        check.args(["-V", "-P", &public_key(), "-m", name, "-x"]).arg(format!("{name}.sig"));
        let said = String::from_utf8(run(check.current_dir(&folder)).stdout).unwrap();
        let comment = format!("Trusted comment: timestamp:{}\tfile:{name}\thashed", manifest["source"]["epoch"]);
        assert!(said.contains(&comment), "{said}");
    }
}

#[test]
fn shards_hold_no_key_and_what_merges_them_signs() {
    let hello = hello("");
    hello.commit();
    let config = fs::read_to_string(hello.join("packaging/dist.toml")).unwrap();
    hello.config(&format!("targets = [\"host\"]\n{config}"));
    let whole = scratch("whole");
    copy_dir(release(&hello), &*whole).unwrap();
    fs::remove_dir_all(hello.join("target/releases")).unwrap();
    run(&mut with(&hello, &["build", "--target", "host", "-o", "shards"], &[]));
    assert!(!files_below(&hello.join("shards")).unwrap().iter().any(|file| file.ends_with(".sig")));
    said(&mut with(&hello, &["merge", "shards"], &[])).ends(1, &["the secret key for RW", "--no-sign"]);
    assert_eq!(names_in(&releases(&hello)), [] as [&str; 0]);
    run(&mut with(&hello, &["merge", "shards"], &[("MINISIGN_SECRET_KEY", SECRET)]));
    let merged = releases(&hello).join("v1.2.3");
    let files = files_below(&whole).unwrap();
    assert_eq!(files, files_below(&merged).unwrap());
    for file in &files {
        assert!(fs::read(whole.join(file)).unwrap() == fs::read(merged.join(file)).unwrap(), "{file} differs");
    }
    run(&mut with(&hello, &["merge", "--no-sign", "shards"], &[]));
    assert!(manifest(&hello, "v1.2.3")["plan"]["public_key"].is_null());
}

#[test]
fn a_release_to_try_needs_no_key_and_names_none() {
    let hello = hello("");
    let said = run_in(&hello, &["--plan"]).ends(0, &[]);
    assert!(said.stdout.contains(&format!("signed with minisign, by {}", public_key())), "{}", said.stdout);
    let tried = said_of(&hello, &["--no-sign"], &[]).ends(0, &["not signed (--no-sign)"]);
    assert!(!tried.stdout.contains("signatures by"), "{}", tried.stdout);
    let folder = releases(&hello).join("v1.2.3");
    assert!(!files_below(&folder).unwrap().iter().any(|file| file.ends_with(".sig")));
    assert!(manifest(&hello, "v1.2.3")["plan"]["public_key"].is_null());
    assert!(!folder.join("binstall/hello.toml").exists(), "without a key there is nothing to say");
    let refused = run_in(&hello, &["verify", "--public-key", &public_key()]);
    refused.ends(1, &["dist-manifest.json: the release is not signed, and has to be with RW"]);
    let doctor = said_of(&hello, &["doctor"], &[]);
    assert!(doctor.stdout.contains("its secret key is not here: set it to the text"), "{}", doctor.stdout);
    let doctor = said_of(&hello, &["doctor", "--format", "json"], &[("MINISIGN_SECRET_KEY", SECRET)]);
    assert!(doctor.stdout.contains("\"secret_key\": \"$MINISIGN_SECRET_KEY\""), "{}", doctor.stdout);
    doctor.without(&[SECRET.lines().last().unwrap()]);
}

fn said_of(project: &Path, args: &[&str], variables: &[(&str, &str)]) -> Said {
    said(&mut with(project, args, variables))
}
