//! Tools from Python wheels: pinned by version and digest, unpacked by whichever installer this machine has.
//!
//! Wheels, because they are the one package of zig and cargo-zigbuild for all systems, need no root, and come through
//! whatever mirror, proxy and certificates the user's own installer is set up with.

use std::fmt::Write as _;
use std::path::Path;

use xshell::Cmd;

use crate::report::{Context, Error, Result};
use crate::run::Runner;
use crate::targets::{Libc, Os, Target};

/// A program that comes in a wheel.
#[derive(Debug)]
pub(super) struct Wheel {
    /// The package's name in the index.
    pub package: &'static str,
    /// The version.
    pub version: &'static str,
    /// Where the program is after unpacking, without suffix.
    pub program: &'static str,
    /// Its wheels for all machines.
    pub files: &'static [File],
}

/// A wheel for one kind of machine.
#[derive(Debug)]
pub(super) struct File {
    /// The platforms, as the file's name has them.
    pub tags: &'static str,
    /// The digest, in hex.
    pub sha256: &'static str,
}

impl Wheel {
    /// What the installer has to get: one version, and no bytes but those that are known.
    pub fn requirement(&self) -> String {
        let mut text = format!("{}=={}", self.package, self.version);
        for file in self.files {
            // Writing to a string cannot fail.
            let _ = write!(text, " --hash=sha256:{}", file.sha256);
        }
        text + "\n"
    }

    /// Whether there is a wheel for the machine, as far as its triple tells.
    pub fn serves(&self, host: &Target) -> bool {
        let system = match (host.os(), host.libc()) {
            (Os::Linux, Libc::Musl) => "musllinux",
            (Os::Linux, _) => "manylinux",
            (Os::MacOs, _) => "macosx",
            (Os::Windows, _) => "win",
            _ => return false,
        };
        let processor = match (host.os(), host.arch()) {
            (Os::MacOs | Os::Windows, "aarch64") => "arm64",
            (Os::Windows, "x86_64") => "amd64",
            (Os::Windows, "i686") => "win32",
            (_, "riscv64gc") => "riscv64",
            (_, "powerpc64le") => "ppc64le",
            (_, "armv7") => "armv7l",
            (_, processor) => processor,
        };
        let fits = |tag: &str| tag.starts_with(system) && tag.ends_with(processor);
        self.files.iter().flat_map(|file| file.tags.split('.')).any(fits)
    }

    /// Unpacks it into the empty folder `into`.
    ///
    /// # Errors
    /// The index cannot be reached, has no such file, or has another than the pinned one.
    pub fn install(&self, installer: &Installer, into: &Path) -> Result<()> {
        let requirements = into.join("requirements.txt");
        std::fs::write(&requirements, self.requirement())
            .context(|| format!("cannot write {}", requirements.display()))?;
        // In the new folder, because Python takes modules from where it is started.
        let runner = Runner::new(into)?;
        let what = || format!("cannot install {} {}", self.package, self.version);
        let output = installer
            .install(&runner)
            .arg("--target")
            .arg(into)
            .args(["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", "requirements.txt"])
            .ignore_status()
            .output()
            .context(what)?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = why(&said);
        let help = if said.to_lowercase().contains("hash") {
            "the index that your installer asks gave a file other than the pinned one: nothing of it was kept"
        } else {
            "look at the network, or at the proxy and index that your installer is set up with, and repeat"
        };
        Err(Error::new(what()).because(said).help(help))
    }
}

/// The part of an installer's output that tells why it failed.
fn why(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).collect();
    let from = lines.iter().position(|line| line.to_lowercase().trim_start().starts_with("error")).unwrap_or(0);
    lines[from..].join("\n")
}

/// What unpacks wheels here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Installer {
    /// pip, as a program or a module of a Python.
    Pip(Vec<&'static str>),
    /// uv.
    Uv,
}

/// How Python's interpreters are called, the likeliest first.
const PYTHONS: &[&[&str]] =
    if cfg!(windows) { &[&["py", "-3"], &["python"], &["python3"]] } else { &[&["python3"], &["python"]] };

