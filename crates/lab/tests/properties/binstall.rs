//! Packages, metadata, archives and URLs of any kind: the resolver never panics, and agrees with the crates of the real
//! client where those are free to be used.

use std::fs;

use binstalk_types::cargo_toml_binstall::{PkgMeta, TargetTriple};
use lab::scratch;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use xtask_dist::binstall::url::Url;
use xtask_dist::binstall::{self, Entry, Format, Kind, Metadata, Strategies, Subject};
use xtask_dist::names;
use xtask_dist::project::Binary;
use xtask_dist::targets::{BinstallTarget, KNOWN, Target};

use super::{check, text};

/// Texts that often are URLs.
fn nearly_url() -> impl Strategy<Value = String> {
    let scheme =
        select(&["https://", "http:", "HTTP:\\\\", "ssh://", "git:", "wss://", "x+y:/", "", "1:", "ftp:///"][..]);
    let host = prop_oneof![
        select(
            &["github.com", "GitHub.com:443", "u:p@h", "@h", "h:", "h:080", "h:99999", "127.1", "0x7f.1", "1.2.3.4.5"]
                [..]
        )
        .prop_map(str::to_owned),
        select(
            &["[::1]", "[::1", "[1:2::ffff:1.2.3.4]:80", "a b", "h%41", "h%2f", "", "a..b", "09.1", "h|", "h:8x"][..]
        )
        .prop_map(str::to_owned),
        "[a-zA-Z0-9.:@%_-]{0,8}",
    ];
    let path = vec(
        prop_oneof![
            4 => select(&["/", "\\", "..", ".", "%2e", "%2E.", "?", "#", " ", "{", "}", "'", "^", "|", "%zz", "~"][..])
                .prop_map(str::to_owned),
            3 => "[a-z0-9]{1,3}",
            1 => text(),
        ],
        0..8,
    );
    (scheme, host, path).prop_map(|(scheme, host, path)| format!("{scheme}{host}{}", path.concat()))
}

#[test]
fn urls_are_those_of_the_clients_crate() {
    check(4000, prop_oneof![3 => nearly_url(), 1 => text()], |text| {
        let theirs = url::Url::parse(&text);
        // Names of other scripts are refused, and files are no forges.
        let host = theirs.as_ref().ok().and_then(|url| url.host_str()).unwrap_or_default();
        let lower = text.to_lowercase();
        let exempt = host.contains("xn--") || lower.contains("file:") || has_foreign_host(&text);
        // Of other schemes only the host counts; in their paths the crate has oddities that nobody meets.
        let fetched = ["http:", "https:", "ws:", "wss:", "ftp:"].iter().any(|scheme| lower.trim().starts_with(scheme));
        match (Url::parse(&text), theirs) {
            _ if exempt => {}
            (ours, theirs) if !fetched => {
                if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
                    prop_assert_eq!(ours.domain(), theirs.domain());
                }
            }
            (Ok(ours), Ok(theirs)) => {
                prop_assert_eq!(ours.to_string(), theirs.to_string(), "{:?}", text);
                prop_assert_eq!(ours.domain(), theirs.domain());
                prop_assert_eq!(ours.segments(), theirs.path_segments().map(Iterator::collect::<Vec<_>>));
            }
            (Err(ours), Err(theirs)) => prop_assert_eq!(ours.to_string(), theirs.to_string(), "{:?}", text),
            (ours, theirs) => prop_assert!(false, "{text:?}: {ours:?}, {theirs:?}"),
        }
        Ok(())
    });
}

/// Whether the host may have other letters than ASCII's, written out or percent-encoded.
fn has_foreign_host(text: &str) -> bool {
    let behind =
        text.split_once(':').map_or("", |(_, behind)| behind).trim_start_matches(['/', '\\', '\t', '\n', '\r']);
    let host = behind.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let escaped = host.to_lowercase();
    !host.is_ascii() || ["%8", "%9", "%a", "%b", "%c", "%d", "%e", "%f"].iter().any(|high| escaped.contains(high))
}

