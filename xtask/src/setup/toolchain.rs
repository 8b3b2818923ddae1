//! The standard library of a target: in the workspace's own toolchain, from rustup, or compiled from its source.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::{Found, Origin, State};
use crate::report::{Context, Error, Result};
use crate::run::Runner;
use crate::targets::Target;

/// The toolchain that the workspace uses; its own pin counts. What is seldom asked is found out when it is.
#[derive(Debug)]
pub(super) struct Toolchain {
    runner: Runner,
    sysroot: PathBuf,
    version: OnceCell<String>,
    /// What rustup has for this toolchain; nothing where rustup does not manage it.
    rustup: OnceCell<Option<Vec<String>>>,
}

/// Where the standard library of a target comes from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StdSource {
    /// It is in the toolchain.
    Installed,
    /// `rustup target add` brings it.
    Rustup,
    /// Only its source is to be had: [`super::build_std`] says how cargo compiles it.
    BuildStd,
    /// Nowhere.
    Nowhere,
}

impl Toolchain {
    /// Asks rustc, in the folder of `runner`.
    ///
    /// # Errors
    /// No rustc that runs there.
    pub fn read(runner: &Runner) -> Result<Self> {
        let sysroot = PathBuf::from(rustc(runner, &["--print", "sysroot"])?);
        Ok(Self { runner: runner.clone(), sysroot, version: OnceCell::new(), rustup: OnceCell::new() })
    }

    fn version(&self) -> &str {
        self.version.get_or_init(|| {
            let said = rustc(&self.runner, &["--version"]).unwrap_or_default();
            said.split(' ').nth(1).unwrap_or_default().to_owned()
        })
    }

    fn rustup(&self) -> Option<&Vec<String>> {
        let ask = || manages(&self.runner, &self.sysroot).then(|| list(&self.runner)).flatten();
        self.rustup.get_or_init(ask).as_ref()
    }

    /// Where the standard library for `target` comes from.
    pub fn std_source(&self, target: &Target) -> StdSource {
        let has = |list: &Vec<String>| list.iter().any(|triple| triple == target.triple());
        if self.std_folder(target).is_some() {
            StdSource::Installed
        } else if self.rustup().is_some_and(has) {
            StdSource::Rustup
        } else if self.source().is_some() {
            StdSource::BuildStd
        } else {
            StdSource::Nowhere
        }
    }

    /// How it stands with the standard library for `target`.
    pub fn std(&self, target: &Target, offline: bool) -> State {
        let add = format!("rustup target add {target}");
        match self.std_source(target) {
            StdSource::Installed => self.present(self.std_folder(target)),
            StdSource::Rustup if offline => State::Missing {
                reason: "it is not in the toolchain, and --offline forbids to download it".to_owned(),
                remedy: format!("{add} (with a network)"),
            },
            StdSource::Rustup => State::Obtainable { how: add },
            // Cargo compiles it together with the programs: all that has to be there is its source.
            StdSource::BuildStd => State::Present(Found::new(
                self.version(),
                self.source().unwrap_or_else(|| self.sysroot.clone()),
                Origin::Source,
            )),
            StdSource::Nowhere if self.rustup().is_some() => State::Missing {
                reason: format!("Rust {} has no compiled standard library for {target}", self.version()),
                remedy: "rustup component add rust-src (then it is compiled from its source)".to_owned(),
            },
            StdSource::Nowhere => State::Missing {
                reason: format!("the Rust in {} has none, and rustup does not manage it", self.sysroot.display()),
                remedy: "install Rust with rustup (https://rustup.rs), or the package with the standard library's \
                         source (Debian: `apt-get install rust-src`), from which it is then compiled"
                    .to_owned(),
            },
        }
    }

    /// How it stands with the standard library's source.
    pub fn rust_src(&self, offline: bool) -> State {
        let add = "rustup component add rust-src".to_owned();
        match (self.source(), self.rustup()) {
            (Some(folder), _) => self.present(Some(folder)),
            (None, Some(_)) if offline => State::Missing {
                reason: "it is not in the toolchain, and --offline forbids to download it".to_owned(),
                remedy: format!("{add} (with a network)"),
            },
            (None, Some(_)) => State::Obtainable { how: add },
            (None, None) => State::Missing {
                reason: format!("the Rust in {} has none, and rustup does not manage it", self.sysroot.display()),
                remedy: "install the package with it (Debian: `apt-get install rust-src`), or Rust with rustup"
                    .to_owned(),
            },
        }
    }

    fn present(&self, path: Option<PathBuf>) -> State {
        let path = path.unwrap_or_else(|| self.sysroot.clone());
        State::Present(Found::new(self.version(), path, Origin::Toolchain))
    }

