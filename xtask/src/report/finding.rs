//! What `verify` finds wrong with a release.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong with a release: the file, what is wrong with it, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file (or `file: entry` for something inside an archive).
    pub file: String,
    /// What is wrong with it.
    pub what: String,
    /// What mends it.
    pub remedy: String,
}

impl Finding {
    /// A finding on `file`.
    pub fn new(file: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: file.into(), what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  help: {}", self.file, self.what, self.remedy)
    }
}
