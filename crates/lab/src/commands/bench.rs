//! `cargo run -p lab bench`: how long things take that have to be quick, beside what else there is.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use lab::{Fixture, Missing, command, copy_dir, published, run, workspace_root, xtask};
use xtask_dist::project::CargoConfig;
use xtask_dist::registry::path_of;

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

/// How often each thing is done; the median is told.
const RUNS: usize = 20;

/// `publish-status` of a workspace of published crates: cold, warm, through cargo; and what else tells as much.
pub fn publish_status() -> ExitCode {
    match measure_publish_status() {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(missing) => {
            eprintln!("error: {}: {}\nhelp: {}", missing.what, missing.reason, missing.remedy);
            ExitCode::FAILURE
        }
    }
}

fn measure_publish_status() -> Result<String, Missing> {
    let workspace = workspace()?;
    let status = || xtask::dist(&workspace, ["publish-status"]);
    let kept = workspace.join("target/xtask-dist");
    let through_cargo = || {
        let mut cargo = command("cargo");
        cargo.args(["xtask", "dist", "publish-status", "--manifest-path"]).arg(workspace.join("Cargo.toml"));
        cargo.env("CARGO_TARGET_DIR", lab::target_dir()).current_dir(workspace_root());
        cargo
    };
    let mut table = format!("{RUNS} runs each, 20 crates; load: {}\n", load());
    let mut line = |what: &str, times: &mut [Duration]| {
        times.sort();
        let [least, median, most] = [0, times.len() / 2, times.len() - 1].map(|n| times[n].as_secs_f64() * 1e3);
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{what:<46}{median:>9.1} ms  ({least:.1} to {most:.1})");
    };
    line("publish-status, cold", &mut times(RUNS, || forget(&kept), status));
    line("publish-status, registry cold", &mut times(RUNS, || forget(&kept.join("registry")), status));
    line("publish-status, warm", &mut times(RUNS, || (), status));
    // The first builds what is not built.
    run(&mut through_cargo());
    line("cargo xtask dist publish-status, warm", &mut times(RUNS, || (), through_cargo));
    line("curl of the 20 files of the index", &mut times(RUNS, || (), || curl(&workspace)));
    line("cargo info, 20 times", &mut times(RUNS, || (), || infos(&workspace)));
    let _ = writeln!(table, "load at the end: {}", load());
    Ok(table)
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

/// How long each of so many runs took, from start to exit; `before` is not counted.
fn times(runs: usize, before: impl Fn(), command: impl Fn() -> Command) -> Vec<Duration> {
    let time = |_| {
        before();
        let mut command = command();
        command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
        let started = Instant::now();
        let status = command.status();
        let time = started.elapsed();
        assert!(status.is_ok_and(|status| status.success()), "{command:?} fails");
        time
    };
    // The first run finds nothing warm that is nobody's cache: programs and files come from the disk.
    (0..=runs).map(time).skip(1).collect()
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

/// What else the machine does, in the words of `uptime`.
fn load() -> String {
    let said = lab::try_run(&mut command("uptime")).map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let said = said.unwrap_or_default();
    said.rsplit("average").next().unwrap_or_default().trim_start_matches(['s', ':', ' ']).trim().to_owned()
}
