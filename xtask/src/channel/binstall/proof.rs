//! What cargo-binstall makes of a release's files with a package's metadata: for each target the URL that serves and the
//! programs in it, or why nothing is installed.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::binstall::url::Url;
use crate::binstall::{
    Answer, Candidate, Entry, Format, Metadata, Program, RAW, Refusal, Resolution, Signature, Strategies, Subject,
    resolve,
};
use crate::manifest::{Asset, Manifest};
use crate::names;
use crate::plan::{PackagePlan, TargetPlan};
use crate::targets::{BinstallTarget, Target};

/// What the client does on every target of a package.
#[derive(Debug)]
pub struct Proof {
    targets: Vec<(Target, Result<Served, Fault>)>,
}

/// What is installed on a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The URL that it is from.
    pub url: String,
    /// The programs.
    pub programs: Vec<Program>,
}

/// Why the release is not what is installed on a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The target.
    pub target: Target,
    /// The archive that should be.
    pub asset: String,
    /// What is wrong.
    pub what: String,
    /// What mends it, if it is not the metadata.
    pub remedy: String,
    /// Whether other metadata could mend it.
    pub is_of_metadata: bool,
}

/// Whether there are machines with this target on which the client installs programs.
pub fn is_installed_on(target: &Target) -> bool {
    !target.arch().starts_with("wasm") && BinstallTarget::parse(target.triple()).is_ok()
}

impl Proof {
    /// Asks the resolver about every target whose archive the release has.
    pub fn of(release: &Manifest, package: &PackagePlan, metadata: &Metadata) -> Self {
        let site = Site::of(release);
        let subject =
            Subject::new(&package.name, &release.plan.version, package.about.repository.as_deref(), &package.programs);
        let mut targets = Vec::new();
        for plan in package.targets.iter().filter(|plan| is_installed_on(&plan.target)) {
            let Some(asset) = release.assets.iter().find(|asset| asset.name == plan.archive.asset) else { continue };
            let resolution = resolve(&subject, metadata, plan.target.triple(), &Strategies::default());
            let served = site.serve(&resolution, asset).map_err(|why| Fault {
                target: plan.target.clone(),
                asset: asset.name.clone(),
                what: why.describe(&resolution, asset),
                remedy: why.remedy(package, plan),
                is_of_metadata: why.is_of_metadata(release),
            });
            targets.push((plan.target.clone(), served));
        }
        Self { targets }
    }

    /// What is installed, by target.
    pub fn served(&self) -> impl Iterator<Item = (&Target, &Served)> {
        self.targets.iter().filter_map(|(target, served)| Some((target, served.as_ref().ok()?)))
    }

    /// What is wrong.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.targets.iter().filter_map(|(_, served)| served.as_ref().err())
    }

    /// Whether the target is served.
    pub fn serves(&self, target: &Target) -> bool {
        self.served().any(|(known, _)| known == target)
    }
}

/// The files of a release, where they will be found.
struct Site<'r> {
    release: &'r Manifest,
    assets: BTreeMap<String, Hosted<'r>>,
    signatures: Vec<String>,
}

/// An asset as the client finds it.
struct Hosted<'r> {
    asset: &'r Asset,
    format: Format,
    /// Read where the client comes by: most are of other packages.
    entries: OnceCell<Vec<Entry>>,
}

impl<'r> Site<'r> {
    fn of(release: &'r Manifest) -> Self {
        let mut site = Self { release, assets: BTreeMap::new(), signatures: Vec::new() };
        let packages: BTreeMap<&str, &PackagePlan> =
            release.plan.packages.iter().map(|package| (package.name.as_str(), package)).collect();
        let mut requested = Requested::default();
        for asset in &release.assets {
            let Some(package) = packages.get(asset.package.as_str()) else { continue };
            let (Some(url), Some(plan)) = (&asset.url, package.target(&asset.target)) else { continue };
            let format = Format::of_archive(plan.archive.format);
            site.assets.insert(requested.url(url), Hosted { asset, format, entries: OnceCell::new() });
            if release.plan.public_key.is_some() {
                site.signatures.extend(signature_url(release, package, &asset.name).map(|url| requested.url(&url)));
            }
        }
        site
    }

    /// What the client gets at a URL.
    fn answer(&self, candidate: &Candidate, resolution: &Resolution) -> Option<Answer<'_>> {
        let Hosted { asset, format, entries } = self.assets.get(&candidate.url)?;
        let read = || asset.entries.iter().map(|entry| Entry::file(&entry.path)).collect();
        let entries = if *format == candidate.format {
            Ok(&entries.get_or_init(read)[..])
        } else {
            Err(misread(*format, candidate.format))
        };
        let named = resolution.settings.signing.as_ref().map(|signing| signing.pubkey.as_str());
        let signature = match (&candidate.signature, &self.release.plan.public_key) {
            (Some(url), Some(key)) if self.signatures.contains(url) => {
                if named == Some(&key.to_string()) {
                    Signature::Good
                } else {
                    Signature::Bad
                }
            }
            _ => Signature::Missing,
        };
        Some(Answer { entries, signature })
    }

    /// What is installed where `asset` should be.
    fn serve(&self, resolution: &Resolution, asset: &Asset) -> Result<Served, Why> {
        let served = resolution
            .serve(|candidate| self.answer(candidate, resolution))
            .map_err(|mut refusals| Why::Refused(refusals.pop().unwrap_or(Refusal::NotFound)))?;
        let named = |candidate: &Candidate| self.assets.get(&candidate.url).map(|hosted| hosted.asset.name.clone());
        let installed = named(served.candidate).filter(|name| *name != asset.name);
        if let Some(other) = installed {
            return Err(Why::Other { other, url: served.candidate.url.clone() });
        }
        match served.rivals.iter().find_map(|rival| named(rival)) {
            Some(rival) => Err(Why::Race(rival)),
            None => Ok(Served { url: served.candidate.url.clone(), programs: served.found.programs }),
        }
    }
}

