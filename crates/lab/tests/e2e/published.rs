//! Published programs, as cargo downloads them: repositories that were not made for this tool.

use std::path::{Path, PathBuf};

use lab::xtask::dist;
use lab::{Scratch, cache_dir, client, command, copy_dir, published_crate, run, scratch};
use xtask_dist::targets::Target;

/// A published crate in a folder of its own.
struct Published {
    folder: Scratch,
    /// Kept between runs: what these crates depend on takes long to compile.
    target: PathBuf,
}

impl Published {
    fn get(name: &str, version: &str) -> Option<Self> {
        let krate = published_crate(name, version, "a published program is released")?;
        let folder = scratch(name);
        copy_dir(krate, &folder).unwrap();
        Some(Self { folder, target: cache_dir().join("build").join(format!("{name}-{version}")) })
    }

    /// Releases it, and checks the sums: the release's folder.
    fn release(&self, tag: &str, args: &[&str]) -> PathBuf {
        run(dist(&self.folder, args.iter().copied()).env("CARGO_TARGET_DIR", &self.target));
        let release = self.target.join("releases").join(tag);
        run(command("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&release));
        release
    }
}

fn version_of(program: &Path) -> String {
    let output = run(command(program).arg("--version"));
    String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn hexyl_without_git_and_without_configuration() {
    let Some(hexyl) = Published::get("hexyl", "0.16.0") else { return };
    let release = hexyl.release("v0.16.0", &[]);
    let name = format!("hexyl-{}-v0.16.0", Target::host());
    let out = scratch("unpacked");
    run(command("tar").arg("-xzf").arg(release.join(format!("{name}.tar.gz"))).current_dir(&*out));
    assert_eq!(version_of(&out.join(&name).join("hexyl")), "hexyl 0.16.0");
    assert!(out.join(&name).join("README.md").is_file() && out.join(&name).join("LICENSE-MIT").is_file());
}

#[test]
fn sd_as_a_zip() {
    let Some(sd) = Published::get("sd", "1.0.0") else { return };
    let release = sd.release("v1.0.0", &["--config", "channel.archive.format = \"zip\""]);
    let name = format!("sd-{}-v1.0.0", Target::host());
    let out = scratch("unpacked");
    let Some(unzip) = client("unzip", "a zip archive opens with unzip") else { return };
    run(unzip.command().arg("-q").arg(release.join(format!("{name}.zip"))).current_dir(&*out));
    assert_eq!(version_of(&out.join(&name).join("sd")), "sd 1.0.0");
}
