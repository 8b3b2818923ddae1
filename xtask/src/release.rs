//! The sequences: what `dist` does, from the repository to a verified release directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::channel::{self, Channel, Content, Made, Work};
use crate::compile::{self, Built, Toolchain};
use crate::config::Config;
use crate::layout::{self, Draft, Releases, SUMS, checksum_line};
use crate::manifest::{self, Asset, Build, Entry, Manifest, Output, Tool};
use crate::pack::{self, Packed};
use crate::plan::{self, BuildPlan, ChannelRules, Machine, PackagePlan, ReleasePlan, TargetPlan, Wanted};
use crate::project::{Project, Role, Source};
use crate::report::{Error, Problem, Result, both, terminal};
use crate::run::Runner;
use crate::stage;
use crate::targets::Target;
use crate::template::Templates;
use crate::verify::{self, Verdict};

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The workspace's manifest; the one around the working folder unless set.
    pub manifest_path: Option<PathBuf>,
    /// Settings over the configuration's, as `KEY=VALUE` in TOML.
    pub overrides: Vec<String>,
    /// What to release.
    pub wanted: Wanted,
    /// Whether changes that are not committed are refused.
    pub require_clean: bool,
}

/// Everything that is known before anything is compiled.
#[derive(Debug)]
pub struct Planned {
    /// The repository.
    pub project: Project,
    /// Its state.
    pub source: Source,
    /// What is released.
    pub releases: Vec<ReleasePlan>,
    /// How it is compiled here.
    pub build: BuildPlan,
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
    /// How long each archive took to pack, by asset.
    pub packing: BTreeMap<String, Duration>,
}

/// Plans: reads the repository and its configuration, and stops before anything is written.
///
/// # Errors
/// Everything that is wrong with the configuration, at once.
pub fn plan(request: &Request) -> Result<Planned> {
    let project = Project::load(request.manifest_path.as_deref())?;
    let wanted: Vec<_> = channel::ALL.iter().flat_map(|channel| channel.templates()).copied().collect();
    let templates = Templates::load(&project.root, &wanted);
    let digests = templates.as_ref().map(Templates::digests).unwrap_or_default();
    let rules: Vec<&dyn ChannelRules> = channel::ALL.iter().map(|channel| *channel as &dyn ChannelRules).collect();
    let releases = Config::load(&project.root, &request.overrides)
        .and_then(|config| plan::releases(&project, &config, &rules, &digests, &request.wanted));
    let (releases, templates) = both(releases, templates)?;
    let source = Source::read(&project)?;
    if request.require_clean && source.dirty.is_some() {
        return Err(Error::new("the repository has changes that are not committed")
            .help("commit or stash them (`git status` lists them), or leave --require-clean out"));
    }
    let machine = machine(&project, &releases, source.epoch)?;
    let build = BuildPlan::new(&releases, &project, &machine);
    let planned = Planned { project, source, releases, build, templates, machine };
    preflight(&planned)?;
    warn(&planned)?;
    Ok(planned)
}

/// Says what is probably not meant.
fn warn(planned: &Planned) -> Result<()> {
    for place in planned.templates.unquoted() {
        terminal::warning(format_args!("{place}: `{{{{{{x}}}}}}` writes a value unquoted; `{{{{x}}}}` is safe"));
    }
    for stranger in planned.templates.strangers(&planned.project.root)? {
        terminal::warning(stranger);
    }
    Ok(())
}

fn machine(project: &Project, releases: &[ReleasePlan], epoch: u64) -> Result<Machine> {
    let runner = Runner::new(&project.root)?;
    let targets = releases.iter().flat_map(|release| &release.packages).flat_map(|package| &package.targets);
    let mut rustflags = BTreeMap::new();
    for target in targets.map(|target| &target.target) {
        if !rustflags.contains_key(target) {
            rustflags.insert(target.clone(), project.rustflags(target, &runner)?);
        }
    }
    let home = std::env::home_dir();
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| home.as_ref().map(|home| home.join(".cargo")));
    Ok(Machine { home, cargo_home, rustflags, epoch })
}

/// Makes the releases: compiles, packs, renders, verifies, and puts each in place of the old one.
///
/// # Errors
/// The first thing that fails; no release directory is touched then but those that were finished.
pub fn dist(planned: &Planned) -> Result<Vec<Finished>> {
    let releases = Releases::open(&layout::folder_of(&planned.project))?;
    let built = compile::run(&planned.build, &planned.project)?;
    let toolchain = Toolchain::of(&planned.project)?;
    planned.releases.iter().map(|plan| finish(planned, plan, &built, &toolchain, &releases)).collect()
}

