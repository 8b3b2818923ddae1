//! What all calls of curl have in common. It is told on its standard input, so that no token is among its arguments
//! (`curl --manual`, CONFIG FILE).

use std::fmt::Write as _;

/// Who asks.
pub const AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
/// What mends its absence. Only what it has had since 7.68 (January 2020) is used.
pub const INSTALL: &str = "install curl 7.68 or newer: https://curl.se/download.html";

/// Adds an option to what it is told.
pub fn set(text: &mut String, option: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{option} = {}", quoted(value));
}

/// A value in curl's quotes.
pub fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            c => text.push(c),
        }
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn nothing_leaves_its_quotes() {
        assert_eq!(quoted("a\" b\\\nurl = x"), r#""a\" b\\\nurl = x""#);
    }
}
