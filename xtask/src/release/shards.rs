//! A release in parts: each machine builds some of its targets, one joins them. The result is byte for byte what one
//! machine would have made of all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::signing::Signer;
use super::{Finished, Planned, archives, builds, record, seal};
use crate::channel;
use crate::compile::{self, Toolchain};
use crate::config::{Config, Problems, unknown};
use crate::hash::hash_file;
use crate::layout::{self, Draft, Releases, files_below};
use crate::manifest::{Asset, Manifest, SHARD_FILE};
use crate::plan::ReleasePlan;
use crate::project::Project;
use crate::report::{Context, Error, Problem, Result, terminal};
use crate::stage;
use crate::targets::Target;
use crate::template::Templates;

/// The part of a release that one machine made.
#[derive(Debug)]
pub struct Shard {
    /// Where it is.
    pub folder: PathBuf,
    /// Its record: the whole plan, and the archives of this part.
    pub record: Manifest,
}

/// The part of the releases that is for the targets `words`.
///
/// # Errors
/// A target that is not released.
pub fn part(releases: &[ReleasePlan], words: &[String]) -> Result<Vec<ReleasePlan>> {
    let planned = releases.iter().flat_map(|release| &release.packages).flat_map(|package| &package.targets);
    let known: BTreeSet<&str> = planned.map(|plan| plan.target.triple()).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let mut wanted = BTreeSet::new();
    for word in words {
        let (target, _) = Target::parse_word(word)?;
        if !known.contains(&target.triple()) {
            return Err(Error::configuration(vec![unknown("target of this release", target.triple(), &known)]));
        }
        wanted.insert(target);
    }
    let mut part = releases.to_vec();
    for package in part.iter_mut().flat_map(|release| &mut release.packages) {
        package.targets.retain(|plan| wanted.contains(&plan.target));
    }
    for release in &mut part {
        release.packages.retain(|package| !package.targets.is_empty());
    }
    part.retain(|release| !release.packages.is_empty());
    Ok(part)
}

/// Makes one shard of each release in `folder`, or below the target folder: archives, and the record of them.
///
/// # Errors
/// As [`super::dist`].
pub fn build(planned: &Planned, folder: Option<&Path>) -> Result<Vec<Shard>> {
    let here = planned.build.invocations.iter().flat_map(|call| call.targets.keys().map(Target::triple));
    let name = here.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("+");
    let folder = folder.map_or_else(|| planned.project.target_dir.join("shards").join(name), Path::to_owned);
    let shards = Releases::open(&folder)?;
    let built = compile::run(&planned.build, &planned.project, &planned.tools()?)?;
    let built = stage::stage(&planned.project, &planned.here, &built, planned.source.epoch)?;
    let toolchain = Toolchain::of(&planned.project)?;
    let mut made = Vec::new();
    for (part, whole) in planned.here.iter().filter_map(|part| Some((part, whole_of(planned, part)?))) {
        let draft = shards.begin(&part.tag)?;
        let (assets, _) = archives::pack_all(planned, part, &built, &draft)?;
        let record = record(planned, whole, builds(planned, part, &toolchain), assets);
        draft.write(SHARD_FILE, record.to_text()?.as_bytes())?;
        made.push(Shard { folder: draft.commit()?, record });
    }
    Ok(made)
}

fn whole_of<'p>(planned: &'p Planned, part: &ReleasePlan) -> Option<&'p ReleasePlan> {
    planned.releases.iter().find(|whole| whole.tag == part.tag)
}

