//! What the template of a formula can use.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::license::{self, License};
use super::livecheck::{self, Livecheck};
use super::settings::{Preference, Service, Settings};
use super::{desc, name, scan};
use crate::channel::Work;
use crate::manifest::{Asset, Entry};
use crate::plan::PackagePlan;
use crate::project::{About, Role};
use crate::report::{Error, Result};
use crate::targets::{HomebrewPlatform, Libc};

/// The archive that serves each platform.
pub type Chosen<'a> = BTreeMap<HomebrewPlatform, &'a Asset>;

/// What the template can use.
#[derive(Debug, Serialize)]
pub struct View<'a> {
    /// The formula's class.
    class_name: String,
    /// The formula's name.
    name: &'a str,
    /// The version.
    version: &'a str,
    /// The version, where Homebrew reads another out of all URLs; where only some are misread, it stands with those.
    stated_version: Option<&'a str>,
    /// One line that says what it is; none if the manifest has none.
    desc: Option<String>,
    /// Its home page, else its repository.
    homepage: Option<String>,
    /// The licence; none where the manifest has none that can be read.
    license: Option<License>,
    /// How new releases are found.
    livecheck: Option<Livecheck>,
    /// Whether it is a versioned formula, which is installed but not linked.
    keg_only: bool,
    /// What it needs, in Homebrew's order.
    depends_on: Vec<Dependency<'a>>,
    /// The systems that the release has.
    systems: Vec<System<'a>>,
    /// Formulae that cannot be installed besides.
    conflicts: Vec<Conflict<'a>>,
    /// The programs.
    binaries: Vec<Installed>,
    /// Completions for shells.
    completions: Completions,
    /// Man pages.
    manuals: Vec<Manual>,
    /// The programs that every platform has.
    tested: Vec<String>,
    /// What users are told after the installation.
    caveats: Option<&'a str>,
    /// What `brew services` runs.
    service: Option<ServiceView<'a>>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Dependency<'a> {
    /// The formula, or the system.
    name: &'a str,
    /// Whether it is a system (`macos`, `linux`), the only one that the release has.
    is_system: bool,
}

#[derive(Debug, Serialize)]
struct Conflict<'a> {
    name: &'a str,
    because: &'a str,
}

#[derive(Debug, Serialize)]
struct System<'a> {
    /// `on_macos` or `on_linux`.
    on_os: &'static str,
    cpus: Vec<Cpu<'a>>,
}

#[derive(Debug, Serialize)]
#[allow(clippy::struct_field_names, reason = "the name of Homebrew's block")]
struct Cpu<'a> {
    /// `on_arm` or `on_intel`.
    on_cpu: &'static str,
    url: &'a str,
    /// The version, where Homebrew reads another out of this URL but not out of all.
    stated_version: Option<&'a str>,
    sha256: &'a str,
}

/// A file that is installed.
#[derive(Debug, Serialize)]
struct Installed {
    /// Its path in the archive, below the folder that brew enters.
    path: String,
    /// Its name when installed.
    name: String,
    /// Whether it is called otherwise in the archive: a bare program is called as the archive would be.
    renamed: bool,
    /// Whether some platforms' archives lack it.
    optional: bool,
}

#[derive(Debug, Serialize)]
struct Completions {
    bash: Vec<Installed>,
    zsh: Vec<Installed>,
    fish: Vec<Installed>,
}

#[derive(Debug, Serialize)]
struct Manual {
    path: String,
    /// The section: `man1`.
    section: String,
    optional: bool,
}

#[derive(Debug, Serialize)]
struct ServiceView<'a> {
    program: &'a str,
    arguments: &'a [String],
    keep_alive: bool,
    require_root: bool,
    working_dir: Option<&'a str>,
    log: Option<&'a str>,
    error_log: Option<&'a str>,
    env: Vec<Variable<'a>>,
}

#[derive(Debug, Serialize)]
struct Variable<'a> {
    key: &'a str,
    value: &'a str,
}

