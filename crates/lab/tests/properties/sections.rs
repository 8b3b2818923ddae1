//! `[package.metadata.binstall]`: whatever a configuration calls its archives, the section that the tool writes leads the
//! client to all of them, into any Cargo.toml.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lab::{Scratch, scratch};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::TestCaseError;
use serde_json::Value;
use xtask_dist::binstall;
use xtask_dist::channel::binstall::{Aim, Binstall, ID, METADATA, Section, Settings, Synced, complaints};
use xtask_dist::channel::{self, Channel as _, Content, Made, Work};
use xtask_dist::config::Config;
use xtask_dist::manifest::{Asset, FORMAT, Manifest, Tool};
use xtask_dist::plan::{ChannelRules, PackagePlan, ReleasePlan, Wanted, releases};
use xtask_dist::project::{Project, Source};
use xtask_dist::template::Language::Toml;
use xtask_dist::template::Templates;

use super::{check, text};

const REPOSITORIES: &[&str] = &[
    "https://github.com/acme/x",
    "https://github.example.com/acme/x.git",
    "https://github.com/acme/x/tree/main/crates/a",
    "https://github.com/acme/x/tree/main/tools/deep/a",
    "https://gitlab.com/a/b/c/",
    "https://codeberg.org/acme/x",
    "https://bitbucket.org/acme/x",
    "https://sourceforge.net/projects/x",
    "https://git.example.org/x",
];
const TRIPLES: &[&str] = &[
    "aarch64-apple-darwin",
    "i686-unknown-linux-gnu",
    "universal-apple-darwin",
    "wasm32-wasip1",
    "x86_64-pc-windows-msvc",
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
];
const FORMATS: &[&str] = &["zip", "tar.gz", "txz", "tzstd", "tar.bz2", "tar"];
const KEY: &str = "RWSFVnvbCNIkNN1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3";

#[derive(Debug, Clone)]
struct Workspace {
    /// Name, version, repository and further programs of each package.
    packages: Vec<(String, String, &'static str, Vec<&'static str>)>,
    config: String,
}

fn workspace() -> impl Strategy<Value = Workspace> {
    let version = "(0|[1-9][0-9]?)\\.(0|1)\\.(0|2)(-(rc\\.1|alpha|0|a-b|x\\.7\\.z))?(\\+(build|1\\.b-c))?";
    let programs = subsequence(&["helper", "main-one"][..], 0..3);
    let package = ("[a-z][a-z0-9_-]{0,6}[a-z]", version, select(REPOSITORIES), programs);
    let name = select(
        &[
            "{ name }-{ target }-v{ version }",
            "{ name }_{ version }_{ target }",
            "{ name }-{ target-family }-{ target-arch }-{ target-libc }-{ target-vendor }",
            "{ version }.{ target }.{ name }",
            "App+{ name }-{ target }",
        ][..],
    );
    let folder =
        select(&["{ name }-{ target }", "{ name }", "", "p-{ target-arch }", "{ name }.{ version }", "a+b"][..]);
    let tag = select(&["v{ version }", "{ version }", "{ name }/v{ version }", "r+{ version }-{ name }", "x"][..]);
    let url = select(
        &["https://x.example/{ tag }/{ asset }", "{ repo }/{ version }/{ asset }", "{ repo }/{ tag }/{ asset }?x"][..],
    );
    (
        vec(package, 1..3),
        (weighted(0.6, name), weighted(0.6, folder), weighted(0.5, tag), weighted(0.3, url)),
        (weighted(0.4, select(FORMATS)), weighted(0.4, select(FORMATS)), any::<bool>()),
        subsequence(TRIPLES, 1..5),
        any::<bool>(),
    )
        .prop_map(|(packages, (name, folder, tag, url), (format, of_windows, decoy), targets, signed)| {
            let line = |key: &str, value: Option<&str>| {
                value.map_or_else(String::new, |value| format!("{key} = {}\n", Toml.quote(value)))
            };
            let targets: Vec<String> = targets.iter().map(|triple| Toml.quote(triple)).collect();
            let config = [
                format!("targets = [{}]\n", targets.join(", ")),
                line("tag", tag),
                line("download-url", url),
                if decoy { "include = [\"data/*\"]\n".to_owned() } else { String::new() },
                if signed { format!("[minisign]\npublic-key = \"{KEY}\"\n") } else { String::new() },
                "[channel.archive]\n".to_owned(),
                line("name", name),
                line("folder", folder),
                line("format", format),
                "[target.x86_64-pc-windows-msvc.channel.archive]\n".to_owned(),
                line("format", of_windows),
            ];
            Workspace { packages, config: config.concat() }
        })
}

