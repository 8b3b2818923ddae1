//! What stands around a workspace: cargo's configuration, an xtask, lints, licences, vendored crates, submodules, git's
//! own rules.

use std::fs;

use lab::fixture::QUICK;
use lab::{Fixture, command, run, scratch};

use super::{adopt, adopted_alike, cargo, status, text, with_small_engine};
use crate::said::{package, run_in};

#[test]
fn a_configuration_with_aliases_stays_as_it_is() {
    let hello = Fixture::hello();
    let config = format!("# mine\n[alias]\nb = \"build\" # quick\n\n[build]\ntarget-dir = \"target/out\"\n\n{QUICK}");
    hello.write(".cargo/config.toml", &config);
    adopted_alike(&hello);
    let line =
        "# The release system: `cargo xtask dist --help`.\nxtask = \"run --quiet --package xtask-launcher --\"\n";
    let expected = config.replace("# quick\n", &format!("# quick\n{line}"));
    assert_eq!(text(&hello, ".cargo/config.toml"), expected);
    // The engine is compiled below that folder, which is ignored there.
    with_small_engine(&hello, "xtask");
    run(cargo(&hello).args(["xtask", "dist"]));
    assert!(!hello.join("target/debug").exists() && hello.join("target/out/debug/xtask-dist").is_dir());
}

#[test]
fn the_old_name_of_the_configuration() {
    let hello = Fixture::hello();
    fs::rename(hello.join(".cargo/config.toml"), hello.join(".cargo/config")).unwrap();
    adopted_alike(&hello);
    assert!(text(&hello, ".cargo/config").contains("xtask = ") && !hello.join(".cargo/config.toml").exists());
}

#[test]
fn an_xtask_that_is_there() {
    let hello = Fixture::of(&[
        ("Cargo.toml", &package("hello", "1.2.3", "license = \"MIT\"\n[workspace]\nmembers = [\"xtask\"]")),
        ("src/main.rs", lab::fixture::MAIN),
        ("xtask/Cargo.toml", &package("xtask", "0.1.0", "publish = false")),
        ("xtask/src/main.rs", "fn main() { println!(\"theirs\"); }"),
        (".cargo/config.toml", &format!("[alias]\nxtask = \"run -q -p xtask --\"\n{QUICK}")),
    ]);
    adopted_alike(&hello).ends(0, &["there is an `xtask` already", "`cargo xtask-dist dist`"]);
    let theirs = run(cargo(&hello).args(["xtask"]));
    assert_eq!(theirs.stdout, b"theirs\n");
    with_small_engine(&hello, "xtask-dist");
    let ours = run(cargo(&hello).args(["xtask-dist", "dist", "--plan"]));
    assert!(ours.stdout.starts_with(b"dist --plan in "), "{ours:?}");
}

#[test]
fn lints_and_denied_warnings_of_the_workspace() {
    let hello = Fixture::package(
        "[workspace]\n[workspace.lints.rust]\nmissing_docs = \"deny\"\nunsafe_code = \"forbid\"\n\
         [workspace.lints.clippy]\nall = \"deny\"\nunwrap_used = \"deny\"\n[lints]\nworkspace = true",
    );
    hello.write("src/main.rs", "//! Says hello.\nfn main() {\n    println!(\"hello\");\n}\n");
    hello.write("clippy.toml", "msrv = \"1.60\"\n");
    adopted_alike(&hello);
    let strict = ["-D", "warnings", "-D", "clippy::pedantic", "-D", "clippy::nursery", "-D", "clippy::restriction"];
    let strict = [&strict[..], &["-A", "clippy::blanket_clippy_restriction_lints"]].concat();
    let mut clippy = cargo(&hello);
    clippy.args(["clippy", "--quiet", "--package", "xtask-launcher", "--"]).args(strict);
    if lab::try_run(cargo(&hello).args(["clippy", "--version"])).is_ok() {
        run(&mut clippy);
    }
    run(cargo(&hello).args(["build", "--workspace", "--quiet"]).env("RUSTFLAGS", "-Dwarnings -Dmissing_docs"));
    run(cargo(&hello).args(["fmt", "--all", "--", "--check", "--config", "max_width=120,use_small_heuristics=Max"]));
}

