//! Which packages are libraries for JavaScript, and what they say of npm.

use std::collections::BTreeMap;

use cargo_metadata::{Dependency, DependencyKind, TargetKind};
use serde::Deserialize;

use super::Package;
use crate::report::{Context, Result};

/// A `cdylib` that depends on wasm-bindgen: what JavaScript loads once it is compiled for WebAssembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasmLibrary {
    /// The library's name, with `_`.
    pub name: String,
    /// The dependency's name, where it is optional: without a feature that turns it on it is no such library.
    pub optional: Option<String>,
}

impl WasmLibrary {
    /// What cargo says of a package's library and dependencies.
    pub(super) fn of(package: &cargo_metadata::Package) -> Option<Self> {
        let library = package.targets.iter().find(|target| target.kind.contains(&TargetKind::CDyLib))?;
        let is_bindgen =
            |dependency: &&Dependency| dependency.name == "wasm-bindgen" && dependency.kind == DependencyKind::Normal;
        let bindgen = package.dependencies.iter().find(is_bindgen)?;
        let called = bindgen.rename.as_ref().unwrap_or(&bindgen.name);
        let optional = bindgen.optional.then(|| called.clone());
        Some(Self { name: library.name.replace('-', "_"), optional })
    }
}

impl Package {
    /// `dependencies` of the package.json beside its Cargo.toml, which is all that wasm-bindgen takes of it.
    ///
    /// # Errors
    /// A package.json that is none.
    pub fn npm_dependencies(&self) -> Result<BTreeMap<String, String>> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Json {
            dependencies: BTreeMap<String, String>,
        }
        let file = self.dir.join("package.json");
        let text = match std::fs::read(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            text => text.context(|| format!("cannot read {}", file.display()))?,
        };
        let json: Json = serde_json::from_slice(&text).context(|| format!("{} is no package.json", file.display()))?;
        Ok(json.dependencies)
    }
}
