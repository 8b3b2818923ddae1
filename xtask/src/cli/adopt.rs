//! `cargo xtask dist adopt`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::show;
use crate::adopt::{self, Adoption, Depend, Source, Survey, Update};
use crate::report::{Error, Result, terminal};
use crate::run::Runner;

/// Put this release system into another repository, or bring it up to date there.
///
/// Everything is worked out first and shown: the new files, and the lines that change in Cargo.toml, Cargo.lock and
/// .cargo/config.toml. Nothing is written before the answer, and then all of it or nothing. What is copied is what this
/// command was compiled from.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub struct Options {
    /// The repository: its workspace, or any folder in it
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Bring a repository that has it up to date: what was not touched there is replaced, what was is merged
    #[arg(long)]
    update: bool,
    /// Only tell how far behind it is; exits with 1 if it is
    #[arg(long, conflicts_with = "update")]
    check: bool,
    /// Instead of a copy, an xtask of a few lines that depends on this one
    #[arg(long, value_name = "HOW", value_enum, conflicts_with_all = ["update", "check"])]
    depend: Option<Depend>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Show what would be changed, and stop
    #[arg(long)]
    plan: bool,
    /// Even if there are changes that are not committed
    #[arg(long)]
    allow_dirty: bool,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let survey = Survey::of(&options.path)?;
    let source = Source::load()?;
    if options.update || options.check {
        return update(options, &survey, &source);
    }
    let adoption = adopt::adoption(&survey, &source, options.depend)?;
    terminal::data(&format!("Into {}:\n{}", survey.root.display(), adoption.changes.shown().trim_end()));
    if options.plan {
        adoption.notes.iter().for_each(terminal::note);
        return Ok(ExitCode::SUCCESS);
    }
    if !agreed(options, &survey)? {
        return Ok(ExitCode::FAILURE);
    }
    write(&survey.root, &adoption, options.depend.is_some())?;
    adoption.notes.iter().for_each(terminal::note);
    terminal::data(&format!("\nNext, in {}:\n{}", show::shown(&survey.root), next(&survey, adoption.alias)));
    Ok(ExitCode::SUCCESS)
}

/// What can be done with it: libraries are published as crates, and have no release.
fn next(survey: &Survey, alias: &str) -> String {
    let steps = if survey.released().next().is_some() || survey.members.iter().any(|m| !m.programs.is_empty()) {
        [("--plan", "what a release would be"), ("", "makes one, and verifies it")]
    } else {
        [("check", "what would be wrong with the crates"), ("publish --channel crates-io", "publishes them")]
    };
    let commands = steps.map(|(words, does)| (format!("cargo {alias} dist {words}"), does));
    let width = commands.iter().map(|(command, _)| command.trim_end().len()).max().unwrap_or_default();
    let lines = commands.map(|(command, does)| format!("  {:width$}    {does}\n", command.trim_end()));
    lines.concat() + "  git add --all && git commit"
}

/// Writes the files; a lock file of dependencies is cargo's to finish.
pub(super) fn write(root: &Path, adoption: &Adoption, depends: bool) -> Result<()> {
    adopt::apply(root, &adoption.changes)?;
    if depends {
        settle(&root.join(adoption.alias))?;
    }
    Ok(())
}

/// Has cargo find what an xtask of a few lines depends on, so that the next run changes no file.
fn settle(folder: &Path) -> Result<()> {
    let runner = Runner::new(folder)?;
    let output = runner.cargo().args(["metadata", "--format-version", "1"]).ignore_status().output();
    let said = match output {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    terminal::warning(format_args!("cargo does not find the release system yet: {said}"));
    Ok(())
}

fn update(options: &Options, survey: &Survey, source: &Source) -> Result<ExitCode> {
    let update = adopt::update(survey, source)?;
    if !update.is_behind() {
        terminal::data(&format!("{} is up to date: {}", survey.root.display(), update.to));
        if options.update && !update.changes.is_empty() {
            adopt::apply(&survey.root, &update.changes)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    terminal::data(show::update(&update).trim_end());
    if options.check {
        terminal::error("it is behind");
        return Ok(ExitCode::FAILURE);
    }
    if options.plan {
        terminal::data(&update.changes.shown());
        return Ok(ExitCode::SUCCESS);
    }
    if !agreed(options, survey)? {
        return Ok(ExitCode::FAILURE);
    }
    finish_update(survey, &update)
}

fn finish_update(survey: &Survey, update: &Update) -> Result<ExitCode> {
    adopt::apply(&survey.root, &update.changes)?;
    if update.depends {
        settle(&survey.root.join(update.folder))?;
    }
    let conflicts: Vec<&str> = update.conflicts().collect();
    if conflicts.is_empty() {
        terminal::data(&format!("{} has {}", survey.root.display(), update.to));
        return Ok(ExitCode::SUCCESS);
    }
    Err(Error::new(format!("you and the newer version changed the same lines of {}", conflicts.join(", ")))
        .help("look for <<<<<<< in them, and keep what is right; all else is done"))
}

/// Whether it is to be done: asked of a person, or said beforehand.
fn agreed(options: &Options, survey: &Survey) -> Result<bool> {
    let uncommitted = survey.uncommitted()?;
    if let (Some(first), false) = (uncommitted.first(), options.allow_dirty) {
        return Err(Error::new(format!("{} has changes that are not committed", survey.root.display()))
            .because(format!("{} files, {first} among them", uncommitted.len()))
            .help("commit or stash them, so that git can show and undo what is done here; or --allow-dirty"));
    }
    if options.yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Error::usage("nobody can be asked: this is no terminal")
            .help("`--yes` does it without a question, `--plan` only shows it"));
    }
    let _ = write!(std::io::stderr().lock(), "\nWrite this? [y/N] ");
    let mut answer = String::new();
    let _ = std::io::stdin().lock().read_line(&mut answer);
    if !answer.ends_with('\n') {
        // Input ended in the line of the question.
        let _ = writeln!(std::io::stderr().lock());
    }
    let yes = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    if !yes {
        terminal::note("nothing was written");
    }
    Ok(yes)
}
