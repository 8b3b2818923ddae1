//! The tag of a release: everything that would stop the release is looked at first, and then it is made and pushed.

use std::collections::BTreeMap;
use std::fmt;

use super::{Request, notes, sections, what};
use crate::changelog;
use crate::channel::binstall::SYNC;
use crate::config::Config;
use crate::plan::ReleasePlan;
use crate::project::{Project, Source};
use crate::report::{Error, Problem, Result};
use crate::run::Runner;

/// How tags are made.
#[derive(Debug, Clone, Default)]
pub struct Tagging {
    /// The remote that they are pushed to; the branch's own, else the only one, unless set.
    pub remote: Option<String>,
    /// Whether a release without a section in the changelog is tagged too.
    pub without_changelog: bool,
}

/// A tag, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// It.
    pub name: String,
    /// Whether it is here already, on this commit.
    pub is_made: bool,
    /// Whether the remote has it, on this commit.
    pub is_pushed: bool,
    /// What is written into it.
    message: String,
}

/// The tags of what the workspace comes to as it stands.
#[derive(Debug)]
pub struct Tags {
    /// Those of this commit, or to be.
    pub tags: Vec<Tag>,
    /// The remote.
    pub remote: String,
    /// Releases that are tagged already, on another commit, and were not asked for by name.
    pub elsewhere: Vec<String>,
    runner: Runner,
}

/// A tag that is on another commit already: here, or at the remote.
enum Taken {
    Here(String),
    There(String),
}

/// Looks at what is to be tagged: versions, changelog, synced metadata, the tree, and what the remote has.
///
/// # Errors
/// All that is in the way, at once.
pub fn tags(request: &Request, tagging: &Tagging) -> Result<Tags> {
    let project = Project::load(request.manifest_path.as_deref())?;
    let config = Config::load(&project.root, &request.overrides)?;
    let releases = what(&project, &config, &request.wanted, &BTreeMap::new())?;
    let runner = Runner::new(&project.root)?;
    let mut problems = Vec::new();
    let source = Source::read(&project)?;
    if source.commit.is_none() {
        return Err(Error::new(format!("{} is no git repository with a commit", project.root.display()))
            .help("git init, and commit what is to be released"));
    }
    if source.dirty.is_some() {
        let what = "the repository has changes that are not committed, which the tag would not have";
        problems.push(Problem::new(what).help("commit or stash them: `git status` lists them"));
    }
    let remote = remote(&runner, tagging.remote.as_deref())?;
    let there = Remote::ask(&runner, &remote)?;
    let mut found = Tags { tags: Vec::new(), remote, elsewhere: Vec::new(), runner };
    for release in &releases {
        // A package that did not change keeps its version, and the tag of that.
        let may_be_older = releases.len() > 1 && request.wanted.tag.is_none();
        match standing(&found, &there, release) {
            Ok((is_made, is_pushed)) => match message(&project, release, tagging) {
                Ok(message) => found.tags.push(Tag { name: release.tag.clone(), is_made, is_pushed, message }),
                Err(error) => problems.extend(error.problems().iter().cloned()),
            },
            Err(Taken::There(_)) if may_be_older => found.elsewhere.push(release.tag.clone()),
            Err(taken) => problems.push(taken.problem(release, &found.remote)),
        }
    }
    problems.extend(out_of_step(request)?);
    if found.tags.is_empty() && problems.is_empty() {
        problems.push(
            Problem::new("everything is tagged already")
                .because(format!("{} has {}", found.remote, found.elsewhere.join(", ")))
                .help("raise the version of what changed in its Cargo.toml"),
        );
    }
    if problems.is_empty() { Ok(found) } else { Err(Error::all(problems)) }
}

impl Tags {
    /// Makes those that are not here, signed if git is so configured, and pushes those that the remote does not have.
    ///
    /// # Errors
    /// What git says; what was made stays, and the same command goes on from there.
    pub fn make(&self) -> Result<()> {
        for tag in self.tags.iter().filter(|tag| !tag.is_made && !tag.is_pushed) {
            // An annotated tag is signed where `tag.gpgSign` says so. Lines that begin with `#` are no comments here.
            let make = ["tag", "--annotate", "--cleanup=whitespace", "--file=-", &tag.name];
            git(&self.runner, &make, &tag.message, &format!("cannot make the tag {}", tag.name))?;
        }
        let missing = self.tags.iter().filter(|tag| !tag.is_pushed);
        let refs: Vec<String> = missing.map(|tag| format!("refs/tags/{}", tag.name)).collect();
        if refs.is_empty() {
            return Ok(());
        }
        let mut push = vec!["push", "--atomic", "--", &self.remote];
        push.extend(refs.iter().map(String::as_str));
        git(&self.runner, &push, "", &format!("cannot push to {}", self.remote))
            .map(drop)
            .map_err(|error| error.help("mend it and run the same command again: it pushes what was made"))
    }
}

impl Taken {
    fn problem(&self, release: &ReleasePlan, remote: &str) -> Problem {
        let tag = &release.tag;
        let packages: Vec<&str> = release.packages.iter().map(|package| &*package.name).collect();
        let raise = format!("raise the version of {}", packages.join(", "));
        let problem = |whose: &str, commit: &str| {
            Problem::new(format!("{whose} has the tag {tag} already, on another commit ({commit:.12})"))
        };
        match self {
            Self::There(commit) => problem(remote, commit).help(raise),
            Self::Here(commit) => {
                problem("this repository", commit).help(format!("{raise}; if the tag was a mistake: git tag -d {tag}"))
            }
        }
    }
}

