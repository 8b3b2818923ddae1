//! Published crates come as cargo downloads them, and can be packaged and built from.

use lab::{copy_dir, scratch};

#[test]
fn applications_bring_their_lock_file() {
    let crates =
        [("fd-find", "10.5.0"), ("hexyl", "0.16.0"), ("ripgrep", "15.2.0"), ("sd", "1.0.0"), ("tokei", "12.1.2")];
    for (name, version) in crates {
        let Some(dir) = lab::published_crate(name, version, "published crates can be fixtures") else { continue };
        assert!(dir.join("Cargo.toml").is_file() && dir.join("Cargo.lock").is_file(), "{}", dir.display());
        for absent in ["Cargo.toml.orig", ".cargo-ok", ".cargo_vcs_info.json"] {
            assert!(!dir.join(absent).exists(), "{absent} in {}", dir.display());
        }
    }
}

#[test]
fn a_copy_is_a_package_of_its_own() {
    let Some(dir) = lab::published_crate("hexyl", "0.16.0", "a copy stands alone") else { return };
    let scratch = scratch("published");
    copy_dir(dir, &scratch).unwrap();
    let mut cargo = lab::command("cargo");
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).current_dir(&scratch);
    let metadata: serde_json::Value = serde_json::from_slice(&lab::run(&mut cargo).stdout).unwrap();
    assert_eq!(metadata["workspace_root"].as_str(), scratch.to_str());
}

#[test]
fn a_version_that_never_was_is_missing() {
    let missing = lab::published::krate("hexyl", "999.0.0").unwrap_err();
    assert_eq!(missing.remedy, "once, with a network: cargo info hexyl@999.0.0");
    assert!(!lab::cache_dir().join("published/hexyl-999.0.0").exists());
}
