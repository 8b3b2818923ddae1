//! Publishing: a formula's file in a tap, which is a git repository: <https://docs.brew.sh/Taps>.

use semver::Version;

use super::scan;
use crate::channel::publish::{Need, Phase, Presence, Step, Workplace};
use crate::git::{Identity, Pushed, Remote};
use crate::report::{Error, Result};

/// The folders of a tap in which Homebrew looks for formulae; only the first that there is counts.
const FOLDERS: &[&str] = &["Formula/", "HomebrewFormula/"];

/// Puts one formula into a tap.
#[derive(Debug, Clone)]
pub struct Publish {
    /// The tap, as git takes it.
    pub tap: String,
    /// Who commits; the git user where it is not said.
    pub author: Option<String>,
    /// The formula's name.
    pub name: String,
    /// The version that it installs.
    pub version: String,
    /// Its text.
    pub text: String,
}

impl Step for Publish {
    fn phase(&self) -> Phase {
        Phase::Point
    }

    fn title(&self) -> String {
        format!("{} {} to {}", self.name, self.version, self.tap)
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Program(&["git"])]
    }

    /// A tap has one formula of a name: the newest takes the old one's place. What must not is judged to stay.
    fn may_replace(&self) -> bool {
        true
    }

    fn probe(&self, at: &Workplace<'_>) -> Result<Presence> {
        self.author(at)?;
        let tap = Remote::open(at.runner, &self.tap, at.work)?;
        let place = place(&tap.paths()?, &self.name);
        Ok(self.judge(tap.text(&place)?.as_deref()))
    }

    fn act(&self, at: &Workplace<'_>) -> Result<()> {
        let who = self.author(at)?;
        // Whoever pushed between is not overwritten: what they left is judged anew, once.
        let mut words = String::new();
        for _ in 0..2 {
            let tap = Remote::open(at.runner, &self.tap, at.work)?;
            let place = place(&tap.paths()?, &self.name);
            let theirs = tap.text(&place)?;
            let news = match self.judge(theirs.as_deref()) {
                Presence::Same | Presence::Kept(_) => return Ok(()),
                Presence::Absent => " (new formula)",
                Presence::Different(_) => "",
            };
            // The form of Homebrew's own commits.
            let message = format!("{} {}{news}\n", self.name, self.version);
            let commit = tap.commit(&place, &self.text, &message, &who)?;
            match tap.push(&commit)? {
                Pushed::Done => return Ok(()),
                Pushed::Overtaken(said) => words = said,
            }
        }
        Err(Error::new(format!("others pushed to {} twice while {} was", self.tap, self.name)).because(words))
    }
}

impl Publish {
    fn author(&self, at: &Workplace<'_>) -> Result<Identity> {
        match self.author.as_deref().and_then(Identity::parse) {
            Some(identity) => Ok(identity),
            None => Identity::of_user(at.runner),
        }
    }

    /// What becomes of the formula that the tap has: a pre-release never takes a stable one's place, nor an older
    /// version a newer one's.
    fn judge(&self, theirs: Option<&str>) -> Presence {
        let Some(theirs) = theirs else { return Presence::Absent };
        if theirs == self.text {
            return Presence::Same;
        }
        let Some(there) = version_of(theirs) else {
            return if is_prerelease(&self.version) {
                Presence::Kept(format!("{} is a pre-release, and what the tap has may be stable", self.version))
            } else {
                Presence::Different("the tap has a formula without a version that can be read; it is replaced".into())
            };
        };
        if is_prerelease(&self.version) && !is_prerelease(&there) {
            let instead = format!("`brew install {}` goes on giving {there}", self.name);
            return Presence::Kept(format!("{} is a pre-release: the tap keeps {there}, and {instead}", self.version));
        }
        match (Version::parse(&there), Version::parse(&self.version)) {
            (Ok(there), Ok(ours)) if there > ours => Presence::Kept(format!("the tap has {there}, which is newer")),
            _ if there == self.version => Presence::Different(format!("the tap has another formula of {there}")),
            _ => Presence::Different(format!("the tap has {there}")),
        }
    }
}

fn is_prerelease(version: &str) -> bool {
    Version::parse(version).is_ok_and(|version| !version.pre.is_empty())
}

