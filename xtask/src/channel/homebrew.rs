//! A Homebrew formula that installs the released programs: <https://docs.brew.sh/Formula-Cookbook>.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::binstall::no_url;
use super::{Channel, Content, Made, Output, Work};
use crate::config::Reader;
use crate::manifest::{Asset, Claim};
use crate::plan::{ChannelRules, PackagePlan, TargetPlan};
use crate::project::Role;
use crate::report::{Result, Skip};
use crate::targets::{HomebrewPlatform, Libc};
use crate::template::{Language, TemplateFile};

/// The channel.
#[derive(Debug)]
pub struct Homebrew;

const FORMULA: TemplateFile = TemplateFile { path: "homebrew/formula.rb.hbs", language: Language::Ruby };

/// What the template can use.
#[derive(Debug, Serialize)]
struct View<'a> {
    /// The formula's class.
    class_name: String,
    /// The package's name.
    name: &'a str,
    /// The version.
    version: &'a str,
    /// One line that says what it is; none if the manifest has none.
    desc: Option<String>,
    /// Its home page, else its repository.
    homepage: Option<&'a str>,
    /// The licences, and how they are joined.
    license: Option<License>,
    /// The systems that the release has.
    systems: Vec<System<'a>>,
    /// The programs, as they are called in the archive.
    binaries: Vec<&'a str>,
    /// Whether what is downloaded is no archive but the program itself, under another name.
    bare: bool,
    /// Completions, by shell.
    completions: Completions<'a>,
    /// Man pages, by path in the archive.
    manuals: Vec<Manual<'a>>,
}

#[derive(Debug, Serialize)]
struct License {
    /// `any_of` or `all_of`; none for a single licence.
    joined_by: Option<&'static str>,
    ids: Vec<String>,
}

#[derive(Debug, Serialize)]
struct System<'a> {
    /// `on_macos` or `on_linux`.
    on_os: &'static str,
    cpus: Vec<Cpu<'a>>,
}

#[derive(Debug, Serialize)]
#[allow(clippy::struct_field_names, reason = "the name of Homebrew's block")]
struct Cpu<'a> {
    /// `on_arm` or `on_intel`.
    on_cpu: &'static str,
    url: &'a str,
    sha256: &'a str,
}

#[derive(Debug, Serialize)]
struct Completions<'a> {
    bash: Vec<Completion<'a>>,
    zsh: Vec<Completion<'a>>,
    fish: Vec<Completion<'a>>,
}

#[derive(Debug, Serialize)]
struct Completion<'a> {
    /// Its path in the archive, below the folder that brew enters.
    path: &'a str,
    /// Its name when installed.
    name: String,
}

#[derive(Debug, Serialize)]
struct Manual<'a> {
    path: &'a str,
    /// The section: `man1`.
    section: String,
}

impl ChannelRules for Homebrew {
    fn id(&self) -> &'static str {
        "homebrew"
    }

    fn settings(&self, _table: &Reader<'_>) -> Value {
        Value::Null
    }

    fn applies(&self, package: &PackagePlan, _settings: &Value) -> Result<(), Skip> {
        let ours: Vec<_> = package.targets.iter().filter(|target| target.target.homebrew().is_some()).collect();
        if ours.is_empty() {
            return Err(Skip::new(
                format!("homebrew for {}", package.name),
                "none of its targets is a system that Homebrew has (macOS and Linux, on arm64 and x86_64)",
                format!("add one to `targets` in {}", crate::config::FILE),
            ));
        }
        if ours.iter().any(|target| target.archive.url.is_none()) {
            return Err(no_url(self.id(), package));
        }
        let (bare, packed): (Vec<_>, Vec<_>) = ours.into_iter().partition(|target| target.archive.is_bare());
        if let (Some(bare), Some(packed)) = (bare.first(), packed.first()) {
            return Err(Skip::new(
                format!("homebrew for {}", package.name),
                format!("{} is a bare program and {} is not", bare.archive.asset, packed.archive.asset),
                format!("set `format` under [target.{}.channel.archive] to that of the others", bare.target),
            ));
        }
        Ok(())
    }
}

