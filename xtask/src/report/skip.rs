//! Skipping is a value that is reported, never a silent `if`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that is left out of a release, why, and what would bring it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// What is left out: a channel, a package, a binary.
    pub what: String,
    /// Why.
    pub reason: String,
    /// What to write or do to have it.
    pub remedy: String,
}

impl Skip {
    /// A skip of `what`.
    pub fn new(what: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), reason: reason.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  help: {}", self.what, self.reason, self.remedy)
    }
}