/// The version that a formula installs: the one that it says, else the one that Homebrew reads out of its first URL.
fn version_of(formula: &str) -> Option<String> {
    let first = |word: &str| {
        let mut lines = formula.lines().map(str::trim);
        lines.find_map(|line| line.strip_prefix(word)?.trim_start().strip_prefix('"')?.split('"').next())
    };
    first("version ").map(str::to_owned).or_else(|| scan::version_in(first("url ")?))
}

/// Where a formula is in a tap with these files, or goes.
fn place(paths: &[String], name: &str) -> String {
    let file = format!("{name}.rb");
    let folder = FOLDERS.iter().find(|folder| paths.iter().any(|path| path.starts_with(**folder)));
    // A tap may have its formulae in no folder at all.
    let at_top = || paths.iter().any(|path| !path.contains('/') && path.ends_with(".rb"));
    let folder = folder.copied().unwrap_or(if at_top() { "" } else { FOLDERS[0] });
    // Big taps have a folder a letter.
    let is_there = |path: &&String| path.starts_with(folder) && path.rsplit('/').next() == Some(&file);
    let there = paths.iter().filter(|path| !folder.is_empty() || !path.contains('/')).find(is_there);
    there.cloned().unwrap_or_else(|| format!("{folder}{file}"))
}

/// The repository of a tap: what git takes is left as it is, and `owner/tap` is on GitHub, as for `brew tap`.
///
/// # Errors
/// Text that is neither; a URL with a password in it, which would stand in every release.
pub fn url_of(text: &str) -> Result<String> {
    let wrong = |why: &str| Error::usage(format!("`{text}` is no git repository")).because(why);
    let is_plain = !text.is_empty() && !text.starts_with('-') && !text.contains(|c: char| c.is_control());
    if !is_plain {
        return Err(wrong("it is empty, or begins with a hyphen, or holds a line end"));
    }
    if let Some((_, rest)) = text.split_once("://") {
        let authority = rest.split('/').next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        if user.is_some_and(|user| user.contains(':') || text.starts_with("http")) {
            let url = text.replacen(&format!("{}@", user.unwrap_or_default()), "", 1);
            return Err(Error::usage("the tap's URL has credentials in it, which would stand in every release")
                .help(format!("write `{url}`: git asks its credential helper, and takes `url.<base>.insteadOf`")));
        }
        return Ok(text.to_owned());
    }
    let is_path = text.starts_with(['/', '.']) || text.contains('\\') || text.get(1..3) == Some(":/");
    let is_scp = text.split_once(':').is_some_and(|(host, path)| !host.contains('/') && !path.is_empty());
    if is_path || is_scp {
        return Ok(text.to_owned());
    }
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match text.split_once('/') {
        Some((owner, name)) if is_word(owner) && is_word(name) => {
            let name = name.strip_suffix(".git").unwrap_or(name);
            let name = name.strip_prefix("homebrew-").unwrap_or(name);
            Ok(format!("https://github.com/{owner}/homebrew-{name}.git"))
        }
        _ => Err(wrong("it is no URL, no path that begins with `/` or `.`, and not `OWNER/TAP` of GitHub")),
    }
}

