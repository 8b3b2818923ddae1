//! `--depend`: an xtask of a few lines, which leads to the same commands.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use lab::server::{Answer, Registry, Request, Server};
use lab::xtask::dist;
use lab::{Fixture, cache_dir, command, run, scratch, workspace_root};

use super::{adopt_with, adopted_alike, cargo, shared_target, status, text};
use crate::readme::this_repository;
use crate::said::{run_in, said};

fn xtask(project: &Fixture, words: &[&str]) -> Command {
    let mut cargo = cargo(project);
    cargo.arg("xtask").args(words).env("CARGO_TARGET_DIR", shared_target());
    cargo
}

#[test]
fn on_a_folder() {
    let hello = Fixture::hello();
    hello.commit();
    adopt_with(&hello, &["--depend", "path"]);
    let manifest = text(&hello, "xtask/Cargo.toml");
    let path = manifest.lines().find_map(|line| line.strip_prefix("xtask-dist = { path = \"")).unwrap();
    let path = path.strip_suffix("\" }").unwrap();
    let found = hello.join("xtask").join(path).canonicalize().unwrap();
    assert_eq!(found, workspace_root().join("xtask").canonicalize().unwrap());
    let copied = xtask_dist::layout::files_below(&hello.join("xtask")).unwrap();
    let expected = [
        ".cargo/config.toml",
        ".gitignore",
        "Cargo.lock",
        "Cargo.toml",
        "adopted.toml",
        "launcher/Cargo.toml",
        "launcher/src/main.rs",
        "src/main.rs",
    ];
    assert_eq!(copied, expected);
    hello.git(&["add", "--all"]);
    hello.git(&["commit", "--quiet", "--message", "adopted"]);
    let plan = run(&mut xtask(&hello, &["dist", "--plan"]));
    assert!(String::from_utf8_lossy(&plan.stdout).contains("Release v1.2.3"));
    run(&mut xtask(&hello, &["dist"]));
    assert_eq!(status(&hello), [""; 0], "a run changes files");
    run_in(&hello, &["adopt", "--check"]).ends(0, &[]);
}

#[test]
fn nothing_else_means_anything_else() {
    let hello = Fixture::hello();
    adopted_alike(&hello);
    let copied = text(&hello, "Cargo.toml");
    let other = Fixture::hello();
    other.commit();
    adopt_with(&other, &["--depend", "path"]);
    assert_eq!(text(&other, "Cargo.toml"), copied);
    for file in ["packaging/dist.toml", ".cargo/config.toml", "xtask/launcher/src/main.rs", "Cargo.lock"] {
        assert_eq!(text(&other, file), text(&hello, file), "{file}");
    }
}

#[test]
fn on_what_nobody_published() {
    let hello = Fixture::hello();
    hello.commit();
    // It is not there to ask: what is written is right all the same, and it is said.
    let said = run_in(&hello, &["adopt", "--yes", "--depend", "registry"]);
    let said = said.ends(0, &["cargo does not find the release system yet"]);
    assert!(text(&hello, "xtask/Cargo.toml").contains("\nxtask-dist = \"0.1.0\"\n"), "{}", said.stdout);
}

/// Who depends on a commit of a repository, or on what is published in a registry, has what one who copied has.
#[cfg(unix)]
#[test]
fn on_what_is_published() {
    let folder = scratch("published");
    let clone = cloned(&folder);
    let home = Home::new();
    let engine = ["run", "--quiet", "--package", "xtask-dist", "--bin", "xtask", "--profile", "xtask", "--target"];
    let (by_git, by_registry) = (Fixture::hello(), Fixture::hello());
    by_git.commit();
    by_registry.commit();

    // Compiled as the launcher does it, so that all that both depend on is compiled once.
    let target_dir = home.target.join("debug/xtask-dist").display().to_string();
    let place = by_git.display().to_string();
    let words = ["host-tuple", "--target-dir", &target_dir, "--", "dist", "adopt", &place, "--yes", "--depend", "git"];
    run(&mut home.cargo(&clone, &[&engine[..], &words].concat()));
    let commit = run(command("git").args(["rev-parse", "HEAD"]).current_dir(&clone)).stdout;
    let commit = String::from_utf8(commit).unwrap();
    let url = format!("file://{}", folder.join("published.git").display());
    let expected = format!("\nxtask-dist = {{ git = \"{url}\", rev = \"{}\" }}\n", commit.trim());
    assert!(text(&by_git, "xtask/Cargo.toml").contains(&expected), "{}", text(&by_git, "xtask/Cargo.toml"));
    home.leads_to_the_same(&by_git);

    for package in ["xtask-dist-deflate", "xtask-dist"] {
        let words = ["publish", "--quiet", "--package", package, "--registry", "loopback", "--no-verify"];
        run(&mut home.cargo(&clone, &words));
    }
    assert_eq!(home.registry.uploaded(), ["xtask-dist-deflate 0.1.0", "xtask-dist 0.1.0"]);
    let mut adopt = dist(&by_registry, ["adopt", "--yes", "--depend", "registry"]);
    said(home.at_home(&mut adopt)).ends(0, &[]).without(&["cargo does not find"]);
    assert!(text(&by_registry, "xtask/Cargo.lock").contains("name = \"xtask-dist\"\nversion = \"0.1.0\"\nsource = "));
    home.leads_to_the_same(&by_registry);
}

