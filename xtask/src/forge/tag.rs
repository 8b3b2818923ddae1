//! The tag that a release hangs on: it has to be there, here and on the forge, and to be the commit that the release
//! was made from.

use super::Access;
use crate::project::Source;
use crate::report::{Error, Problem, Result};

/// Looks at the tag, and at what the release was made from.
///
/// # Errors
/// Everything that is wrong with them, at once.
pub fn check(access: Access<'_>, source: &Source) -> Result<()> {
    let Access { tag, runner, .. } = access;
    let mut problems = Vec::new();
    if source.dirty.is_some() {
        let what = format!("{tag} was made from changes that are not committed");
        problems.push(Problem::new(what).help("commit them, and make the release anew: cargo xtask dist"));
    }
    let Some(commit) = &source.commit else {
        let what = format!("{tag} was made from no commit");
        problems.push(Problem::new(what).help("make it in a git repository, from what is committed"));
        return Err(Error::all(problems));
    };
    let remote = remote(access);
    // Without the repository, what the forge has is all that can be asked.
    if runner.git(&["rev-parse", "--git-dir"]).is_some() {
        match runner.git(&["rev-parse", "--verify", "--quiet", &format!("refs/tags/{tag}^{{commit}}")]) {
            None => {
                let what = format!("there is no tag {tag}");
                let help = match runner.git(&["rev-parse", "HEAD"]) {
                    Some(head) if head == *commit => "cargo xtask dist tag".to_owned(),
                    _ => format!("git tag -a {tag} {} -m {tag} && git push {remote} {tag}", short(commit)),
                };
                problems.push(Problem::new(what).help(help));
                return Err(Error::all(problems));
            }
            Some(there) if there != *commit => problems.push(other_commit(tag, "the tag", &there, commit)),
            Some(_) => {}
        }
    }
    match pushed(access, &remote) {
        Err(error) => problems.extend(error.problems().iter().cloned()),
        Ok(None) => {
            let what = format!("the tag {tag} is not pushed to {remote}");
            problems.push(Problem::new(what).help(format!("git push {remote} {tag}")));
        }
        Ok(Some(there)) if there != *commit => {
            problems.push(other_commit(tag, &format!("the tag at {remote}"), &there, commit));
        }
        Ok(Some(_)) => {}
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::all(problems)) }
}

fn other_commit(tag: &str, what: &str, there: &str, commit: &str) -> Problem {
    let (there, ours) = (short(there), short(commit));
    Problem::new(format!("{what} is commit {there}, and {tag} was made from {ours}"))
        .help(format!("make the release anew from the tag: git checkout {tag} && cargo xtask dist"))
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

/// git's name or URL of the repository: the configured one, else the remote that has the forge's URL, else `origin`,
/// else the URL.
fn remote(access: Access<'_>) -> String {
    if let Some(remote) = &access.forge.remote {
        return remote.clone();
    }
    let remotes = access.runner.git(&["remote", "--verbose"]).unwrap_or_default();
    let rows = remotes.lines().filter_map(|line| line.split_once('\t'));
    let rows: Vec<(&str, &str)> =
        rows.map(|(name, rest)| (name, rest.rsplit_once(" (").map_or(rest, |(url, _)| url))).collect();
    let wanted = place(&access.forge.repository);
    let same = rows.iter().find(|(_, url)| wanted.is_some() && place(url) == wanted);
    let found = same.or_else(|| rows.iter().find(|(name, _)| *name == "origin"));
    found.map_or_else(|| access.forge.repository.clone(), |(name, _)| (*name).to_owned())
}

/// Host and path of a URL as git takes it, whichever protocol.
fn place(url: &str) -> Option<(String, String)> {
    let (authority, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        None => url.split_once(':')?,
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let path = path.trim_matches('/').trim_end_matches(".git");
    Some((host.to_ascii_lowercase(), path.to_ascii_lowercase()))
}

/// The commit of the tag at the remote; none where it has no such tag.
fn pushed(access: Access<'_>, remote: &str) -> Result<Option<String>> {
    let Access { tag, runner, .. } = access;
    let failed = || Error::new(format!("cannot ask {remote} for its tags"));
    let (plain, peeled) = (format!("refs/tags/{tag}"), format!("refs/tags/{tag}^{{}}"));
    let command = runner.git_command().args(["ls-remote", "--", remote, &plain, &peeled]);
    let output = runner.output_within(command, b"", access.patience()).map_err(|error| failed().because(error))?;
    if !output.status.success() {
        return Err(failed().because(String::from_utf8_lossy(&output.stderr).trim()));
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let of = |name: &str| {
        let mut rows = said.lines().filter_map(|line| line.split_once('\t'));
        rows.find(|(_, there)| *there == name).map(|(commit, _)| commit.to_owned())
    };
    // A tag with a message is an object of its own; behind `^{}` is the commit.
    Ok(of(&peeled).or_else(|| of(&plain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_are_compared_whatever_their_protocol() {
        let ours = place("https://github.com/Acme/hello");
        for same in
            ["git@github.com:acme/hello.git", "ssh://git@github.com:22/acme/hello", "http://GitHub.com/acme/hello/"]
        {
            assert_eq!(place(same), ours, "{same}");
        }
        for other in ["git@github.com:acme/other.git", "https://example.org/acme/hello", "../hello", "/srv/hello.git"] {
            assert_ne!(place(other), ours, "{other}");
        }
        assert_eq!(place("/srv/hello.git"), None);
    }
}
