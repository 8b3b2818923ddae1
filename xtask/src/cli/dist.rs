//! `cargo xtask dist`, and `--plan`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::{Format, What, print_json, show};
use crate::manifest::Manifest;
use crate::plan::{BuildPlan, ReleasePlan};
use crate::release::{self, Finished, Planned, Preview};
use crate::report::{Result, terminal};

#[derive(Debug, Args)]
pub struct Options {
    /// Show what would be made, for whom and under which names, and stop
    #[arg(long)]
    plan: bool,
    /// Release for this target: a triple, `host`, or `all`; may be repeated
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    #[command(flatten)]
    what: What,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What `--plan --format json` prints.
#[derive(Serialize)]
struct PlanView<'a> {
    releases: &'a [ReleasePlan],
    /// What their channels will say, one for each release.
    previews: &'a [Preview],
    build: &'a BuildPlan,
}

/// What `--format json` prints of a release.
#[derive(Serialize)]
pub struct ReleaseView<'a> {
    folder: &'a Path,
    manifest: &'a Manifest,
}

pub fn run(options: Options) -> Result<ExitCode> {
    let started = Instant::now();
    let planned = release::plan(&options.what.request(options.target, None))?;
    if options.plan {
        match options.format {
            Format::Text => terminal::data(show::plan(&planned).trim_end()),
            Format::Json => print_json(&PlanView {
                releases: &planned.releases,
                previews: &planned.previews,
                build: &planned.build,
            })?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    terminal::say(&show::plan(&planned));
    notes(&planned);
    let finished = release::dist(&planned)?;
    match options.format {
        Format::Text => terminal::data(show::summary(&finished, started.elapsed()).trim_end()),
        Format::Json => print_json(&finished.iter().map(view).collect::<Vec<_>>())?,
    }
    // A release of which nothing could be made is not among them.
    let all_there = finished.len() == planned.releases.len();
    Ok(exit_code(all_there && finished.iter().all(|release| release.manifest.missing.is_empty())))
}

/// What the process exits with, where something was made.
pub fn exit_code(is_whole: bool) -> ExitCode {
    if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A release for programs.
pub fn view(finished: &Finished) -> ReleaseView<'_> {
    ReleaseView { folder: &finished.folder, manifest: &finished.manifest }
}

/// What is worth knowing of the repository's state.
pub fn notes(planned: &Planned) {
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
