//! What is wrong with the images of a finished release: every digest, every layer, and every program in them.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::image::{Image, Layer, PlatformImage};
use super::oci::{
    CONFIG, Config, DOCKER_FILE, Descriptor, DockerImage, INDEX_FILE, ImageManifest, Index, MANIFEST, MARKER, Platform,
    blob_path,
};
use super::tarball::{Tarball, diff_id, layer_files};
use super::{ID, Settings, USER, platforms, recipe};
use crate::channel::Files;
use crate::hash::sha256;
use crate::manifest::{Manifest, Output};
use crate::names;
use crate::pack::{Item, Source};
use crate::plan::PackagePlan;
use crate::report::Finding;

const REMAKE: &str = "make the release anew: cargo xtask dist";

/// Verifies what the channel made.
pub fn verify(release: &Manifest, files: &dyn Files) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &release.plan.packages {
        let Some(channel) = package.channel(ID) else { continue };
        let settings = Settings::of_plan(&channel.settings);
        let made = release.outputs.iter().filter(|output| output.channel == ID && output.package == package.name);
        let made: Vec<&Output> = made.collect();
        if settings.base.is_none() {
            findings.extend(made.iter().flat_map(|output| dynamic(release, output)));
        }
        let path = names::image_file(&package.name, &release.plan.version);
        if made.iter().any(|output| output.path == path)
            && let Some(file) = files.open(&path)
        {
            let said = image(release, package, &settings, file);
            findings.extend(said.into_iter().map(|what| Finding::new(&path, what, REMAKE)));
        }
    }
    findings
}

/// Programs that a Dockerfile puts into an empty image, and that would not start there.
fn dynamic<'r>(release: &'r Manifest, output: &'r Output) -> impl Iterator<Item = Finding> + use<'r> {
    output.claims.iter().filter_map(|claim| {
        let asset = release.assets.iter().find(|asset| asset.name == claim.asset)?;
        let (entry, _) = platforms::dynamic(asset)?;
        let what =
            format!("{} in {} is not static, and would not start in an image from scratch", entry.path, asset.name);
        Some(Finding::new(&output.path, what, "release it for a musl target"))
    })
}

fn image(
    release: &Manifest,
    package: &PackagePlan,
    settings: &Settings,
    file: Box<dyn crate::channel::ReadSeek>,
) -> Vec<String> {
    let image = match recipe::image(release, package, settings) {
        Ok(image) => image,
        Err(error) => return vec![error.to_string()],
    };
    let tarball = match Tarball::open(file) {
        Ok(tarball) => tarball,
        Err(error) => return vec![format!("it is no whole tar file: {error}")],
    };
    let served = platforms::served(release, &package.name, settings);
    let archs = served.into_iter().map(|(platform, asset)| (platform.into(), asset.target.executable_arch()));
    let mut check =
        Check { image: &image, archs: archs.collect(), tarball, known: BTreeSet::new(), findings: Vec::new() };
    check.whole();
    check.findings
}

/// The reading of one image.
struct Check<'c> {
    image: &'c Image,
    /// What the headers of programs say on each platform.
    archs: BTreeMap<Platform, Option<&'static str>>,
    tarball: Tarball,
    /// The files that something points at.
    known: BTreeSet<String>,
    findings: Vec<String>,
}

