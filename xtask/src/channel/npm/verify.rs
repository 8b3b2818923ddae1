//! What is wrong with the npm packages of a finished release, in npm's own terms.

use std::collections::{BTreeMap, BTreeSet};

use super::native::{self, PlatformPackage};
use super::package::{EPOCH, path_of};
use super::package_json::{FILE, PackageJson};
use super::tarball::NpmTarball;
use super::wasm::{self, Library};
use super::{ID, Settings};
use crate::channel::Files;
use crate::manifest::{Manifest, Output};
use crate::plan::PackagePlan;
use crate::report::Finding;

const REMAKE: &str = "make the release anew: cargo xtask dist";

/// The packages that a release has, by their names.
type Packages = BTreeMap<String, NpmTarball>;

/// Verifies what the channel made.
pub fn verify(release: &Manifest, files: &dyn Files) -> Vec<Finding> {
    let mut check = Check { release, findings: Vec::new() };
    for package in &release.plan.packages {
        let Some(channel) = package.channel(ID) else { continue };
        let settings = Settings::of_plan(&channel.settings);
        let made = release.outputs.iter().filter(|output| output.channel == ID && output.package == package.name);
        let made: Vec<&Output> = made.collect();
        if made.is_empty() {
            continue;
        }
        let packages = check.open(&made, files);
        let library = Library::of(release, package);
        check.native(package, &settings, &packages);
        if let Some(library) = &library {
            check.library(&wasm::name_of(package, &settings), library, &packages);
        }
    }
    check.findings
}

