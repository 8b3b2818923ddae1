//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

/// The root of this repository.
///
/// # Panics
/// Never: this crate is two folders below the root.
#[must_use]
pub fn workspace_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/lab is two folders below the root")
}

/// The workspace's target folder. A relative `CARGO_TARGET_DIR` counts from the workspace's root, not from the
/// package's folder, where cargo starts the tests.
#[must_use]
pub fn target_dir() -> PathBuf {
    target_dir_from(env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from))
}

/// What is fetched and installed for the tests; deleting it is always safe.
#[must_use]
pub fn cache_dir() -> PathBuf {
    target_dir().join("lab")
}

fn target_dir_from(configured: Option<PathBuf>) -> PathBuf {
    workspace_root().join(configured.unwrap_or_else(|| PathBuf::from("target")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_workspaces() {
        let manifest = std::fs::read_to_string(workspace_root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"), "{manifest}");
    }

    #[test]
    fn the_target_folder_follows_the_variable() {
        assert_eq!(target_dir_from(None), workspace_root().join("target"));
        assert_eq!(target_dir_from(Some("out".into())), workspace_root().join("out"));
        let elsewhere = env::temp_dir().join("out");
        assert_eq!(target_dir_from(Some(elsewhere.clone())), elsewhere);
    }
}
