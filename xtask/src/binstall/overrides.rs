//! Which overrides hold for a target, and what they come to.

use cargo_platform::{Cfg, CfgExpr, Ident, Platform};

use super::metadata::{Metadata, Override, Remark, Settings};
use crate::report::nearest;
use crate::targets::{BINSTALL_CFGS, BinstallTarget, KNOWN};

impl Metadata {
    /// What holds for a target. Each setting is that of the first that has it: the override for the very triple, those
    /// for conditions in the order of their keys' bytes, the section itself. Strategies are disabled by any of them.
    pub fn settings_for(&self, target: &BinstallTarget) -> Settings {
        let matching = self.matching(target);
        let all = || matching.iter().map(|over| &over.settings).chain([&self.settings]);
        let mut disabled: Vec<_> = all().flat_map(|settings| settings.disabled_strategies.clone()).collect();
        disabled.sort_unstable();
        disabled.dedup();
        Settings {
            pkg_url: all().find_map(|settings| settings.pkg_url.clone()),
            pkg_fmt: all().find_map(|settings| settings.pkg_fmt),
            bin_dir: all().find_map(|settings| settings.bin_dir.clone()),
            signing: all().find_map(|settings| settings.signing.clone()),
            disabled_strategies: disabled,
        }
    }

    /// The overrides that hold for a target, the strongest first.
    pub fn matching(&self, target: &BinstallTarget) -> Vec<&Override> {
        let cfgs = target.cfgs();
        let own = self.overrides.iter().filter(|over| over.platform == Platform::Name(target.triple().to_owned()));
        let by_condition = self
            .overrides
            .iter()
            .filter(|over| matches!(&over.platform, Platform::Cfg(condition) if condition.matches(&cfgs)));
        own.chain(by_condition).collect()
    }

    /// Conditions of which several hold for the target and set the same key: their order is not that in the file.
    pub fn rivals(&self, target: &BinstallTarget) -> Option<Remark> {
        let matching = self.matching(target);
        let conditions: Vec<&&Override> =
            matching.iter().filter(|over| matches!(over.platform, Platform::Cfg(_))).collect();
        let rivals = |one: &Settings, other: &Settings| {
            (one.pkg_url.is_some() && other.pkg_url.is_some())
                || (one.pkg_fmt.is_some() && other.pkg_fmt.is_some())
                || (one.bin_dir.is_some() && other.bin_dir.is_some())
                || (one.signing.is_some() && other.signing.is_some())
        };
        let (first, rest) = conditions.split_first()?;
        let rival = rest.iter().find(|other| rivals(&first.settings, &other.settings))?;
        Some(Remark::on(
            &["overrides", &first.key],
            format!("for {target}, `{}` wins over `{}`: conditions are sorted by their text", first.key, rival.key),
            "write conditions of which only one holds for a target",
        ))
    }
}

/// What to say of an override that can hold for no target.
pub fn without_effect(key: &str, platform: &Platform) -> Option<Remark> {
    let path = ["overrides", key];
    match platform {
        Platform::Name(triple) => {
            let known = KNOWN.binary_search(&triple.as_str()).is_ok() || triple.starts_with("universal");
            if known {
                return None;
            }
            let remedy = match nearest(triple, KNOWN.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`rustc --print target-list` has all targets".to_owned(),
            };
            Some(Remark::on(&path, format!("rustc has no target `{triple}`"), remedy))
        }
        Platform::Cfg(condition) => {
            let cfg = false_everywhere(condition)?;
            let remedy = match &cfg {
                Cfg::KeyPair(key, value) if BINSTALL_CFGS.contains(&key.as_str()) => match nearest_value(key, value) {
                    Some(near) => format!("did you mean `{near}`? the words are target-lexicon's"),
                    None => "write a triple: the words are target-lexicon's, not rustc's".to_owned(),
                },
                _ => format!("cargo-binstall sets `{}` alone; or write a triple", BINSTALL_CFGS.join("`, `")),
            };
            Some(Remark::on(&path, format!("`{cfg}` holds for no target"), remedy))
        }
    }
}

