//! What the channels make of a release: recipes, filled templates, and the records beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::reuse::{self, Packed, Reuse};
use super::{Planned, notes, packs, record};
use crate::channel::{self, Channel, Content, Made, Service, Work};
use crate::hash::{integrity, sha256};
use crate::layout::{Draft, SUMS, checksum_line};
use crate::manifest::{self, Asset, Manifest, Output};
use crate::parallel;
use crate::plan::{PackagePlan, ReleasePlan};
use crate::project::Role;
use crate::report::{Context, Error, Problem, Result, Skip};
use crate::template::Templates;
use crate::verify;

/// How long the packing of files took, by their paths.
type Times = BTreeMap<String, Duration>;

/// What build scripts write at most; templates have parts that only these fill.
const WRITTEN: &[(Role, &str)] = &[
    (Role::CompletionBash, "completions/x.bash"),
    (Role::CompletionZsh, "completions/_x"),
    (Role::CompletionFish, "completions/x.fish"),
    (Role::Manual, "man/x.1"),
];

/// What the channels of a release will say, as far as it is known before anything is compiled.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Preview {
    /// What their clients will get.
    pub services: Vec<Service>,
    /// What they will leave out.
    pub skipped: Vec<Skip>,
}

/// Fills every template with what is known already, once without and once with what build scripts may add, so that one
/// that is wrong is found before the compiler runs. A preview of each release.
pub fn preflight(planned: &Planned) -> Result<Vec<Preview>> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut previews = Vec::new();
    for plan in &planned.releases {
        let mut preview = Preview::default();
        for problem in [&[][..], WRITTEN].into_iter().flat_map(|written| preview.see(planned, plan, written)) {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        previews.push(preview);
    }
    if problems.is_empty() { Ok(previews) } else { Err(Error::configuration(problems)) }
}

impl Preview {
    /// Looks at a release with what build scripts may add, and tells what stands in its way.
    fn see(&mut self, planned: &Planned, plan: &ReleasePlan, written: &[(Role, &str)]) -> Vec<Problem> {
        let manifest = predicted(planned, plan, written);
        self.services = channel::ALL.iter().flat_map(|channel| channel.serves(&manifest)).collect();
        let mut problems = notes::unfit(&planned.templates, &manifest);
        for package in &plan.packages {
            for made in made(&planned.templates, &manifest, package) {
                match made {
                    Err(error) => problems.extend(error.problems().iter().cloned()),
                    Ok((channel, made)) => {
                        problems.extend(unfit(channel, &made, package, &planned.project.root));
                        self.skip(made);
                    }
                }
            }
        }
        problems
    }

    /// Whether a channel makes nothing at all is only known when the programs are there.
    fn skip(&mut self, made: Made) {
        if let Made::Partly { skipped, .. } = made {
            let new: Vec<Skip> = skipped.into_iter().filter(|skip| !self.skipped.contains(skip)).collect();
            self.skipped.extend(new);
        }
    }
}

/// Why what a channel wants to make cannot be made.
fn unfit(channel: &dyn Channel, made: &Made, package: &PackagePlan, root: &Path) -> Vec<Problem> {
    let (outputs, skipped) = match made {
        Made::Outputs(outputs) => (outputs, &[][..]),
        Made::Partly { outputs, skipped } => (outputs, &skipped[..]),
        // Whether it is so is only known when its programs are there.
        Made::Skipped(_) => return Vec::new(),
    };
    let inputs = outputs.iter().flat_map(|output| packs::missing(root, &output.content));
    let refused = skipped.iter().filter(|_| is_required(channel, package));
    inputs.chain(refused.flat_map(|skip| refusal(skip).problems().to_vec())).collect()
}

fn is_required(channel: &dyn Channel, package: &PackagePlan) -> bool {
    package.channel(channel.id()).is_some_and(|plan| plan.required)
}

/// What the user asked for is not left out in silence.
fn refusal(skip: &Skip) -> Error {
    Error::new(format!("{} cannot be made", skip.what)).because(&skip.reason).help(&skip.remedy)
}

/// The manifest as the plan lets expect it; digests are not known yet.
fn predicted(planned: &Planned, plan: &ReleasePlan, written: &[(Role, &str)]) -> Manifest {
    record(&planned.source, plan, Vec::new(), Asset::all_predicted(plan, written))
}