/// The reading of one release.
struct Check<'c> {
    release: &'c Manifest,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn finding(&mut self, file: &str, what: impl Into<String>) {
        self.findings.push(Finding::new(file, what, REMAKE));
    }

    /// Reads all packages, and says what is wrong with each by itself.
    fn open(&mut self, made: &[&Output], files: &dyn Files) -> Packages {
        let mut packages = Packages::new();
        for output in made {
            // What is missing was said.
            let Some(file) = files.open(&output.path) else { continue };
            match NpmTarball::open(file) {
                Ok(tarball) => {
                    if output.integrity.as_ref() != Some(&tarball.integrity) {
                        let noted = output.integrity.as_deref().unwrap_or("none");
                        let what = format!("npm's digest of it is {}, and the manifest has {noted}", tarball.integrity);
                        self.finding(&output.path, what);
                    }
                    self.alone(&output.path, &tarball);
                    packages.insert(tarball.json.name.clone(), tarball);
                }
                Err(error) => self.finding(&output.path, format!("it is no package for npm: {error}")),
            }
        }
        packages
    }

    /// What holds for every package, whatever is in it.
    fn alone(&mut self, path: &str, tarball: &NpmTarball) {
        let PackageJson { name, version, bin, files: listed, scripts, main, module, types, exports, .. } =
            &tarball.json;
        let release = &self.release.plan.version;
        if version != release {
            self.finding(path, format!("it says that it is {version}, and the release is {release}"));
        }
        if path_of(name, release) != path {
            self.finding(path, format!("it is the package {name}, whose file is {}", path_of(name, release)));
        }
        if let Some(event) = scripts.keys().next() {
            self.finding(path, format!("it runs a script at `{event}`, and ours run none"));
        }
        for file in listed.iter().filter(|file| !tarball.files.contains_key(*file)) {
            self.finding(path, format!("its {FILE} lists {file}, which is not in it"));
        }
        for file in tarball.files.keys().filter(|file| *file != FILE && !listed.contains(file)) {
            self.finding(path, format!("{file} is in it, and its {FILE} does not list it"));
        }
        let said = bin.values().chain(main).chain(module).chain(types).map(String::as_str).chain(exports.files());
        let said = said.map(|file| file.trim_start_matches("./")).collect::<BTreeSet<_>>().into_iter();
        for file in said.filter(|file| !tarball.files.contains_key(*file)) {
            self.finding(path, format!("its {FILE} points at {file}, which is not in it"));
        }
        for (file, entry) in &tarball.files {
            let is_program = bin.values().any(|script| script == file) || native::is_program(file);
            let wanted = if is_program { 0o755 } else { 0o644 };
            if entry.mode != wanted {
                self.finding(path, format!("the permissions of {file} are {:o}, not {wanted:o}", entry.mode));
            }
            if entry.mtime != EPOCH {
                self.finding(path, format!("{file} has a time stamp of its own"));
            }
        }
    }

    /// The packages for platforms and the main one agree with each other, and with the archives.
    fn native(&mut self, package: &PackagePlan, settings: &Settings, packages: &Packages) {
        let platforms = native::platform_packages(self.release, package, settings);
        let name = settings.name_of(package);
        let library = Library::of(self.release, package).map(|_| wasm::name_of(package, settings));
        for platform in &platforms {
            match packages.get(&platform.name) {
                Some(tarball) => self.platform(platform, tarball),
                None => self.lacks(&platform.name),
            }
        }
        let known = |other: &String| {
            (!platforms.is_empty() && *other == name)
                || library.as_ref() == Some(other)
                || platforms.iter().any(|platform| platform.name == *other)
        };
        for stray in packages.keys().filter(|other| !known(other)) {
            self.finding(&path_of(stray, &self.release.plan.version), "it is for no platform of the release");
        }
        match packages.get(&name) {
            _ if platforms.is_empty() => {}
            Some(tarball) => self.main(&platforms, tarball),
            None => self.lacks(&name),
        }
    }

    /// The library is what its archive has.
    fn library(&mut self, name: &str, library: &Library<'_>, packages: &Packages) {
        let Some(tarball) = packages.get(name) else { return self.lacks(name) };
        let path = path_of(name, &self.release.plan.version);
        for (file, entry) in library.files() {
            match tarball.files.get(file) {
                None => self.finding(&path, format!("it lacks {file}")),
                Some(there) if there.sha256 != entry.sha256 => {
                    self.finding(&path, format!("{file} is not {} of {}", entry.path, library.asset.name));
                }
                Some(_) => {}
            }
        }
    }

    fn lacks(&mut self, name: &str) {
        self.finding(&path_of(name, &self.release.plan.version), format!("the release lacks the package {name}"));
    }

    fn platform(&mut self, platform: &PlatformPackage<'_>, tarball: &NpmTarball) {
        let path = path_of(&platform.name, &self.release.plan.version);
        let json = &tarball.json;
        let mut cpus: Vec<&str> = platform.platforms.iter().map(|it| it.cpu).collect();
        cpus.sort_unstable();
        let os: Vec<&str> = platform.platforms.iter().map(|it| it.os).take(1).collect();
        let libc: Vec<&str> = platform.libc.into_iter().collect();
        for (word, said, wanted) in [("os", &json.os, os), ("cpu", &json.cpu, cpus), ("libc", &json.libc, libc)] {
            if *said != wanted {
                self.finding(&path, format!("its `{word}` is {said:?}, and its programs are for {wanted:?}"));
            }
        }
        for program in &platform.programs {
            let (file, asset) = (program.file(), &platform.asset.name);
            match tarball.files.get(&file) {
                None => self.finding(&path, format!("it lacks {file}")),
                Some(entry) if entry.sha256 != program.entry.sha256 => {
                    self.finding(&path, format!("{file} is not {} of {asset}", program.entry.path));
                }
                Some(_) => {}
            }
        }
        let is_known = |file: &str| platform.programs.iter().any(|program| program.file() == *file);
        for file in tarball.files.keys().filter(|file| native::is_program(file) && !is_known(file)) {
            self.finding(&path, format!("{file} is no program of {}", platform.asset.name));
        }
    }

    fn main(&mut self, platforms: &[PlatformPackage<'_>], tarball: &NpmTarball) {
        let (json, version) = (&tarball.json, &self.release.plan.version);
        let path = path_of(&json.name, version);
        let wanted: BTreeMap<String, String> =
            platforms.iter().map(|platform| (platform.name.clone(), version.clone())).collect();
        for name in wanted.keys().filter(|name| json.optional_dependencies.get(*name) != Some(version)) {
            self.finding(&path, format!("it does not have {name} {version} among its `optionalDependencies`"));
        }
        for name in json.optional_dependencies.keys().filter(|name| !wanted.contains_key(*name)) {
            self.finding(&path, format!("it needs {name}, which the release does not have"));
        }
        for command in native::commands(platforms) {
            let script = native::script_of(command);
            if json.bin.get(command) != Some(&script) {
                self.finding(&path, format!("its `bin` does not have {command} as {script}"));
            }
            let Some(file) = tarball.files.get(&script) else { continue };
            let text = String::from_utf8_lossy(&file.bytes);
            for platform in platforms {
                let Some(program) = platform.programs.iter().find(|it| it.name == command) else { continue };
                let has = |word: &str| text.contains(&format!("\"{word}\""));
                if !has(&platform.name) || !has(&program.file()) {
                    let remedy = "mend packaging/npm/launcher.js.hbs, or delete it to use the built-in one";
                    let what = format!("{script} does not know {}, which has {}", platform.name, program.file());
                    self.findings.push(Finding::new(&path, what, remedy));
                }
            }
        }
    }
}
