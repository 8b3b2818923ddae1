//! Programs that are not packed just as the linker left them: universal ones, and those that the user signs. Always a
//! copy; what cargo made stays as it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::canon;
use crate::compile::Built;
use crate::plan::{ReleasePlan, TargetPlan};
use crate::project::Project;
use crate::report::{Context, Error, Result, terminal};
use crate::run::Runner;
use crate::targets::Target;

/// What was built for `releases`, with signed programs, and what is made from it.
///
/// # Errors
/// A linked file that contradicts itself, a signing command that fails, a full disk.
pub fn stage(project: &Project, releases: &[ReleasePlan], built: &[Built], epoch: u64) -> Result<Vec<Built>> {
    let folder = project.target_dir.join("xtask-dist").join("staged");
    let stage = Stage { folder, runner: Runner::new(&project.root)?, epoch };
    let mut staged = Vec::new();
    for package in releases.iter().flat_map(|release| &release.packages) {
        let find =
            |target: &Target| built.iter().find(|built| built.package == package.name && built.target == *target);
        for plan in &package.targets {
            match plan.target.slices() {
                None => staged.extend(find(&plan.target).map(|own| stage.single(plan, own)).transpose()?),
                Some(targets) => {
                    let slices: Vec<&Built> = targets.iter().filter_map(find).collect();
                    staged.push(stage.universal(plan, &slices)?);
                }
            }
        }
    }
    Ok(staged)
}

struct Stage {
    folder: PathBuf,
    runner: Runner,
    epoch: u64,
}

impl Stage {
    fn single(&self, plan: &TargetPlan, built: &Built) -> Result<Built> {
        if plan.build.sign.is_empty() {
            return Ok(built.clone());
        }
        let copy = |(name, from): (&String, &PathBuf)| {
            Ok((name.clone(), self.write(plan, &built.package, name, &self.canonical(from)?)?))
        };
        let binaries = built.binaries.iter().map(copy).collect::<Result<BTreeMap<_, _>>>()?;
        self.sign(plan, &binaries)?;
        Ok(Built { binaries, ..built.clone() })
    }

    /// Joins the slices of each program. What else was built is that of the last slice: it does not depend on the
    /// processor.
    fn universal(&self, plan: &TargetPlan, slices: &[&Built]) -> Result<Built> {
        let Some(last) = slices.last() else {
            return Err(Error::new(format!("nothing was built that {} is made from", plan.target)));
        };
        let mut binaries = BTreeMap::new();
        for name in last.binaries.keys() {
            let files = slices.iter().filter_map(|slice| slice.binaries.get(name));
            let parts = files.map(|file| self.canonical(file)).collect::<Result<Vec<_>>>()?;
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let joined = canon::universal(&parts).context(|| format!("cannot join {name} for {}", plan.target))?;
            binaries.insert(name.clone(), self.write(plan, &last.package, name, &joined)?);
        }
        self.sign(plan, &binaries)?;
        Ok(Built { target: plan.target.clone(), binaries, ..(*last).clone() })
    }

    /// A program as it would be packed: what is signed must not change afterwards.
    fn canonical(&self, file: &Path) -> Result<Vec<u8>> {
        let mut bytes = std::fs::read(file).context(|| format!("cannot read {}", file.display()))?;
        canon::canonical(&mut bytes, self.epoch).context(|| format!("cannot make {} canonical", file.display()))?;
        Ok(bytes)
    }

    fn write(&self, plan: &TargetPlan, package: &str, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let folder = self.folder.join(package).join(plan.target.triple());
        let file = folder.join(format!("{name}{}", plan.target.exe_suffix()));
        std::fs::create_dir_all(&folder).context(|| format!("cannot create {}", folder.display()))?;
        std::fs::write(&file, bytes).context(|| format!("cannot write {}", file.display()))?;
        make_executable(&file)?;
        Ok(file)
    }

    /// Runs the user's signing command on each program.
    fn sign(&self, plan: &TargetPlan, binaries: &BTreeMap<String, PathBuf>) -> Result<()> {
        let Some((program, arguments)) = plan.build.sign.split_first() else { return Ok(()) };
        for file in binaries.values() {
            terminal::status("Signing", file.display());
            self.runner.command(program).args(arguments).arg(file).run().map_err(|error| {
                Error::new(format!("cannot sign {}", file.display())).because(error).help(format!(
                    "see `sign` in {}; the command gets the file's path as its last word",
                    crate::config::FILE
                ))
            })?;
        }
        Ok(())
    }
}

/// Signing commands may look at it, and so may people.
#[cfg(unix)]
fn make_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(file, permissions).context(|| format!("cannot make {} executable", file.display()))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as on unix")]
fn make_executable(_file: &Path) -> Result<()> {
    Ok(())
}
