//! `[package.metadata.binstall]`: what the client takes of it, what it refuses, and what it ignores in silence.

use std::fmt;

use cargo_platform::Platform;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::overrides;
use super::{Format, Strategy};
use crate::report::nearest;

/// What the section says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// For every target.
    pub settings: Settings,
    /// For some, in the order in which the client looks at them: that of their keys' bytes.
    pub overrides: Vec<Override>,
}

/// Settings that can differ by target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `pkg-url`: a template of the URL.
    pub pkg_url: Option<String>,
    /// `pkg-fmt`; without it, every format is tried.
    pub pkg_fmt: Option<Format>,
    /// `bin-dir`: a template of a program's path in the archive.
    pub bin_dir: Option<String>,
    /// `[signing]`.
    pub signing: Option<Signing>,
    /// `disabled-strategies`.
    pub disabled_strategies: Vec<Strategy>,
}

/// Settings for one triple, or for all targets of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The key as it is written.
    pub key: String,
    /// What it means.
    pub platform: Platform,
    /// What it sets.
    pub settings: Settings,
}

/// How files are signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signing {
    /// The only algorithm that there is.
    pub algorithm: Algorithm,
    /// The public key, as minisign writes it.
    pub pubkey: String,
    /// A template of the signature's URL; `{ url }.sig` unless given.
    pub file: Option<String>,
}

/// A way to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Minisign, prehashed.
    Minisign,
}

/// Something to say about a key of the metadata, or about the package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Remark {
    /// The keys that lead to it from the top of Cargo.toml; none where it is about no line of it.
    pub key: Vec<String>,
    /// What is to be said.
    pub what: String,
    /// What mends it.
    pub remedy: String,
}

impl Remark {
    /// A remark on the package's `repository`.
    pub fn on_repository(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { key: ["package", "repository"].map(str::to_owned).to_vec(), what: what.into(), remedy: remedy.into() }
    }

    /// A remark on a program that is a link in an archive: the client moves the link, and not what it points at.
    pub fn dangling(program: &str) -> Self {
        let what = format!("{program} is a link in the archive: what is installed will point nowhere");
        Self { key: Vec::new(), what, remedy: "pack the program itself in its place".to_owned() }
    }

    /// A remark on a key of the section, given by its path in it.
    pub fn on(path: &[&str], what: impl Into<String>, remedy: impl Into<String>) -> Self {
        let key = SECTION.iter().chain(path).map(|key| (*key).to_owned()).collect();
        Self { key, what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Where the section is in Cargo.toml.
pub const SECTION: [&str; 3] = ["package", "metadata", "binstall"];

// In the order of the client's structs: it takes lists in place of tables, by position.
const TOP_KEYS: &[&str] = &["pkg-url", "pkg-fmt", "bin-dir", "signing", "disabled-strategies", "overrides"];
const OVERRIDE_KEYS: &[&str] = &["pkg-url", "pkg-fmt", "bin-dir", "disabled-strategies", "signing"];
const SIGNING_KEYS: &[&str] = &["algorithm", "pubkey", "file"];

impl Metadata {
    /// Reads the section, given as `cargo metadata` has it; null where there is none. Also returned: what the client
    /// ignores in it, or what never has an effect.
    ///
    /// # Errors
    /// Everything for which the client refuses the manifest.
    pub fn read(section: &Value) -> Result<(Self, Vec<Remark>), Vec<Remark>> {
        let mut reader = Reader::default();
        let mut metadata = Self::default();
        if !section.is_null() {
            let table = reader.table(&[], section, TOP_KEYS);
            metadata.settings = reader.settings(&[], &table);
            metadata.overrides = reader.overrides(&table);
        }
        if reader.refused.is_empty() { Ok((metadata, reader.ignored)) } else { Err(reader.refused) }
    }
}

/// The keys of a section that the client ignores because they are nearly one of its own, by their paths, and which that is.
pub fn misspelt(section: &Value) -> Vec<(Vec<String>, &'static str)> {
    let mut found = Vec::new();
    let mut look = |path: &[&str], keys: &[&'static str]| {
        let table = path.iter().try_fold(section, |value, key| value.get(key));
        for key in table.and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            if let Some(near) = nearest(key, keys.iter().copied()).filter(|near| near != key) {
                found.push(([path, &[key.as_str()]].concat().into_iter().map(str::to_owned).collect(), near));
            }
        }
    };
    look(&[], TOP_KEYS);
    look(&["signing"], SIGNING_KEYS);
    for key in section.get("overrides").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        look(&["overrides", key], OVERRIDE_KEYS);
        look(&["overrides", key, "signing"], SIGNING_KEYS);
    }
    found
}

/// Gathers what there is to say while reading.
#[derive(Default)]
struct Reader {
    refused: Vec<Remark>,
    ignored: Vec<Remark>,
}

impl Reader {
    fn refuse(&mut self, path: &[&str], what: impl fmt::Display, remedy: String) {
        self.refused.push(Remark::on(path, format!("`{}`: {what}", shown(path)), remedy));
    }

