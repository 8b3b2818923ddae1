//! What templates of Markdown can call besides: `{{code x}}`, `{{fenced x}}`, `{{url x}}`, `{{section x}}`.

use handlebars::Handlebars;

use super::helpers::{Made, helper, text};
use super::quote::markdown_code;
use crate::names::url_segment;

/// Registers them.
pub fn register(registry: &mut Handlebars<'static>) {
    registry.register_helper("code", helper(|h| Ok(markdown_code(text(h, "code")?))));
    registry.register_helper("fenced", helper(|h| Ok(fenced(text(h, "fenced")?))));
    registry.register_helper("url", helper(|h| Ok(destination(text(h, "url")?))));
    registry.register_helper("section", helper(section));
}

/// A code block of whole lines, behind a fence that is in none of them.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sh\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// Where a link leads, in its brackets: what they cannot hold is percent-encoded.
fn destination(url: &str) -> String {
    let fits = |c: char| c.is_ascii_graphic() && !"<>\\|`".contains(c);
    let url: String = url.chars().map(|c| if fits(c) { c.to_string() } else { url_segment(&c.to_string()) }).collect();
    format!("<{url}>")
}

/// What is Markdown already: the section of a changelog.
fn section(h: &handlebars::Helper<'_>) -> Made {
    Ok(text(h, "section")?.to_owned())
}
