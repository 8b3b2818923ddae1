//! How `brew livecheck` finds the newest release: <https://docs.brew.sh/Brew-Livecheck>.

use serde::Serialize;

use crate::names;

/// Hosts whose repositories Homebrew knows by the URLs of their releases (`livecheck/strategy/git.rb`).
const KNOWN: &[&str] = &["https://github.com/", "https://codeberg.org/"];

/// The `livecheck` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Livecheck {
    /// The repository, as git clones it, where the formula's own URLs do not tell.
    pub url: Option<String>,
    /// Whether the release that GitHub calls the latest is the one; else tags are read.
    pub latest: bool,
    /// A regular expression for tags, with the version in brackets.
    pub pattern: String,
}

/// The block for a package released as `tag`, one of whose archives is at `asset`; none where nothing says where to
/// look, or where tags have no version.
pub fn of(repository: Option<&str>, asset: &str, tag: &str, version: &str) -> Option<Livecheck> {
    let repository = repository.map(names::repository_base).filter(|url| url.starts_with("https://"))?;
    let (before, after) = tag.split_once(version)?;
    let tells = KNOWN.iter().any(|host| repository.starts_with(host)) && asset.starts_with(&format!("{repository}/"));
    // "Latest" is one for the whole repository: of a tag with a name in it, it may be another package's.
    let of_all = ["", "v"].contains(&before) && after.is_empty();
    Some(Livecheck {
        latest: of_all && tells && repository.starts_with(KNOWN[0]),
        pattern: format!(r"^{}(\d+(?:\.\d+)+){}$", escaped(before), escaped(after)),
        url: (!tells).then(|| format!("{repository}.git")),
    })
}

/// A regular expression that means just this text.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut pattern, c| {
        if r"\^$.|?*+()[]{}".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
        pattern
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_release_counts_where_tags_are_all_of_one_package() {
        let of = |repository: &str, tag| {
            let asset = format!("{}/-/releases/{tag}/tally.zip", repository.trim_end_matches(".git"));
            let block = of(Some(repository), &asset, tag, "1.2.3")?;
            Some((block.latest, block.url.unwrap_or("stable".into()), block.pattern))
        };
        let block = |latest, url: &str, pattern: &str| Some((latest, url.to_owned(), pattern.to_owned()));
        let (github, gitlab) = ("https://github.com/acme/tally", "https://gitlab.com/a/b/tally.git");
        assert_eq!(of(github, "v1.2.3"), block(true, "stable", r"^v(\d+(?:\.\d+)+)$"));
        assert_eq!(of(github, "tally-v1.2.3"), block(false, "stable", r"^tally-v(\d+(?:\.\d+)+)$"));
        assert_eq!(of("https://codeberg.org/a/b", "1.2.3"), block(false, "stable", r"^(\d+(?:\.\d+)+)$"));
        assert_eq!(of(gitlab, "a.b/1.2.3+x"), block(false, gitlab, r"^a\.b/(\d+(?:\.\d+)+)\+x$"));
        assert_eq!(of(github, "nightly"), None);
        assert_eq!(of("acme", "v1.2.3"), None);
        let elsewhere = super::of(Some(github), "https://dl.example.org/tally.zip", "v1.2.3", "1.2.3").unwrap();
        assert_eq!((elsewhere.latest, elsewhere.url.as_deref()), (false, Some("https://github.com/acme/tally.git")));
    }
}
