//! Reads cargo's JSON messages: executables and OUT_DIRs. (The Cargo book, "External tools".)

use std::io::BufRead;
use std::path::{Path, PathBuf};

use cargo_metadata::{Message, TargetKind};

use super::Built;
use crate::plan::Invocation;
use crate::project::Project;
use crate::report::{Context, Result, terminal};
use crate::targets::Target;

/// What the messages of one call say.
#[derive(Debug, Default)]
pub struct Said {
    /// What was built, by target.
    pub built: Vec<Built>,
    /// Whether cargo came to compile at all, well or not.
    pub compiled: bool,
}

/// Reads the messages of one call.
///
/// # Errors
/// A stream that cannot be read.
pub fn read(messages: impl BufRead, invocation: &Invocation, project: &Project) -> Result<Said> {
    let mut compiled = false;
    let mut built: Vec<Built> =
        invocation.targets.keys().map(|target| Built::nothing(&invocation.package, target)).collect();
    let folders = [project.target_dir.as_path(), project.build_dir.as_path()];
    for message in Message::parse_stream(messages) {
        match message.context(|| "cannot read what cargo says")? {
            Message::CompilerArtifact(artifact) if artifact.package_id.repr == invocation.package_id => {
                if artifact.target.kind.contains(&TargetKind::CDyLib) {
                    let module = artifact.filenames.iter().find(|file| file.extension() == Some("wasm"));
                    if let Some(module) = module.map(PathBuf::from)
                        && let Some(of_target) = triple_of(&module, &folders, &mut built)
                    {
                        of_target.module = Some(module);
                    }
                    continue;
                }
                let Some(executable) = artifact.executable.map(PathBuf::from) else { continue };
                if artifact.target.kind.contains(&TargetKind::Bin)
                    && let Some(of_target) = triple_of(&executable, &folders, &mut built)
                {
                    of_target.binaries.insert(artifact.target.name, executable);
                }
            }
            Message::BuildScriptExecuted(script) if script.package_id.repr == invocation.package_id => {
                let out_dir = PathBuf::from(script.out_dir);
                if let Some(of_target) = triple_of(&out_dir, &folders, &mut built) {
                    of_target.out_dir = Some(out_dir);
                }
            }
            Message::BuildFinished(_) => compiled = true,
            Message::TextLine(line) if !line.trim().is_empty() => terminal::say(&line),
            _ => {}
        }
    }
    Ok(Said { built, compiled })
}

/// The messages do not name the target, but it is the first folder below the target (or build) folder.
fn triple_of<'b>(path: &Path, folders: &[&Path], built: &'b mut [Built]) -> Option<&'b mut Built> {
    let below = folders.iter().find_map(|folder| path.strip_prefix(folder).ok())?;
    let triple = below.components().next()?.as_os_str().to_str()?;
    let target = Target::parse(triple).ok()?;
    built.iter_mut().find(|built| built.target == target)
}
