//! Brings the section of a Cargo.toml into step with its releases, as little as it takes.
//!
//! A section that leads the client there stays as its owner wrote it. What does not is mended key by key, and the rest of
//! it stays where it is not in the way. A section that the tool wrote is said to be by its comment: that one is made
//! anew, and taken out when it is needed no more.

use serde_json::Value;

use super::edit::{Edit, KeyPath, State};
use super::judge::SYNC;
use crate::binstall::{self, Metadata, misspelt};
use crate::report::Result;

/// What became of a Cargo.toml.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synced {
    /// Its text.
    pub text: String,
    /// What is changed in it; nothing where it was right.
    pub changes: Vec<String>,
    /// What is not of the tool, and stays.
    pub notes: Vec<String>,
}

/// What a Cargo.toml has to lead to.
pub struct Aim<'a> {
    /// Its name for people.
    pub file: &'a str,
    /// A text that has the wanted section; empty where none is wanted.
    pub wanted: &'a str,
    /// How much is wrong with a section; null where there is none.
    pub wrong: &'a dyn Fn(&Value) -> usize,
}

/// The keys at the top of the section that are the client's.
const OURS: [&str; 6] = ["pkg-url", "pkg-fmt", "bin-dir", "disabled-strategies", "signing", "overrides"];

impl Aim<'_> {
    /// Mends a text.
    ///
    /// # Errors
    /// It is no TOML, or the wanted section is none.
    pub fn reach(&self, text: &str) -> Result<Synced> {
        let edit = Edit::of(self.file, text)?;
        let wanted = Edit::of("the template's section", self.wanted)?;
        let best = (self.wrong)(&value("the template's section", self.wanted)?);
        let mut work = Work { aim: self, edit, wanted, best, changes: Vec::new(), notes: Vec::new() };
        match work.edit.state() {
            State::Absent => work.insert(),
            State::Table if work.edit.is_marked(SYNC) => work.renew()?,
            State::Table => work.mend()?,
            State::Other => {
                work.edit.remove_all();
                work.changes.push("what is no table is taken out".to_owned());
                work.insert();
            }
        }
        if work.edit.state() == State::Table && work.edit.values().is_empty() && !work.changes.is_empty() {
            work.edit.remove_all();
        }
        let text = if work.changes.is_empty() { text.to_owned() } else { work.edit.text() };
        Ok(Synced { text, changes: work.changes, notes: work.notes })
    }
}

struct Work<'a> {
    aim: &'a Aim<'a>,
    edit: Edit,
    wanted: Edit,
    /// How much is wrong where all that can be mended is.
    best: usize,
    changes: Vec<String>,
    notes: Vec<String>,
}

impl Work<'_> {
    fn insert(&mut self) {
        if self.wanted.state() == State::Table {
            self.edit.insert(&self.wanted);
            self.changes.push("[package.metadata.binstall] is new".to_owned());
            let values = self.wanted.values();
            self.changes.extend(
                values.iter().map(|(path, value)| format!("`{}` is {}", shown(path), value.to_string().trim())),
            );
        }
    }

    /// A section that the tool wrote.
    fn renew(&mut self) -> Result<()> {
        self.rename_misspelt()?;
        self.remove_refused()?;
        self.set_wanted();
        // Which ways are switched off need not be said in the configuration.
        for path in self.extra().iter().filter(|path| path[0] != "disabled-strategies") {
            self.remove(path);
        }
        self.remove_what_is_in_the_way()?;
        self.note_what_stays();
        Ok(())
    }

    /// A section of the owner.
    fn mend(&mut self) -> Result<()> {
        if self.wrong()? <= self.best {
            return Ok(());
        }
        self.rename_misspelt()?;
        if self.wrong()? <= self.best {
            return Ok(());
        }
        self.remove_refused()?;
        self.set_wanted();
        self.remove_what_is_in_the_way()?;
        self.note_what_stays();
        Ok(())
    }

    fn wrong(&self) -> Result<usize> {
        Ok((self.aim.wrong)(&value(self.aim.file, &self.edit.text())?))
    }

    fn set_wanted(&mut self) {
        for (path, value) in self.wanted.values() {
            if self.edit.set(&path, &value) {
                self.changes.push(format!("`{}` is {}", shown(&path), value.to_string().trim()));
            }
        }
    }

    fn remove(&mut self, path: &[String]) {
        if self.edit.remove(path) {
            self.changes.push(format!("`{}` is taken out", shown(path)));
        }
    }

    /// What the client reads of the section, and the tool would not write.
    fn extra(&self) -> Vec<KeyPath> {
        let wanted: Vec<KeyPath> = self.wanted.values().into_iter().map(|(path, _)| path).collect();
        let own = self.edit.values().into_iter().map(|(path, _)| path);
        own.filter(|path| OURS.contains(&path[0].as_str()) && !wanted.contains(path)).collect()
    }

    fn note_what_stays(&mut self) {
        self.notes.extend(self.extra().iter().map(|path| format!("`{}` stays: it is not in the way", shown(path))));
        let own = self.edit.values().into_iter().map(|(path, _)| path);
        let strangers = own.filter(|path| !OURS.contains(&path[0].as_str()));
        self.notes.extend(strangers.map(|path| format!("`{}` stays: cargo-binstall has no such key", shown(&path))));
    }

    fn rename_misspelt(&mut self) -> Result<()> {
        for (path, right) in misspelt(&value(self.aim.file, &self.edit.text())?) {
            let mut to = path.clone();
            if let Some(last) = to.last_mut() {
                right.clone_into(last);
            }
            if self.edit.values().iter().any(|(known, _)| known.starts_with(&to)) {
                self.remove(&path);
            } else {
                self.edit.rename(&path, right);
                self.changes.push(format!("`{}` is called `{right}`", shown(&path)));
            }
        }
        Ok(())
    }

    /// What the client refuses, unless it is set anyway.
    fn remove_refused(&mut self) -> Result<()> {
        let Err(remarks) = Metadata::read(&value(self.aim.file, &self.edit.text())?) else { return Ok(()) };
        let wanted = self.wanted.values();
        for remark in remarks {
            let path = remark.key.get(binstall::SECTION.len()..).unwrap_or_default();
            if !wanted.iter().any(|(known, _)| known == path) {
                self.remove(path);
            }
        }
        Ok(())
    }

    /// One key if that is enough, else all that the tool would not write.
    fn remove_what_is_in_the_way(&mut self) -> Result<()> {
        if self.wrong()? <= self.best {
            return Ok(());
        }
        let extra = self.extra();
        let whole = self.edit.clone();
        for path in &extra {
            self.edit.remove(path);
            if self.wrong()? <= self.best {
                self.edit = whole;
                self.remove(path);
                return Ok(());
            }
            self.edit = whole.clone();
        }
        for path in &extra {
            self.remove(path);
        }
        Ok(())
    }
}

/// The section in a text.
fn value(file: &str, text: &str) -> Result<Value> {
    Ok(binstall::section(file, text)?.unwrap_or_default())
}

fn shown(path: &[String]) -> String {
    path.join(".")
}
