//! `cargo xtask dist tag`.

use std::process::ExitCode;

use clap::Args;

use super::Workspace;
use crate::plan::Wanted;
use crate::release::{self, Request, Tag, Tagging};
use crate::report::{Error, Result, terminal};

/// Tag this commit as the release that its versions say, and push the tag: what has CI release it.
///
/// First it is looked at what would stop the release: changes that are not committed, a version that was tagged before,
/// no section for it in CHANGELOG.md, a Cargo.toml out of step with `binstall sync`. The section becomes the tag's
/// message; git signs it if it is so configured (`tag.gpgSign`).
#[derive(Debug, Args)]
pub struct Options {
    /// Only this tag, of a workspace that has several; an error if the versions in Cargo.toml come to another
    tag: Option<String>,
    /// Look, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Where it is pushed to: a remote's name or URL. The branch's own, or the only one, unless given
    #[arg(long, value_name = "REMOTE")]
    remote: Option<String>,
    /// As if there were no network, without which nothing can be tagged
    #[arg(long)]
    offline: bool,
    /// Tag it though CHANGELOG.md says nothing of the version
    #[arg(long)]
    no_changelog: bool,
    #[command(flatten)]
    workspace: Workspace,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    if options.offline {
        let error = Error::usage("a tag is pushed, and its remote is asked what it has: that needs the network");
        return Err(error.help("leave --offline out; git itself tags without: git tag --annotate"));
    }
    let request = Request {
        manifest_path: options.workspace.manifest_path.clone(),
        wanted: Wanted { tag: options.tag.clone(), ..Wanted::default() },
        ..Request::default()
    };
    let tagging = Tagging { remote: options.remote.clone(), without_changelog: options.no_changelog };
    let found = release::tags(&request, &tagging)?;
    for tag in &found.elsewhere {
        terminal::note(format_args!("{tag} was released before: its packages have the version of then"));
    }
    if !options.dry_run {
        found.make()?;
    }
    for tag in &found.tags {
        terminal::data(&format!("{}: {}", tag.name, said(tag, &found.remote, options.dry_run)));
    }
    Ok(ExitCode::SUCCESS)
}

fn said(tag: &Tag, remote: &str, dry_run: bool) -> String {
    match (tag.is_made, tag.is_pushed, dry_run) {
        (_, true, _) => format!("{remote} has it"),
        (true, false, true) => format!("to be pushed to {remote}"),
        (false, false, true) => format!("to be made and pushed to {remote}"),
        (true, false, false) => format!("pushed to {remote}"),
        (false, false, false) => format!("made, and pushed to {remote}"),
    }
}
