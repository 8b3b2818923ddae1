//! The rules for what a package says of itself: <https://doc.rust-lang.org/cargo/reference/publishing.html>.

use super::{Remark, shown};
use crate::project::Package;
use crate::report::Problem;
use crate::spdx;

/// crates.io's bounds for `keywords`: how many, and how long each.
const KEYWORDS: (usize, usize) = (5, 20);
/// crates.io's bound for `categories`.
const CATEGORIES: usize = 5;
/// crates.io's bound for `description`, in bytes.
const DESCRIPTION: usize = 1000;

/// What is missing or makes no sense in a package's manifest.
pub fn check(package: &Package, is_for_crates_io: bool) -> Vec<Remark> {
    let rules = Rules { package, manifest: shown(&package.dir.join("Cargo.toml")) };
    let mut found = vec![rules.version(), rules.description(), rules.repository(), rules.rust_version()];
    found.extend([rules.license(), rules.license_file(), rules.readme()]);
    found.extend(rules.urls());
    if is_for_crates_io {
        found.extend([rules.keywords(), rules.categories()]);
    }
    found.into_iter().flatten().collect()
}

struct Rules<'p> {
    package: &'p Package,
    manifest: String,
}

impl Rules<'_> {
    fn wrong(&self, what: &str) -> Problem {
        Problem::new(format!("{} {what}", self.package.name))
    }

    /// A setting that is not there, and the line that sets it.
    fn missing(&self, key: &'static str, why: &str, line: &str) -> Remark {
        let problem = self.wrong(&format!("has no `{key}`")).because(why);
        Remark::error(key, problem.help(format!("write `{line}` under [package] in {}", self.manifest)))
    }

    fn version(&self) -> Option<Remark> {
        let version = &self.package.version;
        let raise = format!("set `version` in {}", self.manifest);
        if (version.major, version.minor, version.patch) == (0, 0, 0) {
            let problem = self.wrong(&format!("has the version {version}")).because("no other version is lower");
            return Some(Remark::error("version", problem.help(raise)));
        }
        (!version.build.is_empty()).then(|| {
            let problem = self.wrong(&format!("has the version {version}"));
            let why = format!("registries do not tell versions apart by what stands behind `+` ({})", version.build);
            Remark::warning("version", problem.because(why).help(raise))
        })
    }

    fn description(&self) -> Option<Remark> {
        let line = "description = \"…\"";
        match self.package.about.description.as_deref().map(str::trim) {
            None => Some(self.missing("description", "it is what people see when they look for a crate", line)),
            Some("") => Some(Remark::error(
                "description",
                self.wrong("has an empty `description`").help(format!("say in {} what it is", self.manifest)),
            )),
            Some(text) if text.len() > DESCRIPTION => {
                let problem = self.wrong(&format!("has a `description` of {} bytes", text.len()));
                let why = format!("crates.io takes {DESCRIPTION}");
                Some(Remark::error("description", problem.because(why).help("tell the rest in the README")))
            }
            Some(_) => None,
        }
    }

    fn license(&self) -> Option<Remark> {
        let package = self.package;
        let Some(license) = &package.about.license else {
            let why = "without a licence, nobody may use it";
            let missing = || self.missing("license", why, "license = \"MIT OR Apache-2.0\"");
            return package.license_file.is_none().then(missing);
        };
        let write = |text: &str| format!("write `license = \"{text}\"` in {}", self.manifest);
        if spdx::Expression::parse(license).is_none() {
            let problem = self.wrong(&format!("has the license `{license}`"));
            let problem = problem.because("that is no SPDX expression (https://spdx.org/licenses)");
            return Some(Remark::error("license", problem.help(write("MIT OR Apache-2.0"))));
        }
        license.contains('/').then(|| {
            let problem = self.wrong(&format!("has the license `{license}`"));
            let problem = problem.because("cargo's old form with `/` is no SPDX expression");
            Remark::warning("license", problem.help(write(&license.replace('/', " OR "))))
        })
    }

    fn license_file(&self) -> Option<Remark> {
        let file = self.package.license_file.as_ref().filter(|file| !file.is_file())?;
        let problem = self.wrong(&format!("names {} as its `license-file`, which is not there", shown(file)));
        Some(Remark::error("license-file", problem.help(format!("mend the path in {}", self.manifest))))
    }

    fn readme(&self) -> Option<Remark> {
        let file = self.package.readme.as_ref().filter(|file| !file.is_file())?;
        let problem = self.wrong(&format!("names {} as its `readme`, which is not there", shown(file)));
        Some(Remark::error("readme", problem.help(format!("mend the path in {}", self.manifest))))
    }

    fn repository(&self) -> Option<Remark> {
        let line = "repository = \"https://github.com/OWNER/NAME\"";
        let why = "nobody could look at its sources, or say what is wrong with it";
        self.package.about.repository.is_none().then(|| self.missing("repository", why, line))
    }

    fn urls(&self) -> Vec<Option<Remark>> {
        let about = &self.package.about;
        let urls = [
            ("repository", &about.repository),
            ("homepage", &about.homepage),
            ("documentation", &self.package.documentation),
        ];
        let check = |(key, url): (&'static str, &Option<String>)| {
            let url = url.as_deref()?;
            let why = what_is_wrong_with(url)?;
            let problem = self.wrong(&format!("has the {key} `{url}`")).because(why);
            Some(Remark::error(key, problem.help(format!("write `{key} = \"https://…\"` in {}", self.manifest))))
        };
        urls.into_iter().map(check).collect()
    }

    fn rust_version(&self) -> Option<Remark> {
        let why = "cargo cannot choose a version of it that a user's compiler takes";
        self.package.rust_version.is_none().then(|| self.missing("rust-version", why, "rust-version = \"1.85\""))
    }

    fn keywords(&self) -> Option<Remark> {
        let (most, longest) = KEYWORDS;
        let keywords = &self.package.about.keywords;
        let is_good = |word: &&String| {
            word.len() <= longest
                && word.starts_with(|c: char| c.is_ascii_alphanumeric())
                && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c))
        };
        let why = match keywords.iter().find(|word| !is_good(word)) {
            Some(word) if word.len() > longest => format!("`{word}` is longer than {longest} letters"),
            Some(word) => format!("`{word}` has something in it that is no letter, digit, `-`, `_` or `+`"),
            None if keywords.len() > most => format!("{} are more than {most}", keywords.len()),
            None => return None,
        };
        let problem = self.wrong("has keywords that crates.io refuses").because(why);
        Some(Remark::error("keywords", problem.help(format!("mend `keywords` in {}", self.manifest))))
    }

    fn categories(&self) -> Option<Remark> {
        let many = self.package.categories.len();
        let problem = || {
            let problem =
                self.wrong(&format!("has {many} categories")).because(format!("crates.io takes {CATEGORIES}"));
            problem.help(format!("mend `categories` in {}", self.manifest))
        };
        (many > CATEGORIES).then(|| Remark::error("categories", problem()))
    }
}

