//! What an adopter compiles with xtask: few crates, no C compiler, and a toolchain no newer than it says.

use std::collections::{BTreeMap, BTreeSet};

use lab::{Missing, cache_dir, command, run, skip, try_run, workspace_root};
use serde_json::Value;

/// As many crates as an adopter is asked to compile at most.
const MOST: usize = 130;

fn metadata() -> Value {
    let mut cargo = command("cargo");
    cargo.args(["metadata", "--locked", "--format-version", "1"]).current_dir(workspace_root());
    serde_json::from_slice(&run(&mut cargo).stdout).unwrap()
}

fn texts<'v>(list: &'v Value, key: &str) -> BTreeMap<&'v str, &'v Value> {
    list.as_array().unwrap().iter().map(|item| (item[key].as_str().unwrap(), item)).collect()
}

/// The packages that xtask is compiled with, on any platform: its normal and build dependencies, and theirs.
fn compiled_with_xtask(metadata: &Value) -> Vec<&Value> {
    let packages = texts(&metadata["packages"], "id");
    let nodes = texts(&metadata["resolve"]["nodes"], "id");
    let xtask = packages.iter().find(|(_, package)| package["name"] == "xtask-dist").expect("xtask is a member").0;
    let (mut queue, mut found) = (vec![*xtask], BTreeSet::new());
    while let Some(id) = queue.pop() {
        if found.insert(id) {
            let needed = nodes[id]["deps"].as_array().unwrap().iter();
            let needed =
                needed.filter(|dep| dep["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev"));
            queue.extend(needed.map(|dep| dep["pkg"].as_str().unwrap()));
        }
    }
    found.into_iter().map(|id| packages[id]).collect()
}

#[test]
fn an_adopter_compiles_few_crates_and_no_c() {
    let metadata = metadata();
    let packages = compiled_with_xtask(&metadata);
    println!("xtask is compiled with {} crates, itself included", packages.len());
    assert!(packages.len() <= MOST, "xtask is compiled with {} crates: more than {MOST}", packages.len());
    for package in packages {
        let (name, version) = (&package["name"], &package["version"]);
        // Two crates with one `links` in one lock file do not resolve, and ours is the adopter's.
        assert!(
            package["links"].is_null(),
            "{name} {version} links {}: `cargo tree -i` says why it is there",
            package["links"]
        );
        let compilers = ["cc", "cmake", "bindgen", "pkg-config", "vcpkg"];
        assert!(
            !compilers.iter().any(|compiler| name == compiler),
            "{name} {version} is needed: an adopter may lack C"
        );
    }
}

/// The toolchain that xtask says is enough; in CI it is installed where it is missing.
fn oldest_toolchain(metadata: &Value) -> Option<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let xtask = packages.iter().find(|package| package["name"] == "xtask-dist").unwrap();
    let version = xtask["rust_version"].as_str().expect("xtask has a rust-version").to_owned();
    let rustc = || try_run(command("rustup").args(["run", &version, "rustc", "--version"]));
    let mut answer = rustc();
    if answer.is_err() && skip::is_ci() {
        let install = ["toolchain", "install", &version, "--profile", "minimal", "--no-self-update"];
        answer = try_run(command("rustup").args(install)).and_then(|_| rustc());
    }
    let missing = |reason: lab::process::Failure| Missing {
        what: format!("Rust {version}"),
        reason: reason.last_word(),
        remedy: format!("rustup toolchain install {version} --profile minimal --no-self-update"),
    };
    skip::or_report(answer.map(|_| version.clone()).map_err(missing), "xtask compiles with its rust-version")
}

/// One folder for both proofs, in which nothing is ever compiled otherwise: what is fresh there was made so.
#[test]
fn it_compiles_with_the_oldest_toolchain_and_without_a_c_compiler() {
    let mut cargo = match oldest_toolchain(&metadata()) {
        Some(version) => {
            let mut rustup = command("rustup");
            rustup.args(["run", &version, "cargo"]);
            rustup
        }
        None => command("cargo"),
    };
    cargo.args(["check", "--quiet", "--locked", "--package", "xtask-dist"]).current_dir(workspace_root());
    cargo.env("CARGO_TARGET_DIR", cache_dir().join("oldest-toolchain"));
    for variable in ["CC", "CXX", "AR", "HOST_CC", "TARGET_CC"] {
        cargo.env(variable, "/bin/false");
    }
    run(&mut cargo);
}

/// People release from Windows and macOS too; paths and permissions differ there.
#[test]
fn it_compiles_for_windows_and_macos() {
    let hosts = ["x86_64-pc-windows-gnullvm", "aarch64-apple-darwin"];
    let added = try_run(command("rustup").args(["target", "add"]).args(hosts)).map_err(|reason| Missing {
        what: "the standard libraries of Windows and macOS".to_owned(),
        reason: reason.last_word(),
        remedy: format!("rustup target add {}", hosts.join(" ")),
    });
    if skip::or_report(added, "xtask compiles for Windows and macOS").is_none() {
        return;
    }
    let mut cargo = command("cargo");
    cargo.args(["check", "--quiet", "--locked", "--package", "xtask-dist"]).current_dir(workspace_root());
    run(cargo
        .args(hosts.map(|host| format!("--target={host}")))
        .env("CARGO_TARGET_DIR", cache_dir().join("other-hosts")));
}
