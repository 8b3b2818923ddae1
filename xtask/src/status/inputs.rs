//! What something was worked out from, so that a later run can tell whether it still holds.
//!
//! Contents are compared, not times: some files are read in less than a millisecond, and times can lie.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::hash::hex;
use crate::project::registry_variables;
use crate::stamp::before;

/// Files, there or not; the files that patterns match; the environment that says where registries are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    files: Vec<PathBuf>,
    patterns: Vec<String>,
    digest: String,
}

impl Inputs {
    /// These files and patterns, as they are now; none where one was changed after `since`, so that it is not known
    /// whether what was worked out since then saw it before or after.
    pub fn settled(files: Vec<PathBuf>, patterns: Vec<String>, since: SystemTime) -> Option<Self> {
        let mut inputs = Self { files, patterns, digest: String::new() };
        inputs.digest = inputs.digest_now();
        let is_settled =
            |file: &PathBuf| fs::metadata(file).is_ok_and(|it| it.modified().is_ok_and(|at| before(at, since)));
        inputs.files.iter().filter(|file| file.exists()).all(is_settled).then_some(inputs)
    }

    /// Whether all is as it was.
    pub fn hold(&self) -> bool {
        self.digest == self.digest_now()
    }

    /// One text for all of it.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    fn digest_now(&self) -> String {
        let mut digest = Sha256::new();
        let mut add = |part: &[u8]| {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        };
        for file in &self.files {
            add(file.as_os_str().as_encoded_bytes());
            match fs::read(file) {
                Ok(content) => {
                    add(b"is");
                    add(&content);
                }
                Err(error) => add(error.kind().to_string().as_bytes()),
            }
        }
        for pattern in &self.patterns {
            add(pattern.as_bytes());
            for path in matches(pattern) {
                add(path.as_os_str().as_encoded_bytes());
            }
        }
        for (name, value) in registry_variables() {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        hex(&digest.finalize())
    }
}

/// The paths that match a pattern, as cargo finds the members of a workspace.
pub fn matches(pattern: &str) -> impl Iterator<Item = PathBuf> {
    glob::glob(pattern).into_iter().flatten().flatten()
}

/// The pattern of the manifests in all folders that `pattern`, a member of the workspace `root`, matches; none for
/// one that only matches itself.
pub fn pattern_of_manifests(root: &Path, pattern: &str) -> Option<String> {
    let is_pattern = pattern.contains(['*', '?', '[']);
    let root = glob::Pattern::escape(root.to_str()?);
    is_pattern.then(|| format!("{root}/{}/Cargo.toml", pattern.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-dist-inputs-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("crates/a")).unwrap();
        fs::write(folder.join("crates/a/Cargo.toml"), "a").unwrap();
        folder
    }

    fn later() -> SystemTime {
        SystemTime::now() + Duration::from_secs(60)
    }

    #[test]
    fn they_hold_until_something_changes() {
        let folder = folder("hold");
        let (there, absent) = (folder.join("crates/a/Cargo.toml"), folder.join("Cargo.toml"));
        let pattern = pattern_of_manifests(&folder, "crates/*").unwrap();
        let inputs = Inputs::settled(vec![there.clone(), absent.clone()], vec![pattern], later()).unwrap();
        assert!(inputs.hold());

        fs::write(&there, "b").unwrap();
        assert!(!inputs.hold(), "another content");
        fs::write(&there, "a").unwrap();
        assert!(inputs.hold(), "the old content with a new time");

        fs::write(&absent, "").unwrap();
        assert!(!inputs.hold(), "a file that was not there");
        fs::remove_file(&absent).unwrap();

        fs::create_dir(folder.join("crates/b")).unwrap();
        assert!(inputs.hold(), "a folder without a manifest");
        fs::write(folder.join("crates/b/Cargo.toml"), "").unwrap();
        assert!(!inputs.hold(), "one more match");
        fs::remove_file(folder.join("crates/b/Cargo.toml")).unwrap();
        assert!(inputs.hold());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_was_written_meanwhile_is_not_trusted() {
        let folder = folder("racy");
        let file = vec![folder.join("crates/a/Cargo.toml")];
        assert_eq!(Inputs::settled(file.clone(), Vec::new(), SystemTime::now() - Duration::from_secs(60)), None);
        assert!(Inputs::settled(file, Vec::new(), later()).is_some());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn only_patterns_are_looked_up() {
        assert_eq!(pattern_of_manifests(Path::new("/r"), "crates/a"), None);
        assert_eq!(pattern_of_manifests(Path::new("/r[1]"), "c/*/").as_deref(), Some("/r[[]1[]]/c/*/Cargo.toml"));
    }
}
