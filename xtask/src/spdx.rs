//! Licences as packages declare them: <https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>.

/// A licence expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// One licence, with a `+` behind it where later versions count too, and the exception from it.
    License(String, Option<String>),
    /// Whichever of them the user chooses.
    Any(Vec<Expression>),
    /// All of them.
    All(Vec<Expression>),
}

impl Expression {
    /// Reads an expression, or one in cargo's old form, with `/` between alternatives; none for text that is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let spaced = text.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut parser = Parser { words: &words };
        let expression = parser.alternatives()?;
        parser.words.is_empty().then_some(expression)
    }

    /// Whether a licence in it is one that is not on SPDX's list.
    pub fn has_own(&self) -> bool {
        match self {
            Self::License(name, _) => name.starts_with("LicenseRef-") || name.starts_with("DocumentRef-"),
            Self::Any(terms) | Self::All(terms) => terms.iter().any(Self::has_own),
        }
    }
}

struct Parser<'w> {
    words: &'w [&'w str],
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Option<Expression> {
        let mut terms = Vec::new();
        loop {
            // What a bracket joins by the same operator is one list.
            match self.conjunction()? {
                Expression::Any(inner) => terms.extend(inner),
                other => terms.push(other),
            }
            if !self.takes("OR") {
                return joined(terms, Expression::Any);
            }
        }
    }

    fn conjunction(&mut self) -> Option<Expression> {
        let mut terms = Vec::new();
        loop {
            match self.single()? {
                Expression::All(inner) => terms.extend(inner),
                other => terms.push(other),
            }
            if !self.takes("AND") {
                return joined(terms, Expression::All);
            }
        }
    }

    fn single(&mut self) -> Option<Expression> {
        if self.takes("(") {
            let inside = self.alternatives()?;
            return self.takes(")").then_some(inside);
        }
        let license = self.identifier()?;
        let exception = if self.takes("WITH") { Some(self.identifier()?) } else { None };
        Some(Expression::License(license, exception))
    }

    fn identifier(&mut self) -> Option<String> {
        let (word, rest) = self.words.split_first()?;
        let is_operator = ["AND", "OR", "WITH"].iter().any(|operator| word.eq_ignore_ascii_case(operator));
        let name = word.strip_suffix('+').unwrap_or(word);
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte));
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

/// Terms with an operator between them, each once.
fn joined(terms: Vec<Expression>, join: impl FnOnce(Vec<Expression>) -> Expression) -> Option<Expression> {
    let mut once: Vec<Expression> = Vec::new();
    for term in terms {
        if !once.contains(&term) {
            once.push(term);
        }
    }
    if once.len() == 1 { once.pop() } else { Some(join(once)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_nothing() {
        for text in ["", "MIT OR", "MIT Apache-2.0", "(MIT", "MIT)", "OR", "MIT WITH", "M#T", "see LICENSE", "+"] {
            assert_eq!(Expression::parse(text), None, "{text}");
        }
    }

    #[test]
    fn licences_of_ones_own_are_found_anywhere() {
        let own = |text| Expression::parse(text).unwrap().has_own();
        assert!(own("LicenseRef-Mine OR MIT") && own("MIT AND (ISC OR DocumentRef-a:LicenseRef-b)"));
        assert!(!own("MIT/Apache-2.0"));
    }
}
