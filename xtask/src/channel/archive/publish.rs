//! Publishing: the files into a draft of the forge's release, and when all are there, the draft to the world.

use semver::Version;

use super::difference::{Difference, Local, whole};
use super::host::Host;
use super::{ID, NOTES, notes};
use crate::channel::Files;
use crate::channel::publish::{Need, Phase, Presence, Step, Steps, Workplace};
use crate::config::{FILE, Forge, ForgeKind};
use crate::forge::{Access, Page, Releases, RemoteFile, page_url, tag};
use crate::hash::hash_file;
use crate::manifest::Manifest;
use crate::project::Source;
use crate::report::{Error, Problem, Result, Skip, terminal};

/// The release of a tag on a forge.
#[derive(Debug, Clone)]
pub struct Release {
    pub forge: Forge,
    pub tag: String,
    pub version: String,
    /// Where it comes from.
    source: Source,
    /// What is uploaded, with the URL under which it will be found, where that is known.
    pub files: Vec<(String, Option<String>)>,
    page: Page,
    /// Why it has no notes, and what mends it.
    silent: Option<Problem>,
}

/// The tag, the credentials and the notes: nothing is done, and what would fail later is told.
struct Ready(Release);
/// The files, where nobody sees them yet.
struct Upload(Release);
/// The page that leads to them.
struct Announce(Release);

/// The steps of a release; none where it has no archives for people.
pub fn steps(release: &Manifest, files: &dyn Files) -> Steps {
    let plan = &release.plan;
    if plan.packages.iter().all(|package| package.channel(ID).is_none()) {
        return Vec::new();
    }
    let Some(forge) = plan.forge.clone() else {
        let kinds = "`kind = \"github\"`, or \"gitlab\", \"gitea\", \"command\",";
        let remedy = format!("write {kinds} under [forge] in {FILE}, and make the release anew");
        return vec![Err(Skip::new(ID, "it is not known which forge the repository is on", remedy))];
    };
    let text = files.text(notes::PATH);
    let silent = text.is_none().then(|| why_silent(release));
    let (title, notes) = text.map_or_else(|| (plan.tag.clone(), String::new()), |text| notes::split(&text, &plan.tag));
    let names = notes::uploaded(release).into_iter();
    let it = Release {
        files: names.map(|name| (name.clone(), notes::url_of(release, &name))).collect(),
        page: Page { title, notes, is_prerelease: plan.prerelease },
        tag: plan.tag.clone(),
        version: plan.version.clone(),
        source: release.source.clone(),
        silent: silent.filter(|_| forge.kind != ForgeKind::Command),
        forge,
    };
    let ready: Box<dyn Step> = Box::new(Ready(it.clone()));
    match it.forge.kind {
        ForgeKind::Command => vec![Ok(ready), Ok(Box::new(Host(it)))],
        _ => vec![Ok(ready), Ok(Box::new(Upload(it.clone()))), Ok(Box::new(Announce(it)))],
    }
}

fn why_silent(release: &Manifest) -> Problem {
    let problem = Problem::new(format!("{} has no release notes", release.plan.tag));
    let again = format!("make the release anew; or write `changelog = false` under [forge] in {FILE}");
    match release.skipped.iter().find(|skip| skip.what == NOTES) {
        Some(skip) => problem.because(&skip.reason).help(format!("{}, and {again}", skip.remedy)),
        None => problem.help(again),
    }
}

impl Release {
    pub fn access<'a>(&'a self, at: &Workplace<'a>) -> Access<'a> {
        Access { forge: &self.forge, tag: &self.tag, runner: at.runner, work: at.work }
    }

    fn releases<'a>(&'a self, at: &Workplace<'a>) -> Result<Box<dyn Releases + 'a>> {
        self.access(at).releases()?.ok_or_else(|| Error::new(format!("{} has no releases", self.forge.repository)))
    }

    /// Where people will find it.
    pub fn url(&self) -> String {
        let folder = || {
            let first = self.files.first().and_then(|(_, url)| url.as_deref());
            first.and_then(|url| url.rsplit_once('/')).map(|(folder, _)| folder.to_owned())
        };
        page_url(&self.forge, &self.tag).or_else(folder).unwrap_or_else(|| self.forge.repository.clone())
    }

    pub fn local(&self, at: &Workplace<'_>) -> Result<Vec<Local>> {
        let local = |(name, _): &(String, Option<String>)| {
            let path = at.folder.join(name);
            let (size, sha256) = hash_file(&path)?;
            Ok(Local { name: name.clone(), path, size, sha256 })
        };
        self.files.iter().map(local).collect()
    }

    fn program(&self) -> &'static [&'static str] {
        if self.forge.kind == ForgeKind::GitHub { &["gh"] } else { &["curl"] }
    }

    pub fn needs(&self) -> Vec<Need> {
        vec![Need::Program(&["git"]), Need::Program(self.program())]
    }
}

impl Step for Ready {
    fn phase(&self) -> Phase {
        Phase::Stage
    }

    fn title(&self) -> String {
        format!("the tag {} at {}", self.0.tag, self.0.forge.repository)
    }

    fn needs(&self) -> Vec<Need> {
        self.0.needs()
    }

