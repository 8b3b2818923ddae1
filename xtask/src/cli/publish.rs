//! `cargo xtask dist publish`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{Format, Workspace, print_json, show};
use crate::channel::{self, publish::Workplace};
use crate::config::{Config, unknown};
use crate::layout::{self, Releases};
use crate::names;
use crate::plan::Wanted;
use crate::project::Project;
use crate::publish::{Asked, Publication, State, WorkFolder};
use crate::release::{self, signing};
use crate::report::{Context, Error, Result, Skip, terminal};
use crate::run::Runner;

/// Publish a finished release: verify it, ask every channel what is there already, and do what is left.
///
/// Nothing is changed anywhere before all channels were asked. What nobody sees yet comes first, what points at the
/// release's URLs (a Homebrew tap) last. After a failure, the same command does the rest.
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
    #[command(flatten)]
    workspace: Workspace,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What `--format json` prints of a release.
#[derive(Serialize)]
struct View<'a> {
    tag: &'a str,
    steps: Vec<StepView<'a>>,
    skipped: &'a [Skip],
}

#[derive(Serialize)]
struct StepView<'a> {
    channel: &'a str,
    title: &'a str,
    #[serde(flatten)]
    state: &'a State,
}

/// What is published, and from where.
struct Place {
    /// Where programs run: relative paths of the configuration count from there.
    root: PathBuf,
    /// Where temporary files go.
    below: PathBuf,
    /// The release directories.
    folders: Vec<PathBuf>,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    check_channels(&options.channel)?;
    let place = Place::find(options)?;
    let runner = Runner::new(&place.root)?;
    // One lock for all: they are in one folder.
    let _lock = place.folders.first().map(|folder| Releases::around(folder)).transpose()?;
    let work = WorkFolder::new(&place.below)?;
    let at = |folder| Workplace { folder, work: work.path(), runner: &runner };
    let asked = place.folders.iter().map(|folder| release::publication(&at(folder), &options.channel));
    // All are asked for before the first is published.
    let mut publications = asked.collect::<Result<Vec<_>>>()?;
    for publication in publications.iter().filter(|publication| publication.points_at_urls()) {
        terminal::note(format_args!("upload the files of {} first: the formula points at them", publication.tag));
    }
    let mut result = Ok(());
    if !options.dry_run {
        let mut all = publications.iter().zip(&place.folders);
        result = all.try_for_each(|(publication, folder)| publication.authorise(&at(folder)));
        for (publication, folder) in publications.iter_mut().zip(&place.folders) {
            result = result.and_then(|()| publication.run(&at(folder)));
        }
    }
    match options.format {
        Format::Text => publications.iter().for_each(|it| terminal::data(show::publication(it).trim_end())),
        Format::Json => print_json(&publications.iter().map(view).collect::<Vec<_>>())?,
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

impl Place {
    fn find(options: &Options) -> Result<Self> {
        let project = Project::load(options.workspace.manifest_path.as_deref());
        // What publishes sees no secret of signing.
        let config = project.as_ref().ok().and_then(|project| Config::load(&project.root, &[]).ok());
        let _ = config.as_ref().and_then(signing::configured);
        let Some(dir) = &options.dir else {
            let project = project?;
            let folders = folders_of(&project, options.tag.clone())?;
            return Ok(Self { root: project.root, below: project.target_dir, folders });
        };
        let absolute = |path: &Path| std::path::absolute(path).context(|| format!("cannot find {}", path.display()));
        let folders = vec![absolute(dir)?];
        // A release directory is published by itself too, without the workspace that it was made from.
        match project {
            Ok(project) => Ok(Self { root: project.root, below: project.target_dir, folders }),
            Err(_) => Ok(Self { root: absolute(Path::new("."))?, below: std::env::temp_dir(), folders }),
        }
    }
}

/// The releases that the workspace comes to as it stands, which have to be there.
fn folders_of(project: &Project, tag: Option<String>) -> Result<Vec<PathBuf>> {
    let releases = layout::folder_of(project);
    let wanted = Wanted { tag, ..Wanted::default() };
    let tags = release::planned(project, &wanted)?.into_iter().map(|plan| plan.tag);
    let folders = tags.map(|tag| (releases.join(names::release_folder(&tag)), tag));
    let found = folders.map(|(folder, tag)| {
        let none = || Error::new(format!("there is no release of {tag} in {}", releases.display()));
        if folder.is_dir() { Ok(folder) } else { Err(none().help("make it: cargo xtask dist")) }
    });
    found.collect()
}

fn view(publication: &Publication) -> View<'_> {
    View {
        tag: &publication.tag,
        steps: publication.steps.iter().map(step_view).collect(),
        skipped: &publication.skipped,
    }
}

fn step_view(asked: &Asked) -> StepView<'_> {
    StepView { channel: asked.channel, title: &asked.title, state: &asked.state }
}
