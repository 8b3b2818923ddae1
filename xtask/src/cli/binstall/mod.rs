//! `cargo xtask dist binstall`: what cargo-binstall makes of a package.

mod explain;
mod judge;
mod sync;
mod text;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::report::Result;

/// What the real `cargo binstall` does with a package, and what its Cargo.toml has to say for it.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Explain(explain::Options),
    Sync(sync::Options),
}

pub fn run(options: &Options) -> Result<ExitCode> {
    match &options.command {
        Command::Explain(options) => explain::run(options),
        Command::Sync(options) => sync::run(options),
    }
}
