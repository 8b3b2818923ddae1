//! The workspace around a package: its members, and what they inherit.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Remark;
use super::document::{Document, at, remark};
use crate::report::{Error, Result};

/// The manifests of the members that a workspace names; none where it is none.
pub fn members(document: &Document) -> Result<Vec<PathBuf>> {
    let dir = document.dir();
    let list = |key: &str| {
        let values = at(&document.value, &["workspace", key]).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(Value::as_str)
    };
    let excluded: Vec<PathBuf> = list("exclude").map(|path| dir.join(path)).collect();
    let mut manifests = Vec::new();
    for member in list("members") {
        let pattern = format!("{}/{member}/Cargo.toml", glob::Pattern::escape(&dir.display().to_string()));
        let found = glob::glob(&pattern).map_err(|error| {
            Error::usage(format!("{}: `{member}` is no pattern of members", document.path().display())).because(error)
        })?;
        manifests.extend(found.filter_map(std::result::Result::ok));
    }
    manifests.retain(|manifest| !excluded.iter().any(|folder| manifest.starts_with(folder)));
    // The last is looked at first.
    manifests.reverse();
    Ok(manifests)
}

/// Where a package inherits from.
#[derive(Debug, Default)]
pub struct Root {
    /// `[workspace]`, if there is one to inherit from.
    workspace: Option<Value>,
}

/// Tables of dependencies, which can be inherited too: the client needs the workspace for them.
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

impl Root {
    /// The workspace of a package: in its own manifest, where `package.workspace` says, or in the nearest folder above.
    pub fn of(document: &Document) -> Self {
        let workspace = |path: &Path| Document::load(path).ok()?.value.get("workspace").cloned();
        if let Some(own) = document.value.get("workspace") {
            return Self { workspace: Some(own.clone()) };
        }
        if let Some(hint) = at(&document.value, &["package", "workspace"]).and_then(Value::as_str) {
            return Self { workspace: workspace(&document.dir().join(hint).join("Cargo.toml")) };
        }
        let Ok(dir) = std::path::absolute(document.dir()) else { return Self::default() };
        Self { workspace: dir.ancestors().skip(1).find_map(|folder| workspace(&folder.join("Cargo.toml"))) }
    }

    /// The value of a key of `[package]`, the workspace's where it is inherited.
    pub fn inherited<'v>(&'v self, document: &'v Document, key: &str) -> Result<Option<&'v Value>, Remark> {
        let Some(value) = at(&document.value, &["package", key]) else { return Ok(None) };
        if !is_inherited(value) {
            return Ok(Some(value));
        }
        let given = self.workspace.as_ref().and_then(|workspace| at(workspace, &["package", key]));
        given.map(Some).ok_or_else(|| {
            let what = format!("`{key}` is inherited, and no [workspace.package] around has it");
            remark(&["package", key], what, "write it out, or into [workspace.package] of the Cargo.toml above")
        })
    }

    /// Finds what is inherited and not there; the client refuses the manifest for any of it.
    pub fn check(&self, document: &Document, refused: &mut Vec<Remark>) {
        let keys = at(&document.value, &["package"]).and_then(Value::as_object).into_iter().flatten();
        // These two are read by the caller.
        for (key, _) in keys.filter(|(key, _)| *key != "version" && *key != "repository") {
            refused.extend(self.inherited(document, key).err());
        }
        let targets = document.value.get("target").and_then(Value::as_object).into_iter().flatten();
        for table in targets.map(|(_, table)| table).chain([&document.value]) {
            for (key, dependency) in DEPENDENCIES.iter().filter_map(|kind| table.get(kind)?.as_object()).flatten() {
                let given = self.workspace.as_ref().and_then(|workspace| at(workspace, &["dependencies", key]));
                if is_inherited(dependency) && given.is_none() {
                    let what = format!("the dependency `{key}` is inherited, and no [workspace.dependencies] has it");
                    refused.push(remark(&["dependencies", key], what, "write its version out"));
                }
            }
        }
    }
}

fn is_inherited(value: &Value) -> bool {
    value.get("workspace") == Some(&Value::Bool(true))
}
