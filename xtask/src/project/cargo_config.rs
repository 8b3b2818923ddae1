//! What has to be known of cargo's own configuration: which profiles exist, and the user's rustflags.
//!
//! Both are asked because what we pass to cargo would hide them: a profile by `--config`, flags by the environment.
//! The rules are those of the Cargo book, "Configuration" (hierarchy, `build.rustflags`).

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use crate::report::{Context, Error, Result};
use crate::run::Runner;
use crate::spanned::{self, Node, Source, Table, Value};
use crate::targets::Target;
use cargo_platform::{Cfg, Platform};

/// What a file is called; cargo still reads the old name, and prefers it.
const NAMES: [&str; 2] = ["config", "config.toml"];

/// The root manifest and the configuration files that cargo reads in a workspace, the strongest first.
#[derive(Debug)]
pub struct CargoConfig {
    files: Vec<Table>,
}

impl CargoConfig {
    /// Reads them.
    ///
    /// # Errors
    /// A file that is no TOML, with the place.
    pub fn load(root: &Path) -> Result<Self> {
        let mut candidates = vec![root.join("Cargo.toml")];
        candidates.extend(folders(root).iter().filter_map(|folder| config_in(folder)));
        let files = candidates.iter().filter_map(|file| read(file).transpose()).collect::<Result<_>>()?;
        Ok(Self { files })
    }

    /// Every file that it may be read from, there or not, but for the root manifest.
    pub fn places(root: &Path) -> Vec<PathBuf> {
        folders(root).iter().flat_map(|folder| NAMES.map(|name| folder.join(name))).collect()
    }

    /// Whether one of them has `[profile.<name>]`.
    pub fn has_profile(&self, name: &str) -> bool {
        self.files.iter().any(|file| get(file, &["profile", name]).is_some())
    }

