//! The sequences: what `dist` does, from the repository to a verified release directory.

mod archives;
mod check;
mod ci;
mod crates;
mod losses;
mod machine;
mod notes;
mod outputs;
mod packs;
mod publish;
mod reuse;
mod sections;
mod shards;
pub mod signing;
mod tag;
mod universal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::channel;
use crate::channel::publish::Workplace;
use crate::compile::{self, Built, Toolchain};
use crate::config::{Config, Minisign};
use crate::layout::{self, Draft, Releases};
use crate::manifest::{self, Asset, Build, Manifest, Tool};
use crate::parallel;
use crate::plan::{self, BuildPlan, ChannelRules, Machine, ReleasePlan, Wanted};
use crate::project::{Project, Source};
use crate::publish::Publication;
use crate::report::{Error, Result, both, terminal};
use crate::stage;
use crate::targets::Target;
use crate::template::Templates;
use crate::verify::{self, Verdict};
pub use check::{Findings, check};
pub use ci::ci_file;
use crates::{Members, members, publication_of_crates};
use losses::Losses;
pub use machine::needs;
pub use outputs::Preview;
pub use publish::{Place, Publishing};
use reuse::Reuse;
pub use sections::{Sync, sections};
pub use shards::{Joining, Shard, build, merge};
use signing::Signer;
pub use tag::{Tag, Tagging, Tags, tags};

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The workspace's manifest; the one around the working folder unless set.
    pub manifest_path: Option<PathBuf>,
    /// Settings over the configuration's, as `KEY=VALUE` in TOML.
    pub overrides: Vec<String>,
    /// What to release.
    pub wanted: Wanted,
    /// Of the targets that are released, only these are built, as one shard; all unless given.
    pub only: Option<Vec<String>>,
    /// Whether changes that are not committed are refused.
    pub require_clean: bool,
    /// What may be fetched.
    pub fetch: Fetch,
    /// Whether the rest is made where a target cannot be.
    pub keep_going: bool,
}

/// What may be fetched from the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fetch {
    /// Tools, standard libraries, crates.
    #[default]
    All,
    /// Only crates: what a build needs of this machine has to be there.
    Crates,
    /// Nothing.
    Nothing,
}

/// Everything that is known before anything is compiled.
#[derive(Debug)]
pub struct Planned {
    /// What was asked for.
    pub request: Request,
    /// The repository.
    pub project: Project,
    /// Its state.
    pub source: Source,
    /// What is released.
    pub releases: Vec<ReleasePlan>,
    /// The part of it that is built here.
    pub here: Vec<ReleasePlan>,
    /// What the channels of each release will say of it.
    pub previews: Vec<Preview>,
    /// How it is compiled here.
    pub build: BuildPlan,
    /// How releases are signed; none where they are not.
    pub minisign: Option<Minisign>,
    templates: Templates,
    machine: Machine,
}

/// A release that was made.
#[derive(Debug)]
pub struct Finished {
    /// Where it is.
    pub folder: PathBuf,
    /// Its record.
    pub manifest: Manifest,
    /// What verifying it told.
    pub verdict: Verdict,
    /// How long each archive and each image took to pack, by its file.
    pub packing: BTreeMap<String, Duration>,
}

/// Plans: reads the repository and its configuration, and stops before anything is written.
///
/// # Errors
/// Everything that is wrong with the configuration, at once.
pub fn plan(request: &Request) -> Result<Planned> {
    let project = Project::load(request.manifest_path.as_deref())?;
    let config = Config::load(&project.root, &request.overrides);
    // What is run from here on sees no secret of signing.
    let minisign = config.as_ref().ok().and_then(signing::configured);
    // git looks through the repository meanwhile.
    let (source, planned) = parallel::both(
        || Source::read(&project),
        || {
            let wanted: Vec<_> = channel::ALL.iter().flat_map(|channel| channel.templates()).copied().collect();
            let templates = Templates::load(&project.root, &wanted);
            let digests = templates.as_ref().map(Templates::digests).unwrap_or_default();
            let releases = config.and_then(|config| what(&project, &config, &request.wanted, &digests));
            both(releases, templates)
        },
    );
    let (releases, templates) = planned?;
    let source = source?;
    if request.require_clean && source.dirty.is_some() {
        return Err(Error::new("the repository has changes that are not committed")
            .help("commit or stash them (`git status` lists them), or leave --require-clean out"));
    }
    let here = match &request.only {
        Some(words) => shards::part(&releases, words)?,
        None => releases.clone(),
    };
    let machine = machine::look(&project, &releases, &here, source.epoch)?;
    let build = BuildPlan { keep_going: request.keep_going, ..BuildPlan::new(&here, &project, &machine) };
    let request = request.clone();
    let previews = Vec::new();
    let mut planned =
        Planned { request, project, source, releases, here, previews, build, minisign, templates, machine };
    planned.previews = outputs::preflight(&planned)?;
    warn(&planned)?;
    Ok(planned)
}

