//! Writes what channels want packed: tar files and container images, out of the release's own archives.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::channel::Content;
use crate::channel::docker::{BaseImage, Descriptor, Image, Platform, blob_path, image_for};
use crate::hash::{HashWriter, sha256};
use crate::inspect;
use crate::layout::Draft;
use crate::manifest::Manifest;
use crate::pack::{Contents, GzippedTar, Source, Tar};
use crate::parallel;
use crate::report::{Context, Error, Problem, Result, unwritable};

/// Where the content of recipes comes from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'s> {
    /// The workspace, for files of the repository.
    pub root: &'s Path,
    /// The release being built, for its archives.
    pub draft: &'s Draft,
    /// Its record.
    pub manifest: &'s Manifest,
}

impl Sources<'_> {
    /// Writes a tar file: its size and sha256.
    ///
    /// # Errors
    /// A source that is not what it has to be; a full disk.
    pub fn write_tar(&self, path: &str, tar: &Tar) -> Result<(u64, String)> {
        let contents = self.contents(tar)?;
        let file = self.draft.create(path)?;
        let failed = |error| unwritable(&self.draft.folder().join(path), &error);
        let out = tar.write(HashWriter::new(BufWriter::new(file)), self.manifest.source.epoch, &contents);
        let (mut out, size, sha256) = out.map_err(failed)?.finish();
        out.flush().map_err(failed)?;
        Ok((size, sha256))
    }

    /// Writes a tar file in one gzip member: its size and sha256.
    ///
    /// # Errors
    /// As [`Sources::write_tar`].
    pub fn write_tar_gz(&self, path: &str, tar: &Tar, epoch: u64) -> Result<(u64, String)> {
        let packed = tar.gzipped(epoch, &self.contents(tar)?).context(|| format!("cannot compress {path}"))?;
        self.draft.write(path, &packed.bytes)?;
        Ok((packed.bytes.len() as u64, packed.sha256))
    }

    /// Writes an image: its size and sha256.
    ///
    /// # Errors
    /// As [`Sources::write_tar`], and a base that is not there.
    pub fn write_image(&self, path: &str, image: &Image) -> Result<(u64, String)> {
        let bases = base_images(self.root, image)?;
        let packed = self.pack_all(&image.tars())?;
        self.write_tar(path, &image.layout(packed, &bases)?)
    }

    /// Compresses layers, as many at once as there are cores.
    fn pack_all(&self, tars: &[&Tar]) -> Result<Vec<GzippedTar>> {
        let packed = parallel::map(tars, |tar| {
            let packed = tar.gzipped(self.manifest.source.epoch, &self.contents(tar)?);
            packed.context(|| "cannot compress a layer of an image")
        });
        packed.into_iter().collect()
    }

    /// What is behind a recipe's sources. Each archive is read once.
    fn contents(&self, tar: &Tar) -> Result<Contents> {
        let mut contents = Contents::new();
        let mut archived: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
        for item in &tar.items {
            match &item.source {
                Source::Folder | Source::Inline(_) => {}
                Source::Archived { asset, path, sha256 } => {
                    archived.entry(asset).or_default().insert((path, sha256));
                }
                Source::Pinned { path, sha256 } => {
                    contents.insert(sha256.clone(), pinned(self.root, path, sha256)?);
                }
            }
        }
        for (asset, files) in archived {
            let format = self.manifest.plan.packages.iter().flat_map(|package| &package.targets);
            let format = format.map(|target| &target.archive).find(|archive| archive.asset == asset);
            let gone = || Error::new(format!("{asset} is not what was packed a moment ago"));
            let format = format.ok_or_else(gone)?.format;
            let is_wanted = |path: &str| files.iter().any(|(wanted, _)| *wanted == path);
            for (path, bytes) in inspect::contents(&self.draft.folder().join(asset), format)? {
                if is_wanted(&path) {
                    contents.insert(sha256(&bytes), bytes);
                }
            }
            if files.iter().any(|(_, sha256)| !contents.contains_key(*sha256)) {
                return Err(gone());
            }
        }
        Ok(contents)
    }
}

/// What a recipe needs of the repository and does not find there: said before anything is compiled.
pub fn missing(root: &Path, content: &Content) -> Vec<Problem> {
    let tars = match content {
        Content::Text(_) => Vec::new(),
        Content::Tar(tar) | Content::TarGz { tar, .. } => vec![tar],
        Content::Image(image) => image.tars(),
    };
    let pinned = tars.iter().flat_map(|tar| &tar.items).filter_map(|item| match &item.source {
        Source::Pinned { path, sha256 } => pinned(root, path, sha256).err(),
        _ => None,
    });
    let base = match content {
        Content::Image(image) => base_images(root, image).err(),
        _ => None,
    };
    pinned.chain(base).flat_map(|error| error.problems().to_vec()).collect()
}

/// A file of the repository, if it is the one that is meant.
fn pinned(root: &Path, path: &str, wanted: &str) -> Result<Vec<u8>> {
    let bytes = std::fs::read(root.join(path)).context(|| format!("cannot read {path}"))?;
    let real = sha256(&bytes);
    if real == wanted {
        return Ok(bytes);
    }
    Err(Error::new(format!("{path} is not the file that is meant"))
        .because(format!("its sha256 is {real}, and {wanted} was said"))
        .help(format!("bring that file back, or write `sha256 = \"{real}\"` in {}", crate::config::FILE)))
}

/// What the base of an image has for each of its platforms; nothing for an image from scratch.
fn base_images(root: &Path, image: &Image) -> Result<BTreeMap<Platform, BaseImage>> {
    let Some((base, folder)) = image.base.as_ref().and_then(|base| Some((base, base.layout.as_ref()?))) else {
        return Ok(BTreeMap::new());
    };
    let read = |descriptor: &Descriptor| {
        let path = format!("{folder}/{}", blob_path(&descriptor.digest));
        pinned(root, &path, descriptor.digest.trim_start_matches("sha256:"))
    };
    let platforms: Vec<&Platform> = image.platforms.iter().map(|image| &image.platform).collect();
    let index = std::fs::read(root.join(folder).join("index.json"));
    let images = index
        .context(|| format!("cannot read {folder}/index.json"))
        .and_then(|index| image_for(&index, base.digest(), &platforms, &read));
    let images = images.map_err(|error| {
        let error = error.context(format!("{folder} is not the base {}", base.image));
        error.help(format!("fetch it: skopeo copy --all docker://{} oci:{folder}", base.image))
    });
    Ok(images?.into_iter().collect())
}
