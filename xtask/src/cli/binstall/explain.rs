//! `cargo xtask dist binstall explain`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::super::Format;
use super::judge::{Archive, Explanation, Judge};
use super::text;
use crate::binstall::{self, Package, Strategies, Strategy, install_dir};
use crate::report::{Context, Error, Problem, Result, terminal};
use crate::targets::Target;

/// Say which URLs `cargo binstall` tries for a package, and where in the archive it looks for the programs, and why.
///
/// Cargo.toml is read as cargo-binstall reads it: no cargo is run, nothing is asked of the network, and the source code
/// need not be there. Exits with 1 if the package cannot be installed, with what cargo-binstall would say and what
/// mends it. With --format json, each line is the object of one target: `target`, `urls` in order, and either `bins`
/// (the path in the archive by the name of the installed program) or `error`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Options {
    /// The Cargo.toml (or its folder) of the package or its workspace; the nearest above unless given
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// Only this package; all published ones with programs unless given
    #[arg(long, short, value_name = "NAME")]
    package: Option<String>,
    /// For this target: any triple, or `host`; may be repeated. The host unless given
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// A file as it would be published: what is in it is what is judged
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,
    /// As cargo-binstall's: only these ways, in this order; `disabled-strategies` then count for nothing
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STRATEGIES")]
    strategies: Vec<Strategy>,
    /// As cargo-binstall's: not these ways
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STRATEGIES")]
    disable_strategies: Vec<Strategy>,
    /// List every URL
    #[arg(long)]
    all: bool,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask dist binstall explain --target x86_64-pc-windows-msvc
  cargo xtask dist binstall explain --manifest-path ../other --archive other-1.0.0.tar.gz
  cargo xtask dist binstall explain --package NAME --all --format json";

pub fn run(options: &Options) -> Result<ExitCode> {
    let strategies = Strategies::new(&options.strategies, &options.disable_strategies)?;
    let manifest = manifest(options.manifest_path.as_deref())?;
    let packages = match &options.package {
        Some(name) => vec![binstall::read(&manifest, name)?],
        None => binstall::packages(&manifest)?,
    };
    let archive = options.archive.as_deref().map(Archive::open).transpose()?;
    let install =
        install_dir(|name| std::env::var_os(name), std::env::home_dir(), |file| std::fs::read_to_string(file).ok());
    let judge = Judge { strategies: &strategies, archive: archive.as_ref(), install: install.as_ref() };
    let mut said = Vec::new();
    let mut installable = true;
    for package in &packages {
        for triple in triples(&options.target) {
            let explanation = judge.explain(package, &triple);
            installable &= explanation.installable();
            match options.format {
                Format::Text => terminal::data(&text::of(&explanation, options.all)),
                Format::Json => terminal::data(&json(&explanation)?),
            }
            say(package, &explanation, &mut said);
        }
    }
    Ok(if installable { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The manifest that was asked for, or the nearest above the working folder.
fn manifest(asked: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = asked {
        let file = if path.is_dir() { path.join("Cargo.toml") } else { path.to_owned() };
        return if file.is_file() {
            Ok(file)
        } else {
            Err(Error::usage(format!("there is no manifest at {}", file.display()))
                .help("--manifest-path takes a Cargo.toml, or the folder that holds it"))
        };
    }
    let here = std::env::current_dir().context(|| "no working folder")?;
    if Path::new("Cargo.toml").is_file() {
        return Ok("Cargo.toml".into());
    }
    let mut above = here.ancestors().map(|folder| folder.join("Cargo.toml"));
    above.find(|file| file.is_file()).ok_or_else(|| {
        Error::usage(format!("there is no Cargo.toml in {} or above", here.display()))
            .help("point --manifest-path at one")
    })
}

fn triples(asked: &[String]) -> Vec<String> {
    let host = || Target::host().triple().to_owned();
    if asked.is_empty() {
        return vec![host()];
    }
    asked.iter().map(|word| if word == "host" { host() } else { word.clone() }).collect()
}

/// One line for one target.
fn json(explanation: &Explanation) -> Result<String> {
    serde_json::to_string(explanation).map_err(|error| Error::new("cannot write JSON").because(error))
}

/// Warnings and the error, each once.
fn say(package: &Package, explanation: &Explanation, said: &mut Vec<Problem>) {
    let mut once = |problem: Problem, write: fn(&Problem)| {
        if !said.contains(&problem) {
            write(&problem);
            said.push(problem);
        }
    };
    for warning in &explanation.warnings {
        let problem = Problem::new(&warning.what).help(&warning.help);
        let problem = if let Some(at) = package.place(&warning.remark) { problem.at(at) } else { problem };
        once(problem, |problem| terminal::warning(problem));
    }
    let whose = format!("{} for {}", explanation.package, explanation.target);
    for (what, help) in explanation.findings(package) {
        once(Problem::new(format!("{whose}: {what}")).help(help), |problem| terminal::error(problem));
    }
}