/// Verifies the finished release in `at.folder`, and asks what publishing it comes to.
///
/// # Errors
/// What verifying it finds; as [`crate::publish::ask`].
fn publication(at: &Workplace<'_>, wanted: &[String]) -> Result<Publication> {
    verify::verify(at.folder, channel::ALL, None)?.check(&[])?;
    let (manifest, _) = Manifest::read(at.folder)?;
    crate::publish::ask(at, (&manifest, &verify::Folder(at.folder)), channel::ALL, wanted)
}

/// The releases that the workspace comes to as it stands: what `plan` says of them, without this machine's part.
///
/// # Errors
/// As [`plan()`], of the configuration.
fn planned(project: &Project, wanted: &Wanted) -> Result<Vec<ReleasePlan>> {
    what(project, &Config::load(&project.root, &[])?, wanted, &BTreeMap::new())
}

fn what(
    project: &Project,
    config: &Config,
    wanted: &Wanted,
    templates: &BTreeMap<String, String>,
) -> Result<Vec<ReleasePlan>> {
    let rules: Vec<&dyn ChannelRules> = channel::ALL.iter().map(|channel| *channel as &dyn ChannelRules).collect();
    plan::releases(project, config, &rules, templates, wanted)
}

/// Says what is probably not meant.
fn warn(planned: &Planned) -> Result<()> {
    for place in planned.templates.unquoted() {
        terminal::warning(format_args!("{place}: `{{{{{{x}}}}}}` writes a value unquoted; `{{{{x}}}}` is safe"));
    }
    for stranger in planned.templates.strangers(&planned.project.root, crate::ci::TEMPLATES)? {
        terminal::warning(stranger);
    }
    for package in planned.releases.iter().flat_map(|release| &release.packages) {
        let wanted = channel::ALL.iter().filter(|channel| package.channel(channel.id()).is_some());
        wanted.flat_map(|channel| channel.remarks(package)).for_each(terminal::warning);
    }
    Ok(())
}

/// Makes the releases: compiles, packs, renders, signs, verifies, and puts each in place of the old one. With
/// `keep_going`, a release may be without some of its archives, which its manifest says; without any, it is left out.
///
/// # Errors
/// The first thing that fails; no release directory is touched then but those that were finished.
pub fn dist(planned: &Planned) -> Result<Vec<Finished>> {
    let signer = Signer::of(&planned.releases, planned.minisign.as_ref(), &planned.project.root)?;
    let releases = Releases::open(&layout::folder_of(&planned.project))?;
    let made = make(planned)?;
    let finish = |plan| finish(planned, plan, &made, &releases, signer.as_ref());
    let finished: Vec<Option<Finished>> = planned.releases.iter().map(finish).collect::<Result<_>>()?;
    let finished: Vec<Finished> = finished.into_iter().flatten().collect();
    if finished.is_empty() {
        return Err(Error::new("no target could be made").help("what stands in the way of each is said above"));
    }
    Ok(finished)
}

/// What this machine made: programs, ready to be packed.
struct Made {
    built: Vec<Built>,
    losses: Losses,
    toolchain: Toolchain,
}

