//! Servers that a test starts for itself, and that end with it, also when it fails.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, io};

use crate::process::is_root;
use crate::skip::Missing;

/// How long one may take to begin, and to end: machines that run tests are busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It is told to end when dropped, and waited for, so that it clears up behind itself.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts a server whose output goes to `log`, and waits until `is_ready`.
    ///
    /// # Panics
    /// When it cannot be started, or ends, or is not ready in a minute: its log is told.
    #[track_caller]
    pub fn start(command: &mut Command, log: &Path, is_ready: impl Fn() -> bool) -> Self {
        let out = File::create(log).unwrap_or_else(|error| panic!("cannot write {}: {error}", log.display()));
        let err = out.try_clone().expect("a second handle of a file");
        let spawned = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        let child = spawned.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let mut daemon = Self { child, log: log.to_owned() };
        let begun = Instant::now();
        while !is_ready() {
            let ended = daemon.child.try_wait().expect("the state of a child");
            let goes_on = ended.is_none() && begun.elapsed() < PATIENCE;
            assert!(goes_on, "{command:?} is not ready ({ended:?}):\n{}", daemon.said());
            thread::sleep(Duration::from_millis(50));
        }
        daemon
    }

    /// What it said until now.
    #[must_use]
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to end, as no method of the standard library does.
    fn terminate(&self) -> io::Result<bool> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().map(|status| status.success())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let asked = Instant::now();
        if self.terminate().unwrap_or(false) {
            while asked.elapsed() < PATIENCE {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        // What does not listen.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback that nobody has now.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Whether this is Linux's root, whom engines of containers that tests start themselves ask for.
///
/// # Errors
/// What is missing.
pub fn root() -> Result<(), Missing> {
    let missing = || Missing {
        what: "root on Linux".to_owned(),
        reason: "an engine of containers started by a test needs it".to_owned(),
        remedy: "run the tests as root in a virtual machine".to_owned(),
    };
    if is_root() { Ok(()) } else { Err(missing()) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::scratch;

    #[test]
    fn it_ends_with_the_test_and_may_clear_up() {
        let scratch = scratch("daemon");
        let (ready, ended) = (scratch.join("ready"), scratch.join("ended"));
        let script = format!(
            "trap 'touch {}; exit' TERM; touch {}; while :; do sleep 0.01; done",
            ended.display(),
            ready.display()
        );
        let daemon = Daemon::start(Command::new("sh").args(["-c", &script]), &scratch.join("log"), || ready.exists());
        assert!(!ended.exists());
        drop(daemon);
        assert!(ended.exists());
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn one_that_ends_at_once_tells_why() {
        let scratch = scratch("daemon-broken");
        let log = scratch.join("log");
        let mut script = Command::new("sh");
        script.args(["-c", "echo out of order; exit 1"]);
        Daemon::start(&mut script, &log, || {
            thread::sleep(Duration::from_millis(200));
            false
        });
    }
}