/// Why an archive is not what is installed.
enum Why {
    /// The client says so.
    Refused(Refusal),
    /// Another file of the release is.
    Other { other: String, url: String },
    /// Another file of the release may be.
    Race(String),
}

impl Why {
    /// The client's words, and, where it looks in vain, where it looks and where the archive is.
    fn describe(&self, resolution: &Resolution, asset: &Asset) -> String {
        match (self, resolution.candidates.urls.first()) {
            (Self::Refused(Refusal::NotFound), Some(first)) => {
                let more = match resolution.candidates.urls.len() - 1 {
                    0 => String::new(),
                    others => format!(" and {others} more"),
                };
                let url = asset.url.as_deref().unwrap_or("no known place");
                format!("it tries {}{more}, and the archive is at {url}", first.url)
            }
            (Self::Refused(refusal), _) => refusal.to_string(),
            (Self::Other { other, url }, _) => format!("{other} is installed: it is at {url}, which is tried first"),
            (Self::Race(rival), _) => {
                format!("{rival} answers as well as {}: whichever is quicker is installed", asset.name)
            }
        }
    }

    fn remedy(&self, package: &PackagePlan, plan: &TargetPlan) -> String {
        match self {
            Self::Refused(Refusal::Missing { instead: None, .. }) => left_out(package, plan)
                .unwrap_or_else(|| Refusal::Missing { path: String::new(), instead: None }.remedy()),
            Self::Refused(Refusal::NoSignature(_)) => format!(
                "sign the release, by [minisign] in {} and without --no-sign, or take [signing] out of {}",
                crate::config::FILE,
                package.manifest
            ),
            Self::Refused(refusal) => refusal.remedy(),
            Self::Other { .. } | Self::Race(_) => {
                "write `{ name }` and `{ target }` into `name` of [channel.archive]".to_owned()
            }
        }
    }

    /// Whether other metadata could mend it: those that want an unsigned release signed are not what is wrong.
    fn is_of_metadata(&self, release: &Manifest) -> bool {
        release.plan.public_key.is_some() || !matches!(self, Self::Refused(Refusal::NoSignature(_)))
    }
}

/// What brings back a program that the configuration leaves out.
fn left_out(package: &PackagePlan, plan: &TargetPlan) -> Option<String> {
    let is_out = |name: &&str| plan.build.exclude_binaries.iter().any(|excluded| excluded == name);
    let wanted = package.programs.iter().filter(|program| program.required_features.is_empty());
    let out: Vec<&str> = wanted.map(|program| program.name.as_str()).filter(is_out).collect();
    let file = crate::config::FILE;
    let names = out.join("`, `");
    (!out.is_empty()).then(|| {
        format!(
            "take `{names}` out of `exclude-binaries` in {file}, or give it `required-features` in {}",
            package.manifest
        )
    })
}

fn misread(is: Format, read_as: Format) -> Refusal {
    Refusal::Unreadable(format!("it is packed as {}, and read as {}", is.word(), read_as.word()))
}

/// URLs as the client requests them.
#[derive(Default)]
struct Requested {
    /// The last folder: most are in one.
    folder: Option<(String, Option<Url>)>,
}

impl Requested {
    fn url(&mut self, url: &str) -> String {
        let (folder, name) = url.split_at(url.rfind('/').map_or(0, |slash| slash + 1));
        if self.folder.as_ref().is_none_or(|(known, _)| known != folder) {
            self.folder = Some((folder.to_owned(), Url::parse(folder).ok()));
        }
        let parsed = self.folder.as_ref().and_then(|(_, folder)| folder.as_ref()?.file(name).ok());
        parsed.map_or_else(|| url.to_owned(), |url| url.to_string())
    }
}

/// Where an asset's signature will be found.
fn signature_url(release: &Manifest, package: &PackagePlan, asset: &str) -> Option<String> {
    let repository = package.about.repository.as_deref().unwrap_or_default();
    let template = package.download_url.as_deref()?;
    let plan = &release.plan;
    names::asset_url(template, repository, &plan.tag, &plan.version, &Manifest::signature_of(asset)).ok()
}

impl Served {
    /// Where the programs are: the folder in the archive, or that the file is the program.
    pub fn place(&self) -> String {
        let folder = |program: &Program| program.path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        match self.programs.first() {
            Some(program) if program.path == RAW => "the file itself".to_owned(),
            Some(program) => folder(program).map_or_else(|| "its top".to_owned(), |folder| format!("{folder}/")),
            None => "nowhere".to_owned(),
        }
    }
}
