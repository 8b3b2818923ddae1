//! npm registries, through npm: it finds the user's registry and credentials where they are configured.

use std::collections::BTreeMap;
use std::path::Path;

use semver::Version;
use serde::de::DeserializeOwned;
use serde_json::Value;
use xshell::Cmd;

use crate::names;
use crate::report::{Error, Result};
use crate::run::Runner;

/// The program.
pub const NPM: &str = "npm";

/// What variables CI has where npm may sign by it: GitHub's and GitLab's, by
/// <https://docs.npmjs.com/generating-provenance-statements>.
const SIGNING: &[&str] = &["ACTIONS_ID_TOKEN_REQUEST_URL", "SIGSTORE_ID_TOKEN"];
/// What variables CI has where npm may need no token: <https://docs.npmjs.com/trusted-publishers>.
const TRUSTED: &[&str] = &["ACTIONS_ID_TOKEN_REQUEST_URL", "NPM_ID_TOKEN"];

/// A registry, seen through npm.
#[derive(Debug, Clone, Copy)]
pub struct Registry<'a> {
    runner: &'a Runner,
    /// Its URL; the one that npm is configured for unless set.
    url: Option<&'a str>,
}

/// A package's file that is to be published.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// The package's name.
    pub name: &'a str,
    /// The file.
    pub file: &'a Path,
    /// The tag that it moves.
    pub tag: &'a str,
    /// npm's word for who may have it; none for a package without a scope.
    pub access: Option<&'a str>,
    /// Whether CI signs where it comes from.
    pub provenance: bool,
}

/// The tags of a package, and the version that each has.
pub type Tags = BTreeMap<String, String>;

impl<'a> Registry<'a> {
    /// The registry at `url`, or the user's own.
    pub fn new(runner: &'a Runner, url: Option<&'a str>) -> Self {
        Self { runner, url }
    }

    /// The digest of a version's file (`sha512-…`) as the registry says it; none if there is no such version.
    ///
    /// # Errors
    /// A registry that does not answer, in npm's words.
    pub fn integrity(&self, name: &str, version: &str) -> Result<Option<String>> {
        let dist: Option<Value> = self.view(name, &format!("{name}@{version}"), "dist")?;
        Ok(dist.map(|dist| dist["integrity"].as_str().or(dist["shasum"].as_str()).unwrap_or("no digest").to_owned()))
    }

    /// The tags of a package; none if there is no such package.
    ///
    /// # Errors
    /// As [`Registry::integrity`].
    pub fn tags(&self, name: &str) -> Result<Tags> {
        Ok(self.view(name, name, "dist-tags")?.unwrap_or_default())
    }

    /// Whether npm knows who publishes to the registry of the package `name`. Where CI stands for the project, that is
    /// asked by the registry itself.
    ///
    /// # Errors
    /// Nobody is logged in.
    pub fn check_login(&self, name: &str) -> Result<()> {
        let url = self.url_for(name)?;
        let registry = url.as_ref().map(|url| format!("--registry={url}"));
        let output = answer(self.npm("whoami").args(&registry))?;
        let is_refused = ["ENEEDAUTH", "E401", "E403"].iter().any(|code| output.code() == Some(code));
        if output.is_success || !is_refused || is_set(TRUSTED) {
            return Ok(());
        }
        let place = url.map(|url| format!(" at {url}")).unwrap_or_default();
        Err(Error::new(format!("npm does not know who you are{place}"))
            .because(output.words())
            .help("npm login, or a token in .npmrc (https://docs.npmjs.com/about-access-tokens)"))
    }

    /// Publishes a package's file as it is.
    ///
    /// # Errors
    /// A registry that refuses it, in npm's words.
    pub fn publish(&self, upload: &Upload<'_>) -> Result<()> {
        let mut command = self.npm("publish").arg(upload.file).args(self.flags(upload.name));
        command = command.arg(format!("--tag={}", upload.tag));
        command = command.args(upload.access.map(|access| format!("--access={access}")));
        command = command.args((upload.provenance && is_set(SIGNING)).then_some("--provenance"));
        let output = answer(command)?;
        if output.is_success {
            return Ok(());
        }
        let error = Error::new(format!("npm publish {} failed", upload.name)).because(output.words());
        Err(match output.code() {
            Some("EOTP") => error.help("publish with a token that asks for no code, or with npm_config_otp=CODE"),
            _ => error,
        })
    }

    /// A field of what the registry says of a package or a version of it; none if there is none.
    fn view<T: DeserializeOwned>(&self, name: &str, spec: &str, field: &str) -> Result<Option<T>> {
        let output = answer(self.npm("view").args([spec, field, "--json"]).args(self.flags(name)))?;
        if !output.is_success {
            let failed = || Error::new(format!("npm cannot ask for {spec}")).because(output.words());
            return if output.code() == Some("E404") { Ok(None) } else { Err(failed()) };
        }
        // npm says nothing of a field that there is not.
        if output.stdout.trim().is_empty() {
            return Ok(None);
        }
        serde_json::from_str(&output.stdout)
            .map(Some)
            .map_err(|error| Error::new(format!("npm says of {spec} what is no {field}")).because(error))
    }

    /// A scope may have a registry of its own, which comes first.
    fn flags(&self, name: &str) -> Vec<String> {
        let Some(url) = self.url else { return Vec::new() };
        let of_scope = names::npm_scope(name).map(|(scope, _)| format!("--{scope}:registry={url}"));
        of_scope.into_iter().chain([format!("--registry={url}")]).collect()
    }