/// Whether the tag is made, and whether the remote has it, on this commit.
fn standing(tags: &Tags, there: &Remote, release: &ReleasePlan) -> Result<(bool, bool), Taken> {
    let head = tags.runner.git(&["rev-parse", "HEAD"]);
    let there = there.commit(&release.tag);
    if let Some(commit) = there.as_ref().filter(|_| there != head) {
        return Err(Taken::There(commit.clone()));
    }
    let here = tags.runner.git(&["rev-parse", "--quiet", "--verify", &format!("refs/tags/{}^{{commit}}", release.tag)]);
    if let Some(commit) = here.as_ref().filter(|_| here != head) {
        return Err(Taken::Here(commit.clone()));
    }
    Ok((here.is_some(), there.is_some()))
}

/// What the changelog says of the version, under the tag's name.
fn message(project: &Project, release: &ReleasePlan, tagging: &Tagging) -> Result<String> {
    let packages: Vec<&str> = release.packages.iter().map(|package| &*package.name).collect();
    let section = match notes::changelog_of(&project.root, release)? {
        Some(changelog) => changelog.section(&release.version, &packages),
        None => Err(Error::new(format!("there is no {}", changelog::FILE))
            .help("write one: https://keepachangelog.com/en/1.1.0/")),
    };
    let is_wanted = !tagging.without_changelog && release.forge.as_ref().is_none_or(|forge| !forge.without_changelog);
    match section {
        Ok(section) => Ok(format!("{}\n\n{}\n", release.tag, section.body)),
        Err(_) if !is_wanted => Ok(format!("{}\n", release.tag)),
        Err(error) => Err(Error::all(error.problems().iter().cloned().map(or_leave_it_out).collect())),
    }
}

fn or_leave_it_out(problem: Problem) -> Problem {
    let mend = problem.help.as_ref().map(|help| format!("{help}; ")).unwrap_or_default();
    Problem { help: Some(format!("{mend}or leave it out: --no-changelog")), ..problem }
}

/// What `cargo binstall` would be told wrongly by the commit.
fn out_of_step(request: &Request) -> Result<Vec<Problem>> {
    let syncs = sections(request)?;
    let changed = syncs.iter().filter(|sync| sync.synced.as_ref().is_ok_and(|synced| !synced.changes.is_empty()));
    let what = |manifest: &dyn fmt::Display| format!("{manifest} is not in step with what its releases are called");
    Ok(changed.map(|sync| Problem::new(what(&sync.manifest)).help(format!("{SYNC}, and commit it"))).collect())
}

/// The remote that is meant.
fn remote(runner: &Runner, wanted: Option<&str>) -> Result<String> {
    if let Some(wanted) = wanted {
        return Ok(wanted.to_owned());
    }
    let branch = runner.git(&["symbolic-ref", "--quiet", "--short", "HEAD"]);
    let configured = branch.and_then(|branch| {
        let of = |key: &str| runner.git(&["config", "--get", &format!("branch.{branch}.{key}")]);
        of("pushRemote").or_else(|| runner.git(&["config", "--get", "remote.pushDefault"])).or_else(|| of("remote"))
    });
    let all = runner.git(&["remote"]).unwrap_or_default();
    let all: Vec<&str> = all.lines().collect();
    match (configured.filter(|name| all.contains(&name.as_str())), &all[..]) {
        (Some(configured), _) => Ok(configured),
        (None, [only]) => Ok((*only).to_owned()),
        (None, []) => Err(Error::new("this repository has no remote to push a tag to")
            .help("git remote add origin URL, or name one: --remote URL")),
        (None, _) if all.contains(&"origin") => Ok("origin".to_owned()),
        (None, _) => Err(Error::new(format!("it is not clear which remote is meant: {}", all.join(", ")))
            .help("name one: --remote NAME")),
    }
}

/// The tags that a remote has.
struct Remote(String);

impl Remote {
    fn ask(runner: &Runner, remote: &str) -> Result<Self> {
        git(runner, &["ls-remote", "--tags", "--", remote], "", &format!("cannot ask {remote} for its tags")).map(Self)
    }

    /// The commit of a tag: what an annotated one stands for.
    fn commit(&self, tag: &str) -> Option<String> {
        let of = |name: String| {
            let mut lines = self.0.lines().filter_map(|line| line.split_once('\t'));
            lines.find(|(_, found)| *found == name).map(|(commit, _)| commit.to_owned())
        };
        of(format!("refs/tags/{tag}^{{}}")).or_else(|| of(format!("refs/tags/{tag}")))
    }
}

/// What git prints; it may ask for a passphrase or a password as it always does.
fn git(runner: &Runner, args: &[&str], input: &str, failed: &str) -> Result<String> {
    let output = runner.command("git").args(args).stdin(input).ignore_status().output();
    let output = output.map_err(|error| Error::new(failed).because(error).help("install git: https://git-scm.com"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Error::new(failed).because(String::from_utf8_lossy(&output.stderr).trim()))
}