/// What users call the tap in this repository of GitHub; none for one that is elsewhere.
pub fn short_name(url: &str) -> Option<String> {
    let path = url.strip_prefix("https://github.com/").or_else(|| url.strip_prefix("git@github.com:"))?;
    let (owner, name) = path.trim_end_matches(".git").split_once('/')?;
    Some(format!("{owner}/{}", name.strip_prefix("homebrew-")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formula(version: &str) -> String {
        format!("class Tally < Formula\n  url \"https://example.org/tally-x-v{version}.tar.gz\"\nend\n")
    }

    fn judge(ours: &str, theirs: Option<&str>) -> Presence {
        let (tap, name) = ("../tap".to_owned(), "tally".to_owned());
        Publish { tap, author: None, name, version: ours.to_owned(), text: formula(ours) }.judge(theirs)
    }

    fn word(presence: &Presence) -> &str {
        match presence {
            Presence::Absent => "absent",
            Presence::Same => "same",
            Presence::Different(_) => "different",
            Presence::Kept(_) => "kept",
        }
    }

    #[test]
    fn the_newer_and_the_stable_stay() {
        for (ours, theirs, wanted) in [
            ("1.2.3", "1.2.3", "same"),
            ("1.2.3", "1.2.2", "different"),
            ("1.10.0", "1.9.0", "different"),
            ("1.2.3", "1.3.0", "kept"),
            ("1.2.3-rc.1", "1.2.2", "kept"),
            ("1.2.3-rc.1", "1.2.3", "kept"),
            ("1.2.3-rc.2", "1.2.3-rc.1", "different"),
            ("1.2.3-rc.1", "1.2.3-rc.2", "kept"),
            ("1.2.3", "1.2.3-rc.2", "different"),
        ] {
            assert_eq!(word(&judge(ours, Some(&formula(theirs)))), wanted, "{ours} over {theirs}");
        }
        assert_eq!(judge("1.2.3-rc.1", None), Presence::Absent);
        let said = judge("1.3.0-rc.1", Some(&formula("1.2.3")));
        let words = "1.3.0-rc.1 is a pre-release: the tap keeps 1.2.3, and `brew install tally` goes on giving 1.2.3";
        assert_eq!(said, Presence::Kept(words.into()));
        assert_eq!(word(&judge("1.2.3", Some("class Tally < Formula\nend\n"))), "different");
        assert_eq!(word(&judge("1.2.3-rc.1", Some("class Tally < Formula\nend\n"))), "kept");
        let other = format!("{}# by hand\n", formula("1.2.3"));
        assert_eq!(judge("1.2.3", Some(&other)), Presence::Different("the tap has another formula of 1.2.3".into()));
    }

    #[test]
    fn a_version_that_is_said_comes_before_the_urls() {
        let said = "class A < Formula\n  url \"https://x/a-2.0.tar.gz\"\n    version \"1.2.3+b\"\n";
        assert_eq!(version_of(said).as_deref(), Some("1.2.3+b"));
        assert_eq!(version_of(&formula("4.5.6")).as_deref(), Some("4.5.6"));
        assert_eq!(version_of("class A < Formula\n  head \"x\"\n"), None);
    }

    #[test]
    fn formulae_go_where_homebrew_looks() {
        let place = |paths: &[&str]| place(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>(), "tally");
        assert_eq!(place(&[]), "Formula/tally.rb");
        assert_eq!(place(&["README.md", "Casks/tally.rb"]), "Formula/tally.rb");
        assert_eq!(place(&["Formula/x.rb", "HomebrewFormula/tally.rb"]), "Formula/tally.rb");
        assert_eq!(place(&["HomebrewFormula/x.rb"]), "HomebrewFormula/tally.rb");
        assert_eq!(place(&["Formula/t/tally.rb"]), "Formula/t/tally.rb");
        assert_eq!(place(&["x.rb", "cmd/tally.rb"]), "tally.rb");
    }

    #[test]
    fn taps_are_named_as_brew_and_git_name_them() {
        let github = Some("https://github.com/acme/homebrew-tap.git".to_owned());
        for short in ["acme/tap", "acme/homebrew-tap", "acme/homebrew-tap.git"] {
            assert_eq!(url_of(short).ok(), github, "{short}");
        }
        assert_eq!(short_name("https://github.com/acme/homebrew-tap.git").as_deref(), Some("acme/tap"));
        assert_eq!(short_name("git@github.com:acme/homebrew-tap").as_deref(), Some("acme/tap"));
        assert_eq!((short_name("https://git.example.org/acme/homebrew-tap"), short_name("../tap")), (None, None));
        for same in [
            "https://git.example.org/a/b/tap.git",
            "ssh://git@example.org/tap",
            "git@github.com:acme/homebrew-tap.git",
            "/srv/tap.git",
            "../tap",
            "./tap.git",
            "C:/taps/tap",
            "file:///srv/tap.git",
        ] {
            assert_eq!(url_of(same).ok().as_deref(), Some(same));
        }
        for wrong in ["", "tap", "a/b/c", "--upload-pack=x", "a b/c", "https://me:token@github.com/a/b"] {
            assert!(url_of(wrong).is_err(), "{wrong}");
        }
        let error = url_of("https://token@github.com/a/b").unwrap_err().to_string();
        assert!(error.contains("credentials") && error.contains("write `https://github.com/a/b`"), "{error}");
        assert!(!error.contains("token"), "{error}");
    }
}
