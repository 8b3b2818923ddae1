//! Published programs that take the release system in: what it costs them, and whether all goes on working.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::process::{Failure, try_run};
use crate::{Scratch, cache_dir, command, copy_dir, scratch, xtask};

/// Programs of different shapes, as cargo downloads them: with build scripts, completions, man pages, C code, several
/// programs, old editions, names of their own for cargo-binstall.
pub const PROGRAMS: [(&str, &str); 10] = [
    ("hexyl", "0.16.0"),
    ("sd", "1.0.0"),
    ("tokei", "12.1.2"),
    ("fd-find", "10.5.0"),
    ("ripgrep", "15.2.0"),
    ("hyperfine", "1.20.0"),
    ("zoxide", "0.10.0"),
    ("just", "1.59.0"),
    ("b3sum", "1.8.7"),
    ("bat", "0.26.1"),
];

/// Whether a program is one of [`PROGRAMS`].
#[must_use]
pub fn is_known(name: &str) -> bool {
    PROGRAMS.iter().any(|(known, _)| *known == name)
}

/// What everybody releases for at least.
pub const TARGETS: [&str; 3] = ["host", "x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"];

/// A published program in a repository of its own, which has adopted.
#[derive(Debug)]
pub struct Adopter {
    /// Its repository.
    pub folder: Scratch,
    target: PathBuf,
    /// The target folder, where it is not kept.
    fresh: Option<Scratch>,
}

/// What was measured.
#[derive(Debug)]
pub struct Account {
    /// The program and its version.
    pub name: String,
    /// Until the files were there.
    pub adopting: Duration,
    /// Until `cargo xtask dist --plan` answered: the release system was compiled.
    pub compiling: Duration,
    /// From then on, until the release for this machine was there and verified.
    pub host: Duration,
    /// The same for all targets.
    pub all: Duration,
    /// Crates that this compiled, the launcher and the release system among them.
    pub crates: usize,
    /// Lines that came into Cargo.lock.
    pub lock_lines: usize,
    /// Bytes that came into the repository.
    pub bytes: u64,
    /// Archives that were made and verified.
    pub archives: usize,
    /// What became of the program's own tests: as before, or not.
    pub tests: &'static str,
}

