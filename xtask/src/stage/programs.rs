//! Programs that are not packed just as the linker left them: universal ones, and those that the user signs. Always a
//! copy; what cargo made stays as it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::canon;
use crate::compile::{Built, Failed, OnFailure};
use crate::plan::{PackagePlan, ReleasePlan, TargetPlan};
use crate::project::Project;
use crate::report::{Context, Error, Result, terminal, unwritable};
use crate::run::Runner;
use crate::targets::Target;

/// What was built for `releases`, with signed programs, and what is made from it.
///
/// # Errors
/// What `on_failure` gives back: a linked file that contradicts itself, a signing command that fails, a full disk.
pub fn stage(
    project: &Project,
    releases: &[ReleasePlan],
    built: &[Built],
    epoch: u64,
    on_failure: OnFailure<'_>,
) -> Result<Vec<Built>> {
    let stage = Stage::new(project, epoch)?;
    let mut staged: Vec<Built> = Vec::new();
    for package in releases.iter().flat_map(|release| &release.packages) {
        // What is made from others comes last.
        let (universal, single): (Vec<_>, Vec<_>) =
            package.targets.iter().partition(|plan| plan.target.slices().is_some());
        for plan in single.into_iter().chain(universal) {
            match stage.target(package, plan, built, &staged) {
                Ok(made) => staged.extend(made),
                Err(error) => {
                    let (package, target) = (package.name.clone(), plan.target.clone());
                    on_failure(Failed { package, target, error })?;
                }
            }
        }
    }
    Ok(staged)
}

/// Where programs are copied to, joined and signed.
#[derive(Debug)]
pub struct Stage {
    folder: PathBuf,
    runner: Runner,
    epoch: u64,
}

impl Stage {
    /// The one of a project.
    ///
    /// # Errors
    /// No working folder.
    pub fn new(project: &Project, epoch: u64) -> Result<Self> {
        let folder = project.target_dir.join("xtask-dist").join("staged");
        Ok(Self { folder, runner: Runner::new(&project.root)?, epoch })
    }

    /// A target's programs; none where it was not built.
    fn target(
        &self,
        package: &PackagePlan,
        plan: &TargetPlan,
        built: &[Built],
        staged: &[Built],
    ) -> Result<Option<Built>> {
        let find = |all: &'_ [Built], target: &Target| {
            all.iter().find(|built| built.package == package.name && built.target == *target).cloned()
        };
        let Some(slices) = plan.target.slices() else {
            let own = find(built, &plan.target);
            return own.map(|own| if package.signs(plan) { self.signed(plan, own) } else { Ok(own) }).transpose();
        };
        let mut parts = Vec::new();
        for slice in slices {
            // As the release has it, if it has it: signed, perhaps.
            let is_signed = package.target(&slice).is_some_and(|plan| package.signs(plan));
            let from = if is_signed { staged } else { built };
            let Some(part) = find(from, &slice) else {
                return Err(Error::new(format!("{slice} is missing, which {} is made from", plan.target)));
            };
            let read = |(name, file): (&String, &PathBuf)| {
                let what = format!("{name} for {slice}");
                Ok((name.clone(), if is_signed { read(&what, file)? } else { self.canonical(&what, file)? }))
            };
            parts.push((part.binaries.iter().map(read).collect::<Result<BTreeMap<_, _>>>()?, part));
        }
        let programs: Vec<_> = parts.iter().map(|(programs, _)| programs).collect();
        let binaries = self.universal(plan, &package.name, &programs)?;
        // What else was built is that of the last slice: it does not depend on the processor.
        Ok(parts.into_iter().last().map(|(_, last)| Built { target: plan.target.clone(), binaries, ..last }))
    }

    fn signed(&self, plan: &TargetPlan, built: Built) -> Result<Built> {
        let copy = |(name, from): (&String, &PathBuf)| {
            let bytes = self.canonical(&format!("{name} for {}", plan.target), from)?;
            Ok((name.clone(), self.program(plan, &built.package, name, &bytes)?))
        };
        let binaries = built.binaries.iter().map(copy).collect::<Result<BTreeMap<_, _>>>()?;
        self.sign(plan, &binaries)?;
        Ok(Built { binaries, ..built })
    }

    /// Joins each program of the last of `slices` with its namesakes, and signs it: where each is now.
    ///
    /// # Errors
    /// Slices that cannot be joined, a signing command that fails, a full disk.
    pub fn universal(
        &self,
        plan: &TargetPlan,
        package: &str,
        slices: &[&BTreeMap<String, Vec<u8>>],
    ) -> Result<BTreeMap<String, PathBuf>> {
        let mut binaries = BTreeMap::new();
        for name in slices.last().into_iter().flat_map(|last| last.keys()) {
            let parts: Vec<&[u8]> = slices.iter().filter_map(|slice| slice.get(name)).map(Vec::as_slice).collect();
            let joined = canon::universal(&parts).context(|| format!("cannot join {name} for {}", plan.target))?;
            binaries.insert(name.clone(), self.program(plan, package, name, &joined)?);
        }
        self.sign(plan, &binaries)?;
        Ok(binaries)
    }

    /// A program as it would be packed: what is signed must not change afterwards.
    fn canonical(&self, what: &str, file: &Path) -> Result<Vec<u8>> {
        let mut bytes = read(what, file)?;
        canon::canonical(&mut bytes, self.epoch).context(|| format!("cannot make {what} canonical"))?;
        Ok(bytes)
    }

    fn program(&self, plan: &TargetPlan, package: &str, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let file = self.file(plan, package, &format!("{name}{}", plan.target.exe_suffix()), bytes)?;
        make_executable(&file).context(|| format!("cannot make {name} for {} executable", plan.target))?;
        Ok(file)
    }

    /// Writes a file for the target's archive: where it is now.
    ///
    /// # Errors
    /// A full disk.
    pub fn file(&self, plan: &TargetPlan, package: &str, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let folder = self.folder.join(package).join(plan.target.triple());
        let file = folder.join(name);
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&file, bytes))
            .map_err(|error| unwritable(&file, &error).context(format!("cannot copy {name} for {}", plan.target)))?;
        Ok(file)
    }

    /// Runs the user's signing command on each program.
    fn sign(&self, plan: &TargetPlan, binaries: &BTreeMap<String, PathBuf>) -> Result<()> {
        let Some((program, arguments)) = plan.build.sign.split_first() else { return Ok(()) };
        for (name, file) in binaries {
            terminal::status("Signing", file.display());
            self.runner.command(program).args(arguments).arg(file).run().map_err(|error| {
                Error::new(format!("cannot sign {name} for {}", plan.target)).because(error).help(format!(
                    "see `sign` in {}; the command gets the file's path as its last word",
                    crate::config::FILE
                ))
            })?;
        }
        Ok(())
    }
}

fn read(what: &str, file: &Path) -> Result<Vec<u8>> {
    let unreadable = |error| Error::new(format!("cannot read {what}")).because(format!("{}: {error}", file.display()));
    std::fs::read(file).map_err(unreadable)
}

/// Signing commands may look at it, and so may people.
#[cfg(unix)]
fn make_executable(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as on unix")]
fn make_executable(_file: &Path) -> std::io::Result<()> {
    Ok(())
}