impl Installer {
    /// The first that answers; Debian's Python has no pip of its own, so Python alone is not enough.
    ///
    /// # Errors
    /// What is lacking, in words.
    pub fn find(runner: &Runner) -> Result<Self, &'static str> {
        let answers = |words: &[&str], more: &[&str]| {
            let command = runner.command(words[0]).args(&words[1..]).args(more);
            command.ignore_stdout().ignore_stderr().run().is_ok()
        };
        let mut has_python = false;
        for python in PYTHONS {
            // Importing it is a tenth of the time of `-m pip --version`. The working folder is no place for modules.
            if answers(python, &["-c", "import sys; sys.path.pop(0); import pip"]) {
                return Ok(Self::Pip([python, &["-m", "pip"][..]].concat()));
            }
            has_python = has_python || answers(python, &["-c", ""]);
        }
        if answers(&["pip3"], &["--version"]) {
            return Ok(Self::Pip(vec!["pip3"]));
        }
        if answers(&["uv"], &["--version"]) {
            return Ok(Self::Uv);
        }
        Err(if has_python {
            "Python is here, but neither its pip nor uv, which unpack wheels"
        } else {
            "neither python3 with pip nor uv is on PATH, which unpack wheels"
        })
    }

    /// What mends that there is none.
    pub fn remedy() -> &'static str {
        if cfg!(windows) {
            "install Python (`winget install Python.Python.3.13`) or uv (`winget install astral-sh.uv`)"
        } else if cfg!(target_os = "macos") {
            "install Python (`brew install python`) or uv (`brew install uv`)"
        } else {
            "install pip (`apt-get install python3-pip`, `dnf install python3-pip`) or uv"
        }
    }

    /// The installer's command, without what to install and where.
    fn install<'r>(&self, runner: &'r Runner) -> Cmd<'r> {
        match self {
            Self::Uv => runner.command("uv").args(["pip", "install", "--quiet"]),
            Self::Pip(words) => {
                let pip = runner.command(words[0]).args(&words[1..]);
                pip.args(["install", "--disable-pip-version-check", "--no-input", "--no-compile", "--quiet"])
                    // Settings for installing into Python itself, which do not go with --target. The index, proxy
                    // and certificates that are set stay.
                    .env("PIP_USER", "0")
                    .env("PIP_REQUIRE_VIRTUALENV", "0")
                    .env("PIP_ROOT_USER_ACTION", "ignore")
                    .env_remove("PIP_PREFIX")
                    .env_remove("PIP_ROOT")
                    .env_remove("PIP_CONSTRAINT")
            }
        }
    }

    /// How people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pip(_) => "pip",
            Self::Uv => "uv",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_names_one_version_and_every_digest() {
        let files = &[File { tags: "win32", sha256: "aa" }, File { tags: "win_amd64", sha256: "bb" }];
        let wheel = Wheel { package: "p", version: "1.2", program: "bin/p", files };
        assert_eq!(wheel.requirement(), "p==1.2 --hash=sha256:aa --hash=sha256:bb\n");
    }

    #[test]
    fn tags_are_matched_with_machines() {
        let files =
            &[File { tags: "macosx_10_12_x86_64.macosx_11_0_arm64", sha256: "" }, File { tags: "win32", sha256: "" }];
        let wheel = Wheel { package: "p", version: "1", program: "bin/p", files };
        let serves = |host: &str| wheel.serves(&Target::parse(host).unwrap());
        assert!(serves("aarch64-apple-darwin") && serves("x86_64-apple-darwin") && serves("i686-pc-windows-msvc"));
        assert!(!serves("x86_64-pc-windows-msvc") && !serves("aarch64-unknown-linux-gnu"));
    }

    #[test]
    fn of_what_pip_says_the_error_is_kept() {
        assert_eq!(why("WARNING: old\nERROR: no such file\n  more\n"), "ERROR: no such file\n  more");
        assert_eq!(why("something else\n"), "something else");
    }
}
