//! How a crate stands in its registry: absent, there as it is here, or there with other content.

use std::path::Path;

use super::{Crate, Difference, compare, pack, package};
use crate::project::CargoConfig;
use crate::registry::{Asking, Registry, folder_in};
use crate::report::Result;
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
}
