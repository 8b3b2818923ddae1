//! Which files of the repository belong in an archive besides the programs.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Package, Project, Role, extra};
use crate::report::{Context, Error, Result};

/// A file of the repository that goes into an archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its place below the archive's folder, with `/`.
    pub path: String,
    /// Where it is, relative to the workspace, with `/`.
    pub from: String,
    /// What it is for.
    pub role: Role,
}

const DOCUMENTS: &[&str] = &["README", "LICENSE", "LICENCE", "UNLICENSE", "COPYING", "CHANGELOG", "NOTICE"];
/// What begins like a document but is none.
const NO_DOCUMENT: &[&str] =
    &["rs", "hbs", "tmpl", "tpl", "in", "toml", "json", "yml", "yaml", "sh", "py", "js", "orig", "bak"];

/// README, licences and changelog of a package: its own, and for what it lacks, the workspace's.
///
/// # Errors
/// A folder that cannot be read.
pub fn documents(project: &Project, package: &Package) -> Result<Vec<File>> {
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut kinds_of_package: Vec<&str> = Vec::new();
    for folder in [&package.dir, &project.root] {
        let kinds_before = kinds_of_package.clone();
        for (name, path) in listing(folder)? {
            if let Some(kind) = document_kind(&name)
                && path.is_file()
                && !kinds_before.contains(&kind)
            {
                kinds_of_package.push(kind);
                found.insert(name, path);
            }
        }
    }
    for named in [&package.readme, &package.license_file].into_iter().flatten() {
        if let (Some(name), true) = (named.file_name().and_then(|name| name.to_str()), named.is_file()) {
            if document_kind(name) == Some("README") {
                found.retain(|other, _| document_kind(other) != Some("README"));
            }
            found.insert(name.to_owned(), named.clone());
        }
    }
    found.into_iter().map(|(name, path)| file(project, name, &path, Role::Document)).collect()
}

/// Completions and man pages that the repository keeps under `completions/` and `man/`.
///
/// In the workspace's folder only those of the package's own commands count: other packages keep theirs there too.
///
/// # Errors
/// A folder that cannot be read.
pub fn repository_extras(project: &Project, package: &Package) -> Result<Vec<File>> {
    let mut found = BTreeMap::new();
    for folder in [&project.root, &package.dir] {
        let shared = *folder != package.dir;
        for top in ["completions", "man"] {
            for path in walk(&folder.join(top), 3)? {
                let relative = path.strip_prefix(folder).unwrap_or(&path);
                if let Some((role, command, place)) = extra(relative)
                    && (!shared || belongs_to(package, &command))
                {
                    found.insert(place.clone(), file(project, place, &path, role)?);
                }
            }
        }
    }
    Ok(found.into_values().collect())
}

/// Whether `command` is one of the package's programs or a subcommand of one (`tally`, `tally-top`).
pub fn belongs_to(package: &Package, command: &str) -> bool {
    package.binaries.iter().any(|binary| {
        command.strip_prefix(binary.name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

/// The files that an `include` glob names, relative to the workspace; inside the package they keep their path below it.
///
/// # Errors
/// A glob that is wrong, leaves the workspace, or matches nothing.
pub fn included(project: &Project, package: &Package, pattern: &str) -> Result<Vec<File>> {
    if Path::new(pattern).components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(Error::usage(format!("`{pattern}` leaves the workspace"))
            .help("globs are relative to the workspace's folder"));
    }
    let root = glob::Pattern::escape(&project.root.to_string_lossy());
    let paths = glob::glob(&format!("{root}/{pattern}"))
        .map_err(|error| Error::usage(format!("`{pattern}` is no glob")).because(error))?;
    let mut found = Vec::new();
    for path in paths {
        let path = path.map_err(|error| Error::new(format!("cannot read what `{pattern}` names")).because(error))?;
        let files = if path.is_dir() { walk(&path, 16)? } else { vec![path] };
        for path in files {
            let below = path.strip_prefix(&package.dir).or_else(|_| path.strip_prefix(&project.root)).unwrap_or(&path);
            found.push(file(project, slashed(below)?, &path, Role::Extra)?);
        }
    }
    if found.is_empty() {
        return Err(Error::usage(format!("`{pattern}` matches no file"))
            .help(format!("globs are relative to {}", project.root.display())));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn document_kind(name: &str) -> Option<&'static str> {
    let upper = name.to_uppercase();
    let kind = DOCUMENTS.iter().find(|kind| upper.starts_with(**kind))?;
    let rest = &upper[kind.len()..];
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
    let is_other = extension.is_some_and(|extension| NO_DOCUMENT.contains(&extension.as_str()));
    let separated = rest.is_empty() || rest.starts_with(['.', '-', '_', ' ']);
    (separated && !is_other).then_some(if *kind == "LICENCE" { "LICENSE" } else { kind })
}

fn file(project: &Project, path: String, from: &Path, role: Role) -> Result<File> {
    Ok(File { path, from: slashed(&project.below_root(from))?, role })
}

/// A path with `/` on every system.
///
/// # Errors
/// A path that is not Unicode.
pub fn slashed(path: &Path) -> Result<String> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    let parts = parts.ok_or_else(|| {
        Error::new(format!("the path {} is not Unicode", path.display()))
            .help("archives of every format need Unicode names; rename it")
    })?;
    Ok(parts.join("/"))
}

fn listing(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let entries = std::fs::read_dir(folder).context(|| format!("cannot list {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.context(|| format!("cannot list {}", folder.display()))?;
        if let Ok(name) = entry.file_name().into_string() {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// All files below `folder`, sorted, at most `depth` folders down; nothing where there is no such folder.
pub fn walk(folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    if depth == 0 || !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (_, path) in listing(folder)? {
        if path.is_dir() {
            found.extend(walk(&path, depth - 1)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::document_kind;

    #[test]
    fn documents_are_known_by_name() {
        for name in
            ["README.md", "LICENSE-MIT", "LICENSE", "license.txt", "COPYING.LESSER", "CHANGELOG.md", "LICENSE-2.0"]
        {
            assert!(document_kind(name).is_some(), "{name}");
        }
        for name in ["LICENSE.hbs", "readme.rs", "LICENSED", "main.rs", "CHANGELOG.md.orig"] {
            assert_eq!(document_kind(name), None, "{name}");
        }
    }
}
