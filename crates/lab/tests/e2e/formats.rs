//! What the channels write, read by the languages' own tools; and an attacker's description that stays a description.

use std::path::PathBuf;
use std::sync::OnceLock;

use lab::xtask::dist;
use lab::{Fixture, client, fixture, run, workspace_root};
use serde_json::Value;

const HOSTILE: &str = r#"say "hi" #{ENV['HOME']} #$0 $(id) `id` {{name}} {{{name}}} \ 'q' ${PATH}"#;

/// A release for this machine whose programs are static, so that every channel has something to write.
fn release() -> PathBuf {
    static RELEASE: OnceLock<Fixture> = OnceLock::new();
    let fixture = RELEASE.get_or_init(|| {
        let description = format!("{HOSTILE}\nnext line");
        let description = serde_json::to_string(&description).unwrap();
        let manifest = format!(
            "[package]\nname = \"hello\"\nversion = \"1.2.3\"\nedition = \"2021\"\ndescription = {description}\n\
             license = \"MIT OR Apache-2.0\"\nrepository = \"https://github.com/acme/hello\"\n"
        );
        let hello = Fixture::of(&[("Cargo.toml", &manifest), ("src/main.rs", fixture::MAIN), ("README.md", "# hello")]);
        hello.config(
            "rustflags = [\"-Ctarget-feature=+crt-static\"]\nchannels = [\"binstall\", \"homebrew\", \"docker\"]\n",
        );
        run(&mut dist(&hello, []));
        hello
    });
    fixture.join("target/releases/v1.2.3")
}

#[test]
fn ruby_takes_the_formula_and_a_hostile_description_stays_text() {
    let Some(ruby) = client("ruby", "the formula is valid Ruby") else { return };
    let formula = release().join("homebrew/hello.rb");
    run(ruby.command().args(["-w", "-c"]).arg(&formula));
    let double = workspace_root().join("crates/lab/tests/e2e/formula_double.rb");
    let seen = run(ruby.command().arg(double).arg(&formula).args(["linux", cpu()]));
    let seen: Value = serde_json::from_slice(&seen.stdout).unwrap();
    assert_eq!(seen["class"], "Hello");
    let desc = format!("{} next line", HOSTILE.replacen('s', "S", 1));
    assert_eq!(seen["strings"]["desc"], desc);
    assert_eq!(seen["strings"]["license"]["any_of"], serde_json::json!(["MIT", "Apache-2.0"]));
    let manifest = std::fs::read_to_string(release().join("dist-manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(seen["strings"]["url"], manifest["assets"][0]["url"]);
    assert_eq!(seen["strings"]["sha256"], manifest["assets"][0]["sha256"]);
    assert_eq!(seen["installed"]["bin"], serde_json::json!(["hello"]));
    assert_eq!(seen["test"], true);
}

#[test]
fn hadolint_takes_the_dockerfile() {
    let Some(hadolint) = client("hadolint", "the Dockerfile is clean") else { return };
    run(hadolint.command().arg(release().join("docker/hello/Dockerfile")));
    run(hadolint.command().arg(workspace_root().join("xtask/src/channel/golden/Dockerfile")));
}

#[test]
fn taplo_takes_the_binstall_metadata() {
    let Some(taplo) = client("taplo", "the metadata is valid TOML") else { return };
    run(taplo.command().args(["lint", "--no-schema"]).arg(release().join("binstall/hello.toml")));
    run(taplo.command().args(["lint", "--no-schema"]).arg(workspace_root().join("packaging/dist.toml")));
}

fn cpu() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm" } else { "intel" }
}
