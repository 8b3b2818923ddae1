//! What the last release has already is not packed again: a file of it is linked into the new one where it would come
//! out the same, byte for byte, and is still the one that was verified.
//!
//! Where anything is unknown (another xtask, a file that was touched, a record that is gone), it is packed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use serde::{Deserialize, Serialize};

use crate::hash::{hash_file, sha256};
use crate::kept;
use crate::layout::Draft;
use crate::manifest::Entry;
use crate::pack;
use crate::report::{Result, terminal};
use crate::stamp::{Stamp, TICK};

/// What is kept, and the number of its form.
const KIND: &str = "packed files 2";

/// A packed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packed {
    /// Its size in bytes.
    pub size: u64,
    /// Its sha256.
    pub sha256: String,
    /// Its digest as npm has it, of what npm is to have.
    pub integrity: Option<String>,
    /// What is in it; of what is no archive, nothing.
    pub entries: Vec<Entry>,
    /// The programs in it that hold the path of the workspace.
    pub telling: Vec<String>,
}

impl Packed {
    /// A file that is no archive.
    pub fn file(size: u64, sha256: String) -> Self {
        Self { size, sha256, integrity: None, entries: Vec::new(), telling: Vec::new() }
    }
}

/// Packed files and their inputs, as they were when their release was put in place.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    /// By their paths in the release directory: what each is made of, and what it is.
    files: BTreeMap<String, (String, Stamp, Packed)>,
    /// The digests of files that went in.
    inputs: BTreeMap<PathBuf, (Stamp, String)>,
}

/// What becomes of the last release's files in a new one.
#[derive(Debug)]
pub struct Reuse {
    /// Where all of it is kept.
    file: PathBuf,
    /// This program, which may pack otherwise than the last one.
    tool: String,
    last: Memory,
    next: Mutex<Next>,
}

#[derive(Debug, Default)]
struct Next {
    files: BTreeMap<String, (String, Packed)>,
    inputs: BTreeMap<PathBuf, (Stamp, String)>,
    /// Which of the files are the last release's.
    linked: BTreeSet<String>,
}

/// What is at `path` of the draft then: the last release's file if that is made of the same, else what `pack` writes.
/// `key` says of what.
///
/// # Errors
/// As `pack`.
pub fn or_pack(
    draft: &Draft,
    path: &str,
    key: Option<(&Reuse, String)>,
    pack: impl FnOnce() -> Result<Packed>,
) -> Result<Packed> {
    if let Some(packed) = key.as_ref().and_then(|(reuse, key)| reuse.take(draft, path, key)) {
        terminal::status("Unchanged", path);
        return Ok(packed);
    }
    terminal::status("Packing", path);
    let packed = pack()?;
    if let Some((reuse, key)) = key {
        reuse.next().files.insert(path.to_owned(), (key, packed.clone()));
    }
    Ok(packed)
}

/// What an archive is to be made of.
#[derive(Debug)]
pub struct Inputs<'r> {
    reuse: &'r Reuse,
    options: String,
    /// The files as they were before they were read.
    stamps: BTreeMap<PathBuf, Stamp>,
    /// All of it in one word, where the last release has an archive that could be of the same.
    key: Option<String>,
}

/// As [`or_pack`], for an archive. What `pack` read, and its digests, spare the next release to read it.
///
/// # Errors
/// As `pack`.
pub fn or_pack_files(
    draft: &Draft,
    path: &str,
    inputs: Option<Inputs<'_>>,
    pack: impl FnOnce() -> Result<(Packed, Vec<(pack::Entry, String)>)>,
) -> Result<Packed> {
    let Some(Inputs { reuse, options, mut stamps, key }) = inputs else {
        return or_pack(draft, path, None, || Ok(pack()?.0));
    };
    if key.is_some() {
        return or_pack(draft, path, key.map(|key| (reuse, key)), || Ok(pack()?.0));
    }
    terminal::status("Packing", path);
    let (packed, read) = pack()?;
    let key = key_of(&options, read.iter().map(|(entry, digest)| (entry, digest.as_str())));
    let mut next = reuse.next();
    next.inputs.extend(
        read.into_iter()
            .filter_map(|(entry, digest)| Some((entry.from.clone(), (stamps.remove(&entry.from)?, digest)))),
    );
    next.files.insert(path.to_owned(), (key, packed.clone()));
    Ok(packed)
}

