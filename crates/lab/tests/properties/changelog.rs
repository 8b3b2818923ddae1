//! Changelogs: whatever is in one, reading it does not panic; what is written below a version's heading is read back.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use xtask_dist::changelog::{Changelog, FILE};

use super::{check, text};

const MARKS: &[&str] = &[
    "# 1.2.0\n",
    "## [1.2.0]\n",
    "### tally-v1.1.0 (2026-01-02)\n",
    "1.2.0\n===\n",
    "---\n",
    "```\n",
    "~~~\n",
    "<!--",
    "-->",
    "<details>\n",
    "> ",
    "- ",
    "    ",
    "[1.2.0]: u\n",
    "[a][b]",
    "[b]: <u> 'c'\n",
    "\n\n",
];

fn markdown() -> impl Strategy<Value = String> {
    vec(prop_oneof![2 => select(MARKS).prop_map(str::to_owned), 1 => text()], 0..20).prop_map(|parts| parts.concat())
}

#[test]
fn no_changelog_makes_it_panic() {
    check(2_000, (markdown(), text()), |(changelog, version)| {
        let changelog = Changelog::parse(&changelog, FILE);
        for version in ["1.2.0", "", &version] {
            if let Ok(section) = changelog.section(version, &["tally", ""]) {
                prop_assert!(!section.body.trim().is_empty());
                // It stands by itself: as another file, it is the same.
                let again = Changelog::parse(&format!("# 9.9.9\n\n{}\n", section.body), FILE);
                prop_assert!(again.find("9.9.9", &[]).is_some());
            }
        }
        Ok(())
    });
}

const HEADINGS: &[&str] = &["V", "[V]", "vV", "[V](u) (2026-01-02)", "tally V", "tally-vV - 2026-01-02", "Release V"];
const BODIES: &[&str] = &[
    "- a",
    "Words about 0.0.1.",
    "```toml\n# 7.7.7\n\n## 8.8.8\n```",
    "<!-- # 7.7.7 -->",
    "> # 7.7.7",
    "- b\n\n  ```\n  # 7.7.7\n  ```",
    "1. c\n   - d",
    "| a |\n| --- |\n| b |",
    "A [link] and [more][x].",
    "***",
];

#[derive(Debug, Clone)]
struct Written {
    heading: &'static str,
    setext: bool,
    version: String,
    /// Parts, each below a heading of its own.
    parts: Vec<(&'static str, Vec<&'static str>)>,
}

impl Written {
    fn body(&self) -> String {
        let part = |(name, bodies): &(&str, Vec<&str>)| format!("#### {name}\n\n{}", bodies.join("\n\n"));
        let parts: Vec<String> = self.parts.iter().map(part).collect();
        format!("A change.\n\n{}", parts.join("\n\n")).trim_end().to_owned()
    }

    fn heading(&self, level: usize) -> String {
        let text = self.heading.replace('V', &self.version);
        if self.setext && level <= 2 {
            format!("{text}\n{}", ["===", "---"][level - 1])
        } else {
            format!("{} {text}", "#".repeat(level))
        }
    }
}

fn written() -> impl Strategy<Value = Written> {
    let version = "[1-5]\\.[0-9]\\.[0-9](-(rc\\.[1-9]|alpha))?(\\+b)?";
    let part = (select(&["Added", "Fixed", "Since 0.0.1"][..]), vec(select(BODIES), 1..4));
    (select(HEADINGS), any::<bool>(), version, vec(part, 0..4)).prop_map(|(heading, setext, version, parts)| Written {
        heading,
        setext,
        version,
        parts,
    })
}

#[test]
fn what_is_written_is_read_back() {
    const LINKS: &str = "[link]: https://example.org/a\n[x]: https://example.org/b";
    let case = (vec(written(), 1..6), 1..4_usize, any::<bool>());
    check(1_000, case, |(mut sections, level, windows)| {
        sections.sort_by(|a, b| a.version.cmp(&b.version));
        sections.dedup_by(|a, b| a.version == b.version);
        let shown = sections.iter().map(|section| format!("{}\n\n{}\n\n", section.heading(level), section.body()));
        let mut file = format!("Changelog of tally.\n\n{}{LINKS}\n", shown.collect::<String>());
        if windows {
            file = file.replace('\n', "\r\n");
        }
        let changelog = Changelog::parse(&file, FILE);
        let versions: Vec<String> = sections.iter().map(|section| section.version.clone()).collect();
        let found = changelog.versions(&["tally"]);
        prop_assert!(versions.iter().all(|version| found.contains(version)), "{found:?} in {file}");
        for section in &sections {
            let read = changelog
                .section(&section.version, &["tally"])
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            let links = if section.body().contains("[link]") { format!("\n\n{LINKS}") } else { String::new() };
            prop_assert_eq!(read.body, format!("{}{links}", section.body()), "{} in {}", section.version, file);
        }
        Ok(())
    });
}
