//! Edits `[package.metadata.binstall]` in the text of a Cargo.toml, however it is written there, and nothing else.

use toml_edit::{DocumentMut, Item, Key, Table, TableLike, Value};

use crate::binstall::SECTION;
use crate::lines::with_lines_of;
use crate::report::{Error, Result};

/// A key below the section.
pub type KeyPath = Vec<String>;

/// The text of a Cargo.toml, while it is edited.
#[derive(Debug, Clone)]
pub struct Edit {
    document: DocumentMut,
    original: String,
}

/// What a Cargo.toml has under the section's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Absent,
    /// A table.
    Table,
    /// Something that is none.
    Other,
}

impl Edit {
    /// Reads a text; `file` is its name for people.
    ///
    /// # Errors
    /// It is no TOML.
    pub fn of(file: &str, text: &str) -> Result<Self> {
        let document = text.trim_start_matches('\u{feff}').parse().map_err(|error| {
            Error::new(format!("cannot edit {file}")).because(error).help("mend its TOML; `cargo metadata` tells where")
        })?;
        Ok(Self { document, original: text.to_owned() })
    }

    /// The text as it is now: line ends, and every line that was not touched, as they were.
    pub fn text(&self) -> String {
        with_lines_of(&self.original, &self.document.to_string())
    }

    /// What is there.
    pub fn state(&self) -> State {
        match self.item() {
            None => State::Absent,
            Some(item) if item.is_table_like() => State::Table,
            Some(_) => State::Other,
        }
    }

    /// Whether the comment above the section has these words.
    pub fn is_marked(&self, words: &str) -> bool {
        let prefix = self.item().and_then(Item::as_table).and_then(|table| table.decor().prefix());
        prefix.and_then(|prefix| prefix.as_str()).is_some_and(|prefix| prefix.contains(words))
    }

    /// All values of the section, by their paths.
    pub fn values(&self) -> Vec<(KeyPath, Value)> {
        let mut values = Vec::new();
        if let Some(table) = self.item().and_then(Item::as_table_like) {
            gather(table, &mut Vec::new(), &mut values);
        }
        values
    }

    /// Puts the section of `from` in, with its comments, where there is none.
    pub fn insert(&mut self, from: &Self) {
        let Some(Item::Table(table)) = from.item() else { return };
        let mut table = table.clone();
        forget_places(&mut table);
        let comment = table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().trim_start();
        let prefix = format!("\n{comment}");
        table.decor_mut().set_prefix(prefix);
        let [package, metadata, name] = SECTION;
        let Some(package) = self.document.get_mut(package).and_then(Item::as_table_like_mut) else { return };
        if package.get(metadata).is_none_or(|item| !item.is_table_like()) {
            let mut between = Table::new();
            between.set_implicit(true);
            package.insert(metadata, Item::Table(between));
        }
        let Some(metadata) = package.get_mut(metadata) else { return };
        put(metadata, name, Item::Table(table));
    }

    /// Takes the section out.
    pub fn remove_all(&mut self) {
        let [package, metadata, name] = SECTION;
        let package = self.document.get_mut(package);
        let metadata = package.and_then(|item| item.get_mut(metadata)).and_then(Item::as_table_like_mut);
        metadata.and_then(|metadata| metadata.remove(name));
    }

    /// Sets a value, and leaves what stands around it. Whether that changed anything.
    pub fn set(&mut self, path: &[String], value: &Value) -> bool {
        let Some((last, tables)) = path.split_last() else { return false };
        let Some(mut item) = self.item_mut() else { return false };
        for (n, key) in tables.iter().enumerate() {
            if item.get(key).is_none_or(|below| !below.is_table_like()) {
                let mut table = Table::new();
                // `[…overrides]` has nothing of its own.
                table.set_implicit(n + 1 < tables.len());
                put(item, key, Item::Table(table));
            }
            let Some(below) = item.get_mut(key) else { return false };
            item = below;
        }
        match item.get_mut(last) {
            Some(Item::Value(old)) if same(old, value) => false,
            Some(Item::Value(old)) => {
                let decor = old.decor().clone();
                *old = value.clone();
                *old.decor_mut() = decor;
                true
            }
            _ => {
                let mut value = value.clone();
                value.decor_mut().clear();
                put(item, last, Item::Value(value));
                true
            }
        }
    }

    /// Takes a key out, and the tables that are empty without it. Whether it was there.
    pub fn remove(&mut self, path: &[String]) -> bool {
        let Some((last, tables)) = path.split_last() else { return false };
        let Some(item) = self.item_mut() else { return false };
        let table = tables.iter().try_fold(item, |item, key| item.get_mut(key));
        let Some(table) = table.and_then(Item::as_table_like_mut) else { return false };
        let was_there = table.remove(last).is_some();
        if was_there && table.is_empty() {
            self.remove(tables);
        }
        was_there
    }

    /// Gives a key another name; it stays in its place.
    pub fn rename(&mut self, path: &[String], to: &str) {
        let Some((last, tables)) = path.split_last() else { return };
        let Some(item) = self.item_mut() else { return };
        match tables.iter().try_fold(item, |item, key| item.get_mut(key)) {
            Some(Item::Table(table)) => rename_in(table, last, to),
            Some(item) => {
                let Some(table) = item.as_table_like_mut() else { return };
                if let Some(value) = table.remove(last) {
                    table.insert(to, value);
                }
            }
            None => {}
        }
    }

    fn item(&self) -> Option<&Item> {
        SECTION.iter().try_fold(self.document.as_item(), |item, key| item.get(key))
    }

    fn item_mut(&mut self) -> Option<&mut Item> {
        SECTION.iter().try_fold(self.document.as_item_mut(), |item, key| item.get_mut(key))
    }
}

fn gather(table: &dyn TableLike, path: &mut KeyPath, values: &mut Vec<(KeyPath, Value)>) {
    for (key, item) in table.iter() {
        path.push(key.to_owned());
        match (item.as_table_like(), item) {
            (Some(below), _) => gather(below, path, values),
            (None, Item::Value(value)) => values.push((path.clone(), value.clone())),
            (None, _) => {}
        }
        path.pop();
    }
}

/// Puts an item into a table: into one that is written in one line, as a value, before the space at its end.
fn put(table: &mut Item, key: &str, mut item: Item) {
    if let Some(line) = table.as_inline_table_mut() {
        item.make_value();
        let end = line.iter_mut().last().and_then(|(_, last)| {
            let end = last.decor().suffix().cloned();
            last.decor_mut().set_suffix("");
            end
        });
        if let (Some(value), Some(end)) = (item.as_value_mut(), end) {
            value.decor_mut().set_prefix(" ");
            value.decor_mut().set_suffix(end);
        }
    }
    if let Some(table) = table.as_table_like_mut() {
        table.insert(key, item);
    }
}

fn rename_in(table: &mut Table, from: &str, to: &str) {
    let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    for name in keys {
        let Some((key, item)) = table.remove_entry(&name) else { continue };
        let key = if name == from {
            Key::new(to).with_leaf_decor(key.leaf_decor().clone()).with_dotted_decor(key.dotted_decor().clone())
        } else {
            key
        };
        table.insert_formatted(&key, item);
    }
}

/// Tables are written in the order of their places in the file that they are from.
fn forget_places(table: &mut Table) {
    table.set_position(None);
    for (_, item) in table.iter_mut() {
        if let Item::Table(below) = item {
            forget_places(below);
        }
    }
}

/// Whether two values mean the same, however they are written.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.value() == other.value(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        _ => one.to_string().trim() == other.to_string().trim(),
    }
}