/// Makes everything that the channels of the release want, and notes it in the manifest: how long what is packed took.
/// Files of the repository that they want are below `root`.
///
/// # Errors
/// A template that cannot be filled; a channel that the user named and that cannot be made; a full disk.
pub fn make_all(
    templates: &Templates,
    (root, draft, reuse): (&Path, &Draft, Option<&Reuse>),
    manifest: &mut Manifest,
) -> Result<Times> {
    let mut times = Times::new();
    for package in manifest.plan.packages.clone() {
        for made in made(templates, manifest, &package) {
            let (channel, made) = made?;
            times.extend(take(channel, made, &package, (root, draft, reuse), manifest)?);
        }
    }
    notes::make(templates, root, draft, manifest)?;
    Ok(times)
}

/// What each channel of a package makes.
fn made(
    templates: &Templates,
    manifest: &Manifest,
    package: &PackagePlan,
) -> Vec<Result<(&'static dyn Channel, Made)>> {
    let of_channel = |channel: &&'static dyn Channel| {
        let plan = package.channel(channel.id())?;
        let work = Work { release: manifest, package, channel: plan, templates };
        Some(channel.outputs(&work).map(|made| (*channel, made)))
    };
    channel::ALL.iter().filter_map(of_channel).collect()
}

fn take(
    channel: &dyn Channel,
    made: Made,
    package: &PackagePlan,
    (root, draft, reuse): (&Path, &Draft, Option<&Reuse>),
    manifest: &mut Manifest,
) -> Result<Times> {
    let (outputs, skipped) = match made {
        Made::Outputs(outputs) => (outputs, Vec::new()),
        Made::Partly { outputs, skipped } => (outputs, skipped),
        Made::Skipped(skip) => (Vec::new(), vec![skip]),
    };
    // What is missing may be all that it could have served: that is said already, and the rest is wanted.
    let is_wanted = manifest.missing.is_empty() && is_required(channel, package);
    if let Some(skip) = skipped.first().filter(|_| is_wanted) {
        return Err(refusal(skip));
    }
    manifest.skipped.extend(skipped);
    let sources = packs::Sources { root, draft, manifest };
    let written: Vec<Written> =
        parallel::map(&outputs, |output| write(sources, reuse, output)).into_iter().collect::<Result<_>>()?;
    let mut times = Times::new();
    for (output, Written { size, sha256, integrity, packing }) in outputs.into_iter().zip(written) {
        times.extend(packing.map(|time| (output.path.clone(), time)));
        manifest.outputs.push(Output {
            path: output.path,
            channel: channel.id().to_owned(),
            package: package.name.clone(),
            size,
            sha256,
            integrity,
            claims: output.claims,
        });
    }
    Ok(times)
}

/// A file that was written.
struct Written {
    size: u64,
    sha256: String,
    /// As npm has it, of what npm is to have.
    integrity: Option<String>,
    /// How long the packing took, of what is packed.
    packing: Option<Duration>,
}

/// Writes a file, unless it is packed and the last release has the same.
fn write(sources: packs::Sources<'_>, reuse: Option<&Reuse>, output: &channel::Output) -> Result<Written> {
    let started = Instant::now();
    let path = &output.path;
    let packed = |pack: &dyn Fn() -> Result<Packed>| {
        let key = reuse.map(|reuse| (reuse, reuse.key_of_recipe(&output.content, sources.manifest.source.epoch)));
        let Packed { size, sha256, integrity, .. } = reuse::or_pack(sources.draft, path, key, pack)?;
        Ok(Written { size, sha256, integrity, packing: Some(started.elapsed()) })
    };
    let (size, sha256) = match &output.content {
        Content::Text(text) => {
            sources.draft.write(path, text.as_bytes())?;
            (text.len() as u64, sha256(text.as_bytes()))
        }
        Content::Tar(tar) => sources.write_tar(path, tar)?,
        Content::TarGz { tar, epoch } => {
            return packed(&|| {
                let (size, sha256) = sources.write_tar_gz(path, tar, *epoch)?;
                let bytes = fs::read(sources.draft.folder().join(path)).context(|| format!("cannot read {path}"))?;
                Ok(Packed { integrity: Some(integrity(&bytes)), ..Packed::file(size, sha256) })
            });
        }
        Content::Image(image) => {
            return packed(&|| sources.write_image(path, image).map(|(size, sha256)| Packed::file(size, sha256)));
        }
    };
    Ok(Written { size, sha256, integrity: None, packing: None })
}

/// Writes the manifest and the checksums.
///
/// # Errors
/// A full disk.
pub fn write_records(draft: &Draft, manifest: &Manifest) -> Result<()> {
    let text = manifest.to_text()?;
    draft.write(manifest::FILE, text.as_bytes())?;
    for (name, sha256) in manifest.uploads() {
        draft.write(&Manifest::checksum_of(name), checksum_line(sha256, name).as_bytes())?;
    }
    draft.write(SUMS, verify::sums(manifest, &text).as_bytes())
}
