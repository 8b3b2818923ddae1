//! What is to be changed in a repository, as plain data: computed, shown, and only then written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::diff;
use crate::report::terminal;

/// What a file is, and what it is to be; none where there is no file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    before: Option<Vec<u8>>,
    after: Option<Vec<u8>>,
}

/// Changes of several files, by their paths relative to the repository's workspace, with `/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes(BTreeMap<String, Change>);

impl Changes {
    /// A new file.
    pub fn add(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.put(path.into(), None, Some(content.into()));
    }

    /// A file that is changed, unless it is already what it should be.
    pub fn edit(&mut self, path: impl Into<String>, before: Option<&[u8]>, after: impl Into<Vec<u8>>) {
        self.put(path.into(), before.map(<[u8]>::to_vec), Some(after.into()));
    }

    /// A file that goes.
    pub fn remove(&mut self, path: impl Into<String>, before: impl Into<Vec<u8>>) {
        self.put(path.into(), Some(before.into()), None);
    }

    fn put(&mut self, path: String, before: Option<Vec<u8>>, after: Option<Vec<u8>>) {
        if before != after {
            self.0.insert(path, Change { before, after });
        }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The paths.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Each file, before and after.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&[u8]>, Option<&[u8]>)> {
        self.0.iter().map(|(path, change)| (path.as_str(), change.before.as_deref(), change.after.as_deref()))
    }

    /// The text that a file will have.
    pub fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.0.get(path)?.after.as_deref()?).ok()
    }

    /// For people: new and removed files a line a folder, changed ones as a patch.
    pub fn shown(&self) -> String {
        let mut text = String::new();
        let new = self.iter().filter(|(_, before, _)| before.is_none());
        summary(&mut text, "new", new.filter_map(|(path, _, after)| Some((path, after?.len()))));
        let gone = self.iter().filter(|(_, _, after)| after.is_none());
        summary(&mut text, "removed", gone.filter_map(|(path, before, _)| Some((path, before?.len()))));
        for (path, before, after) in self.iter() {
            if let (Some(before), Some(after)) = (before, after) {
                text.push('\n');
                text.push_str(&diff::unified(path, &String::from_utf8_lossy(before), &String::from_utf8_lossy(after)));
            }
        }
        text
    }
}

fn summary<'a>(text: &mut String, word: &str, files: impl Iterator<Item = (&'a str, usize)>) {
    let mut folders: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for (path, size) in files {
        let folder = path.find('/').map_or(path, |end| &path[..=end]);
        let (count, sizes) = folders.entry(folder).or_default();
        *count += 1;
        *sizes += size as u64;
    }
    for (folder, (count, size)) in folders {
        let files = if count == 1 { String::new() } else { format!("{count} files, ") };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{word:>9}  {folder}  ({files}{})", terminal::size(size));
    }
}