/// Joins the shards below `folders` into releases of the workspace, renders every channel, signs (shards hold no keys;
/// unless they shall be `unsigned`) and verifies.
///
/// # Errors
/// Shards that do not fit together, that are missing, doubled or foreign: each by name, all at once. A secret key that
/// is missing or not the right one.
pub fn merge(manifest_path: Option<&Path>, folders: &[PathBuf], unsigned: bool) -> Result<Vec<Finished>> {
    let project = Project::load(manifest_path)?;
    let minisign = Config::load(&project.root, &[])?.minisign(&Problems::default());
    let wanted: Vec<_> = channel::ALL.iter().flat_map(|channel| channel.templates()).copied().collect();
    let templates = Templates::load(&project.root, &wanted)?;
    let mut releases: BTreeMap<String, Vec<Shard>> = BTreeMap::new();
    for mut shard in find_all(folders)? {
        if unsigned {
            shard.record.plan.public_key = None;
        }
        releases.entry(shard.record.plan.tag.clone()).or_default().push(shard);
    }
    let problems: Vec<Problem> = releases.values().flat_map(|shards| misfits(shards, &templates)).collect();
    if !problems.is_empty() {
        return Err(Error::all(problems));
    }
    let plans = releases.values().flatten().map(|shard| &shard.record.plan);
    let signer = Signer::of(plans, minisign.as_ref(), &project.root)?;
    let place = Releases::open(&layout::folder_of(&project))?;
    releases.values().map(|shards| join(shards, &templates, &place, signer.as_ref())).collect()
}

fn find_all(folders: &[PathBuf]) -> Result<Vec<Shard>> {
    let mut shards = Vec::new();
    for folder in folders {
        if !folder.is_dir() {
            return Err(Error::usage(format!("there is no folder {}", folder.display()))
                .help("name the folders that `cargo xtask dist build` made"));
        }
        let records: Vec<String> = files_below(folder)?
            .into_iter()
            // A draft of a run that was stopped is no shard.
            .filter(|file| {
                file.rsplit('/').next() == Some(SHARD_FILE) && !file.starts_with('.') && !file.contains("/.")
            })
            .collect();
        if records.is_empty() {
            return Err(Error::usage(format!("{} holds no shard (no {SHARD_FILE})", folder.display()))
                .help("make one: cargo xtask dist build --target TARGET -o DIR"));
        }
        for file in records {
            let file = folder.join(file);
            let text = std::fs::read_to_string(&file).context(|| format!("cannot read {}", file.display()))?;
            let record =
                Manifest::parse(&text).map_err(|error| error.context(format!("{} is no shard", file.display())))?;
            shards.push(Shard { folder: file.parent().unwrap_or(folder).to_owned(), record });
        }
    }
    Ok(shards)
}

/// Why these shards do not make one release.
fn misfits(shards: &[Shard], templates: &Templates) -> Vec<Problem> {
    let Some(first) = shards.first() else { return Vec::new() };
    let mut problems: Vec<Problem> = shards[1..].iter().filter_map(|shard| difference(first, shard)).collect();
    if !problems.is_empty() {
        return problems;
    }
    let plan = &first.record.plan;
    if plan.templates != templates.digests() {
        problems.push(
            Problem::new(format!("the templates of this checkout are not those that {} was planned with", plan.tag))
                .help("check out the commit of the shards"),
        );
    }
    let mut seen: BTreeMap<&str, &Shard> = BTreeMap::new();
    for (shard, asset) in shards.iter().flat_map(|shard| shard.record.assets.iter().map(move |asset| (shard, asset))) {
        if let Some(other) = seen.insert(&asset.name, shard) {
            let (one, two) = (other.folder.display(), shard.folder.display());
            let what = format!("two shards have {}: {one} and {two}", asset.name);
            problems.push(Problem::new(what).help("merge one of them only"));
        }
    }
    for (package, target) in plan.packages.iter().flat_map(|p| p.targets.iter().map(move |t| (p, t))) {
        if seen.remove(target.archive.asset.as_str()).is_none() {
            let what = format!("no shard has {} ({} for {})", target.archive.asset, package.name, target.target);
            let help = format!("make it and merge it too: cargo xtask dist build --target {}", target.target);
            problems.push(Problem::new(what).help(help));
        }
    }
    problems.extend(seen.into_iter().map(|(asset, shard)| {
        let what = format!("{} has {asset}, which its own plan does not have", shard.folder.display());
        Problem::new(what).help("make the shard anew: cargo xtask dist build")
    }));
    problems
}

