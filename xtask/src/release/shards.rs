//! A release in parts: each machine builds some of its targets, one joins them. The result is byte for byte what one
//! machine would have made of all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::signing::{self, Signer};
use super::{Finished, Planned, archives, builds, make, record, seal, universal};
use crate::channel;
use crate::config::{BuildSettings, Config, FILE, unknown};
use crate::hash::hash_file;
use crate::layout::{self, Draft, Releases, files_below};
use crate::manifest::{Asset, Manifest, Missing, SHARD_FILE};
use crate::plan::{PackagePlan, ReleasePlan, TargetPlan};
use crate::project::Project;
use crate::report::{Context, Error, Problem, Result, terminal};
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
    let ready = make(planned)?;
    let mut made = Vec::new();
    for (part, whole) in planned.here.iter().filter_map(|part| Some((part, whole_of(planned, part)?))) {
        let draft = shards.begin(&part.tag)?;
        let (assets, _) = archives::pack_all(planned, part, &ready.built, &draft)?;
        let missing = ready.losses.missing(part, &assets);
        let builds = builds(planned, part, &ready, &assets);
        let record = Manifest { missing, ..record(&planned.source, whole, builds, assets) };
        draft.write(SHARD_FILE, record.to_text()?.as_bytes())?;
        made.push(Shard { folder: draft.commit()?, record });
    }
    Ok(made)
}

fn whole_of<'p>(planned: &'p Planned, part: &ReleasePlan) -> Option<&'p ReleasePlan> {
    planned.releases.iter().find(|whole| whole.tag == part.tag)
}

/// How shards are joined.
#[derive(Debug, Clone, Copy, Default)]
pub struct Joining {
    /// Whether a release may lack archives.
    pub keep_going: bool,
    /// Whether signatures are left out.
    pub unsigned: bool,
}

