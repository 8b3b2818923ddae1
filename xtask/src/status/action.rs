//! What to do with a crate, from its version, what the registry has, and what git says.

use std::cmp::Ordering;

use semver::Version;
use serde::Serialize;

use super::git::State;
use crate::registry::{Presence, Versions};

/// What to do with a crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Nothing: this version is published, and no newer one.
    UpToDate,
    /// Commit: there are changes, which cargo would refuse to publish.
    Commit,
    /// Publish: the version is newer than all that are published.
    Publish,
    /// Publish for the first time: the registry has no such crate.
    New,
    /// Catch up: a newer version is published than the one that is here.
    Behind,
    /// Ask again: the registry did not answer.
    Unreachable,
}

impl Action {
    /// As people read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::UpToDate => "up to date",
            Self::Commit => "commit",
            Self::Publish => "publish",
            Self::New => "new",
            Self::Behind => "behind",
            Self::Unreachable => "unreachable",
        }
    }
}

/// The version that users of `local` would get instead: the highest that is not yanked, and a pre-release only for
/// those who have one, or where there is nothing else.
pub fn newest<'v>(versions: &'v Versions, local: Option<&Version>) -> Option<&'v Version> {
    match local {
        Some(local) if !local.pre.is_empty() => versions.highest.as_ref(),
        _ => versions.stable.as_ref().or(versions.highest.as_ref()),
    }
}

/// What to do with a crate of version `local`, of which the registry has `versions`: none where it has no such crate.
pub fn action(local: &Version, versions: Option<&Versions>, git: Option<State>) -> Action {
    let is_modified = git == Some(State::Modified);
    let Some(versions) = versions else { return if is_modified { Action::Commit } else { Action::New } };
    // A pre-release of what is to come makes no stable version old.
    let counts = |newest: &&Version| newest.pre.is_empty() || !local.pre.is_empty();
    let is_newer = |newest: &Version| newest.cmp_precedence(local) == Ordering::Greater;
    if newest(versions, Some(local)).filter(counts).is_some_and(is_newer) {
        return Action::Behind;
    }
    match versions.has(local) {
        _ if is_modified => Action::Commit,
        Presence::Published | Presence::Yanked => Action::UpToDate,
        Presence::Absent => Action::Publish,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(list: &[&str]) -> Versions {
        let line = |version: &&str| {
            let (version, yanked) =
                version.strip_suffix(" yanked").map_or((*version, false), |version| (version, true));
            format!("{{\"name\":\"x\",\"vers\":\"{version}\",\"yanked\":{yanked}}}\n")
        };
        Versions::parse("x", list.iter().map(line).collect::<String>().as_bytes()).unwrap()
    }

    fn of(local: &str, published: &[&str]) -> Action {
        action(&Version::parse(local).unwrap(), Some(&versions(published)), Some(State::Clean))
    }

    #[test]
    fn versions_are_compared_as_semver_has_it() {
        for (local, published, expected) in [
            ("1.0.0", &["1.0.0"][..], Action::UpToDate),
            ("1.10.0", &["1.9.0"], Action::Publish),
            ("1.9.0", &["1.10.0", "1.9.0"], Action::Behind),
            ("1.0.0", &["1.0.0-rc.1"], Action::Publish),
            ("1.0.0-rc.2", &["1.0.0-rc.1", "0.9.0"], Action::Publish),
            ("1.0.0-rc.2", &["1.0.0-rc.10"], Action::Behind),
            ("1.0.0-rc.1", &["1.0.0"], Action::Behind),
            ("1.0.0-rc.1", &["1.0.0-rc.1", "0.9.0"], Action::UpToDate),
            ("1.0.0", &["1.0.0", "1.1.0-rc.1"], Action::UpToDate),
            ("1.0.0", &["1.1.0-rc.1"], Action::Publish),
            ("1.0.0+b", &["1.0.0+a"], Action::UpToDate),
            ("1.0.0", &["1.0.0+a"], Action::UpToDate),
            ("1.0.1+a", &["1.0.0+b"], Action::Publish),
        ] {
            assert_eq!(of(local, published), expected, "{local} and {published:?}");
        }
    }

    #[test]
    fn yanked_versions_are_used_up_and_no_measure() {
        assert_eq!(of("1.1.0", &["1.0.0", "1.1.0 yanked"]), Action::UpToDate);
        assert_eq!(of("1.0.1", &["1.0.0", "1.1.0 yanked"]), Action::Publish);
        assert_eq!(of("1.0.0", &["1.0.0 yanked"]), Action::UpToDate);
        assert_eq!(of("1.0.1", &["1.0.0 yanked"]), Action::Publish);
        assert_eq!(of("1.0.0", &["1.0.0 yanked", "1.0.1"]), Action::Behind);
    }

    #[test]
    fn changes_are_committed_first_but_not_on_old_versions() {
        let local = Version::parse("1.0.0").unwrap();
        let of = |published: Option<&[&str]>, git| action(&local, published.map(versions).as_ref(), git);
        assert_eq!(of(None, Some(State::Clean)), Action::New);
        assert_eq!(of(None, None), Action::New, "without git");
        for published in [None, Some(&["1.0.0"][..]), Some(&["0.9.0"])] {
            assert_eq!(of(published, Some(State::Modified)), Action::Commit, "{published:?}");
        }
        assert_eq!(of(Some(&["1.1.0"]), Some(State::Modified)), Action::Behind);
        assert_eq!(of(Some(&["1.0.0"]), Some(State::Ahead)), Action::UpToDate);
    }

    #[test]
    fn the_newest_is_the_one_that_users_get() {
        let all = versions(&["1.0.0", "2.0.0-rc.1", "3.0.0 yanked"]);
        let of =
            |local: Option<&str>| newest(&all, local.map(|l| Version::parse(l).unwrap()).as_ref()).unwrap().to_string();
        assert_eq!(
            (of(None), of(Some("1.0.0")), of(Some("2.0.0-rc.1"))),
            ("1.0.0".into(), "1.0.0".into(), "2.0.0-rc.1".into())
        );
        assert_eq!(newest(&versions(&["1.0.0-rc.1"]), None).unwrap().to_string(), "1.0.0-rc.1");
    }
}
