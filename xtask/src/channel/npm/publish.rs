//! Publishing: every package of the release, in the order in which they were made: what is needed comes first.

use std::cell::OnceCell;
use std::rc::Rc;

use semver::Version;

use super::tarball::NpmTarball;
use super::{ID, Settings, skip};
use crate::channel::Files;
use crate::channel::publish::{Need, Phase, Presence, Step, Steps, Workplace};
use crate::config::FILE;
use crate::manifest::{Manifest, Output};
use crate::names;
use crate::npm_registry::{NPM, Registry, Tags, Upload, tag_for};
use crate::plan::PackagePlan;
use crate::report::{Error, Result, Skip, terminal};

/// Publishes one package.
struct Publish {
    name: String,
    version: String,
    /// Its file in the release.
    file: String,
    /// The digest of that, as npm has it.
    integrity: String,
    settings: Settings,
    /// Whether npm knows who publishes, asked once for all packages.
    login: Rc<OnceCell<Result<()>>>,
}

/// The steps for all packages of a release.
pub fn steps(release: &Manifest, files: &dyn Files) -> Steps {
    let packages = release.plan.packages.iter().filter(|package| package.channel(ID).is_some());
    packages.flat_map(|package| of_package(release, package, files).unwrap_or_else(|skip| vec![Err(skip)])).collect()
}

fn of_package(release: &Manifest, package: &PackagePlan, files: &dyn Files) -> Result<Steps, Skip> {
    let settings = package.channel(ID).map(|channel| Settings::of_plan(&channel.settings)).unwrap_or_default();
    if !settings.is_claimed() {
        let reason = format!("nothing says that {} on npm is yours", settings.name_of(package));
        let remedy = format!(
            "write `scope = \"@OWNER\"` or `name = \"NAME\"` under [channel.npm] in {FILE}, and make the release anew"
        );
        return Err(skip(package, reason, remedy));
    }
    let login = Rc::new(OnceCell::new());
    let made = release.outputs.iter().filter(|output| output.channel == ID && output.package == package.name);
    let read = made.filter_map(|output| Some((output, NpmTarball::open(files.open(&output.path)?).ok()?)));
    let step = |(output, tarball): (&Output, NpmTarball)| {
        let step = Publish {
            name: tarball.json.name,
            version: tarball.json.version,
            file: output.path.clone(),
            integrity: tarball.integrity,
            settings: settings.clone(),
            login: login.clone(),
        };
        Ok(Box::new(step) as Box<dyn Step>)
    };
    Ok(read.map(step).collect())
}

impl Publish {
    fn registry<'a>(&'a self, at: &Workplace<'a>) -> Registry<'a> {
        Registry::new(at.runner, self.settings.registry.as_deref())
    }

    /// The tag that it moves; said where it is not the usual one.
    fn tag(&self, registry: &Registry<'_>) -> Result<String> {
        let version = Version::parse(&self.version);
        let version = version.map_err(|error| Error::new(format!("{} is no version", self.version)).because(error))?;
        let tags = registry.tags(&self.name)?;
        let tag_among = |tags| tag_for(&version, &self.settings.prerelease_tag, tags);
        let (tag, usual) = (tag_among(&tags), tag_among(&Tags::new()));
        if let Some(newer) = tags.get(&usual).filter(|_| tag != usual) {
            let name = &self.name;
            terminal::note(format_args!("{name} {version} has the tag `{tag}`: `{usual}` is {newer}, which is newer"));
        }
        Ok(tag)
    }
}

impl Step for Publish {
    fn phase(&self) -> Phase {
        Phase::Commit
    }

    fn title(&self) -> String {
        let to = self.settings.registry.as_deref().unwrap_or(NPM);
        format!("{}@{} to {to}", self.name, self.version)
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Program(&[NPM])]
    }

    fn probe(&self, at: &Workplace<'_>) -> Result<Presence> {
        Ok(match self.registry(at).integrity(&self.name, &self.version)? {
            None => Presence::Absent,
            Some(there) if there == self.integrity => Presence::Same,
            Some(there) => {
                Presence::Different(format!("its file is {there}, and this release's is {}", self.integrity))
            }
        })
    }

    fn ready(&self, at: &Workplace<'_>) -> Result<()> {
        self.login.get_or_init(|| self.registry(at).check_login(&self.name)).clone()
    }

    fn act(&self, at: &Workplace<'_>) -> Result<()> {
        let registry = self.registry(at);
        let tag = self.tag(&registry)?;
        let access = names::npm_scope(&self.name).map(|_| self.settings.access.word());
        let (file, provenance) = (at.folder.join(&self.file), self.settings.provenance);
        let upload = Upload { name: &self.name, file: &file, tag: &tag, access, provenance };
        let published = registry.publish(&upload);
        // An answer may be lost when all is done, and somebody else may have been quicker.
        match self.probe(at) {
            Ok(Presence::Same) if published.is_err() => Ok(()),
            _ => published,
        }
    }
}
