//! A formula's `desc`: the package's description, mended until Homebrew's rules (`rubocops/shared/desc_helper.rb`) have
//! nothing to say of it.

/// Homebrew's limit; a description has to be shorter.
const LIMIT: usize = 80;
/// Words that begin a description in small letters.
const SMALL: &[&str] = &["iOS", "iPhone", "macOS"];
/// Words that a description does not end with where it was cut.
const DANGLING: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "of", "on", "or", "that", "the", "to", "via",
];

/// A description that Homebrew takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desc {
    /// The text, on one line; empty if nothing is left.
    pub text: String,
    /// What was mended, in words.
    pub mended: Vec<&'static str>,
}

/// Mends `description`, which is that of the formula `name`.
pub fn of(description: &str, name: &str) -> Desc {
    let mut desc = Desc { text: description.split_whitespace().collect::<Vec<_>>().join(" "), mended: Vec::new() };
    desc.apply("emoji and symbols go", |text| {
        let kept: String = text.chars().filter(|c| !is_symbol(*c)).collect();
        kept.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    desc.apply("it is \"command-line\"", hyphenated);
    desc.apply("the formula's name goes", |text| without_name(text, name));
    desc.apply("the article goes", |text| without_article(text).to_owned());
    desc.apply("it is under 80 characters", shortened);
    desc.apply("the full stop goes", |text| {
        if text.ends_with("etc.") { text.to_owned() } else { text.trim_end_matches(['.', ' ']).to_owned() }
    });
    desc.apply("it begins with a capital", capital);
    desc
}

impl Desc {
    fn apply(&mut self, what: &'static str, change: impl Fn(&str) -> String) {
        let text = change(&self.text);
        if text != self.text {
            self.text = text;
            self.mended.push(what);
        }
    }
}

fn without_article(text: &str) -> &str {
    let Some((first, rest)) = text.split_once(' ') else { return text };
    if ["a", "an", "the"].iter().any(|article| first.eq_ignore_ascii_case(article)) { rest } else { text }
}

/// `Tally: counts words`, `tally is a tool …` without their beginnings; hyphens and blanks inside the name are optional.
fn without_name(text: &str, name: &str) -> String {
    let mut rest = text;
    for wanted in name.chars().filter(|c| *c != '-') {
        rest = rest.strip_prefix([' ', '-']).filter(|_| rest.len() < text.len()).unwrap_or(rest);
        let mut chars = rest.chars();
        match chars.next() {
            Some(c) if c.to_lowercase().eq(wanted.to_lowercase()) => rest = chars.as_str(),
            _ => return text.to_owned(),
        }
    }
    if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return text.to_owned();
    }
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ":,;-–—".contains(c));
    let rest = rest.strip_prefix("is ").unwrap_or(rest);
    if rest.is_empty() { text.to_owned() } else { rest.to_owned() }
}

/// `command line` and `commandline`, as Homebrew wants them.
fn hyphenated(text: &str) -> String {
    let mut mended = String::new();
    let mut rest = text;
    while let Some(at) = rest.to_ascii_lowercase().find("command") {
        let (before, found) = rest.split_at(at + "command".len());
        let line = found.strip_prefix(' ').unwrap_or(found);
        mended.push_str(before);
        rest = found;
        if line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("line")) {
            mended.push('-');
            rest = line;
        }
    }
    mended + rest
}

/// The first sentence, or as many words as there is room for.
fn shortened(text: &str) -> String {
    let is_short = |text: &str| text.chars().count() < LIMIT;
    if is_short(text) {
        return text.to_owned();
    }
    if let Some((sentence, _)) = text.split_once(". ").filter(|(sentence, _)| is_short(sentence)) {
        return sentence.to_owned();
    }
    let mut words: Vec<&str> = text.split(' ').collect();
    while words.len() > 1 && !is_short(&words.join(" ")) {
        words.pop();
    }
    while words.len() > 1 && words.last().is_some_and(|word| DANGLING.contains(&word.to_lowercase().as_str())) {
        words.pop();
    }
    // One word may be longer than all that there is room for.
    let cut: String = words.join(" ").chars().take(LIMIT - 1).collect();
    cut.trim_end_matches(|c: char| c.is_whitespace() || ",;:(-–—&".contains(c)).to_owned()
}

fn capital(text: &str) -> String {
    if SMALL.contains(&text.split(' ').next().unwrap_or_default()) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if first.is_ascii_lowercase() => format!("{}{}", first.to_ascii_uppercase(), chars.as_str()),
        _ => text.to_owned(),
    }
}

