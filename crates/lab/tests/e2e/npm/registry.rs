//! Publishing to a registry by the real npm.

use std::fs;
use std::process::Command;

use lab::{Fixture, run};

use super::verdaccio::Verdaccio;
use super::{PACKAGES, project, release, tool};
use crate::said::{Said, said};

/// A registry, and a project that publishes to it.
struct Bench {
    registry: Verdaccio,
    project: Fixture,
}

impl Bench {
    fn new(purpose: &str) -> Option<Self> {
        Some(Self { registry: Verdaccio::start(purpose)?, project: project("") })
    }

    /// Makes the release of a version for one platform.
    fn release(&self, version: &str) -> String {
        let manifest = fs::read_to_string(self.project.join("Cargo.toml")).unwrap();
        let line = manifest.lines().find(|line| line.starts_with("version")).unwrap();
        self.project.write("Cargo.toml", &manifest.replace(line, &format!("version = \"{version}\"")));
        self.project.lock();
        run(&mut tool(&self.project, &["--channel", "npm", "--target", "x86_64-unknown-linux-musl"]));
        self.project.join(format!("target/releases/v{version}")).display().to_string()
    }

    fn publish(&self, folder: &str, args: &[&str]) -> Said {
        let mut command = tool(&self.project, &[&["publish", "--channel", "npm", folder], args].concat());
        self.registry.npm.for_command(&mut command);
        said(&mut command)
    }

    /// The same, with a script in the place of npm that is given the real one as `$NPM`.
    fn publish_with(&self, folder: &str, script: &str) -> Said {
        said(&mut self.publish_by(folder, script))
    }

    /// The same, where GitHub Actions would sign.
    fn publish_on_ci(&self, folder: &str, script: &str) -> Said {
        said(self.publish_by(folder, script).env("ACTIONS_ID_TOKEN_REQUEST_URL", "http://127.0.0.1:1/"))
    }

    fn publish_by(&self, folder: &str, script: &str) -> Command {
        let bin = self.registry.folder.join("bin");
        fs::create_dir_all(&bin).unwrap();
        let real = self.registry.npm.folder().join("npm");
        let text = format!("#!/bin/sh\nNPM={}\n{script}\nexec \"$NPM\" \"$@\"\n", real.display());
        fs::write(bin.join("npm"), text).unwrap();
        run(lab::command("chmod").arg("+x").arg(bin.join("npm")));
        let mut command = tool(&self.project, &["publish", "--channel", "npm", folder]);
        self.registry.npm.for_command(&mut command);
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", bin.display()));
        command.env_remove("ACTIONS_ID_TOKEN_REQUEST_URL");
        command
    }
}

#[test]
fn packages_are_published_once_and_the_main_one_last() {
    let Some(bench) = Bench::new("packages are published") else { return };
    let folder = release().display().to_string();
    let planned = bench.publish(&folder, &["--dry-run"]).ends(0, &[]);
    assert_eq!(planned.stdout.matches("to do").count(), 6, "{}", planned.stdout);
    assert_eq!(bench.registry.versions(), 0, "a dry run published");

    let done = bench.publish(&folder, &[]).ends(0, &[]);
    let order: Vec<&str> = done.stderr.lines().filter_map(|line| line.trim().strip_prefix("Publishing ")).collect();
    let wanted: Vec<String> = PACKAGES.iter().map(|name| format!("{name}@1.2.3 to npm")).collect();
    assert_eq!(order, wanted);
    for package in PACKAGES {
        assert_eq!(bench.registry.tags(package), "latest=1.2.3", "{package}");
    }
    assert_eq!(bench.registry.versions(), 6);

    let again = bench.publish(&folder, &[]).ends(0, &[]).without(&["Publishing"]);
    assert_eq!(again.stdout.matches("there already").count(), 6, "{}", again.stdout);
    assert_eq!(bench.registry.versions(), 6, "something was published twice");
}

#[test]
fn a_run_that_was_killed_is_finished_by_the_next() {
    let Some(bench) = Bench::new("a stopped publication is finished") else { return };
    let folder = bench.release("1.2.3");
    // Before the first upload; after it; after the last, whose answer nobody gets.
    let before = "case $1 in publish) kill -9 $PPID; exit 1;; esac";
    let killed = bench.publish_with(&folder, before);
    assert_eq!((killed.code, bench.registry.versions()), (None, 0), "{killed:?}");
    let after = "case $1 in publish) \"$NPM\" \"$@\"; kill -9 $PPID; exit 1;; esac";
    let killed = bench.publish_with(&folder, after);
    assert_eq!((killed.code, bench.registry.versions()), (None, 1), "{killed:?}");
    let lost = "case $1 in publish) \"$NPM\" \"$@\"; echo 'npm error code ECONNRESET' >&2; exit 1;; esac";
    bench.publish_with(&folder, lost).ends(0, &[]);
    assert_eq!(bench.registry.versions(), 2);
    bench.publish(&folder, &[]).ends(0, &[]).without(&["Publishing"]);
    assert_eq!(bench.registry.tags("@acme/hello"), "latest=1.2.3");
}