/// What build scripts write at most; templates have parts that only these fill.
const WRITTEN: &[(Role, &str)] = &[
    (Role::CompletionBash, "completions/x.bash"),
    (Role::CompletionZsh, "completions/_x"),
    (Role::CompletionFish, "completions/x.fish"),
    (Role::Manual, "man/x.1"),
];

/// Fills every template with what is known already, once without and once with what build scripts may add, so that one
/// that is wrong is found before the compiler runs.
fn preflight(planned: &Planned) -> Result<()> {
    let mut problems: Vec<Problem> = Vec::new();
    for (plan, written) in planned.releases.iter().flat_map(|plan| [(plan, &[][..]), (plan, WRITTEN)]) {
        let manifest = predicted(planned, plan, written);
        for error in plan.packages.iter().flat_map(|package| made(planned, &manifest, package)).filter_map(Result::err)
        {
            let new =
                error.problems().iter().filter(|problem| !problems.contains(problem)).cloned().collect::<Vec<_>>();
            problems.extend(new);
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::configuration(problems)) }
}

/// The manifest as the plan lets expect it; digests are not known yet.
fn predicted(planned: &Planned, plan: &ReleasePlan, written: &[(Role, &str)]) -> Manifest {
    let assets = plan.packages.iter().flat_map(|package| package.targets.iter().map(move |target| (package, target)));
    let assets = assets.map(|(package, target)| Asset::predicted(&package.name, target, written)).collect();
    record(planned, plan, Vec::new(), assets)
}

fn record(planned: &Planned, plan: &ReleasePlan, builds: Vec<Build>, assets: Vec<Asset>) -> Manifest {
    Manifest {
        format: manifest::FORMAT,
        tool: Tool::this(),
        source: planned.source.clone(),
        plan: plan.clone(),
        builds,
        assets,
        outputs: Vec::new(),
        skipped: Vec::new(),
    }
}

fn finish(
    planned: &Planned,
    plan: &ReleasePlan,
    built: &[Built],
    toolchain: &Toolchain,
    releases: &Releases,
) -> Result<Finished> {
    let draft = releases.begin(&plan.tag)?;
    let (assets, packing) = pack_all(planned, plan, built, &draft)?;
    let builds = assets.iter().map(|asset| build_of(planned, asset, toolchain)).collect();
    let mut manifest = record(planned, plan, builds, assets);
    for package in &plan.packages {
        for made in made(planned, &manifest.clone(), package) {
            let (channel, made) = made?;
            take(channel, made, package, &draft, &mut manifest)?;
        }
    }
    write_records(&draft, &manifest)?;
    terminal::status("Verifying", &plan.tag);
    let verdict = verify::verify(draft.folder(), channel::ALL)?;
    if !verdict.findings.is_empty() {
        let problem = |finding: &crate::report::Finding| {
            Problem::new(format!("{}: {}", finding.file, finding.what)).help(&finding.remedy)
        };
        return Err(Error::all(verdict.findings.iter().map(problem).collect()));
    }
    Ok(Finished { folder: draft.commit()?, manifest, verdict, packing })
}

/// What each channel of a package makes.
fn made(planned: &Planned, manifest: &Manifest, package: &PackagePlan) -> Vec<Result<(&'static dyn Channel, Made)>> {
    let of_channel = |channel: &&'static dyn Channel| {
        let plan = package.channel(channel.id())?;
        let work = Work { release: manifest, package, channel: plan, templates: &planned.templates };
        Some(channel.outputs(&work).map(|made| (*channel, made)))
    };
    channel::ALL.iter().filter_map(of_channel).collect()
}

fn take(
    channel: &dyn Channel,
    made: Made,
    package: &PackagePlan,
    draft: &Draft,
    manifest: &mut Manifest,
) -> Result<()> {
    let outputs = match made {
        Made::Outputs(outputs) => outputs,
        Made::Skipped(skip) if package.channel(channel.id()).is_some_and(|plan| plan.required) => {
            return Err(Error::new(format!("{} cannot be made", skip.what)).because(skip.reason).help(skip.remedy));
        }
        Made::Skipped(skip) => {
            manifest.skipped.push(skip);
            return Ok(());
        }
    };
    for output in outputs {
        let Content::Text(text) = output.content;
        draft.write(&output.path, text.as_bytes())?;
        manifest.outputs.push(Output {
            path: output.path,
            channel: channel.id().to_owned(),
            package: package.name.clone(),
            size: text.len() as u64,
            sha256: pack::sha256(text.as_bytes()),
            claims: output.claims,
        });
    }
    Ok(())
}

