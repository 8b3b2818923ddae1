//! What Homebrew would find wrong with a finished formula, beyond its URLs and digests: templates are the user's.

use super::{name, scan};
use crate::manifest::{Manifest, Output};
use crate::report::Finding;

/// What mends a formula.
const REMEDY: &str = "mend packaging/homebrew/formula.rb.hbs, or delete it to use the built-in one";

/// What is wrong with the formula `text` of a release.
pub fn check(release: &Manifest, output: &Output, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut finding = |what: String| findings.push(Finding::new(&output.path, what, REMEDY));
    let file = output.path.rsplit('/').next().unwrap_or(&output.path);
    let wanted = name::class_of(file.strip_suffix(".rb").unwrap_or(file));
    match class_in(text) {
        Some(class) if class == wanted => {}
        Some(class) => finding(format!("its class is {class}, and in {file} Homebrew looks for {wanted}")),
        None => finding(format!("it has no `class {wanted} < Formula`")),
    }
    let version = release.plan.version.as_str();
    for claim in &output.claims {
        let url = claim.reference.as_str();
        let scanned = scan::version_in(url);
        let scanned = scanned.as_deref();
        match stated(text, url) {
            None if scanned == Some(version) => {}
            None => finding(format!(
                "Homebrew reads the version {} out of {url}, so it has to say `version \"{version}\"`",
                scanned.map_or_else(|| "of nothing".to_owned(), |scanned| format!("`{scanned}`"))
            )),
            Some(stated) if stated != version => {
                finding(format!("it says `version \"{stated}\"`, and the release is {version}"));
            }
            Some(_) if scanned == Some(version) => {
                finding(format!("it says its version, which Homebrew reads out of {url}: `brew audit` refuses that"));
            }
            Some(_) => {}
        }
    }
    findings
}

fn class_in(text: &str) -> Option<&str> {
    let lines = text.lines().map(str::trim_start);
    lines.filter_map(|line| line.strip_prefix("class ")?.split_once('<')).map(|(class, _)| class.trim()).next()
}

/// The version that is said of `url`: on the line behind it, else for the whole formula.
fn stated<'t>(text: &'t str, url: &str) -> Option<&'t str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let said = |line: &&'t str| line.strip_prefix("version ")?.trim().strip_prefix('"')?.strip_suffix('"');
    let is_url = |line: &str| line.starts_with("url ");
    let behind =
        lines.windows(2).filter(|pair| is_url(pair[0]) && pair[0].contains(url)).find_map(|pair| said(&pair[1]));
    let of_all =
        lines.iter().enumerate().filter(|(n, _)| *n == 0 || !is_url(lines[n - 1])).find_map(|(_, line)| said(line));
    behind.or(of_all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::homebrew::Homebrew;
    use crate::channel::{Channel as _, Content, Made, testing};

    fn findings(change: impl Fn(String) -> String) -> Vec<String> {
        let release = testing::release();
        let Made::Outputs(outputs) = testing::made(&Homebrew, &release) else { panic!("skipped") };
        let Content::Text(text) = &outputs[0].content else { panic!("no text") };
        let text = change(text.clone());
        let output = Output {
            path: outputs[0].path.clone(),
            channel: Homebrew.about().into(),
            package: "tally".into(),
            size: 0,
            sha256: String::new(),
            integrity: None,
            claims: outputs[0].claims.clone(),
        };
        check(&release, &output, &text).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn the_built_in_template_makes_nothing_wrong() {
        assert_eq!(findings(|text| text), [""; 0]);
    }

    #[test]
    fn a_class_that_homebrew_does_not_find() {
        let found = findings(|text| text.replace("class Tally", "class TallyCli"));
        assert_eq!(found, ["its class is TallyCli, and in tally.rb Homebrew looks for Tally"]);
        assert_eq!(findings(|text| text.replace("class ", "module ")), ["it has no `class Tally < Formula`"]);
    }

    #[test]
    fn a_version_that_is_redundant_or_another() {
        let found = findings(|text| text.replace("  license", "  version \"1.2.3\"\n  license"));
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("`brew audit` refuses that"), "{found:?}");
        let found = findings(|text| text.replace("  license", "  version \"1.2.4\"\n  license"));
        assert!(found[0].starts_with("it says `version \"1.2.4\"`, and the release is 1.2.3"), "{found:?}");
    }

    #[test]
    fn a_version_that_is_wanting() {
        let (misread, read) = ("https://x/tally-x86_64-linux.tar.gz", "https://x/tally-1.2.3.tar.gz");
        let text = format!("version \"1\"\nurl \"{read}\"\nurl \"{misread}\"\nversion \"2\"\n");
        assert_eq!((stated(&text, read), stated(&text, misread)), (Some("1"), Some("2")));
        assert_eq!(stated(&format!("url \"{misread}\"\nversion \"2\"\nurl \"{read}\"\n"), read), None);
    }
}
