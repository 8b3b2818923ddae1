//! `[channel.binstall]`.

use serde::{Deserialize, Serialize};

use crate::binstall::Strategy;
use crate::config::{Reader, unknown};
use crate::report::Problem;

/// `[channel.binstall]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `disabled-strategies`: the ways to get the package that are switched off for everybody.
    pub disabled_strategies: Vec<Strategy>,
}

impl Settings {
    /// Reads them.
    pub fn read(table: &Reader<'_>) -> Self {
        let mut disabled_strategies = Vec::new();
        for (word, span) in table.strings("disabled-strategies").unwrap_or_default() {
            match Strategy::ALL.into_iter().find(|strategy| strategy.word() == word) {
                Some(Strategy::CrateMetaData) => table.problems().add(
                    Problem::new("`disabled-strategies` switches off what installs from releases: `crate-meta-data`")
                        .help("take it out, or name `channels` without \"binstall\"")
                        .at(span.location()),
                ),
                Some(strategy) if disabled_strategies.contains(&strategy) => {}
                Some(strategy) => disabled_strategies.push(strategy),
                None => {
                    let allowed = [Strategy::QuickInstall, Strategy::Compile].map(Strategy::word);
                    table.problems().add(unknown("strategy", &word, &allowed).at(span.location()));
                }
            }
        }
        Self { disabled_strategies }
    }

    /// Those that a plan holds.
    pub fn of_plan(settings: &serde_json::Value) -> Self {
        Self::deserialize(settings).unwrap_or_default()
    }
}
