//! The one place that knows target triples: what they mean, and every channel's word for them.

mod archive_format;
mod binstall;
mod builder;
mod glibc;
mod headers;
mod known;
mod words;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::report::{Error, Result, nearest};
pub use archive_format::ArchiveFormat;
pub use binstall::{BinstallTarget, CFG_KEYS as BINSTALL_CFGS};
pub use builder::{Builder, Circumstances};
pub use glibc::Glibc;
pub use known::KNOWN;
pub use words::{HomebrewPlatform, NpmPlatform, OciPlatform};

/// A platform that a release is made for: a target triple as rustc names it, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Target {
    triple: String,
}

/// The two macOS processors in one file: no target of rustc, but made from two.
const UNIVERSAL: &str = "universal-apple-darwin";
/// What it is made from, in the order in which the file has them.
const SLICES: [&str; 2] = ["x86_64-apple-darwin", "aarch64-apple-darwin"];

/// The operating system of a target, as far as any channel tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Os {
    /// Linux with glibc, musl or another libc; not Android.
    Linux,
    /// macOS.
    MacOs,
    /// Windows, whichever toolchain.
    Windows,
    /// FreeBSD.
    FreeBsd,
    /// Anything else.
    Other,
}

/// The C library (or its stand-in) that a target's programs are linked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Libc {
    /// glibc on Linux, or mingw on Windows.
    Gnu,
    /// musl: executables are static unless told otherwise.
    Musl,
    /// Microsoft's.
    Msvc,
    /// Anything else, or none.
    Other,
}

impl Target {
    /// The machine that this tool itself was compiled for, and so can run programs of.
    pub fn host() -> Self {
        Self { triple: env!("XTASK_HOST").to_owned() }
    }

    /// What JavaScript loads: WebAssembly with no system around it.
    pub fn wasm() -> Self {
        Self { triple: "wasm32-unknown-unknown".to_owned() }
    }

    /// A target by its triple.
    ///
    /// # Errors
    /// A triple that rustc does not have; the nearest spelling is in the help.
    pub fn parse(triple: &str) -> Result<Self> {
        if KNOWN.binary_search(&triple).is_ok() || triple == UNIVERSAL || triple == Self::host().triple {
            return Ok(Self { triple: triple.to_owned() });
        }
        let error = Error::usage(format!("unknown target `{triple}`"));
        Err(match nearest(triple, KNOWN.iter().copied().chain([UNIVERSAL])) {
            Some(near) => error.help(format!("did you mean `{near}`? `rustc --print target-list` has all of them")),
            None => error.help("`rustc --print target-list` has all of them"),
        })
    }

    /// A target as users write it: `host`, a triple, or a gnu triple with the oldest glibc to support
    /// (`x86_64-unknown-linux-gnu.2.17`, as cargo-zigbuild has it).
    ///
    /// # Errors
    /// An unknown triple; a version behind one that has no glibc.
    pub fn parse_word(word: &str) -> Result<(Self, Option<Glibc>)> {
        if word == "host" {
            return Ok((Self::host(), None));
        }
        // No triple that has a dot of its own (thumbv8m.main-…) ends with a number behind it.
        let Some((triple, glibc)) = Glibc::split(word) else { return Ok((Self::parse(word)?, None)) };
        let target = Self::parse(triple)?;
        if target.os() == Os::Linux && target.libc() == Libc::Gnu {
            Ok((target, Some(glibc)))
        } else {
            Err(Error::usage(format!("`{word}` asks for glibc {glibc}, which {triple} does not have"))
                .help(format!("write `{triple}`")))
        }
    }

    /// The targets that this one is made from, if it is not one that a compiler has.
    pub fn slices(&self) -> Option<[Self; 2]> {
        (self.triple == UNIVERSAL).then(|| SLICES.map(|triple| Self { triple: triple.to_owned() }))
    }

    /// The triple.
    pub fn triple(&self) -> &str {
        &self.triple
    }

    /// The processor, as the triple has it: `x86_64`, `aarch64`, `armv7`.
    pub fn arch(&self) -> &str {
        self.triple.split('-').next().unwrap_or_default()
    }