/// What makes `other` a stranger to `first`.
fn difference(first: &Shard, other: &Shard) -> Option<Problem> {
    let (one, two) = (&first.record, &other.record);
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let because = if one.tool != two.tool {
        format!("made by {} {}, not {} {}", two.tool.name, two.tool.version, one.tool.name, one.tool.version)
    } else if one.source.commit != two.source.commit {
        format!("made of commit {}, not {}", shown(&two.source.commit), shown(&one.source.commit))
    } else if one.source.dirty != two.source.dirty {
        "made with other changes that are not committed".to_owned()
    } else if one.source.lock != two.source.lock {
        "made with another Cargo.lock".to_owned()
    } else if one.source != two.source {
        format!("its time stamp is {}, not {}", two.source.epoch, one.source.epoch)
    } else if one.plan.version != two.plan.version {
        format!("of version {}, not {}", two.plan.version, one.plan.version)
    } else if one.plan != two.plan {
        "planned with other settings, targets or templates".to_owned()
    } else {
        return None;
    };
    let what = format!("{} does not fit {}", other.folder.display(), first.folder.display());
    let help = "make all shards from one commit with one configuration: cargo xtask dist build";
    Some(Problem { causes: vec![because], ..Problem::new(what).help(help) })
}

fn join(shards: &[Shard], templates: &Templates, place: &Releases, signer: Option<&Signer>) -> Result<Finished> {
    let plan = &shards[0].record.plan;
    let draft = place.begin(&plan.tag)?;
    let mut manifest = Manifest { builds: Vec::new(), assets: Vec::new(), ..shards[0].record.clone() };
    for shard in shards {
        for asset in &shard.record.assets {
            terminal::status("Merging", &asset.name);
            take(shard, asset, &draft)?;
        }
        manifest.assets.extend(shard.record.assets.iter().cloned());
        manifest.builds.extend(shard.record.builds.iter().cloned());
    }
    manifest.assets.sort_by(|a, b| a.name.cmp(&b.name));
    manifest.builds.sort_by(|a, b| (&a.package, &a.target).cmp(&(&b.package, &b.target)));
    // A universal program's slices are built with it, and perhaps for themselves too.
    manifest.builds.dedup();
    name_toolchains(&manifest);
    let (folder, verdict) = seal(draft, templates, &mut manifest, signer)?;
    Ok(Finished { folder, manifest, verdict, packing: BTreeMap::new() })
}

/// Brings an archive over, and makes sure that it is the one that the shard's record means.
fn take(shard: &Shard, asset: &Asset, draft: &Draft) -> Result<()> {
    let from = shard.folder.join(&asset.name);
    let to = draft.folder().join(&asset.name);
    std::fs::copy(&from, &to).context(|| format!("cannot copy {}", from.display()))?;
    let (size, sha256) = hash_file(&to)?;
    if (size, sha256.as_str()) == (asset.size, asset.sha256.as_str()) {
        return Ok(());
    }
    Err(Error::new(format!("{} is not what its shard says", from.display()))
        .because("its size or sha256 is another: it was altered, or not carried over whole")
        .help(format!("make the shard anew: cargo xtask dist build --target {}", asset.target)))
}

/// Two compilers do not promise equal bytes; whoever compares releases has to know.
fn name_toolchains(manifest: &Manifest) {
    let compilers: BTreeSet<&str> = manifest.builds.iter().map(|build| build.toolchain.rustc.as_str()).collect();
    if compilers.len() > 1 {
        terminal::note(format_args!(
            "the shards were compiled by {}",
            compilers.into_iter().collect::<Vec<_>>().join(" and ")
        ));
    }
}
