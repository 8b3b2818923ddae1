//! Tags, file names and URLs made of anything.

use lab::{client, run, scratch};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use xtask_dist::layout::checksum_line;
use xtask_dist::names::{check_file_name, check_npm_name, release_folder, repository_base, url_segment};

use super::{check, text};

/// Two texts that often are nearly the same.
fn pair() -> impl Strategy<Value = (String, String)> {
    prop_oneof![
        (text(), text()),
        text().prop_map(|text| (text.clone(), release_folder(&text))),
        text().prop_map(|text| (text.clone(), url_segment(&text))),
        text().prop_map(|text| (text.clone(), text.trim_end_matches(['.', ' ', '\0']).to_owned())),
    ]
}

#[test]
fn a_tags_folder_is_one_plain_folder() {
    check(256, text(), |tag| {
        let folder = release_folder(&tag);
        prop_assert!(!folder.is_empty());
        prop_assert!(!folder.contains(|c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c)), "{folder:?}");
        // `.`, `..`, and what the folder of all releases keeps for itself: `.lock`, `.new-…`, `.old-…`.
        prop_assert!(!folder.starts_with('.'), "{folder:?}");
        // Windows drops them.
        prop_assert!(!folder.ends_with(['.', ' ']), "{folder:?}");
        prop_assert_eq!(decoded(&folder), (!tag.is_empty()).then_some(tag));
        Ok(())
    });
}

#[test]
fn two_tags_have_two_folders() {
    check(256, pair(), |(one, other)| {
        prop_assert_eq!(release_folder(&one) == release_folder(&other), one == other);
        Ok(())
    });
}

#[test]
fn a_segment_of_a_url_is_safe_and_decodes() {
    check(256, text(), |text| {
        let segment = url_segment(&text);
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+@!,%".contains(&byte);
        prop_assert!(segment.bytes().all(safe), "{segment:?}");
        prop_assert_eq!(decoded(&segment), Some(text));
        Ok(())
    });
}

/// Percent-decoding, as RFC 3986 has it; `None` for a `%` that begins no escape.
fn decoded(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        (bytes, rest) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let digits = [*high, *low];
                let byte = u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?;
                ([bytes, vec![byte]].concat(), tail)
            }
            (b'%', _) => return None,
            _ => ([bytes, vec![*first]].concat(), tail),
        };
    }
    String::from_utf8(bytes).ok()
}

#[test]
fn an_accepted_name_is_a_file_everywhere() {
    let name = prop_oneof![
        text(),
        "[a-z]{0,4}[ -~]{0,3}[a-z.]{0,4}",
        "(con|NUL|aux|com1|lpt9)(\\.[a-z]{1,3})?",
        "[a-z]{200,300}"
    ];
    check(256, name, |name| {
        if check_file_name(&name).is_err() {
            return Ok(());
        }
        let whole = |name: &str| std::path::Path::new(name).file_name().is_some_and(|file| file == name);
        prop_assert!(whole(&name) && !name.contains(['/', '\\', ':']), "{name:?}");
        prop_assert_eq!(&url_segment(&name), &name, "a URL has it as it is");
        prop_assert!(name.len() + ".sha256".len() <= 255, "{name:?}");
        prop_assert!(!name.starts_with(['.', '-']) && !name.ends_with('.'), "{name:?}");
        let device = name.split('.').next().unwrap_or_default().to_lowercase();
        prop_assert!(!["con", "nul", "aux", "com1", "lpt9"].contains(&&*device), "{name:?} is a device on Windows");
        // A line of SHA256SUMS is read back as it was written: sha256sum escapes nothing in it.
        prop_assert_eq!(checksum_line("0", &name).lines().count(), 1);
        Ok(())
    });
}

#[test]
fn a_repositorys_base_is_its_own_base() {
    let repository =
        prop_oneof![text(), "https://(github|gitlab)\\.com/[a-z]{1,3}/[a-z]{1,3}(\\.git|/|/tree/main|/-/tree/x){0,3}"];
    check(256, repository, |repository| {
        let base = repository_base(&repository);
        prop_assert_eq!(repository_base(&base), base);
        Ok(())
    });
}

/// npm's own judgement (`validate-npm-package-name`, for new packages); the names of node's modules are another matter.
#[test]
fn names_that_are_accepted_are_those_that_npm_takes() {
    let purpose = "names are judged as npm judges them";
    let (Some(node), Some(npm)) = (client("node", purpose), client("npm", purpose)) else { return };
    let word = "[a-z0-9A-Z._~'!() @/-]{0,3}[a-z0-9._-]{0,8}";
    let scoped = format!("@{word}/{word}");
    let name = prop_oneof![4 => word, 4 => scoped.as_str(), 1 => text()];
    let names = vec(name, 3_000).new_tree(&mut TestRunner::default()).unwrap().current();
    let folder = scratch("npm-names");
    let file = folder.join("names.json");
    std::fs::write(&file, serde_json::to_string(&names).unwrap()).unwrap();
    let script = "const validate = require(process.argv[1]), core = require('module').builtinModules;
        const names = JSON.parse(require('fs').readFileSync(process.argv[2]));
        console.log(JSON.stringify(names.map((name) => core.includes(name) || validate(name).validForNewPackages)));";
    let modules = npm.path().ancestors().nth(2).unwrap().join("npm/node_modules/validate-npm-package-name");
    let output = run(node.command().args(["-e", script]).arg(modules).arg(&file));
    let theirs: Vec<bool> = serde_json::from_slice(&output.stdout).unwrap();
    let ours: Vec<bool> = names.iter().map(|name| check_npm_name(name).is_ok()).collect();
    for ((name, theirs), ours) in names.iter().zip(&theirs).zip(&ours) {
        assert!(*theirs || !ours, "{name:?} is no name for npm");
        // Users of npm are called by stricter rules than these, and later versions of it refuse the hyphen.
        assert!(*ours || !theirs || name.starts_with(['@', '-']), "{name:?} is a name for npm");
    }
    let accepted = ours.iter().filter(|ours| **ours).count();
    println!("{accepted} of {} names accepted", names.len());
    assert!((200..2_800).contains(&accepted), "{accepted}");
}