#[test]
fn old_editions_and_old_rusts() {
    // The forms of lock files that cargo writes for them.
    for (rust, form) in [("1.36", ""), ("1.56", "\nversion = 3\n"), ("1.85", "\nversion = 4\n")] {
        let lines = format!("rust-version = \"{rust}\"\nlicense = \"MIT\"\ndescription = \"old\"");
        let manifest = package("hello", "1.2.3", &lines).replace("edition = \"2021\"\n", "");
        let hello = Fixture::of(&[("Cargo.toml", &manifest), ("src/main.rs", lab::fixture::MAIN)]);
        assert!(text(&hello, "Cargo.lock").contains(form), "{rust}");
        adopted_alike(&hello);
        assert!(text(&hello, "Cargo.lock").contains(form), "{rust}");
        assert!(text(&hello, "xtask/Cargo.lock").contains("\nversion = 4\n"));
        // All that a compiler of that age gets to see; the engine is in no graph of the workspace.
        let launcher = text(&hello, "xtask/launcher/Cargo.toml");
        assert!(launcher.contains("edition = \"2018\"") && !launcher.contains("dependencies]"), "{launcher}");
        let graph = run(cargo(&hello).args(["metadata", "--format-version", "1", "--locked"]));
        assert!(!String::from_utf8_lossy(&graph.stdout).contains("\"xtask-dist\""));
    }
}

#[test]
fn the_engines_lock_file_fits() {
    let hello = Fixture::hello();
    hello.commit();
    adopt(&hello);
    run(cargo(&hello.join("xtask")).args(["metadata", "--format-version", "1", "--locked"]));
    let packages = text(&hello, "xtask/Cargo.lock").matches("[[package]]").count();
    assert!((60..130).contains(&packages), "{packages}");
}

#[test]
fn vendored_crates() {
    let Some(glob) = lab::published_crate("once_cell", "1.21.4", "vendored crates") else { return };
    let hello = Fixture::package("[dependencies]\nonce_cell = \"=1.21.4\"");
    hello.lock();
    lab::copy_dir(glob, hello.join("third-party/once_cell")).unwrap();
    hello.write(".gitignore", "/target\n");
    run(cargo(&hello).args(["vendor", "--quiet", "third-party"]));
    let config = "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"third-party\"\n";
    hello.write(".cargo/config.toml", &format!("{config}{QUICK}"));
    let before = xtask_dist::layout::files_below(&hello.join("third-party")).unwrap();
    hello.commit();
    adopt(&hello).ends(0, &["of the release system were added to third-party"]);
    let changed: Vec<String> = status(&hello).into_iter().filter(|line| !line.starts_with("??")).collect();
    assert_eq!(changed, [" M .cargo/config.toml", " M Cargo.lock", " M Cargo.toml"], "of {} files", before.len());
    // Both workspaces are there without a network and without a cache.
    let home = scratch("no-cargo-home");
    for folder in [hello.to_path_buf(), hello.join("xtask")] {
        let mut check = cargo(&folder);
        check.args(["metadata", "--format-version", "1", "--offline", "--locked"]).env("CARGO_HOME", &*home);
        run(&mut check);
    }
}

/// As rargs 0.3.0 has it: cargo would write the newest form of it, did it lack the launcher.
#[test]
fn a_lock_file_of_the_first_form() {
    // It is in cargo's index then.
    if lab::published_crate("once_cell", "1.21.4", "an old lock file").is_none() {
        return;
    }
    let hello = Fixture::package("[dependencies]\nonce_cell = \"=1.21.4\"");
    let locked = text(&hello, "Cargo.lock");
    let checksum = locked.lines().find_map(|line| line.strip_prefix("checksum = ")).unwrap();
    let source = "registry+https://github.com/rust-lang/crates.io-index";
    let old = format!(
        "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\n\
         [[package]]\nname = \"hello\"\nversion = \"1.2.3\"\ndependencies = [\n \"once_cell 1.21.4 ({source})\",\n]\n\n\
         [[package]]\nname = \"once_cell\"\nversion = \"1.21.4\"\nsource = \"{source}\"\n\n\
         [metadata]\n\"checksum once_cell 1.21.4 ({source})\" = {checksum}\n"
    );
    hello.write("Cargo.lock", &old);
    adopted_alike(&hello);
    let launcher = "[[package]]\nname = \"xtask-launcher\"\nversion = \"0.1.0\"\n\n[metadata]";
    assert_eq!(text(&hello, "Cargo.lock"), old.replace("[metadata]", launcher));
}

