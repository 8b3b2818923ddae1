//! Crates to try the rules on.

use std::path::PathBuf;

use semver::{Version, VersionReq};

use super::{CRATES_IO, Crate};
use crate::project::{About, Dependency, Kind, Origin, Package};

/// A crate in a folder of its name that depends on these.
pub fn krate(name: &str, dependencies: &[(&str, Kind, &str)]) -> Crate {
    let dependency = |(name, kind, req): &(&str, Kind, &str)| Dependency {
        name: (*name).to_owned(),
        req: VersionReq::parse(req).unwrap(),
        kind: *kind,
        origin: Origin::Path(PathBuf::from("/w").join(name)),
    };
    let package = Package {
        id: name.to_owned(),
        name: name.to_owned(),
        version: Version::new(1, 0, 0),
        dir: PathBuf::from("/w").join(name),
        about: About::default(),
        publishable: true,
        registries: Vec::new(),
        readme: None,
        license_file: None,
        binaries: Vec::new(),
        wasm_library: None,
        default_run: None,
        features: std::collections::BTreeMap::new(),
        binstall: serde_json::Value::Null,
        rust_version: None,
        categories: Vec::new(),
        documentation: None,
        dependencies: dependencies.iter().map(dependency).collect(),
    };
    Crate { package, registry: CRATES_IO.to_owned(), allowed: Vec::new() }
}
