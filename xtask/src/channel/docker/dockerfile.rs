//! The Dockerfile. Its build context is the release directory, whose archives it unpacks.

use serde::Serialize;

use super::image::Image;
use super::recipe::{self, BIN};
use super::{ID, Settings, USER, platforms};
use crate::channel::Work;
use crate::manifest::{Asset, Claim};
use crate::report::{Result, Skip};
use crate::targets::ArchiveFormat;
use crate::template::{Language, TemplateFile};

/// Its template.
pub const TEMPLATE: TemplateFile = TemplateFile { path: "docker/Dockerfile.hbs", language: Language::Dockerfile };

/// What the template can use.
#[derive(Debug, Serialize)]
struct View<'a> {
    /// The package's name.
    name: &'a str,
    /// The image that the programs are put on: `scratch`, or a reference.
    base: &'a str,
    /// The tar file, in the build context, that is unpacked below the programs; none where there is nothing to unpack.
    root: Option<String>,
    /// The platforms, each with the archive that serves it.
    platforms: Vec<Platform<'a>>,
    /// The folder of the programs in the image.
    bin: String,
    /// The program that the image runs and its first arguments.
    entrypoint: &'a [String],
    /// The numeric user and group.
    user: &'static str,
    /// OCI labels.
    labels: Vec<Label<'a>>,
}

#[derive(Debug, Serialize)]
struct Platform<'a> {
    /// The folder that the archive is unpacked in: `linux-amd64`, `linux-armv7`.
    name: String,
    /// The archive, as it is called in the build context.
    asset: &'a str,
    /// The programs: their paths when it is unpacked.
    programs: Vec<String>,
    /// What builders make of the platform: `linux-`, its `TARGETARCH`, and its `TARGETVARIANT`.
    words: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Label<'a> {
    key: &'a str,
    value: &'a str,
}

/// Where it is in a release.
pub fn path(package: &str) -> String {
    format!("docker/{package}/Dockerfile")
}

/// Where the tar file of [`recipe::root`] is in a release.
pub fn root_path(package: &str) -> String {
    format!("docker/{package}/rootfs.tar")
}

/// Its text, and what it says of the release's archives; or why there can be none.
///
/// # Errors
/// A template that cannot be filled.
pub fn text(work: &Work<'_>, settings: &Settings, image: &Image) -> Result<Result<(String, Vec<Claim>), Skip>> {
    let served = platforms::served(work.release, &work.package.name, settings);
    let is_unpacked = |asset: &Asset| {
        let plan = work.package.target(&asset.target);
        plan.is_some_and(|plan| is_unpacked(plan.archive.format))
    };
    if let Some((_, other)) = served.iter().find(|(_, asset)| !is_unpacked(asset)) {
        return Ok(Err(Skip::new(
            format!("{ID} for {}: its Dockerfile", work.package.name),
            format!("builders of images do not unpack {}", other.name),
            format!(
                "write `format = \"tar.gz\"` under [target.{}.channel.archive], or `dockerfile = false` under [channel.docker]",
                other.target
            ),
        )));
    }
    let view = View {
        name: &work.package.name,
        base: settings.base.as_ref().map_or("scratch", |base| &base.image),
        root: (!recipe::root(settings).items.is_empty()).then(|| root_path(&work.package.name)),
        platforms: served
            .iter()
            .map(|(platform, asset)| {
                let words = platforms::words(*platform, &served);
                let name = words.first().cloned().unwrap_or_default();
                let programs = asset.executables().map(|entry| format!("/{name}/{}", entry.path)).collect();
                Platform { name, asset: &asset.name, programs, words }
            })
            .collect(),
        bin: format!("{BIN}/"),
        entrypoint: &image.entrypoint,
        user: USER,
        labels: image.labels.iter().map(|(key, value)| Label { key, value }).collect(),
    };
    let text = work.templates.render(TEMPLATE.path, &view)?;
    let claim = |asset: &&Asset| Claim { reference: asset.name.clone(), asset: asset.name.clone(), sha256: None };
    Ok(Ok((text, served.values().map(claim).collect())))
}

/// What ADD unpacks, by <https://docs.docker.com/reference/dockerfile/#add>: zstd is not promised everywhere.
fn is_unpacked(format: ArchiveFormat) -> bool {
    matches!(format, ArchiveFormat::TarGz | ArchiveFormat::TarXz | ArchiveFormat::TarBz2 | ArchiveFormat::Tar)
}
