//! The image itself, without a daemon: which layers it has, and the documents that make a layout of them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::oci::{
    CONFIG, Config, DOCKER_FILE, Descriptor, DockerImage, History, INDEX, INDEX_FILE, ImageManifest, Index, LAYER,
    MANIFEST, MARKER, Platform, blob_path,
};
use super::{Base, USER};
use crate::date::Date;
use crate::pack::{GzippedTar, Source, Tar};
use crate::report::{Context, Result};

/// The variable that says where programs are, as builders set it in an image from scratch.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The files of a layout, by path.
type Files = BTreeMap<String, Source>;

/// The recipe of an image for several platforms, in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What it is called, with its registry.
    pub name: String,
    /// Its tag.
    pub tag: String,
    /// When it was made, in seconds since 1970.
    pub epoch: u64,
    /// What it is built on; nothing (`scratch`) unless set.
    pub base: Option<Base>,
    /// The program that it runs, and its first arguments.
    pub entrypoint: Vec<String>,
    /// What its configuration says of it.
    pub labels: BTreeMap<String, String>,
    /// What its manifests and its index say of it.
    pub annotations: BTreeMap<String, String>,
    /// The image for each platform.
    pub platforms: Vec<PlatformImage>,
}

/// The part of an image that is for one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformImage {
    /// The platform.
    pub platform: Platform,
    /// What is put on the base, the lowest first.
    pub layers: Vec<Layer>,
}

/// A layer that is made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// What is in it.
    pub tar: Tar,
    /// How it came about, for people.
    pub created_by: String,
}

/// The part of a base image that is for one platform.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BaseImage {
    /// Its configuration.
    pub config: Config,
    /// Its layers, the lowest first.
    pub layers: Vec<Descriptor>,
}

impl Image {
    /// All layers that are made, each once.
    pub fn tars(&self) -> Vec<&Tar> {
        let mut tars: Vec<&Tar> = Vec::new();
        for layer in self.platforms.iter().flat_map(|platform| &platform.layers) {
            if !tars.contains(&&layer.tar) {
                tars.push(&layer.tar);
            }
        }
        tars
    }

    /// The whole as a tar file. `packed` has what [`Image::tars`] came to, in that order; `bases` has the base's part for
    /// every platform, or nothing for an image from scratch.
    ///
    /// # Errors
    /// None in practice; serialisation of plain data.
    pub fn layout(&self, packed: Vec<GzippedTar>, bases: &BTreeMap<Platform, BaseImage>) -> Result<Tar> {
        let tars = self.tars();
        let scratch = BaseImage::default();
        let mut files = Files::from([(MARKER.0.to_owned(), Source::Inline(MARKER.1.into()))]);
        let (mut manifests, mut docker) = (Vec::new(), Vec::new());
        for platform in &self.platforms {
            let base = bases.get(&platform.platform).unwrap_or(&scratch);
            let number = |layer: &Layer| tars.iter().position(|tar| **tar == layer.tar);
            let own: Vec<&GzippedTar> = platform.layers.iter().filter_map(|layer| packed.get(number(layer)?)).collect();
            let config = add(&mut files, CONFIG, &self.config(platform, &base.config, &own))?;
            let own = own.iter().map(|layer| Descriptor::new(LAYER, &layer.sha256, layer.bytes.len() as u64));
            let layers: Vec<Descriptor> = base.layers.iter().cloned().chain(own).collect();
            files.extend(base.layers.iter().filter_map(|layer| self.of_base(layer)));
            docker.push(self.docker_image(&platform.platform, &config, &layers));
            let manifest = add(&mut files, MANIFEST, &self.manifest(config, layers))?;
            manifests.push(Descriptor { platform: Some(platform.platform.clone()), ..manifest });
        }
        let index = add(&mut files, INDEX, &self.index(manifests.clone()))?;
        files.insert(INDEX_FILE.to_owned(), Source::Inline(json(&self.entrance(index, manifests))?));
        files.insert(DOCKER_FILE.to_owned(), Source::Inline(json(&docker)?));
        let blob = |layer: GzippedTar| (blob_path(&format!("sha256:{}", layer.sha256)), Source::Inline(layer.bytes));
        files.extend(packed.into_iter().map(blob));
        let mut tar = Tar::default();
        for (path, source) in files {
            tar.add(&path, 0o644, source);
        }
        Ok(tar)
    }

    /// The file of a layer of the base: it is in the repository.
    fn of_base(&self, layer: &Descriptor) -> Option<(String, Source)> {
        let folder = self.base.as_ref()?.layout.as_ref()?;
        let (path, sha256) = (blob_path(&layer.digest), layer.digest.strip_prefix("sha256:")?);
        let source = Source::Pinned { path: format!("{folder}/{path}"), sha256: sha256.to_owned() };
        Some((path, source))
    }

