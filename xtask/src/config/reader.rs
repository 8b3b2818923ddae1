//! Reads a table setting by setting, and gathers everything that is wrong with it instead of stopping at the first.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::report::{Error, Problem, nearest};
use crate::spanned::{Node, Span, Table, Value};

/// Where problems are gathered; the same place is complained of once.
#[derive(Debug, Default)]
pub struct Problems {
    found: RefCell<Vec<Problem>>,
}

impl Problems {
    /// Adds a problem, unless the same was said of the same place.
    pub fn add(&self, problem: Problem) {
        let mut found = self.found.borrow_mut();
        if !found.contains(&problem) {
            found.push(problem);
        }
    }

    /// Adds what an error says of the value at `span`.
    pub fn add_error(&self, span: &Span, error: &Error) {
        for problem in error.problems() {
            self.add(Problem { at: Some(span.location()), ..problem.clone() });
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// All problems, in the order of their places.
    pub fn into_result(self) -> Result<(), Error> {
        let mut found = self.found.into_inner();
        found.sort_by(|a, b| a.at.cmp(&b.at));
        if found.is_empty() { Ok(()) } else { Err(Error::configuration(found)) }
    }
}

/// One table being read. Ask for each setting, then [`finish`](Reader::finish): what was not asked for is unknown.
#[derive(Debug)]
pub struct Reader<'t> {
    table: &'t Table,
    path: String,
    asked: RefCell<BTreeSet<&'static str>>,
    problems: &'t Problems,
}

impl<'t> Reader<'t> {
    /// A reader of `table`, which stands under `path` (empty for the top) in the file.
    pub fn new(table: &'t Table, path: impl Into<String>, problems: &'t Problems) -> Self {
        Self { table, path: path.into(), asked: RefCell::default(), problems }
    }

    /// Where problems go.
    pub fn problems(&self) -> &'t Problems {
        self.problems
    }

