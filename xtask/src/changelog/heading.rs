//! Which version a heading names, among all else that people write into headings.

use semver::Version;

/// Words that stand with a version and say nothing of it.
const FILLERS: &[&str] = &["version", "ver", "release", "released", "unreleased", "yanked", "v", "on", "the", "of"];
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The version.
    pub version: &'a str,
    /// The packages whose names may stand before it.
    pub packages: &'a [&'a str],
}

/// How well a heading fits a version; the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The package and the version, and at most a date.
    OfPackage,
    /// The version, and at most a date.
    Alone,
    /// The version, then other words.
    First,
    /// The version stands somewhere in it.
    Somewhere,
}

impl Names<'_> {
    /// How well a heading fits; none where it does not name the version.
    pub fn fit(&self, heading: &str) -> Option<Fit> {
        let words = words(heading);
        let at = words.iter().position(|word| self.bare(word).is_some_and(|bare| bare == self.version))?;
        let rest = |word: &&&str| !is_filler(word) && !self.is_package(word);
        let before = words[..at].iter().filter(rest).count();
        let after = words[at + 1..].iter().filter(rest).count();
        let with_package = words[..at].iter().any(|word| self.is_package(word)) || !is_plain(words[at]);
        Some(match (before, after) {
            (0, 0) if with_package => Fit::OfPackage,
            (0, 0) => Fit::Alone,
            (0, _) => Fit::First,
            _ => Fit::Somewhere,
        })
    }

    /// Whether it is the heading of another version: one, and at most a date.
    pub fn is_of_another(&self, heading: &str) -> bool {
        let words = words(heading);
        let mut versions = words.iter().filter_map(|word| self.bare(word)).filter(|word| is_version(word));
        let is_other = versions.next().is_some_and(|version| version != self.version);
        let is_noise =
            |word: &&str| is_filler(word) || self.is_package(word) || self.bare(word).is_some_and(is_version);
        is_other && words.iter().all(is_noise)
    }

    /// The version that a heading is of, for people: the first that it names, or that it is not released.
    pub fn version_of(&self, heading: &str) -> Option<String> {
        let words = words(heading);
        let version = words.iter().filter_map(|word| self.bare(word)).find(|word| is_version(word));
        let unreleased = || words.iter().find(|word| word.eq_ignore_ascii_case("unreleased")).copied();
        version.or_else(unreleased).map(str::to_owned)
    }

    /// A word without what may stand before a version: `v`, `tally-v`, `release-`.
    fn bare<'w>(&self, word: &'w str) -> Option<&'w str> {
        let mut prefixes = self.packages.iter().copied().chain(["release", "version"]);
        let after = |prefix: &str| {
            let head = word.get(..prefix.len()).filter(|head| head.eq_ignore_ascii_case(prefix))?;
            word[head.len()..].strip_prefix(['-', '_'])
        };
        let word = prefixes.find_map(after).unwrap_or(word);
        let bare = word.strip_prefix(['v', 'V']).unwrap_or(word);
        bare.starts_with(|c: char| c.is_ascii_digit()).then_some(bare)
    }

    fn is_package(&self, word: &str) -> bool {
        self.packages.iter().any(|package| package.eq_ignore_ascii_case(word))
    }
}

fn is_filler(word: &str) -> bool {
    let lower = word.to_lowercase();
    let is_month = || lower.len() >= 3 && MONTHS.iter().any(|month| month.starts_with(&lower));
    let is_day = || {
        let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let ending = &lower[digits.len()..];
        !digits.is_empty()
            && digits.chars().all(|c| c.is_ascii_digit() || c == '-')
            && ["", "st", "nd", "rd", "th"].contains(&ending)
    };
    FILLERS.contains(&&*lower) || is_month() || is_day() || is_dotted_date(&lower)
}

/// `02.01.2026`: no version has a zero before a digit.
fn is_dotted_date(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let year = |part: &&str| part.len() == 4;
    let all = parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    parts.len() == 3 && all && !is_version(word) && (parts.first().is_some_and(year) || parts.last().is_some_and(year))
}

fn is_plain(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || c == 'v' || c == 'V')
}

fn is_version(word: &str) -> bool {
    Version::parse(word).is_ok()
}

/// Words as versions and package names are made of.
fn words(heading: &str) -> Vec<&str> {
    let separates = |c: char| !(c.is_alphanumeric() || ".+-_".contains(c));
    let words = heading.split(separates).map(|word| word.trim_matches(['.', '-', '_', '+']));
    words.filter(|word| !word.is_empty()).collect()
}
