//! `.cargo/config.toml`: the alias, and the profile that programs are released with.

use toml_edit::{DocumentMut, Item, Table, Value, value};

use super::LAUNCHER;
use super::survey::Survey;
use crate::lines::with_lines_of;
use crate::report::{Error, Result};

/// Programs are small and fast where the repository does not say otherwise.
const PROFILE: [(&str, &str); 3] = [("lto", "\"thin\""), ("codegen-units", "1"), ("strip", "\"symbols\"")];

/// Whether a configuration has the alias.
pub fn has_alias(config: &str, alias: &str) -> bool {
    let document: Option<DocumentMut> = config.parse().ok();
    document.is_some_and(|document| document.get("alias").is_some_and(|aliases| aliases.get(alias).is_some()))
}

/// The configuration with the alias, and with a profile `dist` where there is none.
///
/// # Errors
/// It is no TOML.
pub fn edited(survey: &Survey, alias: &str) -> Result<String> {
    let old = survey.config.as_deref().unwrap_or_default();
    let cannot = || Error::new(format!("cannot edit {}", survey.config_path)).help("mend its TOML first");
    let mut document: DocumentMut =
        old.trim_start_matches('\u{feff}').parse().map_err(|error| cannot().because(error))?;
    let aliases = document.entry("alias").or_insert_with(|| {
        let mut table = Table::new();
        table.decor_mut().set_prefix(if old.is_empty() { "" } else { "\n" });
        Item::Table(table)
    });
    let aliases = aliases.as_table_like_mut().ok_or_else(|| cannot().because("`alias` is no table"))?;
    // With `build.target`, cargo would make the launcher a program of that target.
    let host = if survey.has_build_target { " --target host-tuple" } else { "" };
    aliases.insert(alias, value(format!("run --quiet --package {LAUNCHER}{host} --")));
    if let Some(mut key) = aliases.key_mut(alias) {
        key.leaf_decor_mut().set_prefix(format!("# The release system: `cargo {alias} dist --help`.\n"));
    }
    if !survey.has_dist_profile {
        let profiles = document.entry("profile").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let profiles = profiles.as_table_like_mut().ok_or_else(|| cannot().because("`profile` is no table"))?;
        profiles.insert("dist", Item::Table(profile(&survey.manifest)));
    }
    Ok(with_lines_of(old, &document.to_string()))
}

/// What `release` says itself is not said otherwise.
fn profile(manifest: &str) -> Table {
    let manifest: Option<DocumentMut> = manifest.parse().ok();
    let release = manifest.as_ref().and_then(|manifest| manifest.get("profile")?.get("release"));
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n# How programs are released.\n");
    table.insert("inherits", value("release"));
    for (key, word) in PROFILE {
        let said = release.is_some_and(|release| release.get(key).is_some());
        if let (false, Ok(word)) = (said, word.parse::<Value>()) {
            table.insert(key, Item::Value(word));
        }
    }
    table
}