impl Workspace {
    fn written(&self) -> Scratch {
        let folder = scratch("sections");
        fs::write(folder.join("Cargo.toml"), "[workspace]\nmembers = [\"p*\"]\nresolver = \"3\"\n").unwrap();
        for (n, (name, version, repository, programs)) in self.packages.iter().enumerate() {
            let package = folder.join(format!("p{n}"));
            let data = package.join("data");
            fs::create_dir_all(package.join("src/bin")).unwrap();
            fs::create_dir(&data).unwrap();
            fs::write(data.join("x.txt"), "x").unwrap();
            let manifest = format!(
                "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\nrepository = \"{repository}\"\n"
            );
            fs::write(package.join("Cargo.toml"), manifest).unwrap();
            for program in programs {
                fs::write(package.join(format!("src/bin/{program}.rs")), "fn main() {}").unwrap();
            }
            // With one further program, that is the only one.
            if programs.len() != 1 {
                fs::write(package.join("src/main.rs"), "fn main() {}").unwrap();
            }
        }
        folder
    }

    /// The releases as they would be, if the configuration is right and cargo takes the workspace.
    fn releases(&self, folder: &Path) -> Option<Vec<Manifest>> {
        let project = Project::load(Some(folder)).ok()?;
        let config = Config::load(&project.root, std::slice::from_ref(&self.config)).ok()?;
        let rules: Vec<&dyn ChannelRules> = channel::ALL.iter().map(|channel| *channel as &dyn ChannelRules).collect();
        let plans = releases(&project, &config, &rules, &BTreeMap::new(), &Wanted::default()).ok()?;
        Some(plans.into_iter().map(predicted).collect())
    }
}

fn predicted(plan: ReleasePlan) -> Manifest {
    Manifest {
        format: FORMAT,
        tool: Tool::this(),
        source: Source { commit: None, dirty: None, lock: None, epoch: 0 },
        builds: Vec::new(),
        assets: Asset::all_predicted(&plan, &[]),
        plan,
        outputs: Vec::new(),
        skipped: Vec::new(),
        missing: Vec::new(),
    }
}

/// What the tool writes for a package; nothing where it needs nothing.
fn written(release: &Manifest, package: &PackagePlan) -> String {
    let templates = Templates::load(Path::new("/nonexistent"), &[METADATA]).unwrap();
    let work = Work { release, package, channel: package.channel(ID).unwrap(), templates: &templates };
    let outputs = match Binstall.outputs(&work).unwrap() {
        Made::Outputs(outputs) | Made::Partly { outputs, .. } => outputs,
        Made::Skipped(skip) => panic!("{skip}"),
    };
    let text = |content: &Content| match content {
        Content::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    outputs.first().map(|output| text(&output.content)).unwrap_or_default()
}

/// What is wrong with a section for a package's releases.
fn wrong(release: &Manifest, (package, wanted): (&PackagePlan, &Section), section: &Value) -> Vec<String> {
    let found = complaints(release, package, &Settings::default(), (section, wanted));
    found.into_iter().map(|complaint| complaint.what).collect()
}

fn section(text: &str) -> Value {
    binstall::section("Cargo.toml", text).unwrap().unwrap_or_default()
}

#[test]
fn whatever_archives_are_called_the_client_finds_them() {
    check(64, workspace(), |workspace| {
        let folder = workspace.written();
        for release in workspace.releases(&folder).into_iter().flatten() {
            for package in release.plan.packages.iter().filter(|package| package.channel(ID).is_some()) {
                let text = written(&release, package);
                let wanted = Section::of(&release, package, &Settings::default()).unwrap();
                let found = wrong(&release, (package, &wanted), &section(&text));
                prop_assert_eq!(found, Vec::<String>::new(), "{}", text);
            }
        }
        Ok(())
    });
}

/// A value of the section: right, nearly right, or anything.
fn value() -> impl Strategy<Value = String> {
    let url = "{ repo }/releases/download/v{ version }/{ name }-{ target }-v{ version }{ archive-suffix }";
    let words =
        &[url, "{ repo }/{ name }.tar.gz", "tgz", "tar.gz", "zip", "bin", "{ bin }{ binary-ext }", "{ nope }", "{"];
    prop_oneof![
        6 => select(words.to_vec()).prop_map(|text| Toml.quote(text)),
        1 => text().prop_map(|text| Toml.quote(&text)),
        1 => select(&["1", "true", "[]", "[\"compile\"]", "[\"nothing\"]", "{}", "{ pkg-fmt = \"zip\" }", "1979-05-27"][..])
            .prop_map(str::to_owned),
    ]
}

fn key() -> impl Strategy<Value = &'static str> {
    let keys =
        &["pkg-url", "pkg-fmt", "bin-dir", "pkg_url", "bindir", "disabled-strategies", "signing", "signing.pubkey"];
    let overrides = &[
        "overrides.x86_64-unknown-linux-gnu.pkg-fmt",
        "overrides.'cfg(unix)'.pkg_url",
        "overrides",
        "overrides.'*'.x",
        "own",
    ];
    prop_oneof![2 => select(&keys[..]), 1 => select(&overrides[..])]
}

