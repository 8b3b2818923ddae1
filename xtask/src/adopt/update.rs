//! Brings the release system in a repository up to date: what its owner did not touch is replaced, what they did is
//! merged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::changes::Changes;
use super::depend;
use super::merge::{Bases, three_way};
use super::record::{self, Record, digest};
use super::source::{LOCK, Source, with_unix_lines};
use super::survey::Survey;
use crate::report::{Context, Error, Result};

/// What an update comes to.
#[derive(Debug)]
pub struct Update {
    /// The files.
    pub changes: Changes,
    /// The version and the commit that the repository has.
    pub from: String,
    /// Those of the source.
    pub to: String,
    /// What its owner changed, and what became of it, by path.
    pub edited: BTreeMap<String, Fate>,
    /// The folder of the release system.
    pub folder: &'static str,
    /// Whether the engine is depended on, and not copied.
    pub depends: bool,
}

/// What becomes of a file that its owner changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The newer version has no changes there.
    Kept,
    /// It has the changes of both.
    Merged,
    /// Both changed the same lines, in this many places.
    Conflicts(usize),
    /// It stays removed.
    Removed,
    /// The newer version has no such file any more; it stays.
    Orphaned,
    /// Cargo brings it up to date at the next run.
    CargosOwn,
}

impl Update {
    /// Whether there is anything to do but to note the version.
    pub fn is_behind(&self) -> bool {
        let record = format!("{}/{}", self.folder, record::FILE);
        self.changes.paths().any(|path| path != record)
    }

    /// The files in which changes contradict each other.
    pub fn conflicts(&self) -> impl Iterator<Item = &str> {
        let conflicts = self.edited.iter().filter(|(_, fate)| matches!(fate, Fate::Conflicts(_)));
        conflicts.map(|(path, _)| path.as_str())
    }
}

/// Works out what has to be changed in a repository so that it has what `source` has.
///
/// # Errors
/// The repository does not have the release system; a file that cannot be read; no git to merge with.
pub fn update(survey: &Survey, source: &Source) -> Result<Update> {
    let folder = survey.adopted().ok_or_else(|| {
        Error::usage(format!("{} does not have the release system", survey.root.display()))
            .help("cargo xtask dist adopt PATH")
    })?;
    let copy = survey.root.join(folder);
    // Compared with itself, it would forget what its owner changed.
    if std::fs::canonicalize(&copy).ok() == std::fs::canonicalize(&source.folder).ok() {
        return Err(Error::usage(format!("{} is what this command was compiled from", copy.display()))
            .help("run it in a newer clone of the release system: cargo xtask dist adopt --update PATH"));
    }
    let record = Record::read(&copy)?;
    let bases = Bases { source: (source.folder.clone(), record.commit.clone()), copy };
    let named = |version: &str, commit: Option<&String>| match commit {
        Some(commit) => format!("{version} ({})", commit.get(..10).unwrap_or(commit)),
        None => version.to_owned(),
    };
    let mut update = Update {
        changes: Changes::default(),
        from: named(&record.version, record.commit.as_ref()),
        to: named(Source::VERSION, source.commit.as_ref()),
        edited: BTreeMap::new(),
        folder,
        depends: record.depends,
    };
    let mut repository = Repository { root: survey.root.clone(), folder, record: &record, bases, update: &mut update };
    repository.engine(source)?;
    repository.packaging(source)?;
    if record.depends {
        repository.dependency(source)?;
    }
    let files = source.copied(record.depends).map(|(path, content)| (path.to_owned(), digest(content))).collect();
    let new = Record { version: Source::VERSION.to_owned(), commit: source.commit.clone(), files, ..record.clone() };
    let path = format!("{folder}/{}", record::FILE);
    let written = std::fs::read(survey.root.join(&path)).context(|| format!("cannot read {path}"))?;
    if new != record {
        update.changes.edit(path, Some(&written), new.text());
    }
    Ok(update)
}

struct Repository<'a> {
    root: PathBuf,
    folder: &'static str,
    record: &'a Record,
    bases: Bases,
    update: &'a mut Update,
}

/// A file in its three versions.
struct File<'a> {
    path: String,
    mine: Option<Vec<u8>>,
    /// The digest of what was copied; none for a file that is new.
    copied: Option<String>,
    new: Option<&'a [u8]>,
}

