//! `[channel.crates-io]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::Reader;
use crate::report::{Error, Result};

/// How many minutes are waited for rate limits, unless it is set.
const MAX_WAIT: u64 = 60;

/// The settings of the channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `registry`: where crates go, by the name that cargo's configuration has for it.
    pub registry: Option<String>,
    /// `allow-files`: globs of files that are published though they look like secrets.
    pub allow_files: Vec<String>,
    /// `max-wait`: how many minutes one run waits for rate limits, all together.
    pub max_wait: Option<u64>,
}

impl Settings {
    /// Reads them.
    pub fn read(reader: &Reader<'_>) -> Self {
        let mut allow_files = Vec::new();
        for (glob, span) in reader.strings("allow-files").unwrap_or_default() {
            match glob::Pattern::new(&glob) {
                Ok(_) => allow_files.push(glob),
                Err(error) => {
                    let error = Error::usage(format!("`{glob}` is no glob")).because(error);
                    reader.problems().add_error(&span, &error);
                }
            }
        }
        Self { registry: reader.checked("registry", check_name), allow_files, max_wait: reader.number("max-wait") }
    }

    /// As the plan keeps them.
    pub fn of_plan(value: &serde_json::Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }

    /// How long one run waits for rate limits.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(60 * self.max_wait.unwrap_or(MAX_WAIT))
    }
}

fn check_name(name: &str) -> Result<()> {
    // Cargo's own rule.
    if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
        return Ok(());
    }
    let error = Error::usage(format!("`{name}` is no name of a registry"));
    Err(error.help("write `crates-io`, or the NAME of [registries.NAME] in cargo's configuration"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::testing;

    fn read(text: &str) -> (Settings, String) {
        testing::settings("channel.crates-io", text, Settings::read)
    }

    #[test]
    fn all_settings_are_read_and_kept_by_the_plan() {
        let (settings, problems) = read("registry = 'my-own'\nallow-files = ['tests/*.pem']\nmax-wait = 5");
        assert_eq!(problems, "");
        assert_eq!((settings.registry.as_deref(), settings.patience()), (Some("my-own"), Duration::from_secs(300)));
        assert_eq!(Settings::of_plan(&crate::channel::settings_to_plan(&settings)), settings);
        assert_eq!(Settings::default().patience(), Duration::from_secs(3600));
    }

    #[test]
    fn what_makes_no_sense_has_its_place() {
        for (text, part) in [
            ("registry = \"https://h/\"", "dist.toml:1:12: `https://h/` is no name of a registry"),
            ("allow-files = [\"a\", \"[\"]", "dist.toml:1:21: `[` is no glob"),
            ("max-wait = \"5\"", "`channel.crates-io.max-wait` is a string (\"5\") where a whole number is wanted"),
            ("max-wait = 1.5", "where a whole number is wanted"),
            ("registri = \"x\"", "did you mean `registry`?"),
        ] {
            let problems = read(text).1;
            assert!(problems.contains(part), "{text}: {problems}");
        }
    }
}
