//! Which version Homebrew reads out of a URL. A formula has to say its version when that is another one, and `brew
//! audit` refuses one that says it without need.

mod pattern;
mod rules;

use pattern::Piece::{Digit, Either, End, Not, Start, Text, Times};
use pattern::{ANY, Pattern, is_in};
use rules::{Part, RULES, WORD};

/// The version that Homebrew reads out of `url`; none where it finds none.
pub fn version_in(url: &str) -> Option<String> {
    let url = decoded(url);
    let stem = stem(&url);
    RULES.iter().find_map(|rule| {
        let text = if rule.part == Part::Url { url.as_str() } else { stem };
        let version = pattern::find(text, rule.before, rule.version, rule.after)?;
        Some(if rule.underscored { version.replace('_', ".") } else { version.to_owned() })
    })
}

/// Homebrew reads a URL as if it were a form's: `+` is a blank.
fn decoded(url: &str) -> String {
    let mut bytes = Vec::with_capacity(url.len());
    let mut rest = url.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let coded = behind.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        rest = behind;
        match (first, coded) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| url.to_owned())
}

/// The file name without its ending, as Homebrew's `Pathname#stem` has it.
fn stem(url: &str) -> &str {
    const DOWNLOAD: Pattern = &[
        Either(&[&[Text("sourceforge.net/")], &[Text("sf.net/")]]),
        Times(0, ANY, &[Not("\n")]),
        Text("/download"),
        End,
    ];
    if is_in(url, DOWNLOAD) {
        return without_ending(file_name(url.strip_suffix("/download").unwrap_or(url)));
    }
    // Where a dot and something stand behind the last letter, that is no ending.
    let behind = url.rfind(|c: char| c.is_ascii_alphabetic()).map_or(url, |at| &url[at + 1..]);
    let has_no_ending = behind.find('.').is_some_and(|dot| dot + 1 < behind.len());
    let name = file_name(url);
    if has_no_ending { name } else { without_ending(name) }
}

fn file_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

fn without_ending(name: &str) -> &str {
    // `app-1.2` ends with a version. In `app-v1.2` the 1 does not begin a word.
    const VERSION: Pattern = &[
        Either(&[&[Start], &[Not(WORD)]]),
        Times(1, ANY, &[Digit]),
        Text("."),
        Times(1, ANY, &[Digit]),
        Times(0, ANY, &[Not(".")]),
        End,
    ];
    let Some((front, ending)) = name.rsplit_once('.') else { return name };
    if let Some((front, "tar" | "cpio" | "pax")) = front.rsplit_once('.')
        && ["gz", "bz2", "lz", "xz", "zst", "Z"].contains(&ending)
    {
        return front;
    }
    let is_version = ending != "7z" && is_in(name, VERSION);
    if is_version || front.bytes().all(|byte| byte == b'.') { name } else { front }
}

#[cfg(test)]
mod tests;