impl Check<'_> {
    fn finding(&mut self, what: impl Into<String>) {
        self.findings.push(what.into());
    }

    fn whole(&mut self) {
        if self.file(MARKER.0).is_some_and(|marker| marker != MARKER.1.as_bytes()) {
            self.finding(format!("{} does not say that it is a layout", MARKER.0));
        }
        let Some(entrance) = self.document::<Index>(INDEX_FILE) else { return };
        let Some(index) = entrance.manifests.first().cloned() else {
            return self.finding(format!("{INDEX_FILE} has no image"));
        };
        let Some(image) = self.pointed_at::<Index>(&index) else { return };
        if image.annotations != self.image.annotations {
            self.finding("its index says other things of it than the release");
        }
        let docker = self.platforms(&image.manifests);
        let bare = |descriptor: &Descriptor| Descriptor { annotations: BTreeMap::new(), ..descriptor.clone() };
        if entrance != self.image.entrance(bare(&index), image.manifests.clone()) {
            self.finding(format!("{INDEX_FILE} does not name the image as the release does"));
        }
        if self.document::<Vec<DockerImage>>(DOCKER_FILE).is_some_and(|said| said != docker) {
            self.finding(format!("{DOCKER_FILE}, which `docker load` may read, does not have what the image has"));
        }
        let stray: Vec<String> =
            self.tarball.paths().filter(|path| !self.known.contains(*path)).map(str::to_owned).collect();
        for path in stray {
            self.finding(format!("nothing in it points at {path}"));
        }
    }

    /// Every platform, and what `docker load` should be told of each.
    fn platforms(&mut self, manifests: &[Descriptor]) -> Vec<DockerImage> {
        let mut docker = Vec::new();
        for part in &self.image.platforms {
            let mut of_platform = manifests.iter().filter(|entry| entry.platform.as_ref() == Some(&part.platform));
            match (of_platform.next(), of_platform.next()) {
                (Some(entry), None) => docker.extend(self.platform(part, entry)),
                (None, _) => self.finding(format!("it lacks {}", part.platform)),
                (Some(_), Some(_)) => self.finding(format!("it has {} twice", part.platform)),
            }
        }
        for entry in manifests {
            let platform = entry.platform.as_ref();
            if !platform.is_some_and(|own| self.image.platforms.iter().any(|part| part.platform == *own)) {
                let name = platform.map_or_else(|| "no platform".to_owned(), ToString::to_string);
                self.finding(format!("it has an image for {name}, which the release does not have"));
            }
        }
        docker
    }

    fn platform(&mut self, part: &PlatformImage, entry: &Descriptor) -> Option<DockerImage> {
        let name = &part.platform;
        let manifest: ImageManifest = self.pointed_at(entry)?;
        if entry.media_type != MANIFEST || manifest.config.media_type != CONFIG {
            self.finding(format!("what it has for {name} is no image"));
        }
        if manifest.annotations != self.image.annotations {
            self.finding(format!("the manifest for {name} says other things of it than the release"));
        }
        let config: Config = self.pointed_at(&manifest.config)?;
        self.config(part, &config, manifest.layers.len());
        let own = manifest.layers.len().saturating_sub(part.layers.len());
        for (number, layer) in manifest.layers.iter().enumerate() {
            let wanted = number.checked_sub(own).and_then(|number| part.layers.get(number));
            self.layer(name, layer, config.rootfs.diff_ids.get(number), wanted);
        }
        Some(self.image.docker_image(name, &manifest.config, &manifest.layers))
    }

    fn config(&mut self, part: &PlatformImage, config: &Config, layers: usize) {
        let name = &part.platform;
        let own = Platform {
            architecture: config.architecture.clone(),
            os: config.os.clone(),
            variant: config.variant.clone(),
        };
        if own != *name {
            self.finding(format!("the configuration for {name} says that it is for {own}"));
        }
        let run = &config.config;
        if run.user != USER {
            self.finding(format!("on {name}, it runs as `{}`, not as {USER}", run.user));
        }
        if run.entrypoint.as_ref() != Some(&self.image.entrypoint) || run.cmd.is_some() {
            let wanted = self.image.entrypoint.join(" ");
            self.finding(format!("on {name}, it does not run `{wanted}`"));
        }
        let labels = run.labels.clone().unwrap_or_default();
        if self.image.labels.iter().any(|(key, value)| labels.get(key) != Some(value)) {
            self.finding(format!("the labels for {name} are not the release's"));
        }
        let is_scratch = self.image.base.is_none();
        if config.rootfs.diff_ids.len() != layers || layers < part.layers.len() {
            self.finding(format!("the configuration for {name} does not have its layers"));
        } else if is_scratch && (layers > part.layers.len() || labels.len() > self.image.labels.len()) {
            self.finding(format!("what it has for {name} is not from scratch"));
        }
    }

    /// A layer: of the base, or what is `wanted` in it.
    fn layer(&mut self, name: &Platform, layer: &Descriptor, said: Option<&String>, wanted: Option<&Layer>) {
        let Some(bytes) = self.blob(layer) else { return };
        // Bases may have layers that are compressed otherwise; their digest is all that is known.
        let is_gzip = bytes.starts_with(&[0x1f, 0x8b]);
        if !is_gzip && wanted.is_none() {
            return;
        }
        match diff_id(&bytes) {
            Ok(real) if said.is_some_and(|said| *said != format!("sha256:{real}")) => {
                self.finding(format!("the diff_id of {} on {name} is not that of its tar file", layer.digest));
            }
            Ok(_) => {}
            Err(error) => return self.finding(format!("the layer {} is no gzip file: {error}", layer.digest)),
        }
        let Some(wanted) = wanted else { return };
        let real = match layer_files(&bytes) {
            Ok(real) => real,
            Err(error) => return self.finding(format!("the layer {} cannot be read: {error}", layer.digest)),
        };
        let mut seen = BTreeSet::new();
        for file in &real {
            let path = &file.path;
            let Some(item) = wanted.tar.items.iter().find(|item| item.path == *path) else {
                self.finding(format!("/{path} on {name} is nothing that the release has"));
                continue;
            };
            if !seen.insert(path) {
                self.finding(format!("/{path} on {name} is there twice"));
            }
            if file.mode != item.mode {
                self.finding(format!("the permissions of /{path} on {name} are {:o}, not {:o}", file.mode, item.mode));
            }
            if file.sha256 != item.source.sha256() {
                let other = self.other_arch(name, file.arch.as_deref());
                self.finding(format!("/{path} on {name} is not {}{other}", what(item)));
            }
        }
        for item in wanted.tar.items.iter().filter(|item| !seen.contains(&item.path)) {
            self.finding(format!("/{} is missing on {name}", item.path));
        }
    }

    fn other_arch(&self, platform: &Platform, real: Option<&str>) -> String {
        match (self.archs.get(platform).copied().flatten(), real) {
            (Some(wanted), Some(real)) if wanted != real => format!(", but a program for {real}"),
            _ => String::new(),
        }
    }

    /// A file that has to be there.
    fn file(&mut self, path: &str) -> Option<Vec<u8>> {
        self.known.insert(path.to_owned());
        match self.tarball.read(path) {
            Ok(Some(bytes)) => return Some(bytes),
            Ok(None) => self.finding(format!("{path} is missing in it")),
            Err(error) => self.finding(format!("{path} in it cannot be read: {error}")),
        }
        None
    }

    fn document<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        let bytes = self.file(path)?;
        let parsed = serde_json::from_slice(&bytes);
        parsed.map_err(|error| self.finding(format!("{path} in it is not what images have there: {error}"))).ok()
    }

    /// A blob, if it is the one that is meant.
    fn blob(&mut self, descriptor: &Descriptor) -> Option<Vec<u8>> {
        let bytes = self.file(&blob_path(&descriptor.digest))?;
        if format!("sha256:{}", sha256(&bytes)) != descriptor.digest {
            self.finding(format!("{} was altered: that is not its digest", descriptor.digest));
        } else if bytes.len() as u64 != descriptor.size {
            let (digest, size) = (&descriptor.digest, descriptor.size);
            self.finding(format!("{digest} has {} bytes, and {size} are said", bytes.len()));
        } else {
            return Some(bytes);
        }
        None
    }

    fn pointed_at<T: DeserializeOwned>(&mut self, descriptor: &Descriptor) -> Option<T> {
        self.blob(descriptor)?;
        self.document(&blob_path(&descriptor.digest))
    }
}

/// What an item of a layer is, for people.
fn what(item: &Item) -> String {
    match &item.source {
        Source::Folder => "a folder".to_owned(),
        Source::Inline(_) => "what it has to be".to_owned(),
        Source::Archived { asset, path, .. } => format!("{path} of {asset}"),
        Source::Pinned { path, .. } => path.clone(),
    }
}
