//! What people see: the plan before, the summary after.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::adopt::{Fate, Update};
use crate::channel::Service;
use crate::manifest::{Asset, Missing};
use crate::plan::{ReleasePlan, TargetPlan};
use crate::publish::{Publication, State};
use crate::release::{Finished, Planned, Shard};
use crate::report::{Skip, terminal};
use crate::verify::Verdict;

/// The plan as tables.
pub fn plan(planned: &Planned) -> String {
    let mut text = String::new();
    for (release, preview) in planned.releases.iter().zip(&planned.previews) {
        let pre = if release.prerelease { " (pre-release)" } else { "" };
        line(&mut text, format_args!("Release {}{pre}", release.tag));
        let mut rows = vec![header(&["package", "target", "programs", "archive"])];
        for package in &release.packages {
            for target in &package.targets {
                rows.push(vec![
                    package.name.clone(),
                    target.target.to_string(),
                    programs(target),
                    target.archive.asset.clone(),
                ]);
            }
        }
        indented(&mut text, &terminal::table(&rows, &[]));
        if let Some(key) = &release.public_key {
            line(&mut text, format_args!("  signed with minisign, by {key}"));
        } else if planned.minisign.is_some() {
            line(&mut text, format_args!("  not signed (--no-sign)"));
        }
        urls(&mut text, release);
        channels(&mut text, release);
        services(&mut text, &preview.services);
        skipped(&mut text, &release.skipped);
        skipped(&mut text, &preview.skipped);
    }
    text
}

/// What was made, where it is, and what to do next.
pub fn summary(finished: &[Finished], total: Duration) -> String {
    let mut text = String::new();
    for release in finished {
        let folder = shown(&release.folder);
        line(&mut text, format_args!("\nReleased {} to {folder}", release.manifest.plan.tag));
        let mut rows = vec![header(&["asset", "target", "size", "packed in"])];
        for asset in &release.manifest.assets {
            let time = release.packing.get(&asset.name).copied().map(seconds).unwrap_or_default();
            rows.push(vec![asset.name.clone(), asset.target.to_string(), terminal::size(asset.size), time]);
        }
        for output in &release.manifest.outputs {
            let time = release.packing.get(&output.path).copied().map(seconds).unwrap_or_default();
            rows.push(vec![output.path.clone(), String::new(), terminal::size(output.size), time]);
        }
        indented(&mut text, &terminal::table(&rows, &[2, 3]));
        glibc(&mut text, release);
        // What the plan left out was said with the plan.
        skipped(&mut text, &release.manifest.skipped);
        missing(&mut text, &release.manifest.missing);
        if release.manifest.source.dirty.is_some() {
            line(&mut text, format_args!("  not committed: the repository has changes that this release holds"));
        }
        let verdict = &release.verdict;
        line(
            &mut text,
            format_args!(
                "  verified: {} files, {} archive entries, {} claims{}",
                verdict.files,
                verdict.entries,
                verdict.claims,
                signatures(verdict)
            ),
        );
    }
    line(&mut text, format_args!("\nDone in {}. Next:", seconds(total)));
    for release in finished {
        let folder = shown(&release.folder);
        line(&mut text, format_args!("  cargo xtask dist verify {}", quoted(&folder)));
    }
    text
}

/// How many signatures were right, and whose; nothing for a release that is not signed.
pub fn signatures(verdict: &Verdict) -> String {
    let whose = verdict.public_key.as_ref().filter(|_| verdict.signatures > 0);
    whose.map_or_else(String::new, |key| format!(", {} signatures by {key}", verdict.signatures))
}

/// A shard, and where it is.
pub fn shard(shard: &Shard) -> String {
    let mut text = String::new();
    line(&mut text, format_args!("Shard of {} in {}", shard.record.plan.tag, shown(&shard.folder)));
    let row = |asset: &Asset| vec![asset.name.clone(), asset.target.to_string(), terminal::size(asset.size)];
    let rows: Vec<_> = shard.record.assets.iter().map(row).collect();
    indented(&mut text, &terminal::table(&rows, &[2]));
    missing(&mut text, &shard.record.missing);
    text
}

