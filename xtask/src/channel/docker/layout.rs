//! Finds an image in a layout: from its index, over indexes in it, to what each platform has.

use serde::de::DeserializeOwned;

use super::image::BaseImage;
use super::oci::{Config, Descriptor, ImageManifest, Index, Platform};
use crate::report::{Context, Error, Result};

/// Indexes point at indexes, but nobody needs more than this.
const DEEPEST: usize = 4;

/// Gives the bytes that a descriptor points at, which are those that it means.
pub type ReadBlob<'r> = dyn Fn(&Descriptor) -> Result<Vec<u8>> + 'r;

/// The image with `digest` in the layout whose `index.json` is given: its part for each of `platforms`.
///
/// # Errors
/// A layout that is none, that does not have the image, or an image that does not have all platforms: those it has are
/// said.
pub fn image_for(
    index: &[u8],
    digest: &str,
    platforms: &[&Platform],
    read: &ReadBlob<'_>,
) -> Result<Vec<(Platform, BaseImage)>> {
    let index: Index = parse(index, "index.json")?;
    let found = find(&index.manifests, digest, read, DEEPEST)?.ok_or_else(|| {
        let has = index.manifests.iter().map(|entry| entry.digest.as_str()).collect::<Vec<_>>().join(", ");
        Error::new(format!("there is no image {digest}")).because(format!("it has {has}"))
    })?;
    let mut images = Vec::new();
    collect(&found, read, DEEPEST, &mut images)?;
    let mut chosen = Vec::new();
    for wanted in platforms {
        let image = images.iter().find(|(platform, _)| usual(platform) == usual(wanted));
        let Some((_, image)) = image else {
            let has = images.iter().map(|(platform, _)| platform.to_string()).collect::<Vec<_>>().join(", ");
            return Err(Error::new(format!("the image is not for {wanted}")).because(format!("it is for {has}")));
        };
        chosen.push(((*wanted).clone(), image.clone()));
    }
    Ok(chosen)
}

fn find(entries: &[Descriptor], digest: &str, read: &ReadBlob<'_>, depth: usize) -> Result<Option<Descriptor>> {
    if let Some(entry) = entries.iter().find(|entry| entry.digest == digest) {
        return Ok(Some(entry.clone()));
    }
    for entry in entries.iter().filter(|entry| entry.is_index() && depth > 0) {
        let index: Index = parse(&read(entry)?, &entry.digest)?;
        if let Some(found) = find(&index.manifests, digest, read, depth - 1)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn collect(
    entry: &Descriptor,
    read: &ReadBlob<'_>,
    depth: usize,
    images: &mut Vec<(Platform, BaseImage)>,
) -> Result<()> {
    let bytes = read(entry)?;
    if entry.is_index() {
        let index: Index = parse(&bytes, &entry.digest)?;
        let below = index.manifests.iter().filter(|_| depth > 0);
        return below.into_iter().try_for_each(|entry| collect(entry, read, depth - 1, images));
    }
    let manifest: ImageManifest = parse(&bytes, &entry.digest)?;
    // What else is kept as a manifest (attestations) has a configuration of its own kind.
    let Ok(config) = parse::<Config>(&read(&manifest.config)?, &manifest.config.digest) else { return Ok(()) };
    let (architecture, os, variant) = (config.architecture.clone(), config.os.clone(), config.variant.clone());
    let own = Platform { architecture, os, variant };
    images.push((entry.platform.clone().unwrap_or(own), BaseImage { config, layers: manifest.layers }));
    Ok(())
}

/// The one spelling of a platform: arm64 has only one variant, and arm is version 7 where nothing is said.
fn usual(platform: &Platform) -> (String, String, String) {
    let variant = platform.variant.clone().unwrap_or_default();
    let variant = match (platform.architecture.as_str(), variant.as_str()) {
        ("arm64", "v8" | "8") => String::new(),
        ("arm", "") => "v7".to_owned(),
        _ => variant,
    };
    (platform.os.clone(), platform.architecture.clone(), variant)
}

fn parse<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T> {
    serde_json::from_slice(bytes).context(|| format!("{what} is not what an image layout has there"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::oci::{CONFIG, INDEX, LAYER, MANIFEST};
    use super::*;

    /// A layout's index, and its blobs: one image for two platforms, below an index.
    fn layout() -> (Vec<u8>, String, BTreeMap<String, Vec<u8>>) {
        let mut blobs = BTreeMap::new();
        let mut add = |media_type: &str, text: String| {
            let descriptor = Descriptor::of(media_type, text.as_bytes());
            blobs.insert(descriptor.digest.clone(), text.into_bytes());
            descriptor
        };
        let mut manifests = Vec::new();
        for (architecture, variant) in [("amd64", None), ("arm64", Some("v8".to_owned()))] {
            let config = add(
                CONFIG,
                format!(
                    r#"{{"architecture":"{architecture}","os":"linux","rootfs":{{"type":"layers","diff_ids":["sha256:1"]}},"extra":1}}"#
                ),
            );
            let layers = vec![Descriptor::new(LAYER, &"1".repeat(64), 1)];
            let annotations = BTreeMap::new();
            let manifest =
                ImageManifest { schema_version: 2, media_type: MANIFEST.into(), config, layers, annotations };
            let manifest = add(MANIFEST, serde_json::to_string(&manifest).unwrap());
            let platform = Platform { architecture: architecture.into(), os: "linux".into(), variant };
            manifests.push(Descriptor { platform: Some(platform), ..manifest });
        }
        let index = |manifests| {
            let annotations = BTreeMap::new();
            serde_json::to_string(&Index { schema_version: 2, media_type: INDEX.into(), manifests, annotations })
                .unwrap()
        };
        let whole = add(INDEX, index(manifests));
        let digest = whole.digest.clone();
        (index(vec![whole]).into_bytes(), digest, blobs)
    }

    fn platform(architecture: &str) -> Platform {
        Platform { architecture: architecture.into(), os: "linux".into(), variant: None }
    }

    #[test]
    fn each_platform_is_found_below_indexes() {
        let (index, digest, blobs) = layout();
        let read = |descriptor: &Descriptor| Ok(blobs[&descriptor.digest].clone());
        let (amd64, arm64) = (platform("amd64"), platform("arm64"));
        let found = image_for(&index, &digest, &[&arm64, &amd64], &read).unwrap();
        let seen: Vec<_> = found.iter().map(|(wanted, image)| (wanted, image.config.architecture.as_str())).collect();
        assert_eq!(seen, [(&arm64, "arm64"), (&amd64, "amd64")]);
        assert_eq!(found[0].1.config.rest["extra"], 1);
        let one = blobs
            .iter()
            .find(|(_, text)| {
                text.starts_with(b"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest")
            })
            .unwrap();
        assert_eq!(image_for(&index, one.0, &[], &read).unwrap(), []);
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is() {
        let (index, digest, blobs) = layout();
        let read = |descriptor: &Descriptor| Ok(blobs[&descriptor.digest].clone());
        let error = |digest: &str, wanted: &str| {
            image_for(&index, digest, &[&platform(wanted)], &read).unwrap_err().to_string()
        };
        let said = error(&digest, "s390x");
        assert!(said.contains("not for linux/s390x") && said.contains("linux/amd64, linux/arm64/v8"), "{said}");
        let said = error("sha256:0", "amd64");
        assert!(said.contains("no image sha256:0") && said.contains(&digest), "{said}");
        assert!(image_for(b"{}", &digest, &[], &read).is_err());
    }
}
