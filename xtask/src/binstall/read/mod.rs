//! Reads a package from its Cargo.toml as the client does: without cargo, and with as much of the source code beside it
//! as there is.

mod document;
mod programs;
mod workspace;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Metadata, Refusal, Remark, SECTION, Subject};
use crate::report::{Error, Result, nearest};
use document::{Document, at};

/// A package as the client reads it.
#[derive(Debug)]
pub struct Package {
    /// What it is.
    pub subject: Subject,
    /// What its section says, or why the client refuses the manifest.
    pub metadata: Result<Metadata, Refusal>,
    /// What is ignored, or probably not meant.
    pub remarks: Vec<Remark>,
    /// Whether `publish = false` is absent.
    pub publishable: bool,
    document: Document,
}

impl Package {
    /// Its Cargo.toml.
    pub fn manifest(&self) -> &Path {
        self.document.path()
    }

    /// Whether it has a section of its own.
    pub fn has_section(&self) -> bool {
        at(&self.document.value, &SECTION).is_some()
    }

    /// Where a remark's key stands.
    pub fn place(&self, remark: &Remark) -> Option<crate::report::Location> {
        self.document.place(&remark.key)
    }
}

/// The package `name` of the manifest (or of the folder with it), or of a member of the workspace that it is.
///
/// # Errors
/// No such package, or no manifest; the nearest name is in the help.
pub fn read(manifest: &Path, name: &str) -> Result<Package> {
    let mut names = Vec::new();
    for document in documents(manifest)? {
        match document.name() {
            Some(found) if found == name => return Ok(package(document)),
            found => names.extend(found.map(str::to_owned)),
        }
    }
    let error = Error::usage(format!("unknown package `{name}`"));
    Err(match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`? there are `{}`", names.join("`, `"))),
        None if names.is_empty() => error.help(format!("{} has no package", manifest.display())),
        None => error.help(format!("there are `{}`", names.join("`, `"))),
    })
}

/// The package of the manifest, or, where it has none, the members with programs: those that are published, if any are.
///
/// # Errors
/// No manifest, or none with a program.
pub fn packages(manifest: &Path) -> Result<Vec<Package>> {
    let mut documents = documents(manifest)?;
    if documents.first().is_some_and(|document| document.name().is_some()) {
        return Ok(vec![package(documents.remove(0))]);
    }
    let mut packages: Vec<Package> =
        documents.into_iter().filter(|document| document.name().is_some()).map(package).collect();
    packages.retain(|package| !package.subject.binaries.is_empty());
    if packages.iter().any(|package| package.publishable) {
        packages.retain(|package| package.publishable);
    }
    packages.sort_by(|a, b| a.subject.name.cmp(&b.subject.name));
    if packages.is_empty() {
        return Err(Error::usage(format!("no package of {} has a program", manifest.display()))
            .help("point --manifest-path at the Cargo.toml of a package with a program"));
    }
    Ok(packages)
}

/// The section of the Cargo.toml `file`, whose text is given; none where there is none.
///
/// # Errors
/// It is no TOML.
pub fn section(file: &str, text: &str) -> Result<Option<Value>> {
    Ok(at(&Document::parse(Path::new(file), text)?.value, &SECTION).cloned())
}

/// The manifest, and those of its members.
fn documents(manifest: &Path) -> Result<Vec<Document>> {
    let first = if manifest.is_dir() { manifest.join("Cargo.toml") } else { manifest.to_owned() };
    let (mut queue, mut seen): (Vec<PathBuf>, BTreeSet<PathBuf>) = (vec![first], BTreeSet::new());
    let mut documents = Vec::new();
    while let Some(path) = queue.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let document = Document::load(&path)?;
        queue.extend(workspace::members(&document)?);
        documents.push(document);
    }
    Ok(documents)
}

fn package(document: Document) -> Package {
    let root = workspace::Root::of(&document);
    let (mut refused, mut remarks) = (Vec::new(), Vec::new());
    root.check(&document, &mut refused);
    let mut inherited = |key: &str| match root.inherited(&document, key) {
        Ok(value) => value.and_then(|value| Some(value.as_str()?.to_owned())),
        Err(remark) => {
            refused.push(remark);
            None
        }
    };
    let version = inherited("version");
    let repository = inherited("repository");
    if let Some(Err(error)) = version.as_deref().map(semver::Version::parse) {
        refused.push(document::remark(&["package", "version"], error, "write a version as `1.2.3`"));
    }
    let programs = programs::of(&document, &mut refused, &mut remarks);
    let metadata = metadata(&document, &mut refused, &mut remarks);
    let name = document.name().unwrap_or_default();
    // Cargo's default, and the client's.
    let subject = Subject::new(name, version.as_deref().unwrap_or("0.0.0"), repository.as_deref(), &programs);
    let publish = root.inherited(&document, "publish").ok().flatten();
    Package {
        subject,
        metadata: if refused.is_empty() { Ok(metadata) } else { Err(Refusal::Manifest(refused)) },
        remarks,
        publishable: publish != Some(&Value::Bool(false)) && publish != Some(&Value::Array(Vec::new())),
        document,
    }
}

fn metadata(document: &Document, refused: &mut Vec<Remark>, remarks: &mut Vec<Remark>) -> Metadata {
    let mut section = |keys: &[&str]| match Metadata::read(at(&document.value, keys).unwrap_or(&Value::Null)) {
        Ok(read) => read,
        Err(mut why) => {
            for remark in &mut why {
                remark.key.splice(..SECTION.len(), keys.iter().map(|key| (*key).to_owned()));
            }
            refused.append(&mut why);
            (Metadata::default(), Vec::new())
        }
    };
    let (metadata, ignored) = section(&SECTION);
    // The client reads it, refuses it where it is wrong, and uses nothing of it.
    let of_workspace = ["workspace", "metadata", "binstall"];
    section(&of_workspace);
    remarks.extend(ignored);
    if at(&document.value, &of_workspace).is_some() {
        let what = "[workspace.metadata.binstall] has no effect: packages do not inherit it";
        remarks.push(document::remark(&of_workspace, what, "write it as [package.metadata.binstall] of each package"));
    }
    if let Some(Value::Object(others)) = at(&document.value, &["package", "metadata"]) {
        for key in others.keys().filter(|key| *key != "binstall" && is_nearly(key)) {
            let what = format!("[package.metadata.{key}] is ignored: cargo-binstall reads [package.metadata.binstall]");
            let remedy = "write [package.metadata.binstall]";
            remarks.push(document::remark(&["package", "metadata", key], what, remedy));
        }
    }
    metadata
}

fn is_nearly(key: &str) -> bool {
    key.to_lowercase().replace(['-', '_'], "").contains("binst")
        || nearest(key, ["binstall", "cargo-binstall"]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Package {
        package(Document::parse(Path::new("/nowhere/Cargo.toml"), text).unwrap())
    }

    #[test]
    fn a_manifest_alone_is_read() {
        let text = "[package]\nname = 'hello'\nversion = '1.2.3'\nrepository = 'https://h/o/r'\n\
                    [[bin]]\nname = 'hi'\nrequired-features = ['x']\n";
        let package = read_text(text);
        assert_eq!((package.subject.name.as_str(), package.subject.version.as_str()), ("hello", "1.2.3"));
        assert_eq!(package.subject.binaries[0].required_features, ["x"]);
        assert!(package.metadata.is_ok() && package.publishable);
        assert!(package.remarks[0].what.contains("no source code"), "{:?}", package.remarks);
    }

    #[test]
    fn what_the_client_refuses_has_its_place() {
        let text = "[package]\nname = 'hello'\nversion = '1'\n[package.metadata.binstall]\npkg-fmt = 'TGZ'\n";
        let package = read_text(text);
        let Err(Refusal::Manifest(remarks)) = &package.metadata else { panic!("{:?}", package.metadata) };
        let places: Vec<String> = remarks.iter().map(|remark| package.place(remark).unwrap().to_string()).collect();
        assert_eq!(places, ["/nowhere/Cargo.toml:3:1", "/nowhere/Cargo.toml:5:1"]);
    }

    #[test]
    fn sections_of_nearly_that_name_are_told() {
        for key in ["package.metadata.bin-install", "package.metadata.binstal", "workspace.metadata.binstall"] {
            let package = read_text(&format!("[package]\nname = 'hello'\n[{key}]\npkg-fmt = 'tgz'\n"));
            assert!(package.remarks.iter().any(|remark| remark.what.contains(key)), "{key}: {:?}", package.remarks);
        }
    }

    #[test]
    fn inheriting_from_nowhere_is_refused() {
        let package =
            read_text("[package]\nname = 'hello'\nversion.workspace = true\n[dependencies]\na.workspace = true\n");
        let error = package.metadata.unwrap_err().to_string();
        assert!(error.contains("`version`") && error.contains("`a`"), "{error}");
    }
}
