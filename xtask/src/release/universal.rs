//! A universal archive at merge, of what the shards for both processors packed: what a machine that builds all three
//! packs too.

use std::collections::BTreeMap;

use super::archives;
use crate::config::BuildSettings;
use crate::inspect;
use crate::layout::Draft;
use crate::manifest::Asset;
use crate::pack;
use crate::plan::{PackagePlan, TargetPlan};
use crate::project::{Project, Role};
use crate::report::{Error, Result};
use crate::stage::Stage;

/// The plans that `plan` is joined from, in order; none for one that is compiled.
///
/// # Errors
/// Why it cannot be joined.
pub fn parts<'p>(package: &'p PackagePlan, plan: &TargetPlan) -> Option<Result<Vec<&'p TargetPlan>, String>> {
    let part = |slice| {
        let part = package.target(slice).ok_or_else(|| format!("{slice}, which it is made from, is not released"))?;
        let is_alike = content(part) == content(plan);
        is_alike
            .then_some(part)
            .ok_or_else(|| format!("it is configured otherwise than {slice}, and not joined from it"))
    };
    Some(plan.target.slices()?.iter().map(part).collect())
}

/// What a plan says of programs and files. Names and signatures of archives may differ; but what is released bare has
/// left out what build scripts wrote.
fn content(plan: &TargetPlan) -> impl PartialEq {
    let build = BuildSettings { sign: Vec::new(), include: Vec::new(), ..plan.build.clone() };
    (build, plan.binaries.clone(), plan.files.clone(), plan.archive.is_bare())
}

/// Joins the archives of `parts`, which are in the draft already, to that of `plan`: programs from all, and the other
/// files from the last, as when they are built together.
///
/// # Errors
/// Archives without the programs that their plans have, a signing command that fails, a full disk.
pub fn join(
    project: &Project,
    epoch: u64,
    (package, plan): (&PackagePlan, &TargetPlan),
    parts: &[(&TargetPlan, &Asset)],
    draft: &Draft,
) -> Result<Asset> {
    let stage = Stage::new(project, epoch)?;
    let mut programs = Vec::new();
    let mut others = BTreeMap::new();
    for (part, asset) in parts {
        let mut files = inspect::contents(&draft.folder().join(&asset.name), part.archive.format)?;
        let mut program = |name: &String| {
            let path = part.archive.inside(name);
            let bytes = files.remove(&path);
            Ok((name.clone(), bytes.ok_or_else(|| Error::new(format!("{} lacks the program {path}", asset.name)))?))
        };
        programs.push(part.binaries.iter().map(&mut program).collect::<Result<BTreeMap<_, _>>>()?);
        others = files;
    }
    let Some((last, asset)) = parts.last() else { return Err(Error::new("a universal archive is made of two")) };
    let joined = stage.universal(plan, &package.name, &programs.iter().collect::<Vec<_>>())?;
    let mut entries: Vec<pack::Entry> = Vec::new();
    for (name, from) in joined {
        entries.push(pack::Entry { path: plan.archive.inside(&name), mode: 0o755, role: Role::Executable, from });
    }
    for entry in asset.entries.iter().filter(|entry| entry.role != Role::Executable) {
        let Some(bytes) = others.get(&entry.path) else {
            return Err(Error::new(format!("{} lacks {}", asset.name, entry.path)));
        };
        // By number: what stands in an archive is no path to write to.
        let from = stage.file(plan, &package.name, &format!("file-{}", entries.len()), bytes)?;
        let path = plan.archive.inside(last.archive.below(&entry.path));
        entries.push(pack::Entry { path, mode: entry.mode, role: entry.role, from });
    }
    archives::pack(project, epoch, (package, plan), entries, (draft, None))
}
