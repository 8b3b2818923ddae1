//! `[package.metadata.binstall]` of every package that cargo-binstall gets, brought into step with what its releases are
//! called.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Request, record};
use crate::channel::binstall::{self, Aim, Complaint, Section, Settings, Synced};
use crate::channel::{self, Channel};
use crate::config::{Config, Reader};
use crate::manifest::{Asset, Manifest};
use crate::plan::{self, ChannelRules, PackagePlan, Wanted};
use crate::project::{Project, Source};
use crate::replace::replace;
use crate::report::{Context, Error, Result, Skip, both};
use crate::template::Templates;

/// A package's Cargo.toml, as it should be.
#[derive(Debug)]
pub struct Sync {
    /// The package.
    pub package: String,
    /// Its Cargo.toml, relative to the workspace.
    pub manifest: String,
    /// What is to be done, or why nothing can be.
    pub synced: Result<Synced, Skip>,
    /// What is wrong with the releases whatever the section says.
    pub remaining: Vec<Complaint>,
    file: PathBuf,
}

/// Finds out what each Cargo.toml should say for all targets that are configured.
///
/// # Errors
/// Everything that is wrong with the configuration; a Cargo.toml that cannot be read.
pub fn sections(request: &Request) -> Result<Vec<Sync>> {
    let project = Project::load(request.manifest_path.as_deref())?;
    let templates = Templates::load(&project.root, &[binstall::METADATA]);
    let assumed: Vec<Assumed> = channel::ALL.iter().map(|channel| Assumed(*channel)).collect();
    let rules: Vec<&dyn ChannelRules> = assumed.iter().map(|channel| channel as &dyn ChannelRules).collect();
    // A section is the same whichever targets are released today.
    let wanted = Wanted { targets: vec!["all".to_owned()], ..request.wanted.clone() };
    let config = Config::load(&project.root, &request.overrides);
    let releases = config
        .and_then(|config| plan::releases(&project, &config, &rules, &std::collections::BTreeMap::default(), &wanted));
    let (releases, templates) = both(releases, templates)?;
    let source = Source { commit: None, dirty: None, lock: None, epoch: 0 };
    let mut syncs = Vec::new();
    for plan in &releases {
        let release = record(&source, plan, Vec::new(), Asset::all_predicted(plan, &[]));
        for package in &plan.packages {
            if let Some(channel) = package.channel(binstall::ID) {
                let settings = Settings::of_plan(&channel.settings);
                syncs.push(sync(&project.root, &release, package, &settings, &templates)?);
            }
        }
    }
    Ok(syncs)
}

/// A channel that is taken to have what it needs: what the sections say now is not the question.
struct Assumed(&'static dyn Channel);

impl ChannelRules for Assumed {
    fn id(&self) -> &'static str {
        self.0.id()
    }

    fn settings(&self, table: &Reader<'_>) -> Value {
        self.0.settings(table)
    }

    fn applies(&self, _package: &PackagePlan, _settings: &Value) -> Result<(), Skip> {
        Ok(())
    }
}

fn sync(
    root: &Path,
    release: &Manifest,
    package: &PackagePlan,
    settings: &Settings,
    templates: &Templates,
) -> Result<Sync> {
    let file = root.join(&package.manifest);
    let mut sync = Sync {
        package: package.name.clone(),
        manifest: package.manifest.clone(),
        synced: Ok(Synced::default()),
        remaining: Vec::new(),
        file,
    };
    if let Err(skip) = binstall::Binstall.applies(package, &Value::Null) {
        sync.synced = Err(skip);
        return Ok(sync);
    }
    let text = fs::read_to_string(&sync.file).context(|| format!("cannot read {}", sync.file.display()))?;
    let section = Section::of(release, package, settings)?;
    let rendered = templates.render(binstall::METADATA.path, &section)?;
    let judged = |own: &Value| binstall::complaints(release, package, settings, (&judgeable(own, release), &section));
    let wrong = |own: &Value| judged(own).len();
    let wanted = if section.is_empty() { "" } else { &rendered };
    let synced = Aim { file: &package.manifest, wanted, wrong: &wrong }.reach(&text)?;
    let own = crate::binstall::section(&package.manifest, &synced.text)?.unwrap_or_default();
    sync.remaining = judged(&own);
    sync.synced = Ok(synced);
    Ok(sync)
}

/// Whoever signs otherwise than by this tool keeps the key.
fn judgeable(own: &Value, release: &Manifest) -> Value {
    let mut own = own.clone();
    if let (None, Some(table)) = (&release.plan.public_key, own.as_object_mut()) {
        table.remove("signing");
    }
    own
}

impl Sync {
    /// Writes the Cargo.toml, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self) -> Result<()> {
        let Ok(Synced { text, .. }) = &self.synced else { return Ok(()) };
        replace(&self.file, text).map_err(|error| {
            let help = "make it and its folder writable, or edit it: `--check` says what is to be changed";
            Error::new(format!("cannot write {}", self.file.display())).because(error).help(help)
        })
    }
}
