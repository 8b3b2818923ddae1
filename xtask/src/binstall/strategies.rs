//! How the client may get a program, in which order, and what switches a way off.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::report::{Error, Result};

/// A way to get a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// From where the package says that its releases are
    CrateMetaData,
    /// From cargo-quickinstall, which builds packages of others
    QuickInstall,
    /// By `cargo install`
    Compile,
}

impl Strategy {
    /// All of them, in the client's order.
    pub const ALL: [Self; 3] = [Self::CrateMetaData, Self::QuickInstall, Self::Compile];

    /// What the client calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::CrateMetaData => "crate-meta-data",
            Self::QuickInstall => "quick-install",
            Self::Compile => "compile",
        }
    }
}

/// What is said of strategies on the client's command line: `--strategies` and `--disable-strategies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strategies {
    /// Those that are left, in order.
    order: Vec<Strategy>,
    /// Whether they were listed: then the metadata's `disabled-strategies` count for nothing.
    listed: bool,
}

impl Default for Strategies {
    fn default() -> Self {
        Self { order: Strategy::ALL.to_vec(), listed: false }
    }
}

impl Strategies {
    /// What the two options come to.
    ///
    /// # Errors
    /// What the client refuses: one listed twice, `compile` before another, none left.
    pub fn new(listed: &[Strategy], disabled: &[Strategy]) -> Result<Self> {
        if (1..listed.len()).any(|n| listed[..n].contains(&listed[n])) {
            return Err(Error::usage("--strategies names a strategy twice").help("name each once"));
        }
        let mut order = if listed.is_empty() { Strategy::ALL.to_vec() } else { listed.to_vec() };
        order.retain(|strategy| !disabled.contains(strategy));
        match order.split_last() {
            None => Err(Error::usage("all strategies are disabled").help("take one out of --disable-strategies")),
            Some((_, firsts)) if firsts.contains(&Strategy::Compile) => {
                Err(Error::usage("`compile` has to be the last strategy").help("write it last in --strategies"))
            }
            Some(_) => Ok(Self { order, listed: !listed.is_empty() }),
        }
    }

    /// What is left of them for a package whose metadata disables these.
    pub fn without(&self, disabled: &[Strategy]) -> Vec<Strategy> {
        let left = |strategy: &&Strategy| self.listed || !disabled.contains(strategy);
        self.order.iter().filter(left).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Strategy::{Compile, CrateMetaData, QuickInstall};
    use super::*;

    #[test]
    fn the_command_line_is_stronger_than_the_metadata() {
        let left =
            |listed: &[_], disabled: &[_], metadata: &[_]| Strategies::new(listed, disabled).unwrap().without(metadata);
        assert_eq!(left(&[], &[], &[]), Strategy::ALL);
        assert_eq!(left(&[], &[Compile], &[QuickInstall]), [CrateMetaData]);
        assert_eq!(left(&[QuickInstall, CrateMetaData], &[], &[CrateMetaData]), [QuickInstall, CrateMetaData]);
        assert_eq!(left(&[QuickInstall, Compile], &[Compile], &[]), [QuickInstall]);
    }

    #[test]
    fn what_the_client_refuses() {
        let refused = |listed: &[_], disabled: &[_]| Strategies::new(listed, disabled).unwrap_err().to_string();
        assert!(refused(&[Compile, Compile], &[]).contains("twice"));
        assert!(refused(&[Compile, QuickInstall], &[]).contains("last"));
        assert!(refused(&[Compile], &[Compile]).contains("all strategies are disabled"));
    }
}