fn what_is_wrong_with(url: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = url.split_once("://") else { return Some("that is no URL") };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !["http", "https"].contains(&scheme) {
        Some("crates.io takes only http and https")
    } else if host.contains('@') {
        Some("it has credentials in it, which everybody would see")
    } else if host.is_empty() || url.contains(char::is_whitespace) {
        Some("that is no URL")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crates::testing::krate;
    use crate::preflight::Level;
    use semver::Version;

    fn good() -> Package {
        let mut package = krate("tally", &[]).package;
        package.about.description = Some("Counts".into());
        package.about.license = Some("MIT OR Apache-2.0".into());
        package.about.repository = Some("https://github.com/acme/tally".into());
        package.rust_version = Some(Version::new(1, 89, 0));
        package
    }

    /// The rules that find something after this change, errors with a `!`.
    fn found(change: impl FnOnce(&mut Package)) -> Vec<String> {
        let mut package = good();
        change(&mut package);
        let remarks = check(&package, true);
        assert!(remarks.iter().all(|remark| remark.problem.help.is_some()), "{remarks:?}");
        let word = |remark: &Remark| format!("{}{}", remark.rule, if remark.level == Level::Error { "!" } else { "" });
        remarks.iter().map(word).collect()
    }

    #[test]
    fn what_is_missing_is_told_each_by_itself() {
        assert_eq!(found(|_| {}), [""; 0]);
        let nothing = found(|package| {
            package.about = crate::project::About::default();
            package.rust_version = None;
        });
        assert_eq!(nothing, ["description!", "repository!", "rust-version!", "license!"]);
        assert_eq!(found(|package| package.about.description = Some(" \n".into())), ["description!"]);
        assert_eq!(found(|package| package.about.description = Some("x".repeat(1001))), ["description!"]);
    }

    #[test]
    fn versions_that_are_none_are_told() {
        assert_eq!(found(|package| package.version = Version::new(0, 0, 0)), ["version!"]);
        assert_eq!(found(|package| package.version = Version::parse("1.0.0+linux").unwrap()), ["version"]);
        assert_eq!(found(|package| package.version = Version::parse("1.0.0-rc.1").unwrap()), [""; 0]);
    }

    #[test]
    fn licences_are_expressions_or_files() {
        let license = |text: &str| found(|package| package.about.license = Some(text.into()));
        assert_eq!(license("MIT/Apache-2.0"), ["license"]);
        assert_eq!(license("see LICENSE"), ["license!"]);
        assert_eq!(license("LicenseRef-Mine"), [""; 0]);
        let file = |path: &str| {
            found(|package| {
                package.about.license = None;
                package.license_file = Some(path.into());
            })
        };
        assert_eq!(file(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")), [""; 0]);
        assert_eq!(file("/no/LICENSE"), ["license-file!"]);
    }

    #[test]
    fn urls_are_what_crates_io_takes() {
        let url = |text: &str| found(|package| package.about.repository = Some(text.into()));
        for wrong in
            ["github.com/a/b", "git@github.com:a/b", "ssh://h/a", "https://me:pw@h/a", "https:///a", "https://h/a b"]
        {
            assert_eq!(url(wrong), ["repository!"], "{wrong}");
        }
        assert_eq!(url("https://git.example.org/~me/a"), [""; 0]);
        assert_eq!(found(|package| package.about.homepage = Some("me".into())), ["homepage!"]);
    }

    #[test]
    fn keywords_and_categories_are_counted_only_for_crates_io() {
        let keywords = |words: &[&str]| {
            found(|package| package.about.keywords = words.iter().map(|word| (*word).to_owned()).collect())
        };
        assert_eq!(keywords(&["a", "b-c", "c++", "d_e", "3d"]), [""; 0]);
        for wrong in [&["1", "2", "3", "4", "5", "6"][..], &["with blank"], &["-x"], &["a-word-of-more-than-20"]] {
            assert_eq!(keywords(wrong), ["keywords!"], "{wrong:?}");
        }
        assert_eq!(found(|package| package.categories = vec!["x".into(); 6]), ["categories!"]);
        let many = Package { categories: vec!["x".into(); 6], ..good() };
        assert!(check(&many, false).is_empty());
    }
}
