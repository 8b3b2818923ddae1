//! Quoting, by language: any text becomes a literal that means just that text.

use std::fmt::Write as _;

/// A language that templates write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// Ruby, for Homebrew formulae.
    Ruby,
    /// POSIX shell.
    Shell,
    /// TOML.
    Toml,
    /// JSON, and the strings of JavaScript.
    Json,
    /// YAML.
    Yaml,
    /// Dockerfiles.
    Dockerfile,
    /// Markdown, as CommonMark has it.
    Markdown,
}

impl Language {
    /// `text` as one literal of the language.
    pub fn quote(self, text: &str) -> String {
        match self {
            Self::Ruby => ruby(text),
            Self::Shell => shell(text),
            Self::Toml => toml(text),
            // YAML 1.2 takes JSON's strings.
            Self::Json | Self::Yaml => json(text),
            Self::Dockerfile => dockerfile(text),
            Self::Markdown => markdown(text),
        }
    }
}

/// A double-quoted string. A `#` is escaped where `#{`, `#$` or `#@` would be evaluated.
fn ruby(text: &str) -> String {
    let mut literal = String::from('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            '#' if matches!(rest.peek(), Some('{' | '$' | '@')) => literal.push_str("\\#"),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            c if c.is_control() => _ = write!(literal, "\\u{{{:x}}}", u32::from(c)),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// A bare word where that is safe, else single quotes. The shell has no NUL.
fn shell(text: &str) -> String {
    let text = text.replace('\0', "");
    if is_plain_word(&text) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A basic string.
fn toml(text: &str) -> String {
    let mut literal = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            c if c.is_control() => _ = write!(literal, "\\u{:04X}", u32::from(c)),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// A string, with what ends a line in JavaScript or YAML, or is refused in YAML, escaped too.
fn json(text: &str) -> String {
    let mut literal = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                _ = write!(literal, "\\u{:04x}", u32::from(c));
            }
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// A bare word where that is safe, else double quotes. Dockerfiles have no escape for line ends: they become blanks.
fn dockerfile(text: &str) -> String {
    if is_plain_word(text) {
        return text.to_owned();
    }
    let mut literal = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' | '$' => literal.extend(['\\', c]),
            c if c.is_control() => literal.push(' '),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// Words of a line, in which nothing is emphasised, linked or a list (CommonMark 0.31, 2.4). Line ends become blanks,
/// and there are none around the words: they would mean something at the beginning of a line, and at its end.
fn markdown(text: &str) -> String {
    let is_blank = |c: char| c.is_control() || c == ' ';
    let mut words = String::new();
    let text = text.trim_matches(|c: char| c.is_control() || c.is_whitespace());
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        // Within a word, a `_` means nothing.
        let in_word = text[..at].ends_with(char::is_alphanumeric) && rest.starts_with(char::is_alphanumeric);
        // What only means something where a line begins, or behind a number there, may come to stand there.
        let begins = words.is_empty() && "+-=:".contains(c);
        let ends_word = rest.is_empty() || rest.starts_with(is_blank);
        let is_number = !words.is_empty() && words.chars().all(|c| c.is_ascii_digit());
        let numbers = is_number && ".)".contains(c) && ends_word;
        match c {
            '_' if in_word => words.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '#' | '!' | '$' | '^' => {
                words.extend(['\\', c]);
            }
            c if begins || numbers => words.extend(['\\', c]),
            c if is_blank(c) => words.push(' '),
            c => words.push(c),
        }
    }
    words
}

/// A code span: what is in it is as it is, but for line ends and other control characters, which become blanks. There is
/// none with nothing in it: a blank stands for that.
pub fn markdown_code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = if text.is_empty() { " ".to_owned() } else { text };
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A blank on both sides is taken away, which text that begins or ends with a fence's mark needs.
    let is_open = text.starts_with('`') || text.ends_with('`') || (text.starts_with(' ') && text.ends_with(' '));
    let is_blank = text.chars().all(|c| c == ' ');
    let pad = if is_open && !is_blank { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A pattern that only `path` matches, in the exec form of ADD or COPY, where three readers follow each other: JSON's,
/// one that puts in variables and takes quotes away, and one that matches patterns (Go's `filepath.Match`). Where a
/// builder has no such pattern (buildah has none for a backslash), it matches nothing, and the build fails.
pub fn dockerfile_glob(path: &str) -> String {
    let mut word = String::new();
    for c in path.chars() {
        match c {
            '*' | '?' | '[' => word.extend(['[', c, ']']),
            '\\' => word.push_str(r"[\\\\]"),
            '$' | '"' | '\'' => word.extend(['\\', c]),
            c => word.push(c),
        }
    }
    json(&word)
}

fn is_plain_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "say \"hi\" #{ENV} $(id) `x` {{y}} \\ 'q'\nnext";

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(Language::Ruby.quote(HOSTILE), r#""say \"hi\" \#{ENV} $(id) `x` {{y}} \\ 'q'\nnext""#);
        assert_eq!(Language::Ruby.quote("C# and F#"), r#""C# and F#""#);
        assert_eq!(Language::Shell.quote(HOSTILE), "'say \"hi\" #{ENV} $(id) `x` {{y}} \\ '\\''q'\\''\nnext'");
        assert_eq!(Language::Markdown.quote(HOSTILE), r#"say "hi" \#{ENV} \$(id) \`x\` {{y}} \\ 'q' next"#);
        assert_eq!(Language::Markdown.quote(" 1. _x_y\n"), r"1\. \_x_y");
        assert_eq!(Language::Toml.quote("a\"b\\\u{7}"), r#""a\"b\\\u0007""#);
        assert_eq!(Language::Json.quote("\u{2028}\r"), r#""\u2028\r""#);
        assert_eq!(Language::Markdown.quote("# a_b <i>\n1. x"), r"\# a_b \<i\> 1. x");
        assert_eq!((Language::Markdown.quote("1. x"), Language::Markdown.quote("-")), (r"1\. x".into(), r"\-".into()));
        assert_eq!(Language::Dockerfile.quote(HOSTILE), r#""say \"hi\" #{ENV} \$(id) `x` {{y}} \\ 'q' next""#);
    }

    #[test]
    fn paths_in_dockerfiles_are_no_patterns() {
        assert_eq!(dockerfile_glob("/a b/tally-x_1.tar.gz"), r#""/a b/tally-x_1.tar.gz""#);
        assert_eq!(dockerfile_glob("a[b]*?"), r#""a[[]b][*][?]""#);
        assert_eq!(dockerfile_glob("$HOME'\""), r#""\\$HOME\\'\\\"""#);
        assert_eq!(dockerfile_glob(r"a\b"), r#""a[\\\\\\\\]b""#);
    }

    #[test]
    fn plain_words_stay_bare_where_the_language_has_them() {
        assert_eq!(
            (Language::Shell.quote("a-b_1.2"), Language::Dockerfile.quote("")),
            ("a-b_1.2".into(), "\"\"".into())
        );
        assert_eq!(Language::Ruby.quote("x"), "\"x\"");
    }

    #[test]
    fn what_toml_and_json_quote_reads_back() {
        for text in [HOSTILE, "", "\u{0}\u{1f}\u{7f}\u{85}", "é 漢 🦀"] {
            let json: String = serde_json::from_str(&Language::Json.quote(text)).unwrap();
            assert_eq!(json, text);
            let document = format!("x = {}", Language::Toml.quote(text));
            let table = ::toml::de::DeTable::parse(&document).unwrap();
            assert_eq!(table.get_ref().get("x").unwrap().get_ref().as_str(), Some(text));
        }
    }
}