impl Channel for Homebrew {
    fn about(&self) -> &'static str {
        "a formula for `brew install`"
    }

    fn templates(&self) -> &'static [TemplateFile] {
        &[FORMULA]
    }

    fn outputs(&self, work: &Work<'_>) -> Result<Made> {
        let chosen = chosen(work);
        let Some(sample) = chosen.values().next().copied() else { return Ok(Made::Outputs(Vec::new())) };
        let about = &work.package.about;
        let view = View {
            class_name: class_name(&work.package.name),
            name: &work.package.name,
            version: &work.release.plan.version,
            desc: about.description.as_deref().map(one_line),
            homepage: about.homepage.as_deref().or(about.repository.as_deref()),
            license: about.license.as_deref().and_then(license),
            systems: systems(&chosen),
            binaries: programs(work, sample),
            bare: plan_of(work, sample).is_some_and(|plan| plan.archive.is_bare()),
            completions: Completions {
                bash: completions(work, sample, Role::CompletionBash, |name| name.trim_end_matches(".bash").to_owned()),
                zsh: completions(work, sample, Role::CompletionZsh, str::to_owned),
                fish: completions(work, sample, Role::CompletionFish, str::to_owned),
            },
            manuals: sample
                .with_role(Role::Manual)
                .map(|entry| Manual {
                    path: below_folder(work, sample, &entry.path),
                    section: format!("man{}", entry.path.rsplit('.').next().unwrap_or("1")),
                })
                .collect(),
        };
        let claims = chosen.values().map(|asset| claim(asset)).collect();
        let text = work.templates.render(FORMULA.path, &view)?;
        let path = format!("homebrew/{}.rb", work.package.name);
        Ok(Made::Outputs(vec![Output { path, content: Content::Text(text), claims }]))
    }
}

/// One archive a platform. Where Linux has several, glibc's is what Homebrew itself uses.
fn chosen<'a>(work: &Work<'a>) -> BTreeMap<HomebrewPlatform, &'a Asset> {
    let mut chosen: BTreeMap<HomebrewPlatform, &Asset> = BTreeMap::new();
    for asset in work.release.assets_of(&work.package.name) {
        let Some(platform) = asset.target.homebrew() else { continue };
        let better = chosen.get(&platform).is_none_or(|_| asset.target.libc() == Libc::Gnu);
        if better {
            chosen.insert(platform, asset);
        }
    }
    chosen
}

fn claim(asset: &Asset) -> Claim {
    Claim {
        reference: asset.url.clone().unwrap_or_default(),
        asset: asset.name.clone(),
        sha256: Some(asset.sha256.clone()),
    }
}

fn systems<'a>(chosen: &BTreeMap<HomebrewPlatform, &'a Asset>) -> Vec<System<'a>> {
    let mut systems: Vec<System<'a>> = Vec::new();
    for (platform, asset) in chosen {
        let url = asset.url.as_deref().unwrap_or_default();
        let cpu = Cpu { on_cpu: platform.on_cpu, url, sha256: &asset.sha256 };
        match systems.iter_mut().find(|system| system.on_os == platform.on_os) {
            Some(system) => system.cpus.push(cpu),
            None => systems.push(System { on_os: platform.on_os, cpus: vec![cpu] }),
        }
    }
    // macOS first, as formulae have it.
    systems.sort_by_key(|system| system.on_os != "on_macos");
    systems
}

fn completions<'a>(
    work: &Work<'_>,
    asset: &'a Asset,
    role: Role,
    installed: impl Fn(&str) -> String,
) -> Vec<Completion<'a>> {
    asset
        .with_role(role)
        .map(|entry| Completion { path: below_folder(work, asset, &entry.path), name: installed(entry.file_name()) })
        .collect()
}

