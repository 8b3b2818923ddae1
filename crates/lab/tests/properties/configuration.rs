//! `dist.toml` of any content: every problem has a place, and nothing panics.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use xtask_dist::channel;
use xtask_dist::config::{Config, Known, Problems};
use xtask_dist::report::{Error, Result};
use xtask_dist::targets::Target;

use super::{check, text};

const KNOWN: Known<'_> =
    Known { packages: &["tally", "other"], channels: &["archive", "binstall", "homebrew", "docker"] };

/// Reads and checks a configuration as `dist` does, and reads what it says of a package, right or wrong.
fn read(text: &str) -> Result<()> {
    let config = Config::load(Path::new("no-such-folder"), &[text.to_owned()])?;
    let problems = Problems::default();
    config.check(KNOWN, &problems);
    for channel in channel::ALL {
        for table in config.channel_tables(channel.id(), &problems) {
            channel.settings(&table);
            table.finish();
        }
    }
    let ignored = Problems::default();
    config.package_selection("tally", KNOWN, &ignored);
    config.scope("tally", Some(&Target::host()));
    problems.into_result()
}

fn every_problem_has_a_place(error: &Error) -> Result<(), TestCaseError> {
    prop_assert_eq!(error.exit_code(), 2);
    prop_assert!(!error.problems().is_empty());
    for problem in error.problems() {
        prop_assert!(problem.at.as_ref().is_some_and(|at| at.line > 0 && at.column > 0), "{problem}");
        prop_assert!(!problem.what.is_empty());
    }
    Ok(())
}

fn is_read(text: &str) -> Result<(), TestCaseError> {
    read(text).as_ref().err().map_or(Ok(()), every_problem_has_a_place)
}

/// Pieces of TOML in any order: much of it is nearly right.
fn nearly_toml() -> impl Strategy<Value = String> {
    let token = select(
        &[
            "[", "]", "[[", "]]", "{", "}", "=", ",", ".", "\n", "\n", " ", "#", "\"", "'", "\"\"\"", "'''", "\\",
            "true",
        ][..],
    );
    let word =
        select(&["targets", "package", "tally", "target", "channel", "archive", "env", "1", "1979-05-27", "nan"][..]);
    let piece = prop_oneof![3 => token.prop_map(str::to_owned), 3 => word.prop_map(str::to_owned), 1 => text()];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

#[test]
fn any_text() {
    check(256, prop_oneof![text(), nearly_toml()], |text| is_read(&text));
}

#[test]
fn text_that_is_nested_without_end() {
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("a = {}", "{ a = ".repeat(50_000)),
        format!("{}a = 1", "a.".repeat(50_000)),
        format!("[{}a]", "a.".repeat(50_000)),
        (0..2_000).fold(String::new(), |text, n| text + &format!("[{}a]\n", "a.".repeat(n % 70))),
    ] {
        every_problem_has_a_place(&read(&text).unwrap_err()).unwrap();
    }
}

/// A value of any kind, some of them right for some key.
fn value() -> impl Strategy<Value = String> {
    let string = prop_oneof![
        select(
            &[
                "tally",
                "host",
                "all",
                "docker",
                "x86_64-unknown-linux-musl",
                "{ name }",
                "{ version",
                "zip",
                "src/*",
                ""
            ][..]
        )
        .prop_map(str::to_owned),
        text(),
    ];
    let string = string.prop_map(|text| xtask_dist::template::Language::Toml.quote(&text));
    let other = select(&["true", "false", "1", "-0.5", "inf", "1979-05-27T07:32:00Z", "{}", "[]"][..]);
    let leaf = prop_oneof![4 => string, 2 => other.prop_map(str::to_owned)];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            vec((key(), inner), 0..3).prop_map(|pairs| {
                let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("{{ {} }}", pairs.join(", "))
            }),
        ]
    })
}

fn key() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "packages",
            "targets",
            "channels",
            "tag",
            "download-url",
            "profile",
            "features",
            "all-features",
            "no-default-features",
            "rustflags",
            "env",
            "exclude-binaries",
            "include",
            "name",
            "folder",
            "format",
            "target",
            "package",
            "channel",
            "tally",
            "archive",
            "docker",
            "x86_64-unknown-linux-musl",
            "tagret",
            "\"a.b\"",
        ][..],
    )
}

fn scope() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "",
            "[package.tally]",
            "[package.other]",
            "[package.taly]",
            "[target.x86_64-unknown-linux-musl]",
            "[target.x]",
            "[package.tally.target.aarch64-apple-darwin]",
            "[channel.archive]",
            "[channel.docker]",
            "[channel.x]",
            "[package.tally.channel.archive]",
            "[target.x86_64-unknown-linux-musl.channel.archive]",
            "[[package]]",
            "[package]",
        ][..],
    )
}

#[test]
fn known_keys_with_values_of_any_kind() {
    let lines = vec((key(), value()), 0..6).prop_map(|lines| {
        // A key twice is no TOML: the last counts.
        let lines: std::collections::BTreeMap<_, _> = lines.into_iter().collect();
        lines.iter().map(|(key, value)| format!("{key} = {value}\n")).collect::<Vec<_>>().concat()
    });
    let scopes = vec((scope(), lines), 1..5).prop_map(|mut scopes| {
        scopes.sort();
        scopes.dedup_by_key(|(header, _)| *header);
        scopes.iter().map(|(header, lines)| format!("{header}\n{lines}")).collect::<Vec<_>>().concat()
    });
    check(256, scopes, |text| is_read(&text));
}
