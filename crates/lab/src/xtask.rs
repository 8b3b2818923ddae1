//! The tool under test, as its users run it: the built binary, in a project of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::{cache_dir, command, run, workspace_root};

/// The built `xtask`; built by the first who asks.
///
/// # Panics
/// When it does not compile.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let mut cargo = command("cargo");
        cargo.current_dir(workspace_root()).args(["build", "--quiet", "--package", "xtask-dist", "--profile", "xtask"]);
        let target = crate::target_dir();
        run(cargo.env("CARGO_TARGET_DIR", &target));
        target.join("xtask").join(format!("xtask{}", std::env::consts::EXE_SUFFIX))
    })
}

/// `cargo xtask dist ARGS` in the folder `project`.
pub fn dist<'a>(project: &Path, args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = command(binary());
    command.arg("dist").args(args).current_dir(project).env("NO_COLOR", "1").env("RUST_BACKTRACE", "0");
    command
}

/// The folder of fetched tools that all tests share, as the tool is told of it.
#[must_use]
pub fn shared_tools() -> (&'static str, PathBuf) {
    ("XTASK_DIST_TOOLS", cache_dir().join("tools"))
}
