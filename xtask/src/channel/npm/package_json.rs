//! `package.json`, as npm reads it: <https://docs.npmjs.com/cli/configuring-npm/package-json>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Settings;
use super::exports::Exports;
use crate::names;
use crate::plan::PackagePlan;
use crate::project::About;
use crate::report::{Context, Result};

/// Its name in a package.
pub const FILE: &str = "package.json";

/// What a package says of itself. What is empty is not written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PackageJson {
    /// Its name, with its scope.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One line that says what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Words under which it is found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Where its sources are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<Repository>,
    /// An SPDX expression, or `SEE LICENSE IN FILE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Its first author, as `Name <address>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Its other authors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<String>,
    /// `module`, where its scripts are ES modules.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The script that `require` gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main: Option<String>,
    /// The ES module that bundlers take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The declarations for TypeScript.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<String>,
    /// What can be imported from it, under which conditions.
    #[serde(skip_serializing_if = "Exports::is_empty")]
    pub exports: Exports,
    /// Whether, or which of its scripts, do more than export: bundlers keep those.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub side_effects: Value,
    /// Scripts that are put on PATH, by the names of the commands.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bin: BTreeMap<String, String>,
    /// What is in it besides this file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The systems that it is for; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub os: Vec<String>,
    /// The processors that it is for; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cpu: Vec<String>,
    /// The C libraries that it is for; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub libc: Vec<String>,
    /// The versions of node and npm that it needs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub engines: BTreeMap<String, String>,
    /// Packages that it needs, and their versions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dependencies: BTreeMap<String, String>,
    /// Packages that it has where they can be installed, and their versions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub optional_dependencies: BTreeMap<String, String>,
    /// What is run when it is installed, and the like; nothing of ours is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scripts: BTreeMap<String, String>,
    /// Whether Yarn puts its files on the disk: programs cannot be run out of a zip file.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub prefer_unplugged: bool,
    /// How it is published, whoever publishes it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub publish_config: BTreeMap<String, String>,
}

/// Where sources are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// `git`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its URL.
    pub url: String,
    /// The package's folder in it; none for its top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
}

impl PackageJson {
    /// What Cargo.toml says of a package, as one of this name; `documents` are the names of its licences and the like.
    pub fn of((package, settings): (&PackagePlan, &Settings), name: &str, version: &str, documents: &[&str]) -> Self {
        let About { description, license, repository, homepage, authors, keywords } = &package.about;
        let in_file = documents.iter().find(|file| is_license(file)).map(|file| format!("SEE LICENSE IN {file}"));
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            description: description.clone(),
            keywords: keywords.clone(),
            homepage: homepage.clone(),
            repository: repository.as_deref().map(|url| Repository::of(url, &package.manifest)),
            // Cargo's old form has `/` between alternatives.
            license: license.as_ref().map(|text| spaced(text)).or(in_file),
            author: authors.first().cloned(),
            contributors: authors.iter().skip(1).cloned().collect(),
            publish_config: settings.publish_config(name),
            ..Self::default()
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// Text that is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The file, as npm writes it: indented by two, with a newline at the end.
    ///
    /// # Errors
    /// None in practice; serialisation of plain data.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self).context(|| format!("cannot write {FILE}"))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

impl Repository {
    /// The repository at `url`, whose Cargo.toml at `manifest` is a package's: in npm's form where git takes the URL.
    fn of(url: &str, manifest: &str) -> Self {
        let base = names::repository_base(url);
        let is_web = base.starts_with("https://") || base.starts_with("http://");
        Self {
            kind: "git".to_owned(),
            url: if is_web { format!("git+{base}.git") } else { url.to_owned() },
            directory: manifest.strip_suffix("/Cargo.toml").map(str::to_owned),
        }
    }
}

fn spaced(license: &str) -> String {
    license.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ")
}

/// Whether a file of this name is a licence.
fn is_license(file: &str) -> bool {
    let upper = file.to_uppercase();
    ["LICENSE", "LICENCE", "COPYING", "UNLICENSE"].iter().any(|word| upper.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::testing;

    fn of(change: impl Fn(&mut PackagePlan), documents: &[&str]) -> PackageJson {
        let mut package = testing::release().plan.packages.remove(0);
        change(&mut package);
        PackageJson::of((&package, &Settings::default()), "@acme/tally", "1.2.3", documents)
    }

    #[test]
    fn what_cargo_says_is_what_npm_is_told() {
        let json = of(|package| package.about.authors = vec!["A <a@x>".into(), "B".into()], &[]);
        assert_eq!(json.repository.as_ref().unwrap().url, "git+https://github.com/acme/tally.git");
        assert_eq!(json.repository.as_ref().unwrap().directory.as_deref(), Some("crates/tally"));
        assert_eq!((json.author.as_deref(), &json.contributors[..]), (Some("A <a@x>"), &["B".to_owned()][..]));
        assert_eq!(json.publish_config["access"], "public");
        let text = String::from_utf8(json.to_bytes().unwrap()).unwrap();
        assert!(text.starts_with("{\n  \"name\": \"@acme/tally\",\n  \"version\": \"1.2.3\",\n"), "{text}");
        for absent in ["scripts", "type\": \"module", "null", "preferUnplugged", "[]", "{}"] {
            assert!(!text.contains(absent), "{absent} in {text}");
        }
        assert_eq!(PackageJson::parse(text.as_bytes()).unwrap(), json);
    }

    #[test]
    fn licences_are_expressions_or_files() {
        let license = |text: Option<&str>, documents: &[&str]| {
            of(|package| package.about.license = text.map(str::to_owned), documents).license
        };
        assert_eq!(license(Some("MIT/Apache-2.0"), &[]).as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(license(None, &["README.md", "LICENSE.txt"]).as_deref(), Some("SEE LICENSE IN LICENSE.txt"));
        assert_eq!(license(None, &["README.md"]), None);
    }
}
