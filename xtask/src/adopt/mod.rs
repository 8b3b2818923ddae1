//! Puts this release system into another repository, and brings it up to date there.
//!
//! In a repository, the engine is a workspace of its own, with a lock file and a toolchain of its own: nothing that the
//! repository pins, supports, vendors or forbids has to fit it. Of the repository's workspace, only the launcher is a
//! member, which has no dependencies and is what the alias runs.
//!
//! [`Survey`] reads, [`Adoption`] and [`Update`] are plain data that can be shown, and [`apply`] writes all or nothing.

mod apply;
mod cargo_config;
mod changes;
mod depend;
mod diff;
mod ignored;
mod lock;
mod manifest;
mod merge;
mod new;
mod record;
mod settings;
mod source;
mod survey;
mod takeover;
mod update;
mod vendor;

use std::collections::BTreeMap;

pub use apply::apply;
pub use changes::Changes;
pub use new::{Project, project};
pub use record::{Depend, FILE as RECORD};
pub use source::Source;
pub use survey::Survey;
pub use update::{Fate, Update, update};

use crate::project::{ENGINE, LAUNCHER};
use crate::report::{Error, Result};
use crate::template::DEFAULTS;
use record::Record;
use settings::Names;
use takeover::Takeover;

/// Where the engine is put, the folder being the alias's name too; the second where the first is taken.
const FOLDERS: [&str; 2] = ["xtask", "xtask-dist"];
/// The settings of a repository, below `packaging/`.
const SETTINGS: &str = "dist.toml";

/// What has to be changed in a repository so that it has the release system.
#[derive(Debug)]
pub struct Adoption {
    /// The files.
    pub changes: Changes,
    /// The alias: `cargo ALIAS dist`.
    pub alias: &'static str,
    /// What people should know of it.
    pub notes: Vec<String>,
}

/// Works out what has to be changed so that the repository has the release system.
///
/// # Errors
/// It has it already, or its files are not of the form that cargo takes.
pub fn adoption(survey: &Survey, source: &Source, depend: Option<Depend>) -> Result<Adoption> {
    if let Some(folder) = survey.adopted() {
        return Err(Error::usage(format!("{} has the release system already, in {folder}", survey.root.display()))
            .help("bring it up to date: cargo xtask dist adopt --update PATH"));
    }
    if survey::has_launcher(survey) || survey.members.iter().any(|member| member.name == ENGINE) {
        return Err(Error::usage(format!("{} has the release system already", survey.root.display()))
            .help("a copy that was made by hand: remove it and its member, and adopt again"));
    }
    let folder = survey.free_folder()?;
    let mut changes = Changes::default();
    let mut notes = Vec::new();
    let names = Names::of(survey);
    let mut files = BTreeMap::new();
    for (path, content) in source.copied(depend.is_some()) {
        changes.add(format!("{folder}/{path}"), content);
        files.insert(path.to_owned(), record::digest(content));
    }
    if let Some(depend) = depend {
        let own = depend::files(source, depend, &survey.root.join(folder))?;
        for (path, content) in own {
            changes.add(format!("{folder}/{path}"), content);
        }
    }
    let version = Source::VERSION.to_owned();
    let record = Record { version, commit: source.commit.clone(), depends: depend.is_some(), names, files };
    changes.add(format!("{folder}/{}", record::FILE), record.text());
    packaging(survey, &record.names, folder, &mut changes, &mut notes);
    integrate(survey, folder, &mut changes)?;
    if folder != FOLDERS[0] {
        notes.push(format!(
            "there is an `xtask` already: the release system is `cargo {folder} dist`. To have it as `cargo xtask dist`, \
             let yours run `cargo {folder}` with the words that it was given"
        ));
    }
    ignored::mend(survey, folder, &mut changes, &mut notes)?;
    vendor::add(survey, source, &mut changes, &mut notes)?;
    Ok(Adoption { changes, alias: folder, notes })
}

/// The templates, and the settings.
fn packaging(survey: &Survey, names: &Names, alias: &str, changes: &mut Changes, notes: &mut Vec<String>) {
    let mut kept = Vec::new();
    for (path, text) in DEFAULTS {
        let text = names.put_into(path, alias, text);
        let path_here = format!("packaging/{path}");
        if survey.root.join(&path_here).exists() {
            kept.push(path_here);
        } else if *path == SETTINGS {
            let read = |file: &str| std::fs::read_to_string(survey.root.join(file)).ok();
            let taken = Takeover::of(survey, read);
            changes.add(path_here, settings::with(&text, &taken.settings));
            notes.extend(taken.notes);
        } else {
            changes.add(path_here, text);
        }
    }
    if !kept.is_empty() {
        notes.push(format!("left as they are: {}", kept.join(", ")));
    }
}

/// The few lines in files that the repository has.
fn integrate(survey: &Survey, folder: &'static str, changes: &mut Changes) -> Result<()> {
    let config = cargo_config::edited(survey, folder)?;
    changes.edit(survey.config_path, survey.config.as_deref().map(str::as_bytes), config);
    // A folder with a package in it is left out by cargo itself.
    let new: Vec<String> = [".cargo", "packaging"].into_iter().flat_map(|top| new_in(survey, top, changes)).collect();
    let new: Vec<&str> = new.iter().map(String::as_str).collect();
    let manifest = manifest::edited(survey, folder, &new)?;
    changes.edit("Cargo.toml", Some(survey.manifest.as_bytes()), manifest);
    if let Some(lock) = &survey.lock
        && let Some(more) = lock::with_member(lock, LAUNCHER, "0.1.0")
    {
        changes.edit("Cargo.lock", Some(lock.as_bytes()), more);
    }
    Ok(())
}

/// What comes new into a folder at the top: the folder, where it is new itself, else what is new in it.
fn new_in(survey: &Survey, top: &str, changes: &Changes) -> Vec<String> {
    if !survey.root.join(top).exists() {
        return vec![top.to_owned()];
    }
    let below = changes.iter().filter(|(path, before, _)| before.is_none() && path.starts_with(&format!("{top}/")));
    let mut new: Vec<String> = below.map(|(path, _, _)| first_absent(survey, path)).collect();
    new.dedup();
    new
}

/// The shortest beginning of a path that is not there.
fn first_absent(survey: &Survey, path: &str) -> String {
    let ends = path.match_indices('/').map(|(n, _)| n).chain([path.len()]);
    let found = ends.map(|end| &path[..end]).find(|beginning| !survey.root.join(beginning).exists());
    found.unwrap_or(path).to_owned()
}