    /// The vendor, as the triple has it: `unknown`, `apple`, `pc`; `unknown` where the triple has none.
    pub fn vendor(&self) -> &str {
        let parts: Vec<&str> = self.triple.split('-').collect();
        if parts.len() > 2 && !matches!(parts[1], "linux") { parts[1] } else { "unknown" }
    }

    /// The operating system.
    pub fn os(&self) -> Os {
        let has = |word: &str| self.triple.split('-').skip(1).any(|part| part == word);
        if has("linux") && !self.triple.contains("android") {
            Os::Linux
        } else if self.triple.ends_with("-apple-darwin") {
            Os::MacOs
        } else if has("windows") {
            Os::Windows
        } else if has("freebsd") {
            Os::FreeBsd
        } else {
            Os::Other
        }
    }

    /// The C library.
    pub fn libc(&self) -> Libc {
        match self.triple.rsplit('-').next().unwrap_or_default() {
            end if end.starts_with("gnu") => Libc::Gnu,
            end if end.starts_with("musl") => Libc::Musl,
            "msvc" => Libc::Msvc,
            _ => Libc::Other,
        }
    }

    /// Whether executables run without any library of the system unless the user asked otherwise.
    pub fn is_static_by_default(&self) -> bool {
        self.os() == Os::Linux && self.libc() == Libc::Musl
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.triple)
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(triple: &str) -> Result<Self> {
        Self::parse(triple)
    }
}

impl TryFrom<String> for Target {
    type Error = Error;

    fn try_from(triple: String) -> Result<Self> {
        Self::parse(&triple)
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.triple
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(triple: &str) -> Target {
        Target::parse(triple).unwrap()
    }

    #[test]
    fn triples_are_taken_apart() {
        let musl = target("x86_64-unknown-linux-musl");
        assert_eq!((musl.arch(), musl.vendor(), musl.os(), musl.libc()), ("x86_64", "unknown", Os::Linux, Libc::Musl));
        assert!(musl.is_static_by_default());
        assert_eq!(target("armv7-unknown-linux-gnueabihf").libc(), Libc::Gnu);
        assert_eq!(target("aarch64-apple-darwin").os(), Os::MacOs);
        assert_eq!(target("x86_64-pc-windows-gnullvm").os(), Os::Windows);
        assert_eq!(target("aarch64-linux-android").os(), Os::Other);
        assert_eq!(target("wasm32-wasip1").vendor(), "unknown");
    }

    #[test]
    fn an_unknown_triple_gets_the_nearest_spelling() {
        let error = Target::parse("x86_64-unknown-linx-musl").unwrap_err();
        assert!(error.to_string().contains("did you mean `x86_64-unknown-linux-musl`"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn a_glibc_stands_behind_gnu_triples_only() {
        let (target, glibc) = Target::parse_word("aarch64-unknown-linux-gnu.2.28").unwrap();
        assert_eq!((target.triple(), glibc.unwrap().to_string()), ("aarch64-unknown-linux-gnu", "2.28".to_owned()));
        assert_eq!(Target::parse_word("thumbv8m.main-none-eabi").unwrap().1, None);
        assert_eq!(Target::parse_word("host").unwrap().0, Target::host());
        let error = Target::parse_word("x86_64-unknown-linux-musl.2.17").unwrap_err().to_string();
        assert!(error.contains("does not have") && error.contains("write `x86_64-unknown-linux-musl`"), "{error}");
        assert!(Target::parse_word("x86_64-unknown-linx-gnu.2.17").is_err());
    }

    #[test]
    fn universal_is_made_from_two() {
        let universal = target("universal-apple-darwin");
        assert_eq!((universal.arch(), universal.os()), ("universal", Os::MacOs));
        let slices = universal.slices().unwrap();
        assert!(slices.iter().all(|slice| Target::parse(slice.triple()).is_ok() && slice.slices().is_none()));
    }

    #[test]
    fn known_triples_are_sorted_for_the_search() {
        assert!(KNOWN.is_sorted());
    }
}