impl Adopter {
    /// Puts a published crate into a repository, everything committed.
    pub fn of(name: &str, version: &str, krate: &Path) -> Result<Self, String> {
        let folder = scratch(name);
        copy_dir(krate, &folder).map_err(|error| error.to_string())?;
        fs::write(folder.join(".gitignore"), "/target\n").map_err(|error| error.to_string())?;
        // One folder for two programs would have the xtask of one compiled while that of the other runs.
        let adopter = Self { folder, target: cache_dir().join("adopt").join(name), fresh: None };
        for words in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", version]] {
            adopter.git(words)?;
        }
        Ok(adopter)
    }

    /// Compiles everything, as at a newcomer's, and leaves nothing behind.
    #[must_use]
    pub fn afresh(mut self) -> Self {
        let fresh = scratch("adopter-target");
        self.target = fresh.to_path_buf();
        self.fresh = Some(fresh);
        self
    }

    /// Adopts, releases for all targets, and runs the program's tests.
    pub fn go(&self, name: &str) -> Result<Account, String> {
        // Compiled before anything is measured.
        xtask::binary();
        // A download may lack what cargo packs: tokei's has no README.
        let packaged = || self.said(self.cargo(&["package", "--list", "--allow-dirty"])).ok();
        let packaged_before = packaged();
        let lock = self.lock_lines();
        let adopting = timed(|| self.said(xtask::dist(&self.folder, ["adopt", ".", "--yes"])))?;
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", "adopted"])?;
        if packaged() != packaged_before {
            return Err("`cargo package --list` is not what it was".to_owned());
        }
        // Some have an xtask of their own (sd: the alias is packed, the crate is not).
        let alias = if self.folder.join("xtask-dist").exists() { "xtask-dist" } else { "xtask" };
        let dist = |words: &[&str]| self.said(self.cargo(&[&[alias, "dist"], words].concat()));
        let compiling = timed(|| dist(&["--plan"]))?;
        let crates = self.crates()?;
        let host = timed(|| dist(&["--target", "host"]))?;
        let targets: Vec<&str> = TARGETS.iter().flat_map(|target| ["--target", target]).collect();
        let started = Instant::now();
        let said = dist(&targets)?;
        let all = started.elapsed();
        let release = said.lines().find_map(|line| line.strip_prefix("Released ")?.split_once(" to "));
        let release = Path::new(release.ok_or("no release is told")?.1);
        dist(&["verify", &release.display().to_string()])?;
        // From itself, a copy is not brought up to date.
        if dist(&["adopt", "--update", "--yes"]).is_ok() {
            return Err("a copy was brought up to date from itself".to_owned());
        }
        let changed = self.said({
            let mut git = command("git");
            git.args(["status", "--porcelain"]).current_dir(&*self.folder);
            git
        })?;
        if !changed.is_empty() {
            return Err(format!("a release changes files: {changed}"));
        }
        Ok(Account {
            name: name.to_owned(),
            adopting,
            compiling,
            host,
            all,
            crates,
            lock_lines: self.lock_lines() - lock,
            bytes: self.bytes(alias)?,
            archives: archives(&self.folder.join(release))?,
            tests: self.tests()?,
        })
    }

    /// What became of the program's own tests; some of a download do not pass without what was not packed.
    fn tests(&self) -> Result<&'static str, String> {
        if try_run(&mut self.cargo(&["test", "--quiet", "--no-fail-fast"])).is_ok() {
            return Ok("pass");
        }
        self.git(&["checkout", "--quiet", "HEAD~1"])?;
        let before = try_run(&mut self.cargo(&["test", "--quiet", "--no-fail-fast"]));
        self.git(&["checkout", "--quiet", "-"])?;
        Ok(if before.is_ok() { "FAIL, as they did not before" } else { "fail, as they did before" })
    }

    /// What `adopt` put into the repository.
    fn bytes(&self, alias: &str) -> Result<u64, String> {
        let folders = [alias, "packaging"].map(|folder| self.folder.join(folder));
        let mut bytes = 0;
        for folder in folders {
            for file in xtask_dist::layout::files_below(&folder).map_err(|error| error.to_string())? {
                bytes += fs::metadata(folder.join(file)).map_err(|error| error.to_string())?.len();
            }
        }
        Ok(bytes)
    }

    /// The crates that have been compiled, by what cargo keeps of each; it is asked before any program is.
    fn crates(&self) -> Result<usize, String> {
        let mut names = BTreeSet::new();
        for file in xtask_dist::layout::files_below(&self.target).map_err(|error| error.to_string())? {
            let unit = file.split_once("/.fingerprint/").and_then(|(_, rest)| rest.split('/').next());
            names.extend(unit.and_then(|unit| unit.rsplit_once('-')).map(|(name, _)| name.to_owned()));
        }
        Ok(names.len())
    }

    fn lock_lines(&self) -> usize {
        fs::read_to_string(self.folder.join("Cargo.lock")).map_or(0, |text| text.lines().count())
    }

    fn cargo(&self, words: &[&str]) -> Command {
        let mut cargo = command("cargo");
        cargo.args(words).current_dir(&*self.folder).env("CARGO_TARGET_DIR", &self.target).env("NO_COLOR", "1");
        cargo.envs([xtask::shared_tools()]);
        cargo
    }

    fn git(&self, words: &[&str]) -> Result<(), String> {
        let mut git = command("git");
        git.args(["-c", "user.name=Lab", "-c", "user.email=lab@example.org", "-c", "commit.gpgSign=false"]);
        git.args(["-c", "advice.detachedHead=false"]).args(words).current_dir(&*self.folder);
        self.said(git).map(drop)
    }

    #[allow(clippy::unused_self, reason = "reads as what the adopter says")]
    fn said(&self, mut command: Command) -> Result<String, String> {
        let text = |failure: Failure| failure.to_string();
        try_run(&mut command).map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).map_err(text)
    }
}

/// How many archives a release has.
fn archives(release: &Path) -> Result<usize, String> {
    let text = fs::read_to_string(release.join("dist-manifest.json")).map_err(|error| error.to_string())?;
    let manifest: serde_json::Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Ok(manifest["assets"].as_array().map_or(0, Vec::len))
}

fn timed<T>(work: impl FnOnce() -> Result<T, String>) -> Result<Duration, String> {
    let started = Instant::now();
    work().map(|_| started.elapsed())
}

/// A row of the table.
#[must_use]
pub fn row(account: &Account) -> String {
    let mut row = format!("| {} ", account.name);
    for time in [account.adopting, account.compiling, account.host, account.all] {
        // Writing to a string cannot fail.
        let _ = write!(row, "| {:.1} s ", time.as_secs_f64());
    }
    let kilobytes = account.bytes / 1000;
    let _ = write!(
        row,
        "| {} | {} | {kilobytes} kB | {} | {} |",
        account.crates, account.lock_lines, account.archives, account.tests
    );
    row
}

/// The head of the table.
pub const HEAD: &str = "\
| program | adopt | compile xtask | host release | all targets | crates of xtask | lines in Cargo.lock | copied | archives verified | own tests |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";
