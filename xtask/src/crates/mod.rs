//! The workspace's own crates, on their way to a registry: which, in which order, as which files, by cargo.

mod compare;
mod order;
mod package;
mod retry;
mod standing;
mod token;
mod upload;

use std::path::{Path, PathBuf};

pub use compare::{Difference, compare};
pub use order::{in_order, needed_by};
pub use package::{Listed, Packed, list, pack};
pub use retry::{Patience, Refusal, refusal};
pub use standing::{Lookup, Standing, Waiting};
pub use token::Token;
pub use upload::{Cargo, upload, verify};

use crate::project::{Dependency, Origin, Package};

/// A member that is published, and where to.
#[derive(Debug, Clone)]
pub struct Crate {
    /// The package.
    pub package: Package,
    /// The registry, by the name that cargo's configuration has for it.
    pub registry: String,
    /// Globs of files that are published though they look like secrets.
    pub allowed: Vec<String>,
}

/// The name that cargo has for crates.io.
pub const CRATES_IO: &str = "crates-io";

impl Crate {
    /// `tally 1.2.3`.
    pub fn shown(&self) -> String {
        format!("{} {}", self.package.name, self.package.version)
    }

    /// What `cargo -p` takes.
    pub fn spec(&self) -> String {
        format!("{}@{}", self.package.name, self.package.version)
    }

    /// Its Cargo.toml.
    pub fn manifest(&self) -> PathBuf {
        self.package.dir.join("Cargo.toml")
    }

    /// Whether it goes to crates.io.
    pub fn is_for_crates_io(&self) -> bool {
        self.registry == CRATES_IO
    }

    /// Whether it needs `other` to be published before: a dependency of one of its own tests counts, if it has a version.
    fn needs(&self, other: &Package) -> bool {
        let is_it = |dependency: &&Dependency| dependency.is_published() && leads_to(dependency, &other.dir);
        other.dir != self.package.dir && self.package.dependencies.iter().any(|dependency| is_it(&dependency))
    }
}

/// Whether a dependency is the package in this folder.
pub fn leads_to(dependency: &Dependency, folder: &Path) -> bool {
    matches!(&dependency.origin, Origin::Path(path) if path == folder)
}

#[cfg(test)]
pub(crate) mod testing;
