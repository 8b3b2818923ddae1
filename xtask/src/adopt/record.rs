//! What was copied into a repository: enough to tell later what its owner changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use toml_edit::{DocumentMut, Item};

use super::settings::Names;
use super::source::with_unix_lines;
use crate::hash::sha256;
use crate::report::{Context, Error, Result};

/// Its name, in the folder of the release system.
pub const FILE: &str = "adopted.toml";

/// How the engine came into a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Depend {
    /// From a folder of this machine
    Path,
    /// From the git repository of this clone, at its commit
    Git,
    /// From crates.io, or the registry that stands for it
    Registry,
}

/// The record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The version of the engine.
    pub version: String,
    /// The commit that the files are of.
    pub commit: Option<String>,
    /// Whether the engine is depended on, and not copied.
    pub depends: bool,
    /// Whose names stand in the comments of `packaging/dist.toml`.
    pub names: Names,
    /// The sha256 of each copied file, by its path in the folder.
    pub files: BTreeMap<String, String>,
}

/// The sha256 of a file, whatever ends its lines in a checkout.
pub fn digest(content: &[u8]) -> String {
    sha256(&with_unix_lines(content.to_vec()))
}

impl Record {
    /// Reads the one in `folder`.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn read(folder: &Path) -> Result<Self> {
        let file = folder.join(FILE);
        let text = std::fs::read_to_string(&file).context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&text).ok_or_else(|| {
            Error::new(format!("{} is damaged", file.display())).help("git has it as it was: git checkout -- FILE")
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let document: DocumentMut = text.parse().ok()?;
        let text = |key: &str| Some(document.get(key)?.as_str()?.to_owned());
        let files = document.get("files").and_then(Item::as_table)?;
        let digests = files.iter().map(|(path, digest)| Some((path.to_owned(), digest.as_str()?.to_owned())));
        Some(Self {
            version: text("version")?,
            commit: text("commit"),
            depends: document.get("depends").and_then(Item::as_bool).unwrap_or(false),
            names: Names { name: text("name")?, owner: text("owner") },
            files: digests.collect::<Option<_>>()?,
        })
    }

    /// Its text.
    pub fn text(&self) -> String {
        let mut text = String::from(
            "# What `cargo xtask dist adopt` put here: it is written anew by `adopt --update`, which tells by it what was\n\
             # changed since. To be committed, not to be edited.\n",
        );
        let mut set = |key: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{key} = {}", toml_edit::Value::from(value));
        };
        set("version", &self.version);
        for (key, value) in [("commit", &self.commit), ("owner", &self.names.owner)] {
            if let Some(value) = value {
                set(key, value);
            }
        }
        set("name", &self.names.name);
        if self.depends {
            text.push_str("depends = true\n");
        }
        text.push_str("\n[files]\n");
        for (path, digest) in &self.files {
            let _ = writeln!(text, "\"{path}\" = \"{digest}\"");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let names = Names { name: "a".to_owned(), owner: Some("acme".to_owned()) };
        let files = BTreeMap::from([("src/a.rs".to_owned(), digest(b"a\r\n"))]);
        let record = Record { version: "1.2.3".to_owned(), commit: None, depends: true, names, files };
        assert_eq!(Record::parse(&record.text()), Some(record));
        assert_eq!(digest(b"a\r\n"), digest(b"a\n"));
        assert_eq!(Record::parse("version = \"1\"\n"), None);
    }
}
