//! What makes libraries for JavaScript: wasm-bindgen's own tool in the very version of the lock file, and programs that
//! are used where they are there.

use std::path::{Path, PathBuf};

use super::{Found, Need, Origin, Setup, State, lacking, system, whole};
use crate::report::{Context, Error, Result};
use crate::run::on_path;
use crate::targets::Target;

/// The package that the tool is in.
const PACKAGE: &str = "wasm-bindgen-cli";

/// A quarter less to compile than by cargo's `release` profile; what it does takes no time anyway.
const PROFILE: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
];

impl Setup {
    /// How it stands with wasm-bindgen of that version: the one that was brought, or one on PATH.
    pub(super) fn wasm_bindgen(&self, version: &str) -> State {
        let brought = bindgen_in(&self.tools.join(folder_name(version)));
        let places = [(Some(brought), Origin::Brought), (on_path("wasm-bindgen"), Origin::Path)];
        let has_version = |path: &PathBuf| {
            path.is_file() && system::version_by("--version", path, &self.runner).as_deref() == Some(version)
        };
        let there = places.into_iter().find_map(|(path, origin)| Some((path.filter(has_version)?, origin)));
        match there {
            Some((path, origin)) => State::Present(Found::new(version, path, origin)),
            None if self.offline => State::Missing {
                reason: "it was not brought yet, and --offline forbids to".to_owned(),
                remedy: "run `cargo xtask dist setup` once with a network".to_owned(),
            },
            None => State::Obtainable { how: format!("cargo install --locked {PACKAGE}@{version}, a minute or two") },
        }
    }

    /// Compiles it: that is how it comes for every machine, with crates.io's digests.
    pub(super) fn bring_wasm_bindgen(&self, version: &str) -> Result<Found> {
        let need = Need::WasmBindgen(version.to_owned());
        let name = folder_name(version);
        let runs = |folder: &Path| {
            system::version_by("--version", &bindgen_in(folder), &self.runner).as_deref() == Some(version)
        };
        whole::make(&self.tools, &name, runs, |new| self.install_wasm_bindgen(version, new))?;
        match self.wasm_bindgen(version) {
            State::Present(found) => Ok(found),
            _ => Err(lacking(&need)),
        }
    }

    fn install_wasm_bindgen(&self, version: &str, folder: &Path) -> Result<()> {
        let built = folder.join("target");
        // For this machine, whatever the workspace is built for by default; and without TLS, which only the runner of
        // tests in the same package needs, and a C compiler with it.
        let command = self.runner.cargo().args(["install", "--locked", "--quiet", PACKAGE]);
        let command = command.args(["--version", &format!("={version}"), "--bin", "wasm-bindgen"]);
        let command = command.args(["--no-default-features", "--target", Target::host().triple()]);
        let command = command.arg("--root").arg(folder).arg("--target-dir").arg(&built).envs(PROFILE.iter().copied());
        let output = command.ignore_status().output().context(|| "cannot run cargo")?;
        if !output.status.success() {
            return Err(Error::new(format!("wasm-bindgen {version} cannot be compiled"))
                .because(String::from_utf8_lossy(&output.stderr).trim())
                .help(format!(
                    "have it on PATH: cargo binstall {PACKAGE}@{version}, or cargo install {PACKAGE}@{version}"
                )));
        }
        std::fs::remove_dir_all(&built).context(|| format!("cannot remove {}", built.display()))
    }

    pub(super) fn wasm_opt(&self) -> State {
        self.where_it_is("wasm-opt", "install Binaryen, and have its wasm-opt on PATH")
    }

    pub(super) fn wasm_pack(&self) -> State {
        self.where_it_is("wasm-pack", "cargo install --locked wasm-pack")
    }

    fn where_it_is(&self, program: &str, remedy: &str) -> State {
        let found =
            on_path(program).and_then(|path| Some((system::version_by("--version", &path, &self.runner)?, path)));
        match found {
            Some((version, path)) => State::Present(Found::new(version, path, Origin::Path)),
            None => State::Missing { reason: "it is not on PATH".to_owned(), remedy: remedy.to_owned() },
        }
    }
}

fn folder_name(version: &str) -> String {
    format!("wasm-bindgen-{version}")
}

fn bindgen_in(folder: &Path) -> PathBuf {
    folder.join("bin").join(format!("wasm-bindgen{}", std::env::consts::EXE_SUFFIX))
}