fn key_of<'e>(options: &str, entries: impl Iterator<Item = (&'e pack::Entry, &'e str)>) -> String {
    let line = |(entry, digest): (&pack::Entry, &str)| {
        let pack::Entry { path, mode, role, from: _ } = entry;
        format!("{path:?} {mode:o} {role:?} {digest}")
    };
    let mut lines: Vec<String> = entries.map(line).collect();
    // The packer sorts them.
    lines.sort();
    sha256(format!("{options}\n{}", lines.join("\n")).as_bytes())
}

impl Reuse {
    /// What is known of the last release that was put where `draft` is to be; kept below the target folder.
    pub fn of(draft: &Draft, target_dir: &Path) -> Self {
        let name = draft.target().file_name().unwrap_or_default();
        let file = target_dir.join("xtask-dist/packed").join(name);
        let last = kept::read(&file, KIND).unwrap_or_default();
        let exe = std::env::current_exe().ok().and_then(|exe| Stamp::of(&exe));
        Self { file, tool: format!("{exe:?}"), last, next: Mutex::default() }
    }

    /// What the archive at `path` is to be made of. Where the last release has none, nothing is read before it is packed.
    ///
    /// # Errors
    /// An entry that cannot be read.
    pub fn inputs(&self, path: &str, entries: &[pack::Entry], options: pack::Options<'_>) -> Result<Inputs<'_>> {
        let options = format!("{} {options:?}", self.tool);
        let files = || entries.iter().map(|entry| entry.from.as_path());
        if !self.last.files.contains_key(path) {
            let stamps = files().filter_map(|file| Some((file.to_owned(), Stamp::settled(file)?))).collect();
            return Ok(Inputs { reuse: self, options, stamps, key: None });
        }
        let digests = files().map(|file| self.digest(file)).collect::<Result<Vec<_>>>()?;
        let key = key_of(&options, entries.iter().zip(digests.iter().map(String::as_str)));
        Ok(Inputs { reuse: self, options, stamps: BTreeMap::new(), key: Some(key) })
    }

    /// The same for what is packed by a recipe, in which every source stands with its digest.
    pub fn key_of_recipe(&self, recipe: &impl std::fmt::Debug, epoch: u64) -> String {
        sha256(format!("{} {epoch} {recipe:?}", self.tool).as_bytes())
    }

    /// Links the last release's file at `path` into the draft if it is made of the same; and what it is.
    fn take(&self, draft: &Draft, path: &str, key: &str) -> Option<Packed> {
        let (_, stamp, packed) = self.last.files.get(path).filter(|(last, ..)| last == key)?;
        let old = draft.target().join(path);
        if Stamp::of(&old)? != *stamp {
            return None;
        }
        let new = draft.folder().join(path);
        fs::create_dir_all(new.parent()?).ok()?;
        // Where a file system has no links, it is packed.
        fs::hard_link(&old, &new).ok()?;
        let mut next = self.next();
        next.files.insert(path.to_owned(), (key.to_owned(), packed.clone()));
        next.linked.insert(path.to_owned());
        Some(packed.clone())
    }

    /// The files that are the last release's: they were verified there, and nobody touched them since.
    pub fn linked(&self) -> BTreeSet<String> {
        self.next().linked.clone()
    }

    /// Keeps what the next release may take, which is in `folder` now, verified.
    pub fn keep(self, folder: &Path) {
        let next = self.next.into_inner().unwrap_or_else(PoisonError::into_inner);
        let stamped = |(path, (key, packed)): (String, (String, Packed))| {
            let settled = || Stamp::settled(&folder.join(&path));
            // The last file was written a moment ago.
            let stamp = settled().or_else(|| {
                thread::sleep(TICK);
                settled()
            })?;
            Some((path, (key, stamp, packed)))
        };
        let memory = Memory { files: next.files.into_iter().filter_map(stamped).collect(), inputs: next.inputs };
        // It only saves time.
        let _ = kept::write(&self.file, KIND, &memory);
    }

    fn digest(&self, file: &Path) -> Result<String> {
        let known = self.last.inputs.get(file).filter(|(stamp, _)| Stamp::of(file).as_ref() == Some(stamp)).cloned();
        let stamp = Stamp::settled(file);
        let digest = match known {
            Some((_, digest)) => digest,
            None => hash_file(file)?.1,
        };
        if let Some(stamp) = stamp {
            self.next().inputs.insert(file.to_owned(), (stamp, digest.clone()));
        }
        Ok(digest)
    }

    fn next(&self) -> MutexGuard<'_, Next> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
