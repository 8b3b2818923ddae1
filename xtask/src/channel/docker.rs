//! A Dockerfile that puts the released static programs into an image from scratch. It compiles nothing: the build
//! context is the release directory, and the archives in it are unpacked.

use serde::Serialize;
use serde_json::Value;

use super::{Channel, Content, Made, Output, Work};
use crate::config::Reader;
use crate::manifest::{Asset, Claim, Manifest};
use crate::plan::{ChannelRules, PackagePlan, TargetPlan};
use crate::report::{Finding, Result, Skip};
use crate::targets::ArchiveFormat;
use crate::template::{Language, TemplateFile};

/// The channel.
#[derive(Debug)]
pub struct Docker;

const DOCKERFILE: TemplateFile = TemplateFile { path: "docker/Dockerfile.hbs", language: Language::Dockerfile };

/// Who programs in the image run as: a number that no base image gives to anybody, as "nonroot" images have it.
const USER: &str = "65532:65532";

/// What the template can use.
#[derive(Debug, Serialize)]
struct View<'a> {
    /// The package's name.
    name: &'a str,
    /// The platforms, each with the archive that serves it.
    platforms: Vec<Platform<'a>>,
    /// The program that the image runs: its path in the image.
    entrypoint: String,
    /// The numeric user and group.
    user: &'static str,
    /// OCI labels.
    labels: Vec<Label<'a>>,
}

#[derive(Debug, Serialize)]
struct Platform<'a> {
    /// What a builder's `TARGETARCH` and `TARGETVARIANT` make of it: `linux-amd64`, `linux-armv7`.
    name: String,
    /// The archive, as it is called in the build context.
    asset: &'a str,
    /// The programs: their paths when it is unpacked in a folder of the platform's name.
    programs: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Label<'a> {
    /// A key of <https://specs.opencontainers.org/image-spec/annotations/>.
    key: &'static str,
    value: &'a str,
}

impl ChannelRules for Docker {
    fn id(&self) -> &'static str {
        "docker"
    }

    fn settings(&self, _table: &Reader<'_>) -> Value {
        Value::Null
    }

    fn applies(&self, package: &PackagePlan, _settings: &Value) -> Result<(), Skip> {
        let linux: Vec<_> = package.targets.iter().filter(|target| target.target.oci().is_some()).collect();
        let is_static = |target: &TargetPlan| target.target.is_static_by_default() || target.build.wants_static_crt();
        let of_static: Vec<_> = linux.iter().copied().filter(|target| is_static(target)).collect();
        if of_static.iter().any(|target| is_unpacked(target.archive.format)) {
            return Ok(());
        }
        if let Some(target) = of_static.first() {
            return Err(Skip::new(
                format!("docker for {}", package.name),
                format!("builders of images do not unpack {}", target.archive.asset),
                format!("set `format = \"tar.gz\"` under [target.{}.channel.archive]", target.target),
            ));
        }
        let triples: Vec<&str> = linux.iter().map(|target| target.target.triple()).collect();
        Err(skip(
            package,
            &match triples[..] {
                [] => "none of its targets is Linux on a processor that containers have".to_owned(),
                _ => format!(
                    "programs for {} are not static, and an image from scratch has no libraries",
                    triples.join(", ")
                ),
            },
        ))
    }
}

fn skip(package: &PackagePlan, reason: &str) -> Skip {
    let remedy = format!(
        "add \"x86_64-unknown-linux-musl\" to `targets` in {}, or run with --target x86_64-unknown-linux-musl",
        crate::config::FILE
    );
    Skip::new(format!("docker for {}", package.name), reason, remedy)
}

