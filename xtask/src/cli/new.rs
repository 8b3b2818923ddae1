//! `cargo xtask dist new`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{adopt::write, show};
use crate::adopt::{self, Changes, Depend, Source, Survey};
use crate::report::{Context, Error, Result, terminal};
use crate::run::Runner;

/// Make a new project: a program that works, with tests and this release system, ready for its first release.
#[derive(Debug, Args)]
pub struct Options {
    /// The folder to make; its last part is the package's name
    path: PathBuf,
    /// Instead of a copy, an xtask of a few lines that depends on this one
    #[arg(long, value_name = "HOW", value_enum)]
    depend: Option<Depend>,
    /// Make a template for `cargo generate` instead: the same tree, with a placeholder for the name
    #[arg(long)]
    template: bool,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let folder = std::path::absolute(&options.path).context(|| "no working folder")?;
    let occupied = folder.read_dir().map_or(folder.exists(), |mut entries| entries.next().is_some());
    if occupied {
        return Err(Error::usage(format!("{} is there already", folder.display()))
            .help("for a project that exists: cargo xtask dist adopt PATH"));
    }
    let source = Source::load()?;
    let project = adopt::project(&folder, options.template)?;
    let made = std::fs::create_dir_all(&folder).context(|| format!("cannot make {}", folder.display()));
    made.and_then(|()| make(options, &folder, &project, &source)).inspect_err(|_| {
        // Best effort: it was not there before.
        let _ = std::fs::remove_dir_all(&folder);
    })?;
    let shown = show::shown(&folder);
    terminal::data(&if options.template {
        format!("Made a template in {shown}. Next:\n  cargo generate --path {shown}")
    } else {
        format!("Made {} in {shown}. Next:\n  cd {shown}\n  cargo test\n  cargo xtask dist", project.name)
    });
    Ok(ExitCode::SUCCESS)
}

fn make(options: &Options, folder: &Path, project: &adopt::Project, source: &Source) -> Result<()> {
    adopt::apply(folder, &project.changes)?;
    let runner = Runner::new(folder)?;
    // A package of its own, whatever is around it.
    let lock = runner.cargo().args(["generate-lockfile", "--quiet", "--offline"]).ignore_status().output();
    let lock = lock.context(|| "cannot run cargo")?;
    if !lock.status.success() {
        return Err(Error::new("cargo does not take the new project")
            .because(String::from_utf8_lossy(&lock.stderr).trim())
            .help("make it in a folder that is in no workspace"));
    }
    let survey = Survey::of(folder)?;
    let adoption = adopt::adoption(&survey, source, options.depend)?;
    write(folder, &adoption, options.depend.is_some())?;
    let mut finished = Changes::default();
    // The engine's sources have the words of placeholders too; of its files, only the record has the project's name.
    let record = format!("{}/{}", adoption.alias, adopt::RECORD);
    let may_have_name = |path: &str| path == record || !path.starts_with(&format!("{}/", adoption.alias));
    for path in project.changes.paths().chain(adoption.changes.paths()).chain(["Cargo.lock"]) {
        let Ok(text) = std::fs::read_to_string(folder.join(path)) else { continue };
        if let Some(new) = project.finished(&text).filter(|_| may_have_name(path)) {
            finished.edit(path, Some(text.as_bytes()), new);
        }
    }
    adopt::apply(folder, &finished)?;
    if runner.git(&["rev-parse", "--is-inside-work-tree"]).is_none() {
        // Without git it is a project all the same.
        let _ = runner.git(&["init", "--quiet"]);
    }
    Ok(())
}