/// This repository, published as a git repository, and a clone of that.
fn cloned(folder: &Path) -> PathBuf {
    let work = folder.join("work");
    this_repository(&work);
    let git = |place: &Path, words: &[&str]| {
        let identity = ["-c", "user.name=L", "-c", "user.email=l@example.org", "-c", "commit.gpgSign=false"];
        run(command("git").args(identity).args(words).current_dir(place));
    };
    git(&work, &["init", "--quiet", "--initial-branch=main"]);
    git(&work, &["add", "--all"]);
    git(&work, &["commit", "--quiet", "--message", "all"]);
    git(folder, &["clone", "--quiet", "--bare", "work", "published.git"]);
    git(folder, &["clone", "--quiet", &folder.join("published.git").display().to_string(), "clone"]);
    folder.join("clone")
}

/// Cargo with a folder of its own, and a registry on loopback for crates.io. Both are where they were at the last run, so
/// that what the engine depends on is compiled once.
struct Home {
    folder: PathBuf,
    target: PathBuf,
    registry: Arc<Registry>,
    server: Server,
    _lock: File,
}

impl Home {
    fn new() -> Self {
        let place = cache_dir().join("dependence");
        let lock = lab::lock(&cache_dir().join("dependence.lock")).unwrap();
        let registry = Arc::new(Registry::at("/registry").with_token("secret"));
        registry.seed(workspace_root());
        let answers = Arc::clone(&registry);
        let server = Server::start(move |request: &Request| answers.answer(request));
        let home = Self { folder: place.join("home"), target: place.join("target"), registry, server, _lock: lock };
        fs::create_dir_all(&home.folder).unwrap();
        home.forget_the_engine();
        // The server is the proxy, so that this is the URL whatever its port is.
        let config = "[source.crates-io]\nreplace-with = \"loopback\"\n\
                      [registries.loopback]\nindex = \"sparse+http://registry.localhost/registry/\"\n";
        fs::write(home.folder.join("config.toml"), config).unwrap();
        home
    }

    /// The engine is another one each time, under the same version; and all is downloaded anew, as for a newcomer.
    fn forget_the_engine(&self) {
        let remove = "rm -rf home/git home/registry target/debug/xtask-dist/*/xtask/*/*xtask*";
        run(command("sh").args(["-c", remove]).current_dir(self.folder.parent().unwrap()));
    }

    fn cargo(&self, folder: &Path, words: &[&str]) -> Command {
        let mut cargo = command("cargo");
        self.at_home(cargo.args(words).current_dir(folder));
        cargo
    }

    fn at_home<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("CARGO_HOME", &self.folder).env("CARGO_TARGET_DIR", &self.target).env("NO_COLOR", "1");
        command.env("CARGO_HTTP_PROXY", self.server.url()).env("CARGO_REGISTRIES_LOOPBACK_TOKEN", "secret");
        command.env_remove("CARGO_NET_OFFLINE").env_remove("no_proxy").env_remove("NO_PROXY")
    }

    /// The commands of this adopter are those of one that copied, and change nothing.
    fn leads_to_the_same(&self, project: &Fixture) {
        project.git(&["add", "--all"]);
        project.git(&["commit", "--quiet", "--message", "adopted"]);
        let expected = run_in(project, &["--plan"]).ends(0, &[]);
        assert!(expected.stdout.contains("Release v1.2.3"), "{}", expected.stdout);
        let plan = run(&mut self.cargo(project, &["xtask", "dist", "--plan"]));
        assert_eq!(String::from_utf8_lossy(&plan.stdout), expected.stdout);
        let made = run(&mut self.cargo(project, &["xtask", "dist"]));
        assert!(String::from_utf8_lossy(&made.stdout).contains("Released v1.2.3"));
        assert_eq!(status(project), [""; 0], "a run changes files");
    }
}