impl Repository<'_> {
    /// The copied files.
    fn engine(&mut self, source: &Source) -> Result<()> {
        let new: BTreeMap<&str, &[u8]> = source.copied(self.record.depends).collect();
        let paths: BTreeSet<&str> = self.record.files.keys().map(String::as_str).chain(new.keys().copied()).collect();
        for path in paths {
            let here = format!("{}/{path}", self.folder);
            let file = File {
                mine: self.mine(&here)?,
                copied: self.record.files.get(path).cloned(),
                new: new.get(path).copied(),
                path: here,
            };
            let wanted = file.copied.clone();
            if path == LOCK {
                self.lock(file);
            } else {
                let bases = &self.bases;
                let base = || wanted.as_deref().and_then(|wanted| bases.find(path, Some(wanted)));
                let done = one(file, base)?;
                self.take(done);
            }
        }
        Ok(())
    }

    /// A lock file that its owner changed is not merged by lines.
    fn lock(&mut self, file: File<'_>) {
        let untouched = file.mine.as_deref().map(digest) == file.copied;
        match (file.mine, file.new) {
            (Some(mine), Some(new)) if untouched => self.update.changes.edit(file.path, Some(&mine), new),
            (Some(mine), Some(new)) if digest(&mine) != digest(new) => {
                self.update.edited.insert(file.path, Fate::CargosOwn);
            }
            _ => {}
        }
    }

    /// The templates and the settings, which were copied from the engine's own.
    fn packaging(&mut self, source: &Source) -> Result<()> {
        let defaults = source.files.iter().filter_map(|(path, new)| Some((path.strip_prefix("defaults/")?, new)));
        for (path, new) in defaults {
            let own = |text: Vec<u8>| match String::from_utf8(text) {
                Ok(text) => self.record.names.put_into(path, self.folder, &text).into_bytes(),
                Err(error) => error.into_bytes(),
            };
            let default = format!("defaults/{path}");
            let wanted = self.record.files.get(&default);
            // The engine's own has not been replaced yet, and is rarely touched.
            let here = self.mine(&format!("{}/{default}", self.folder))?.map(with_unix_lines);
            let here = here.filter(|text| wanted.is_some_and(|wanted| digest(text) == *wanted));
            let base = here.or_else(|| self.bases.find(&default, wanted.map(String::as_str))).map(own);
            let new = own(new.clone());
            let path = format!("packaging/{path}");
            let copied = base.as_deref().map(digest).or_else(|| wanted.cloned());
            let file = File { mine: self.mine(&path)?, path, copied, new: Some(&new) };
            let done = one(file, || base)?;
            self.take(done);
        }
        Ok(())
    }

    /// The version that an xtask of a few lines depends on.
    fn dependency(&mut self, source: &Source) -> Result<()> {
        let path = format!("{}/Cargo.toml", self.folder);
        if let Some(mine) = self.mine(&path)? {
            let new = depend::updated(&String::from_utf8_lossy(&mine), source)?;
            self.update.changes.edit(path, Some(&mine), new);
        }
        Ok(())
    }

    fn mine(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let file = self.root.join(path);
        match std::fs::read(&file) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context(|| format!("cannot read {}", file.display())),
        }
    }

    fn take(&mut self, done: Done) {
        let Done { path, before, after, fate } = done;
        if let Some(fate) = fate {
            self.update.edited.insert(path.clone(), fate);
        }
        match (before, after) {
            (before, Some(after)) => self.update.changes.edit(path, before.as_deref(), after),
            (Some(before), None) => self.update.changes.remove(path, before),
            (None, None) => {}
        }
    }
}

/// What becomes of a file.
struct Done {
    path: String,
    before: Option<Vec<u8>>,
    after: Option<Vec<u8>>,
    fate: Option<Fate>,
}

fn one(file: File<'_>, base: impl FnOnce() -> Option<Vec<u8>>) -> Result<Done> {
    let File { path, mine, copied, new } = file;
    let has = mine.as_deref().map(digest);
    let wants = new.map(digest);
    let untouched = has == copied;
    let done = |after: Option<&[u8]>, fate| {
        Ok(Done { path: path.clone(), before: mine.clone(), after: after.map(<[u8]>::to_vec), fate })
    };
    let (content, new) = match (mine.as_deref(), new) {
        (Some(content), Some(new)) => (content, new),
        // Removed by its owner, and not new.
        (None, Some(_)) if copied.is_some() => return done(None, (wants != copied).then_some(Fate::Removed)),
        (Some(content), None) if !untouched => return done(Some(content), Some(Fate::Orphaned)),
        (Some(_), None) => return done(None, None),
        (None, new) => return done(new, None),
    };
    if has == wants {
        return done(mine.as_deref(), None);
    }
    if untouched {
        return done(Some(&with_ends_of(content, new.to_vec())), None);
    }
    if wants == copied {
        return done(mine.as_deref(), Some(Fate::Kept));
    }
    let base = with_unix_lines(base().unwrap_or_default());
    let (merged, conflicts) = three_way(&with_unix_lines(content.to_vec()), &base, new)?;
    let fate = if conflicts == 0 { Fate::Merged } else { Fate::Conflicts(conflicts) };
    done(Some(&with_ends_of(content, merged)), Some(fate))
}

/// `text` with its lines ended as those of `like` are.
fn with_ends_of(like: &[u8], text: Vec<u8>) -> Vec<u8> {
    let windows = like.windows(2).any(|pair| pair == b"\r\n");
    match String::from_utf8(text) {
        Ok(text) if windows => text.replace('\n', "\r\n").into_bytes(),
        Ok(text) => text.into_bytes(),
        Err(error) => error.into_bytes(),
    }
}
