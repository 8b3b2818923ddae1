//! What is on this machine already: programs on PATH, container engines, Microsoft's libraries.

use std::env;
use std::path::{Path, PathBuf};

use super::{Found, Origin, State, Tool};
use crate::run::{Runner, on_path};

/// Which zig cargo-zigbuild takes, by its own documentation.
pub(super) const ZIG_PATH: &str = "CARGO_ZIGBUILD_ZIG_PATH";
/// Where cargo-xwin keeps Microsoft's libraries.
pub(super) const XWIN_CACHE: &str = "XWIN_CACHE_DIR";

/// The zig that the user named for cargo-zigbuild.
pub(super) fn named_zig() -> Option<PathBuf> {
    let named = env::var_os(ZIG_PATH).filter(|value| !value.is_empty()).map(PathBuf::from)?;
    let on_path = (named.components().count() == 1).then(|| on_path(named.to_str()?)).flatten();
    Some(on_path.unwrap_or(named))
}

/// The version that a tool says it has; none if it does not run.
pub(super) fn version(tool: Tool, path: &Path, runner: &Runner) -> Option<String> {
    version_by(tool.version_argument(), path, runner)
}

/// The version that a program says it has when it is given `argument`; none if it does not run.
pub(super) fn version_by(argument: &str, path: &Path, runner: &Runner) -> Option<String> {
    let said = runner.command(path).arg(argument).ignore_stderr().read().ok()?;
    first_version(&said)
}

/// The first word that begins as a version does.
fn first_version(said: &str) -> Option<String> {
    said.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned)
}

/// The engine that cross uses: what its variable names, else docker, else podman.
pub(super) fn container_engine(runner: &Runner) -> State {
    let named = env::var("CROSS_CONTAINER_ENGINE").ok().filter(|name| !name.is_empty());
    let engines = named.map_or_else(|| vec!["docker".to_owned(), "podman".to_owned()], |name| vec![name]);
    let mut silent = Vec::new();
    for engine in engines {
        let Some(path) = on_path(&engine).or_else(|| Some(PathBuf::from(&engine)).filter(|path| path.is_file())) else {
            continue;
        };
        // Asks the server behind the client: a client alone compiles nothing.
        let answers = runner.command(&path).arg("info").ignore_stdout().ignore_stderr().run().is_ok();
        if answers {
            let said = runner.command(&path).arg("--version").ignore_stderr().read().unwrap_or_default();
            let version = first_version(&said).unwrap_or_default().trim_end_matches(',').to_owned();
            return State::Present(Found::new(version, path, Origin::Path));
        }
        silent.push(engine);
    }
    let reason = match silent.first() {
        Some(engine) => format!("`{engine} info` fails: its service does not answer"),
        None => "neither is on PATH, and cross compiles in a container".to_owned(),
    };
    State::Missing { reason, remedy: "install and start docker or podman, or choose another builder".to_owned() }
}

/// Microsoft's libraries in the folder of cargo-xwin, if its download ended.
pub(super) fn windows_sdk(cache: &Path) -> Option<Found> {
    let path = cache.join("xwin");
    let processors = std::fs::read_to_string(path.join("DONE")).ok()?.lines().next()?.to_owned();
    Some(Found::new(processors, path, Origin::Brought))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_tools_say() {
        assert_eq!(first_version("0.15.2\n").as_deref(), Some("0.15.2"));
        assert_eq!(first_version("cargo-zigbuild 0.24.0").as_deref(), Some("0.24.0"));
        assert_eq!(first_version("cross 0.2.5 (abc 2023-02-04)\ncargo 1.95.0").as_deref(), Some("0.2.5"));
        assert_eq!(first_version("no such command"), None);
    }

    #[test]
    fn a_download_of_microsofts_libraries_that_did_not_end_does_not_count() {
        let cache = std::env::temp_dir().join(format!("xtask-dist-xwin-{}", std::process::id()));
        std::fs::create_dir_all(cache.join("xwin/unpack")).unwrap();
        assert_eq!(windows_sdk(&cache), None);
        std::fs::write(cache.join("xwin/DONE"), "x86_64 aarch64\na.vsix\n").unwrap();
        assert_eq!(windows_sdk(&cache).unwrap().version, "x86_64 aarch64");
        std::fs::remove_dir_all(cache).unwrap();
    }
}