    fn url_for(&self, name: &str) -> Result<Option<String>> {
        let scope = names::npm_scope(name).map(|(scope, _)| scope);
        let (None, Some(scope)) = (self.url, scope) else { return Ok(self.url.map(str::to_owned)) };
        let said = answer(self.npm("config").args(["get", &format!("{scope}:registry")]))?;
        let url = said.stdout.trim();
        Ok(url.contains("://").then(|| url.to_owned()))
    }

    fn npm(&self, word: &str) -> Cmd<'a> {
        self.runner.command(if cfg!(windows) { "npm.cmd" } else { NPM }).arg(word)
    }
}

/// Runs npm to its end.
fn answer(command: Cmd<'_>) -> Result<Answer> {
    let failed = format!("cannot run `{command}`");
    let output = command.ignore_status().output().map_err(|error| Error::new(failed).because(error))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    Ok(Answer { is_success: output.status.success(), stdout, stderr })
}

/// What npm said.
#[derive(Debug)]
struct Answer {
    is_success: bool,
    stdout: String,
    stderr: String,
}

impl Answer {
    /// The lines in which npm tells of an error, without its mark (of npm 10 and later, and of older ones).
    fn lines(&self) -> impl Iterator<Item = &str> {
        let lines = self.stderr.lines();
        let unmarked = lines.filter_map(|line| line.strip_prefix("npm error").or(line.strip_prefix("npm ERR!")));
        unmarked.map(str::trim_start)
    }

    /// npm's own name for the error: `E404`.
    fn code(&self) -> Option<&str> {
        self.lines().find_map(|line| line.strip_prefix("code "))
    }

    /// What went wrong, for people.
    fn words(&self) -> String {
        let is_wanted = |line: &&str| {
            let superfluous = ["A complete log of this run", "code ", "at ", "}"];
            !line.is_empty() && !superfluous.iter().any(|word| line.starts_with(word))
        };
        let lines: Vec<&str> = self.lines().filter(is_wanted).take(6).collect();
        if lines.is_empty() { self.stderr.trim().to_owned() } else { lines.join("\n") }
    }
}

/// Whether CI has set one of these.
fn is_set(variables: &[&str]) -> bool {
    variables.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The tag that a new version moves, given those that there are: `latest`, or for a pre-release `prerelease`. No tag goes
/// back to an older version: what comes after a newer one has `release-1.x`, `release-1.2.x`, or a tag of its own.
pub fn tag_for(version: &Version, prerelease: &str, tags: &Tags) -> String {
    let Version { major, minor, patch, pre, .. } = version;
    let own = if pre.is_empty() { format!("release-{major}.{minor}.{patch}") } else { format!("release-{version}") };
    let candidates = match (pre.is_empty(), major) {
        (false, _) => vec![prerelease.to_owned()],
        (true, 0) => vec!["latest".to_owned(), format!("release-0.{minor}.x")],
        (true, _) => vec!["latest".to_owned(), format!("release-{major}.x"), format!("release-{major}.{minor}.x")],
    };
    let may_move = |tag: &String| {
        let there = tags.get(tag).and_then(|there| Version::parse(there).ok());
        // The registry has a first pre-release as the latest version too, for there must be one.
        there.is_none_or(|there| there <= *version || (pre.is_empty() && !there.pre.is_empty()))
    };
    candidates.into_iter().find(may_move).unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tag_goes_back() {
        let tag = |version: &str, tags: &[(&str, &str)]| {
            let tags = tags.iter().map(|(tag, version)| ((*tag).to_owned(), (*version).to_owned())).collect();
            tag_for(&Version::parse(version).unwrap(), "next", &tags)
        };
        assert_eq!(tag("1.2.3", &[]), "latest");
        assert_eq!(tag("1.10.0", &[("latest", "1.9.0")]), "latest");
        assert_eq!(tag("1.2.4", &[("latest", "2.0.0")]), "release-1.x");
        assert_eq!(tag("1.2.4", &[("latest", "2.0.0"), ("release-1.x", "1.3.0")]), "release-1.2.x");
        let all = [("latest", "2.0.0"), ("release-1.x", "1.3.0"), ("release-1.2.x", "1.2.5")];
        assert_eq!(tag("1.2.4", &all), "release-1.2.4");
        assert_eq!(tag("0.4.1", &[("latest", "0.5.0"), ("release-0.5.x", "0.5.0")]), "release-0.4.x");
        assert_eq!(tag("2.0.0-rc.1", &[("latest", "1.0.0")]), "next");
        assert_eq!(tag("2.0.0-rc.1", &[("next", "2.0.0-rc.2")]), "release-2.0.0-rc.1");
        assert_eq!(tag("1.0.0", &[("latest", "2.0.0-rc.1")]), "latest");
    }

    #[test]
    fn the_words_of_npm() {
        let answer = |stderr: &str| Answer { is_success: false, stdout: String::new(), stderr: stderr.to_owned() };
        let new = answer(
            "npm warn x\nnpm error code E404\nnpm error 404 Not Found\nnpm error\nnpm error A complete log of this run can be found in: x\n",
        );
        assert_eq!((new.code(), new.words()), (Some("E404"), "404 Not Found".to_owned()));
        let old = answer("npm ERR! code ENEEDAUTH\nnpm ERR! need auth This command requires you to be logged in.\n");
        assert_eq!(old.code(), Some("ENEEDAUTH"));
        assert_eq!(answer("node: bad option\n").words(), "node: bad option");
    }
}
