//! What people write into changelogs.

use super::*;

fn section(text: &str, version: &str) -> String {
    let found = Changelog::parse(text, FILE).section(version, &["tally"]);
    found.map_or_else(|error| panic!("{error}\n{text}"), |section| section.body)
}

fn error(text: &str, version: &str) -> String {
    Changelog::parse(text, FILE).section(version, &["tally"]).unwrap_err().to_string()
}

#[test]
fn every_form_of_a_heading_counts() {
    for heading in [
        "## 1.2.0",
        "# 1.2.0",
        "###### 1.2.0 ######",
        "## v1.2.0",
        "## V1.2.0",
        "## [1.2.0]",
        "## [v1.2.0]",
        "## [1.2.0] - 2026-01-02",
        "## [1.2.0](https://example.org/compare/v1.1.0...v1.2.0) (2026-01-02)",
        "## <a name=\"1.2.0\"></a>[1.2.0](https://example.org)",
        "## 1.2.0 / 2026-01-02",
        "## 1.2.0 (2 January 2026)",
        "## 1.2.0 — Jan 2nd, 2026",
        "## 1.2.0: the one with codes",
        "## `1.2.0`",
        "## **1.2.0**",
        "## tally 1.2.0",
        "## tally v1.2.0",
        "## tally-v1.2.0",
        "## tally@1.2.0",
        "## `tally` - [1.2.0]",
        "## Version 1.2.0",
        "## Release 1.2.0 [YANKED]",
        "## What is new in 1.2.0",
        "1.2.0\n=====",
        "v1.2.0 (2026-01-02)\n---",
        "Version 1.2.0 of\ntally\n------",
        " ## 1.2.0",
    ] {
        let text = format!("# Changelog\n\n## Unreleased\n\n- no\n\n{heading}\n\n- yes\n\n# 1.1.0\n\n- no\n");
        assert_eq!(section(&text, "1.2.0"), "- yes", "{heading}");
    }
    for other in ["## 1.2.0-rc.1", "## 11.2.0", "## 1.2.00", "## 1.2.0.1", "## 1.2.0+b", "## 1.2", "## x1.2.0", "1.2.0"]
    {
        let said = error(&format!("{other}\n\n- no\n"), "1.2.0");
        assert!(said.starts_with("CHANGELOG.md has no section for 1.2.0"), "{other}: {said}");
    }
    assert_eq!(section("## 1.2.0-rc.1+b\n\nx", "1.2.0-rc.1+b"), "x");
}

#[test]
fn a_section_ends_where_the_next_of_its_rank_begins() {
    let text = "## 1.2.0\r\n\r\n### Added\r\n\r\n- a\r\n\r\n#### Deep\r\n\r\n- b\r\n\r\n## 1.1.0\r\n\r\n- no";
    assert_eq!(section(text, "1.2.0"), "### Added\n\n- a\n\n#### Deep\n\n- b");
    // As conventional-changelog has it: minor versions above, patches below.
    let text = "## 1.2.0\n\n### Features\n\n- a\n\n### [1.1.1](u) (2026-01-02)\n\n### Fixes\n\n- b\n";
    assert_eq!(section(text, "1.2.0"), "### Features\n\n- a");
    assert_eq!(section(text, "1.1.1"), "### Fixes\n\n- b");
}

#[test]
fn what_only_looks_like_a_heading_is_none() {
    let inside = "- a\n\n```sh\n# 1.1.0\n## 1.1.0\n```\n\n~~~~\n~~~\n# 1.1.0\n~~~~\n\n<!--\n# 1.1.0\n-->\n\n    # 1.1.0\n\n\
        > # 1.1.0\n\n- b\n\n  # 1.1.0\n\n#1.1.0\n\n\\# 1.1.0";
    let text = format!("# 1.2.0\n\n{inside}\n\n# 1.1.0\n\n- old\n");
    assert_eq!((section(&text, "1.2.0").as_str(), section(&text, "1.1.0").as_str()), (inside, "- old"));
}

#[test]
fn the_heading_that_is_about_it_comes_before_one_that_mentions_it() {
    let text = "## 1.2.0\n\n### Since 1.1.0\n\n- a\n\n## tally-core 1.1.0\n\n- core\n\n## tally 1.1.0\n\n- b\n\n## 1.1.0\n\n- c";
    assert_eq!(section(text, "1.1.0"), "- b");
    assert_eq!(section(text, "1.2.0"), "### Since 1.1.0\n\n- a");
}

#[test]
fn the_definitions_of_links_come_along() {
    let text = "## [1.2.0]\n\nSee [one], [two][T], ![three][] and [four](u).\n\n## [1.1.0]\n\n- [one] too\n\n[1.2.0]: u/1.2.0\n\
        [1.1.0]: u/1.1.0\n[ONE]: u/one\n[t]: <u/two> \"Two\"\n[three]:\n  u/three\n[unused]: u\n";
    let body = "See [one], [two][T], ![three][] and [four](u).";
    assert_eq!(section(text, "1.2.0"), format!("{body}\n\n[ONE]: u/one\n[t]: <u/two> \"Two\"\n[three]:\n  u/three"));
    assert_eq!(section(text, "1.1.0"), "- [one] too\n\n[ONE]: u/one");
}

#[test]
fn nothing_and_no_version_are_told() {
    for empty in ["", "\n\n", "\n### Added\n\n### Fixed\n", "\n<!-- to be written\n\nhere -->\n", "\n[1.2.0]: u\n"] {
        let said = error(&format!("## [1.2.0]\n{empty}\n## 1.1.0\n\n- a"), "1.2.0");
        assert!(said.starts_with("the section `"), "{said}");
        assert!(said.contains("1.2.0") && said.contains("of CHANGELOG.md is empty\n  help: write below it"), "{said}");
    }
    let said = error("# Changelog\n\n## [Unreleased]\n\n## 1.1.0\n\n## tally-v1.0.0 (2026-01-02)\n", "1.2.0");
    assert!(said.contains("because: it has Unreleased, 1.1.0, 1.0.0\n"), "{said}");
    assert!(said.contains("help: write `## [1.2.0] - YYYY-MM-DD` into CHANGELOG.md"), "{said}");
    assert!(error("# Changelog\n", "1.2.0").contains("none of its headings names a version"));
    let many: Vec<String> = (0..20).map(|n| format!("## 1.0.{n}\n")).collect();
    let many = many.concat();
    assert!(error(&many, "2.0.0").contains("1.0.11 and 8 older ones"), "{}", error(&many, "2.0.0"));
}
