//! Which compiler is used: the released workspace's own, whatever `cargo run` set for the tool.

use lab::skip::{self, Missing};
use lab::xtask::dist;
use lab::{Fixture, command, run, try_run};

use super::opened;

/// An installed toolchain whose compiler is not the default one, and what that compiler calls itself.
fn another() -> Result<(String, String), Missing> {
    let missing = |reason: String| Missing {
        what: "a second toolchain".to_owned(),
        reason,
        remedy: "rustup toolchain install 1.89 --profile minimal".to_owned(),
    };
    let listed = try_run(command("rustup").args(["toolchain", "list"])).map_err(|error| missing(error.last_word()))?;
    let version = |args: &[&str]| {
        let output = try_run(command("rustc").args(args).arg("--version")).ok()?;
        Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
    };
    let own = version(&[]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        // Others may lack what a release asks of cargo.
        .filter(|name| name.starts_with(|c: char| c.is_ascii_digit()) || name.starts_with("nightly"))
        .filter_map(|name| Some((name.to_owned(), version(&[&format!("+{name}")])?)))
        .find(|(_, version)| Some(version) != own.as_ref())
        .ok_or_else(|| missing("rustup has only one".to_owned()))
}

fn rustc_of(project: &Fixture) -> String {
    opened(project, "v1.2.3").manifest["builds"][0]["toolchain"]["rustc"].as_str().unwrap().to_owned()
}

#[test]
fn the_projects_own_pin_counts() {
    let Some((name, version)) = skip::or_report(another(), "a project's own toolchain is used") else { return };
    let hello = Fixture::hello();
    hello.write(
        "build.rs",
        "fn main() { println!(\"cargo::rustc-env=RUSTC_OF={}\", std::env::var(\"RUSTC\").unwrap()) }",
    );
    hello.write("src/main.rs", "fn main() { println!(\"{}\", env!(\"RUSTC_OF\")) }");
    hello.write("rust-toolchain.toml", &format!("[toolchain]\nchannel = \"{name}\"\n"));
    // As rustup and `cargo run` leave it, where the tool's own repository has another toolchain.
    let mut as_by_cargo_run = dist(&hello, []);
    as_by_cargo_run.env("RUSTUP_TOOLCHAIN", "stable").env("RUSTUP_TOOLCHAIN_SOURCE", "default");
    run(as_by_cargo_run.env("CARGO", "/nowhere/bin/cargo"));
    assert_eq!(rustc_of(&hello), version, "the record");
    run(&mut dist(&hello, []));
    assert_eq!(rustc_of(&hello), version, "without cargo run");
}

#[test]
fn a_toolchain_that_the_user_chose_wins() {
    let Some((name, version)) = skip::or_report(another(), "a toolchain that the user chose is used") else { return };
    let hello = Fixture::hello();
    hello.write("rust-toolchain.toml", "[toolchain]\nchannel = \"stable\"\n");
    run(dist(&hello, []).env("RUSTUP_TOOLCHAIN", name).env("RUSTUP_TOOLCHAIN_SOURCE", "env"));
    assert_eq!(rustc_of(&hello), version);
}