fn make(planned: &Planned) -> Result<Made> {
    let mut losses = Losses::new(planned.build.keep_going);
    let tools = planned.tools(&mut losses)?;
    let plan = planned.build.without(|package, target| losses.has(package, target));
    let compile = || compile::run(&plan, &planned.project, &tools, &mut |failed| losses.take(failed));
    let (toolchain, built) = parallel::both(|| Toolchain::of(&planned.project), compile);
    let (built, toolchain) = (built?, toolchain?);
    let epoch = planned.source.epoch;
    let built = stage::stage(&planned.project, &planned.here, &built, epoch, &mut |failed| losses.take(failed))?;
    Ok(Made { built, losses, toolchain })
}

fn record(source: &Source, plan: &ReleasePlan, builds: Vec<Build>, assets: Vec<Asset>) -> Manifest {
    Manifest {
        format: manifest::FORMAT,
        tool: Tool::this(),
        source: source.clone(),
        plan: plan.clone(),
        builds,
        assets,
        outputs: Vec::new(),
        skipped: Vec::new(),
        missing: Vec::new(),
    }
}

fn finish(
    planned: &Planned,
    plan: &ReleasePlan,
    made: &Made,
    releases: &Releases,
    signer: Option<&Signer>,
) -> Result<Option<Finished>> {
    let draft = releases.begin(&plan.tag)?;
    let reuse = Reuse::of(&draft, &planned.project.target_dir);
    let (assets, packing) = archives::pack_all(planned, plan, &made.built, &draft, Some(&reuse))?;
    if assets.is_empty() {
        return Ok(None);
    }
    let missing = made.losses.missing(plan, &assets);
    let builds = builds(planned, plan, made, &assets);
    let manifest = Manifest { missing, ..record(&planned.source, plan, builds, assets) };
    seal(draft, &planned.templates, &planned.project.root, signer, (manifest, packing, Some(reuse))).map(Some)
}

/// Renders the channels of a draft that has its archives, signs it, verifies it, and puts it in place.
fn seal(
    draft: Draft,
    templates: &Templates,
    root: &Path,
    signer: Option<&Signer>,
    (mut manifest, mut packing, reuse): (Manifest, BTreeMap<String, Duration>, Option<Reuse>),
) -> Result<Finished> {
    packing.extend(outputs::make_all(templates, (root, &draft, reuse.as_ref()), &mut manifest)?);
    outputs::write_records(&draft, &manifest)?;
    if let Some(signer) = signer {
        signer.sign(&draft, &manifest)?;
    }
    terminal::status("Verifying", &manifest.plan.tag);
    let verified = reuse.as_ref().map(Reuse::linked).unwrap_or_default();
    let key = manifest.plan.public_key.as_ref();
    let verdict = verify::verify_rest(draft.folder(), channel::ALL, key, &verified)?;
    verdict.check(&verify::incomplete(&manifest))?;
    let folder = draft.commit()?;
    if let Some(reuse) = reuse {
        reuse.keep(&folder);
    }
    Ok(Finished { folder, manifest, verdict, packing })
}

/// How the programs in `assets` were compiled: one record a package and compiled target.
fn builds(planned: &Planned, plan: &ReleasePlan, made: &Made, assets: &[Asset]) -> Vec<Build> {
    let tools = |package: &str, target: &Target| {
        let mut built = made.built.iter().filter(|built| built.package == package && built.target == *target);
        built.next().map(|built| built.tools.clone()).unwrap_or_default()
    };
    let is_packed = |package: &str, target: &Target| {
        let holds = |asset: &Asset| {
            asset.target == *target || asset.target.slices().is_some_and(|slices| slices.contains(target))
        };
        assets.iter().any(|asset| asset.package == package && holds(asset))
    };
    let of_release = |call: &&plan::Invocation| plan.package(&call.package).is_some();
    let calls = planned.build.invocations.iter().filter(of_release);
    let mut builds: Vec<Build> = calls
        .flat_map(|call| {
            let targets = call.targets.iter().filter(|(target, _)| is_packed(&call.package, target));
            targets.map(|(target, glibc)| Build {
                package: call.package.clone(),
                target: target.clone(),
                builder: call.builder,
                toolchain: made.toolchain.clone(),
                glibc: *glibc,
                rustflags: planned.machine.rustflags.get(target).cloned().unwrap_or_default(),
                tools: tools(&call.package, target),
            })
        })
        .collect();
    builds.sort_by(|a, b| (&a.package, &a.target).cmp(&(&b.package, &b.target)));
    builds
}
