//! What a formula and its class are called.

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::report::{Error, Result};

/// How much of a version stands in the name of a versioned formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Versioned {
    /// `tally@1`
    Major,
    /// `tally@1.2`
    Minor,
    /// `tally@1.2.3`
    Patch,
}

impl Versioned {
    /// The settings' words.
    pub const WORDS: [(&str, Self); 3] = [("major", Self::Major), ("minor", Self::Minor), ("patch", Self::Patch)];

    /// The name of the formula that stays at `version`; none for a pre-release, which nobody is to stay at.
    pub fn name(self, formula: &str, version: &str) -> Option<String> {
        let Version { major, minor, patch, pre, .. } = Version::parse(version).ok()?;
        let number = match self {
            Self::Major => format!("{major}"),
            Self::Minor => format!("{major}.{minor}"),
            Self::Patch => format!("{major}.{minor}.{patch}"),
        };
        pre.is_empty().then(|| format!("{formula}@{number}"))
    }
}

/// Checks the name of a formula: brew looks for it in small letters, and its class has to be one.
///
/// # Errors
/// What is wrong with it, by `FormulaNameCaskTokenAuditor` of Homebrew.
pub fn check(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.+@".contains(c);
    let reason = if let Some(c) = name.chars().find(|c| !allowed(*c)) {
        format!("it holds {c:?}; small letters, digits and `-_.+@` are allowed")
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        "it does not begin with a letter".to_owned()
    } else if name.ends_with(['-', '@', '.', '_']) || ["--", "-@", "@-"].iter().any(|pair| name.contains(pair)) {
        "a hyphen, an @ or the like stands where none can".to_owned()
    } else if name.matches('@').count() > 1 {
        "it has more than one @".to_owned()
    } else if !class_of(name).chars().all(|c| c.is_ascii_alphanumeric()) {
        format!("its class would be `{}`", class_of(name))
    } else {
        return Ok(());
    };
    Err(Error::usage(format!("`{name}` cannot be a formula's name")).because(reason))
}

/// The class of a formula, as `Formulary.class_s` of Homebrew makes it: of `foo-bar_2`, `FooBar2`; of `a+b`, `Axb`; of
/// `foo@1.2`, `FooAT12`.
pub fn class_of(name: &str) -> String {
    let mut class = String::new();
    let mut rest = name.chars().enumerate().peekable();
    while let Some((at, c)) = rest.next() {
        match (c, rest.peek().copied()) {
            ('-' | '_' | '.' | ' ', Some((_, next))) if next.is_ascii_alphanumeric() => {
                class.push(next.to_ascii_uppercase());
                rest.next();
            }
            ('+', _) => class.push('x'),
            ('@', Some((_, next))) if at > 0 && next.is_ascii_digit() => class.push_str("AT"),
            (c, _) if at == 0 => class.extend(c.to_uppercase()),
            (c, _) => class.extend(c.to_lowercase()),
        }
    }
    class
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_that_homebrew_looks_for() {
        for (name, class) in [
            ("tally", "Tally"),
            ("fd-find", "FdFind"),
            ("a_b", "AB"),
            ("a_2b", "A2b"),
            ("foo@1.2", "FooAT12"),
            ("foo-bar@10", "FooBarAT10"),
            ("c++", "Cxx"),
            ("a+b", "Axb"),
            ("x86.y", "X86Y"),
            ("gtk4", "Gtk4"),
            ("fooBar", "Foobar"),
        ] {
            assert_eq!(class_of(name), class, "{name}");
        }
    }

    #[test]
    fn names_that_brew_would_not_find_are_refused() {
        for good in ["tally", "a_b", "c++", "foo@1.2", "x86.y", "fd-find"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "Tally", "2ping", "a--b", "a-", "@a", "a@", "a-@1", "a@1@2", "größe", "a b", "a/b", "a._b"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn versioned_names_have_what_was_asked_for() {
        let names = Versioned::WORDS.map(|(_, versioned)| versioned.name("tally", "1.2.3+b").unwrap());
        assert_eq!(names, ["tally@1", "tally@1.2", "tally@1.2.3"]);
        assert_eq!(Versioned::Minor.name("tally", "1.2.3-rc.1"), None);
    }
}
