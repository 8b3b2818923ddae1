//! Where the client installs programs on a machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::spanned::{self, Source, Table, Value};

/// The folder of installed programs, and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallDir {
    /// The folder.
    pub path: PathBuf,
    /// What says so.
    pub because: String,
}

/// Finds the folder: `install_path` of the client's own settings, CARGO_INSTALL_ROOT, `install.root` of the
/// configuration in cargo's home (no other is read), that home. `env` and `text_of` read the environment and files.
pub fn install_dir(
    env: impl Fn(&str) -> Option<OsString>,
    home: Option<PathBuf>,
    text_of: impl Fn(&Path) -> Option<String>,
) -> Option<InstallDir> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cargo_home = set("CARGO_HOME").or_else(|| home.map(|home| home.join(".cargo")))?;
    let string = |file: &str, keys: &[&str]| {
        let name = cargo_home.join(file);
        let text = text_of(&name)?;
        let table = spanned::parse(&Arc::new(Source { name, text })).ok()?;
        string_at(&table, keys).map(PathBuf::from)
    };
    if let Some(path) = string("binstall.toml", &["install_path"]) {
        return Some(InstallDir {
            path,
            because: format!("`install_path` in {}", shown(&cargo_home, "binstall.toml")),
        });
    }
    let (root, because) = if let Some(root) = set("CARGO_INSTALL_ROOT") {
        (root, "CARGO_INSTALL_ROOT".to_owned())
    } else if let Some(root) = string("config.toml", &["install", "root"]) {
        // A relative one is below cargo's home.
        (cargo_home.join(root), format!("`install.root` in {}", shown(&cargo_home, "config.toml")))
    } else {
        (cargo_home, "cargo's home".to_owned())
    };
    Some(InstallDir { path: root.join("bin"), because })
}

fn shown(folder: &Path, file: &str) -> String {
    folder.join(file).display().to_string()
}

fn string_at(table: &Table, keys: &[&str]) -> Option<String> {
    let (first, rest) = keys.split_first()?;
    match &table.get(*first)?.node.value {
        Value::String(text) if rest.is_empty() => Some(text.clone()),
        Value::Table(below) => string_at(below, rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(env: &[(&str, &str)], files: &[(&str, &str)]) -> String {
        let set = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        let text_of =
            |path: &Path| files.iter().find(|(file, _)| path == Path::new(file)).map(|(_, text)| (*text).to_owned());
        let found = install_dir(set, Some("/h".into()), text_of).unwrap();
        format!("{} by {}", found.path.display(), found.because)
    }

    #[test]
    fn the_strongest_word_wins() {
        let config = ("/h/.cargo/config.toml", "[install]\nroot = \"tools\"\n");
        let settings = ("/c/binstall.toml", "install_path = \"/opt/bin\"\n");
        assert_eq!(folder(&[], &[]), "/h/.cargo/bin by cargo's home");
        assert_eq!(folder(&[], &[config]), "/h/.cargo/tools/bin by `install.root` in /h/.cargo/config.toml");
        assert_eq!(folder(&[("CARGO_INSTALL_ROOT", "/r")], &[config]), "/r/bin by CARGO_INSTALL_ROOT");
        assert_eq!(
            folder(&[("CARGO_HOME", "/c"), ("CARGO_INSTALL_ROOT", "/r")], &[config, settings]),
            "/opt/bin by `install_path` in /c/binstall.toml"
        );
    }
}