/// A Cargo.toml with such a section, in any of the ways to write one.
fn cargo_toml() -> impl Strategy<Value = String> {
    let head = "[package]\nname = \"tool\"\nversion = \"1.2.3\"\nrepository = \"https://github.com/acme/x\" # x\n";
    let marks = &["", "# mine\n", "# cargo xtask dist binstall sync\n"];
    (vec((key(), value()), 0..5), 0..3, select(&marks[..]), any::<bool>()).prop_map(
        move |(entries, form, mark, windows)| {
            let lines = |before: &str| -> String {
                entries.iter().flat_map(|(key, value)| [before, key, " = ", value, "\n"].map(str::to_owned)).collect()
            };
            let inline: Vec<String> = entries.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            let text = match form {
                0 => format!("{head}\n{mark}[package.metadata.binstall]\n{}\n[lib]\nname = \"x\"", lines("")),
                1 => format!("{head}{}\n[lib]\n", lines("metadata.binstall.")),
                _ => format!("{head}metadata.binstall = {{ {} }}\n", inline.join(", ")),
            };
            if windows { text.replace('\n', "\r\n") } else { text }
        },
    )
}

/// A release whose archives are named so.
fn release(config: &str) -> Manifest {
    let packages = vec![("tool".to_owned(), "1.2.3".to_owned(), "https://github.com/acme/x", Vec::new())];
    let config = format!("targets = [\"x86_64-unknown-linux-gnu\"]\n{config}");
    let workspace = Workspace { packages, config };
    workspace.releases(&workspace.written()).unwrap().remove(0)
}

fn reaches((release, wanted): &(Manifest, String), text: &str) -> Result<(), TestCaseError> {
    // Dotted keys that contradict each other are no TOML.
    if binstall::section("Cargo.toml", text).is_err() {
        return Ok(());
    }
    let package = &release.plan.packages[0];
    let aimed = Section::of(release, package, &Settings::default()).unwrap();
    let wrong = |section: &Value| wrong(release, (package, &aimed), section);
    let aim = Aim { file: "Cargo.toml", wanted, wrong: &|section| wrong(section).len() };
    let Synced { text: mended, changes, .. } =
        aim.reach(text).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let found = wrong(&section(&mended));
    // Nobody but the owner knows what to do with a key for signatures that are not ours.
    prop_assert_eq!(found, Vec::<String>::new(), "{}", mended);
    prop_assert_eq!(changes.is_empty(), mended == text, "{:?}", changes);
    let again = aim.reach(&mended).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!((again.text, again.changes), (mended.clone(), Vec::new()));
    prop_assert!(mended.starts_with(text.lines().next().unwrap()) && mended.contains("\" # x"), "{}", mended);
    prop_assert!(
        !text.contains("\r\n") || mended.matches('\n').count() == mended.matches("\r\n").count(),
        "{:?}",
        mended
    );
    Ok(())
}

#[test]
fn any_cargo_toml_comes_into_step_and_stays_there() {
    let releases =
        ["", "[channel.archive]\nfolder = \"p\"\n", "download-url = \"https://x.example/{ tag }/{ asset }\"\n"];
    let releases = releases.map(release).map(|release| {
        let text = written(&release, &release.plan.packages[0]);
        (release, text)
    });
    check(256, (cargo_toml(), 0..releases.len()), |(text, n)| reaches(&releases[n], &text));
}
