//! The rule for `rust-version`: the crate compiles with that Rust, as far as that is installed.

use std::process::{Command, Stdio};

use semver::Version;

use super::{Checker, Remark, shown};
use crate::crates::Crate;
use crate::registry::folder_in;
use crate::report::Problem;

/// Whether a crate compiles with its `rust-version`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiled {
    /// It does, with this toolchain.
    With(String),
    /// It does not.
    Not {
        /// The toolchain.
        toolchain: String,
        /// What the compiler says.
        because: String,
    },
    /// Nobody tried.
    Unknown(String),
}

/// Compiles it if the toolchain is there; nothing is installed.
pub fn check(at: &Checker<'_>, krate: &Crate) -> Compiled {
    let Some(wanted) = &krate.package.rust_version else {
        return Compiled::Unknown("it declares no `rust-version`".to_owned());
    };
    let Some(listed) = at.runner.command("rustup").args(["toolchain", "list"]).ignore_stderr().read().ok() else {
        return Compiled::Unknown(format!("rustup, which would tell whether Rust {wanted} is installed, is not there"));
    };
    let Some(toolchain) = toolchain(&listed, wanted) else {
        let install = format!("rustup toolchain install {}", short(wanted));
        return Compiled::Unknown(format!("Rust {} is not installed ({install})", short(wanted)));
    };
    compile(at, krate, toolchain)
}

/// The toolchain of `rustup toolchain list` that is this version: `1.89`, or any `1.89.N` behind it.
fn toolchain<'l>(listed: &'l str, wanted: &Version) -> Option<&'l str> {
    let names = listed.lines().filter_map(|line| line.split_whitespace().next());
    let is_it = |name: &&str| {
        let channel = name.split('-').next().unwrap_or_default();
        let mut numbers = channel.split('.').map(str::parse);
        let (Some(Ok(major)), Some(Ok(minor)), patch) = (numbers.next(), numbers.next(), numbers.next()) else {
            return false;
        };
        let fits = match patch {
            None => true,
            Some(patch) => patch.is_ok_and(|patch: u64| patch >= wanted.patch),
        };
        (wanted.major, wanted.minor) == (major, minor) && fits
    };
    names.into_iter().find(is_it)
}

/// In a folder of its own: the user's would be compiled anew at every change of toolchain.
fn compile(at: &Checker<'_>, krate: &Crate, toolchain: &str) -> Compiled {
    let folder = folder_in(&at.project.target_dir).join("rust-version").join(toolchain);
    let command = at.runner.cargo().env("RUSTUP_TOOLCHAIN", toolchain);
    let command = command.args(["check", "--locked", "--quiet", "--package", &krate.spec(), "--target-dir"]);
    let command = command.arg(folder).args(at.offline.then_some("--offline"));
    let output = Command::from(command).stdin(Stdio::null()).output();
    let toolchain = toolchain.to_owned();
    match output {
        Ok(output) if output.status.success() => Compiled::With(toolchain),
        Ok(output) => {
            let because = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Compiled::Not { toolchain, because }
        }
        Err(error) => Compiled::Unknown(format!("cargo cannot be run: {error}")),
    }
}

/// As people and rustup write it: `1.89`, but `1.88.1`.
fn short(version: &Version) -> String {
    if version.patch == 0 { format!("{}.{}", version.major, version.minor) } else { version.to_string() }
}

impl Compiled {
    /// One or two words for a table.
    pub fn word(&self) -> &'static str {
        match self {
            Self::With(_) => "compiles",
            Self::Not { .. } => "fails",
            Self::Unknown(_) => "not tried",
        }
    }

    /// What is to be said of it.
    pub fn remark(&self, krate: &Crate) -> Option<Remark> {
        let name = &krate.package.name;
        let rust = krate.package.rust_version.as_ref().map(short)?;
        match self {
            Self::With(_) => None,
            Self::Not { toolchain, because } => {
                let problem = Problem::new(format!("{name} does not compile with Rust {rust}, its `rust-version`"));
                let help = format!(
                    "raise `rust-version` in {}, or have it compile: cargo +{toolchain} check --locked --package {name}",
                    shown(&krate.manifest())
                );
                Some(Remark::error("rust-version", problem.because(first_lines(because)).help(help)))
            }
            Self::Unknown(why) => {
                let problem = Problem::new(format!("whether {name} compiles with Rust {rust} is not known"));
                let help = format!("rustup toolchain install {rust} --profile minimal");
                Some(Remark::warning("rust-version", problem.because(why).help(help)))
            }
        }
    }
}

/// A compiler's first error is what counts; some hundred others may follow.
fn first_lines(text: &str) -> String {
    const SHOWN: usize = 20;
    let lines: Vec<&str> = text.lines().collect();
    let rest = lines.len().saturating_sub(SHOWN);
    let shown = lines.iter().take(SHOWN).copied().collect::<Vec<_>>().join("\n");
    if rest == 0 { shown } else { format!("{shown}\n… and {rest} more lines") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "stable-x86_64-unknown-linux-gnu (active, default)\n1.88.0-x86_64-unknown-linux-gnu\n\
                          1.89-x86_64-unknown-linux-gnu\n1.70.1-x86_64-unknown-linux-gnu\nmine\n";

    #[test]
    fn a_toolchain_is_found_by_its_numbers() {
        let found = |version: &str| toolchain(LISTED, &Version::parse(version).unwrap());
        assert_eq!(found("1.89.0"), Some("1.89-x86_64-unknown-linux-gnu"));
        assert_eq!(found("1.88.0"), Some("1.88.0-x86_64-unknown-linux-gnu"));
        assert_eq!(found("1.70.0"), Some("1.70.1-x86_64-unknown-linux-gnu"));
        assert_eq!((found("1.70.2"), found("1.8.0"), found("1.95.0")), (None, None, None));
    }

    #[test]
    fn versions_are_written_as_rustup_takes_them() {
        assert_eq!((short(&Version::new(1, 89, 0)), short(&Version::new(1, 88, 1))), ("1.89".into(), "1.88.1".into()));
    }

    #[test]
    fn of_many_errors_the_first_are_shown() {
        let text = (0..30).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        assert!(first_lines(&text).ends_with("\n19\n… and 10 more lines"));
        assert_eq!(first_lines("a\nb"), "a\nb");
    }
}