    /// The profiles that they define.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        let tables = self.files.iter().filter_map(|file| as_table(get(file, &["profile"])?));
        tables.flat_map(|profiles| profiles.keys().map(String::as_str))
    }

    /// Whether one of them has something at `path`.
    pub fn has(&self, path: &[&str]) -> bool {
        self.files.iter().any(|file| get(file, path).is_some())
    }

    /// The strongest string at `path`; of two files, the nearer to the workspace.
    pub fn string(&self, path: &[&str]) -> Option<&str> {
        self.files.iter().find_map(|file| match get(file, path)? {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The strongest path at `path`, which counts from the folder that has `.cargo` in it.
    pub fn path(&self, path: &[&str]) -> Option<PathBuf> {
        self.files.iter().find_map(|file| match node(file, path)? {
            Node { span, value: Value::String(text) } => Some(span.location().file.parent()?.parent()?.join(text)),
            _ => None,
        })
    }

    /// The strongest boolean at `path`.
    pub fn bool(&self, path: &[&str]) -> Option<bool> {
        self.files.iter().find_map(|file| match get(file, path)? {
            Value::Bool(set) => Some(*set),
            _ => None,
        })
    }

    /// The strongest number at `path`, if it is a whole one.
    pub fn number(&self, path: &[&str]) -> Option<u64> {
        self.files.iter().find_map(|file| node(file, path)?.span.written().parse().ok())
    }

    /// Whether they, or the environment, name a linker for `target`.
    pub fn has_linker(&self, target: &Target) -> bool {
        self.files.iter().any(|file| get(file, &["target", target.triple(), "linker"]).is_some())
            || std::env::var_os(variable(target, "LINKER")).is_some()
    }

    /// The flags that cargo would take by itself for `target`.
    ///
    /// Cargo uses the first that there is of CARGO_ENCODED_RUSTFLAGS, RUSTFLAGS, all that `target` tables say, and
    /// `build.rustflags`.
    pub fn rustflags(&self, target: &Target, runner: &Runner) -> Result<Vec<String>> {
        if let Ok(encoded) = std::env::var("CARGO_ENCODED_RUSTFLAGS") {
            return Ok(encoded.split('\x1f').filter(|flag| !flag.is_empty()).map(str::to_owned).collect());
        }
        if let Ok(flags) = std::env::var("RUSTFLAGS") {
            return Ok(words(&flags));
        }
        let for_target = self.target_flags(target, runner)?;
        Ok(if for_target.is_empty() {
            self.joined(&["build", "rustflags"], "CARGO_BUILD_RUSTFLAGS")
        } else {
            for_target
        })
    }

    fn target_flags(&self, target: &Target, runner: &Runner) -> Result<Vec<String>> {
        let mut flags = self.joined(&["target", target.triple(), "rustflags"], &variable(target, "RUSTFLAGS"));
        let mut conditions: Vec<String> = self
            .files
            .iter()
            .filter_map(|file| as_table(get(file, &["target"])?))
            .flat_map(|targets| targets.keys().cloned())
            .filter(|key| key.starts_with("cfg("))
            .filter(|key| self.files.iter().any(|file| get(file, &["target", key, "rustflags"]).is_some()))
            .collect();
        conditions.sort();
        conditions.dedup();
        if conditions.is_empty() {
            return Ok(flags);
        }
        let printed = runner
            .rustc()
            .args(["--print", "cfg", "--target", target.triple()])
            .read()
            .context(|| format!("cannot ask rustc what holds for {target}"))?;
        let holds: Vec<Cfg> = printed.lines().filter_map(|line| Cfg::from_str(line).ok()).collect();
        for condition in conditions {
            if Platform::from_str(&condition).is_ok_and(|platform| platform.matches(target.triple(), &holds)) {
                flags.extend(self.joined(&["target", &condition, "rustflags"], ""));
            }
        }
        Ok(flags)
    }

    /// A list from all files, the strongest last, and then the environment.
    fn joined(&self, path: &[&str], variable: &str) -> Vec<String> {
        let mut flags: Vec<String> = Vec::new();
        for value in self.files.iter().rev().filter_map(|file| get(file, path)) {
            match value {
                Value::String(text) => flags.extend(words(text)),
                Value::Array(items) => flags.extend(items.iter().filter_map(|item| match &item.value {
                    Value::String(flag) => Some(flag.clone()),
                    _ => None,
                })),
                _ => {}
            }
        }
        if let Ok(set) = std::env::var(variable) {
            flags.extend(words(&set));
        }
        flags
    }
}

/// The variable that stands for a setting of a target.
fn variable(target: &Target, setting: &str) -> String {
    format!("CARGO_TARGET_{}_{setting}", target.triple().to_uppercase().replace(['-', '.'], "_"))
}

/// The folders that cargo looks into, the nearest first.
fn folders(root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = root.ancestors().map(|folder| folder.join(".cargo")).collect();
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    // A project below the home folder has met it already; read twice, its lists would be joined twice.
    folders.extend(home.filter(|home| !folders.contains(home)));
    folders
}

fn config_in(folder: &Path) -> Option<PathBuf> {
    NAMES.iter().map(|name| folder.join(name)).find(|file| file.is_file())
}

fn read(file: &Path) -> Result<Option<Table>> {
    match std::fs::read_to_string(file) {
        Ok(text) => {
            let source = Arc::new(Source { name: file.to_owned(), text });
            spanned::parse(&source).map(Some).map_err(Error::configuration)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context(|| format!("cannot read {}", file.display())),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn get<'t>(table: &'t Table, path: &[&str]) -> Option<&'t Value> {
    Some(&node(table, path)?.value)
}

fn node<'t>(table: &'t Table, path: &[&str]) -> Option<&'t Node> {
    let (first, rest) = path.split_first()?;
    let found = &table.get(*first)?.node;
    if rest.is_empty() { Some(found) } else { node(as_table(&found.value)?, rest) }
}

fn as_table(value: &Value) -> Option<&Table> {
    if let Value::Table(table) = value { Some(table) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl CargoConfig {
        /// As if read from files of these texts, the strongest first.
        pub(in crate::project) fn of(texts: &[&str]) -> Self {
            let table = |text: &&str| {
                spanned::parse(&Arc::new(Source { name: "config.toml".into(), text: (*text).to_owned() })).unwrap()
            };
            Self { files: texts.iter().map(table).collect() }
        }
    }

    #[test]
    fn profiles_are_found_in_any_file() {
        let config = CargoConfig::of(&["[package]\nname = 'x'", "[profile.dist]\ninherits = 'release'"]);
        assert!(config.has_profile("dist") && !config.has_profile("fast"));
    }

    #[test]
    fn lists_of_all_files_are_joined_the_strongest_last() {
        let config = CargoConfig::of(&["[build]\nrustflags = ['-Ca']", "[build]\nrustflags = '-Cb -Cc'"]);
        assert_eq!(config.joined(&["build", "rustflags"], "NOT_SET"), ["-Cb", "-Cc", "-Ca"]);
    }
}
