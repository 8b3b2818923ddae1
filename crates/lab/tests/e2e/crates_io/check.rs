//! What the preflight finds: each rule with its own message, all at once.

use lab::{client, run};
use serde_json::Value;

use super::{Bench, manifest, two_libraries};
use crate::said::said;

/// Two libraries, and everything that can be wrong with one.
fn crates(lines: &str, files: &[(&str, &str)]) -> Option<Bench> {
    let one = manifest("one", lines);
    let mut all = vec![
        ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"private\"]\nexclude = [\"beside\"]\nresolver = \"2\"\n"),
        ("one/Cargo.toml", one.as_str()),
        ("one/src/lib.rs", ""),
        ("one/LICENSE", "MIT"),
        (
            "private/Cargo.toml",
            "[package]\nname = \"private\"\nversion = \"1.0.0\"\nedition = \"2021\"\npublish = false\n",
        ),
        ("private/src/lib.rs", ""),
        ("beside/Cargo.toml", "[package]\nname = \"beside\"\nversion = \"1.0.0\"\nedition = \"2021\"\n"),
        ("beside/src/lib.rs", ""),
    ];
    all.extend(files);
    Bench::of(&all)
}

/// The rules that find something in the only crate, an error with a `!`.
fn rules(bench: &Bench) -> Vec<String> {
    let said = bench.check(&["--format", "json"]);
    let view: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stderr));
    let of_crate = view["crates"][0]["remarks"].as_array().unwrap();
    let all = view["workspace"].as_array().unwrap().iter().chain(of_crate);
    let word = |remark: &Value| {
        let sign = if remark["level"] == "error" { "!" } else { "" };
        assert!(remark["help"].is_string(), "{remark}");
        format!("{}{sign}", remark["rule"].as_str().unwrap())
    };
    let words: Vec<String> = all.map(word).filter(|word| word != "rust-version").collect();
    assert_eq!(said.code, Some(i32::from(words.iter().any(|word| word.ends_with('!')))), "{}", said.stderr);
    words
}

#[test]
fn good_crates_pass_and_their_files_are_listed_with_sizes() {
    let Some(bench) = two_libraries() else { return };
    let said = bench.check(&[]).ends(0, &["Checking upper 1.0.0 for loopback"]);
    for part in [
        "lower 1.0.0 for loopback: ",
        "not published yet",
        "    LICENSE                    3 B",
        "src/lib.rs",
        "by cargo",
    ] {
        assert!(said.stdout.contains(part), "not said: {part}\n{}", said.stdout);
    }
    assert_eq!(bench.tried(), 0);
    bench.publish(&[]).ends(0, &[]);
    let said = bench.check(&["upper"]).ends(0, &[]);
    assert!(said.stdout.contains("published as it is") && !said.stdout.contains("lower 1"), "{}", said.stdout);
}

#[test]
fn every_rule_has_its_own_message_and_all_are_told_at_once() {
    let manifest = "[package]\nname = \"one\"\nversion = \"1.0.0\"\nedition = \"2021\"\nlicense = \"see below\"\n\
                    repository = \"github.com/acme/one\"\nkeywords = [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\"]\n\
                    [dependencies]\nprivate = { path = \"../private\", version = \"1\" }\n\
                    [build-dependencies]\nbeside = { path = \"../beside\" }\n";
    let Some(bench) = crates("", &[("one/Cargo.toml", manifest)]) else { return };
    std::fs::remove_file(bench.workspace.join("one/LICENSE")).unwrap();
    bench.workspace.write("one/tests/key.pem", "-----BEGIN PRIVATE KEY-----\nAA==\n");
    std::fs::remove_file(bench.workspace.join("Cargo.lock")).unwrap();
    bench.commit();
    let words = [
        "error: there is no Cargo.lock",
        "error: one has no `description`",
        "error: one has no `rust-version`",
        "error: one has the license `see below`",
        "error: one has the repository `github.com/acme/one`",
        "error: one depends on private, which has `publish = false`",
        "error: one depends on beside, in beside, and gives no version",
        "error: one would be published with tests/key.pem",
        "warning: one is published without the text of its licence",
        "help: write `description = \"…\"` under [package] in one/Cargo.toml",
    ];
    bench.check(&[]).ends(1, &words);
    // Only crates.io counts them.
    bench.check(&[]).without(&["keywords"]);
    bench.workspace.config("");
    bench.check(&["--offline"]).ends(1, &["error: one has keywords that crates.io refuses"]);
}

#[test]
fn what_cargo_would_leave_out_in_silence_is_a_warning() {
    let Some(bench) = crates("[dev-dependencies]\nprivate = { path = \"../private\" }", &[]) else { return };
    assert_eq!(rules(&bench), ["dependency"]);
    bench.check(&[]).ends(0, &["warning: one depends on private, in private, for its tests, and gives no version"]);
}