impl<'a> View<'a> {
    /// The view of the formula `name`, a `versioned` one or the package's.
    ///
    /// # Errors
    /// A service of a program that the package does not have.
    pub fn new(
        work: &Work<'a>,
        settings: &'a Settings,
        chosen: &Chosen<'a>,
        name: &'a str,
        versioned: bool,
    ) -> Result<Self> {
        let about = &work.package.about;
        let version = work.release.plan.version.as_str();
        let files = Files::of(chosen, work.package);
        let binaries = files.of_role(Role::Executable, str::to_owned);
        let names: BTreeSet<&str> = binaries.iter().map(|binary| binary.name.as_str()).collect();
        let tested = names.into_iter().filter(|name| files.have(name)).map(str::to_owned).collect();
        let misread: BTreeSet<&str> =
            chosen.values().filter_map(|asset| asset.url.as_deref()).filter(|url| !reads(url, version)).collect();
        let all_are = chosen.values().all(|asset| asset.url.as_deref().is_some_and(|url| misread.contains(url)));
        let stated = |url: &str| (!all_are && misread.contains(url)).then_some(version);
        let url = chosen.values().find_map(|asset| asset.url.as_deref());
        let desc = about.description.as_deref().map(|text| desc::of(text, &work.package.name).text);
        Ok(Self {
            class_name: name::class_of(name),
            name,
            version,
            stated_version: all_are.then_some(version),
            desc: desc.filter(|text| !text.is_empty()),
            homepage: homepage(about),
            license: about.license.as_deref().and_then(license::of),
            livecheck: url
                .filter(|_| !versioned)
                .and_then(|url| livecheck::of(about.repository.as_deref(), url, &work.release.plan.tag, version)),
            keg_only: versioned,
            depends_on: dependencies(settings, chosen),
            systems: systems(chosen, stated),
            conflicts: settings
                .conflicts_with
                .iter()
                // A versioned formula is not linked: it conflicts with nothing, and brew refuses one that says so.
                .filter(|_| !versioned)
                .map(|(name, because)| Conflict { name, because })
                .collect(),
            completions: Completions {
                bash: files.of_role(Role::CompletionBash, |name| name.trim_end_matches(".bash").to_owned()),
                zsh: files.of_role(Role::CompletionZsh, str::to_owned),
                fish: files.of_role(Role::CompletionFish, str::to_owned),
            },
            manuals: files.of_role(Role::Manual, str::to_owned).into_iter().map(manual).collect(),
            tested,
            caveats: settings.caveats.as_deref(),
            service: settings.service.as_ref().map(|service| service_view(service, &binaries)).transpose()?,
            binaries,
        })
    }
}

/// One archive a platform: of two for Linux the preferred one, of two for macOS the one that is only for it.
pub fn choose<'a>(work: &Work<'a>, settings: &Settings) -> Chosen<'a> {
    let preferred = match settings.linux {
        Preference::Gnu => Libc::Gnu,
        Preference::Musl => Libc::Musl,
    };
    let rank = |asset: &Asset| (asset.target.libc() == preferred, asset.target.homebrew().len() == 1);
    let mut chosen = Chosen::new();
    for asset in work.release.assets_of(&work.package.name) {
        for platform in asset.target.homebrew() {
            if chosen.get(&platform).is_none_or(|other| rank(asset) > rank(other)) {
                chosen.insert(platform, asset);
            }
        }
    }
    chosen
}

/// Whether Homebrew reads `version` out of `url`.
fn reads(url: &str, version: &str) -> bool {
    scan::version_in(url).as_deref() == Some(version)
}

/// What people are sent to, as Homebrew wants it (`rubocops/shared/homepage_helper.rb`).
fn homepage(about: &About) -> Option<String> {
    let mut pages = [&about.homepage, &about.repository].into_iter().flatten().map(|url| url.trim());
    let page = pages.find(|url| url.starts_with("http://") || url.starts_with("https://"))?;
    let page = match page.strip_prefix("http://github.com/") {
        Some(path) => format!("https://github.com/{path}"),
        None => page.to_owned(),
    };
    let is_github = page.starts_with("https://github.com");
    Some(page.strip_suffix(".git").filter(|_| is_github).map(str::to_owned).unwrap_or(page))
}

fn dependencies<'a>(settings: &'a Settings, chosen: &Chosen<'a>) -> Vec<Dependency<'a>> {
    let systems: BTreeSet<&str> = chosen.keys().filter_map(|platform| platform.on_os.strip_prefix("on_")).collect();
    let only = systems.iter().filter(|_| systems.len() == 1).map(|name| Dependency { name, is_system: true });
    let formulae = settings.depends_on.iter().map(|name| Dependency { name, is_system: false });
    // The order that `brew style` asks for.
    let sorted: BTreeSet<Dependency<'a>> = only.chain(formulae).collect();
    sorted.into_iter().collect()
}

