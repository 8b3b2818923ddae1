//! The parts of a URL that are percent-encoded: user, path, query and fragment.

use std::fmt::Write as _;

/// What is encoded everywhere besides controls and what is not ASCII.
pub const CONTROLS: &str = "";
const FRAGMENT: &str = " \"<>`";
const PATH: &str = " \"<>`#?{}";
const USER: &str = " \"<>`#?{}/:;=@[\\]^|";
const QUERY: &str = " \"#<>";
const SPECIAL_QUERY: &str = " \"#<>'";

/// Percent-encodes controls, what is not ASCII, and the characters of `set`; escapes that are there stay.
pub fn encode(text: &str, set: &str) -> String {
    text.chars().fold(String::new(), |mut encoded, c| {
        if c.is_ascii() && !c.is_ascii_control() && !set.contains(c) {
            encoded.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a string cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        encoded
    })
}

/// `name:password@`, without what is empty in it.
pub fn user(text: &str) -> String {
    let (name, password) = text.split_once(':').unwrap_or((text, ""));
    let colon = if password.is_empty() { "" } else { ":" };
    if name.is_empty() && password.is_empty() {
        return String::new();
    }
    format!("{}{colon}{}@", encode(name, USER), encode(password, USER))
}

/// A path of segments, `.` and `..` carried out.
pub fn hierarchy(text: &str, special: bool) -> String {
    let is_slash = |c: char| c == '/' || (special && c == '\\');
    let text = text.strip_prefix(is_slash).unwrap_or(text);
    let mut segments: Vec<String> = Vec::new();
    let mut parts = text.split(is_slash).peekable();
    while let Some(part) = parts.next() {
        let dots = part.to_ascii_lowercase().replace("%2e", ".");
        match dots.as_str() {
            "." | ".." => {
                if dots == ".." {
                    segments.pop();
                }
                if parts.peek().is_none() {
                    segments.push(String::new());
                }
            }
            _ => segments.push(encode(part, PATH)),
        }
    }
    format!("/{}", segments.join("/"))
}

/// A path that is no hierarchy (`mailto:x`).
pub fn opaque(text: &str) -> String {
    encode(text, CONTROLS)
}

/// `?query#fragment`.
pub fn query(text: &str, special: bool) -> String {
    let (query, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
    let set = if special { SPECIAL_QUERY } else { QUERY };
    let query = query.strip_prefix('?').map(|query| format!("?{}", encode(query, set))).unwrap_or_default();
    let fragment = fragment.strip_prefix('#').map(|text| format!("#{}", encode(text, FRAGMENT))).unwrap_or_default();
    query + &fragment
}