/// Joins the shards below `folders` into releases of the workspace, renders every channel, signs (shards hold no keys)
/// and verifies.
///
/// # Errors
/// Shards that do not fit together, that are missing, doubled or foreign: each by name, all at once. A secret key that
/// is missing or not the right one.
pub fn merge(manifest_path: Option<&Path>, folders: &[PathBuf], how: Joining) -> Result<Vec<Finished>> {
    let project = Project::load(manifest_path)?;
    let config = Config::load(&project.root, &[])?;
    let minisign = signing::configured(&config);
    let wanted: Vec<_> = channel::ALL.iter().flat_map(|channel| channel.templates()).copied().collect();
    let templates = Templates::load(&project.root, &wanted)?;
    let mut releases: BTreeMap<String, Vec<Shard>> = BTreeMap::new();
    for mut shard in find_all(folders)? {
        if how.unsigned {
            shard.record.plan.public_key = None;
        }
        releases.entry(shard.record.plan.tag.clone()).or_default().push(shard);
    }
    let mut problems: Vec<Problem> =
        releases.values().flat_map(|shards| misfits(shards, &templates, how.keep_going)).collect();
    problems.extend(releases.values().flat_map(|shards| foreign_commands(shards, &config)));
    if !problems.is_empty() {
        return Err(Error::all(problems));
    }
    let plans = releases.values().flatten().map(|shard| &shard.record.plan);
    let signer = Signer::of(plans, minisign.as_ref(), &project.root)?;
    let place = Releases::open(&layout::folder_of(&project))?;
    releases.values().map(|shards| join(shards, &project, &templates, &place, signer.as_ref())).collect()
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
fn misfits(shards: &[Shard], templates: &Templates, keep_going: bool) -> Vec<Problem> {
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
    for (package, target) in planned(plan) {
        if seen.contains_key(target.archive.asset.as_str()) || keep_going {
            continue;
        }
        if let Err(because) = source(shards, package, target) {
            let what = format!("no shard has {} ({} for {})", target.archive.asset, package.name, target.target);
            let help = format!("make it and merge it too: cargo xtask dist build --target {}", target.target);
            problems.push(Problem { causes: because.into_iter().collect(), ..Problem::new(what).help(help) });
        }
    }
    if keep_going && seen.is_empty() {
        problems
            .push(Problem::new(format!("no shard of {} has an archive", plan.tag)).help("see what the builds said"));
    }
    seen.retain(|asset, _| planned(plan).all(|(_, target)| target.archive.asset != *asset));
    problems.extend(seen.into_iter().map(|(asset, shard)| {
        let what = format!("{} has {asset}, which its own plan does not have", shard.folder.display());
        Problem::new(what).help("make the shard anew: cargo xtask dist build")
    }));
    problems
}

/// Signing commands in the shards' records that this checkout does not have: a shard was made elsewhere, and nothing
/// that it says is run.
fn foreign_commands(shards: &[Shard], config: &Config) -> Vec<Problem> {
    let plan = shards.iter().map(|shard| &shard.record.plan).take(1).flat_map(planned);
    let joined = plan.filter(|(package, target)| {
        let is_packed = |shard: &Shard| shard.record.assets.iter().any(|asset| asset.name == target.archive.asset);
        !shards.iter().any(is_packed) && source(shards, package, target).is_ok()
    });
    let foreign = |(package, target): &(&PackagePlan, &TargetPlan)| {
        let own = BuildSettings::of_scope(&config.scope(&package.name, Some(&target.target)));
        !target.build.sign.is_empty() && target.build.sign != own.sign
    };
    let problem = |(package, target): (&PackagePlan, &TargetPlan)| {
        let (name, target, command) = (&package.name, &target.target, target.build.sign.join(" "));
        let what = format!("the shards have {name} for {target} signed by `{command}`, and {FILE} here does not");
        Problem::new(what).help("check out the commit of the shards; `sign` of what is joined has to stand in the file")
    };
    joined.filter(foreign).map(problem).collect()
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

fn planned(plan: &ReleasePlan) -> impl Iterator<Item = (&PackagePlan, &TargetPlan)> {
    plan.packages.iter().flat_map(|package| package.targets.iter().map(move |target| (package, target)))
}

/// The archives that one which no shard has can be joined from.
///
/// # Errors
/// There are none; and why, where that is known.
fn source<'s>(
    shards: &'s [Shard],
    package: &'s PackagePlan,
    target: &TargetPlan,
) -> Result<Vec<(&'s TargetPlan, &'s Asset)>, Option<String>> {
    let mut records = shards.iter().flat_map(|shard| &shard.record.missing);
    let told = records.find(|missing| missing.asset == target.archive.asset).map(|missing| missing.reason.clone());
    let Some(parts) = universal::parts(package, target) else { return Err(told) };
    let packed = |part: &'s TargetPlan| {
        let mut assets = shards.iter().flat_map(|shard| &shard.record.assets);
        let asset = assets.find(|asset| asset.name == part.archive.asset);
        Ok((part, asset.ok_or_else(|| format!("no shard has {}, which it is made from", part.archive.asset))?))
    };
    parts.and_then(|parts| parts.into_iter().map(packed).collect()).map_err(|because| told.or(Some(because)))
}

fn join(
    shards: &[Shard],
    project: &Project,
    templates: &Templates,
    place: &Releases,
    signer: Option<&Signer>,
) -> Result<Finished> {
    let plan = &shards[0].record.plan;
    let draft = place.begin(&plan.tag)?;
    let (builds, assets, missing) = (Vec::new(), Vec::new(), Vec::new());
    let mut manifest = Manifest { builds, assets, missing, ..shards[0].record.clone() };
    for shard in shards {
        for asset in &shard.record.assets {
            terminal::status("Merging", &asset.name);
            take(shard, asset, &draft)?;
        }
        manifest.assets.extend(shard.record.assets.iter().cloned());
        manifest.builds.extend(shard.record.builds.iter().cloned());
    }
    for (package, target) in planned(plan) {
        if manifest.assets.iter().any(|asset| asset.name == target.archive.asset) {
            continue;
        }
        match source(shards, package, target) {
            Ok(parts) => {
                let epoch = manifest.source.epoch;
                manifest.assets.push(universal::join(project, epoch, (package, target), &parts, &draft)?);
            }
            Err(reason) => manifest.missing.push(Missing {
                package: package.name.clone(),
                target: target.target.clone(),
                asset: target.archive.asset.clone(),
                reason: reason.unwrap_or_else(|| "no shard has it".to_owned()),
            }),
        }
    }
    manifest.assets.sort_by(|a, b| a.name.cmp(&b.name));
    manifest.builds.sort_by(|a, b| (&a.package, &a.target).cmp(&(&b.package, &b.target)));
    // A universal program's slices are built with it, and perhaps for themselves too.
    manifest.builds.dedup();
    name_toolchains(&manifest);
    seal(draft, templates, &project.root, signer, (manifest, BTreeMap::new()))
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