    fn config(&self, image: &PlatformImage, base: &Config, layers: &[&GzippedTar]) -> Config {
        let mut config = base.clone();
        let created = Date::of_epoch(self.epoch).rfc3339();
        config.architecture.clone_from(&image.platform.architecture);
        config.os.clone_from(&image.platform.os);
        config.variant.clone_from(&image.platform.variant);
        // A base that tells of none of its layers would be taken to tell of ours.
        if config.history.is_empty() == config.rootfs.diff_ids.is_empty() {
            config.history.extend(image.layers.iter().map(|layer| History {
                created: Some(created.clone()),
                created_by: Some(layer.created_by.clone()),
                ..History::default()
            }));
        }
        config.created = created;
        "layers".clone_into(&mut config.rootfs.kind);
        config.rootfs.diff_ids.extend(layers.iter().map(|layer| format!("sha256:{}", layer.tar_sha256)));
        let run = &mut config.config;
        run.entrypoint = Some(self.entrypoint.clone());
        // The base's arguments are for the base's program.
        run.cmd = None;
        USER.clone_into(&mut run.user);
        if run.working_dir.is_empty() {
            "/".clone_into(&mut run.working_dir);
        }
        let env = run.env.get_or_insert_default();
        if !env.iter().any(|variable| variable.starts_with("PATH=")) {
            env.insert(0, PATH.to_owned());
        }
        run.labels.get_or_insert_default().extend(self.labels.clone());
        config
    }

    fn manifest(&self, config: Descriptor, layers: Vec<Descriptor>) -> ImageManifest {
        let annotations = self.annotations.clone();
        ImageManifest { schema_version: 2, media_type: MANIFEST.to_owned(), config, layers, annotations }
    }

    fn index(&self, manifests: Vec<Descriptor>) -> Index {
        let annotations = self.annotations.clone();
        Index { schema_version: 2, media_type: INDEX.to_owned(), manifests, annotations }
    }

    /// The layout's own index: the image, and each platform's part under a tag of its own, for clients that take no
    /// image for several platforms out of a layout (umoci).
    pub fn entrance(&self, index: Descriptor, manifests: Vec<Descriptor>) -> Index {
        let parts = manifests.into_iter().map(|manifest| {
            let tag = manifest.platform.as_ref().map(|platform| self.tag_for(platform)).unwrap_or_default();
            (tag, manifest)
        });
        let parts = parts.filter(|_| self.platforms.len() > 1);
        let named = [(self.tag.clone(), index)].into_iter().chain(parts).map(|(tag, descriptor)| {
            let annotations = BTreeMap::from([
                // containerd's own word, which podman and Docker know too; the specification's is the tag alone.
                ("io.containerd.image.name".to_owned(), format!("{}:{tag}", self.name)),
                ("org.opencontainers.image.ref.name".to_owned(), tag),
            ]);
            // What says here that it is for another platform is thrown away by containerd before it is unpacked.
            Descriptor { annotations, platform: None, ..descriptor }
        });
        let annotations = BTreeMap::new();
        Index { schema_version: 2, media_type: INDEX.to_owned(), manifests: named.collect(), annotations }
    }

    /// The tag of one platform's part: `1.2.3-arm64`.
    fn tag_for(&self, platform: &Platform) -> String {
        format!("{}-{}{}", self.tag, platform.architecture, platform.variant.as_deref().unwrap_or_default())
    }

    /// One platform, for a `docker load` that knows no layouts. It takes all that it finds: each has a tag of its own,
    /// and what most people run has the bare one.
    pub fn docker_image(&self, platform: &Platform, config: &Descriptor, layers: &[Descriptor]) -> DockerImage {
        let usual = self.platforms.iter().map(|image| &image.platform);
        let usual = usual.clone().find(|platform| platform.architecture == "amd64").or_else(|| usual.clone().next());
        let whole = (usual == Some(platform)).then(|| self.tag.clone());
        let part = (self.platforms.len() > 1).then(|| self.tag_for(platform));
        DockerImage {
            config: blob_path(&config.digest),
            repo_tags: whole.into_iter().chain(part).map(|tag| format!("{}:{tag}", self.name)).collect(),
            layers: layers.iter().map(|layer| blob_path(&layer.digest)).collect(),
        }
    }
}

fn add(files: &mut Files, media_type: &str, document: &impl Serialize) -> Result<Descriptor> {
    let bytes = json(document)?;
    let descriptor = Descriptor::of(media_type, &bytes);
    files.insert(blob_path(&descriptor.digest), Source::Inline(bytes));
    Ok(descriptor)
}

fn json(document: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(document).context(|| "cannot write a document of an image")
}