    /// The value of `key`, whatever it is.
    pub fn node(&self, key: &'static str) -> Option<&'t Node> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key).map(|entry| &entry.node)
    }

    /// A string.
    pub fn string(&self, key: &'static str) -> Option<String> {
        self.checked(key, |_| Ok(()))
    }

    /// A string that `check` finds right.
    pub fn checked(&self, key: &'static str, check: impl FnOnce(&str) -> Result<(), Error>) -> Option<String> {
        self.parsed(key, |text| check(text).map(|()| text.to_owned()))
    }

    /// A string that `parse` makes something of.
    pub fn parsed<T>(&self, key: &'static str, parse: impl FnOnce(&str) -> Result<T, Error>) -> Option<T> {
        let node = self.node(key)?;
        let text = self.as_string(key, node)?;
        match parse(text) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.problems.add_error(&node.span, &error);
                None
            }
        }
    }

    /// One of a few words.
    pub fn one_of<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let node = self.node(key)?;
        let text = self.as_string(key, node)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.problems.add(unknown("value", text, &allowed).at(node.span.location()));
        }
        found
    }

    /// A boolean.
    pub fn bool(&self, key: &'static str) -> Option<bool> {
        let node = self.node(key)?;
        match node.value {
            Value::Bool(set) => Some(set),
            _ => self.wrong_kind(key, node, "true or false"),
        }
    }

    /// A whole number that is not negative.
    pub fn number(&self, key: &'static str) -> Option<u64> {
        let node = self.node(key)?;
        let number = match node.value {
            Value::Other(_) => node.span.written().replace('_', "").parse().ok(),
            _ => None,
        };
        number.or_else(|| self.wrong_kind(key, node, "a whole number"))
    }

    /// A list of strings, each with its place. An item that is none is complained of and left out.
    pub fn strings(&self, key: &'static str) -> Option<Vec<(String, Span)>> {
        let node = self.node(key)?;
        let Value::Array(items) = &node.value else { return self.wrong_kind(key, node, "a list of strings") };
        let item = |item: &Node| match &item.value {
            Value::String(text) => Some((text.clone(), item.span.clone())),
            _ => self.wrong_kind(key, item, "a string in this list"),
        };
        Some(items.iter().filter_map(item).collect())
    }

    /// A list of strings, places forgotten.
    pub fn plain_strings(&self, key: &'static str) -> Option<Vec<String>> {
        Some(self.strings(key)?.into_iter().map(|(text, _)| text).collect())
    }

    /// A table of strings.
    pub fn string_map(&self, key: &'static str) -> Option<BTreeMap<String, String>> {
        let table = self.table(key)?;
        let mut map = BTreeMap::new();
        for (name, entry) in table {
            if let Value::String(text) = &entry.node.value {
                map.insert(name.clone(), text.clone());
            } else {
                self.wrong_kind::<()>(&format!("{key}.{name}"), &entry.node, "a string");
            }
        }
        Some(map)
    }

    /// A table below this one.
    pub fn table(&self, key: &'static str) -> Option<&'t Table> {
        let node = self.node(key)?;
        match &node.value {
            Value::Table(table) => Some(table),
            _ => self.wrong_kind(key, node, "a table"),
        }
    }

    /// A table below this one, to be read and finished.
    pub fn below(&self, key: &'static str) -> Option<Self> {
        Some(Self::new(self.table(key)?, self.path_of(key), self.problems))
    }

    /// A string that has to be there.
    pub fn required(&self, key: &'static str, check: impl FnOnce(&str) -> Result<(), Error>) -> Option<String> {
        if self.node(key).is_none() {
            let problem = Problem::new(format!("`{}` is missing", self.path_of(key)));
            let at = self.table.values().map(|entry| entry.key.location()).min();
            self.problems.add(Problem { at, ..problem });
        }
        self.checked(key, check)
    }

    /// The tables of a table of tables (`[package.x]`), each as a reader under its name.
    pub fn tables(&self, key: &'static str) -> Vec<(&'t str, &'t Span, Reader<'t>)> {
        let mut readers = Vec::new();
        for (name, entry) in self.table(key).into_iter().flatten() {
            let path = self.path_of(&format!("{key}.{name}"));
            match &entry.node.value {
                Value::Table(table) => {
                    readers.push((name.as_str(), &entry.key, Reader::new(table, path, self.problems)));
                }
                _ => {
                    self.wrong_kind::<()>(&format!("{key}.{name}"), &entry.node, "a table");
                }
            }
        }
        readers
    }

    /// Complains of every key that was not asked for.
    pub fn finish(self) {
        let asked = self.asked.borrow();
        let known: Vec<&str> = asked.iter().copied().collect();
        for (key, entry) in self.table {
            if !asked.contains(key.as_str()) {
                let place = if self.path.is_empty() { String::new() } else { format!(" in [{}]", self.path) };
                let mut problem = unknown("key", key, &known);
                problem.what.push_str(&place);
                self.problems.add(problem.at(entry.key.location()));
            }
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn as_string(&self, key: &str, node: &'t Node) -> Option<&'t str> {
        match &node.value {
            Value::String(text) => Some(text),
            _ => self.wrong_kind(key, node, "a string"),
        }
    }

    fn wrong_kind<T>(&self, key: &str, node: &Node, wanted: &str) -> Option<T> {
        let what = format!(
            "`{}` is {} ({}) where {wanted} is wanted",
            self.path_of(key),
            node.value.kind(),
            node.span.written()
        );
        self.problems.add(Problem::new(what).at(node.span.location()));
        None
    }
}

/// A problem with a word that is not among the known ones: the nearest, and all that are allowed.
pub fn unknown(kind: &str, word: &str, known: &[&str]) -> Problem {
    let allowed = known.join("`, `");
    Problem::new(format!("unknown {kind} `{word}`")).help(match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? allowed are `{allowed}`"),
        None if known.is_empty() => "there is none to choose from; take it out".to_owned(),
        None => format!("allowed are `{allowed}`"),
    })
}
