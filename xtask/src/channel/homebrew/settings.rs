//! `[channel.homebrew]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::name::{self, Versioned};
use super::tap;
use crate::config::Reader;
use crate::git::Identity;
use crate::report::{Error, Result};
use crate::spanned::Table;

/// The settings of the channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `name`: the formula's; the package's unless set.
    pub name: Option<String>,
    /// `tap`: the git repository that formulae are published to, as git takes it.
    pub tap: Option<String>,
    /// `author`: who commits to it, as `Name <address>`; the git user unless set.
    pub author: Option<String>,
    /// `versioned`: how much of the version a second formula has in its name, which stays there; none unless set.
    pub versioned: Option<Versioned>,
    /// `linux`: which archive serves Linux where there are two.
    pub linux: Preference,
    /// `depends-on`: formulae that the programs need.
    pub depends_on: Vec<String>,
    /// `conflicts-with`: formulae that cannot be installed besides, and why.
    pub conflicts_with: BTreeMap<String, String>,
    /// `caveats`: what users are told after the installation.
    pub caveats: Option<String>,
    /// `[channel.homebrew.service]`.
    pub service: Option<Service>,
}

/// Which Linux archive is taken where a release has both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preference {
    /// glibc's, which Homebrew itself stands on.
    #[default]
    Gnu,
    /// The static one.
    Musl,
}

/// `[channel.homebrew.service]`: what `brew services` runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// `run`: one of the programs, and its arguments.
    pub run: Vec<String>,
    /// `keep-alive`: whether it is started again when it ends.
    pub keep_alive: bool,
    /// `require-root`: whether only root starts it.
    pub require_root: bool,
    /// `working-dir`, below Homebrew's `var`.
    pub working_dir: Option<String>,
    /// `log`: the file for what it prints, below Homebrew's `var`.
    pub log: Option<String>,
    /// `error-log`: the file for what it prints to stderr, below Homebrew's `var`.
    pub error_log: Option<String>,
    /// `env`: variables that are set.
    pub env: BTreeMap<String, String>,
}

impl Settings {
    /// Reads them.
    pub fn read(reader: &Reader<'_>) -> Self {
        let preferences = [("gnu", Preference::Gnu), ("musl", Preference::Musl)];
        let tap = reader.checked("tap", |text| tap::url_of(text).map(drop));
        let service = reader.table("service").map(|table| Service::read(reader, table));
        Self {
            name: reader.checked("name", name::check),
            tap: tap.and_then(|text| tap::url_of(&text).ok()),
            author: reader.checked("author", check_author),
            versioned: reader.one_of("versioned", &Versioned::WORDS),
            linux: reader.one_of("linux", &preferences).unwrap_or_default(),
            depends_on: formulae(reader),
            conflicts_with: reader.string_map("conflicts-with").unwrap_or_default(),
            caveats: reader.string("caveats").filter(|text| !text.trim().is_empty()),
            service,
        }
    }

    /// As the plan keeps them.
    pub fn of_plan(value: &serde_json::Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }
}

impl Service {
    fn read(outer: &Reader<'_>, table: &Table) -> Self {
        let reader = Reader::new(table, "channel.homebrew.service", outer.problems());
        let below_var = |key| reader.checked(key, check_below_var);
        let service = Self {
            run: reader.plain_strings("run").unwrap_or_default(),
            keep_alive: reader.bool("keep-alive").unwrap_or(false),
            require_root: reader.bool("require-root").unwrap_or(false),
            working_dir: below_var("working-dir"),
            log: below_var("log"),
            error_log: below_var("error-log"),
            env: reader.string_map("env").unwrap_or_default(),
        };
        if let Some(name) = service.env.keys().find(|name| !is_variable(name)) {
            outer.problems().add(unusable(outer, &format!("`{name}` is no name of a variable")));
        }
        if service.run.is_empty() {
            let problem = unusable(outer, "[channel.homebrew.service] says not what to run");
            outer.problems().add(problem.help("write `run = [\"PROGRAM\", \"ARGUMENT\"]` there"));
        }
        reader.finish();
        service
    }
}

fn unusable(reader: &Reader<'_>, what: &str) -> crate::report::Problem {
    let problem = crate::report::Problem::new(what);
    match reader.node("service") {
        Some(node) => problem.at(node.span.location()),
        None => problem,
    }
}

fn formulae(reader: &Reader<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (formula, span) in reader.strings("depends-on").unwrap_or_default() {
        // Of another tap: `acme/tap/tally`.
        match name::check(formula.rsplit('/').next().unwrap_or_default()) {
            Ok(()) => names.push(formula),
            Err(error) => reader.problems().add_error(&span, &error),
        }
    }
    names
}

fn check_author(text: &str) -> Result<()> {
    match Identity::parse(text) {
        Some(_) => Ok(()),
        None => Err(Error::usage(format!("`{text}` is no name and address")).help("write `Name <address>`")),
    }
}

fn check_below_var(path: &str) -> Result<()> {
    let leaves = path.is_empty() || path.starts_with(['/', '~']) || path.split('/').any(|part| part == "..");
    if leaves {
        return Err(Error::usage(format!("`{path}` is no path below Homebrew's `var`")).help("write `log/NAME.log`"));
    }
    Ok(())
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::testing;

    fn read(text: &str) -> (Settings, String) {
        testing::settings("channel.homebrew", text, Settings::read)
    }

    #[test]
    fn all_settings_are_read_and_kept_by_the_plan() {
        let text = r#"
            name = "tally-cli"
            tap = "acme/tap"
            author = "Bot <bot@example.org>"
            versioned = "minor"
            linux = "musl"
            depends-on = ["openssl@3", "acme/tap/x"]
            conflicts-with = { other = "both have a tally" }
            caveats = "Read this"
            service = { run = ["tally", "serve"], keep-alive = true, log = "log/tally.log", env = { A = "b" } }
        "#;
        let (settings, problems) = read(text);
        assert_eq!(problems, "");
        assert_eq!(settings.tap.as_deref(), Some("https://github.com/acme/homebrew-tap.git"));
        assert_eq!((settings.versioned, settings.linux), (Some(Versioned::Minor), Preference::Musl));
        assert_eq!(settings.service.as_ref().unwrap().run, ["tally", "serve"]);
        assert_eq!(Settings::of_plan(&crate::channel::settings_to_plan(&settings)), settings);
        assert_eq!(read("").0, Settings::default());
    }

    #[test]
    fn what_homebrew_or_git_would_not_take_is_refused_with_its_place() {
        for (text, part) in [
            ("name = \"Tally\"", "dist.toml:1:8: `Tally` cannot be a formula's name"),
            ("tap = \"tap\"", "`tap` is no git repository"),
            ("author = \"me\"", "`me` is no name and address"),
            ("versioned = \"all\"", "allowed are `major`, `minor`, `patch`"),
            ("depends-on = [\"x\", \"A B\"]", "dist.toml:1:20: `A B` cannot be"),
            ("[service]\nlog = \"x\"", "says not what to run"),
            ("[service]\nrun = [\"x\"]\nlog = \"../x\"", "dist.toml:3:7: `../x` is no path below"),
            ("[service]\nrun = [\"x\"]\nenv = { \"a-b\" = \"\" }", "`a-b` is no name of a variable"),
            ("[service]\nrn = [\"x\"]", "unknown key `rn` in [channel.homebrew.service]"),
        ] {
            let problems = read(text).1;
            assert!(problems.contains(part), "{text}: {problems}");
        }
    }
}
