//! `cargo xtask dist verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{Format, Workspace, print_json, show};
use crate::channel::{self, Service};
use crate::layout::{self, Releases};
use crate::minisign::PublicKey;
use crate::project::Project;
use crate::report::{Context, Error, Result, terminal};
use crate::verify::{self, Verdict};

/// Read a finished release and find what is missing, extra, altered or contradictory in it.
///
/// Every checksum is computed anew, every archive opened, every file of a channel compared with the manifest. Nothing
/// outside the directory is read. Exits with 1 if anything is found.
///
/// Signatures are checked with the key that the manifest names. Somebody who exchanges files can exchange that too: who
/// has the key from elsewhere gives it with --public-key, and believes nothing that it did not sign.
#[derive(Debug, Args)]
pub struct Options {
    /// The release directory; all of this workspace's unless given
    dir: Option<PathBuf>,
    /// The minisign key that everything has to be signed with (RW…), whatever the manifest says
    #[arg(long, value_name = "KEY")]
    public_key: Option<String>,
    #[command(flatten)]
    workspace: Workspace,
    /// Say for each target which URL serves, and from which folder
    #[arg(long, short)]
    verbose: bool,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let key = options.public_key.as_deref().map(PublicKey::parse).transpose()?;
    let folders = match &options.dir {
        Some(dir) => {
            Releases::recover_around(dir)?;
            vec![dir.clone()]
        }
        None => releases_of(options)?,
    };
    let verify = |folder: &PathBuf| verify::verify(folder, channel::ALL, key.as_ref());
    let verdicts = folders.iter().map(verify).collect::<Result<Vec<_>>>()?;
    for (verdict, folder) in verdicts.iter().zip(&folders) {
        for finding in &verdict.findings {
            terminal::error(format_args!("{}: {finding}", verdict.tag));
        }
        if options.format == Format::Text {
            terminal::data(&line(verdict, folder));
            for service in verdict.services.iter().filter(|_| options.verbose) {
                terminal::data(&served(service));
            }
        }
    }
    if options.format == Format::Json {
        print_json(&verdicts)?;
    }
    let clean = verdicts.iter().all(|verdict| verdict.findings.is_empty());
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn line(verdict: &Verdict, folder: &std::path::Path) -> String {
    let result = match verdict.findings.len() {
        0 => "verified".to_owned(),
        1 => "1 finding".to_owned(),
        many => format!("{many} findings"),
    };
    let Verdict { tag, files, entries, claims, .. } = verdict;
    let signatures = show::signatures(verdict);
    let folder = folder.display();
    format!("{tag}: {result} ({files} files, {entries} archive entries, {claims} claims{signatures}) in {folder}")
}

/// What a client gets.
fn served(service: &Service) -> String {
    let Service { client, target, url, place, programs, by } = service;
    let programs = programs.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    format!("  {client} on {target}: {programs}\n    from {url}\n    in   {place} ({by})")
}

fn releases_of(options: &Options) -> Result<Vec<PathBuf>> {
    let project = Project::load(options.workspace.manifest_path.as_deref())?;
    let folder = layout::folder_of(&project);
    let none = || Error::new(format!("there is no release in {}", folder.display())).help("make one: cargo xtask dist");
    if !folder.is_dir() {
        return Err(none());
    }
    drop(Releases::open(&folder)?);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).context(|| format!("cannot list {}", folder.display()))? {
        let path = entry.context(|| format!("cannot list {}", folder.display()))?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() { Err(none()) } else { Ok(found) }
}