#[test]
fn a_lock_file_that_is_stale_or_ignored_is_told() {
    let Some(bench) = crates("", &[]) else { return };
    assert_eq!(rules(&bench), [""; 0]);
    bench.edit("private/Cargo.toml", "1.0.0", "1.1.0");
    assert_eq!(rules(&bench), ["lock!"]);
    bench.check(&[]).ends(1, &["Cargo.lock does not fit the manifests", "cargo update --workspace"]);
    assert_eq!(rules(&bench), ["lock!"], "looking has mended it");
    std::fs::remove_file(bench.workspace.join("Cargo.lock")).unwrap();
    assert_eq!(rules(&bench), ["lock!"]);
    assert!(!bench.workspace.join("Cargo.lock").exists(), "looking has written one");
    bench.workspace.lock();
    bench.workspace.write(".gitignore", "/target\nCargo.lock\n");
    bench.workspace.git(&["rm", "--quiet", "--cached", "Cargo.lock"]);
    assert_eq!(rules(&bench), ["lock"]);
}

#[test]
fn what_looks_like_a_secret_can_be_allowed_by_name() {
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nAA==\n";
    let Some(bench) = crates("", &[("one/tests/data/key", key), ("one/.env", "A=b")]) else { return };
    assert_eq!(rules(&bench), ["secret!", "secret!"]);
    bench
        .workspace
        .config("[channel.crates-io]\nregistry = \"loopback\"\nallow-files = [\"tests/data/*\", \".env\"]\n");
    assert_eq!(rules(&bench), [""; 0]);
}

#[test]
fn archives_that_crates_io_refuses_are_told_with_their_longest_files() {
    let Some(bench) = crates("", &[]) else { return };
    // Nothing that can be packed: each byte from the digest of the one before.
    let mut noise = Vec::new();
    let mut block = xtask_dist::hash::sha256(b"noise");
    while noise.len() < 21_000_000 {
        block = xtask_dist::hash::sha256(block.as_bytes());
        noise.extend(block.bytes());
    }
    std::fs::write(bench.workspace.join("one/big.bin"), noise).unwrap();
    assert_eq!(rules(&bench), ["size"], "other registries have other bounds");
    bench.workspace.config("");
    let said = bench
        .check(&["--offline"])
        .ends(1, &["one would be 1", "crates.io takes 10.5 MB at most; the longest files are big.bin"]);
    assert!(said.stdout.contains("big.bin"), "{}", said.stdout);
}

#[test]
fn it_is_compiled_with_the_declared_rust_if_that_is_there() {
    let Some(rustup) = client("rustup", "a crate compiles with its `rust-version`") else { return };
    let Some(bench) = two_libraries() else { return };
    bench.edit("lower/Cargo.toml", "1.85", "1.57");
    let words =
        ["whether lower compiles with Rust 1.57 is not known", "rustup toolchain install 1.57 --profile minimal"];
    bench.check(&["lower"]).ends(0, &words);
    let listed = String::from_utf8(run(rustup.command().args(["toolchain", "list"])).stdout).unwrap();
    let numbered = listed.split_whitespace().find(|name| name.starts_with("1."));
    let Some(toolchain) = numbered else { return };
    let number = toolchain.split('-').next().unwrap();
    bench.edit("lower/Cargo.toml", "\"1.57\"", &format!("\"{number}\""));
    let said = bench.check(&["lower"]).ends(0, &[]);
    assert!(said.stdout.contains(&format!("compiles with {toolchain}")), "{}", said.stdout);
    bench.edit("lower/src/lib.rs", "1", "compile_error!(\"never\")");
    let words = ["lower does not compile with Rust", "never", "raise `rust-version` in lower/Cargo.toml"];
    bench.check(&["lower"]).ends(1, &words);
}

#[test]
fn names_and_registries_that_there_are_not_are_errors() {
    let Some(bench) = crates("", &[]) else { return };
    bench.check(&["on"]).ends(2, &["unknown crate `on`", "did you mean `one`?"]);
    bench.check(&["private"]).ends(2, &["`private` has `publish = false` in its manifest"]);
    bench.edit("one/Cargo.toml", "edition", "publish = [\"other\"]\nedition");
    bench.check(&[]).ends(2, &["one may not be published to loopback", "allows only other"]);
    bench.workspace.config("");
    bench.check(&[]).ends(1, &["cargo's configuration has no registry `other`"]);
    bench.workspace.config("[channel.crates-io]\nregistri = \"x\"\n");
    bench.check(&[]).ends(2, &["did you mean `registry`?"]);
}

#[test]
fn crates_that_need_each_other_cannot_be_published() {
    let lower = manifest("lower", "[dev-dependencies]\nupper = { path = \"../upper\", version = \"1\" }");
    let Some(bench) = two_libraries() else { return };
    bench.workspace.write("lower/Cargo.toml", &lower);
    said(&mut bench.dist(&["check"])).ends(2, &["lower needs upper needs lower", "leave `version` out"]);
}