/// The programs as they are found below the folder that brew enters; a bare one by the name that it shall get.
fn programs<'a>(work: &Work<'a>, asset: &'a Asset) -> Vec<&'a str> {
    match plan_of(work, asset) {
        Some(plan) if plan.archive.is_bare() => plan.binaries.iter().map(String::as_str).collect(),
        _ => asset.executables().map(|entry| below_folder(work, asset, &entry.path)).collect(),
    }
}

fn plan_of<'a>(work: &Work<'a>, asset: &Asset) -> Option<&'a TargetPlan> {
    work.package.target(&asset.target)
}

/// brew enters an archive's only folder by itself.
fn below_folder<'p>(work: &Work<'_>, asset: &Asset, path: &'p str) -> &'p str {
    let folder = plan_of(work, asset).map_or("", |plan| plan.archive.folder.as_str());
    path.strip_prefix(folder).map_or(path, |rest| rest.trim_start_matches('/'))
}

/// The class of a formula: `Formulary.class_s` of Homebrew. `foo-bar_2` is `FooBar2`, `a+b` is `AxB`, `foo@1.2` `FooAT12`.
fn class_name(name: &str) -> String {
    let mut class = String::new();
    let mut upper = true;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '-' | '_' | '.' | ' ' => upper = true,
            '+' => class.push('x'),
            '@' if chars.peek().is_some_and(char::is_ascii_digit) => class.push_str("AT"),
            c if upper => {
                class.extend(c.to_uppercase());
                upper = false;
            }
            c => class.push(c),
        }
    }
    class
}

/// A description on one line, without the full stop and the article that `brew audit` refuses.
fn one_line(description: &str) -> String {
    let line = description.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches('.');
    let lower = line.to_lowercase();
    let without = ["a ", "an ", "the "]
        .iter()
        .find(|article| lower.starts_with(**article))
        .map_or(line, |article| &line[article.len()..]);
    let mut chars = without.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The licences of an SPDX expression that only joins, by one operator; other expressions are left out of the formula.
fn license(expression: &str) -> Option<License> {
    // Cargo's old way to write OR.
    let expression = expression.replace('/', " OR ");
    let words: Vec<&str> = expression.split_whitespace().collect();
    let ids: Vec<String> = words.iter().step_by(2).map(|id| (*id).to_owned()).collect();
    let mut operators: Vec<&str> = words.iter().skip(1).step_by(2).copied().collect();
    operators.dedup();
    let joined_by = match operators[..] {
        [] => None,
        ["OR"] => Some("any_of"),
        ["AND"] => Some("all_of"),
        _ => return None,
    };
    let are_ids = ids.iter().all(|id| id.chars().all(|c| c.is_ascii_alphanumeric() || "-.+".contains(c)));
    (are_ids && words.len() % 2 == 1).then_some(License { joined_by, ids })
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn golden() {
        testing::golden(&Homebrew, "homebrew/tally.rb", "formula.rb", include_str!("golden/formula.rb"));
    }

    #[test]
    fn class_names_follow_homebrew() {
        let names = ["tally", "fd-find", "a_b", "foo@1.2", "c++", "x86.y"].map(class_name);
        assert_eq!(names, ["Tally", "FdFind", "AB", "FooAT12", "Cxx", "X86Y"]);
    }

    #[test]
    fn descriptions_lose_what_brew_refuses() {
        assert_eq!(one_line("A tool\n that counts."), "Tool that counts");
        assert_eq!(one_line("count lines"), "Count lines");
        assert_eq!(one_line(""), "");
    }

    #[test]
    fn licences_of_one_operator() {
        let text = |expression| license(expression).map(|l| (l.joined_by, l.ids.join(",")));
        assert_eq!(text("MIT"), Some((None, "MIT".into())));
        assert_eq!(text("MIT/Apache-2.0"), Some((Some("any_of"), "MIT,Apache-2.0".into())));
        assert_eq!(text("MIT AND ISC"), Some((Some("all_of"), "MIT,ISC".into())));
        assert_eq!(text("(MIT OR ISC) AND BSD-3-Clause"), None);
        assert_eq!(text("MIT OR"), None);
    }
}