#[test]
fn a_submodule_is_not_ours() {
    let module = Fixture::of(&[("Cargo.toml", &package("module", "0.1.0", "")), ("src/lib.rs", "")]);
    module.commit();
    let hello = Fixture::hello();
    hello.git(&["init", "--quiet", "--initial-branch=main"]);
    let url = module.display().to_string();
    hello.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "module"]);
    let lines = "[workspace]\nexclude = [\"module\"]\n[dependencies]\nmodule = { path = \"module\" }";
    hello.write("Cargo.toml", &package("hello", "1.2.3", lines));
    hello.lock();
    hello.commit();
    hello.write("module/src/lib.rs", "// being worked on");
    adopt(&hello);
    let changed: Vec<String> = status(&hello).into_iter().filter(|line| !line.starts_with("??")).collect();
    assert_eq!(changed, [" M .cargo/config.toml", " M Cargo.lock", " M Cargo.toml", " M module"]);
    run(cargo(&hello).args(["metadata", "--format-version", "1", "--locked"]));
}

#[test]
fn what_git_ignores_is_committed_all_the_same() {
    let hello = Fixture::hello();
    hello.commit();
    hello.write(".gitignore", "target\nrelease/\nbuild.rs\nCargo.lock\n*.hbs\n");
    hello.git(&["add", ".gitignore"]);
    hello.git(&["rm", "--quiet", "--cached", "Cargo.lock"]);
    hello.git(&["commit", "--quiet", "--message", "rules"]);
    adopt(&hello)
        .ends(0, &["git ignores packaging/binstall/metadata.toml.hbs, by `*.hbs` in .gitignore:5"])
        .ends(0, &["git ignores Cargo.lock: a release holds what it names"]);
    hello.git(&["add", "--all"]);
    let staged = run(command("git").args(["ls-files", "xtask"]).current_dir(&*hello));
    let staged = String::from_utf8(staged.stdout).unwrap();
    for file in ["xtask/src/release/mod.rs", "xtask/build.rs", "xtask/Cargo.lock", "xtask/defaults/dist.toml"] {
        assert!(staged.lines().any(|line| line == file), "{file} is not committed");
    }
}

#[test]
fn a_lock_file_that_is_not_there() {
    let hello = Fixture::hello();
    fs::remove_file(hello.join("Cargo.lock")).unwrap();
    hello.commit();
    adopt(&hello);
    assert!(!hello.join("Cargo.lock").exists(), "it is cargo's to write");
    with_small_engine(&hello, "xtask");
    run(cargo(&hello).args(["xtask", "dist"]));
    assert!(text(&hello, "Cargo.lock").contains("xtask-launcher"));
}

#[test]
fn rules_of_cargo_deny_are_not_touched() {
    let hello = Fixture::hello();
    hello.write("deny.toml", "[licenses]\nallow = [\"MIT\"]\n[bans]\nmultiple-versions = \"deny\"\n");
    adopted_alike(&hello);
    assert!(!status(&hello).iter().any(|line| line.contains("deny.toml")));
    // The launcher is all that is added to what is judged: no dependency, and either licence.
    let graph =
        run(cargo(&hello).args(["tree", "--workspace", "--edges", "all", "--prefix", "none", "--format", "{p} {l}"]));
    let graph = String::from_utf8(graph.stdout).unwrap();
    let launcher: Vec<&str> = graph.lines().filter(|line| !line.is_empty() && !line.starts_with("hello")).collect();
    assert_eq!(launcher.len(), 1, "{graph}");
    assert!(launcher[0].starts_with("xtask-launcher") && launcher[0].contains("MIT OR Apache-2.0"), "{graph}");
}

#[test]
fn without_git() {
    let hello = Fixture::hello();
    adopt(&hello);
    assert!(hello.join("xtask/adopted.toml").is_file());
    run_in(&hello, &["adopt", "--check"]).ends(0, &[]);
}
