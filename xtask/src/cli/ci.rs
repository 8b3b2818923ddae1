//! `cargo xtask dist ci`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Workspace;
use crate::ci::{Choice, Service};
use crate::config::{FILE, Jobs};
use crate::release::{self, Request};
use crate::replace::replace;
use crate::report::{Error, Problem, Result, terminal};

/// Write the file that has a forge plan on pull requests, and release what is tagged.
///
/// Its jobs call `cargo xtask dist`: what they do can be done anywhere. In the file, the parts between `# >>> dist` and
/// `# <<< dist` are written anew each time; everything else is yours, and stays. All targets of packaging/dist.toml are
/// released, without one the usual five.
#[derive(Debug, Args)]
pub struct Options {
    /// Who runs it
    #[arg(value_enum)]
    service: Words,
    /// Write nothing; exit with 1 if the file is not what would be written
    #[arg(long)]
    check: bool,
    /// Another file than `.github/workflows/release.yml` or `.gitlab-ci.yml`
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    workspace: Workspace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Words {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let (service, word) = match options.service {
        Words::Github => (Service::Github, "github"),
        Words::Gitlab => (Service::Gitlab, "gitlab"),
    };
    let request = Request { manifest_path: options.workspace.manifest_path.clone(), ..Request::default() };
    let (path, file) = release::ci_file(&request, service, options.output.as_deref())?;
    let shown = path.display();
    if file.is_current {
        terminal::data(&format!("{shown}: up to date"));
        return Ok(ExitCode::SUCCESS);
    }
    if options.check {
        let what = format!("{shown} is not what {FILE} and the templates come to");
        terminal::error(Problem::new(what).help(format!("cargo xtask dist ci {word}")));
        return Ok(ExitCode::FAILURE);
    }
    terminal::note(reason(&file.choice));
    replace(&path, &file.text).map_err(|error| Error::new(format!("cannot write {shown}")).because(error))?;
    terminal::data(&format!("{shown}: written"));
    Ok(ExitCode::SUCCESS)
}

/// Why there is one job, or one for each target.
fn reason(choice: &Choice) -> String {
    let minutes = |time: Duration| time.as_secs().div_ceil(60);
    let (single, matrix) = (minutes(choice.single), minutes(choice.matrix));
    match (choice.jobs, &choice.obstacle) {
        (Jobs::Single, Some(obstacle)) => format!("one job makes everything: {obstacle}"),
        (Jobs::Single, None) => {
            format!("one job makes everything, in about {single} min; with one for each target it would be {matrix}")
        }
        (Jobs::Matrix, _) => format!("a job for each target: about {matrix} min; one job would take about {single}"),
    }
}
