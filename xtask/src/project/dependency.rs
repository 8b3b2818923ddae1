//! What a package depends on, as its manifest says it.

use std::path::PathBuf;

use cargo_metadata::DependencyKind;
use semver::VersionReq;

/// A dependency of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The package's name, not the one that it may be renamed to.
    pub name: String,
    /// The versions that will do; `*` where the manifest says nothing of them.
    pub req: VersionReq,
    /// Who needs it.
    pub kind: Kind,
    /// Where it comes from here.
    pub origin: Origin,
}

/// Who needs a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The package, `[dependencies]`.
    Normal,
    /// Its build script, `[build-dependencies]`.
    Build,
    /// Its tests and examples, `[dev-dependencies]`.
    Development,
}

/// Where a dependency comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// crates.io, or whatever is in its place.
    CratesIo,
    /// Another registry, by the URL of its index.
    Registry(String),
    /// A git repository, by its URL.
    Git(String),
    /// A folder.
    Path(PathBuf),
}

impl Kind {
    /// The table of the manifest that it stands in.
    pub fn table(self) -> &'static str {
        match self {
            Self::Normal => "dependencies",
            Self::Build => "build-dependencies",
            Self::Development => "dev-dependencies",
        }
    }
}

impl Dependency {
    /// Of what cargo says.
    pub(super) fn of(dependency: cargo_metadata::Dependency) -> Self {
        let source = dependency.source.map(|source| source.repr);
        let git = source.as_deref().and_then(|source| source.strip_prefix("git+"));
        let origin = match (dependency.path, git, dependency.registry) {
            (Some(path), ..) => Origin::Path(path.into_std_path_buf()),
            (None, Some(url), _) => Origin::Git(url.split(['?', '#']).next().unwrap_or(url).to_owned()),
            (None, None, Some(index)) => Origin::Registry(index),
            (None, None, None) => Origin::CratesIo,
        };
        let kind = match dependency.kind {
            DependencyKind::Build => Kind::Build,
            DependencyKind::Development => Kind::Development,
            _ => Kind::Normal,
        };
        Self { name: dependency.name, req: dependency.req, kind, origin }
    }

    /// Whether the manifest says which versions will do.
    pub fn has_version(&self) -> bool {
        self.req != VersionReq::STAR
    }

    /// Whether it stands in the manifest that is published: what only tests need and has no version, cargo leaves out.
    pub fn is_published(&self) -> bool {
        self.kind != Kind::Development || self.has_version()
    }
}
