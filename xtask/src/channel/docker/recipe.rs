//! What goes into an image: its layers and what is said of it, from the release's record alone.

use std::collections::BTreeMap;

use super::image::{Image, Layer, PlatformImage};
use super::{Settings, platforms};
use crate::date::Date;
use crate::manifest::{Asset, Manifest};
use crate::names;
use crate::pack::{Source, Tar};
use crate::plan::PackagePlan;
use crate::report::{Error, Result};

/// Where the programs are in the image.
pub const BIN: &str = "/usr/local/bin";
/// Where most programs, and Go's and OpenSSL's libraries, look for the authorities that they trust.
const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";

/// The image of a package: for every platform that the release serves.
///
/// # Errors
/// An `entrypoint` that is no program of the package.
pub fn image(release: &Manifest, package: &PackagePlan, settings: &Settings) -> Result<Image> {
    let root = root(settings);
    let root = (!root.items.is_empty()).then(|| Layer { tar: root, created_by: "ADD rootfs.tar /".to_owned() });
    let served = platforms::served(release, &package.name, settings);
    let of_platform = |(platform, asset)| PlatformImage {
        platform,
        layers: root.clone().into_iter().chain([programs(package, asset)]).collect(),
    };
    let said = said(release, package, settings);
    Ok(Image {
        name: name(package, settings),
        tag: names::image_tag(&release.plan.version),
        epoch: release.source.epoch,
        base: settings.base.clone(),
        entrypoint: entrypoint(package, settings)?,
        labels: said.iter().map(|(key, value)| (key.clone(), value.clone())).chain(settings.labels.clone()).collect(),
        annotations: said,
        platforms: served.iter().map(|(platform, asset)| ((*platform).into(), *asset)).map(of_platform).collect(),
    })
}

/// What the image is called, with its registry.
pub fn name(package: &PackagePlan, settings: &Settings) -> String {
    let name = settings.image.clone().unwrap_or_else(|| names::image_name(&package.name));
    names::image_with_registry(&name)
}

/// What every platform's image has below its programs: a place for temporary files, as no base image gives one, and
/// the authorities to trust. The Dockerfile adds it as a tar file, for no command could run in an empty image.
pub fn root(settings: &Settings) -> Tar {
    let mut tar = Tar::default();
    if let Some(pinned) = &settings.ca_certificates {
        let source = Source::Pinned { path: pinned.file.clone(), sha256: pinned.sha256.clone() };
        tar.add(CERTIFICATES, 0o644, source);
    }
    if settings.base.is_none() {
        tar.add("tmp/", 0o1777, Source::Folder);
    }
    tar
}

/// The programs of an archive.
fn programs(package: &PackagePlan, asset: &Asset) -> Layer {
    // What is released bare is called as it is downloaded.
    let bare = package.target(&asset.target).filter(|plan| plan.archive.is_bare());
    let bare = bare.and_then(|plan| plan.binaries.first());
    let (mut tar, mut names) = (Tar::default(), Vec::new());
    for entry in asset.executables() {
        let name = bare.map_or_else(|| entry.file_name(), String::as_str);
        let source =
            Source::Archived { asset: asset.name.clone(), path: entry.path.clone(), sha256: entry.sha256.clone() };
        tar.add(&format!("{}/{name}", &BIN[1..]), 0o755, source);
        names.push(name);
    }
    Layer { tar, created_by: format!("COPY {} {BIN}/", names.join(" ")) }
}

/// The program that the image runs, and its first arguments.
fn entrypoint(package: &PackagePlan, settings: &Settings) -> Result<Vec<String>> {
    let mut known: Vec<&str> =
        package.targets.iter().flat_map(|target| target.binaries.iter().map(String::as_str)).collect();
    known.sort_unstable();
    known.dedup();
    let named = settings.entrypoint.first().map(String::as_str);
    if let Some(stranger) = named.filter(|name| !known.contains(name)) {
        return Err(Error::usage(format!("`{stranger}` in `entrypoint` is no program of {}", package.name))
            .help(format!("there are `{}`", known.join("`, `"))));
    }
    let usual = [named, package.default_run.as_deref(), Some(package.name.as_str())];
    let main = usual.into_iter().flatten().find(|name| known.contains(name)).or(known.first().copied());
    let arguments = settings.entrypoint.iter().skip(1).cloned();
    Ok([format!("{BIN}/{}", main.unwrap_or_default())].into_iter().chain(arguments).collect())
}

/// What is said of the image, by <https://specs.opencontainers.org/image-spec/annotations/>.
fn said(release: &Manifest, package: &PackagePlan, settings: &Settings) -> BTreeMap<String, String> {
    let about = &package.about;
    let authors = about.authors.join(", ");
    let created = Date::of_epoch(release.source.epoch).rfc3339();
    let base = settings.base.as_ref();
    let all = [
        ("authors", Some(authors.as_str()).filter(|authors| !authors.is_empty())),
        ("base.digest", base.map(super::Base::digest)),
        ("base.name", base.map(|base| base.image.as_str())),
        ("created", Some(created.as_str())),
        ("description", about.description.as_deref()),
        ("licenses", about.license.as_deref()),
        ("revision", release.source.clean_commit()),
        ("source", about.repository.as_deref()),
        ("title", Some(package.name.as_str())),
        ("url", about.homepage.as_deref().or(about.repository.as_deref())),
        ("version", Some(release.plan.version.as_str())),
    ];
    let said = all.into_iter().filter_map(|(key, value)| Some((key, value?)));
    said.map(|(key, value)| (format!("org.opencontainers.image.{key}"), value.to_owned())).collect()
}
