//! `[channel.npm]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{Problems, Reader};
use crate::names;
use crate::plan::PackagePlan;
use crate::report::{Error, Result};
use crate::spanned::Table;

/// The settings, as the plan keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `name`: the package's on npm, with its scope; Cargo's unless set.
    pub name: Option<String>,
    /// `scope`: that of the packages for platforms, and of the main one if `name` has none; with its `@`.
    pub scope: Option<String>,
    /// `registry`: where it is published; what npm is configured for unless set.
    pub registry: Option<String>,
    /// `access`: who may have packages with a scope.
    pub access: Access,
    /// `prerelease-tag`: the tag that pre-releases move.
    pub prerelease_tag: String,
    /// `provenance`: whether CI signs where packages come from.
    pub provenance: bool,
    /// `node`: the versions of node that the launcher is for.
    pub node: String,
}

/// Who may have a package with a scope; those without are everybody's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Everybody.
    #[default]
    Public,
    /// Whom its owner lets.
    Restricted,
}

impl Access {
    const WORDS: [(&str, Self); 2] = [("public", Self::Public), ("restricted", Self::Restricted)];

    /// npm's word for it.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize].0
    }
}

impl Settings {
    /// Reads them.
    pub fn read(table: &Reader<'_>) -> Self {
        Self {
            name: table.checked("name", names::check_npm_name),
            scope: table.parsed("scope", names::parse_npm_scope),
            registry: table.checked("registry", check_registry),
            access: table.one_of("access", &Access::WORDS).unwrap_or_default(),
            prerelease_tag: table.checked("prerelease-tag", check_tag).unwrap_or_else(|| "next".to_owned()),
            provenance: table.bool("provenance").unwrap_or(false),
            node: table.checked("node", check_range).unwrap_or_else(|| ">=16".to_owned()),
        }
    }

    /// Those that a plan keeps; the usual ones where it keeps others, which this version did not write.
    pub fn of_plan(settings: &Value) -> Self {
        serde_json::from_value(settings.clone()).unwrap_or_default()
    }

    /// What the package is called on npm.
    pub fn name_of(&self, package: &PackagePlan) -> String {
        match (&self.name, &self.scope) {
            (Some(name), _) => name.clone(),
            (None, Some(scope)) => format!("{scope}/{}", package.name),
            (None, None) => package.name.clone(),
        }
    }

    /// What names of the packages for platforms begin with.
    pub fn platforms_of(&self, package: &PackagePlan) -> String {
        let name = self.name_of(package);
        let bare = names::npm_scope(&name).map_or(name.as_str(), |(_, bare)| bare);
        self.scope.as_ref().map_or_else(|| name.clone(), |scope| format!("{scope}/{bare}"))
    }

    /// Whether anything says under whose name it is published: names on npm are whoever's comes first.
    pub fn is_claimed(&self) -> bool {
        self.name.is_some() || self.scope.is_some()
    }

    /// What package.json says of publishing the package `name`.
    pub fn publish_config(&self, name: &str) -> BTreeMap<String, String> {
        let access = names::npm_scope(name).map(|_| ("access".to_owned(), self.access.word().to_owned()));
        let registry = self.registry.clone().map(|registry| ("registry".to_owned(), registry));
        access.into_iter().chain(registry).collect()
    }
}

/// What holds where nothing is set.
impl Default for Settings {
    fn default() -> Self {
        Self::read(&Reader::new(&Table::new(), "", &Problems::default()))
    }
}

fn check_registry(url: &str) -> Result<()> {
    let wrong = |why: &str| Err(Error::usage(format!("`{url}` is no registry's URL")).because(why));
    let Some((_, rest)) = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http")) else {
        return wrong("it begins with neither `https://` nor `http://`");
    };
    let host = rest.split('/').next().unwrap_or_default();
    if host.contains('@') {
        let error = Error::usage("the registry's URL has credentials in it, which would stand in every release");
        return Err(error.help("take them out: npm has them in its .npmrc, or in a variable that is named there"));
    }
    if host.is_empty() || url.contains(|c: char| !c.is_ascii_graphic() || "\"<>\\^`{|}".contains(c)) {
        return wrong("it has no host, or what stands in no URL");
    }
    Ok(())
}

