//! `publish-status`, beside the least that can tell as much.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{env, fs, thread};

use lab::{Fixture, Missing, command, copy_dir, published, workspace_root, xtask};
use xtask_dist::project::CargoConfig;
use xtask_dist::registry::path_of;

use super::measure::{Contestant, in_turn, shown};
use super::projects::Projects;
use super::table::Row;

/// Published crates that stand for a workspace's: those that are downloaded most have the longest files in the index.
const CRATES: [(&str, &str); 20] = [
    ("anyhow", "1.0.104"),
    ("base64", "0.23.1"),
    ("bitflags", "2.13.2"),
    ("bytes", "1.12.1"),
    ("clap", "4.6.7"),
    ("itertools", "0.15.0"),
    ("log", "0.4.35"),
    ("once_cell", "1.21.4"),
    ("quote", "1.0.47"),
    ("rand", "0.10.3"),
    ("regex", "1.13.1"),
    ("semver", "1.0.28"),
    ("serde", "1.0.229"),
    ("serde_json", "1.0.154"),
    ("syn", "3.0.9"),
    ("tempfile", "3.27.0"),
    ("thiserror", "2.0.21"),
    ("toml", "0.9.8"),
    ("url", "2.5.8"),
    ("uuid", "1.29.1"),
];

/// How often each thing is done.
const ROUNDS: usize = 20;

/// `publish-status` of a workspace of published crates: cold, warm, through cargo; and what else tells as much.
pub fn measure(_: &Projects) -> Result<Vec<Row>, Missing> {
    let workspace = workspace()?;
    let status = || xtask::dist(&workspace, ["publish-status"]);
    let kept = workspace.join("target/xtask-dist");
    let through_cargo = || {
        let mut cargo = command("cargo");
        cargo.args(["xtask", "dist", "publish-status", "--manifest-path"]).arg(workspace.join("Cargo.toml"));
        cargo.env("CARGO_TARGET_DIR", lab::target_dir()).current_dir(workspace_root());
        cargo
    };
    let figures = in_turn(
        ROUNDS,
        &[
            Contestant::new("publish-status, cold", status).after(|| forget(&kept)),
            Contestant::new("publish-status, registry cold", status).after(|| forget(&kept.join("registry"))),
            Contestant::new("publish-status, warm", status),
            Contestant::new("cargo xtask dist publish-status, warm", through_cargo),
            Contestant::new("curl of the 20 files of the index", || curl(&workspace)),
            Contestant::new("cargo info, 20 times", || infos(&workspace)),
        ],
    );
    let [cold, _, warm, through_cargo, ..] = &figures[..] else { unreachable!("six were run") };
    let [cold, warm, through_cargo] = [cold, warm, through_cargo].map(|figures| shown(figures.wall()));
    let row = |what: &str, aim: &str, ours: String| Row::new(what, "20 published crates", aim, ours);
    Ok(vec![
        row("`publish-status`, warm", "10 ms", warm),
        row("`cargo xtask dist publish-status`, warm", "100 ms", through_cargo),
        row("`publish-status`, cold", "1 s", cold),
    ])
}

/// A committed workspace of the crates.
fn workspace() -> Result<Fixture, Missing> {
    let workspace = Fixture::of(&[
        ("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"crates/*\"]\n"),
        // A workspace is not locked without a member.
        ("crates/private/Cargo.toml", "[package]\nname = \"private\"\nedition = \"2021\"\npublish = false\n"),
        ("crates/private/src/lib.rs", ""),
    ]);
    for (name, version) in CRATES {
        let copied = copy_dir(published::krate(name, version)?, workspace.join("crates").join(name));
        copied.unwrap_or_else(|error| panic!("{error}"));
    }
    // git reads every file again that is as young as its index, in seconds; nobody works in such a checkout.
    thread::sleep(Duration::from_secs(2));
    workspace.commit();
    Ok(workspace)
}

fn forget(folder: &Path) {
    // There is none before the first run.
    let _ = fs::remove_dir_all(folder);
}

/// One curl for the same files that `publish-status` asks for, thrown away.
fn curl(workspace: &Path) -> Command {
    let config = CargoConfig::load(workspace).and_then(|config| config.index_of("crates-io"));
    let index = config.unwrap_or_else(|error| panic!("{error}"));
    let base = index.trim_start_matches("sparse+").trim_end_matches('/');
    let list = workspace.join("target").join("curl");
    let mut file = fs::File::create(&list).expect("the target folder is there");
    for (name, _) in CRATES {
        let line =
            format!("url = \"{base}/{}\"\noutput = \"{}\"", path_of(name), workspace.join("target/null").display());
        writeln!(file, "{line}").expect("a file that was just made");
    }
    let mut curl = command("curl");
    curl.args(["--disable", "--silent", "--fail", "--parallel", "--config"]).arg(list);
    curl
}

/// What people do without: one command a crate, one after the other.
fn infos(workspace: &Path) -> Command {
    let names: Vec<&str> = CRATES.iter().map(|(name, _)| *name).collect();
    let mut shell = command("sh");
    let line = "for name; do cargo info --quiet \"$name\" || exit 1; done";
    shell.args(["-c", line, "sh"]).args(names);
    // Neutral ground: in a workspace, `cargo info` would read that first.
    shell.current_dir(workspace.parent().map_or_else(env::temp_dir, Path::to_owned));
    shell
}
