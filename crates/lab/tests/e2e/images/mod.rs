//! Container images, and what real engines, builders, registries and readers of layouts make of them.

mod based;
mod builders;
pub mod engine;
pub mod faults;
mod forge;
mod readers;
pub mod registry;
mod same;
pub mod stored;
mod tampering;

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use lab::{Fixture, run};
use xtask_dist::hash::sha256;

use crate::said::tool;

/// The targets: what both processors' images take.
const TARGETS: [&str; 2] = ["aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"];

/// Says which program it is, and for which processor.
const HELLO: &str = r#"fn main() {
    println!("{} {} {}", env!("CARGO_BIN_NAME"), env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
}"#;

/// Says whether it may write where temporary files go, who it is, and whom it trusts.
const PROBE: &str = r#"fn main() {
    std::fs::write(std::env::temp_dir().join("file"), "x").expect("a place for temporary files");
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let who = |key| status.lines().find_map(|line| line.strip_prefix(key)).unwrap().split_whitespace().next().unwrap();
    let trusted = std::fs::read_to_string("/etc/ssl/certs/ca-certificates.crt").expect("certificates");
    println!("{}:{} trusts {}", who("Uid:"), who("Gid:"), trusted.lines().next().unwrap());
}"#;

/// What [`PROBE`] says in an image.
const PROBED: &str = "65532:65532 trusts # nobody at all";

/// The bundle of certificates that the project brings along.
const CERTIFICATES: &str = "# nobody at all\n";

/// A label that every builder's own language would make something of.
const HOSTILE: &str = r#"say "hi" $HOME ${PATH} $(id) `id` \ 'q' # {{x}}"#;

/// Where it is asked for, in the words of `docker image inspect`.
const HOSTILE_LABEL: &str = "{{index .Config.Labels \"org.example.hostile label\"}}";

/// A project with two programs, committed; `lines` are more of `[channel.docker]`.
fn project(lines: &str) -> Fixture {
    let project = Fixture::package("default-run = \"hello\"");
    project.write("src/main.rs", HELLO);
    project.write("src/bin/hello-probe.rs", PROBE);
    project.write("packaging/docker/cacert.pem", CERTIFICATES);
    project.config(&format!(
        "targets = {TARGETS:?}\n[channel.docker]\n{lines}\n\
         labels = {{ \"org.example.hostile label\" = {HOSTILE:?} }}\n\
         ca-certificates = {{ file = \"packaging/docker/cacert.pem\", sha256 = \"{}\" }}\n",
        sha256(CERTIFICATES.as_bytes())
    ));
    project.commit();
    project
}

/// The release of [`project`], made once for all tests, which do not change it.
fn release() -> PathBuf {
    static RELEASE: OnceLock<Fixture> = OnceLock::new();
    let project = RELEASE.get_or_init(|| {
        let project = project("");
        run(&mut tool(&project, &[]));
        project
    });
    project.join("target/releases/v1.2.3")
}

/// Its image.
fn image() -> PathBuf {
    release().join("hello-v1.2.3.oci.tar")
}

/// What a command that must succeed writes to stdout, without blanks at its ends.
fn stdout(command: &mut Command) -> String {
    String::from_utf8_lossy(&run(command).stdout).trim().to_owned()
}
