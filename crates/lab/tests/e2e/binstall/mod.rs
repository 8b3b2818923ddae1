//! What the real cargo-binstall installs from releases, and that `explain` said so.

mod every;
mod index;
mod products;
mod signed;
mod wrong;

use std::fs;
use std::path::{Path, PathBuf};

use lab::binstall::{Install, Outcome, Source, inside};
use lab::server::{Server, Site};
use lab::xtask::dist;
use lab::{Client, Scratch, client, copy_dir, scratch};
use serde_json::Value;
use xtask_dist::hash::sha256;

use crate::said::{manifest, releases};

/// The files of a release, where its manifest says they are.
struct Published {
    folder: PathBuf,
    manifest: Value,
}

impl Published {
    fn of(project: &Path, tag: &str) -> Self {
        Self { folder: releases(project).join(tag), manifest: manifest(project, tag) }
    }

    fn assets(&self) -> impl Iterator<Item = &Value> {
        self.manifest["assets"].as_array().unwrap().iter()
    }

    /// The archive of a package for a target.
    fn asset(&self, package: &str, target: &str) -> &Value {
        let mut assets = self.assets().filter(|asset| asset["package"] == package && asset["target"] == target);
        assets.next().unwrap_or_else(|| panic!("there is no archive of {package} for {target}"))
    }

    fn site(&self) -> Site {
        self.assets().fold(Site::new(), |site, asset| {
            let (name, url) = (asset["name"].as_str().unwrap(), asset["url"].as_str().unwrap());
            let site = site.file(&inside(url), fs::read(self.folder.join(name)).unwrap());
            match fs::read(self.folder.join(format!("{name}.sig"))) {
                Ok(signature) => site.file(&inside(&format!("{url}.sig")), signature),
                Err(_) => site,
            }
        })
    }

    /// What the tool writes for the Cargo.toml of a package; nothing where it needs nothing.
    fn section(&self, package: &str) -> String {
        fs::read_to_string(self.folder.join(format!("binstall/{package}.toml"))).unwrap_or_default()
    }

    /// Where the programs of an archive are, with their digests.
    fn programs(&self, package: &str, target: &str) -> Vec<(String, String)> {
        let entries = self.asset(package, target)["entries"].as_array().unwrap().iter();
        let programs = entries.filter(|entry| entry["role"] == "executable");
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
        programs.map(|entry| (text(entry, "path"), text(entry, "sha256"))).collect()
    }
}

/// A package as its users' machines get it: a copy of the project, with a section in the package's Cargo.toml.
struct Package {
    folder: Scratch,
    name: &'static str,
}

impl Package {
    /// `section` is put at the end of `manifest`, which is below the project.
    fn of(project: &Path, name: &'static str, manifest: &str, section: &str) -> Self {
        let folder = scratch("package");
        for entry in fs::read_dir(project).unwrap().map(Result::unwrap) {
            let (from, to) = (entry.path(), folder.join(entry.file_name()));
            if from.is_file() {
                fs::copy(from, to).unwrap();
            } else if entry.file_name() != "target" && entry.file_name() != ".git" {
                copy_dir(from, to).unwrap();
            }
        }
        let file = folder.join(manifest);
        fs::write(&file, fs::read_to_string(&file).unwrap() + "\n" + section).unwrap();
        Self { folder, name }
    }

    /// The real client's answer.
    fn install(&self, client: &Client, target: &str, proxy: &str, args: &[String]) -> Outcome {
        let changed = scratch("inside");
        copy_dir(&self.folder, &*changed).unwrap();
        in_every_manifest(&changed, &inside);
        let install = Install { name: self.name, source: Source::Folder(&changed), targets: &[target], proxy, args };
        install.run(client)
    }

    /// What `explain` says of an archive, and whether it ends well.
    fn explain(&self, target: &str, archive: &Path) -> (Value, bool) {
        let mut explain = dist(&self.folder, ["binstall", "explain", "--format", "json", "--manifest-path", "."]);
        explain.args(["--strategies", "crate-meta-data", "--package", self.name, "--target", target]);
        let output = explain.arg("--archive").arg(archive).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let object = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}: {said}", output.status));
        (object, output.status.success())
    }

    /// The client installs the very programs of the release, from where `explain` says.
    #[track_caller]
    fn is_installed(&self, client: &Client, published: &Published, target: &str) {
        let asset = published.asset(self.name, target);
        let outcome = self.install(client, target, &Server::start(published.site()).url(), &[]);
        let at = format!("{} {target} {}", self.name, asset["name"]);
        assert_eq!(outcome.code, Some(0), "{at}: {}", outcome.said);
        assert_eq!(outcome.url.as_deref(), asset["url"].as_str(), "{at}");
        let (explained, well) = self.explain(target, &published.folder.join(asset["name"].as_str().unwrap()));
        assert!(well, "{at}: {explained}");
        // Of a file it knows the name alone: the first URL that ends so is told.
        let file = |url: &Value| url.as_str().unwrap_or_default().rsplit('/').next().map(str::to_owned);
        assert_eq!(file(&explained["url"]), file(&asset["url"]), "{at}");
        let programs = published.programs(self.name, target);
        assert_eq!(outcome.programs.len(), programs.len(), "{at}: {programs:?}");
        for (name, content) in &outcome.programs {
            let path = explained["bins"][name].as_str().unwrap_or_else(|| panic!("{at}: no {name} in {explained}"));
            let whole = published.programs(self.name, target).len() == 1 && path == xtask_dist::binstall::RAW;
            let found = programs.iter().find(|(known, _)| known == path || whole);
            assert_eq!(found.map(|(_, digest)| digest), Some(&sha256(content)), "{at}: {name} is not {path}");
        }
    }

    /// The client installs nothing, and `explain` says why in its words.
    #[track_caller]
    fn is_refused(&self, client: &Client, published: &Published, target: &str, why: &str) {
        let asset = published.asset(self.name, target);
        let outcome = self.install(client, target, &Server::start(published.site()).url(), &[]);
        assert_eq!(outcome.code, Some(94), "{}", outcome.said);
        let error = outcome.error.unwrap();
        assert!(error.contains(why), "{error}");
        let (explained, well) = self.explain(target, &published.folder.join(asset["name"].as_str().unwrap()));
        assert!(!well && explained["error"].as_str().unwrap().contains(why), "{explained}");
    }
}

fn in_every_manifest(folder: &Path, changed: &dyn Fn(&str) -> String) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            in_every_manifest(&entry.path(), changed);
        } else if entry.file_name() == "Cargo.toml" {
            fs::write(entry.path(), changed(&fs::read_to_string(entry.path()).unwrap())).unwrap();
        }
    }
}

fn binstall(purpose: &str) -> Option<Client> {
    client("cargo-binstall", purpose)
}
