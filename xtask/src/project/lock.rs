//! `Cargo.lock`, as far as a release has to know what is in it: a version, and how much there is to compile.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeTable, DeValue};

use super::Project;
use crate::report::{Context, Error, Result};

impl Project {
    /// The version of a package that the lock file names; the newest, of several.
    ///
    /// # Errors
    /// There is no lock file, or it does not have the package.
    pub fn locked(&self, package: &str) -> Result<String> {
        let file = self.root.join("Cargo.lock");
        if !file.is_file() {
            return Err(no_lock(self));
        }
        let text = std::fs::read_to_string(&file).context(|| format!("cannot read {}", file.display()))?;
        version(&text, package).ok_or_else(|| {
            Error::new(format!("Cargo.lock has no {package}"))
                .because("it does not fit the manifests")
                .help("run `cargo update --workspace`, and commit Cargo.lock")
        })
    }
}

/// What is said where there is no lock file: nothing is released of versions that may change.
pub fn no_lock(project: &Project) -> Error {
    Error::new(format!("there is no Cargo.lock in {}", project.root.display()))
        .because("a release is built from locked versions only")
        .help("run `cargo generate-lockfile`, and commit the file")
}

/// The newest version of `package` that `text`, a Cargo.lock, names.
fn version(text: &str, package: &str) -> Option<String> {
    let lock = DeTable::parse(text).ok()?.into_inner();
    let word = |value: &DeValue<'_>, key: &str| value.get(key)?.get_ref().as_str().map(str::to_owned);
    let packages = lock.get("package")?.get_ref().as_array()?.iter().map(toml::Spanned::get_ref);
    let named = packages.filter(|value| word(value, "name").as_deref() == Some(package));
    let newest = named.filter_map(|value| semver::Version::parse(&word(value, "version")?).ok()).max();
    newest.map(|version| version.to_string())
}

/// How many packages `names` come from, themselves included: what `text`, a Cargo.lock, says they depend on, whatever
/// for. None where it is no lock file.
pub fn crates_behind(text: &str, names: &[&str]) -> Option<usize> {
    let lock = DeTable::parse(text).ok()?.into_inner();
    let mut below: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in lock.get("package")?.get_ref().as_array()? {
        let package = package.get_ref();
        let dependencies = package.get("dependencies").and_then(|list| list.get_ref().as_array()).into_iter().flatten();
        // `name`, and where there are several, `name version`.
        let names = dependencies.filter_map(|entry| entry.get_ref().as_str()?.split(' ').next());
        below.entry(package.get("name")?.get_ref().as_str()?).or_default().extend(names);
    }
    let mut seen = BTreeSet::new();
    let mut next: Vec<&str> = names.to_vec();
    while let Some(name) = next.pop() {
        if seen.insert(name) {
            next.extend(below.get(name).into_iter().flatten());
        }
    }
    Some(seen.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_several_versions_counts() {
        let package = |version: &str| format!("[[package]]\nname = \"a\"\nversion = \"{version}\"\n");
        let lock = format!("version = 4\n{}{}", package("0.2.99"), package("0.2.129"));
        assert_eq!(version(&lock, "a").as_deref(), Some("0.2.129"));
        assert_eq!((version(&lock, "b"), version("<<<<<<<", "a")), (None, None));
    }

    #[test]
    fn only_what_is_reached_counts() {
        let lock = r#"
            version = 4
            [[package]]
            name = "a"
            version = "1.0.0"
            dependencies = ["b", "c 2.0.0"]
            [[package]]
            name = "b"
            version = "1.0.0"
            dependencies = ["c 1.0.0", "a"]
            [[package]]
            name = "c"
            version = "1.0.0"
            [[package]]
            name = "xtask"
            version = "1.0.0"
            dependencies = ["d"]
        "#;
        assert_eq!(crates_behind(lock, &["a"]), Some(3));
        assert_eq!(crates_behind(lock, &["xtask", "c"]), Some(3));
        assert_eq!(crates_behind("<<<<<<<", &["a"]), None);
    }
}
