//! `cargo publish`: who compiles sees no token, and who uploads compiles nothing.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use semver::Version;

use super::{CRATES_IO, Crate, Refusal, Token, refusal};
use crate::report::{Context, Error, Result, terminal};
use crate::run::Runner;

/// The first cargo that publishes crates together which need each other.
const SEVERAL: Version = Version::new(1, 90, 0);

/// The cargo that the workspace has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cargo {
    version: Version,
}

impl Cargo {
    /// Asks it.
    ///
    /// # Errors
    /// No cargo, or none that says its version.
    pub fn of(runner: &Runner) -> Result<Self> {
        let said = runner.cargo().arg("--version").read().context(|| "cannot ask cargo for its version")?;
        let version = said.split(' ').nth(1).and_then(|word| Version::parse(word).ok());
        let version = version.ok_or_else(|| Error::new(format!("cargo's version cannot be read: {said}")))?;
        Ok(Self { version })
    }

    /// Whether it publishes crates together that need each other: then all are compiled before the first is uploaded.
    pub fn publishes_several(&self) -> bool {
        // Of 1.90, pre-releases too.
        (self.version.major, self.version.minor) >= (SEVERAL.major, SEVERAL.minor)
    }
}

/// Has cargo package the crates and compile what users will get; its output goes to stderr as it comes.
///
/// # Errors
/// One does not compile; cargo has said why.
pub fn verify(runner: &Runner, crates: &[&Crate]) -> Result<()> {
    let mut command = runner.cargo().args(["package", "--locked"]).args(packages(crates));
    // Before 1.90 cargo packages for no registry in particular.
    let other = crates.iter().map(|krate| krate.registry.as_str()).find(|registry| *registry != CRATES_IO);
    if let Some(registry) = other.filter(|_| Cargo::of(runner).is_ok_and(|cargo| cargo.publishes_several())) {
        command = command.args(["--registry", registry]);
    }
    let status = Command::from(command).stdout(Stdio::null()).status().context(|| "cannot run cargo")?;
    if status.success() {
        return Ok(());
    }
    let names = names(crates);
    Err(Error::new(format!("the packages of {names} are not what can be published"))
        .because(format!("cargo's own message is above ({status})"))
        .help(format!("to see it again: cargo package --locked {}", packages(crates).join(" "))))
}

/// Uploads the crates, which were verified. Cargo waits until the index shows those that others need.
///
/// # Errors
/// Cargo cannot be run.
pub fn upload(runner: &Runner, crates: &[&Crate], token: &Token) -> Result<std::result::Result<(), Refusal>> {
    let mut child = command(runner, crates, token).spawn().context(|| "cannot run cargo")?;
    let mut said = String::new();
    for line in child.stderr.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let line = line.context(|| "cannot read what cargo says")?;
        // What fails is told as one error, at its end.
        if !line.starts_with("error") && !said.contains("\nerror") {
            terminal::say(&line);
        }
        said.push('\n');
        said += &line;
    }
    let status = child.wait().context(|| "cannot wait for cargo")?;
    Ok(if status.success() { Ok(()) } else { Err(refusal(&said)) })
}

/// The one command that is given a token.
fn command(runner: &Runner, crates: &[&Crate], token: &Token) -> Command {
    let registry = crates.first().map_or(CRATES_IO, |krate| krate.registry.as_str());
    let command = runner.cargo().args(["publish", "--no-verify", "--locked", "--registry", registry]);
    let mut command = Command::from(command.args(packages(crates)));
    command.envs(token.env()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn packages(crates: &[&Crate]) -> Vec<String> {
    crates.iter().flat_map(|krate| ["--package".to_owned(), krate.spec()]).collect()
}

/// The crates as people read them.
fn names(crates: &[&Crate]) -> String {
    crates.iter().map(|krate| krate.shown()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crates::testing::krate;

    #[test]
    fn only_what_uploads_sees_the_token() {
        let token = Token::with("XTASK_DIST_TEST_TOKEN", "secret");
        crate::run::hide("XTASK_DIST_TEST_TOKEN");
        let runner = Runner::new(std::path::Path::new(".")).unwrap();
        let krate = krate("a", &[]);
        let seen = |command: &Command| {
            let is_it = |(name, value): (&std::ffi::OsStr, Option<&std::ffi::OsStr>)| {
                (name == "XTASK_DIST_TEST_TOKEN").then(|| value.map(|value| value.to_str().unwrap().to_owned()))
            };
            command.get_envs().find_map(is_it).unwrap()
        };
        let upload = command(&runner, &[&krate], &token);
        assert_eq!(seen(&upload).as_deref(), Some("secret"));
        assert!(upload.get_args().any(|word| word == "--no-verify"), "it would compile");
        assert_eq!(seen(&Command::from(runner.cargo())), None, "it is removed for everything else");
    }

    #[test]
    fn versions_of_cargo_are_told_apart() {
        let several = |version: &str| Cargo { version: Version::parse(version).unwrap() }.publishes_several();
        assert!(several("1.90.0") && several("1.90.0-nightly") && several("2.0.0"));
        assert!(!several("1.89.3"));
    }
}
