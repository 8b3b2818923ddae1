//! The one builder of commands for the programs we run: cargo, rustc, git.
//!
//! `cargo run` leaves its own variables in our environment. Handed on, they would make the released workspace ignore
//! its own toolchain pin and rebuild everything at every alternation, so they are removed here.

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use xshell::{Cmd, Shell};

use crate::report::{Context, Error, Result};

/// What cargo sets for the programs it runs, and only for them.
const SET_BY_CARGO: &[&str] =
    &["CARGO", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR", "RUST_RECURSION_COUNT"];
const SET_BY_CARGO_PREFIXES: &[&str] = &["CARGO_MANIFEST_", "CARGO_PKG_", "RUSTUP_TOOLCHAIN"];
/// Where `cargo run` adds the folders of the program's own libraries.
const LIBRARY_PATHS: &[&str] = &["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];

/// The names of variables that hold secrets.
static SECRETS: Mutex<BTreeSet<OsString>> = Mutex::new(BTreeSet::new());

/// Keeps a variable of the environment from every program that is run from now on: it holds a secret.
pub fn hide(variable: &str) {
    SECRETS.lock().unwrap_or_else(PoisonError::into_inner).insert(variable.into());
}

/// The program that a shell would run.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&file)).find(|path| is_executable(path))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// Runs programs with `root` as their working folder.
#[derive(Debug, Clone)]
pub struct Runner {
    shell: Shell,
    scrub: Vec<(OsString, Option<OsString>)>,
}

impl Runner {
    /// A runner in `root`.
    ///
    /// # Errors
    /// No working folder.
    pub fn new(root: &Path) -> Result<Self> {
        let shell = Shell::new().context(|| "cannot start")?;
        shell.change_dir(root);
        let mut scrub = scrubbed(env::vars_os());
        let secrets = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
        scrub.extend(secrets.iter().map(|name| (name.clone(), None)));
        Ok(Self { shell, scrub })
    }

    /// A command of `program`, not yet run.
    pub fn command(&self, program: impl AsRef<Path>) -> Cmd<'_> {
        let command = self.shell.cmd(program).quiet();
        self.scrub.iter().fold(command, |command, (name, value)| match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        })
    }

    /// `cargo`, as the released workspace pins it.
    pub fn cargo(&self) -> Cmd<'_> {
        self.command("cargo")
    }

    /// `rustc`, as the released workspace pins it.
    pub fn rustc(&self) -> Cmd<'_> {
        self.command("rustc")
    }

    /// Runs a command to its end, with `input` on its standard input; what takes longer than `patience` is ended.
    ///
    /// # Errors
    /// A program that cannot be run; one that took too long.
    pub fn output_within(&self, command: Cmd<'_>, input: &[u8], patience: Duration) -> io::Result<Output> {
        let mut child =
            Command::from(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (send, receive) = mpsc::channel();
        let mut stdin = child.stdin.take();
        let input = input.to_vec();
        // One that does not read is no failure: what it says of itself counts.
        thread::spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(&input)));
        let outputs: [Option<Box<dyn Read + Send>>; 2] =
            [child.stdout.take().map(|it| Box::new(it) as _), child.stderr.take().map(|it| Box::new(it) as _)];
        for (n, output) in outputs.into_iter().enumerate() {
            let send = send.clone();
            thread::spawn(move || {
                let mut bytes = Vec::new();
                let read = output.map_or(Ok(0), |mut output| output.read_to_end(&mut bytes));
                send.send((n, read.map(|_| bytes)))
            });
        }
        let deadline = Instant::now() + patience;
        let mut read = [Vec::new(), Vec::new()];
        for _ in 0..read.len() {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok((n, bytes)) = receive.recv_timeout(left) else {
                // What cannot be ended has ended.
                let _ = child.kill();
                let _ = child.wait();
                return Err(io::Error::new(ErrorKind::TimedOut, "it did not answer in time"));
            };
            read[n] = bytes?;
        }
        let [stdout, stderr] = read;
        Ok(Output { status: child.wait()?, stdout, stderr })
    }

    /// What a git command prints; `None` where there is no git, no repository, or no answer.
    pub fn git(&self, args: &[&str]) -> Option<String> {
        self.command("git").args(args).ignore_stderr().read().ok()
    }

    /// The very bytes that a git command prints: neither file names nor contents have to be Unicode.
    ///
    /// # Errors
    /// A git that fails, with its own words.
    pub fn git_bytes(&self, args: &[&str]) -> Result<Vec<u8>> {
        let failed = || format!("cannot ask git for the changes: git {}", args.join(" "));
        let output = self.command("git").args(args).ignore_status().output().context(failed)?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(Error::new(failed()).because(String::from_utf8_lossy(&output.stderr).trim()))
        }
    }
}

