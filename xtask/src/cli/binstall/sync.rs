//! `cargo xtask dist binstall sync`.

use std::process::ExitCode;

use clap::Args;

use super::super::Workspace;
use crate::channel::binstall::{SYNC, Synced};
use crate::plan::Wanted;
use crate::release::{self, Request, Sync};
use crate::report::{Problem, Result, terminal};

/// Write into each Cargo.toml what `cargo binstall` has to know to find the package's releases, or take it out.
///
/// Nothing is written where the names of the releases are those that cargo-binstall tries by itself. A section of yours
/// that leads to them stays as it is; in one that does not, only what is wrong is changed. Comments and format are kept.
/// All targets of packaging/dist.toml count, without one the usual five.
#[derive(Debug, Args)]
pub struct Options {
    /// Write nothing; exit with 1 if something would have to be written
    #[arg(long)]
    check: bool,
    /// Only for this package; may be repeated
    #[arg(long, short, value_name = "NAME")]
    package: Vec<String>,
    /// A setting over packaging/dist.toml, in TOML; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    config: Vec<String>,
    #[command(flatten)]
    workspace: Workspace,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let wanted = Wanted { packages: options.package.clone(), ..Wanted::default() };
    let syncs = release::sections(&Request {
        manifest_path: options.workspace.manifest_path.clone(),
        overrides: options.config.clone(),
        wanted,
        ..Request::default()
    })?;
    let mut right = true;
    for sync in &syncs {
        right &= one(options, sync)?;
    }
    if syncs.is_empty() {
        terminal::note("no package goes to the channel binstall");
    }
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the package's Cargo.toml is right, now.
fn one(options: &Options, sync: &Sync) -> Result<bool> {
    let Sync { package, manifest, .. } = sync;
    let synced = match &sync.synced {
        Ok(synced) => synced,
        Err(skip) => {
            terminal::warning(format_args!("left out: {skip}"));
            return Ok(true);
        }
    };
    for note in &synced.notes {
        terminal::note(format_args!("{manifest}: {note}"));
    }
    let changes = synced.changes.join("\n");
    match (&synced.changes[..], options.check) {
        ([], _) => terminal::data(&format!("{manifest}: {}", unchanged(package, synced))),
        (_, true) => {
            let what = format!("{manifest} is not in step with the releases of {package}");
            terminal::error(Problem::new(what).because(changes).help(SYNC));
        }
        (_, false) => {
            sync.write()?;
            terminal::data(&format!("{manifest}: written"));
            synced.changes.iter().for_each(|change| terminal::data(&format!("  {change}")));
        }
    }
    for complaint in &sync.remaining {
        let what = format!("`cargo binstall {package}` goes wrong: {}", complaint.what);
        terminal::warning(Problem::new(what).help(&complaint.remedy));
    }
    Ok(synced.changes.is_empty() || !options.check)
}

fn unchanged(package: &str, synced: &Synced) -> String {
    match crate::binstall::section("Cargo.toml", &synced.text) {
        Ok(None) => format!("nothing to write, cargo-binstall finds the releases of {package} by their names"),
        _ => format!("in step with the releases of {package}"),
    }
}
