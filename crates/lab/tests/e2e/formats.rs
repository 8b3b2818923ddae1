//! What the channels write, read by the languages' own tools; and an attacker's description that stays a description.

use std::path::PathBuf;
use std::sync::OnceLock;

use lab::xtask::dist;
use lab::{Fixture, client, fixture, run, workspace_root};

/// What an attacker would write, who knows all languages.
pub const HOSTILE: &str = r#"say "hi" #{ENV['HOME']} #$0 $(id) `id` {{name}} {{{name}}} \ 'q' ${PATH}"#;

/// A release for this machine whose programs are static, so that every channel has something to write.
pub fn release() -> PathBuf {
    static RELEASE: OnceLock<Fixture> = OnceLock::new();
    let fixture = RELEASE.get_or_init(|| {
        let description = format!("{HOSTILE}\nnext line");
        let description = serde_json::to_string(&description).unwrap();
        let manifest = format!(
            "[package]\nname = \"hello\"\nversion = \"1.2.3\"\nedition = \"2021\"\ndescription = {description}\n\
             license = \"MIT OR Apache-2.0\"\nrepository = \"https://github.com/acme/hello\"\n"
        );
        let hello = Fixture::of(&[("Cargo.toml", &manifest), ("src/main.rs", fixture::MAIN), ("README.md", "# hello")]);
        let hostile = serde_json::to_string(HOSTILE).unwrap();
        hello.config(&format!(
            "rustflags = [\"-Ctarget-feature=+crt-static\"]\nchannels = [\"binstall\", \"homebrew\", \"docker\"]\n\
             [channel.homebrew]\nconflicts-with = {{ {hostile} = {hostile} }}\ncaveats = {hostile}\n\
             service = {{ run = [\"hello\", {hostile}], log = \"log/x\", env = {{ A = {hostile} }} }}\n"
        ));
        run(&mut dist(&hello, []));
        hello
    });
    fixture.join("target/releases/v1.2.3")
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
    run(taplo
        .command()
        .args(["lint", "--no-schema"])
        .arg(workspace_root().join("xtask/src/channel/golden/binstall.toml")));
    run(taplo.command().args(["lint", "--no-schema"]).arg(workspace_root().join("packaging/dist.toml")));
}