fn write_records(draft: &Draft, manifest: &Manifest) -> Result<()> {
    let text = manifest.to_text()?;
    draft.write(manifest::FILE, text.as_bytes())?;
    for asset in &manifest.assets {
        let line = checksum_line(&asset.sha256, &asset.name);
        draft.write(&Manifest::checksum_of(&asset.name), line.as_bytes())?;
    }
    draft.write(SUMS, verify::sums(manifest, &text).as_bytes())
}

fn build_of(planned: &Planned, asset: &Asset, toolchain: &Toolchain) -> Build {
    let calls = planned.build.invocations.iter();
    let builder = calls
        .filter(|call| call.package == asset.package && call.targets.contains(&asset.target))
        .map(|call| call.builder)
        .next();
    Build {
        package: asset.package.clone(),
        target: asset.target.clone(),
        builder: builder.unwrap_or(plan::Builder::Cargo),
        toolchain: toolchain.clone(),
        rustflags: planned.machine.rustflags.get(&asset.target).cloned().unwrap_or_default(),
    }
}

type Packing = (Vec<Asset>, BTreeMap<String, Duration>);

/// Packs all archives of a release, as many at once as there are cores.
fn pack_all(planned: &Planned, plan: &ReleasePlan, built: &[Built], draft: &Draft) -> Result<Packing> {
    let jobs: Vec<(&PackagePlan, &TargetPlan)> =
        plan.packages.iter().flat_map(|package| package.targets.iter().map(move |target| (package, target))).collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        while let Some((package, target)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let started = Instant::now();
            let result = pack_one(planned, &package.name, target, built, draft);
            if let Ok(mut done) = done.lock() {
                done.push((result, started.elapsed()));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut assets = Vec::new();
    let mut packing = BTreeMap::new();
    for (result, duration) in done.into_inner().unwrap_or_default() {
        let asset = result?;
        packing.insert(asset.name.clone(), duration);
        assets.push(asset);
    }
    assets.sort_by(|a: &Asset, b| a.name.cmp(&b.name));
    Ok((assets, packing))
}

fn pack_one(planned: &Planned, package: &str, target: &TargetPlan, built: &[Built], draft: &Draft) -> Result<Asset> {
    let member = planned.project.package(package);
    let built = built.iter().find(|built| built.package == package && built.target == target.target);
    let (Some(member), Some(built)) = (member, built) else {
        return Err(Error::new(format!("{package} was not built for {}", target.target)));
    };
    terminal::status("Packing", &target.archive.asset);
    let entries = stage::entries(&planned.project, member, target, built)?;
    let file = draft.folder().join(&target.archive.asset);
    let options =
        pack::Options { format: target.archive.format, epoch: planned.source.epoch, watched: &planned.project.root };
    let packed = pack::archive(&file, entries, options)?;
    report_paths(planned, &packed, &target.target);
    Ok(asset(package, target, packed))
}

/// Says which programs still hold the workspace's path, in spite of the remapping.
fn report_paths(planned: &Planned, packed: &Packed, target: &Target) {
    for entry in packed.entries.iter().filter(|entry| entry.holds_path) {
        let name = Path::new(&entry.entry.path).file_name().unwrap_or_default().to_string_lossy();
        terminal::warning(format_args!(
            "{name} for {target} holds the path {}: a build script or `env!` put it there, and the release will differ elsewhere",
            planned.project.root.display()
        ));
    }
}

fn asset(package: &str, target: &TargetPlan, packed: Packed) -> Asset {
    let entry = |entry: pack::PackedEntry| Entry {
        path: entry.entry.path,
        mode: entry.entry.mode,
        role: entry.entry.role,
        size: entry.size,
        sha256: entry.sha256,
        executable: entry.executable,
    };
    Asset {
        name: target.archive.asset.clone(),
        package: package.to_owned(),
        target: target.target.clone(),
        size: packed.size,
        sha256: packed.sha256,
        url: target.archive.url.clone(),
        entries: packed.entries.into_iter().map(entry).collect(),
    }
}
