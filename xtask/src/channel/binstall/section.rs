//! `[package.metadata.binstall]` of a package: nothing where cargo-binstall finds its releases by itself, else as little
//! as it takes.

use cargo_platform::Platform;
use serde::Serialize;

use super::proof::{self, Proof};
use super::settings::Settings;
use crate::binstall::{self, Algorithm, Format, Metadata, Repository, Signing, Strategy};
use crate::manifest::Manifest;
use crate::names;
use crate::plan::{PackagePlan, TargetPlan};
use crate::report::Result;
use crate::targets::Target;

/// The section, as its template sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Section {
    /// The package's name.
    name: String,
    /// The URL of an archive, in binstall's variables; none where it is one of those that are tried by default.
    pkg_url: Option<String>,
    /// Where a program is in it, in binstall's variables; none where it is found without.
    bin_dir: Option<String>,
    /// The archives' format, as binstall calls it, if `pkg_url` is set.
    pkg_fmt: Option<Format>,
    /// The strategies that are switched off.
    disabled_strategies: Vec<Strategy>,
    /// How archives are signed, if they are.
    signing: Option<Signing>,
    /// Targets that differ from that.
    overrides: Vec<Override>,
}

/// A target whose archive is named or packed otherwise than most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Override {
    target: Target,
    pkg_url: Option<String>,
    bin_dir: Option<String>,
    pkg_fmt: Option<Format>,
    signing: Option<Signing>,
}

/// Where a target's archive is and how it is packed, in binstall's words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    target: Target,
    pkg_url: Option<String>,
    /// None for a program by itself, in which nothing is looked for.
    bin_dir: Option<String>,
    pkg_fmt: Format,
    signing: Option<Signing>,
}

impl Section {
    /// The least that leads the client to every archive of a package.
    ///
    /// # Errors
    /// None in practice: the names' templates were read before.
    pub fn of(release: &Manifest, package: &PackagePlan, settings: &Settings) -> Result<Self> {
        let targets = package.targets.iter().filter(|target| proof::is_installed_on(&target.target));
        let forms = targets.map(|target| Form::of(release, package, target)).collect::<Result<Vec<_>>>()?;
        let with = |url, dir| Self::with(package, settings, &forms, (url, dir));
        let mut best: Option<(usize, Self)> = None;
        for (url, dir) in [(false, false), (false, true), (true, false), (true, true)] {
            let section = with(url, dir);
            let faults = Proof::of(release, package, &section.metadata()).faults().count();
            // What no metadata can mend counts against none; of what is as good, the first is the least.
            if best.as_ref().is_none_or(|(least, _)| faults < *least) {
                best = Some((faults, section));
            }
            if faults == 0 {
                break;
            }
        }
        Ok(best.map(|(_, section)| section).unwrap_or_default())
    }

    fn with(package: &PackagePlan, settings: &Settings, forms: &[Form], (url, dir): (bool, bool)) -> Self {
        let pkg_url = usual(forms, |form| form.pkg_url.as_ref().filter(|_| url)).cloned();
        let bin_dir = usual(forms, |form| form.bin_dir.as_ref().filter(|_| dir)).cloned();
        let pkg_fmt = usual(forms, |form| Some(&form.pkg_fmt).filter(|_| url)).copied();
        let signing = usual(forms, |form| form.signing.as_ref()).cloned();
        let differing = |form: &Form| {
            let own = Override {
                target: form.target.clone(),
                pkg_url: form.pkg_url.clone().filter(|own| url && pkg_url.as_ref() != Some(own)),
                bin_dir: form.bin_dir.clone().filter(|own| dir && bin_dir.as_ref() != Some(own)),
                pkg_fmt: Some(form.pkg_fmt).filter(|own| url && pkg_fmt != Some(*own)),
                signing: form.signing.clone().filter(|own| signing.as_ref() != Some(own)),
            };
            (own.pkg_url.is_some() || own.bin_dir.is_some() || own.pkg_fmt.is_some() || own.signing.is_some())
                .then_some(own)
        };
        let overrides = forms.iter().filter_map(differing).collect();
        let disabled_strategies = settings.disabled_strategies.clone();
        Self { name: package.name.clone(), pkg_url, bin_dir, pkg_fmt, disabled_strategies, signing, overrides }
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self { name: self.name.clone(), ..Self::default() }
    }

    /// What the client makes of it.
    pub fn metadata(&self) -> Metadata {
        let overrides = self.overrides.iter().map(|own| binstall::Override {
            key: own.target.triple().to_owned(),
            platform: Platform::Name(own.target.triple().to_owned()),
            settings: binstall::Settings {
                pkg_url: own.pkg_url.clone(),
                pkg_fmt: own.pkg_fmt,
                bin_dir: own.bin_dir.clone(),
                signing: own.signing.clone(),
                disabled_strategies: Vec::new(),
            },
        });
        let settings = binstall::Settings {
            pkg_url: self.pkg_url.clone(),
            pkg_fmt: self.pkg_fmt,
            bin_dir: self.bin_dir.clone(),
            signing: self.signing.clone(),
            disabled_strategies: self.disabled_strategies.clone(),
        };
        Metadata { settings, overrides: overrides.collect() }
    }
}

/// What most forms have; of what is as frequent, the first.
fn usual<'f, T: PartialEq>(forms: &'f [Form], of: impl Fn(&'f Form) -> Option<&'f T>) -> Option<&'f T> {
    let all: Vec<&T> = forms.iter().filter_map(of).collect();
    let count = |one: &&&T| all.iter().filter(|other| *other == *one).count();
    all.iter().rev().max_by_key(count).copied()
}

impl Form {
    fn of(release: &Manifest, package: &PackagePlan, plan: &TargetPlan) -> Result<Self> {
        let (target, archive) = (&plan.target, &plan.archive);
        let repo = repo(package);
        let url = |end: &str| match &package.download_url {
            Some(template) => {
                names::general_url(template, &repo, &package.tag, (&archive.templates.name, end), target).map(Some)
            }
            None => Ok(None),
        };
        let folder = names::general_name(&archive.templates.folder, target)?;
        let bin = "{ bin }{ binary-ext }";
        let bin_dir = if folder.is_empty() { bin.to_owned() } else { format!("{folder}/{bin}") };
        // Where something stands behind an asset's name, as on SourceForge, `.sig` stands before it.
        let is_behind = package.download_url.as_deref().is_some_and(|template| template.ends_with("{ asset }"));
        let signature = if is_behind { None } else { url("{ archive-suffix }.sig")? };
        let signing = release.plan.public_key.as_ref().map(|key| Signing {
            algorithm: Algorithm::Minisign,
            pubkey: key.to_string(),
            file: signature,
        });
        Ok(Self {
            target: target.clone(),
            pkg_url: url("{ archive-suffix }")?,
            bin_dir: (!archive.is_bare()).then_some(bin_dir),
            pkg_fmt: Format::of_archive(archive.format),
            signing,
        })
    }
}

/// `{ repo }` where it means the same to the client as to us, else the very URL.
fn repo(package: &PackagePlan) -> String {
    let repository = package.about.repository.as_deref().unwrap_or_default();
    let base = names::repository_base(repository);
    let theirs = Repository::read(repository).ok().map(|(read, _)| read.url);
    if theirs.as_ref() == Some(&base) { "{ repo }".to_owned() } else { names::escape(&base) }
}
