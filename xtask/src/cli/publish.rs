//! `cargo xtask dist publish`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{Format, Workspace, print_json, show};
use crate::channel::publish::Workplace;
use crate::channel::{self, crates_io};
use crate::config::{Config, unknown};
use crate::layout::{self, Releases};
use crate::manifest::Manifest;
use crate::names;
use crate::plan::Wanted;
use crate::project::Project;
use crate::publish::{self, Asked, Publication, State, WorkFolder};
use crate::release::{self, Members, signing};
use crate::report::{Context, Error, Result, Skip, terminal};
use crate::run::Runner;

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

/// What is published, and from where.
struct Place {
    /// Where programs run: relative paths of the configuration count from there.
    root: PathBuf,
    /// Where temporary files go.
    below: PathBuf,
    /// The release directories.
    folders: Vec<PathBuf>,
    /// The workspace, if there is one.
    project: Option<Project>,
    /// Whether there is one.
    has_sources: bool,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    check_channels(&options.channel)?;
    if options.offline {
        let error = Error::usage("nothing can be published without the network");
        return Err(error.help("leave --offline out; `cargo xtask dist verify` asks nobody"));
    }
    let place = Place::find(options)?;
    let members = place.project.as_ref().filter(|_| options.wants_crates()).map(release::members).transpose()?;
    let members = if options.is_named(crates_io::ID) { members } else { members.and_then(Members::configured) };
    let runner = Runner::new(&place.root)?;
    // One lock for all: they are in one folder.
    let _lock = place.folders.first().map(|folder| Releases::around(folder)).transpose()?;
    let work = WorkFolder::new(&place.below)?;
    let at = |folder| Workplace { folder, work: work.path(), runner: &runner, replace: options.replace };
    // All are asked for before the first is published; crates come first, for what follows can be made of them.
    let mut publications = Vec::new();
    if let (Some(members), Some(project)) = (members, place.project) {
        let read = |folder: &PathBuf| Manifest::read(folder).map(|(manifest, _)| manifest);
        let releases = place.folders.iter().map(read).collect::<Result<Vec<_>>>()?;
        let of = releases.first().filter(|_| options.dir.is_some() || options.tag.is_some());
        let at = at(work.path());
        publications.push((release::publication_of_crates(&at, project, members, (&releases, of))?, at));
    }
    for folder in place.folders.iter().filter(|_| !options.is_only(crates_io::ID)) {
        let mut publication = release::publication(&at(folder), &options.of_releases())?;
        if !place.has_sources && options.wants_crates() {
            publication.skipped.extend(crates_io::without_sources(&Manifest::read(folder)?.0));
        }
        publications.push((publication, at(folder)));
    }
    if publications.is_empty() {
        return Err(Error::new("there is nothing to publish")
            .because("the workspace has no program to release, and nothing says that its crates are to be published")
            .help(format!("cargo xtask dist publish --channel {}", crates_io::ID)));
    }
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

impl Options {
    fn is_named(&self, channel: &str) -> bool {
        self.channel.iter().any(|id| id == channel)
    }

    /// Whether no other channel is wanted.
    fn is_only(&self, channel: &str) -> bool {
        self.is_named(channel) && self.channel.iter().all(|id| id == channel)
    }

    fn wants_crates(&self) -> bool {
        self.channel.is_empty() || self.is_named(crates_io::ID)
    }

    /// The channels that publish from a release directory.
    fn of_releases(&self) -> Vec<String> {
        self.channel.iter().filter(|id| *id != crates_io::ID).cloned().collect()
    }
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
            let folders = folders_of(&project, options)?;
            return Ok(Self::in_workspace(project, folders));
        };
        let absolute = |path: &Path| std::path::absolute(path).context(|| format!("cannot find {}", path.display()));
        let folders = vec![absolute(dir)?];
        // A release directory is published by itself too, without the workspace that it was made from.
        match project {
            Ok(project) => Ok(Self::in_workspace(project, folders)),
            Err(error) if options.is_named(crates_io::ID) => Err(error),
            Err(_) => Ok(Self {
                root: absolute(Path::new("."))?,
                below: std::env::temp_dir(),
                folders,
                project: None,
                has_sources: false,
            }),
        }
    }

    fn in_workspace(project: Project, folders: Vec<PathBuf>) -> Self {
        Self {
            root: project.root.clone(),
            below: project.target_dir.clone(),
            folders,
            project: Some(project),
            has_sources: true,
        }
    }
}

/// The releases that the workspace comes to as it stands, which have to be there: but for crates, which need none.
fn folders_of(project: &Project, options: &Options) -> Result<Vec<PathBuf>> {
    let is_for_crates = options.is_only(crates_io::ID);
    let has_programs = project.packages.iter().any(|package| package.publishable && !package.binaries.is_empty());
    let releases = layout::folder_of(project);
    let wanted = Wanted { tag: options.tag.clone(), ..Wanted::default() };
    let tags = match release::planned(project, &wanted) {
        // What is wrong with the configuration of crates is found with them.
        Err(_) if is_for_crates || (!has_programs && options.wants_crates()) => Vec::new(),
        planned => planned?.into_iter().map(|plan| plan.tag).collect(),
    };
    let folders = tags.into_iter().map(|tag| (releases.join(names::release_folder(&tag)), tag));
    let folders = folders.filter(|(folder, _)| folder.is_dir() || !is_for_crates);
    let found = folders.map(|(folder, tag)| {
        let none = || Error::new(format!("there is no release of {tag} in {}", releases.display()));
        if folder.is_dir() { Ok(folder) } else { Err(none().help("make it: cargo xtask dist")) }
    });
    found.collect()
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
