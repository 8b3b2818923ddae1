//! `cargo xtask dist`, and `--plan`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::{Format, Workspace, print_json, show};
use crate::manifest::Manifest;
use crate::plan::{BuildPlan, ReleasePlan, Wanted};
use crate::release::{self, Finished, Planned, Request};
use crate::report::{Result, terminal};

#[derive(Debug, Args)]
pub struct Options {
    /// Show what would be made, for whom and under which names, and stop
    #[arg(long)]
    plan: bool,
    /// Release for this target: a triple, `host`, or `all`; may be repeated
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// Only for this channel (archive, binstall, homebrew, docker); may be repeated
    #[arg(long, value_name = "CHANNEL")]
    channel: Vec<String>,
    /// Only the releases of this package; may be repeated
    #[arg(long, short, value_name = "NAME")]
    package: Vec<String>,
    /// A setting over packaging/dist.toml, in TOML: `tag = "nightly"`; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    config: Vec<String>,
    /// Refuse to release changes that are not committed
    #[arg(long)]
    require_clean: bool,
    #[command(flatten)]
    workspace: Workspace,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What `--plan --format json` prints.
#[derive(Serialize)]
struct PlanView<'a> {
    releases: &'a [ReleasePlan],
    build: &'a BuildPlan,
}

/// What `--format json` prints of a release.
#[derive(Serialize)]
struct ReleaseView<'a> {
    folder: &'a Path,
    manifest: &'a Manifest,
}

pub fn run(options: Options) -> Result<ExitCode> {
    let started = Instant::now();
    let request = Request {
        manifest_path: options.workspace.manifest_path,
        overrides: options.config,
        wanted: Wanted { packages: options.package, targets: options.target, channels: options.channel },
        require_clean: options.require_clean,
    };
    let planned = release::plan(&request)?;
    if options.plan {
        match options.format {
            Format::Text => terminal::data(show::plan(&planned).trim_end()),
            Format::Json => print_json(&PlanView { releases: &planned.releases, build: &planned.build })?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    terminal::say(&show::plan(&planned));
    notes(&planned);
    let finished = release::dist(&planned)?;
    match options.format {
        Format::Text => terminal::data(show::summary(&finished, &planned, started.elapsed()).trim_end()),
        Format::Json => print_json(&finished.iter().map(view).collect::<Vec<_>>())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn view(finished: &Finished) -> ReleaseView<'_> {
    ReleaseView { folder: &finished.folder, manifest: &finished.manifest }
}

fn notes(planned: &Planned) {
    let source = &planned.source;
    if source.commit.is_none() {
        terminal::note(format_args!(
            "{} is not a git repository with a commit; every time stamp is {} seconds since 1970",
            planned.project.root.display(),
            source.epoch
        ));
    }
    if source.dirty.is_some() {
        terminal::note("there are changes that are not committed; the manifest says so (--require-clean refuses them)");
    }
}
