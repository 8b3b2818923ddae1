//! cargo-dist, as people install it.

use std::fs;
use std::path::PathBuf;

use lab::{Missing, cache_dir, command};

use super::measure::usage;

/// The version that is measured against.
pub const VERSION: &str = "0.34.0";

/// An installed cargo-dist.
pub struct CargoDist {
    pub path: PathBuf,
    /// How many seconds installing it took, on all cores together.
    pub cpu: f64,
}

/// Installs it, once: that takes minutes.
pub fn installed() -> Result<CargoDist, Missing> {
    let root = cache_dir().join("bench").join(format!("cargo-dist-{VERSION}"));
    let (path, cost) =
        (root.join("bin").join(format!("dist{}", std::env::consts::EXE_SUFFIX)), root.join("cpu-seconds"));
    let missing = |error: std::io::Error| Missing {
        what: "cargo-dist".into(),
        reason: error.to_string(),
        remedy: format!("cargo install cargo-dist --version {VERSION} --locked"),
    };
    if !cost.exists() {
        println!("cargo install cargo-dist …");
        let mut cargo = command("cargo");
        // Neutral ground: this repository's own configuration would hold for it.
        cargo.current_dir(std::env::temp_dir()).args(["install", "cargo-dist", "--version", VERSION, "--locked"]);
        let built = root.join("target");
        let took = usage(cargo.arg("--force").arg("--root").arg(&root).arg("--target-dir").arg(&built));
        fs::remove_dir_all(&built).map_err(missing)?;
        fs::write(&cost, took.cpu.as_secs_f64().to_string()).map_err(missing)?;
    }
    let cpu = fs::read_to_string(&cost).map_err(missing)?.trim().parse().unwrap_or_default();
    Ok(CargoDist { path, cpu })
}
