//! The sequence of `publish`: which releases and crates there are to publish, and where each channel is asked from.

use std::path::{Path, PathBuf};

use super::{Members, members, planned, publication, publication_of_crates, signing};
use crate::channel::crates_io;
use crate::channel::publish::Workplace;
use crate::config::Config;
use crate::layout::{self, Releases};
use crate::manifest::Manifest;
use crate::names;
use crate::plan::Wanted;
use crate::project::Project;
use crate::publish::{Publication, WorkFolder};
use crate::report::{Context, Error, Result};
use crate::run::Runner;

/// What is to be published.
#[derive(Debug, Clone, Default)]
pub struct Publishing {
    /// The workspace's manifest; the one around the working folder unless set.
    pub manifest_path: Option<PathBuf>,
    /// The release directory; those of the workspace's present version unless given.
    pub dir: Option<PathBuf>,
    /// Only the release of this tag.
    pub tag: Option<String>,
    /// Only to these channels; to all unless there are any.
    pub channels: Vec<String>,
    /// Whether files take the place of others that were published under their names.
    pub replace: bool,
}

/// Where it is published from. No other run changes the release directories as long as there is one.
pub struct Place {
    wanted: Publishing,
    /// The release directories.
    folders: Vec<PathBuf>,
    /// The workspace, if its crates are published.
    crates: Option<(Project, Members)>,
    /// Whether there is a workspace.
    has_sources: bool,
    runner: Runner,
    work: WorkFolder,
    _lock: Option<Releases>,
}

impl Publishing {
    /// Finds the releases.
    ///
    /// # Errors
    /// No workspace where one is needed, a release that was not made, another run that is at it.
    pub fn place(self) -> Result<Place> {
        let project = Project::load(self.manifest_path.as_deref());
        // What publishes sees no secret of signing.
        let config = project.as_ref().ok().and_then(|project| Config::load(&project.root, &[]).ok());
        let _ = config.as_ref().and_then(signing::configured);
        let absolute = |path: &Path| std::path::absolute(path).context(|| format!("cannot find {}", path.display()));
        // A release directory is published by itself too, without the workspace that it was made from.
        let is_needed = self.dir.is_none() || self.is_named(crates_io::ID);
        let project = if is_needed { Some(project?) } else { project.ok() };
        let folders = match (&self.dir, &project) {
            (Some(dir), _) => vec![absolute(dir)?],
            (None, Some(project)) => self.folders_of(project)?,
            (None, None) => Vec::new(),
        };
        let has_sources = project.is_some();
        // Relative paths of the configuration count from there.
        let root = project.as_ref().map_or_else(|| absolute(Path::new(".")), |project| Ok(project.root.clone()))?;
        let below = project.as_ref().map_or_else(std::env::temp_dir, |project| project.target_dir.clone());
        let crates = project.filter(|_| self.wants_crates()).map(|project| Ok((members(&project)?, project)));
        let crates = crates.transpose()?.and_then(|(members, project)| {
            let members = if self.is_named(crates_io::ID) { Some(members) } else { members.configured() };
            members.map(|members| (project, members))
        });
        let runner = Runner::new(&root)?;
        // One lock for all: they are in one folder.
        let lock = folders.first().map(|folder| Releases::around(folder)).transpose()?.flatten();
        let work = WorkFolder::new(&below)?;
        Ok(Place { wanted: self, folders, crates, has_sources, runner, work, _lock: lock })
    }

    /// The releases that the workspace comes to as it stands, which have to be there: but for crates, which need none.
    fn folders_of(&self, project: &Project) -> Result<Vec<PathBuf>> {
        let is_for_crates = self.is_only(crates_io::ID);
        let has_programs = project.packages.iter().any(|package| package.is_product() && !package.binaries.is_empty());
        let releases = layout::folder_of(project);
        let wanted = Wanted { tag: self.tag.clone(), ..Wanted::default() };
        let tags = match planned(project, &wanted) {
            // What is wrong with the configuration of crates is found with them.
            Err(_) if is_for_crates || (!has_programs && self.wants_crates()) => Vec::new(),
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

    fn is_named(&self, channel: &str) -> bool {
        self.channels.iter().any(|id| id == channel)
    }

    /// Whether no other channel is wanted.
    fn is_only(&self, channel: &str) -> bool {
        self.is_named(channel) && self.channels.iter().all(|id| id == channel)
    }

    fn wants_crates(&self) -> bool {
        self.channels.is_empty() || self.is_named(crates_io::ID)
    }

    /// The channels that publish from a release directory.
    fn of_releases(&self) -> Vec<String> {
        self.channels.iter().filter(|id| *id != crates_io::ID).cloned().collect()
    }
}

impl Place {
    /// Asks what publishing comes to; crates come first, for what follows can be made of them.
    ///
    /// # Errors
    /// As [`publication`] and [`publication_of_crates`]; nothing to publish.
    pub fn publications(&mut self) -> Result<Vec<(Publication, Workplace<'_>)>> {
        let crates = self.crates.take();
        let Self { wanted, folders, has_sources, runner, work, .. } = &*self;
        let at = |folder| Workplace { folder, work: work.path(), runner, replace: wanted.replace };
        let mut publications = Vec::new();
        if let Some((project, members)) = crates {
            let read = |folder: &PathBuf| Manifest::read(folder).map(|(manifest, _)| manifest);
            let releases = folders.iter().map(read).collect::<Result<Vec<_>>>()?;
            let of = releases.first().filter(|_| wanted.dir.is_some() || wanted.tag.is_some());
            let at = at(work.path());
            publications.push((publication_of_crates(&at, project, members, (&releases, of))?, at));
        }
        for folder in folders.iter().filter(|_| !wanted.is_only(crates_io::ID)) {
            let mut publication = publication(&at(folder), &wanted.of_releases())?;
            if !has_sources && wanted.wants_crates() {
                publication.skipped.extend(crates_io::without_sources(&Manifest::read(folder)?.0));
            }
            publications.push((publication, at(folder)));
        }
        if publications.is_empty() {
            return Err(Error::new("there is nothing to publish")
                .because(
                    "the workspace has no program to release, and nothing says that its crates are to be published",
                )
                .help(format!("cargo xtask dist publish --channel {}", crates_io::ID)));
        }
        Ok(publications)
    }
}
