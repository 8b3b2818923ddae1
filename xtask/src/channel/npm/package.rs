//! A package for npm, as a recipe: `npm pack`'s own layout, and the same bytes at every run.

use super::package_json::{self, PackageJson};
use super::{FOLDER, names};
use crate::channel::{Content, Output};
use crate::pack::{Item, Source, Tar};
use crate::report::Result;

/// The folder that everything in a package's file is in.
pub const TOP: &str = "package/";
/// The time stamp of every entry, as `npm pack` writes it: 1985-10-26T08:15:00Z.
pub const EPOCH: u64 = 499_162_500;

/// A package for npm.
#[derive(Debug, Clone, PartialEq)]
pub struct NpmPackage {
    /// What it says of itself, but for `files`, which follow from what is added.
    pub json: PackageJson,
    items: Vec<Item>,
}

impl NpmPackage {
    /// One with nothing in it yet.
    pub fn new(json: PackageJson) -> Self {
        Self { json, items: Vec::new() }
    }

    /// Adds a file; programs and scripts with a command are to be run.
    pub fn add(&mut self, path: &str, is_program: bool, source: Source) {
        let mode = if is_program { 0o755 } else { 0o644 };
        self.json.files.push(path.to_owned());
        self.items.push(Item { path: format!("{TOP}{path}"), mode, source });
    }

    /// The recipe of its file.
    ///
    /// # Errors
    /// None in practice; serialisation of plain data.
    pub fn output(mut self) -> Result<Output> {
        self.json.files.sort();
        let path = path_of(&self.json.name, &self.json.version);
        let source = Source::Inline(self.json.to_bytes()?);
        self.items.push(Item { path: format!("{TOP}{}", package_json::FILE), mode: 0o644, source });
        self.items.sort_by_cached_key(|item| place(&item.path));
        Ok(Output {
            path,
            content: Content::TarGz { tar: Tar { items: self.items }, epoch: EPOCH },
            claims: Vec::new(),
        })
    }
}

/// Where the file of a package is in a release.
pub fn path_of(name: &str, version: &str) -> String {
    format!("{FOLDER}/{}", names::npm_file(name, version))
}

/// The order of `npm pack`: what is alike stands together, and is packed tighter.
fn place(path: &str) -> (String, String, String) {
    let base = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let extension =
        base.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, extension)| extension.to_owned());
    (extension.unwrap_or_default(), base, path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_said_and_stand_as_npm_has_them() {
        let mut package = NpmPackage::new(PackageJson {
            name: "@acme/tally".into(),
            version: "1.0.0".into(),
            ..PackageJson::default()
        });
        package.add("README.md", false, Source::Inline(b"r".to_vec()));
        package.add("bin/tally", true, Source::Inline(b"t".to_vec()));
        package.add("LICENSE-MIT", false, Source::Inline(b"l".to_vec()));
        let output = package.output().unwrap();
        assert_eq!(output.path, "npm/acme-tally-1.0.0.tgz");
        let Content::TarGz { tar, epoch } = output.content else { panic!("no package") };
        let seen: Vec<(&str, u32)> = tar.items.iter().map(|item| (item.path.as_str(), item.mode)).collect();
        let wanted = [
            ("package/LICENSE-MIT", 0o644),
            ("package/bin/tally", 0o755),
            ("package/package.json", 0o644),
            ("package/README.md", 0o644),
        ];
        assert_eq!((seen.as_slice(), epoch), (&wanted[..], EPOCH));
        let Source::Inline(json) = &tar.items[2].source else { panic!("no text") };
        assert_eq!(PackageJson::parse(json).unwrap().files, ["LICENSE-MIT", "README.md", "bin/tally"]);
    }
}
