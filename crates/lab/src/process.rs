//! Running programs: in the environment of a fresh shell, and telling everything when one fails.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::iter;
use std::process::{Command, Output};

/// A command for `program` in a [`clean`] environment.
#[must_use]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    clean(&mut command);
    command
}

/// Removes what would make a program that a test starts behave otherwise than in a user's fresh shell: what cargo,
/// rustup and a git hook set, and the settings of whoever runs the tests that steer a build. What says how to reach
/// the network stays. Call it before setting variables.
pub fn clean(command: &mut Command) {
    remove(command, |name| {
        set_by_cargo(name) || steers_a_build(name) || name == "RUSTUP_TOOLCHAIN" || set_by_git(name)
    });
}

/// Removes only what `cargo run` set, so that a command of this repository's own starts where its user stands.
pub fn leave_cargo_run(command: &mut Command) {
    remove(command, set_by_cargo);
}

/// Runs a command that must succeed.
///
/// # Panics
/// Tells argv, directory, status and both outputs when it fails.
#[track_caller]
pub fn run(command: &mut Command) -> Output {
    try_run(command).unwrap_or_else(|failure| panic!("{failure}"))
}

/// Runs a command that must fail, and gives what it said.
///
/// # Panics
/// When it succeeds, or cannot be started.
#[track_caller]
pub fn run_failing(command: &mut Command) -> Output {
    match try_run(command) {
        Err(Failure { outcome: Ok(output), .. }) => output,
        Err(failure) => panic!("{failure}"),
        Ok(output) => panic!("should have failed: {}", Failure::new(command, Ok(output))),
    }
}

/// Runs a command, whose failure is a value.
pub fn try_run(command: &mut Command) -> Result<Output, Failure> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(output),
        outcome => Err(Failure::new(command, outcome)),
    }
}

/// The processes that this one has started, and those that they have; on Linux only.
#[must_use]
pub fn below(process: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // `ID (NAME) STATE PARENT …`; a name may have anything in it, brackets too.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        if id > 1 && parent == Some(process) {
            found.push(id);
            found.extend(below(id));
        }
    }
    found
}

/// Ends a process at once, if it has not ended. By its own number: of a group's, with its sign, some versions of `kill`
/// make all processes there are.
pub fn kill(process: u32) {
    let _ = try_run(command("kill").args(["-KILL", &process.to_string()]));
}

/// Whether this is Linux's root.
#[cfg(unix)]
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Whether this is Linux's root.
#[cfg(not(unix))]
pub(crate) fn is_root() -> bool {
    false
}

/// A command that failed. Displayed, it is everything there is to know.
#[derive(Debug)]
pub struct Failure {
    command: String,
    outcome: io::Result<Output>,
}

impl Failure {
    fn new(command: &Command, outcome: io::Result<Output>) -> Failure {
        // Not the command's own Debug: with a clean environment that is mostly what was removed.
        let set = command.get_envs().filter_map(|(name, value)| Some(format!("{}={}", name.display(), shown(value?))));
        let words = iter::once(command.get_program()).chain(command.get_args()).map(shown);
        let dir = command.get_current_dir().map(|dir| format!("(in {})", dir.display()));
        Failure { command: set.chain(words).chain(dir).collect::<Vec<_>>().join(" "), outcome }
    }

    /// One line: the program's last word, which is where most say why.
    #[must_use]
    pub fn last_word(&self) -> String {
        match &self.outcome {
            Err(error) => error.to_string(),
            Ok(output) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                let last = stderr.lines().map(str::trim).rfind(|line| !line.is_empty());
                last.map_or_else(|| output.status.to_string(), str::to_owned)
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Err(error) => write!(f, "cannot start {}: {error}", self.command),
            Ok(output) => write!(
                f,
                "{}\n{}\n--- stdout\n{}\n--- stderr\n{}",
                self.command,
                output.status,
                String::from_utf8_lossy(&output.stdout).trim_end(),
                String::from_utf8_lossy(&output.stderr).trim_end()
            ),
        }
    }
}

/// A word as it would stand on a command line.
fn shown(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || "'\"\\$`;&|<>()*?#".contains(c));
    if plain { word.into_owned() } else { format!("{word:?}") }
}

fn remove(command: &mut Command, unwanted: impl Fn(&str) -> bool) {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(&unwanted) {
            command.env_remove(name);
        }
    }
}

fn set_by_cargo(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "CARGO",
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
        "CARGO_MAKEFLAGS",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_TMPDIR",
        "OUT_DIR",
        "NUM_JOBS",
        "RUST_RECURSION_COUNT",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "DYLD_FALLBACK_LIBRARY_PATH",
    ];
    NAMES.contains(&name) || ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_EXE_"].iter().any(|p| name.starts_with(p))
}

/// Every `CARGO_*` is a setting: target folder, profile, flags, tokens. Only those of the network are harmless.
fn steers_a_build(name: &str) -> bool {
    let harmless = name == "CARGO_HOME" || ["CARGO_HTTP_", "CARGO_NET_"].iter().any(|p| name.starts_with(p));
    (name.starts_with("CARGO_") && !harmless)
        || ["RUSTC", "RUSTDOC"].iter().any(|p| name.starts_with(p))
        || name == "RUSTFLAGS"
}

fn set_by_git(name: &str) -> bool {
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_environment_keeps_homes_and_network_only() {
        let gone = |name: &str| set_by_cargo(name) || steers_a_build(name);
        for name in ["CARGO", "CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_TARGET_DIR", "CARGO_REGISTRY_TOKEN"] {
            assert!(gone(name), "{name}");
        }
        for name in ["RUSTFLAGS", "RUSTC_WRAPPER", "LD_LIBRARY_PATH", "OUT_DIR"] {
            assert!(gone(name), "{name}");
        }
        for name in ["CARGO_HOME", "RUSTUP_HOME", "CARGO_NET_OFFLINE", "PATH", "RUST_BACKTRACE"] {
            assert!(!gone(name), "{name}");
        }
    }

    #[test]
    fn a_child_does_not_see_that_cargo_runs_the_tests() {
        let environment = run(command("env").env("KEPT", "1")).stdout;
        let environment = String::from_utf8_lossy(&environment);
        assert!(environment.lines().any(|line| line == "KEPT=1"), "{environment}");
        assert!(!environment.lines().any(|line| line.starts_with("CARGO_PKG_")), "{environment}");
    }

    #[test]
    fn a_failure_tells_everything() {
        let mut command = command("sh");
        command.args(["-c", "echo out; echo why >&2; exit 3"]).env("LANG", "C").current_dir("/");
        let failure = try_run(&mut command).unwrap_err();
        assert_eq!(failure.last_word(), "why");
        let told = failure.to_string();
        for part in ["LANG=C sh -c \"echo out; ", "(in /)", "exit status: 3", "out", "why"] {
            assert!(told.contains(part), "{part} is not in {told}");
        }
        assert_eq!(run_failing(&mut command).status.code(), Some(3));
    }

    #[test]
    #[should_panic(expected = "should have failed")]
    fn an_expected_failure_must_fail() {
        run_failing(&mut command("true"));
    }
}
