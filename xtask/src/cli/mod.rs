//! The command line: what the user said, and what is shown for it.

mod dist;
mod doctor;
mod setup;
mod show;
mod verify;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::plan::Wanted;
use crate::project::Project;
use crate::release::{self, Request};
use crate::report::{Error, Result, terminal};
use crate::targets::Target;

/// This repository's chores.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dist(Dist),
}

/// Make a release of this workspace's programs: compile, pack, render every channel, verify.
///
/// The release appears in target/releases/<TAG>/, whole or not at all. Nothing is uploaded, and nothing is written
/// outside the target folder. Settings are in packaging/dist.toml; without one, Cargo.toml says all that is needed.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_long_help = EXAMPLES)]
struct Dist {
    #[command(subcommand)]
    command: Option<DistCommand>,
    #[command(flatten)]
    options: dist::Options,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask dist                         release for the targets of packaging/dist.toml, else for this machine
  cargo xtask dist --plan                  show what would be made, and stop
  cargo xtask dist --target x86_64-unknown-linux-musl
  cargo xtask dist --manifest-path ../other/Cargo.toml
  cargo xtask dist verify                  look at finished releases again
  cargo xtask dist verify DIR --format json
  cargo xtask dist doctor                  what the targets need, and what this machine lacks of it
  cargo xtask dist setup --target all      bring what they need

Exit codes: 0 done, 1 it failed, 2 wrong usage or configuration.";

#[derive(Debug, Subcommand)]
enum DistCommand {
    Verify(verify::Options),
    Setup(setup::Options),
    Doctor(doctor::Options),
}

/// How results are written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Where the workspace is.
#[derive(Debug, Args)]
struct Workspace {
    /// The Cargo.toml (or its folder) of the workspace to release
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// Which targets something is done for.
#[derive(Debug, Args)]
struct Targets {
    /// For this target: a triple, `host`, or `all`; may be repeated. Those of the release unless given
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
}

impl Targets {
    /// The workspace and the targets in it, each once.
    fn resolve(&self, workspace: &Workspace) -> Result<(Project, Vec<Target>)> {
        let wanted = Wanted { targets: self.target.clone(), ..Wanted::default() };
        let planned =
            release::plan(&Request { manifest_path: workspace.manifest_path.clone(), wanted, ..Request::default() })?;
        let packages = planned.releases.iter().flat_map(|release| &release.packages);
        let targets: BTreeSet<Target> =
            packages.flat_map(|package| &package.targets).map(|plan| plan.target.clone()).collect();
        Ok((planned.project, targets.into_iter().collect()))
    }
}

/// Runs the command line of the process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; wrong words exit with 2. A closed stream changes neither.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let Command::Dist(dist) = cli.command;
    match dist.command {
        None => dist::run(dist.options),
        Some(DistCommand::Verify(options)) => verify::run(&options),
        Some(DistCommand::Setup(options)) => setup::run(&options),
        Some(DistCommand::Doctor(options)) => doctor::run(&options),
    }
}

fn report(error: &Error) {
    for problem in error.problems() {
        terminal::error(problem);
    }
}

/// Writes a value to stdout as JSON.
fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::new("cannot write JSON").because(error))?;
    terminal::data(&text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