    fn probe(&self, at: &Workplace<'_>) -> Result<Presence> {
        let access = self.0.access(at);
        let mut problems: Vec<Problem> = self.0.silent.iter().cloned().collect();
        let asked = [
            tag::check(access, &self.0.source),
            access.releases().and_then(|releases| releases.map_or(Ok(()), |releases| releases.check())),
        ];
        problems.extend(asked.into_iter().filter_map(Result::err).flat_map(|error| error.problems().to_vec()));
        if problems.is_empty() { Ok(Presence::Same) } else { Err(Error::all(problems)) }
    }

    fn act(&self, _at: &Workplace<'_>) -> Result<()> {
        Ok(())
    }
}

impl Step for Upload {
    fn phase(&self) -> Phase {
        Phase::Stage
    }

    fn title(&self) -> String {
        format!("{} files of {} to {}", self.0.files.len(), self.0.tag, self.0.forge.name())
    }

    fn url(&self) -> Option<String> {
        Some(self.0.url())
    }

    fn needs(&self) -> Vec<Need> {
        self.0.needs()
    }

    fn is_replaceable(&self) -> bool {
        true
    }

    fn probe(&self, at: &Workplace<'_>) -> Result<Presence> {
        let releases = self.0.releases(at)?;
        let there = releases.look()?;
        let local = self.0.local(at)?;
        let difference = Difference::of(&local, &there, &*releases)?;
        Ok(if !difference.other.is_empty() {
            Presence::Different(difference.others())
        } else if difference.is_none() && (there.page.is_some() || self.0.forge.kind == ForgeKind::GitLab) {
            Presence::Same
        } else {
            Presence::Absent
        })
    }

    fn act(&self, at: &Workplace<'_>) -> Result<()> {
        let releases = self.0.releases(at)?;
        let local = self.0.local(at)?;
        let mut there = releases.look()?;
        if there.page.is_none() {
            releases.draft(&self.0.page)?;
            there = releases.look()?;
        }
        let difference = Difference::of(&local, &there, &*releases)?;
        if !difference.other.is_empty() {
            if !at.replace {
                return Err(Error::new(difference.others()).help("cargo xtask dist publish --replace"));
            }
            // Nobody is to see a release that lacks a file.
            if there.is_public() {
                releases.withdraw(&there)?;
            }
        }
        let replaced: Vec<&RemoteFile> = difference.other.iter().map(|(_, file)| file).collect();
        for file in difference.broken.iter().chain(replaced) {
            releases.remove(&there, file)?;
        }
        let again = difference.other.iter().map(|(ours, _)| *ours);
        for ours in difference.missing.iter().copied().chain(again) {
            terminal::status("Uploading", &ours.name);
            releases
                .upload(&there, &ours.name, &ours.path)
                .map_err(|error| error.context(format!("cannot upload {}", ours.name)))?;
        }
        whole(&local, &releases.look()?, &*releases)
    }
}

impl Step for Announce {
    fn phase(&self) -> Phase {
        Phase::Announce
    }

    fn title(&self) -> String {
        format!("the release {} on {}", self.0.tag, self.0.forge.name())
    }

    fn url(&self) -> Option<String> {
        Some(self.0.url())
    }

    fn needs(&self) -> Vec<Need> {
        self.0.needs()
    }

    fn probe(&self, at: &Workplace<'_>) -> Result<Presence> {
        let releases = self.0.releases(at)?;
        let there = releases.look()?;
        // One that gets other files is withdrawn for as long.
        let is_withdrawn =
            || Ok(at.replace && !Difference::of(&self.0.local(at)?, &there, &*releases)?.other.is_empty());
        let lacks_links = there
            .page
            .as_ref()
            .and_then(|page| page.links.as_ref())
            .is_some_and(|links| self.0.files.iter().any(|(name, _)| !links.contains(name)));
        Ok(if there.is_public() && !lacks_links && !is_withdrawn()? { Presence::Same } else { Presence::Absent })
    }

    fn act(&self, at: &Workplace<'_>) -> Result<()> {
        let releases = self.0.releases(at)?;
        let there = releases.look()?;
        whole(&self.0.local(at)?, &there, &*releases)?;
        let is_latest = !self.0.page.is_prerelease
            && releases.latest()?.is_none_or(|latest| !is_newer(&latest, &self.0.tag, &self.0.version));
        releases.publish(&there, &self.0.page, is_latest)
    }
}

/// Whether the tag `other` is of a newer version of what `tag` is a version of.
fn is_newer(other: &str, tag: &str, version: &str) -> bool {
    let Some((before, after)) = tag.split_once(version) else { return false };
    let there = other.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    let there = there.and_then(|there| Version::parse(there).ok());
    there.is_some_and(|there| Version::parse(version).is_ok_and(|ours| there > ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_version_is_not_the_latest() {
        assert!(is_newer("v1.10.0", "v1.9.0", "1.9.0"));
        assert!(is_newer("tally-v2.0.0", "tally-v1.9.0", "1.9.0"));
        for other in ["v1.9.0", "v1.8.0", "v1.9.0-rc.1", "other-v2.0.0", "nightly", ""] {
            assert!(!is_newer(other, "v1.9.0", "1.9.0"), "{other}");
        }
    }
}