    /// A table with these keys; others are ignored, as the client does.
    fn table(&mut self, path: &[&str], value: &Value, keys: &[&str]) -> Map<String, Value> {
        let table: Map<String, Value> = match value {
            Value::Object(table) => table.clone(),
            Value::Array(values) if values.len() <= keys.len() => {
                keys.iter().zip(values).map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
            }
            _ => {
                self.refuse(path, "it is no table", format!("write it as [{}]", shown(path)));
                return Map::new();
            }
        };
        let mut unknown: Vec<&String> = table.keys().filter(|key| !keys.contains(&key.as_str())).collect();
        unknown.sort();
        for key in unknown {
            let remedy = match nearest(key, keys.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are `{}`", keys.join("`, `")),
            };
            let what = format!("`{}` is ignored: cargo-binstall has no such key", shown(&[path, &[key]].concat()));
            self.ignored.push(Remark::on(&[path, &[key.as_str()]].concat(), what, remedy));
        }
        table
    }

    fn settings(&mut self, path: &[&str], table: &Map<String, Value>) -> Settings {
        Settings {
            pkg_url: self.field(path, table, "pkg-url", &[]),
            pkg_fmt: self.field(path, table, "pkg-fmt", &Format::ALL.map(Format::word)),
            bin_dir: self.field(path, table, "bin-dir", &[]),
            signing: table.get("signing").filter(|value| !value.is_null()).and_then(|value| self.signing(path, value)),
            disabled_strategies: self
                .field::<Vec<Strategy>>(path, table, "disabled-strategies", &Strategy::ALL.map(Strategy::word))
                .unwrap_or_default(),
        }
    }

    fn signing(&mut self, path: &[&str], value: &Value) -> Option<Signing> {
        let path = &[path, &["signing"]].concat()[..];
        let table = self.table(path, value, SIGNING_KEYS);
        let before = self.refused.len();
        let algorithm = self.field(path, &table, "algorithm", &["minisign"]);
        let pubkey = self.field(path, &table, "pubkey", &[]);
        let file = self.field(path, &table, "file", &[]);
        if self.refused.len() == before {
            for (key, given) in [("algorithm", algorithm.is_some()), ("pubkey", pubkey.is_some())] {
                if !given {
                    self.refuse(path, format!("missing field `{key}`"), format!("write `{key}`"));
                }
            }
        }
        Some(Signing { algorithm: algorithm?, pubkey: pubkey?, file })
    }

    fn overrides(&mut self, table: &Map<String, Value>) -> Vec<Override> {
        let path = ["overrides"];
        let overrides = match table.get("overrides") {
            None => return Vec::new(),
            Some(Value::Object(overrides)) => overrides,
            Some(_) => {
                self.refuse(&path, "it is no table", "write it as [package.metadata.binstall.overrides.TARGET]".into());
                return Vec::new();
            }
        };
        // The client's map is sorted; ours is only while no other crate asks serde_json for `preserve_order`.
        let mut keys: Vec<&String> = overrides.keys().collect();
        keys.sort();
        let mut read: Vec<Override> = Vec::new();
        for key in keys {
            let path = ["overrides", key];
            let settings_table = self.table(&path, &overrides[key], OVERRIDE_KEYS);
            let settings = self.settings(&path, &settings_table);
            match key.parse::<Platform>() {
                Err(error) => self.refuse(&path, error, "write a triple or `cfg(…)`; there are no globs".to_owned()),
                Ok(platform) => {
                    self.ignored.extend(overrides::without_effect(key, &platform));
                    match read.iter_mut().find(|known| known.platform == platform) {
                        Some(known) => known.settings = settings,
                        None => read.push(Override { key: key.clone(), platform, settings }),
                    }
                }
            }
        }
        read
    }

