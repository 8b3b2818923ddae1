//! What the templates of CI files are filled with.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Service, Sources, jobs};
use crate::channel::{self, Login};
use crate::config::Jobs;
use crate::names;
use crate::plan::PackagePlan;

/// Stands for a version while a tag's pattern is made: no name can hold it.
const VERSION: &str = "\u{1}";

/// All that a template may use.
#[derive(Debug, Serialize)]
pub struct View {
    /// Patterns of the tags, in GitHub's form.
    tags: Vec<String>,
    /// The tags as one regular expression, in GitLab's form.
    tag_expression: String,
    /// Whether there is a job for each target.
    matrix: bool,
    targets: Vec<TargetView>,
    runner: Option<String>,
    environment: String,
    secret_key: Option<String>,
    password: Option<String>,
    crates_io: bool,
    npm: bool,
    images: BTreeSet<String>,
    taps: BTreeSet<String>,
}

#[derive(Debug, Serialize)]
struct TargetView {
    target: String,
    runner: Option<String>,
}

impl View {
    /// Makes it.
    pub fn new(service: Service, sources: &Sources<'_>, jobs: Jobs) -> Self {
        let Sources { releases, settings, secrets, .. } = sources;
        let packages = || releases.iter().flat_map(|release| &release.packages);
        let runner = settings.runner.clone().or_else(|| service.runner().map(str::to_owned));
        let target = |target: crate::targets::Target| TargetView {
            target: target.triple().to_owned(),
            runner: settings.runners.get(target.triple()).or(runner.as_ref()).cloned(),
        };
        let logins: BTreeSet<Login> = packages()
            .flat_map(|package| {
                channel::ALL.iter().filter(|it| package.channel(it.id()).is_some()).map(move |it| (package, it))
            })
            .flat_map(|(package, channel)| channel.logins(package))
            .collect();
        let pick = |of: fn(&Login) -> Option<&String>| logins.iter().filter_map(of).cloned().collect();
        Self {
            tags: packages()
                .map(|package| pattern(package, github_literal, "[0-9]*"))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            tag_expression: expression(packages()),
            matrix: jobs == Jobs::Matrix,
            targets: jobs::compiled(releases).into_iter().map(target).collect(),
            runner: runner.clone(),
            environment: settings.environment.clone().unwrap_or_else(|| "release".to_owned()),
            secret_key: secrets.map(|(key, _)| key.to_owned()),
            password: secrets.map(|(_, password)| password.to_owned()),
            crates_io: logins.contains(&Login::CratesIo),
            npm: logins.contains(&Login::Npm),
            images: pick(Login::image_registry),
            taps: pick(Login::git),
        }
    }
}

/// What a package's tags look like, whatever its version.
fn pattern(package: &PackagePlan, literal: fn(char) -> bool, version: &str) -> String {
    let values = names::Values::from([("name", package.name.as_str()), ("version", VERSION)]);
    // A tag was made of it before.
    let tag = names::render(&package.tag, &values).unwrap_or_default();
    let escaped = tag.chars().flat_map(|c| [(!literal(c)).then_some('\\'), Some(c)]).flatten();
    escaped.collect::<String>().replace(VERSION, version)
}

/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet>
fn github_literal(c: char) -> bool {
    !"*?+[]!\\".contains(c)
}

fn expression<'p>(packages: impl Iterator<Item = &'p PackagePlan>) -> String {
    let literal = |c: char| c.is_alphanumeric() || "-_ \u{1}".contains(c);
    let all: BTreeSet<String> = packages.map(|package| pattern(package, literal, "[0-9].*")).collect();
    format!("/^({})$/", all.into_iter().collect::<Vec<_>>().join("|"))
}
