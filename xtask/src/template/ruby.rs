//! What templates of Ruby can call besides: `{{args x}}`, `{{heredoc x}}`, `{{regexp x}}`. Each is as safe as `{{x}}`.

use std::fmt::Write as _;

use handlebars::{Handlebars, Helper, RenderErrorReason};
use serde_json::Value;

use super::helpers::{Made, helper, text, value};
use super::quote::Language;

/// The longest line that `brew style` takes, in characters.
const LONGEST: usize = 118;

/// Registers the helpers.
pub fn register(registry: &mut Handlebars<'static>) {
    registry.register_helper("args", helper(args));
    registry.register_helper("heredoc", helper(heredoc));
    registry.register_helper("regexp", helper(regexp));
}

/// The arguments of a call in a class: any value, a table as `key: value`, without braces.
fn args(h: &Helper<'_>) -> Made {
    Ok(arguments(value(h, "args")?))
}

/// A text of some lines, in a method: each without the blanks at its end, and at the end of the last a line end.
fn heredoc(h: &Helper<'_>) -> Made {
    Ok(here_document(text(h, "heredoc")?))
}

/// A regular expression, in which case does not matter, from its source.
fn regexp(h: &Helper<'_>) -> Made {
    let source = text(h, "regexp")?;
    let none = || RenderErrorReason::Other(format!("{source:?} is no regular expression on one line"));
    regular_expression(source).ok_or_else(none)
}

fn arguments(value: &Value) -> String {
    match value {
        Value::Object(table) => table.iter().map(|(key, value)| pair(key, value, 2)).collect::<Vec<_>>().join(", "),
        other => literal(other, 2),
    }
}

fn literal(value: &Value, indent: usize) -> String {
    match value {
        Value::Null => "nil".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => Language::Ruby.quote(text),
        Value::Object(table) => {
            let pairs: Vec<String> = table.iter().map(|(key, value)| pair(key, value, indent)).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(items) => {
            let in_line = items.iter().map(|item| literal(item, indent)).collect::<Vec<_>>().join(", ");
            let is_flat = items.iter().all(|item| !item.is_object() && !item.is_array());
            if is_flat && indent + in_line.chars().count() < LONGEST - 20 {
                return format!("[{in_line}]");
            }
            let mut lines = String::from("[\n");
            for item in items {
                // Writing to a string cannot fail.
                let _ = writeln!(lines, "{:1$}{2},", "", indent + 2, literal(item, indent + 2));
            }
            let _ = write!(lines, "{:indent$}]", "");
            lines
        }
    }
}

/// A key that is a word in small letters is a symbol, as the DSLs of Ruby have it.
fn pair(key: &str, value: &Value, indent: usize) -> String {
    let value = literal(value, indent);
    if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        format!("{key}: {value}")
    } else {
        format!("{} => {value}", Language::Ruby.quote(key))
    }
}

fn here_document(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    // Ruby takes away the blanks that all lines begin with, and spares an escaped one.
    let all_indented = lines.iter().filter(|line| !line.is_empty()).all(|line| line.starts_with([' ', '\t']));
    let mut document = String::from("<<~EOS\n");
    for line in lines {
        if line.is_empty() {
            document.push('\n');
            continue;
        }
        let quoted = Language::Ruby.quote(line);
        // The quotes of a string are no quotes here.
        let inside = quoted[1..quoted.len() - 1].replace("\\\"", "\"");
        let escape = if line.trim_start() == "EOS" { "\\" } else { "" };
        let inside = match inside.strip_prefix(' ') {
            Some(rest) if all_indented || !escape.is_empty() => format!("\\s{rest}"),
            _ => format!("{escape}{inside}"),
        };
        let _ = writeln!(document, "      {inside}");
    }
    document.push_str("    EOS");
    document
}

/// A literal of the regular expression `source`; none where that is more than one line, or ends in the midst.
fn regular_expression(source: &str) -> Option<String> {
    // What `brew style` asks for: other delimiters where there are slashes.
    let other = bare(source).any(|c| c == '/') && !bare(source).any(|c| "{}".contains(c));
    let mut literal = String::from(if other { "%r{" } else { "/" });
    let mut rest = source.chars().peekable();
    while let Some(c) = rest.next() {
        let evaluates = c == '#' && matches!(rest.peek(), Some('{' | '$' | '@'));
        match c {
            c if c.is_control() => return None,
            '\\' => literal.extend([c, rest.next().filter(|next| !next.is_control())?]),
            '/' if !other => literal.push_str("\\/"),
            c if evaluates => literal.extend(['\\', c]),
            c => literal.push(c),
        }
    }
    literal.push_str(if other { "}i" } else { "/i" });
    Some(literal)
}

/// The characters of a regular expression that stand there without a backslash.
fn bare(source: &str) -> impl Iterator<Item = char> {
    let mut is_escaped = false;
    source.chars().filter(move |c| {
        let is_bare = !is_escaped && *c != '\\';
        is_escaped = !is_escaped && *c == '\\';
        is_bare
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_people_write_them() {
        assert_eq!(arguments(&json!("MIT")), r#""MIT""#);
        assert_eq!(arguments(&json!({ "any_of": ["MIT", "#{x}"] })), r#"any_of: ["MIT", "\#{x}"]"#);
        assert_eq!(arguments(&json!({ "Apache-2.0": { "with": "X" } })), r#""Apache-2.0" => { with: "X" }"#);
        assert_eq!(
            arguments(&json!({ "all_of": ["MIT", { "any_of": ["A", "B"] }] })),
            "all_of: [\n    \"MIT\",\n    { any_of: [\"A\", \"B\"] },\n  ]"
        );
        assert_eq!(arguments(&json!({ "b-c": [true, null, 1] })), r#""b-c" => [true, nil, 1]"#);
    }

    #[test]
    fn documents_keep_their_text() {
        assert_eq!(here_document("a \"b\"\n\n  c\\ \n"), "<<~EOS\n      a \"b\"\n\n        c\\\\\n    EOS");
        assert_eq!(here_document(" a\n #{b}"), "<<~EOS\n      \\sa\n      \\s\\#{b}\n    EOS");
        assert_eq!(here_document("EOS"), "<<~EOS\n      \\EOS\n    EOS");
    }

    #[test]
    fn patterns_get_the_delimiters_that_they_need() {
        let literal = |source| regular_expression(source).unwrap_or_default();
        assert_eq!(literal(r"^v(\d+)$"), r"/^v(\d+)$/i");
        assert_eq!(literal(r"^a/v(\d+)#\{"), r"%r{^a/v(\d+)#\{}i");
        assert_eq!(literal(r"a/\\{b"), r"/a\/\\{b/i");
        assert_eq!(literal("a/b{2}#{c}#"), r"/a\/b{2}\#{c}#/i");
        assert_eq!([literal("a\nb"), literal("a\\")], ["", ""]);
    }
}
