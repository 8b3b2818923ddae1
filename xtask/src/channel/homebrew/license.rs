//! A licence as Homebrew's DSL has it: <https://docs.brew.sh/Formula-Cookbook#license>.

use serde::Serialize;
use serde_json::{Value, json};

use crate::spdx::Expression;

/// A licence of a formula.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct License {
    /// `cannot_represent`, for one that is not on SPDX's list.
    pub symbol: Option<&'static str>,
    /// An identifier; or a table, of `any_of` or `all_of`, or from an identifier to `with`.
    pub expression: Value,
}

/// An SPDX expression in Homebrew's words; none for text that is no such expression.
pub fn of(text: &str) -> Option<License> {
    let expression = Expression::parse(text)?;
    Some(if expression.has_own() {
        License { symbol: Some("cannot_represent"), expression: Value::Null }
    } else {
        License { symbol: None, expression: value(&expression) }
    })
}

fn value(expression: &Expression) -> Value {
    let list = |terms: &[Expression]| terms.iter().map(value).collect::<Vec<_>>();
    match expression {
        Expression::License(name, None) => json!(name),
        Expression::License(name, Some(exception)) => json!({ name: { "with": exception } }),
        Expression::Any(terms) => json!({ "any_of": list(terms) }),
        Expression::All(terms) => json!({ "all_of": list(terms) }),
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
        assert_eq!(of("see LICENSE"), None);
    }
}