/// What is set for any target that rustc has.
fn all_cfgs() -> Vec<Cfg> {
    let mut all: Vec<Cfg> = Vec::new();
    for target in KNOWN.iter().filter_map(|triple| BinstallTarget::parse(triple).ok()) {
        let new: Vec<Cfg> = target.cfgs().into_iter().filter(|cfg| !all.contains(cfg)).collect();
        all.extend(new);
    }
    all
}

/// The first part of a condition that is set for no target.
fn false_everywhere(condition: &CfgExpr) -> Option<Cfg> {
    match condition {
        CfgExpr::Not(inner) => false_everywhere(inner),
        CfgExpr::All(inner) | CfgExpr::Any(inner) => inner.iter().find_map(false_everywhere),
        CfgExpr::Value(cfg) => (!all_cfgs().contains(cfg)).then(|| cfg.clone()),
        CfgExpr::True | CfgExpr::False => None,
    }
}

fn nearest_value(key: &Ident, value: &str) -> Option<String> {
    let values: Vec<String> = all_cfgs()
        .into_iter()
        .filter_map(|cfg| match cfg {
            Cfg::KeyPair(known, value) if known == *key => Some(value),
            _ => None,
        })
        .collect();
    // What everyone means whose word is rustc's.
    let word = if value == "x86" { "i686" } else { value };
    nearest(word, values.iter().map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Format, Strategy};
    use super::*;

    fn metadata(section: &Value) -> Metadata {
        Metadata::read(section).unwrap().0
    }

    #[test]
    fn each_setting_is_that_of_the_strongest_that_has_it() {
        let metadata = metadata(&json!({
            "pkg-fmt": "tar", "pkg-url": "top", "disabled-strategies": ["compile"],
            "overrides": {
                "cfg(unix)": {"pkg-fmt": "zip", "bin-dir": "unix"},
                "cfg(target_os = \"linux\")": {"pkg-fmt": "tgz", "disabled-strategies": ["quick-install"]},
                "x86_64-unknown-linux-gnu": {"bin-dir": "own"},
            }
        }));
        let linux = BinstallTarget::parse("x86_64-unknown-linux-gnu").unwrap();
        let settings = metadata.settings_for(&linux);
        assert_eq!((settings.pkg_fmt, settings.bin_dir.as_deref()), (Some(Format::Tgz), Some("own")));
        assert_eq!(settings.pkg_url.as_deref(), Some("top"));
        assert_eq!(settings.disabled_strategies, [Strategy::QuickInstall, Strategy::Compile]);
        assert!(metadata.rivals(&linux).unwrap().what.contains("`cfg(target_os = \"linux\")` wins over `cfg(unix)`"));
        let windows = BinstallTarget::parse("x86_64-pc-windows-msvc").unwrap();
        assert_eq!(metadata.settings_for(&windows).pkg_fmt, Some(Format::Tar));
        assert_eq!(metadata.rivals(&windows), None);
    }

    #[test]
    fn overrides_for_no_target_are_told() {
        let section = json!({"overrides": {"cfg(not(target_pointer_width = \"64\"))": {}, "x86_64-linux-gnu": {}}});
        let remarks = Metadata::read(&section).unwrap().1;
        assert!(remarks[0].what.contains("`target_pointer_width = \"64\"` holds for no target"), "{remarks:?}");
        assert!(remarks[1].what.contains("rustc has no target"));
        let remark = |condition: &str| Metadata::read(&json!({"overrides": {condition: {}}})).unwrap().1.pop();
        assert!(remark("cfg(target_arch = \"x86\")").unwrap().remedy.contains("did you mean `i686`?"));
        assert_eq!(remark("cfg(all(unix, not(target_env = \"musl\")))"), None);
    }
}