fn systems<'a>(chosen: &Chosen<'a>, stated: impl Fn(&str) -> Option<&'a str>) -> Vec<System<'a>> {
    let mut systems: Vec<System<'a>> = Vec::new();
    for (platform, asset) in chosen {
        let url = asset.url.as_deref().unwrap_or_default();
        let cpu = Cpu { on_cpu: platform.on_cpu, url, stated_version: stated(url), sha256: &asset.sha256 };
        match systems.iter_mut().find(|system| system.on_os == platform.on_os) {
            Some(system) => system.cpus.push(cpu),
            None => systems.push(System { on_os: platform.on_os, cpus: vec![cpu] }),
        }
    }
    // macOS first, as formulae have it.
    systems.sort_by_key(|system| system.on_os != "on_macos");
    systems
}

/// The files of all platforms' archives, by role, path and name, and how many archives have each.
struct Files {
    count: BTreeMap<(Role, String, String), usize>,
    archives: usize,
}

impl Files {
    fn of(chosen: &Chosen<'_>, package: &PackagePlan) -> Self {
        let assets: BTreeMap<&str, &Asset> = chosen.values().map(|asset| (asset.name.as_str(), *asset)).collect();
        let mut count = BTreeMap::new();
        for asset in assets.values() {
            let folder = entered(asset);
            let bare = package.target(&asset.target).filter(|plan| plan.archive.is_bare());
            let bare = bare.and_then(|plan| plan.binaries.first());
            for entry in &asset.entries {
                let name = bare.map_or(entry.file_name(), String::as_str).to_owned();
                *count.entry((entry.role, entry.path[folder..].to_owned(), name)).or_default() += 1;
            }
        }
        Self { count, archives: assets.len() }
    }

    /// Whether every archive has the program.
    fn have(&self, program: &str) -> bool {
        let of_name = self.count.iter().filter(|((role, _, name), _)| *role == Role::Executable && name == program);
        of_name.map(|(_, count)| count).sum::<usize>() >= self.archives
    }

    fn of_role(&self, wanted: Role, installed: impl Fn(&str) -> String) -> Vec<Installed> {
        let of_role = self.count.iter().filter(|((role, ..), _)| *role == wanted);
        let file = |((_, path, name), count): (&(Role, String, String), &usize)| Installed {
            path: path.clone(),
            name: installed(name),
            renamed: path.rsplit('/').next() != Some(name),
            optional: *count < self.archives,
        };
        of_role.map(file).collect()
    }
}

/// How much of each path is the folder that brew enters by itself: the only one at the top, and no deeper one.
fn entered(asset: &Asset) -> usize {
    let top = |entry: &Entry| entry.path.split_once('/').map(|(top, _)| top.len() + 1);
    let Some(length) = asset.entries.first().and_then(top) else { return 0 };
    let folder = &asset.entries[0].path[..length];
    if asset.entries.iter().all(|entry| entry.path.starts_with(folder)) { length } else { 0 }
}

fn manual(file: Installed) -> Manual {
    let section = format!("man{}", file.path.rsplit('.').next().unwrap_or("1"));
    Manual { section, path: file.path, optional: file.optional }
}

fn service_view<'a>(service: &'a Service, binaries: &[Installed]) -> Result<ServiceView<'a>> {
    let Some((program, arguments)) = service.run.split_first() else {
        return Err(Error::usage("[channel.homebrew.service] says not what to run"));
    };
    if !binaries.iter().any(|binary| binary.name == *program) {
        let known: Vec<&str> = binaries.iter().map(|binary| binary.name.as_str()).collect();
        return Err(Error::usage(format!("the service runs `{program}`, which is not among the programs"))
            .help(format!("`run` of [channel.homebrew.service] begins with one of `{}`", known.join("`, `"))));
    }
    Ok(ServiceView {
        program,
        arguments,
        keep_alive: service.keep_alive,
        require_root: service.require_root,
        working_dir: service.working_dir.as_deref(),
        log: service.log.as_deref(),
        error_log: service.error_log.as_deref(),
        env: service.env.iter().map(|(key, value)| Variable { key, value }).collect(),
    })
}
