//! `cargo xtask dist publish`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{Format, Workspace, print_json, show};
use crate::channel;
use crate::config::unknown;
use crate::publish::{self, Asked, Publication, State};
use crate::release::Publishing;
use crate::report::{Error, Result, Skip, terminal};

/// Publish a finished release: verify it, ask every channel what is there already, and do what is left.
///
/// Nothing is changed anywhere before all channels were asked. What nobody sees yet comes first, what points at the
/// release's URLs (a Homebrew tap) last. After a failure, the same command does the rest.
///
/// Crates go to their registry from the workspace, which has to be at the commit of the release: with --channel crates-io,
/// or where `registry` is set under [channel.crates-io].
#[derive(Debug, Args)]
pub struct Options {
    /// The release directory; those of the workspace's present version unless given
    dir: Option<PathBuf>,
    /// Only to this channel; may be repeated
    #[arg(long, value_name = "CHANNEL")]
    channel: Vec<String>,
    /// Only the release of this tag, of those of the workspace's present version
    #[arg(long, value_name = "TAG", conflicts_with = "dir")]
    tag: Option<String>,
    /// Ask, show what would be done, and stop
    #[arg(long)]
    dry_run: bool,
    /// Put the release's files in the place of others that were published under their names
    #[arg(long)]
    replace: bool,
    /// Refused: publishing is done over the network
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    workspace: Workspace,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What `--format json` prints of a release.
#[derive(Serialize)]
struct View<'a> {
    /// None for the workspace's crates.
    tag: Option<&'a str>,
    steps: Vec<StepView<'a>>,
    skipped: &'a [Skip],
}

#[derive(Serialize)]
struct StepView<'a> {
    channel: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(flatten)]
    state: &'a State,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    check_channels(&options.channel)?;
    if options.offline {
        let error = Error::usage("nothing can be published without the network");
        return Err(error.help("leave --offline out; `cargo xtask dist verify` asks nobody"));
    }
    let wanted = Publishing {
        manifest_path: options.workspace.manifest_path.clone(),
        dir: options.dir.clone(),
        tag: options.tag.clone(),
        channels: options.channel.clone(),
        replace: options.replace,
    };
    let mut place = wanted.place()?;
    // All are asked for before the first is published.
    let mut publications = place.publications()?;
    for (publication, _) in publications.iter().filter(|(publication, _)| publication.points_at_urls()) {
        let tag = publication.tag.as_deref().unwrap_or_default();
        terminal::note(format_args!("upload the files of {tag} first: the formula points at them"));
    }
    let result = if options.dry_run { Ok(()) } else { publish::run(&mut publications) };
    match options.format {
        Format::Text => publications.iter().for_each(|(it, _)| terminal::data(show::publication(it).trim_end())),
        Format::Json => print_json(&publications.iter().map(|(it, _)| view(it)).collect::<Vec<_>>())?,
    }
    let again = "mend it and run the same command again: it does what is left";
    result.map(|()| ExitCode::SUCCESS).map_err(|error| error.help(again))
}

fn check_channels(words: &[String]) -> Result<()> {
    let known: Vec<&str> = channel::ALL.iter().map(|channel| channel.id()).collect();
    let strangers = words.iter().filter(|id| !known.contains(&id.as_str()));
    let strangers: Vec<_> = strangers.map(|id| unknown("channel", id, &known)).collect();
    if strangers.is_empty() { Ok(()) } else { Err(Error::configuration(strangers)) }
}

fn view(publication: &Publication) -> View<'_> {
    View {
        tag: publication.tag.as_deref(),
        steps: publication.steps.iter().map(step_view).collect(),
        skipped: &publication.skipped,
    }
}

fn step_view(asked: &Asked) -> StepView<'_> {
    StepView { channel: asked.channel, title: &asked.title, url: asked.url.as_deref(), state: &asked.state }
}
