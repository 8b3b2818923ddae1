//! A Cargo.toml: its values, and where each stands.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use toml::de::{DeTable, DeValue};

use super::Remark;
use crate::report::{Error, Location, Result};
use crate::spanned::{self, Source, Table};

/// A manifest that is TOML.
#[derive(Debug)]
pub struct Document {
    /// All of it, dates as cargo writes them into JSON.
    pub value: Value,
    source: Arc<Source>,
    table: Table,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// It is not there, or no TOML.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| {
            Error::usage(format!("cannot read {}", path.display()))
                .because(error)
                .help("--manifest-path takes a Cargo.toml, or the folder that holds it")
        })?;
        Self::parse(path, &text)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// Every place at which it is no TOML.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let source = Arc::new(Source { name: path.to_owned(), text: text.to_owned() });
        let table = spanned::parse(&source).map_err(|mut problems| {
            // A file that is no TOML at all has one in each line.
            problems.truncate(5);
            Error::configuration(problems)
        })?;
        let value = DeTable::parse(text).map_err(|error| Error::usage(error.to_string()))?;
        Ok(Self { value: table_to_json(value.get_ref()), source, table })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.source.name
    }

    /// Its folder.
    pub fn dir(&self) -> PathBuf {
        let parent = self.path().parent().filter(|parent| *parent != Path::new(""));
        parent.unwrap_or(Path::new(".")).to_owned()
    }

    /// The name of its package, if it has one.
    pub fn name(&self) -> Option<&str> {
        at(&self.value, &["package", "name"])?.as_str()
    }

    /// Where a key stands.
    pub fn place(&self, key: &[String]) -> Option<Location> {
        let (last, path) = key.split_last()?;
        let mut table = &self.table;
        for key in path {
            let spanned::Value::Table(below) = &table.get(key)?.node.value else { return None };
            table = below;
        }
        Some(table.get(last)?.key.location())
    }
}

/// The value below these keys.
pub fn at<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().try_fold(value, |value, key| value.get(key))
}

/// A remark on a key, given by its path from the top.
pub fn remark(key: &[&str], what: impl Display, remedy: &str) -> Remark {
    Remark { key: key.iter().map(|key| (*key).to_owned()).collect(), what: what.to_string(), remedy: remedy.to_owned() }
}

fn table_to_json(table: &DeTable<'_>) -> Value {
    let entry = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let key: &toml::de::DeString<'_> = key.get_ref();
        (key.to_string(), to_json(value.get_ref()))
    };
    Value::Object(table.iter().map(entry).collect::<Map<_, _>>())
}

fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Boolean(set) => json!(set),
        DeValue::Integer(number) => json!(i64::from_str_radix(number.as_str(), number.radix()).unwrap_or_default()),
        DeValue::Float(number) => json!(number.as_str().parse::<f64>().ok().filter(|n| n.is_finite()).unwrap_or(0.5)),
        DeValue::Datetime(date) => json!({"$__toml_private_datetime": date.to_string()}),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => table_to_json(table),
    }
}