#[test]
fn other_bytes_under_the_same_version_are_refused() {
    let Some(bench) = Bench::new("other bytes are refused") else { return };
    let folder = bench.release("1.2.3");
    bench.publish(&folder, &[]).ends(0, &[]);
    bench.project.write("src/main.rs", "fn main() {}\n");
    bench.release("1.2.3");
    let parts = [
        "cannot publish @acme/hello-linux-x64-musl@1.2.3 to npm",
        "its file is sha512-",
        ", and this release's is sha512-",
        "release another version",
    ];
    bench.publish(&folder, &[]).ends(1, &parts).without(&["Publishing"]);
    assert_eq!(bench.registry.versions(), 2);
}

#[test]
fn no_tag_goes_back() {
    let Some(bench) = Bench::new("tags never go back") else { return };
    for (version, wanted) in [
        ("1.2.3", "latest=1.2.3"),
        ("2.0.0-rc.1", "latest=1.2.3 next=2.0.0-rc.1"),
        ("1.3.0", "latest=1.3.0 next=2.0.0-rc.1"),
        ("1.2.4", "latest=1.3.0 next=2.0.0-rc.1 release-1.x=1.2.4"),
        ("2.0.0", "latest=2.0.0 next=2.0.0-rc.1 release-1.x=1.2.4"),
        ("1.3.1", "latest=2.0.0 next=2.0.0-rc.1 release-1.x=1.3.1"),
        ("1.2.5", "latest=2.0.0 next=2.0.0-rc.1 release-1.2.x=1.2.5 release-1.x=1.3.1"),
    ] {
        let folder = bench.release(version);
        let published = bench.publish(&folder, &[]).ends(0, &[]);
        for package in ["@acme/hello", "@acme/hello-linux-x64-musl"] {
            assert_eq!(bench.registry.tags(package), wanted, "{package} {version}");
        }
        if version == "1.2.4" {
            let note = "note: @acme/hello 1.2.4 has the tag `release-1.x`: `latest` is 1.3.0, which is newer";
            assert!(published.stderr.contains(note), "{}", published.stderr);
        }
    }
}

#[test]
fn who_is_nobody_is_told_before_anything_is_published() {
    let Some(bench) = Bench::new("credentials are asked for before") else { return };
    let folder = bench.release("1.2.3");
    bench.registry.configure(None);
    bench.publish(&folder, &["--dry-run"]).ends(0, &[]);
    let parts = ["npm does not know who you are", "This command requires you to be logged in", "help: npm login"];
    let refused = bench.publish(&folder, &[]).ends(1, &parts).without(&["Publishing"]);
    assert_eq!(refused.stderr.matches("npm does not know").count(), 1, "{}", refused.stderr);
    assert_eq!(bench.registry.versions(), 0);
    // A token that the registry does not know.
    bench.registry.configure(Some("not-a-token"));
    bench.publish(&folder, &[]).ends(1, &["npm does not know who you are"]).without(&["Publishing", "not-a-token"]);
}

#[test]
fn a_registry_of_the_configuration_comes_before_the_users() {
    let Some(bench) = Bench::new("a registry of the configuration is used") else { return };
    let npmrc = bench.registry.folder.join("npmrc");
    let theirs =
        fs::read_to_string(&npmrc).unwrap().replace("registry=", "@acme:registry=http://127.0.0.1:1/\nregistry=");
    fs::write(&npmrc, theirs).unwrap();
    let url = &bench.registry.url;
    bench.project.config(&format!("[channel.npm]\nscope = \"@acme\"\nregistry = \"{url}\"\n"));
    let folder = bench.release("1.2.3");
    let published = bench.publish(&folder, &[]).ends(0, &[]);
    assert!(published.stdout.contains(&format!("@acme/hello@1.2.3 to {url}")), "{}", published.stdout);
    assert_eq!(bench.registry.versions(), 2);
    bench.project.config("[channel.npm]\nscope = \"@acme\"\nregistry = \"http://127.0.0.1:1/\"\n");
    let folder = bench.release("1.2.4");
    let env = "export npm_config_fetch_retries=0";
    bench
        .publish_with(&folder, env)
        .ends(1, &["npm cannot ask for @acme/hello", "ECONNREFUSED"])
        .without(&["Publishing"]);
}

#[test]
fn provenance_is_asked_for_where_ci_can_sign() {
    let Some(bench) = Bench::new("provenance is asked for") else { return };
    bench.project.config("[channel.npm]\nscope = \"@acme\"\nprovenance = true\n");
    let folder = bench.release("1.2.3");
    // Nothing is really published: sigstore is elsewhere.
    let log = bench.registry.folder.join("published");
    let script = |before: &str| {
        format!("{before}\ncase $1 in publish) shift 2; echo \"$@\" >> {}; exit 0;; esac", log.display())
    };
    bench.publish_with(&folder, &script("")).ends(0, &[]);
    assert_eq!(fs::read_to_string(&log).unwrap(), "--tag=latest --access=public\n".repeat(2));
    fs::remove_file(&log).unwrap();
    // Where the registry trusts CI, nobody is logged in.
    bench.registry.configure(None);
    bench.publish_with(&folder, &script("")).ends(1, &["npm does not know who you are"]);
    let published = bench.publish_on_ci(&folder, &script(""));
    published.ends(0, &[]);
    assert_eq!(fs::read_to_string(&log).unwrap(), "--tag=latest --access=public --provenance\n".repeat(2));
}
