//! A licence as Homebrew's DSL has it: <https://docs.brew.sh/Formula-Cookbook#license>.

use serde::Serialize;
use serde_json::{Value, json};

/// A licence of a formula.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct License {
    /// `cannot_represent`, for one that is not on SPDX's list.
    pub symbol: Option<&'static str>,
    /// An identifier; or a table, of `any_of` or `all_of`, or from an identifier to `with`.
    pub expression: Value,
}

/// An SPDX expression (<https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>), or one in cargo's old form,
/// with `/` between alternatives; none for text that is neither.
pub fn of(expression: &str) -> Option<License> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    if words.iter().any(|word| word.starts_with("LicenseRef-") || word.starts_with("DocumentRef-")) {
        return Some(License { symbol: Some("cannot_represent"), expression: Value::Null });
    }
    let mut parser = Parser { words: &words };
    let expression = parser.alternatives()?;
    parser.words.is_empty().then_some(License { symbol: None, expression })
}

struct Parser<'w> {
    words: &'w [&'w str],
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Option<Value> {
        self.joined("OR", "any_of", Self::conjunction)
    }

    fn conjunction(&mut self) -> Option<Value> {
        self.joined("AND", "all_of", Self::single)
    }

    /// Terms with an operator between them. What a bracket joins by the same operator is one list.
    fn joined(&mut self, operator: &str, key: &str, term: impl Fn(&mut Self) -> Option<Value>) -> Option<Value> {
        let mut terms = Vec::new();
        loop {
            match term(self)? {
                Value::Object(mut table) if table.contains_key(key) => {
                    terms.extend(
                        table.remove(key).as_mut().and_then(Value::as_array_mut).into_iter().flatten().map(Value::take),
                    );
                }
                other => terms.push(other),
            }
            if !self.takes(operator) {
                break;
            }
        }
        let mut seen = Vec::new();
        terms.retain(|term| {
            !seen.contains(term) && {
                seen.push(term.clone());
                true
            }
        });
        if terms.len() == 1 { terms.pop() } else { Some(json!({ key: terms })) }
    }

    fn single(&mut self) -> Option<Value> {
        if self.takes("(") {
            let inside = self.alternatives()?;
            return self.takes(")").then_some(inside);
        }
        let license = self.identifier()?;
        if !self.takes("WITH") {
            return Some(Value::String(license));
        }
        Some(json!({ license: { "with": self.identifier()? } }))
    }

    fn identifier(&mut self) -> Option<String> {
        let (word, rest) = self.words.split_first()?;
        let is_operator = ["AND", "OR", "WITH"].iter().any(|operator| word.eq_ignore_ascii_case(operator));
        let name = word.strip_suffix('+').unwrap_or(word);
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        self.words = rest;
        (is_name && !is_operator).then(|| (*word).to_owned())
    }

    fn takes(&mut self, wanted: &str) -> bool {
        match self.words.split_first() {
            Some((word, rest)) if word.eq_ignore_ascii_case(wanted) => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(text: &str) -> Value {
        of(text).map_or(Value::Null, |license| license.expression)
    }

    #[test]
    fn expressions_become_tables() {
        assert_eq!(expression("MIT"), json!("MIT"));
        assert_eq!(expression("(MIT)"), json!("MIT"));
        assert_eq!(expression("GPL-2.0+"), json!("GPL-2.0+"));
        assert_eq!(expression("MIT/Apache-2.0"), json!({ "any_of": ["MIT", "Apache-2.0"] }));
        assert_eq!(expression("MIT or Apache-2.0"), json!({ "any_of": ["MIT", "Apache-2.0"] }));
        assert_eq!(expression("MIT AND ISC"), json!({ "all_of": ["MIT", "ISC"] }));
        assert_eq!(expression("Apache-2.0 WITH LLVM-exception"), json!({ "Apache-2.0": { "with": "LLVM-exception" } }));
    }

    #[test]
    fn and_binds_more_tightly_than_or_and_brackets_most() {
        let nested = json!({ "any_of": ["A", { "all_of": ["B", "C"] }] });
        assert_eq!(expression("A OR B AND C"), nested);
        assert_eq!(expression("A OR (B AND C)"), nested);
        assert_eq!(expression("(A OR B)AND C"), json!({ "all_of": [{ "any_of": ["A", "B"] }, "C"] }));
        assert_eq!(expression("A OR (B OR (C OR A))"), json!({ "any_of": ["A", "B", "C"] }));
        assert_eq!(
            expression("MIT OR Apache-2.0 WITH LLVM-exception"),
            json!({ "any_of": ["MIT", { "Apache-2.0": { "with": "LLVM-exception" } }] })
        );
    }

    #[test]
    fn what_is_not_on_the_list_is_said_so_and_nonsense_is_nothing() {
        assert_eq!(of("LicenseRef-Mine OR MIT").unwrap().symbol, Some("cannot_represent"));
        for text in ["", "MIT OR", "MIT Apache-2.0", "(MIT", "MIT)", "OR", "MIT WITH", "M#T", "see LICENSE", "+"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
