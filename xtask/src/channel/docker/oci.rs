//! The documents of an image layout, as <https://specs.opencontainers.org/image-spec/> has them. Keys that are not
//! known here are kept, where a base image may have them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::targets::OciPlatform;

/// The file that says that a folder or tar file is a layout, and what it holds.
pub const MARKER: (&str, &str) = ("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
/// The file where everything begins.
pub const INDEX_FILE: &str = "index.json";
/// What `docker load` reads where it does not know layouts.
pub const DOCKER_FILE: &str = "manifest.json";
/// The media type of an index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The media type of an image's manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an image's configuration.
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The media type of a layer.
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// The other word for an index, which registries may answer with.
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// Points at a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What kind of blob.
    pub media_type: String,
    /// `sha256:…` of it.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it runs on, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// What else is said of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What an image runs on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Platform {
    /// `amd64`, `arm64`, …
    pub architecture: String,
    /// `linux`.
    pub os: String,
    /// `v7` of 32-bit arm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// An index: of a layout, or of one image for several platforms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// 2.
    pub schema_version: u32,
    /// [`INDEX`]; old ones lack it.
    #[serde(default)]
    pub media_type: String,
    /// What it has.
    pub manifests: Vec<Descriptor>,
    /// What is said of all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// The manifest of an image for one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageManifest {
    /// 2.
    pub schema_version: u32,
    /// [`MANIFEST`]; old ones lack it.
    #[serde(default)]
    pub media_type: String,
    /// The configuration.
    pub config: Descriptor,
    /// The layers, the lowest first.
    pub layers: Vec<Descriptor>,
    /// What is said of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// The configuration of an image.
#[allow(clippy::struct_field_names, reason = "the specification's words")]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// As in [`Platform`].
    #[serde(default)]
    pub architecture: String,
    /// How it is run.
    #[serde(default)]
    pub config: Run,
    /// When it was made, as RFC 3339 has it.
    #[serde(default)]
    pub created: String,
    /// How each layer came about.
    #[serde(default)]
    pub history: Vec<History>,
    /// As in [`Platform`].
    #[serde(default)]
    pub os: String,
    /// The layers.
    pub rootfs: RootFs,
    /// As in [`Platform`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// What else a base has.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

/// How an image is run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Run {
    /// Arguments behind the entry point, which are replaced by the user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmd: Option<Vec<String>>,
    /// The program and its first arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// `NAME=value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<Vec<String>>,
    /// What is said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// Who runs it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Where it runs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// What else a base has.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

/// The layers of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFs {
    /// `sha256:…` of each layer's tar file, the lowest first.
    pub diff_ids: Vec<String>,
    /// `layers`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// How a layer came about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// By what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Whether there is no layer for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub empty_layer: bool,
    /// What else a base has.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

/// An image in the file that `docker load` reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DockerImage {
    /// The path of the configuration.
    pub config: String,
    /// The names that it is given.
    pub repo_tags: Vec<String>,
    /// The paths of the layers.
    pub layers: Vec<String>,
}

impl Descriptor {
    /// Of a blob, with nothing more said of it.
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self::new(media_type, &crate::hash::sha256(bytes), bytes.len() as u64)
    }

    /// Of a blob whose digest is known.
    pub fn new(media_type: &str, sha256: &str, size: u64) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: format!("sha256:{sha256}"),
            size,
            platform: None,
            annotations: BTreeMap::new(),
        }
    }

    /// Whether it points at an index.
    pub fn is_index(&self) -> bool {
        self.media_type == INDEX || self.media_type == DOCKER_INDEX
    }
}

impl From<OciPlatform> for Platform {
    fn from(platform: OciPlatform) -> Self {
        let variant = Some(platform.variant.to_owned()).filter(|variant| !variant.is_empty());
        Self { architecture: platform.architecture.to_owned(), os: platform.os.to_owned(), variant }
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

/// The path of a blob in a layout.
pub fn blob_path(digest: &str) -> String {
    format!("blobs/{}", digest.replacen(':', "/", 1))
}
