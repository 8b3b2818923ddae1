//! A file of a registry's index: where it is, and which versions it tells of
//! (<https://doc.rust-lang.org/cargo/reference/registry-index.html>).

use memchr::memmem;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::report::{Error, Result};

/// The versions of a crate that a registry has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// The highest that is neither yanked nor a pre-release.
    pub stable: Option<Version>,
    /// The highest that is not yanked.
    pub highest: Option<Version>,
    /// All that can be had, without build metadata, a blank on both sides of each.
    usable: String,
    /// All that are yanked, in the same form.
    yanked: String,
}

/// Whether a registry has a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// No.
    Absent,
    /// Yes.
    Published,
    /// Yes, but nobody new gets it.
    Yanked,
}

/// What is read of a line.
#[derive(Deserialize)]
struct Line<'l> {
    #[serde(borrow)]
    name: std::borrow::Cow<'l, str>,
    vers: Version,
    #[serde(default)]
    yanked: bool,
}

impl Versions {
    /// Reads the file of `name`.
    ///
    /// # Errors
    /// A line that is none of an index, or of another crate; no line at all.
    pub fn parse(name: &str, file: &[u8]) -> Result<Self> {
        let mut versions = Self::default();
        for line in file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Line<'_> = serde_json::from_slice(line)
                .map_err(|error| Error::new("the answer is no file of an index").because(error))?;
            if !line.name.eq_ignore_ascii_case(name) {
                return Err(Error::new(format!("the answer is about another crate, `{}`", line.name)));
            }
            versions.add(&line.vers, line.yanked);
        }
        if versions == Self::default() {
            return Err(Error::new("the answer is empty"));
        }
        Ok(versions)
    }

    fn add(&mut self, version: &Version, yanked: bool) {
        let list = if yanked { &mut self.yanked } else { &mut self.usable };
        if list.is_empty() {
            list.push(' ');
        }
        list.push_str(&word(version));
        list.push(' ');
        if yanked {
            return;
        }
        if version.pre.is_empty() {
            raise(&mut self.stable, version);
        }
        raise(&mut self.highest, version);
    }

    /// Whether the version is among them. Build metadata makes no other version of it: registries refuse the second.
    pub fn has(&self, version: &Version) -> Presence {
        let word = format!(" {} ", word(version));
        // Compiled with optimisations, where the standard library's search is not.
        let is_in = |list: &str| memmem::find(list.as_bytes(), word.as_bytes()).is_some();
        if is_in(&self.usable) {
            Presence::Published
        } else if is_in(&self.yanked) {
            Presence::Yanked
        } else {
            Presence::Absent
        }
    }
}

fn raise(highest: &mut Option<Version>, version: &Version) {
    if highest.as_ref().is_none_or(|highest| highest < version) {
        *highest = Some(version.clone());
    }
}

/// A version without its build metadata: equal for versions of equal precedence, and for no others.
fn word(version: &Version) -> String {
    let Version { major, minor, patch, pre, .. } = version;
    if pre.is_empty() { format!("{major}.{minor}.{patch}") } else { format!("{major}.{minor}.{patch}-{pre}") }
}

/// Where the index has a crate, below its URL: in folders of the first letters, in lower case.
pub fn path_of(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        short if short.len() < 3 => format!("{}/{name}", short.len()),
        short if short.len() == 3 => format!("3/{}/{name}", letters(short, 0, 1)),
        long => format!("{}/{}/{name}", letters(long, 0, 2), letters(long, 2, 4)),
    }
}

/// Names of crates are ASCII; of others, nothing is taken.
fn letters(name: &str, from: usize, to: usize) -> &str {
    name.get(from..to).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(version: &str, yanked: bool) -> String {
        format!(
            r#"{{"name":"Hello","vers":"{version}","deps":[{{"name":"x","vers":"9.9.9"}}],"cksum":"","features":{{"yanked":[]}},"yanked":{yanked},"v":2}}"#
        ) + "\n"
    }

    fn versions(lines: &[(&str, bool)]) -> Versions {
        let file: String = lines.iter().map(|(version, yanked)| line(version, *yanked)).collect();
        Versions::parse("hello", file.as_bytes()).unwrap()
    }

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn paths_are_those_of_cargo() {
        let names = ["a", "ab", "Abc", "abcd", "cargo-binstall", ""];
        let paths = ["1/a", "2/ab", "3/a/abc", "ab/cd/abcd", "ca/rg/cargo-binstall", "0/"];
        assert_eq!(names.map(path_of), paths);
    }

    #[test]
    fn the_highest_is_by_precedence_and_not_by_place() {
        let versions = versions(&[("1.9.0", false), ("1.10.0", false), ("2.0.0-rc.1", false), ("1.2.0", false)]);
        assert_eq!(versions.stable, Some(version("1.10.0")));
        assert_eq!(versions.highest, Some(version("2.0.0-rc.1")));
    }

    #[test]
    fn yanked_versions_are_there_but_not_the_highest() {
        let some = versions(&[("1.0.0", false), ("1.1.0", true)]);
        assert_eq!(some.stable, Some(version("1.0.0")));
        assert_eq!(some.has(&version("1.1.0")), Presence::Yanked);
        assert_eq!(some.has(&version("1.0.0")), Presence::Published);
        assert_eq!(some.has(&version("1.0.1")), Presence::Absent);
        let all = versions(&[("1.0.0", true)]);
        assert_eq!((all.stable, all.highest), (None, None));
    }

    #[test]
    fn a_version_is_found_whole_and_whatever_its_build() {
        let versions = versions(&[("11.0.0", false), ("1.0.0-rc.1", false), ("2.0.0+one", false)]);
        for absent in ["1.0.0", "1.0.0-rc", "1.0.0-rc.10", "0.0.0", "2.0.0-one"] {
            assert_eq!(versions.has(&version(absent)), Presence::Absent, "{absent}");
        }
        for there in ["11.0.0+x", "1.0.0-rc.1", "2.0.0", "2.0.0+two"] {
            assert_eq!(versions.has(&version(there)), Presence::Published, "{there}");
        }
    }

    #[test]
    fn what_is_no_index_is_an_error() {
        let of = |file: &str| Versions::parse("hello", file.as_bytes()).unwrap_err().to_string();
        assert!(of("").contains("empty") && of("\n\n").contains("empty"));
        assert!(of("<html>Sign in</html>").contains("no file of an index"));
        assert!(of(&(line("1.0.0", false) + "{\"name\":\"hel")).contains("no file of an index"));
        assert!(of(&line("1.0.0", false).replace("Hello", "other")).contains("`other`"));
    }
}
