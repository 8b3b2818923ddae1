//! How a crate stands in its registry: absent, there as it is here, or there with other content.

use std::path::Path;
use std::thread;
use std::time::Duration;

use super::{Crate, Difference, compare, pack, package};
use crate::project::CargoConfig;
use crate::registry::{Asking, Presence, Registry, folder_in, now};
use crate::report::{Error, Result, terminal};
use crate::run::Runner;

/// How a crate's version stands in its registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is not there.
    Absent,
    /// It is there as it is here; yanked or not.
    Same {
        /// Whether nobody new gets it.
        yanked: bool,
    },
    /// It is there, and is not what is here.
    Different(Difference),
}

/// Where crates are looked up, and what is needed for it.
#[derive(Clone, Copy)]
pub struct Lookup<'a> {
    /// Cargo's configuration.
    pub cargo: &'a CargoConfig,
    /// The target folder.
    pub target_dir: &'a Path,
    /// A folder for what is downloaded and packaged.
    pub work: &'a Path,
    /// Runs cargo, with the workspace as its working folder.
    pub runner: &'a Runner,
    /// How the registry is asked.
    pub asking: Asking<'a>,
}

/// How long it is waited until an index shows what was uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// At most so long.
    pub limit: Duration,
    /// From question to question.
    pub pause: Duration,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { limit: Duration::from_secs(300), pause: Duration::from_secs(1) }
    }
}

impl Lookup<'_> {
    /// Asks the registry itself, not a mirror of it, and compares.
    ///
    /// # Errors
    /// A registry that is not configured or does not answer; a package that cargo cannot make.
    pub fn standing(&self, krate: &Crate) -> Result<Standing> {
        let index = self.cargo.published_index_of(&krate.registry)?;
        let registry = Registry::new(&index, &folder_in(self.target_dir));
        let (name, version) = (krate.package.name.as_str(), &krate.package.version);
        let Some(published) = registry.find(name, version, self.asking)? else { return Ok(Standing::Absent) };
        let here = pack(self.runner, krate, self.work)?;
        if here.sha256 == published.sha256 {
            return Ok(Standing::Same { yanked: published.yanked });
        }
        let file = self.work.join(format!("{name}-{version}.published"));
        registry.download((name, version), &published, self.asking, &file)?;
        let difference = compare(&here, &package::read(&file)?, !krate.package.binaries.is_empty());
        Ok(if difference.is_none() {
            Standing::Same { yanked: published.yanked }
        } else {
            Standing::Different(difference)
        })
    }

    /// Whether the registry has each of these crates, which all go to the same. What it says is kept: who asks for the
    /// status after publishing gets the new one, of a mirror in the registry's place too.
    ///
    /// # Errors
    /// A registry that is not configured or does not answer.
    pub fn are_there(&self, crates: &[&Crate]) -> Result<Vec<bool>> {
        let Some(first) = crates.first() else { return Ok(Vec::new()) };
        let (own, used) = (self.cargo.published_index_of(&first.registry)?, self.cargo.index_of(&first.registry)?);
        let names: Vec<&str> = crates.iter().map(|krate| krate.package.name.as_str()).collect();
        let folder = folder_in(self.target_dir);
        let asking = Asking { now: now(), ..self.asking };
        let known = Registry::new(&own, &folder).ask(&names, asking)?;
        if used != own {
            // A mirror that does not answer is nothing that publishing waits for.
            let _ = Registry::new(&used, &folder).ask(&names, asking);
        }
        let mut there = Vec::new();
        for (krate, known) in crates.iter().zip(known) {
            if let Some(reason) = known.failure {
                return Err(Error::new(format!("cannot ask {} for {}", krate.registry, krate.package.name))
                    .because(reason)
                    .help("look at the network, and run the same command again"));
            }
            let versions = known.answer.and_then(|answer| answer.versions);
            there.push(versions.is_some_and(|versions| versions.has(&krate.package.version) != Presence::Absent));
        }
        Ok(there)
    }

    /// Waits until the index shows a crate that was uploaded.
    ///
    /// # Errors
    /// It does not for too long; as [`Lookup::are_there`].
    pub fn wait_for(&self, krate: &Crate, waiting: Waiting) -> Result<()> {
        let mut waited = Duration::ZERO;
        while !self.are_there(&[krate])?.contains(&true) {
            if waited.is_zero() {
                let what = format_args!("until the index of {} shows {}", krate.registry, krate.shown());
                terminal::status("Waiting", what);
            }
            if waited >= waiting.limit {
                let seconds = waiting.limit.as_secs();
                let what = format!("{} was uploaded, and the index does not show it after {seconds} s", krate.shown());
                return Err(Error::new(what).because("registries take a while at times"));
            }
            thread::sleep(waiting.pause);
            waited += waiting.pause;
        }
        Ok(())
    }
}