/// What became of each step of publishing, and what was not published.
pub fn publication(publication: &Publication) -> String {
    let mut text = String::new();
    let what = publication.tag.as_deref().unwrap_or("the workspace's crates");
    line(&mut text, format_args!("\nPublication of {what}"));
    let mut rows = Vec::new();
    let mut reasons = Vec::new();
    for asked in &publication.steps {
        let (word, reason) = match &asked.state {
            State::ToDo => ("to do", None),
            State::Replaces(what) => ("to do", Some(what)),
            State::Done => ("done", None),
            State::ThereAlready => ("there already", None),
            State::Kept(why) => ("not done", Some(why)),
        };
        rows.push(vec![word.to_owned(), asked.channel.to_owned(), asked.title.clone()]);
        reasons.push((reason, &asked.url));
    }
    for (row, (reason, url)) in terminal::table(&rows, &[]).lines().zip(reasons) {
        line(&mut text, format_args!("  {row}"));
        if let Some(url) = url {
            line(&mut text, format_args!("    {url}"));
        }
        for reason in reason.into_iter().flat_map(|reason| reason.lines()) {
            line(&mut text, format_args!("    {reason}"));
        }
    }
    if publication.steps.is_empty() {
        line(&mut text, format_args!("  nothing to publish"));
    }
    for skip in &publication.skipped {
        line(&mut text, format_args!("  not published: {}: {}", skip.what, skip.reason));
        line(&mut text, format_args!("            to have it: {}", skip.remedy));
    }
    text
}

/// What of a package is for a target: programs, or those who load its library.
fn programs(target: &TargetPlan) -> String {
    let Some(wasm) = &target.wasm else { return target.binaries.join(" ") };
    let words: Vec<&str> = wasm.settings.targets.iter().map(|target| target.word()).collect();
    format!("library for {}", words.join(", "))
}

/// What an update would do, and what becomes of the owner's own changes.
pub fn update(update: &Update) -> String {
    let mut text = String::new();
    line(&mut text, format_args!("From {} to {}", update.from, update.to));
    let paths: Vec<&str> = update.changes.paths().collect();
    line(&mut text, format_args!("  {} files change", paths.len()));
    let word = |fate: &Fate| match fate {
        Fate::Kept => "yours, kept: the newer version has no changes there".to_owned(),
        Fate::Merged => "yours and the newer version's changes, merged".to_owned(),
        Fate::Conflicts(count) => format!("CONFLICTS in {count} places"),
        Fate::Removed => "removed by you, and changed since: it stays removed".to_owned(),
        Fate::Orphaned => "yours, kept: the newer version has no such file".to_owned(),
        Fate::CargosOwn => "yours, kept: cargo brings it up to date".to_owned(),
    };
    let rows: Vec<_> = update.edited.iter().map(|(path, fate)| vec![path.clone(), word(fate)]).collect();
    indented(&mut text, &terminal::table(&rows, &[]));
    text
}

fn header(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Where users will find the archives.
fn urls(text: &mut String, release: &ReleasePlan) {
    let all = release.packages.iter().flat_map(|package| &package.targets);
    let folders: BTreeSet<&str> =
        all.filter_map(|target| Some(target.archive.url.as_deref()?.rsplit_once('/')?.0)).collect();
    for folder in folders {
        line(text, format_args!("  to be found at {folder}/"));
    }
}

fn channels(text: &mut String, release: &ReleasePlan) {
    for package in &release.packages {
        let ids: Vec<&str> = package.channels.iter().map(|channel| channel.id.as_str()).collect();
        line(text, format_args!("  channels of {}: {}", package.name, ids.join(", ")));
    }
}

/// What leads each client to the release.
fn services(text: &mut String, services: &[Service]) {
    let lines: BTreeSet<(&str, &str)> =
        services.iter().map(|service| (service.client.as_str(), service.by.as_str())).collect();
    for (client, by) in lines {
        line(text, format_args!("  {client}: {by}"));
    }
}

fn skipped(text: &mut String, skips: &[Skip]) {
    for skip in skips {
        line(text, format_args!("  left out: {}: {}", skip.what, skip.reason));
        line(text, format_args!("            to have it: {}", skip.remedy));
    }
}

fn missing(text: &mut String, missing: &[Missing]) {
    for Missing { package, target, asset, reason } in missing {
        line(text, format_args!("  MISSING: {asset} ({package} for {target}): {reason}"));
    }
}

/// Which glibc the programs need at least, where they need one.
fn glibc(text: &mut String, release: &Finished) {
    for asset in &release.manifest.assets {
        let newest = asset.executables().filter_map(|entry| entry.executable.as_ref()?.glibc.as_deref());
        let number = |version: &&str| version.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
        if let Some(newest) = newest.max_by_key(number) {
            line(text, format_args!("  {} needs glibc {newest} or newer", asset.target));
        }
    }
}

fn indented(text: &mut String, table: &str) {
    for row in table.lines() {
        line(text, format_args!("  {row}"));
    }
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{what}");
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// A path as short as the working folder allows.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let short = path.strip_prefix(here).unwrap_or(path).display().to_string();
    if short.is_empty() { ".".to_owned() } else { short }
}

fn quoted(path: &str) -> String {
    if path.contains(|c: char| c.is_whitespace() || "'\"$&;()".contains(c)) {
        format!("'{path}'")
    } else {
        path.to_owned()
    }
}
