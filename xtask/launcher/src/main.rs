//! `cargo xtask`: compiles the release system in the folder above, with a toolchain that is new enough, and runs it.
//!
//! It has no dependencies, and compilers much older than the release system's compile it: whatever this repository
//! pins, supports, vendors or forbids goes on holding for the rest of it.

// Which lints the workspace has is not known here.
#![allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

/// What `cargo run` sets for the program that it runs, and what would make the next cargo compile all anew.
const SET_BY_CARGO: [&str; 3] = ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_NAME"];
/// Where `cargo run` adds the folders of this program's own libraries.
const LIBRARY_PATHS: [&str; 2] = ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];

/// A compiler: its version, and the machine that it runs on.
struct Rustc {
    version: (u32, u32),
    host: String,
}

fn main() {
    match compiled() {
        Ok(mut xtask) => run(xtask.args(env::args_os().skip(1))),
        Err(reason) => fail(&reason),
    }
}

/// The release system, compiled.
fn compiled() -> Result<Command, String> {
    let own = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
    let folder = Path::new(&own).parent().map(Path::to_owned).unwrap_or_default();
    let (mut cargo, rustc) = cargo(oldest(&folder)?)?;
    let here = env::current_exe().map_err(|error| format!("cannot find this program: {}", error))?;
    let here = here.parent().map(Path::to_owned).unwrap_or_default();
    let target_dir = here.join("xtask-dist");
    for (name, _) in env::vars_os() {
        if SET_BY_CARGO.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            cargo.env_remove(&name);
        }
    }
    // For the machine itself, whatever target the repository builds for; and below its target folder, which is ignored.
    cargo.current_dir(&folder).args(&["build", "--quiet", "--bin", "xtask", "--profile", "xtask"]);
    cargo.arg("--target").arg(&rustc.host).arg("--target-dir").arg(&target_dir);
    let status = cargo.status().map_err(|error| format!("cannot start cargo: {}", error))?;
    if !status.success() {
        return Err(format!("the release system in {} does not compile", folder.display()));
    }
    let program = target_dir.join(rustc.host).join("xtask").join(format!("xtask{}", env::consts::EXE_SUFFIX));
    let mut xtask = Command::new(program);
    for variable in LIBRARY_PATHS.iter() {
        if let Some(paths) = env::var_os(variable) {
            let kept: Vec<PathBuf> = env::split_paths(&paths).filter(|path| !path.starts_with(&here)).collect();
            // An empty one would mean the working folder.
            if kept.is_empty() {
                xtask.env_remove(variable);
            } else {
                xtask.env(variable, env::join_paths(kept).unwrap_or_default());
            }
        }
    }
    Ok(xtask)
}

/// The `rust-version` of the release system.
fn oldest(folder: &Path) -> Result<(u32, u32), String> {
    let file = folder.join("Cargo.toml");
    let text = fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {}", file.display(), error))?;
    let line = text.lines().find(|line| line.starts_with("rust-version"));
    let version = line.and_then(|line| line.split('"').nth(1)).and_then(numbers);
    version.ok_or_else(|| format!("there is no rust-version in {}", file.display()))
}

/// A cargo that can compile the release system: the one of this folder, or of another toolchain that is installed.
fn cargo(oldest: (u32, u32)) -> Result<(Command, Rustc), String> {
    let here = rustc(&mut Command::new("rustc")).ok_or("cannot run rustc")?;
    if here.version >= oldest {
        return Ok((Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))), here));
    }
    for toolchain in toolchains() {
        let with = |program: &str| {
            let mut rustup = Command::new("rustup");
            rustup.args(&["run", &toolchain, program]).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
            rustup
        };
        if let Some(found) = rustc(&mut with("rustc")).filter(|found| found.version >= oldest) {
            return Ok((with("cargo"), found));
        }
    }
    Err(format!(
        "`cargo xtask` is compiled by Rust {}.{} or newer, and here is {}.{} (which goes on compiling the programs)\n\
         help: rustup toolchain install stable",
        oldest.0, oldest.1, here.version.0, here.version.1
    ))
}

/// The toolchains of rustup, stable ones first.
fn toolchains() -> Vec<String> {
    let output = Command::new("rustup").args(&["toolchain", "list"]).output();
    let list = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let mut names: Vec<String> =
        list.lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect();
    names.sort_by_key(|name| !name.starts_with("stable"));
    names
}

fn rustc(command: &mut Command) -> Option<Rustc> {
    let output = command.arg("-vV").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let value = |key: &str| text.lines().filter_map(|line| line.strip_prefix(key)).next();
    Some(Rustc { version: numbers(value("release: ")?)?, host: value("host: ")?.to_owned() })
}

/// The first two numbers of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(unix)]
fn run(xtask: &mut Command) {
    use std::os::unix::process::CommandExt;
    fail(&format!("cannot start the release system: {}", xtask.exec()));
}

#[cfg(not(unix))]
fn run(xtask: &mut Command) {
    match xtask.status() {
        Ok(status) => process::exit(status.code().unwrap_or(1)),
        Err(error) => fail(&format!("cannot start the release system: {}", error)),
    }
}

fn fail(reason: &str) {
    eprintln!("error: {}", reason);
    process::exit(1);
}
