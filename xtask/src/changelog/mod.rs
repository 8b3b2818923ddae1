//! CHANGELOG.md: what it says of a version. Any heading that names the version counts, in whichever form of Markdown.
//!
//! What is a heading, and what only looks like one (in code, in comments, in lists), is for CommonMark to say.

mod heading;
mod outline;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use crate::report::{Context, Error, Result};
use heading::{Fit, Names};
use outline::{Definition, Heading, Outline};

/// The file's usual name.
pub const FILE: &str = "CHANGELOG.md";

/// As many versions are listed where one is missing.
const LISTED: usize = 12;

/// A changelog, read.
#[derive(Debug, Clone)]
pub struct Changelog {
    name: String,
    text: String,
    outline: Outline,
}

/// What a changelog says of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading, without its marks.
    pub heading: String,
    /// What stands below it: Markdown that needs nothing from elsewhere in the file; empty where nothing was written.
    pub body: String,
}

impl Changelog {
    /// Reads the file at `path`, which is shown as `name`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(path: &Path, name: impl Into<String>) -> Result<Self> {
        let text = std::fs::read_to_string(path).context(|| format!("cannot read {}", path.display()))?;
        Ok(Self::parse(&text, name))
    }

    /// Reads `text`, the content of a file that is shown as `name`.
    pub fn parse(text: &str, name: impl Into<String>) -> Self {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
        Self { name: name.into(), outline: Outline::of(&text), text }
    }

    /// What it says of `version`, of which it says more than nothing. `packages` are the names that may stand before a
    /// version; where a heading has one of them and another has none, the first counts.
    ///
    /// # Errors
    /// No such section, which tells those that there are; one in which nothing is written.
    pub fn section(&self, version: &str, packages: &[&str]) -> Result<Section> {
        let write = format!("write `## [{version}] - YYYY-MM-DD` into {}, and below it what changed", self.name);
        let Some(section) = self.find(version, packages) else {
            let error = Error::new(format!("{} has no section for {version}", self.name));
            return Err(error.because(self.listed(packages)).help(write));
        };
        if section.body.is_empty() {
            let what = format!("the section `{}` of {} is empty", section.heading, self.name);
            return Err(Error::new(what).help(format!("write below it what changed in {version}")));
        }
        Ok(section)
    }

    /// The same; none where there is no such section, and an empty one where nothing is written in it.
    pub fn find(&self, version: &str, packages: &[&str]) -> Option<Section> {
        let names = Names { version, packages };
        let fits =
            self.outline.headings.iter().enumerate().filter_map(|(n, heading)| Some((names.fit(&heading.text)?, n)));
        let (fit, n) = fits.min()?;
        let heading = &self.outline.headings[n];
        // conventional-changelog puts patch releases one level below the others, at the level of their own parts.
        let is_version = |other: &Heading| fit != Fit::Somewhere && names.is_of_another(&other.text);
        let is_below = self.outline.headings.iter().any(|other| other.level < heading.level && is_version(other));
        let ends = |other: &&Heading| {
            other.level < heading.level || (other.level == heading.level && !is_below) || is_version(other)
        };
        let end = self.outline.headings[n + 1..].iter().find(ends).map_or(self.text.len(), |other| other.span.start);
        let body = self.standalone(heading.span.end..end);
        Some(Section { heading: heading.text.trim().to_owned(), body })
    }

    /// The first heading, and all that stands below it; none where there is no heading.
    pub fn first(&self) -> Option<(String, String)> {
        let heading = self.outline.headings.first()?;
        let below = self.text.get(heading.span.end..).unwrap_or_default();
        Some((heading.text.trim().to_owned(), below.trim_matches('\n').to_owned()))
    }

    /// The versions that it has sections for, in its order.
    pub fn versions(&self, packages: &[&str]) -> Vec<String> {
        let names = Names { version: "", packages };
        self.outline.headings.iter().filter_map(|heading| names.version_of(&heading.text)).collect()
    }

    fn listed(&self, packages: &[&str]) -> String {
        let versions = self.versions(packages);
        match versions.len() {
            0 => "none of its headings names a version".to_owned(),
            1..=LISTED => format!("it has {}", versions.join(", ")),
            all => format!("it has {} and {} older ones", versions[..LISTED].join(", "), all - LISTED),
        }
    }

    /// A part of the text: without the definitions that only others use, and with those from elsewhere that it uses.
    fn standalone(&self, part: Range<usize>) -> String {
        let inside = |span: &Range<usize>| part.start <= span.start && span.end <= part.end;
        let mut is_empty = true;
        let mut used = BTreeSet::new();
        for (_, label) in self.outline.seen.iter().filter(|(span, _)| inside(span)) {
            is_empty = false;
            used.extend(label.iter().map(|label| label.to_lowercase()));
        }
        if is_empty {
            return String::new();
        }
        let is_used = |definition: &&Definition| used.contains(&definition.label.to_lowercase());
        let (mut body, mut from) = (String::new(), part.start);
        for definition in self.outline.definitions.iter().filter(|it| inside(&it.span) && !is_used(it)) {
            body.push_str(self.text.get(from..definition.span.start).unwrap_or_default());
            // The line goes as a whole.
            from = definition.span.end + usize::from(self.text[definition.span.end..].starts_with('\n'));
        }
        body.push_str(self.text.get(from..part.end).unwrap_or_default());
        let mut body = body.trim_start_matches('\n').trim_end().to_owned();
        let elsewhere = self.outline.definitions.iter().filter(|it| !inside(&it.span) && is_used(it));
        let elsewhere: Vec<&str> = elsewhere.filter_map(|it| self.text.get(it.span.clone())).map(str::trim).collect();
        if !elsewhere.is_empty() {
            body = format!("{body}\n\n{}", elsewhere.join("\n"));
        }
        body
    }
}

#[cfg(test)]
mod tests;
