//! Where the secret key may be, and what is said before anything compiles when it is not the right one.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use lab::{Fixture, run, scratch};

use super::{PROTECTED, SECRET, hello, minisign, public_key, said_of, with};
use crate::said::{configured, names_in, releases, run_in};

const KEY: &str = "MINISIGN_SECRET_KEY";
const PASSWORD: &str = "MINISIGN_PASSWORD";

#[test]
fn a_file_or_a_variable_of_any_name_with_a_password_or_without() {
    let named = hello("secret-key-env = \"OUR_KEY\"\nsecret-key-file = \"keys/ours\"\n");
    named.write("keys/ours", PROTECTED);
    // The second line alone, as it stands after a CI that takes no newlines.
    run(&mut with(&named, &[], &[("OUR_KEY", SECRET.lines().last().unwrap())]));
    run(&mut with(&named, &[], &[("OUR_KEY", ""), (PASSWORD, "pass word\n")]));
    run_in(&named, &["verify", "--public-key", &public_key()]).ends(0, &[]);
}

#[test]
fn a_key_that_minisign_itself_made_with_its_own_limits() {
    let Some(minisign) = minisign("keys of minisign sign") else { return };
    let folder = scratch("minisign");
    let mut generate = minisign.command();
    generate.args(["-G", "-f", "-p", "k.pub", "-s", "k.key"]).current_dir(&*folder);
    let mut child = generate.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"pass word\npass word\n").unwrap();
    assert!(child.wait().unwrap().success());
    let public = fs::read_to_string(folder.join("k.pub")).unwrap();
    let public = public.lines().last().unwrap();
    let hello = configured(&format!("[minisign]\npublic-key = \"{public}\"\n"));
    let secret = fs::read_to_string(folder.join("k.key")).unwrap();
    run(&mut with(&hello, &[], &[(KEY, &secret), (PASSWORD, "pass word")]));
    run_in(&hello, &["verify", "--public-key", public]).ends(0, &[]);
}

/// Nothing was compiled, nothing was released, and nothing of a secret was said.
fn refused(project: &Fixture, variables: &[(&str, &str)], parts: &[&str]) {
    let secrets = [SECRET, PROTECTED].map(|key| &key.lines().last().unwrap()[60..]);
    let said = said_of(project, &[], variables).ends(1, parts).without(&secrets).without(&["pass word", "wrong one"]);
    assert!(!said.stderr.contains("Building") && said.stderr.contains("help: "), "{}", said.stderr);
    assert_eq!(names_in(&releases(project)), [] as [&str; 0]);
}

#[test]
fn keys_that_are_missing_locked_damaged_or_anothers_are_told_before_anything_compiles() {
    let plain = hello("");
    refused(&plain, &[], &["the secret key for RW", "MINISIGN_SECRET_KEY is not set", "--no-sign"]);
    refused(&plain, &[(KEY, " ")], &["MINISIGN_SECRET_KEY is not set"]);
    refused(&plain, &[(KEY, "no key")], &["cannot use the secret key in $MINISIGN_SECRET_KEY", "it is no secret key"]);
    refused(&plain, &[(KEY, PROTECTED)], &["it has a password, which is not here", "set MINISIGN_PASSWORD"]);
    refused(&plain, &[(KEY, PROTECTED), (PASSWORD, "wrong one")], &["its password is another, or it is damaged"]);
    let middle = SECRET.len() / 2 + 20;
    let mut damaged = SECRET.to_owned();
    let other = if &damaged[middle..=middle] == "A" { "B" } else { "A" };
    damaged.replace_range(middle..=middle, other);
    refused(&plain, &[(KEY, &damaged)], &["because: it is damaged"]);
    let file = hello("secret-key-file = \"keys/ours\"\n");
    refused(&file, &[], &["there is no file", "keys/ours", "bring the file"]);
    file.write("keys/ours", "\u{0}");
    refused(&file, &[], &["cannot use the secret key in keys/ours", "it is no secret key of minisign"]);
    let foreign = public_key().replace("RWSF", "RWSG");
    let other = configured(&format!("[minisign]\npublic-key = \"{foreign}\"\n"));
    refused(&other, &[(KEY, SECRET)], &["the secret key is not that of RWSG", "its public half is RWSF"]);
}

#[test]
fn a_section_that_is_wrong_is_told_with_its_place() {
    let check = |config: &str, parts: &[&str]| {
        let secret = SECRET.lines().last().unwrap();
        run_in(&configured(config), &["--plan"]).ends(2, parts).without(&[&secret[40..80]]);
    };
    let place = "dist.toml:2:14: this is no public key of minisign";
    check("[minisign]\npublic-key = \"RWabc\"\n", &[place, "minisign.pub"]);
    let secret = SECRET.lines().last().unwrap();
    check(&format!("[minisign]\npublic-key = \"{secret}\"\n"), &["this is a secret key, not a public one"]);
    check("[minisign]\nsecret-key-file = \"k\"\n", &["[minisign] has no `public-key`"]);
    check(
        &format!("[minisign]\npublic-key = \"{}\"\nsecret-key = \"{secret}\"\n", public_key()),
        &["unknown key `secret-key` in [minisign]"],
    );
    check(
        &format!("[minisign]\npublic-key = \"{}\"\nsecret-key-env = \"{secret}\"\n", public_key()),
        &["this is no name of an environment variable"],
    );
    check(
        &format!("[package.hello.minisign]\npublic-key = \"{}\"\n", public_key()),
        &["unknown key `minisign` in [package.hello]"],
    );
    run_in(&Fixture::hello(), &["verify", "--public-key", secret]).ends(2, &["this is a secret key"]);
}
