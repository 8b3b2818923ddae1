//! Plans of workspaces with any names, versions and templates: refused, or a release that can be made and uploaded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use lab::{Scratch, command, scratch, try_run};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use xtask_dist::channel;
use xtask_dist::config::Config;
use xtask_dist::names::check_file_name;
use xtask_dist::plan::{ChannelRules, ReleasePlan, Wanted, releases};
use xtask_dist::project::Project;
use xtask_dist::report::Result;
use xtask_dist::template::Language::Toml;

use super::{check, text};

#[derive(Debug, Clone)]
pub struct Workspace {
    /// Name, version and repository of each package.
    packages: Vec<(String, String, Option<&'static str>)>,
    /// `dist.toml`.
    pub config: String,
}

/// Cargo's rule: what Rust takes for an identifier, and `-`.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z_][a-z0-9_-]{0,8}",
        1 => "[A-Z][a-z]{0,3}",
        1 => select(&["nul", "aux", "con", "größe", "漢", "a-x86_64-unknown-linux-musl-v1"][..]).prop_map(str::to_owned),
    ]
}

fn version() -> impl Strategy<Value = String> {
    "(0|[1-9][0-9]?)\\.(0|1)\\.(0|2)(-(rc\\.1|alpha|0|a-b|x\\.7\\.z))?(\\+(build|1\\.b-c))?"
}

fn repository() -> impl Strategy<Value = Option<&'static str>> {
    weighted(
        0.9,
        select(&["https://github.com/acme/x", "https://gitlab.com/a/b/c.git", "https://git.example.org/x", "acme"][..]),
    )
}

/// A name template: variables in it, some of them unknown, and any text around.
fn template() -> impl Strategy<Value = String> {
    let variable = select(
        &["name", "version", "target", "target-arch", "target-libc", "repo", "tag", "asset", "nme", "name ? x", ""][..],
    );
    let piece = prop_oneof![
        6 => variable.prop_map(|key| format!("{{ {key} }}")),
        3 => select(&["-", "_", ".", "v", "+", "/"][..]).prop_map(str::to_owned),
        1 => text(),
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// A template that is right more often than not.
fn likely(right: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    weighted(0.5, prop_oneof![3 => select(right).prop_map(str::to_owned), 1 => template()])
}

pub fn workspace() -> impl Strategy<Value = Workspace> {
    let packages = vec((name(), version(), repository()), 1..4);
    let templates = (
        likely(&["v{ version }", "{ name }/v{ version }", "{ name }-{ version }", "release"]),
        likely(&["https://x.example/{ tag }/{ asset }", "{ repo }/{ version }/{ asset }", "{ repo }/{ tag }"]),
        likely(&["{ name }-{ target }", "{ name }_{ version }_{ target-arch }-{ target-libc }", "{ target }", "App"]),
        likely(&["", "{ name }", "{ name }-{ version }"]),
    );
    let triples =
        &["x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"];
    let targets = prop::sample::subsequence(triples, 1..4);
    (
        packages,
        templates,
        targets,
        weighted(0.3, select(&["zip", "tar.gz", "txz", "tzstd", "tar.bz2", "tar", "bin"][..])),
    )
        .prop_map(|(packages, (tag, url, name, folder), targets, format)| {
            let line = |key: &str, value: Option<String>| {
                value.map_or_else(String::new, |value| format!("{key} = {}\n", Toml.quote(&value)))
            };
            let targets: Vec<String> = targets.iter().map(|triple| Toml.quote(triple)).collect();
            let config = [
                format!("targets = [{}]\n", targets.join(", ")),
                line("tag", tag),
                line("download-url", url),
                "[channel.archive]\n".to_owned(),
                line("name", name),
                line("folder", folder),
                line("format", format.map(str::to_owned)),
            ];
            Workspace { packages, config: config.concat() }
        })
}

impl Workspace {
    pub fn written(&self) -> Scratch {
        let folder = scratch("plan");
        fs::write(folder.join("Cargo.toml"), "[workspace]\nmembers = [\"p*\"]\nresolver = \"3\"\n").unwrap();
        for (n, (name, version, repository)) in self.packages.iter().enumerate() {
            let package = folder.join(format!("p{n}"));
            let repository = repository.map_or_else(String::new, |url| format!("repository = \"{url}\"\n"));
            let manifest =
                format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n{repository}");
            fs::create_dir_all(package.join("src")).unwrap();
            fs::write(package.join("Cargo.toml"), manifest).unwrap();
            fs::write(package.join("src/main.rs"), "fn main() {}").unwrap();
        }
        folder
    }
}

pub fn plan(project: &Project, config: &str) -> Result<Vec<ReleasePlan>> {
    let config = Config::load(&project.root, &[config.to_owned()])?;
    let rules: Vec<&dyn ChannelRules> = channel::ALL.iter().map(|channel| *channel as &dyn ChannelRules).collect();
    releases(project, &config, &rules, &BTreeMap::new(), &Wanted::default())
}

fn can_be_made(plan: &ReleasePlan) -> Result<(), TestCaseError> {
    let reference = format!("refs/tags/{}", plan.tag);
    let git = try_run(command("git").args(["check-ref-format", &reference]));
    prop_assert!(git.is_ok(), "git does not take the tag {:?}", plan.tag);
    prop_assert!(!plan.tag.starts_with('-'));

    let targets: Vec<_> = plan.packages.iter().flat_map(|package| &package.targets).collect();
    let archives: Vec<_> = targets.iter().map(|target| &target.archive).collect();
    for (target, archive) in targets.iter().zip(&archives) {
        prop_assert!(check_file_name(&archive.asset).is_ok(), "{}", archive.asset);
        prop_assert!(archive.folder.is_empty() || check_file_name(&archive.folder).is_ok(), "{}", archive.folder);
        prop_assert!(archive.asset.ends_with(archive.format.suffix(&target.target)));
        prop_assert!(!archive.is_bare() || target.binaries.len() == 1 && target.files.is_empty());
        let url = archive.url.as_deref().unwrap_or("https://");
        prop_assert!(url.starts_with("https://") || url.starts_with("http://"), "{url} is no URL");
        prop_assert!(
            !url.contains(|c: char| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(c)),
            "{url:?}"
        );
    }
    let assets: BTreeSet<String> = archives.iter().map(|archive| archive.asset.to_lowercase()).collect();
    prop_assert_eq!(assets.len(), archives.len(), "two archives are one file");
    let urls: Vec<&str> = archives.iter().filter_map(|archive| archive.url.as_deref()).collect();
    prop_assert_eq!(urls.iter().collect::<BTreeSet<_>>().len(), urls.len(), "two archives have one URL");

    let text = serde_json::to_string(plan).unwrap();
    prop_assert_eq!(&serde_json::from_str::<ReleasePlan>(&text).unwrap(), plan, "shards are compared by their plans");
    Ok(())
}

#[test]
fn a_plan_is_refused_or_can_be_made() {
    check(96, workspace(), |workspace| {
        let folder = workspace.written();
        // Two packages of one name, and programs called `deps` and the like, are cargo's to refuse.
        let Ok(project) = Project::load(Some(&folder)) else { return Ok(()) };
        match plan(&project, &workspace.config) {
            Ok(plans) => {
                let tags: BTreeSet<&str> = plans.iter().map(|plan| plan.tag.as_str()).collect();
                prop_assert_eq!(tags.len(), plans.len());
                plans.iter().try_for_each(can_be_made)
            }
            Err(error) => {
                prop_assert_eq!(error.exit_code(), 2, "{}", error);
                prop_assert!(!error.problems().is_empty());
                Ok(())
            }
        }
    });
}
