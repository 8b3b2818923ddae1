//! Publishing: an image to a registry, first without a tag, then under its version, then under the tags that move.

use semver::Version;

use super::oci::{INDEX_FILE, Index};
use super::tarball::Tarball;
use super::{ID, Settings, recipe};
use crate::channel::Files;
use crate::channel::publish::{Need, Phase, Presence, Step, Steps, Workplace};
use crate::config::FILE;
use crate::image_registry::{CLIENTS, ImageFile, Repository, digest_of};
use crate::manifest::Manifest;
use crate::names;
use crate::plan::PackagePlan;
use crate::report::{Result, Skip};

/// Which registry has, or will have, which image.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Image {
    /// `ghcr.io/owner/name`.
    repository: String,
    /// Whether it is spoken to without TLS.
    insecure: bool,
    /// The file in the release directory.
    file: String,
    /// `sha256:…` of its index.
    digest: String,
    /// The release's version.
    version: String,
    /// The version as a tag.
    tag: String,
}

/// Brings the image there, and nobody sees it.
struct Upload(Image);

/// Gives it the tag of its version, which stays.
struct Name(Image);

/// Gives it a tag that moves from version to version.
struct Move {
    image: Image,
    tag: String,
}

/// The steps for all images of a release.
pub fn steps(release: &Manifest, files: &dyn Files) -> Steps {
    let packages = release.plan.packages.iter().filter(|package| package.channel(ID).is_some());
    packages.flat_map(|package| of_package(release, package, files).unwrap_or_else(|skip| vec![Err(skip)])).collect()
}

fn of_package(release: &Manifest, package: &PackagePlan, files: &dyn Files) -> Result<Steps, Skip> {
    let settings = package.channel(ID).map(|channel| Settings::of_plan(&channel.settings)).unwrap_or_default();
    let skip = |reason: &str, setting: &str| {
        let remedy = format!("write `{setting}` under [channel.docker] in {FILE}, and make the release anew");
        Skip::new(format!("{ID} for {}", package.name), reason, remedy)
    };
    if settings.image.is_none() {
        return Err(skip("no registry is configured", "image = \"ghcr.io/OWNER/NAME\""));
    }
    let file = names::image_file(&package.name, &release.plan.version);
    let digest = files.open(&file).and_then(|file| digest(Tarball::open(file).ok()?));
    let digest = digest.ok_or_else(|| skip("the release has no image of it", "tarball = true"))?;
    let version = release.plan.version.clone();
    let image = Image {
        repository: recipe::name(package, &settings),
        insecure: settings.insecure,
        file,
        digest,
        tag: names::image_tag(&version),
        version,
    };
    let mut steps: Steps = vec![Ok(Box::new(Upload(image.clone()))), Ok(Box::new(Name(image.clone())))];
    let floating = Version::parse(&image.version).map(|version| names::image_floating_tags(&version));
    match floating.unwrap_or_default() {
        floating if floating.is_empty() => steps.push(Err(Skip::new(
            format!("{}:latest", image.repository),
            format!("{} is a pre-release: the tags that move stay where they are", image.version),
            "they follow the next release that is none",
        ))),
        floating => steps
            .extend(floating.into_iter().map(|tag| Ok(Box::new(Move { image: image.clone(), tag }) as Box<dyn Step>))),
    }
    Ok(steps)
}

fn digest(mut tarball: Tarball) -> Option<String> {
    let index: Index = serde_json::from_slice(&tarball.read(INDEX_FILE).ok()??).ok()?;
    Some(index.manifests.first()?.digest.clone())
}

impl Image {
    fn repository<'a>(&'a self, at: &Workplace<'a>) -> Result<Repository<'a>> {
        Repository::new(at.runner, &self.repository, self.insecure)
    }

    /// Whether a tag has this image: what it has instead, if it has something else.
    fn look<'m>(&self, manifest: Option<&'m Vec<u8>>) -> Result<&'m Vec<u8>, Presence> {
        let manifest = manifest.ok_or(Presence::Absent)?;
        if digest_of(manifest) == self.digest { Err(Presence::Same) } else { Ok(manifest) }
    }
}

/// The version that an image says it has.
fn version_of(manifest: &[u8]) -> Option<String> {
    let index: Index = serde_json::from_slice(manifest).ok()?;
    index.annotations.get("org.opencontainers.image.version").cloned()
}

fn needs() -> Vec<Need> {
    vec![Need::Program(CLIENTS)]
}

impl Step for Upload {
    fn phase(&self) -> Phase {
        Phase::Stage
    }

    fn title(&self) -> String {
        format!("{} to {}, without a tag", self.0.file, self.0.repository)
    }

    fn needs(&self) -> Vec<Need> {
        needs()
    }

    fn probe(&self, at: &Workplace<'_>) -> Result<Presence> {
        let there = self.0.repository(at)?.manifest(&self.0.digest)?;
        Ok(self.0.look(there.as_ref()).map_or_else(|presence| presence, |_| Presence::Absent))
    }

    fn act(&self, at: &Workplace<'_>) -> Result<()> {
        let path = at.folder.join(&self.0.file);
        let image = ImageFile { path: &path, tag: &self.0.tag, digest: &self.0.digest };
        self.0.repository(at)?.upload(image, at.work)
    }
}