    /// An empty folder may stand there for a build from source, so the library itself is looked for.
    fn std_folder(&self, target: &Target) -> Option<PathBuf> {
        let folder = self.sysroot.join("lib/rustlib").join(target.triple()).join("lib");
        let is_core = |name: &str| name.starts_with("libcore-") && name.strip_suffix(".rlib").is_some();
        let listing = std::fs::read_dir(&folder).ok()?;
        let found = listing.flatten().any(|entry| entry.file_name().to_str().is_some_and(is_core));
        found.then_some(folder)
    }

    fn source(&self) -> Option<PathBuf> {
        let folder = self.sysroot.join("lib/rustlib/src/rust/library");
        folder.join("std/Cargo.toml").is_file().then_some(folder)
    }
}

/// What rustc prints.
fn rustc(runner: &Runner, args: &[&str]) -> Result<String> {
    const RUST: &str = "install Rust: https://rustup.rs";
    let failed = || format!("cannot run `rustc {}`", args.join(" "));
    let output = runner.rustc().args(args).ignore_status().output();
    let output = output.context(failed).map_err(|error| error.help(RUST))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    Err(Error::new(failed()).because(String::from_utf8_lossy(&output.stderr).trim()).help(RUST))
}

/// Runs `rustup ARGS` for the workspace's toolchain.
///
/// # Errors
/// What rustup says.
pub(super) fn rustup(runner: &Runner, args: &[&str]) -> Result<()> {
    let shown = format!("rustup {}", args.join(" "));
    let output = runner
        .command("rustup")
        .args(args)
        .ignore_status()
        .output()
        .map_err(|error| Error::new(format!("cannot run `{shown}`")).because(error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error")).collect();
    let why = if errors.is_empty() { said.trim().to_owned() } else { errors.join("\n") };
    Err(Error::new(format!("`{shown}` failed"))
        .because(why)
        .help("look at the network, and repeat; or set `build-std = true` for the target, which compiles the source"))
}

/// Whether the rustc that runs here is rustup's: otherwise what rustup adds, it adds to another one.
fn manages(runner: &Runner, sysroot: &Path) -> bool {
    let rustc = runner.command("rustup").args(["which", "rustc"]).ignore_stderr().read();
    let real = |path: &Path| path.canonicalize().ok();
    rustc.is_ok_and(|rustc| {
        let theirs = Path::new(&rustc).ancestors().nth(2).and_then(real);
        theirs.is_some() && theirs == real(sysroot)
    })
}

/// All targets that rustup has for the toolchain; none of a toolchain that is linked or built by hand.
fn list(runner: &Runner) -> Option<Vec<String>> {
    let text = runner.command("rustup").args(["target", "list"]).ignore_stderr().read().ok()?;
    Some(text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn target(triple: &str) -> Target {
        Target::parse(triple).unwrap()
    }

    #[test]
    fn the_standard_library_is_found_added_compiled_or_missing() {
        let sysroot = std::env::temp_dir().join(format!("xtask-dist-sysroot-{}", std::process::id()));
        let _ = fs::remove_dir_all(&sysroot);
        let lib = |triple: &str| sysroot.join("lib/rustlib").join(triple).join("lib");
        let (musl, darwin) = (target("x86_64-unknown-linux-musl"), target("aarch64-apple-darwin"));
        for triple in [musl.triple(), darwin.triple()] {
            fs::create_dir_all(lib(triple)).unwrap();
        }
        fs::write(lib(musl.triple()).join("libcore-0.rlib"), "").unwrap();
        let rust = |rustup| Toolchain {
            runner: Runner::new(&sysroot).unwrap(),
            sysroot: sysroot.clone(),
            version: OnceCell::from("1.95.0".to_owned()),
            rustup: OnceCell::from(rustup),
        };
        let (unmanaged, managed) = (rust(None), rust(Some(vec!["aarch64-apple-darwin".to_owned()])));
        assert_eq!(unmanaged.std_source(&musl), StdSource::Installed);
        assert_eq!(unmanaged.std_source(&darwin), StdSource::Nowhere, "an empty folder is no library");

        assert_eq!(managed.std_source(&darwin), StdSource::Rustup);
        assert!(matches!(managed.std(&darwin, true), State::Missing { reason, .. } if reason.contains("--offline")));
        let tier_3 = target("aarch64-unknown-helenos");
        assert!(matches!(managed.std(&tier_3, false), State::Missing { remedy, .. } if remedy.contains("rust-src")));

        let source = sysroot.join("lib/rustlib/src/rust/library/std");
        fs::create_dir_all(&source).unwrap();
        fs::write(source.join("Cargo.toml"), "").unwrap();
        assert!(matches!(managed.std(&tier_3, true), State::Present(found) if found.origin == Origin::Source));
        assert_eq!(managed.std_source(&darwin), StdSource::Rustup, "what is compiled already is taken first");
        assert_eq!(unmanaged.std_source(&darwin), StdSource::BuildStd);
        fs::remove_dir_all(sysroot).unwrap();
    }
}