/// npm takes no tag that could be a range of versions.
fn check_tag(tag: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_word = tag.starts_with(|c: char| c.is_ascii_lowercase()) && tag.chars().all(allowed);
    let is_range = tag == "x" || tag.starts_with('v') && tag[1..].starts_with(|c: char| c.is_ascii_digit());
    if is_word && !is_range && tag != "latest" {
        return Ok(());
    }
    Err(Error::usage(format!("`{tag}` is no tag for pre-releases"))
        .because("it is a word in small letters that is neither `latest` nor a range of versions")
        .help("write `next`, `beta` or the like"))
}

/// A range of versions that the parser of another language reads: only what cannot be one is refused.
fn check_range(range: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " .-+|<>=^~*".contains(c);
    if range.chars().any(|c| c.is_ascii_digit() || c == '*') && range.chars().all(allowed) {
        return Ok(());
    }
    Err(Error::usage(format!("`{range}` is no range of versions")).help("write `>=18` or the like"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::testing;

    fn read(text: &str) -> (Settings, String) {
        testing::settings("channel.npm", text, Settings::read)
    }

    #[test]
    fn all_settings_are_read_and_kept_by_the_plan() {
        let text = r#"
            name = "tally"
            scope = "acme"
            registry = "https://npm.example.org/team/"
            access = "restricted"
            prerelease-tag = "beta"
            provenance = true
            node = "^18 || >=20"
        "#;
        let (settings, problems) = read(text);
        assert_eq!(problems, "");
        assert_eq!((settings.scope.as_deref(), settings.access), (Some("@acme"), Access::Restricted));
        assert_eq!(Settings::of_plan(&crate::channel::settings_to_plan(&settings)), settings);
        assert_eq!((settings.prerelease_tag.as_str(), settings.provenance), ("beta", true));
        assert_eq!(read("").0, Settings::default());
    }

    #[test]
    fn what_npm_would_not_take_is_refused_with_its_place() {
        for (text, part) in [
            ("name = \"Tally\"", "dist.toml:1:8: `Tally` cannot be a package's name on npm"),
            ("scope = \"a/b\"", "`a/b` cannot be a scope"),
            ("registry = \"npm.example.org\"", "is no registry's URL"),
            ("registry = \"https://me:pass@example.org/\"", "has credentials in it"),
            ("access = \"private\"", "allowed are `public`, `restricted`"),
            ("prerelease-tag = \"latest\"", "is no tag for pre-releases"),
            ("prerelease-tag = \"v1\"", "is no tag for pre-releases"),
            ("node = \"new\"", "is no range of versions"),
            ("nme = \"x\"", "did you mean `name`"),
        ] {
            let said = read(text).1;
            assert!(said.contains(part) && !said.contains("me:pass"), "{text}: {said}");
        }
    }

    #[test]
    fn scopes_go_where_they_are_wanted() {
        let package = testing::release().plan.packages.remove(0);
        let names = |text: &str| {
            let settings = read(text).0;
            (settings.name_of(&package), settings.platforms_of(&package), settings.is_claimed())
        };
        let three = |main: &str, platforms: &str, claimed| (main.to_owned(), platforms.to_owned(), claimed);
        assert_eq!(names(""), three("tally", "tally", false));
        assert_eq!(names("scope = \"acme\""), three("@acme/tally", "@acme/tally", true));
        assert_eq!(names("name = \"tally-cli\"\nscope = \"@acme\""), three("tally-cli", "@acme/tally-cli", true));
        assert_eq!(names("name = \"@acme/t\""), three("@acme/t", "@acme/t", true));
        assert_eq!(names("name = \"@acme/t\"\nscope = \"@other\""), three("@acme/t", "@other/t", true));
    }
}
