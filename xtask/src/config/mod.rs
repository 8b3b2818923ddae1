//! `packaging/dist.toml`: what the user said, checked as a whole, and what it means for one package and target.
//!
//! Settings stand in four scopes, the later stronger: the top of the file, `[target.T]`, `[package.P]` and
//! `[package.P.target.T]`. A scope is merged as a table and then read; so every value keeps its place in the file.

mod ci;
mod forge;
mod minisign;
mod reader;
mod settings;
mod wasm;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use ci::{Ci, Jobs};
pub use forge::{Forge, ForgeKind, ForgeSettings};
pub use minisign::Minisign;
pub use reader::{Problems, Reader, unknown};
pub use settings::{ArchiveSettings, BuildSettings, PublishStatus, Selection};
pub use wasm::{JsTarget, WasmOpt, WasmSettings, WasmTool};

use crate::report::{Context, Error, Location, Result};
use crate::spanned::{self, Source, Table, Value};
use crate::targets::Target;

/// Where the file is, relative to the workspace.
pub const FILE: &str = "packaging/dist.toml";

/// The keys under which further scopes stand.
const SCOPES: &[&str] = &["target", "package"];

/// The words that the configuration may use, known from elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The workspace's packages.
    pub packages: &'a [&'a str],
    /// The channels.
    pub channels: &'a [&'a str],
}

/// The configuration, syntactically right; [`Config::check`] tells whether it makes sense.
#[derive(Debug)]
pub struct Config {
    table: Table,
}

impl Config {
    /// Reads `packaging/dist.toml` below `root` if it is there, and lays `overrides` (`KEY=VALUE`, in TOML) on it.
    ///
    /// # Errors
    /// A file that cannot be read or is no TOML.
    pub fn load(root: &Path, overrides: &[String]) -> Result<Self> {
        let file = root.join(FILE);
        let mut sources: Vec<Source> = Vec::new();
        match std::fs::read_to_string(&file) {
            Ok(text) => sources.push(Source { name: shown(&file), text }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).context(|| format!("cannot read {}", file.display())),
        }
        sources.extend(overrides.iter().map(|text| Source { name: "--config".into(), text: text.clone() }));
        Self::from_sources(sources)
    }

    fn from_sources(sources: Vec<Source>) -> Result<Self> {
        let mut table = Table::new();
        let mut problems = Vec::new();
        for source in sources {
            match spanned::parse(&Arc::new(source)) {
                Ok(read) => spanned::merge(&mut table, &read),
                Err(errors) => problems.extend(errors),
            }
        }
        if problems.is_empty() { Ok(Self { table }) } else { Err(Error::configuration(problems)) }
    }

    /// Looks at every scope, used or not, and gathers what is wrong. Channels read their own tables
    /// ([`Config::channel_tables`]).
    pub fn check(&self, known: Known<'_>, problems: &Problems) {
        let top = Reader::new(&self.table, "", problems);
        Selection::read(&top, known);
        Minisign::read(&top);
        ForgeSettings::read(&top);
        check_scope(&top, known);
        check_targets(&top, known);
        for (name, key, package) in top.tables("package") {
            if !known.packages.contains(&name) {
                problems.add(unknown("package", name, known.packages).at(key.location()));
            }
            Selection::read_for_package(&package, known);
            check_scope(&package, known);
            check_targets(&package, known);
            package.finish();
        }
        self.ci(problems);
        top.table("ci");
        top.table("publish-status");
        self.publish_status(problems);
        top.finish();
    }

    /// `[ci]`.
    pub fn ci(&self, problems: &Problems) -> Ci {
        let Some(table) = sub(&self.table, &["ci"]) else { return Ci::default() };
        let reader = Reader::new(table, "ci", problems);
        let settings = Ci::read(&reader);
        reader.finish();
        settings
    }

    /// `[publish-status]`.
    pub fn publish_status(&self, problems: &Problems) -> PublishStatus {
        let Some(table) = sub(&self.table, &["publish-status"]) else { return PublishStatus::default() };
        let reader = Reader::new(table, "publish-status", problems);
        let settings = PublishStatus::read(&reader);
        reader.finish();
        settings
    }