/// What Unicode counts as "other symbols" (`So`), but of scripts that no description is in; and what joins emoji.
const SYMBOLS: &[(u32, u32)] = &[
    (0xa6, 0xa6),
    (0xa9, 0xa9),
    (0xae, 0xae),
    (0xb0, 0xb0),
    (0x200d, 0x200d),
    (0x2100, 0x2101),
    (0x2103, 0x2106),
    (0x2108, 0x2109),
    (0x2114, 0x2114),
    (0x2116, 0x2117),
    (0x211e, 0x2123),
    (0x2125, 0x2125),
    (0x2127, 0x2127),
    (0x2129, 0x2129),
    (0x212e, 0x212e),
    (0x213a, 0x213b),
    (0x214a, 0x214a),
    (0x214c, 0x214d),
    (0x214f, 0x214f),
    (0x218a, 0x218b),
    (0x2195, 0x2199),
    (0x219c, 0x219f),
    (0x21a1, 0x21a2),
    (0x21a4, 0x21a5),
    (0x21a7, 0x21ad),
    (0x21af, 0x21cd),
    (0x21d0, 0x21d1),
    (0x21d3, 0x21d3),
    (0x21d5, 0x21f3),
    (0x2300, 0x2307),
    (0x230c, 0x231f),
    (0x2322, 0x2328),
    (0x232b, 0x237b),
    (0x237d, 0x239a),
    (0x23b4, 0x23db),
    (0x23e2, 0x2426),
    (0x2440, 0x244a),
    (0x249c, 0x24e9),
    (0x2500, 0x25b6),
    (0x25b8, 0x25c0),
    (0x25c2, 0x25f7),
    (0x2600, 0x266e),
    (0x2670, 0x2767),
    (0x2794, 0x27bf),
    (0x2800, 0x28ff),
    (0x2b00, 0x2b2f),
    (0x2b45, 0x2b46),
    (0x2b4d, 0x2bff),
    (0xfe0f, 0xfe0f),
    (0xfffc, 0xfffd),
    (0x1f000, 0x1f0ff),
    (0x1f10d, 0x1f3fa),
    (0x1f400, 0x1fbca),
];

fn is_symbol(c: char) -> bool {
    SYMBOLS.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_lose_what_brew_refuses() {
        for (description, text) in [
            ("Count lines", "Count lines"),
            ("A tool\n that counts.", "Tool that counts"),
            ("The fastest counter", "Fastest counter"),
            ("AN apple", "Apple"),
            ("another counter", "Another counter"),
            ("A", "A"),
            ("count lines", "Count lines"),
            ("macOS counter", "macOS counter"),
            ("tally is a counter", "Counter"),
            ("Tally: counts things", "Counts things"),
            ("tally", "Tally"),
            ("tallying things", "Tallying things"),
            ("Command line counter for the commandline", "Command-line counter for the command-line"),
            ("🚀 Blazing fast counter ✨", "Blazing fast counter"),
            ("Counts → sums", "Counts → sums"),
            ("Lines, words, etc.", "Lines, words, etc."),
            ("Well...", "Well"),
            ("größer als", "Größer als"),
            ("", ""),
        ] {
            assert_eq!(of(description, "tally").text, text, "{description}");
        }
        assert_eq!(of("Foo Bar counts", "foo-bar").text, "Counts");
        assert_eq!(of("ÉTÉ counts", "été").text, "Counts");
    }

    #[test]
    fn long_ones_are_cut_where_it_hurts_least() {
        let short = of(&format!("First sentence. {}", "more ".repeat(20)), "tally").text;
        assert_eq!(short, "First sentence");
        let cut = of(&format!("{}, and the rest of it all", "word ".repeat(15).trim()), "tally").text;
        assert_eq!(cut, format!("W{}", &"word ".repeat(15).trim()[1..]));
        assert_eq!(of(&"x".repeat(200), "tally").text.len(), 79);
        assert_eq!(of(&"é".repeat(200), "tally").text.chars().count(), 79);
        assert_eq!(of(&format!("X{}", "x".repeat(78)), "tally").mended, [""; 0], "79 characters are few enough");
    }

    #[test]
    fn what_was_mended_is_told() {
        assert_eq!(
            of("a tool.", "tally").mended,
            ["the article goes", "the full stop goes", "it begins with a capital"]
        );
        assert_eq!(of("Counts  things\n", "tally").mended, [""; 0], "line ends are no fault");
    }
}
