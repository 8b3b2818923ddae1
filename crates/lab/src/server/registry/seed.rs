//! Crates of others, as cargo has downloaded them: what real packages depend on, without asking anybody.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Value, json};

use super::Registry;
use crate::{command, run};

impl Registry {
    /// Adds all that the lock file of the workspace in `folder` has from crates.io and what cargo has downloaded of it,
    /// for this machine or another.
    ///
    /// # Panics
    /// When cargo cannot tell.
    pub fn seed(&self, folder: &Path) {
        let mut cargo = command("cargo");
        cargo.args(["metadata", "--offline", "--format-version", "1"]).current_dir(folder);
        let metadata: Value = serde_json::from_slice(&run(&mut cargo).stdout).expect("metadata");
        for package in metadata["packages"].as_array().into_iter().flatten() {
            if package["source"].is_null() {
                continue;
            }
            let id = format!("{}-{}", text(&package["name"]), text(&package["version"]));
            let file = downloaded(&id).unwrap_or_else(|| panic!("cargo has not downloaded {id}"));
            self.add(line(package), file);
        }
    }
}

/// A `.crate` in cargo's cache: `$CARGO_HOME/registry/cache/<registry>/<name>-<version>.crate`.
fn downloaded(id: &str) -> Option<Vec<u8>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")))?;
    let mut registries = fs::read_dir(home.join("registry/cache")).ok()?.flatten();
    registries.find_map(|registry| fs::read(registry.path().join(format!("{id}.crate"))).ok())
}

/// What an index says of a package that cargo describes.
fn line(package: &Value) -> Value {
    let dependency = |of: &Value| {
        let renamed = of["rename"].as_str();
        json!({
            "name": renamed.map_or_else(|| of["name"].clone(), Value::from),
            "package": renamed.map(|_| of["name"].clone()),
            "req": of["req"],
            "features": of["features"],
            "optional": of["optional"],
            "default_features": of["uses_default_features"],
            "target": of["target"],
            "kind": of["kind"].as_str().unwrap_or("normal"),
        })
    };
    let dependencies: Vec<Value> = package["dependencies"].as_array().into_iter().flatten().map(dependency).collect();
    json!({
        "name": package["name"], "vers": package["version"], "deps": dependencies, "features2": package["features"],
        "v": 2, "yanked": false, "links": package["links"], "rust_version": package["rust_version"],
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