/// Sections that often are right.
fn section() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        6 => select(&["tgz", "zip", "bin", "tzstd", "TGZ", "{ name }", "minisign", "compile", "quick-install", "gpg"][..])
            .prop_map(|word| json!(word)),
        1 => Just(json!(null)),
        1 => Just(json!(1)),
        1 => Just(json!({})),
        1 => Just(json!([])),
        1 => Just(json!({"tgz": null})),
        1 => Just(json!(["compile", "crate-meta-data"])),
    ];
    let table = |keys: &'static [&'static str], value: BoxedStrategy<Value>| {
        prop_oneof![
            9 => vec((select(keys), value.clone()), 0..5)
                .prop_map(|entries| entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Value>()),
            1 => vec(value, 0..8).prop_map(Value::Array),
        ]
    };
    let signing = table(&["algorithm", "pubkey", "file", "x"], word.clone().boxed());
    let value = prop_oneof![5 => word, 2 => signing].boxed();
    let keys = &["pkg-url", "pkg-fmt", "bin-dir", "disabled-strategies", "signing", "pkg_url"];
    let settings = table(keys, value.clone());
    let overrides = table(
        &[
            "cfg(unix)",
            "cfg( unix )",
            "cfg(windows)",
            "cfg(target_os = \"linux\")",
            "x86_64-unknown-linux-gnu",
            "*-x",
            "a b",
        ],
        settings.clone().boxed(),
    );
    (settings, proptest::option::of(overrides)).prop_map(|(mut settings, overrides)| {
        if let (Value::Object(table), Some(overrides)) = (&mut settings, overrides) {
            table.insert("overrides".to_owned(), overrides);
        }
        settings
    })
}

const TRIPLES: [&str; 3] = ["x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"];

#[test]
fn metadata_are_taken_refused_and_merged_as_by_the_client() {
    check(3000, section(), |section| {
        let theirs = serde_json::from_value::<Option<PkgMeta>>(section.clone());
        let ours = Metadata::read(&section);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?}, {:?}", ours, theirs);
        let (Ok((ours, _)), Ok(theirs)) = (ours, theirs) else { return Ok(()) };
        let theirs = theirs.unwrap_or_default();
        for triple in TRIPLES {
            let cfgs = triple.parse::<TargetTriple>().unwrap().cfgs();
            let merged = theirs.merge_overrides(theirs.overrides.get_matching(triple, &cfgs));
            let settings = ours.settings_for(&BinstallTarget::parse(triple).unwrap());
            prop_assert_eq!(&settings.pkg_url, &merged.pkg_url);
            prop_assert_eq!(&settings.bin_dir, &merged.bin_dir);
            prop_assert_eq!(json!(settings.pkg_fmt), json!(merged.pkg_fmt));
            prop_assert_eq!(json!(settings.signing), json!(merged.signing));
            prop_assert_eq!(json!(settings.disabled_strategies), json!(merged.disabled_strategies.unwrap_or_default()));
        }
        Ok(())
    });
}

#[test]
fn triples_mean_what_they_mean_to_the_client() {
    let nearly = vec("(x86_64|arm|wasm32|unknown|linux|gnu|apple|darwin|pc|windows|none|[a-z0-9_.]{1,4})", 1..5);
    let triple = prop_oneof![select(KNOWN).prop_map(str::to_owned), nearly.prop_map(|parts| parts.join("-")), text()];
    check(3000, triple, |triple| {
        match (BinstallTarget::parse(&triple), triple.parse::<TargetTriple>()) {
            (Ok(ours), Ok(theirs)) => {
                let sorted = |mut cfgs: Vec<_>| {
                    cfgs.sort();
                    cfgs
                };
                prop_assert_eq!(sorted(ours.cfgs()), sorted(theirs.cfgs()));
                prop_assert_eq!(ours.value("target-family").unwrap(), theirs.os.into_str());
                prop_assert_eq!(ours.value("target-libc").unwrap(), theirs.env.into_str());
            }
            (Err(ours), Err(theirs)) => prop_assert_eq!(ours, theirs.to_string()),
            (ours, theirs) => prop_assert!(false, "{ours:?}, {theirs:?}"),
        }
        Ok(())
    });
}

fn subject() -> impl Strategy<Value = Subject> {
    let binary = (prop_oneof![3 => "[a-z]{1,4}", 1 => text()], vec("[a-z]{1,2}", 0..2))
        .prop_map(|(name, required_features)| Binary { name, required_features });
    let repository = prop_oneof![nearly_url(), text()];
    (text(), text(), proptest::option::of(repository), vec(binary, 0..3)).prop_map(
        |(name, version, repository, binaries)| Subject::new(&name, &version, repository.as_deref(), &binaries),
    )
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let kind = prop_oneof![
        5 => Just(Kind::File),
        2 => Just(Kind::Folder),
        1 => text().prop_map(Kind::Symlink),
        1 => Just(Kind::Other)
    ];
    let path = prop_oneof![3 => "(\\.?/)?([a-z]{1,2}/){0,2}[a-z]{1,4}/?", 1 => text()];
    vec((path, kind).prop_map(|(path, kind)| Entry { path, kind }), 0..5)
}