    /// The tables `[channel.<id>]` of all scopes, with their paths in the file.
    pub fn channel_tables<'c>(&'c self, id: &str, problems: &'c Problems) -> Vec<Reader<'c>> {
        let mut found = Vec::new();
        collect_channel(&self.table, "", id, problems, &mut found);
        found
    }

    /// Which packages, targets and channels, and under which tag, at the top of the file.
    pub fn selection(&self, known: Known<'_>, problems: &Problems) -> Selection {
        Selection::read(&Reader::new(&self.table, "", problems), known)
    }

    /// The same for one package, what the top says included.
    pub fn package_selection(&self, package: &str, known: Known<'_>, problems: &Problems) -> Selection {
        let mut table = self.table.clone();
        table.extend(sub(&self.table, &["package", package]).cloned().unwrap_or_default());
        Selection::read(&Reader::new(&table, format!("package.{package}"), problems), known)
    }

    /// How releases are signed; none where they are not.
    pub fn minisign(&self, problems: &Problems) -> Option<Minisign> {
        Minisign::read(&Reader::new(&self.table, "", problems))
    }

    /// Where releases are made public.
    pub fn forge(&self, problems: &Problems) -> ForgeSettings {
        ForgeSettings::read(&Reader::new(&self.table, "", problems))
    }

    /// Where the setting at `path` (in a list: its item `word`) stands at the top of the file, if it does.
    pub fn place(&self, path: &[&str], word: &str) -> Option<Location> {
        spanned::place(&self.table, path, word)
    }

    /// Everything that is set for `package` on `target`, strongest scope last, as one table.
    pub fn scope(&self, package: &str, target: Option<&Target>) -> Table {
        let triple = target.map(Target::triple);
        let mut merged = without_scopes(&self.table);
        let paths = [
            triple.map(|triple| vec!["target", triple]),
            Some(vec!["package", package]),
            triple.map(|triple| vec!["package", package, "target", triple]),
        ];
        for path in paths.into_iter().flatten() {
            if let Some(table) = sub(&self.table, &path) {
                spanned::merge(&mut merged, &without_scopes(table));
            }
        }
        merged
    }
}

fn check_scope(scope: &Reader<'_>, known: Known<'_>) {
    BuildSettings::read(scope);
    WasmSettings::read(scope);
    for (id, key, _) in scope.tables("channel") {
        if !known.channels.contains(&id) {
            scope.problems().add(unknown("channel", id, known.channels).at(key.location()));
        }
    }
}

fn check_targets(scope: &Reader<'_>, known: Known<'_>) {
    for (triple, key, target) in scope.tables("target") {
        if let Err(error) = Target::parse(triple) {
            scope.problems().add_error(key, &error);
        }
        check_scope(&target, known);
        target.finish();
    }
}

fn collect_channel<'c>(table: &'c Table, path: &str, id: &str, problems: &'c Problems, found: &mut Vec<Reader<'c>>) {
    let under = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    if let Some(channel) = sub(table, &["channel", id]) {
        found.push(Reader::new(channel, under(&format!("channel.{id}")), problems));
    }
    for scopes in ["target", "package"] {
        for (name, entry) in sub(table, &[scopes]).into_iter().flatten() {
            if let Value::Table(scope) = &entry.node.value {
                collect_channel(scope, &under(&format!("{scopes}.{name}")), id, problems, found);
            }
        }
    }
}

/// The table `[channel.<id>]` of a merged scope; empty where nothing is set.
pub fn channel_table(scope: &Table, id: &str) -> Table {
    sub(scope, &["channel", id]).cloned().unwrap_or_default()
}

fn sub<'t>(table: &'t Table, path: &[&str]) -> Option<&'t Table> {
    path.iter().try_fold(table, |table, key| match &table.get(*key)?.node.value {
        Value::Table(below) => Some(below),
        _ => None,
    })
}

fn without_scopes(table: &Table) -> Table {
    table
        .iter()
        .filter(|(key, _)| !SCOPES.contains(&key.as_str()))
        .map(|(key, entry)| (key.clone(), entry.clone()))
        .collect()
}

/// The file as the user would name it: relative to the working folder where it is below it.
fn shown(file: &Path) -> PathBuf {
    std::env::current_dir()
        .ok()
        .and_then(|here| file.strip_prefix(here).ok().map(Path::to_owned))
        .unwrap_or_else(|| file.to_owned())
}
