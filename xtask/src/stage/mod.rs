//! What goes into an archive: the programs that were built, the completions and man pages that the build script wrote,
//! and the files of the repository.

mod programs;

use std::collections::BTreeMap;
use std::path::Path;

use crate::compile::Built;
use crate::pack::Entry;
use crate::plan::TargetPlan;
use crate::project::{Package, Project, Role, belongs_to, extra, walk};
use crate::report::Result;
pub use programs::{Stage, stage};

/// How deep below OUT_DIR completions and man pages are looked for: generators like a folder of their own.
const OUT_DIR_DEPTH: usize = 3;

/// The entries of one archive. What the build script wrote wins over what the repository holds under the same name.
///
/// # Errors
/// An OUT_DIR that cannot be listed.
pub fn entries(project: &Project, package: &Package, plan: &TargetPlan, built: &Built) -> Result<Vec<Entry>> {
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    for file in &plan.files {
        let from = project.root.join(&file.from);
        let mode = if file.role == Role::Extra && is_executable(&from) { 0o755 } else { 0o644 };
        entries.insert(file.path.clone(), Entry { path: plan.archive.inside(&file.path), mode, role: file.role, from });
    }
    let out_dir = built.out_dir.as_deref().filter(|_| !plan.archive.is_bare());
    let written = out_dir.map_or(Ok(Vec::new()), |out_dir| walk(out_dir, OUT_DIR_DEPTH))?;
    for path in written {
        if let Some((role, command, place)) = extra(&path)
            && belongs_to(package, &command)
        {
            entries.insert(place.clone(), Entry { path: plan.archive.inside(&place), mode: 0o644, role, from: path });
        }
    }
    for (place, from) in &built.library {
        let path = plan.archive.inside(place);
        entries.insert(place.clone(), Entry { path, mode: 0o644, role: role_of(place), from: from.clone() });
    }
    for (name, from) in &built.binaries {
        let place = format!("{name}{}", plan.target.exe_suffix());
        let path = plan.archive.inside(&place);
        entries.insert(place, Entry { path, mode: 0o755, role: Role::Executable, from: from.clone() });
    }
    Ok(entries.into_values().collect())
}

/// What a file is for that wasm-bindgen wrote.
fn role_of(place: &str) -> Role {
    match place {
        module if module.ends_with(".wasm") => Role::Wasm,
        types if types.ends_with(".d.ts") => Role::Types,
        script if script.ends_with(".js") => Role::Script,
        _ => Role::Extra,
    }
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_file: &Path) -> bool {
    false
}
