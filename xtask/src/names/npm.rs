//! Names on npm: what it takes as one, and what it calls files. By the rules of `validate-npm-package-name`, those for
//! new packages.

use crate::report::{Error, Result};
use crate::targets::NpmPlatform;

/// The longest name that npm takes, its scope included.
const LONGEST: usize = 214;
/// Words that npm keeps for itself.
const KEPT: &[&str] = &["node_modules", "favicon.ico"];

/// Checks the name of a package: `tally`, or with its scope, `@acme/tally`.
///
/// # Errors
/// What npm would not take about it.
pub fn check_npm_name(name: &str) -> Result<()> {
    let wrong =
        |reason: String| Err(Error::usage(format!("`{name}` cannot be a package's name on npm")).because(reason));
    let (scope, bare) = npm_scope(name).map_or((None, name), |(scope, bare)| (Some(scope), bare));
    if name.len() > LONGEST {
        return wrong(format!("it is longer than {LONGEST} characters"));
    }
    let faults = scope.map(|scope| word(&scope[1..])).into_iter().chain([word(bare)]);
    match faults.flatten().next() {
        Some(reason) => wrong(reason),
        None => Ok(()),
    }
}

/// Reads a scope, with or without its `@`, and gives it with.
///
/// # Errors
/// As [`check_npm_name`].
pub fn parse_npm_scope(text: &str) -> Result<String> {
    let bare = text.strip_prefix('@').unwrap_or(text);
    match word(bare) {
        None => Ok(format!("@{bare}")),
        Some(reason) => Err(Error::usage(format!("`{text}` cannot be a scope on npm")).because(reason)),
    }
}

/// The scope (`@acme`) and the rest of a name that has one.
pub fn npm_scope(name: &str) -> Option<(&str, &str)> {
    if name.starts_with('@') { name.split_once('/') } else { None }
}

/// What is wrong with a part of a name.
fn word(word: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    if word.is_empty() {
        return Some("a part of it is empty".to_owned());
    }
    if let Some(c) = word.chars().find(char::is_ascii_uppercase) {
        return Some(format!("it holds {c:?}; npm has small letters only"));
    }
    if let Some(c) = word.chars().find(|c| !allowed(*c)) {
        return Some(format!("it holds {c:?}; small letters, digits, `-`, `.` and `_` are allowed"));
    }
    if word.starts_with(['.', '_', '-']) {
        return Some(format!("`{word}` begins with a dot, an underscore or a hyphen"));
    }
    KEPT.contains(&word).then(|| format!("npm keeps `{word}` for itself"))
}

/// The name of the package for one platform beside the package `name`: `tally-linux-x64-gnu`. What is for several
/// processors is `universal`.
pub fn npm_platform_name(name: &str, platforms: &[NpmPlatform]) -> String {
    let Some(first) = platforms.first() else { return name.to_owned() };
    let cpu = if platforms.len() > 1 { "universal" } else { first.cpu };
    let libc = match first.libc {
        Some("glibc") => "-gnu",
        Some("musl") => "-musl",
        _ => "",
    };
    format!("{name}-{}-{cpu}{libc}", first.os)
}

/// What `npm pack` calls the file of a package.
pub fn npm_file(name: &str, version: &str) -> String {
    format!("{}-{version}.tgz", name.trim_start_matches('@').replace('/', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::Target;

    #[test]
    fn names_are_what_npm_takes() {
        for good in ["tally", "@acme/tally", "a.b-c_d", "1x", "@a/b.c"] {
            assert!(check_npm_name(good).is_ok(), "{good}");
        }
        let long = "x".repeat(215);
        for bad in ["", "Tally", "_a", ".a", "-a", "a b", "a/b", "@acme", "@acme/", "@/a", "@acme/.a", "é", &long] {
            assert!(check_npm_name(bad).is_err(), "{bad}");
        }
        assert!(check_npm_name("node_modules").is_err() && check_npm_name("a~b").is_err());
        let error = check_npm_name("Tally").unwrap_err().to_string();
        assert!(error.contains("it holds 'T'; npm has small letters only"), "{error}");
    }

    #[test]
    fn scopes_may_be_written_without_their_sign() {
        assert_eq!(parse_npm_scope("acme").unwrap(), "@acme");
        assert_eq!(parse_npm_scope("@acme").unwrap(), "@acme");
        assert!(parse_npm_scope("@").is_err() && parse_npm_scope("@a/b").is_err() && parse_npm_scope("Acme").is_err());
        assert_eq!(npm_scope("@acme/tally"), Some(("@acme", "tally")));
        assert_eq!(npm_scope("tally"), None);
    }

    #[test]
    fn platforms_are_told_apart_by_names_and_files() {
        let name = |triple: &str| npm_platform_name("@acme/tally", &Target::parse(triple).unwrap().npm());
        assert_eq!(name("x86_64-unknown-linux-gnu"), "@acme/tally-linux-x64-gnu");
        assert_eq!(name("aarch64-unknown-linux-musl"), "@acme/tally-linux-arm64-musl");
        assert_eq!(name("x86_64-pc-windows-gnullvm"), "@acme/tally-win32-x64");
        assert_eq!(name("universal-apple-darwin"), "@acme/tally-darwin-universal");
        assert_eq!(npm_file("@acme/tally", "1.2.3-rc.1"), "acme-tally-1.2.3-rc.1.tgz");
        assert_eq!(npm_file("tally", "1.2.3"), "tally-1.2.3.tgz");
    }
}