    fn field<T: DeserializeOwned>(
        &mut self,
        path: &[&str],
        table: &Map<String, Value>,
        key: &'static str,
        words: &[&'static str],
    ) -> Option<T> {
        let value = table.get(key)?;
        match serde_json::from_value::<Option<T>>(value.clone()) {
            Ok(read) => read,
            Err(error) => {
                let unknown = match value {
                    Value::Array(items) => items.iter().find_map(|item| unknown_word(item, words)),
                    one => unknown_word(one, words),
                };
                let remedy = match unknown.and_then(|word| meant(word, words)) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None if words.is_empty() => "write a string".to_owned(),
                    None => format!("write one of \"{}\"", words.join("\", \"")),
                };
                self.refuse(&[path, &[key]].concat(), error, remedy);
                None
            }
        }
    }
}

/// The word that was probably meant: `tar.gz` is no format, but the end of the name of one.
fn meant(word: &str, words: &[&'static str]) -> Option<&'static str> {
    let word = word.to_lowercase();
    let by_suffix = Format::of_name(&format!(".{}", word.trim_start_matches('.'))).map(Format::word);
    by_suffix.filter(|format| words.contains(format)).or_else(|| nearest(&word, words.iter().copied()))
}

fn unknown_word<'v>(value: &'v Value, words: &[&str]) -> Option<&'v str> {
    value.as_str().filter(|word| !words.contains(word))
}

/// A path below the section as people write it.
fn shown(path: &[&str]) -> String {
    let bare = |key: &&str| key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let quoted = |key: &&str| if bare(key) { (*key).to_owned() } else { format!("'{key}'") };
    let keys: Vec<String> = path.iter().map(quoted).collect();
    if keys.is_empty() { SECTION.join(".") } else { keys.join(".") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_whole_section_is_read() {
        let (metadata, remarks) = Metadata::read(&json!({
            "pkg-url": "u", "pkg-fmt": "tzstd", "bin-dir": "b", "disabled-strategies": ["compile"],
            "signing": {"algorithm": "minisign", "pubkey": "k"},
            "overrides": {"cfg(unix)": {"pkg-fmt": "bin"}, "x86_64-pc-windows-msvc": {"bin-dir": "c"}},
        }))
        .unwrap();
        assert_eq!(remarks, []);
        assert_eq!(metadata.settings.pkg_fmt, Some(Format::Tzstd));
        assert_eq!(metadata.settings.signing.unwrap().file, None);
        assert_eq!(metadata.overrides[1].settings.bin_dir.as_deref(), Some("c"));
        assert_eq!(Metadata::read(&Value::Null).unwrap().0, Metadata::default());
    }

    #[test]
    fn everything_refused_is_told_at_once_with_the_nearest_word() {
        let refused = Metadata::read(&json!({
            "pkg-fmt": "TGZ", "pkg-url": 1, "disabled-strategies": ["quickinstall"], "signing": {"algorithm": "gpg"},
            "overrides": {"*-linux-*": {}, "cfg(unix": {}},
        }))
        .unwrap_err();
        assert_eq!(refused.len(), 6, "{refused:#?}");
        let told = |part: &str| refused.iter().any(|remark| format!("{remark}: {}", remark.remedy).contains(part));
        assert!(told("did you mean \"tgz\"?") && told("did you mean \"quick-install\"?") && told("no globs"));
        assert!(told("`signing.algorithm`: unknown variant `gpg`"));
        let suffix = Metadata::read(&json!({"pkg-fmt": "tar.gz"})).unwrap_err();
        assert_eq!(suffix[0].remedy, "did you mean \"tgz\"?");
    }

    #[test]
    fn what_is_ignored_in_silence_is_told() {
        let section = json!({"pkg_url": "u", "overrides": {"cfg(unix)": {"pkg-frmt": "zip"}}});
        let (metadata, remarks) = Metadata::read(&section).unwrap();
        assert_eq!(metadata.settings, Settings::default());
        assert_eq!(remarks[0].to_string(), "`pkg_url` is ignored: cargo-binstall has no such key");
        assert_eq!(remarks[0].remedy, "did you mean `pkg-url`?");
        assert_eq!(remarks[1].key.last().unwrap(), "pkg-frmt");
    }
}