impl Step for Name {
    fn phase(&self) -> Phase {
        Phase::Commit
    }

    fn title(&self) -> String {
        format!("{}:{}", self.0.repository, self.0.tag)
    }

    fn needs(&self) -> Vec<Need> {
        needs()
    }

    fn probe(&self, at: &Workplace<'_>) -> Result<Presence> {
        let there = self.0.repository(at)?.manifest(&self.0.tag)?;
        Ok(self.0.look(there.as_ref()).map_or_else(
            |presence| presence,
            |other| Presence::Different(format!("it is {}, and this release's is {}", digest_of(other), self.0.digest)),
        ))
    }

    fn act(&self, at: &Workplace<'_>) -> Result<()> {
        self.0.repository(at)?.tag(&self.0.digest, &self.0.tag)
    }
}

impl Step for Move {
    fn phase(&self) -> Phase {
        Phase::Commit
    }

    fn title(&self) -> String {
        format!("{}:{}", self.image.repository, self.tag)
    }

    fn needs(&self) -> Vec<Need> {
        needs()
    }

    /// That is what it is for; what must not is judged to stay.
    fn may_replace(&self) -> bool {
        true
    }

    fn probe(&self, at: &Workplace<'_>) -> Result<Presence> {
        let there = self.image.repository(at)?.manifest(&self.tag)?;
        Ok(self.judge(there.as_ref()))
    }

    fn act(&self, at: &Workplace<'_>) -> Result<()> {
        self.image.repository(at)?.tag(&self.image.digest, &self.tag)
    }
}

impl Move {
    /// A tag does not go back to an older version.
    fn judge(&self, there: Option<&Vec<u8>>) -> Presence {
        let other = match self.image.look(there) {
            Ok(other) => other,
            Err(presence) => return presence,
        };
        let Some(version) = version_of(other) else {
            return Presence::Different("it is an image that does not say its version".to_owned());
        };
        match (Version::parse(&version), Version::parse(&self.image.version)) {
            (Ok(theirs), Ok(ours)) if theirs > ours => Presence::Kept(format!("it is {version}, which is newer")),
            _ => Presence::Different(format!("it is {version}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Forged, settings};
    use super::*;
    use crate::channel::testing::OneFile;

    /// The titles of the steps for a version, and what is left out.
    fn titles(version: &str, image: Option<&str>) -> Vec<String> {
        let mut forged = Forged::new();
        let settings = Settings { image: image.map(str::to_owned), ..settings() };
        forged.release.plan.version = version.to_owned();
        forged.release.plan.packages[0].channels.retain(|channel| channel.id == ID);
        forged.release.plan.packages[0].channels[0].settings = crate::channel::settings_to_plan(&settings);
        let steps = steps(&forged.release, &OneFile(forged.tar()));
        steps.into_iter().map(|step| step.map_or_else(|skip| skip.to_string(), |step| step.title())).collect()
    }

    #[test]
    fn tags_follow_the_version() {
        let image = Some("ghcr.io/acme/tally");
        let tags = |version: &str| titles(version, image)[1..].join(" ").replace("ghcr.io/acme/tally", "");
        assert_eq!(titles("1.2.3", image)[0], "tally-v1.2.3.oci.tar to ghcr.io/acme/tally, without a tag");
        assert_eq!(tags("1.2.3"), ":1.2.3 :1.2 :1 :latest");
        assert_eq!(tags("0.4.0"), ":0.4.0 :0.4 :latest");
        let said = tags("2.0.0-rc.1");
        assert!(
            said.starts_with(":2.0.0-rc.1 :latest: 2.0.0-rc.1 is a pre-release: the tags that move stay"),
            "{said}"
        );
        assert!(titles("1.2.3", None)[0].contains("write `image = \"ghcr.io/OWNER/NAME\"`"));
    }

    #[test]
    fn tags_do_not_go_back() {
        let judge = |ours: &str, theirs: Option<&str>| {
            let image = Image {
                repository: "h/a".into(),
                insecure: false,
                file: "f".into(),
                digest: digest_of(index(ours).as_bytes()),
                version: ours.into(),
                tag: ours.into(),
            };
            let theirs = theirs.map(|theirs| index(theirs).into_bytes());
            Move { image, tag: "latest".into() }.judge(theirs.as_ref())
        };
        assert_eq!(judge("1.2.3", None), Presence::Absent);
        assert_eq!(judge("1.2.3", Some("1.2.3")), Presence::Same);
        assert_eq!(judge("1.10.0", Some("1.9.0")), Presence::Different("it is 1.9.0".into()));
        assert_eq!(judge("1.2.4", Some("1.3.0")), Presence::Kept("it is 1.3.0, which is newer".into()));
        assert!(matches!(judge("1.2.4", Some("x")), Presence::Different(_)));
    }

    fn index(version: &str) -> String {
        format!(
            r#"{{"schemaVersion":2,"manifests":[],"annotations":{{"org.opencontainers.image.version":"{version}"}}}}"#
        )
    }
}
