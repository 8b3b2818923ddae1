//! TOML as tables whose every value knows where it was written, so that merged settings can still be pointed at.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::report::{Location, Problem};

/// A text that settings were read from.
#[derive(Debug)]
pub struct Source {
    /// How the user names it: a file, or `--config`.
    pub name: PathBuf,
    /// Its content.
    pub text: String,
}

/// A place in a source.
#[derive(Debug, Clone)]
pub struct Span {
    source: Arc<Source>,
    range: Range<usize>,
}

/// A table: values by key, each with the place of its key.
pub type Table = BTreeMap<String, Entry>;

/// One line of a table.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where the key stands.
    pub key: Span,
    /// What it is set to.
    pub node: Node,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where.
    pub span: Span,
    /// What.
    pub value: Value,
}

/// A value of any type that settings have.
#[derive(Debug, Clone)]
pub enum Value {
    /// A string.
    String(String),
    /// A boolean.
    Bool(bool),
    /// A list.
    Array(Vec<Node>),
    /// A table.
    Table(Table),
    /// A number or a date; what is written tells which.
    Other(&'static str),
}

impl Value {
    /// What kind of value this is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Bool(_) => "a boolean",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

impl Span {
    /// Line and column.
    pub fn location(&self) -> Location {
        Location::of_offset(&self.source.name, &self.source.text, self.range.start)
    }

    /// The value as the user wrote it, its first line.
    pub fn written(&self) -> &str {
        self.source.text.get(self.range.clone()).unwrap_or_default().lines().next().unwrap_or_default()
    }
}

/// Reads a source.
///
/// # Errors
/// Every syntax error in it, with its place.
pub fn parse(source: &Arc<Source>) -> Result<Table, Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if errors.is_empty() {
        return Ok(convert_table(source, table.get_ref()));
    }
    Err(errors
        .iter()
        .map(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            Problem::new(error.message()).at(Location::of_offset(&source.name, &source.text, offset))
        })
        .collect())
}

/// Lays `over` on `base`: tables are joined key by key, everything else is replaced.
pub fn merge(base: &mut Table, over: &Table) {
    for (key, entry) in over {
        match (base.get_mut(key).map(|existing| &mut existing.node.value), &entry.node.value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            _ => {
                base.insert(key.clone(), entry.clone());
            }
        }
    }
}

/// Where the value at `path` stands, or in a list its item `word`; none where the table does not have it.
pub fn place(table: &Table, path: &[&str], word: &str) -> Option<Location> {
    let (first, rest) = path.split_first()?;
    let node = &table.get(*first)?.node;
    match &node.value {
        Value::Table(below) if !rest.is_empty() => place(below, rest, word),
        Value::Array(items) => {
            let item = items.iter().find(|item| matches!(&item.value, Value::String(text) if text == word));
            Some(item.unwrap_or(node).span.location())
        }
        _ => Some(node.span.location()),
    }
}

fn convert_table(source: &Arc<Source>, table: &DeTable<'_>) -> Table {
    let span = |range: Range<usize>| Span { source: Arc::clone(source), range };
    table
        .iter()
        .map(|(key, value)| (key.get_ref().to_string(), Entry { key: span(key.span()), node: convert(source, value) }))
        .collect()
}

fn convert(source: &Arc<Source>, value: &Spanned<DeValue<'_>>) -> Node {
    let converted = match value.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(set) => Value::Bool(*set),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| convert(source, item)).collect()),
        DeValue::Table(table) => Value::Table(convert_table(source, table)),
        DeValue::Integer(_) | DeValue::Float(_) => Value::Other("a number"),
        DeValue::Datetime(_) => Value::Other("a date"),
    };
    Node { span: Span { source: Arc::clone(source), range: value.span() }, value: converted }
}
