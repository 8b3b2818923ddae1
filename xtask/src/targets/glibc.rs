//! Versions of glibc: the oldest that a program for a gnu target is promised to run with.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Target;
use crate::report::Error;

/// A version of glibc. Versions compare as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Glibc {
    major: u16,
    minor: u16,
}

impl Glibc {
    /// `2.17`.
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }

    /// A triple and the version behind it, if there is one: `x86_64-unknown-linux-gnu.2.17`.
    pub fn split(word: &str) -> Option<(&str, Self)> {
        let (rest, minor) = word.rsplit_once('.')?;
        let (triple, major) = rest.rsplit_once('.')?;
        Some((triple, Self { major: major.parse().ok()?, minor: minor.parse().ok()? }))
    }

    /// The floor unless configured: the oldest that rustc itself supports, and that zig has for the processor
    /// (<https://doc.rust-lang.org/rustc/platform-support.html>, zig's `lib/libc/glibc`).
    pub fn default_floor(target: &Target) -> Self {
        let minor = match target.arch() {
            "riscv64gc" => 27,
            "loongarch64" => 36,
            _ => 17,
        };
        Self { major: 2, minor }
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl TryFrom<String> for Glibc {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text).ok_or_else(|| Error::usage(format!("`{text}` is no version of glibc")))
    }
}

impl From<Glibc> for String {
    fn from(version: Glibc) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(Glibc::parse("2.17") > Glibc::parse("2.4"));
        assert_eq!(Glibc::parse("2"), None);
        assert_eq!(Glibc::split("x86_64-unknown-linux-gnu"), None);
    }
}