#[test]
fn nothing_makes_it_panic() {
    let triple = prop_oneof![select(&TRIPLES[..]).prop_map(str::to_owned), text()];
    let format = select(&Format::ALL[..]);
    let templates = prop_oneof![
        section(),
        (text(), text(), text()).prop_map(|(url, dir, file)| {
            let signing = json!({"algorithm": "minisign", "pubkey": text_of_a_key(), "file": file});
            json!({"pkg-url": url, "bin-dir": dir, "signing": signing})
        })
    ];
    check(2000, (subject(), templates, triple, format, entries()), |(subject, section, triple, format, entries)| {
        let Ok((metadata, _)) = Metadata::read(&section) else { return Ok(()) };
        let resolution = binstall::resolve(&subject, &metadata, &triple, &Strategies::default());
        prop_assert!(resolution.refusal.is_some() || !resolution.candidates.urls.is_empty());
        for candidate in &resolution.candidates.urls {
            prop_assert!(url::Url::parse(&candidate.url).is_ok() || has_foreign_host(&candidate.url), "{candidate:?}");
        }
        let refusal = resolution.locate(format, &entries).err();
        for refusal in resolution.refusal.iter().chain(&refusal) {
            prop_assert!(!refusal.to_string().is_empty() && !refusal.remedy().is_empty());
        }
        Ok(())
    });
}

fn text_of_a_key() -> String {
    format!("RW{}", "A".repeat(54))
}

/// Pieces of a Cargo.toml in any order.
fn nearly_manifest() -> impl Strategy<Value = String> {
    let line = select(
        &[
            "[package]",
            "name = \"hello\"",
            "version = \"1.2.3\"",
            "version.workspace = true",
            "repository = \"https://github.com/o/r\"",
            "autobins = false",
            "[[bin]]",
            "bin = 1",
            "path = \"src/main.rs\"",
            "[package.metadata.binstall]",
            "pkg-fmt = \"tgz\"",
            "pkg-fmt = 1979-05-27",
            "[package.metadata.binstall.overrides.'cfg(unix)']",
            "[workspace]",
            "members = [\"*\", \"[\"]",
            "[workspace.metadata]",
            "binstall = nan",
            "[dependencies]",
            "a = { workspace = true }",
        ][..],
    );
    vec(prop_oneof![9 => line.prop_map(str::to_owned), 1 => text()], 0..12).prop_map(|lines| lines.join("\n"))
}

#[test]
fn no_manifest_makes_it_panic() {
    let folder = scratch("manifest");
    let file = folder.join("Cargo.toml");
    check(1000, nearly_manifest(), |manifest| {
        fs::write(&file, manifest).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for error in [binstall::read(&file, "hello").err(), binstall::packages(&file).err()].into_iter().flatten() {
            prop_assert_eq!(error.exit_code(), 2);
            prop_assert!(!error.problems().is_empty());
        }
        Ok(())
    });
}

/// What the plan names by default is what the client finds without metadata, on every forge.
#[test]
fn default_names_need_no_metadata() {
    let forge = select(
        &[
            "https://github.com/o/r",
            "https://gitlab.com/o/r",
            "https://codeberg.org/o/r",
            "https://bitbucket.org/o/r",
            "https://sourceforge.net/p/r",
        ][..],
    );
    let target = select(&["x86_64-unknown-linux-musl", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"][..]);
    let version = "(0|[1-9][0-9]?)\\.[0-9]\\.[0-9](-(rc|alpha)\\.[0-9])?(\\+[a-z][a-z0-9]{0,3})?";
    let program = proptest::option::of("[a-z][a-z0-9_-]{0,5}");
    check(500, ("[a-z][a-z0-9_-]{0,8}", version, forge, target, program), |(name, version, forge, target, program)| {
        let target = Target::parse(target).unwrap();
        let stem = names::render(names::ARCHIVE, &names::archive_values(&name, &version, &target)).unwrap();
        let asset = format!("{stem}{}", target.archive_format().suffix(&target));
        let tag = format!("v{version}");
        let template = names::forge_download_url(forge).unwrap();
        let url = names::asset_url(template, forge, &tag, &version, &asset).unwrap();
        let program = program.unwrap_or_else(|| name.clone());
        let binary = Binary { name: program.clone(), required_features: Vec::new() };
        let subject = Subject::new(&name, &version, Some(forge), &[binary]);
        let resolution = binstall::resolve(&subject, &Metadata::default(), target.triple(), &Strategies::default());
        let candidate = resolution.candidates.urls.iter().find(|candidate| candidate.url == url);
        prop_assert!(candidate.is_some(), "{url}");
        let path = format!("{stem}/{program}{}", target.exe_suffix());
        let found = resolution.locate(candidate.unwrap().format, &[Entry::file(&path), Entry::file("README.md")]);
        prop_assert_eq!(found.map(|found| found.programs[0].path.clone()).ok(), Some(path));
        Ok(())
    });
}
