//! The command line: what the user said, and what is shown for it.

mod adopt;
mod binstall;
mod check;
mod ci;
mod dist;
mod doctor;
mod new;
mod publish;
mod setup;
mod shards;
mod show;
mod status;
mod tag;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::plan::Wanted;
use crate::release::{self, Fetch, Planned, Request};
use crate::report::{Error, Result, terminal};
use crate::setup::Setup;

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
/// The release appears in target/releases/<TAG>/, whole or not at all. Nothing is uploaded (that is `publish`), and
/// nothing is written outside the target folder. Settings are in packaging/dist.toml; without one, Cargo.toml says all
/// that is needed.
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
  cargo xtask dist build --target aarch64-apple-darwin -o shards/mac        a part, on this machine
  cargo xtask dist merge shards/*          join the parts of several machines
  cargo xtask dist --target all --keep-going       what can be made here; the rest is named
  cargo xtask dist verify                  look at finished releases again
  cargo xtask dist verify DIR --format json
  cargo xtask dist verify DIR --public-key RW…    whether all of it is signed with this key
  cargo xtask dist publish --dry-run       ask every channel what publishing would change
  cargo xtask dist publish --channel homebrew
  cargo xtask dist doctor                  what the targets need, and what this machine lacks of it
  cargo xtask dist setup --target all      bring what they need
  cargo xtask dist binstall explain        which URLs cargo-binstall tries, and where it finds the programs
  cargo xtask dist check                   what a registry or its users would find wrong with the crates
  cargo xtask dist publish-status          which crates are published, and which are to be
  cargo xtask dist binstall sync           write into each Cargo.toml what it needs of that; --check only looks
  cargo xtask dist tag --dry-run           what stands in the way of tagging this commit; without, tag and push
  cargo xtask dist ci github               write the workflow that releases what is tagged; --check only looks
  cargo xtask dist adopt ../other          put this release system into another repository; --update, --check later
  cargo xtask dist new ../hello            a new project with it

Exit codes: 0 done, 1 it failed, 2 wrong usage or configuration.";

#[derive(Debug, Subcommand)]
enum DistCommand {
    Build(shards::Build),
    Merge(shards::Merge),
    Verify(verify::Options),
    Publish(publish::Options),
    Setup(setup::Options),
    Doctor(doctor::Options),
    Binstall(binstall::Options),
    PublishStatus(status::Options),
    Ci(ci::Options),
    Tag(tag::Options),
    Check(check::Options),
    Adopt(adopt::Options),
    New(new::Options),
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

/// What is released, and from where.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command line")]
struct What {
    /// Only for this channel (archive, binstall, homebrew, crates-io, npm, docker); may be repeated
    #[arg(long, value_name = "CHANNEL")]
    channel: Vec<String>,
    /// Only the releases of this package; may be repeated
    #[arg(long, short, value_name = "NAME")]
    package: Vec<String>,
    /// Only the release that has this tag: an error if the versions in Cargo.toml come to none
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// A setting over packaging/dist.toml, in TOML: `tag = "nightly"`; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    config: Vec<String>,
    /// Leave signatures out, where [minisign] is configured: a release to try, whose manifest names no key
    #[arg(long)]
    no_sign: bool,
    /// Refuse to release changes that are not committed
    #[arg(long)]
    require_clean: bool,
    /// Use no network: neither for tools nor for crates
    #[arg(long)]
    offline: bool,
    /// Bring no tools and no standard libraries; what is missing is an error
    #[arg(long)]
    no_setup: bool,
    /// Where a target cannot be made, make the rest; exits with 1 all the same, and the manifest says what is missing
    #[arg(long)]
    keep_going: bool,
    #[command(flatten)]
    workspace: Workspace,
}

impl What {
    /// The request for these targets, of which `only` some are built.
    fn request(self, targets: Vec<String>, only: Option<Vec<String>>) -> Request {
        Request {
            manifest_path: self.workspace.manifest_path,
            overrides: self.config,
            wanted: Wanted {
                packages: self.package,
                tag: self.tag,
                targets,
                channels: self.channel,
                unsigned: self.no_sign,
            },
            only,
            require_clean: self.require_clean,
            fetch: match (self.offline, self.no_setup) {
                (true, _) => Fetch::Nothing,
                (false, true) => Fetch::Crates,
                (false, false) => Fetch::All,
            },
            keep_going: self.keep_going,
        }
    }
}

/// Where the workspace is.
#[derive(Debug, Args)]
struct Workspace {
    /// The Cargo.toml (or its folder) of the workspace to release
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// What is asked about this machine: `doctor` answers, `setup` mends.
#[derive(Debug, Args)]
struct Machine {
    /// For this target: a triple, `host`, or `all`; may be repeated. Those of the release unless given
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// As if there were no network: nothing is downloaded
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    workspace: Workspace,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Machine {
    /// The plan for the targets, and what is known of the machine.
    fn look(&self) -> Result<(Planned, Setup)> {
        let wanted = Wanted { targets: self.target.clone(), ..Wanted::default() };
        let manifest_path = self.workspace.manifest_path.clone();
        let planned = release::plan(&Request { manifest_path, wanted, ..Request::default() })?;
        let setup = Setup::new(&planned.project)?.offline(self.offline);
        Ok((planned, setup))
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
    release::signing::hide_usual_secrets();
    let Command::Dist(dist) = cli.command;
    match dist.command {
        None => dist::run(dist.options),
        Some(DistCommand::Build(options)) => shards::build(options),
        Some(DistCommand::Merge(options)) => shards::merge(&options),
        Some(DistCommand::Verify(options)) => verify::run(&options),
        Some(DistCommand::Publish(options)) => publish::run(&options),
        Some(DistCommand::Setup(options)) => setup::run(&options),
        Some(DistCommand::Doctor(options)) => doctor::run(&options),
        Some(DistCommand::Binstall(options)) => binstall::run(&options),
        Some(DistCommand::PublishStatus(options)) => status::run(&options),
        Some(DistCommand::Ci(options)) => ci::run(&options),
        Some(DistCommand::Tag(options)) => tag::run(&options),
        Some(DistCommand::Check(options)) => check::run(&options),
        Some(DistCommand::Adopt(options)) => adopt::run(&options),
        Some(DistCommand::New(options)) => new::run(&options),
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
