//! Releases on forges: real `gh`, curl and git, against servers on loopback that keep what they are sent.

mod faults;
mod releases;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use lab::server::Server;
use lab::server::forge::{Forge, Kind};
use lab::xtask::dist;
use lab::{Fixture, Scratch, command, copy_dir, run, scratch};

use crate::said::{releases as releases_of, run_in};

/// Who may release; it is to be found nowhere.
const TOKEN: &str = "lab-secret-4711";

/// What [`wrong_with`] wants the title from.
pub const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n\n### Added\n\n- It says [hello].\n\n\
    ## [1.2.2]\n\n- Nothing.\n\n[hello]: https://example.org/hello\n[1.2.3]: https://example.org/1.2.3\n";

/// A project with a tag that is pushed, and its release for each forge.
struct Project {
    fixture: Fixture,
    folder: Scratch,
}

/// The project that all tests share: it is not changed.
fn project() -> &'static Project {
    static PROJECT: OnceLock<Project> = OnceLock::new();
    PROJECT.get_or_init(|| {
        let project = Project::new();
        for kind in [Kind::GitHub, Kind::GitLab, Kind::Gitea] {
            project.release(kind, "");
        }
        project
    })
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::GitHub | Kind::OldGitHub => "github",
        Kind::GitLab => "gitlab",
        Kind::Gitea => "gitea",
    }
}

impl Project {
    fn new() -> Self {
        let project = Self { fixture: Fixture::hello(), folder: scratch("forge") };
        project.fixture.write("CHANGELOG.md", CHANGELOG);
        project.fixture.commit();
        run(command("git").args(["init", "--quiet", "--bare"]).arg(project.folder.join("origin.git")));
        project.fixture.git(&["remote", "add", "origin", &project.folder.join("origin.git").display().to_string()]);
        project.tag("v1.2.3");
        project
    }

    fn tag(&self, tag: &str) {
        self.fixture.git(&["tag", "--annotate", "--message", tag, tag]);
        self.fixture.git(&["push", "--quiet", "origin", tag]);
    }

    /// Makes the release for a forge, with more lines of `[forge]`, and gives a copy of it.
    fn release(&self, kind: Kind, more: &str) -> PathBuf {
        let (word, host) = (word(kind), kind.host());
        let forge =
            format!("forge = {{ kind = \"{word}\", repository = \"http://{host}/acme/hello\", timeout = 10{more} }}");
        run_in(&self.fixture, &["--channel", "archive", "--config", &forge]).ends(0, &[]);
        let copy = self.copy_of(kind);
        let _ = fs::remove_dir_all(&copy);
        copy_dir(releases_of(&self.fixture).join("v1.2.3"), &copy).unwrap();
        copy
    }

    /// The release for a forge.
    fn copy_of(&self, kind: Kind) -> PathBuf {
        self.folder.join(word(kind)).join("v1.2.3")
    }
}

/// What a release directory uploads: all that is at its top.
pub fn uploads(release: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(release).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let named = files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()));
    named.filter(|(name, _)| name != ".lock").collect()
}

/// An empty forge of this kind, which wants the files of the shared release.
fn forge(kind: Kind) -> Arc<Forge> {
    Arc::new(Forge::new(kind, TOKEN, uploads(&project().copy_of(kind))))
}

/// `dist publish --channel archive ARGS RELEASE`, with the network ending at `server`.
fn publish(project: &Project, release: &Path, server: &Server, args: &[&str]) -> Command {
    let mut command =
        dist(&project.fixture, ["publish", "--channel", "archive"].into_iter().chain(args.iter().copied()));
    command.arg(release);
    for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"] {
        command.env(variable, server.url());
    }
    for variable in ["no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "CI_JOB_TOKEN", "GITHUB_TOKEN", "GITHUB_ACTIONS"]
    {
        command.env_remove(variable);
    }
    for variable in ["GH_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN"] {
        command.env(variable, TOKEN);
    }
    command.env("GH_CONFIG_DIR", project.folder.join("gh"));
    command
}

/// What is wrong with the shared release on a forge.
fn wrong(forge: &Forge, kind: Kind) -> Vec<String> {
    wrong_with(forge, kind, &project().copy_of(kind))
}

/// What is wrong with a release on a forge: it is to be public, whole and there once.
pub fn wrong_with(forge: &Forge, kind: Kind, release: &Path) -> Vec<String> {
    let mut wrong = forge.violations();
    let mut pages = forge.pages();
    // A tool that was killed leaves its last request behind, which may come in at any time: nobody sees an empty draft.
    pages.retain(|page| !(kind == Kind::GitHub && page.draft && page.files.is_empty()));
    let [page] = &pages[..] else { return vec![format!("{} releases: {pages:?}", pages.len())] };
    let mut there: Vec<(&str, &[u8])> = page.files.iter().map(|file| (&*file.name, &*file.bytes)).collect();
    there.sort_unstable();
    let wanted = uploads(release);
    let wanted: Vec<(&str, &[u8])> = wanted.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    if there != wanted {
        let names: Vec<&str> = there.iter().map(|(name, _)| *name).collect();
        wrong.push(format!("it has {names:?}"));
    }
    if page.draft || page.prerelease || page.files.iter().any(|file| !file.whole) || page.title != "1.2.3 - 2026-01-02"
    {
        wrong.push(format!("the page is {page:?}"));
    }
    wrong
}
