//! Container images of the released programs: a Dockerfile that compiles nothing, and the image itself, which needs no
//! Docker to be made. Both hold the very programs of the release archives.

mod dockerfile;
mod image;
mod layout;
mod oci;
mod platforms;
mod publish;
mod recipe;
mod settings;
mod tarball;
mod verify;

use serde_json::Value;

use super::publish::Steps;
use super::{Channel, Content, Files, Install, Login, Made, Output, Work, settings_to_plan};
use crate::config::Reader;
use crate::manifest::Manifest;
use crate::names;
use crate::plan::{ChannelRules, PackagePlan};
use crate::report::{Finding, Result, Skip};
use crate::template::TemplateFile;
pub use image::{BaseImage, Image};
pub use layout::image_for;
pub use oci::{Descriptor, Platform, blob_path};
pub use settings::{Base, Pinned, Settings};

/// The channel.
#[derive(Debug)]
pub struct Docker;

/// Its name in the configuration.
const ID: &str = "docker";

/// Who programs in the image run as: a number that no base image gives to anybody, as "nonroot" images have it.
const USER: &str = "65532:65532";

impl ChannelRules for Docker {
    fn id(&self) -> &'static str {
        ID
    }

    fn settings(&self, table: &Reader<'_>) -> Value {
        settings_to_plan(&Settings::read(table))
    }

    fn applies(&self, package: &PackagePlan, settings: &Value) -> Result<(), Skip> {
        let linux: Vec<_> = package.targets.iter().filter(|target| target.target.oci().is_some()).collect();
        let mut possible = linux.iter().filter(|target| {
            let is_static = target.target.is_static_by_default() || target.build.wants_static_crt();
            is_static || Settings::of_plan(settings).base.is_some()
        });
        if possible.next().is_some() {
            return Ok(());
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
    Skip::new(format!("{ID} for {}", package.name), reason, remedy)
}

impl Channel for Docker {
    fn about(&self) -> &'static str {
        "a container image, and a Dockerfile for it"
    }

    fn templates(&self) -> &'static [TemplateFile] {
        &[dockerfile::TEMPLATE]
    }

    fn outputs(&self, work: &Work<'_>) -> Result<Made> {
        let settings = Settings::of_plan(&work.channel.settings);
        let served = platforms::served(work.release, &work.package.name, &settings);
        if served.is_empty() {
            return Ok(Made::Skipped(skip(work.package, &why_none(work))));
        }
        let image = recipe::image(work.release, work.package, &settings)?;
        let mut outputs = Vec::new();
        let mut skipped = Vec::new();
        if settings.dockerfile {
            match dockerfile::text(work, &settings, &image)? {
                Ok((text, claims)) => {
                    let path = dockerfile::path(&work.package.name);
                    outputs.push(Output { path, content: Content::Text(text), claims });
                    let root = recipe::root(&settings);
                    if !root.items.is_empty() {
                        let path = dockerfile::root_path(&work.package.name);
                        outputs.push(Output { path, content: Content::Tar(root), claims: Vec::new() });
                    }
                }
                Err(skip) => skipped.push(skip),
            }
        }
        let layout_is_missing = settings.base.as_ref().filter(|base| base.layout.is_none());
        match layout_is_missing {
            _ if !settings.tarball => {}
            Some(base) => skipped.push(no_layout(work.package, base)),
            None => {
                let path = names::image_file(&work.package.name, &work.release.plan.version);
                outputs.push(Output { path, content: Content::Image(Box::new(image)), claims: Vec::new() });
            }
        }
        Ok(if skipped.is_empty() { Made::Outputs(outputs) } else { Made::Partly { outputs, skipped } })
    }

    fn install(&self, release: &Manifest) -> Vec<Install> {
        let command = |package: &PackagePlan| {
            let settings = Settings::of_plan(&package.channel(ID)?.settings);
            let is_pushed = settings.image.is_some() && settings.tarball;
            let name = recipe::name(package, &settings);
            is_pushed.then(|| format!("docker pull {name}:{}", names::image_tag(&release.plan.version)))
        };
        let install = |command| Install { title: "Docker".to_owned(), command };
        release.plan.packages.iter().filter_map(command).map(install).collect()
    }

    fn verify(&self, release: &Manifest, files: &dyn Files) -> Vec<Finding> {
        verify::verify(release, files)
    }

    fn logins(&self, package: &PackagePlan) -> Vec<Login> {
        let settings = package.channel(ID).map(|channel| Settings::of_plan(&channel.settings)).unwrap_or_default();
        let image = settings.image.map(|image| names::image_with_registry(&image));
        let host = image.and_then(|image| Some(image.split_once('/')?.0.to_owned()));
        host.map(Login::ImageRegistry).into_iter().collect()
    }

    fn publish(&self, release: &Manifest, files: &dyn Files) -> Steps {
        publish::steps(release, files)
    }
}

fn why_none(work: &Work<'_>) -> String {
    match work.release.assets_of(&work.package.name).find_map(platforms::dynamic) {
        Some((_, wanted)) => {
            format!("its programs are not static (they want {wanted}), and an image from scratch has no libraries")
        }
        None => "no archive of it has static Linux programs".to_owned(),
    }
}

fn no_layout(package: &PackagePlan, base: &Base) -> Skip {
    let folder = "packaging/docker/base";
    Skip::new(
        format!("the image of {} as a file", package.name),
        format!("its base {} is not in the repository", base.image),
        format!(
            "run `skopeo copy --all docker://{} oci:{folder}` and write `layout = \"{folder}\"` behind `base.image`, \
             or `tarball = false` under [channel.docker]",
            base.image
        ),
    )
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
