//! What the client makes of `repository`: whose forge it is, where that keeps release files, and which sub-crate it names.

use super::metadata::Remark;
use super::refusal::Refusal;
use super::url::Url;
use crate::names::Host;

/// A repository as release URLs are built on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Its URL, without a slash at the end.
    pub url: String,
    /// Its URL, as the client names it.
    pub page: String,
    /// Whose forge it is.
    pub host: Host,
    /// The sub-crate that its URL named.
    pub subcrate: Option<String>,
}

impl Repository {
    /// Reads `repository`. Also returned: what the client does with it that is probably not meant.
    ///
    /// The client follows redirects of the repository's page, and drops `.git` if the page without it answers: here it
    /// is taken to answer, as that of every public repository does.
    ///
    /// # Errors
    /// It is no URL.
    pub fn read(text: &str) -> Result<(Self, Vec<Remark>), Refusal> {
        let refused = |error: &dyn ToString| Refusal::Repository(text.to_owned(), error.to_string());
        let url = Url::parse(text).map_err(|error| refused(&error))?;
        let (mut url, subcrate) = without_subcrate(url);
        let mut remarks = Vec::new();
        if let Some(base) = url.to_string().strip_suffix(".git") {
            url = Url::parse(base).map_err(|error| refused(&error))?;
            remarks.push(Remark::on_repository(
                format!(
                    "`.git` is dropped from {text} only if {base} answers, which no private repository's page does"
                ),
                format!("write `repository = \"{base}\"`"),
            ));
        }
        let host = Host::of_domain(url.domain());
        let page = url.to_string();
        let read = Self { url: page.trim_end_matches('/').to_owned(), page, host, subcrate };
        if read.url.ends_with(".git") {
            let base = read.url.trim_end_matches(".git");
            let what = format!("`.git` stays in every URL: the client drops it only at the very end of {text}");
            remarks.push(Remark::on_repository(what, format!("write `repository = \"{base}\"`")));
        }
        if url.has_query() {
            let what = format!("what stands behind the path of {text} stays in the middle of every URL");
            remarks.push(Remark::on_repository(what, "write `repository` without `?` and `#`"));
        }
        remarks.extend(read.odd(&url));
        Ok((read, remarks))
    }

    /// The forge's own URL of a folder that the client does not take for a sub-crate: all of it stays in the URLs.
    fn odd(&self, url: &Url) -> Option<Remark> {
        let segments = url.segments()?;
        let words = ["tree", "blob", "src", "-"];
        let word = segments.iter().skip(2).find(|segment| words.contains(segment))?;
        if self.subcrate.is_some() || self.host == Host::Unknown {
            return None;
        }
        let base = url.with_segments(segments.iter().position(|segment| segment == word).unwrap_or(2));
        let form = match self.host {
            Host::GitLab => "/-/blob/BRANCH/NAME",
            Host::Codeberg => "/src/branch/BRANCH/NAME",
            _ => "/tree/BRANCH/NAME",
        };
        Some(Remark::on_repository(
            format!("{url} is taken for the repository itself: every URL begins with all of it"),
            format!("write `{base}`, or `{base}{form}` (or `…/crates/NAME`) for tags that begin with NAME/"),
        ))
    }
}

/// What stands between a repository's URL and the branch in the URL of a folder, where the client looks for it.
fn tree(host: Host) -> &'static [&'static str] {
    match host {
        Host::GitHub => &["tree"],
        Host::GitLab => &["-", "blob"],
        Host::Codeberg => &["src", "branch"],
        _ => &[],
    }
}

/// The repository's own URL, and the sub-crate: `…/tree/BRANCH/NAME` or `…/tree/BRANCH/crates/NAME`, to the end.
fn without_subcrate(url: Url) -> (Url, Option<String>) {
    let found = || {
        let segments = url.segments()?;
        let tree = tree(Host::of_domain(url.domain()));
        let (_owner_and_name, below) = segments.split_at_checked(2)?;
        let (between, below) = below.split_at_checked(tree.len()).filter(|_| !tree.is_empty())?;
        match below {
            [_branch, "crates", name] => (between == tree).then(|| (*name).to_owned()),
            [_branch, name] => (between == tree && *name != "crates").then(|| (*name).to_owned()),
            _ => None,
        }
    };
    match found() {
        Some(name) => (url.with_segments(2), Some(name)),
        None => (url, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Host, Option<String>) {
        let (Repository { url, host, subcrate, .. }, _) = Repository::read(text).unwrap();
        (url, host, subcrate)
    }

    fn is(url: &str, host: Host, subcrate: Option<&str>) -> (String, Host, Option<String>) {
        (url.to_owned(), host, subcrate.map(str::to_owned))
    }

    #[test]
    fn hosts_are_known_by_their_names() {
        assert_eq!(read("https://GitHub.com/o/r/"), is("https://github.com/o/r", Host::GitHub, None));
        assert_eq!(read("https://github.localhost:80/o/r").1, Host::GitHub);
        assert_eq!(read("https://gitlab.gnome.org/a/b/c").1, Host::GitLab);
        assert_eq!(read("https://www.github.com/o/r").1, Host::Unknown);
        assert_eq!(read("https://codeberg.example.org/o/r").1, Host::Unknown);
        assert_eq!(read("http://127.0.0.1:8080/o/r").1, Host::Unknown);
        assert!(Repository::read("git@github.com:o/r.git").is_err());
    }

    #[test]
    fn sub_crates_are_found_where_the_client_finds_them() {
        let found = |text| read(text).2;
        assert_eq!(
            read("https://github.com/o/r/tree/main/crates/x"),
            is("https://github.com/o/r", Host::GitHub, Some("x"))
        );
        assert_eq!(found("https://gitlab.com/o/r/-/blob/main/x").as_deref(), Some("x"));
        assert_eq!(found("https://codeberg.org/o/r/src/branch/main/x").as_deref(), Some("x"));
        assert_eq!(found("https://github.com/o/r/tree/main/crates"), None, "crates is no sub-crate");
        let empty = found("https://github.com/o/r/tree/main/crates/");
        assert_eq!(empty.as_deref(), Some(""), "the client takes an empty name for one");
        assert_eq!(found("https://github.com/o/r/tree/main/tools/x"), None);
        assert_eq!(found("https://github.com/o/r/blob/main/x"), None);
    }

    #[test]
    fn what_is_probably_not_meant_is_told() {
        let remark = |text| Repository::read(text).unwrap().1.remove(0).remedy;
        assert_eq!(remark("https://github.com/o/r.git"), "write `repository = \"https://github.com/o/r\"`");
        assert!(remark("https://gitlab.com/o/r/-/tree/main/x").contains("/-/blob/BRANCH/NAME"));
        assert!(remark("https://github.com/o/r/tree/main/tools/x").contains("`https://github.com/o/r`, or"));
    }
}