/// What has to be changed in `environment` before a program may see it: a new value, or nothing to remove the variable.
fn scrubbed(environment: impl Iterator<Item = (OsString, OsString)>) -> Vec<(OsString, Option<OsString>)> {
    let environment: Vec<_> = environment.collect();
    let value = |wanted: &str| environment.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_os_str());
    // rustup says where the toolchain came from; what the user chose is kept.
    let chosen = matches!(value("RUSTUP_TOOLCHAIN_SOURCE").and_then(OsStr::to_str), Some("env" | "cli"));
    let sysroot = value("CARGO").and_then(|cargo| Path::new(cargo).parent()?.parent().map(Path::to_owned));
    let own = env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned));
    let added_by_cargo = |folder: &PathBuf| {
        [&sysroot, &own].into_iter().flatten().any(|prefix| folder.starts_with(prefix)) || folder.as_os_str().is_empty()
    };
    let mut changes = Vec::new();
    for (name, value) in &environment {
        let Some(word) = name.to_str() else { continue };
        let toolchain = word.starts_with("RUSTUP_TOOLCHAIN");
        if SET_BY_CARGO.contains(&word)
            || (SET_BY_CARGO_PREFIXES.iter().any(|prefix| word.starts_with(prefix)) && !(toolchain && chosen))
        {
            changes.push((name.clone(), None));
        } else if LIBRARY_PATHS.contains(&word) {
            let kept: Vec<PathBuf> = env::split_paths(value).filter(|folder| !added_by_cargo(folder)).collect();
            let joined = env::join_paths(&kept).ok().filter(|joined| !joined.is_empty());
            changes.push((name.clone(), joined));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(environment: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
        let text = |value: OsString| value.into_string().unwrap();
        let pairs = environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        scrubbed(pairs).into_iter().map(|(name, value)| (text(name), value.map(text))).collect()
    }

    #[test]
    fn what_cargo_run_added_goes_and_what_the_user_set_stays() {
        let gone = changes(&[
            ("CARGO", "/rustup/stable/bin/cargo"),
            ("CARGO_PKG_NAME", "xtask-dist"),
            ("CARGO_HOME", "/home/me/.cargo"),
            ("CARGO_TARGET_DIR", "/elsewhere"),
            ("RUSTUP_TOOLCHAIN", "stable"),
            ("RUSTUP_TOOLCHAIN_SOURCE", "default"),
            ("RUSTFLAGS", "-g"),
        ]);
        let names: Vec<&str> = gone.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["CARGO", "CARGO_PKG_NAME", "RUSTUP_TOOLCHAIN", "RUSTUP_TOOLCHAIN_SOURCE"]);
    }

    #[test]
    fn a_toolchain_that_the_user_chose_is_kept() {
        assert_eq!(changes(&[("RUSTUP_TOOLCHAIN", "nightly"), ("RUSTUP_TOOLCHAIN_SOURCE", "cli")]), []);
    }

    #[cfg(unix)]
    #[test]
    fn secrets_stay_here() {
        hide("PATH_OF_NOBODY");
        let runner = Runner::new(Path::new("/")).unwrap();
        let seen = runner.command("env").env("OTHER", "1").read().unwrap();
        assert!(seen.contains("OTHER=1"), "{seen}");
        assert!(runner.scrub.contains(&("PATH_OF_NOBODY".into(), None)));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_waits_for_ever() {
        let runner = Runner::new(Path::new("/")).unwrap();
        let soon = Duration::from_millis(100);
        let error = runner.output_within(runner.command("sleep").arg("60"), b"", soon).unwrap_err();
        assert_eq!(error.to_string(), "it did not answer in time");
        let long = vec![b'x'; 1_000_000];
        let output = runner.output_within(runner.command("cat"), &long, soon * 100).unwrap();
        assert_eq!((output.stdout.len(), output.stderr.len()), (long.len(), 0));
        assert!(runner.output_within(runner.command("true"), &long, soon * 100).unwrap().status.success());
    }

    #[cfg(unix)]
    #[test]
    fn library_paths_lose_only_what_cargo_added() {
        let gone = changes(&[("CARGO", "/r/stable/bin/cargo"), ("LD_LIBRARY_PATH", "/r/stable/lib:/opt/cuda:")]);
        assert_eq!(gone[1], ("LD_LIBRARY_PATH".into(), Some("/opt/cuda".into())));
        let gone = changes(&[("CARGO", "/r/stable/bin/cargo"), ("LD_LIBRARY_PATH", "/r/stable/lib")]);
        assert_eq!(gone[1], ("LD_LIBRARY_PATH".into(), None));
    }
}
