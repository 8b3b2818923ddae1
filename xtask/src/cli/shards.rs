//! `cargo xtask dist build` and `cargo xtask dist merge`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::{Format, What, Workspace, dist, print_json, show};
use crate::manifest::Manifest;
use crate::release;
use crate::report::{Result, terminal};

/// Make a part of a release on this machine: the archives of some of its targets, for `merge` to join.
///
/// The release is that of packaging/dist.toml with all its targets (without `targets` there: of the default set that
/// `--target all` has). Every part must be made from the same commit with the same settings.
#[derive(Debug, Args)]
pub struct Build {
    /// Build this target of the release: a triple, or `host`; may be repeated
    #[arg(long, value_name = "TARGET", required = true)]
    target: Vec<String>,
    /// Where the shard is written; target/shards/TARGET unless given
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    what: What,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Join the shards of one release, render every channel, sign, verify, and put it into target/releases.
///
/// The result is byte for byte what one machine would have made of all targets. Only this needs the secret key of a
/// signed release. Shards that do not fit together, and
/// targets that no shard has, are named.
#[derive(Debug, Args)]
pub struct Merge {
    /// Folders that hold shards, at any depth
    #[arg(required = true, value_name = "DIR")]
    shards: Vec<PathBuf>,
    /// Make the release without the archives that no shard has; exits with 1 then, and the manifest names them
    #[arg(long)]
    keep_going: bool,
    /// Leave signatures out: a release to try, whose manifest names no key
    #[arg(long)]
    no_sign: bool,
    #[command(flatten)]
    workspace: Workspace,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What `build --format json` prints of a shard.
#[derive(Serialize)]
struct ShardView<'a> {
    folder: &'a Path,
    record: &'a Manifest,
}

pub fn build(options: Build) -> Result<ExitCode> {
    let request = options.what.request(vec!["all".to_owned()], Some(options.target));
    let planned = release::plan(&request)?;
    dist::notes(&planned);
    let shards = release::build(&planned, options.output.as_deref())?;
    match options.format {
        Format::Text => shards.iter().for_each(|shard| terminal::data(show::shard(shard).trim_end())),
        Format::Json => {
            let views = shards.iter().map(|shard| ShardView { folder: &shard.folder, record: &shard.record });
            print_json(&views.collect::<Vec<_>>())?;
        }
    }
    Ok(dist::exit_code(shards.iter().all(|shard| shard.record.missing.is_empty())))
}

pub fn merge(options: &Merge) -> Result<ExitCode> {
    let started = Instant::now();
    let how = release::Joining { keep_going: options.keep_going, unsigned: options.no_sign };
    let finished = release::merge(options.workspace.manifest_path.as_deref(), &options.shards, how)?;
    match options.format {
        Format::Text => terminal::data(show::summary(&finished, started.elapsed()).trim_end()),
        Format::Json => print_json(&finished.iter().map(dist::view).collect::<Vec<_>>())?,
    }
    Ok(dist::exit_code(finished.iter().all(|release| release.manifest.missing.is_empty())))
}
