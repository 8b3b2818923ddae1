//! The notes of a release, for its page on a forge: what changed, how to get it, and the digest of every file.

use serde::Serialize;

use crate::changelog::{Changelog, Section};
use crate::channel::{self, Channel, Install};
use crate::manifest::{Asset, Claim, FILE, Manifest};
use crate::names;
use crate::report::Result;
use crate::template::{Language, TemplateFile, Templates};

/// The template that they are made from.
pub const TEMPLATE: TemplateFile = TemplateFile { path: "release/notes.md.hbs", language: Language::Markdown };
/// Where they are in a release directory.
pub const PATH: &str = "release/notes.md";

/// What the template may use.
#[derive(Debug, Serialize)]
struct View<'a> {
    title: String,
    tag: &'a str,
    version: &'a str,
    prerelease: bool,
    changelog: Option<&'a str>,
    install: Vec<Install>,
    files: Vec<File<'a>>,
    public_key: Option<String>,
}

#[derive(Debug, Serialize)]
struct File<'a> {
    name: &'a str,
    /// The target, or what it is.
    about: String,
    sha256: &'a str,
    url: Option<String>,
}

/// Writes the notes; `section` is what the changelog says of the version.
///
/// # Errors
/// A template that cannot be filled.
pub fn render(templates: &Templates, release: &Manifest, section: Option<&Section>) -> Result<String> {
    let plan = &release.plan;
    let channels: Vec<&dyn Channel> = channel::ALL.to_vec();
    let view = View {
        title: section.map_or_else(|| plan.tag.clone(), |section| title(&section.heading)),
        tag: &plan.tag,
        version: &plan.version,
        prerelease: plan.prerelease,
        changelog: section.map(|section| section.body.as_str()),
        install: channels.iter().flat_map(|channel| channel.install(release)).collect(),
        files: release.uploads().map(|(name, sha256)| file(release, name, sha256)).collect(),
        public_key: plan.public_key.as_ref().map(ToString::to_string),
    };
    templates.render(TEMPLATE.path, &view)
}

/// What notes say of the archives: each one's digest.
pub fn claims(release: &Manifest) -> Vec<Claim> {
    let claim = |asset: &Asset| Claim {
        reference: asset.name.clone(),
        asset: asset.name.clone(),
        sha256: Some(asset.sha256.clone()),
    };
    release.assets.iter().map(claim).collect()
}

/// The title in notes, and what stands below it; the tag where they have no heading.
pub fn split(notes: &str, tag: &str) -> (String, String) {
    let (title, body) = Changelog::parse(notes, PATH).first().unwrap_or_else(|| (tag.to_owned(), notes.to_owned()));
    (if title.is_empty() { tag.to_owned() } else { title }, body)
}

/// A heading of a changelog without the brackets of its links: `[1.2.0] - 2026-01-02`.
fn title(heading: &str) -> String {
    heading.replace(['[', ']'], "")
}

fn file<'a>(release: &Manifest, name: &'a str, sha256: &'a str) -> File<'a> {
    let asset = release.assets.iter().find(|asset| asset.name == name);
    let about = asset.map_or_else(
        || if names::is_image_file(name) { "container image".to_owned() } else { String::new() },
        |asset| asset.target.to_string(),
    );
    File { name, about, sha256, url: url_of(release, name) }
}

/// Where a file that is uploaded will be found; none where nothing tells.
pub fn url_of(release: &Manifest, name: &str) -> Option<String> {
    let plan = &release.plan;
    let known = release.assets.iter().find(|asset| asset.name == name).and_then(|asset| asset.url.clone());
    known.or_else(|| {
        let package = plan.packages.first()?;
        let repository = package.about.repository.as_deref().unwrap_or_default();
        names::asset_url(package.download_url.as_deref()?, repository, &plan.tag, &plan.version, name).ok()
    })
}

/// Every file that is uploaded, by name: the archives and what else is at the top of the release directory.
pub fn uploaded(release: &Manifest) -> Vec<String> {
    let files = release.uploads().flat_map(|(name, _)| [name.to_owned(), Manifest::checksum_of(name)]);
    let records = [FILE, crate::layout::SUMS].map(str::to_owned);
    let signatures = release.signed().into_iter().map(|file| Manifest::signature_of(&file));
    files.chain(signatures).chain(records).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::channel::testing;
    use crate::config::{Problems, Reader};
    use crate::plan::ChannelPlan;
    use crate::spanned::{self, Source};

    #[test]
    fn golden() {
        let mut release = testing::release();
        let text = "homebrew = { tap = 'acme/tap' }\ndocker = { image = 'ghcr.io/acme/tally' }\n\
            crates-io = { registry = 'crates-io' }";
        let source = Source { name: "x".into(), text: text.into() };
        let problems = Problems::default();
        let tables = spanned::parse(&Arc::new(source)).unwrap();
        let tables = Reader::new(&tables, "", &problems);
        for (channel, table) in channel::ALL.iter().filter_map(|it| Some((it, tables.below(it.id())?))) {
            let plan = ChannelPlan { id: channel.id().into(), required: false, settings: channel.settings(&table) };
            let channels = &mut release.plan.packages[0].channels;
            channels.retain(|other| other.id != plan.id);
            channels.push(plan);
        }
        release.plan.public_key = "RWSFVnvbCNIkNN1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3".to_owned().try_into().ok();
        let heading = "[1.2.3] - 2026-01-02: `x86_64` & <more>".to_owned();
        let section = Section { heading, body: "### Added\n\n- It counts.".to_owned() };
        let templates = Templates::load(Path::new("/nonexistent"), &[TEMPLATE]).unwrap();
        let text = render(&templates, &release, Some(&section)).unwrap();
        testing::same_as_golden(&text, "notes.md", include_str!("../golden/notes.md"));
        for claim in claims(&release) {
            assert!(text.contains(&claim.reference), "{} is claimed and not there", claim.reference);
        }
        let (title, notes) = split(&text, "v1.2.3");
        assert_eq!(title, "1.2.3 - 2026-01-02: `x86_64` & <more>");
        assert!(notes.starts_with("### Added\n"), "{notes}");
        assert_eq!(split("no heading", "v1"), ("v1".to_owned(), "no heading".to_owned()));
    }
}
