//! What to do with a crate, whichever versions there are; and what is kept, whatever becomes of its file.

use std::cmp::Ordering;
use std::fs;

use lab::scratch;
use proptest::prelude::*;
use proptest::sample::Index;
use semver::Version;
use serde_json::json;
use xtask_dist::kept;
use xtask_dist::registry::{Presence, Versions};
use xtask_dist::status::{Action, State, action, newest};

use super::check;

/// Versions that often are near each other, or equal but for their build metadata.
fn version() -> impl Strategy<Value = Version> {
    let pre =
        prop_oneof![4 => Just(""), 1 => Just("-rc.1"), 1 => Just("-rc.2"), 1 => Just("-rc.10"), 1 => Just("-alpha")];
    let build = prop_oneof![4 => Just(""), 1 => Just("+1"), 1 => Just("+linux.2")];
    (0..3_u64, prop_oneof![0..3_u64, Just(10)], 0..2_u64, pre, build).prop_map(|(major, minor, patch, pre, build)| {
        Version::parse(&format!("{major}.{minor}.{patch}{pre}{build}")).unwrap()
    })
}

/// What a registry has: versions in any order, some yanked.
fn published() -> impl Strategy<Value = Vec<(Version, bool)>> {
    let all = proptest::collection::vec((version(), any::<bool>()), 1..12);
    // A registry has a version once, whatever its build metadata.
    all.prop_map(|mut all| {
        let mut seen: Vec<Version> = Vec::new();
        all.retain(|(version, _)| {
            let is_new = seen.iter().all(|other| other.cmp_precedence(version) != Ordering::Equal);
            seen.push(version.clone());
            is_new
        });
        all
    })
}

fn versions(published: &[(Version, bool)]) -> Versions {
    let line = |(version, yanked): &(Version, bool)| {
        json!({"name": "x", "vers": version.to_string(), "deps": [], "yanked": yanked}).to_string() + "\n"
    };
    Versions::parse("x", published.iter().map(line).collect::<String>().as_bytes()).unwrap()
}

fn git() -> impl Strategy<Value = Option<State>> {
    proptest::option::of(prop_oneof![Just(State::Clean), Just(State::Modified), Just(State::Ahead)])
}

#[test]
fn a_version_is_found_if_and_only_if_it_is_there() {
    check(512, (published(), version()), |(published, wanted)| {
        let there = published.iter().find(|(version, _)| version.cmp_precedence(&wanted) == Ordering::Equal);
        let expected = match there {
            None => Presence::Absent,
            Some((_, true)) => Presence::Yanked,
            Some((_, false)) => Presence::Published,
        };
        prop_assert_eq!(versions(&published).has(&wanted), expected);
        Ok(())
    });
}

#[test]
fn nothing_is_newer_than_the_newest() {
    check(512, (published(), proptest::option::of(version())), |(published, local)| {
        let versions = versions(&published);
        let usable = || published.iter().filter(|(_, yanked)| !yanked).map(|(version, _)| version);
        let Some(newest) = newest(&versions, local.as_ref()) else {
            prop_assert_eq!(usable().count(), 0);
            return Ok(());
        };
        prop_assert!(usable().any(|version| version == newest), "{newest} is not there, or yanked");
        let of_a_pre_release = local.is_some_and(|local| !local.pre.is_empty());
        let wants = |version: &&Version| version.pre.is_empty() || of_a_pre_release || !newest.pre.is_empty();
        for version in usable().filter(wants) {
            prop_assert!(version.cmp_precedence(newest) != Ordering::Greater, "{version} is newer than {newest}");
        }
        Ok(())
    });
}

#[test]
fn only_what_is_absent_and_newer_is_to_be_published() {
    check(1024, (published(), version(), git()), |(published, local, git)| {
        let all = versions(&published);
        let action = action(&local, Some(&all), git);
        let is_newer = |(version, yanked): &(Version, bool)| {
            // A pre-release makes only pre-releases old.
            !yanked
                && (version.pre.is_empty() || !local.pre.is_empty())
                && version.cmp_precedence(&local) == Ordering::Greater
        };
        prop_assert_eq!(action == Action::Behind, published.iter().any(is_newer));
        if action == Action::Publish {
            prop_assert_eq!(all.has(&local), Presence::Absent);
        }
        if action == Action::UpToDate {
            prop_assert_ne!(all.has(&local), Presence::Absent);
        }
        prop_assert_eq!(action == Action::Commit, git == Some(State::Modified) && action != Action::Behind);
        prop_assert!(action != Action::New && action != Action::Unreachable);
        Ok(())
    });
}

#[test]
fn what_is_kept_is_read_whole_or_not_at_all() {
    let scratch = scratch("kept");
    let file = scratch.join("file");
    let damage = proptest::collection::vec((any::<Index>(), any::<u8>(), any::<bool>()), 1..4);
    check(256, (proptest::collection::vec(any::<u32>(), 0..20), damage), |(value, damage)| {
        kept::write(&file, "numbers 1", &value).unwrap();
        let whole = fs::read(&file).unwrap();
        prop_assert_eq!(kept::read::<Vec<u32>>(&file, "numbers 1"), Some(value.clone()));
        let mut damaged = whole.clone();
        for (at, byte, cut) in damage {
            if damaged.is_empty() {
                break;
            }
            let at = at.index(damaged.len());
            if cut {
                damaged.truncate(at);
            } else {
                damaged[at] = byte;
            }
        }
        fs::write(&file, &damaged).unwrap();
        let read = kept::read::<Vec<u32>>(&file, "numbers 1");
        prop_assert_eq!(read, (damaged == whole).then_some(value));
        Ok(())
    });
}

#[test]
fn no_answer_makes_the_reader_panic() {
    check(512, proptest::collection::vec(any::<u8>(), 0..200), |bytes| {
        let _ = Versions::parse("x", &bytes);
        Ok(())
    });
    check(256, super::text(), |text| {
        let line = json!({"name": "x", "vers": text}).to_string();
        prop_assert_eq!(Versions::parse("x", line.as_bytes()).is_ok(), Version::parse(&text).is_ok());
        Ok(())
    });
}