impl Channel for Docker {
    fn about(&self) -> &'static str {
        "a Dockerfile for an image from scratch"
    }

    fn templates(&self) -> &'static [TemplateFile] {
        &[DOCKERFILE]
    }

    fn outputs(&self, work: &Work<'_>) -> Result<Made> {
        let assets = work.release.assets_of(&work.package.name);
        let assets: Vec<&Asset> = assets.filter(|asset| can_hold(work.package, asset)).collect();
        let Some(first) = assets.first() else {
            return Ok(Made::Skipped(skip(work.package, &why_none(work))));
        };
        let binaries = work.package.target(&first.target).map_or(&[][..], |target| target.binaries.as_slice());
        let mut named = [work.package.default_run.as_ref(), Some(&work.package.name)].into_iter().flatten();
        let main = named.find_map(|name| binaries.iter().find(|binary| *binary == name)).or(binaries.first());
        let view = View {
            name: &work.package.name,
            platforms: assets.iter().filter_map(|asset| platform(asset)).collect(),
            entrypoint: format!("/usr/local/bin/{}", main.map_or("", String::as_str)),
            user: USER,
            labels: labels(work),
        };
        let claims = assets
            .iter()
            .map(|asset| Claim { reference: asset.name.clone(), asset: asset.name.clone(), sha256: None })
            .collect();
        let text = work.templates.render(DOCKERFILE.path, &view)?;
        Ok(Made::Outputs(vec![Output { path: path_of(&work.package.name), content: Content::Text(text), claims }]))
    }

    fn verify(&self, release: &Manifest, _text_of: &dyn Fn(&str) -> Option<String>) -> Vec<Finding> {
        let outputs = release.outputs.iter().filter(|output| output.channel == self.id());
        let claimed = outputs.flat_map(|output| output.claims.iter().map(move |claim| (output, claim)));
        claimed
            .filter_map(|(output, claim)| {
                let asset = release.assets.iter().find(|asset| asset.name == claim.asset)?;
                let dynamic = asset
                    .executables()
                    .find(|entry| !entry.executable.as_ref().is_some_and(crate::inspect::Executable::is_static))?;
                let what = format!(
                    "{} in {} is not static, and would not start in an image from scratch",
                    dynamic.path, asset.name
                );
                Some(Finding::new(&output.path, what, "release it for a musl target"))
            })
            .collect()
    }
}

fn path_of(package: &str) -> String {
    format!("docker/{package}/Dockerfile")
}

/// What ADD unpacks, by <https://docs.docker.com/reference/dockerfile/#add>: zstd is not promised everywhere.
fn is_unpacked(format: ArchiveFormat) -> bool {
    matches!(format, ArchiveFormat::TarGz | ArchiveFormat::TarXz | ArchiveFormat::TarBz2 | ArchiveFormat::Tar)
}

fn can_hold(package: &PackagePlan, asset: &Asset) -> bool {
    asset.target.oci().is_some()
        && package.target(&asset.target).is_some_and(|plan| is_unpacked(plan.archive.format))
        && asset.executables().all(|entry| entry.executable.as_ref().is_some_and(crate::inspect::Executable::is_static))
}

fn why_none(work: &Work<'_>) -> String {
    let executables = work.release.assets_of(&work.package.name).flat_map(Asset::executables);
    let needed: Vec<&str> = executables
        .filter_map(|entry| entry.executable.as_ref())
        .flat_map(|executable| executable.needed.iter().map(String::as_str))
        .collect();
    match needed.first() {
        Some(library) => {
            format!("its programs are not static (they want {library}), and an image from scratch has no libraries")
        }
        None => "no archive of it is a tar file of static Linux programs".to_owned(),
    }
}

fn platform(asset: &Asset) -> Option<Platform<'_>> {
    let oci = asset.target.oci()?;
    let name = format!("{}-{}{}", oci.os, oci.architecture, oci.variant);
    let programs = asset.executables().map(|entry| format!("/{name}/{}", entry.path)).collect();
    Some(Platform { name, asset: &asset.name, programs })
}

fn labels<'a>(work: &Work<'a>) -> Vec<Label<'a>> {
    let about = &work.package.about;
    let all = [
        ("org.opencontainers.image.title", Some(work.package.name.as_str())),
        ("org.opencontainers.image.description", about.description.as_deref()),
        ("org.opencontainers.image.version", Some(work.release.plan.version.as_str())),
        ("org.opencontainers.image.licenses", about.license.as_deref()),
        ("org.opencontainers.image.source", about.repository.as_deref()),
        ("org.opencontainers.image.revision", work.release.source.clean_commit()),
    ];
    all.into_iter().filter_map(|(key, value)| Some(Label { key, value: value? })).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn golden() {
        testing::golden(&Docker, "docker/tally/Dockerfile", "Dockerfile", include_str!("golden/Dockerfile"));
    }

    #[test]
    fn programs_that_want_libraries_are_left_out_with_their_names() {
        let mut release = testing::release();
        for entry in release.assets.iter_mut().flat_map(|asset| &mut asset.entries) {
            if let Some(executable) = &mut entry.executable {
                executable.needed = vec!["libc.so.6".to_owned()];
            }
        }
        let Made::Skipped(skip) = testing::made(&Docker, &release) else { panic!("an image of dynamic programs") };
        assert!(skip.reason.contains("libc.so.6") && skip.remedy.contains("musl"), "{skip}");
    }
}
