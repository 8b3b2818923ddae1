//! The alias, and what it runs: from any folder, with any toolchain, for any target.

use std::fs;
use std::path::Path;

use lab::{Fixture, command, run, run_failing};

use super::{adopt, cargo, with_small_engine};

fn adopted() -> Fixture {
    let hello = Fixture::hello();
    hello.commit();
    adopt(&hello);
    with_small_engine(&hello, "xtask");
    hello
}

#[track_caller]
fn says(folder: &Path, words: &[&str], expected: &str) {
    let output = run(cargo(folder).arg("xtask").args(words));
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), expected);
}

#[test]
fn from_any_folder() {
    let hello = adopted();
    says(&hello, &["dist", "--plan"], &format!("dist --plan in {}", hello.display()));
    says(&hello.join("src"), &["dist", "a b"], &format!("dist a b in {}", hello.join("src").display()));
    let status = super::status(&hello);
    assert!(!status.iter().any(|line| line.contains("target")), "{status:?}");
}

#[test]
fn its_exit_code_is_the_engines() {
    let hello = adopted();
    fs::write(hello.join("xtask/src/main.rs"), "fn main() { std::process::exit(42) }").unwrap();
    assert_eq!(run_failing(cargo(&hello).args(["xtask"])).status.code(), Some(42));
    fs::write(hello.join("xtask/src/main.rs"), "fn main() { no }").unwrap();
    let output = run_failing(cargo(&hello).args(["xtask"]));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("E0425") && said.contains("does not compile"), "{said}");
}

#[test]
fn where_cargo_builds_for_another_target() {
    let hello = Fixture::hello();
    let config = format!("[build]\ntarget = \"wasm32-wasip1\"\n{}", lab::fixture::QUICK);
    hello.write(".cargo/config.toml", &config);
    hello.commit();
    adopt(&hello);
    with_small_engine(&hello, "xtask");
    says(&hello, &["dist"], &format!("dist in {}", hello.display()));
}

/// A toolchain that says it is old: its compiler is today's, with another version.
#[cfg(unix)]
fn old_toolchain(hello: &Fixture, version: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let sysroot = run(command("rustc").args(["--print", "sysroot"]));
    let sysroot = String::from_utf8(sysroot.stdout).unwrap().trim().to_owned();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *-vV*) '{sysroot}/bin/rustc' -vV | sed 's/^release: .*/release: {version}/' ;; \
         *) exec '{sysroot}/bin/rustc' \"$@\" ;; esac\n"
    );
    hello.write("old/bin/rustc", &script);
    hello.write("old/bin/cargo", &format!("#!/bin/sh\nexec '{sysroot}/bin/cargo' \"$@\"\n"));
    for program in ["rustc", "cargo"] {
        let file = hello.join("old/bin").join(program);
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::create_dir_all(hello.join("old/lib")).unwrap();
    let pin = format!("[toolchain]\npath = \"{}\"\n", hello.join("old").display());
    hello.write("rust-toolchain.toml", &pin);
}

#[cfg(unix)]
#[test]
fn a_pinned_toolchain_that_is_too_old_for_the_engine() {
    let hello = Fixture::hello();
    old_toolchain(&hello, "1.70.0");
    hello.commit();
    adopt(&hello);
    with_small_engine(&hello, "xtask");
    // The engine tells which compiler the repository's programs get.
    let main = "fn main() { let said = std::process::Command::new(\"rustc\").env_remove(\"RUSTUP_TOOLCHAIN\")\
                .arg(\"-vV\").output().unwrap(); print!(\"{}\", String::from_utf8_lossy(&said.stdout)); }";
    fs::write(hello.join("xtask/src/main.rs"), main).unwrap();
    let manifest = fs::read_to_string(hello.join("xtask/Cargo.toml")).unwrap();
    assert!(manifest.contains("rust-version = \"1.89\""), "too new for 1.70: {manifest}");
    let output = run(cargo(&hello).args(["xtask", "dist"]));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("release: 1.70.0"), "the programs are compiled by the pinned one: {said}");
    // And where there is none that is new enough, it says so.
    let manifest = manifest.replace("1.89", "1.1000");
    fs::write(hello.join("xtask/Cargo.toml"), manifest).unwrap();
    let output = run_failing(cargo(&hello).args(["xtask", "dist"]));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let words = "`cargo xtask` is compiled by Rust 1.1000 or newer, and here is 1.70";
    assert!(said.contains(words) && said.contains("help: rustup toolchain install stable"), "{said}");
}
