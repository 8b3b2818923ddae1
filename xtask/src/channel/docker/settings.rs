//! `[channel.docker]`: what an image is called, what it is built on, and what it takes along.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{Problems, Reader};
use crate::report::{Error, Result};
use crate::spanned::Table;

/// The settings, as the plan keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `image`: where `publish` pushes it, as `ghcr.io/owner/name`; nowhere unless set.
    pub image: Option<String>,
    /// `insecure`: whether that registry may be spoken to without TLS.
    pub insecure: bool,
    /// `base`: the image that the programs are put on; nothing at all (`scratch`) unless set.
    pub base: Option<Base>,
    /// `ca-certificates`: the authorities that programs in the image trust.
    pub ca_certificates: Option<Pinned>,
    /// `entrypoint`: a program and its first arguments; the package's main program unless set.
    pub entrypoint: Vec<String>,
    /// `labels`: more labels, and others instead of the usual ones.
    pub labels: BTreeMap<String, String>,
    /// `dockerfile`: whether a Dockerfile is made, and not only the image itself.
    pub dockerfile: bool,
    /// `tarball`: whether the image itself is made, and not only a Dockerfile.
    pub tarball: bool,
}

/// An image that others are built on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// Its reference, which ends with the digest: `gcr.io/distroless/static@sha256:…`.
    pub image: String,
    /// The folder, relative to the workspace, that has it as an OCI image layout.
    pub layout: Option<String>,
}

/// A file of the repository that has to be just this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// Its path, relative to the workspace.
    pub file: String,
    /// Its sha256.
    pub sha256: String,
}

impl Settings {
    /// Reads them.
    pub fn read(table: &Reader<'_>) -> Self {
        Self {
            image: table.checked("image", check_repository),
            insecure: table.bool("insecure").unwrap_or(false),
            base: table.below("base").and_then(Base::read),
            ca_certificates: table.below("ca-certificates").and_then(Pinned::read),
            entrypoint: table.plain_strings("entrypoint").unwrap_or_default(),
            labels: table.string_map("labels").unwrap_or_default(),
            dockerfile: table.bool("dockerfile").unwrap_or(true),
            tarball: table.bool("tarball").unwrap_or(true),
        }
    }

    /// Those that a plan keeps; the usual ones where it keeps others, which this version did not write.
    pub fn of_plan(settings: &Value) -> Self {
        serde_json::from_value(settings.clone()).unwrap_or_else(|_| Self::default())
    }
}

/// What holds where nothing is set.
impl Default for Settings {
    fn default() -> Self {
        Self::read(&Reader::new(&Table::new(), "", &Problems::default()))
    }
}

impl Base {
    fn read(table: Reader<'_>) -> Option<Self> {
        let (image, layout) = (table.required("image", check_pinned_image), table.checked("layout", check_path));
        table.finish();
        Some(Self { image: image?, layout })
    }

    /// `sha256:…`: the digest of its index, or of its manifest if it is for one platform only.
    pub fn digest(&self) -> &str {
        self.image.rsplit('@').next().unwrap_or_default()
    }
}

impl Pinned {
    fn read(table: Reader<'_>) -> Option<Self> {
        let (file, sha256) = (table.required("file", check_path), table.required("sha256", check_sha256));
        table.finish();
        Some(Self { file: file?, sha256: sha256? })
    }
}

/// The grammar of <https://distribution.github.io/reference/>: an optional registry, and words between slashes.
fn check_repository(name: &str) -> Result<()> {
    let error = |reason: &str| {
        let error = Error::usage(format!("`{name}` is no name of an image")).because(reason);
        Err(error.help("write it as `ghcr.io/owner/name`; the tags come from the version"))
    };
    let (registry, path) = match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), rest),
        _ => (None, name),
    };
    let is_host = |host: &str| {
        let (host, port) = host.split_once(':').unwrap_or((host, "0"));
        !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
            && port.parse::<u16>().is_ok()
    };
    if name.contains('@') {
        error("it has a digest, and that is not known before the image is made")
    } else if path.contains(':') {
        error("it has a tag of its own")
    } else if registry.is_some_and(|host| !is_host(host)) {
        error("it begins with no host of a registry")
    } else if !path.split('/').all(is_component) {
        error("its parts are lower-case letters and digits, with `.`, `_`, `__` or `-` between them")
    } else if name.len() > 255 {
        error("it is longer than 255 bytes")
    } else {
        Ok(())
    }
}

/// Lower-case letters and digits, with one `.`, one or two `_`, or any number of `-` between them.
pub fn is_component(word: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_separator = |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
    word.bytes().all(|byte| is_inner(byte) || b"._-".contains(&byte))
        && word.bytes().next().is_some_and(is_inner)
        && word.bytes().last().is_some_and(is_inner)
        && word.split(|c: char| c.is_ascii_alphanumeric()).all(is_separator)
}

fn check_pinned_image(image: &str) -> Result<()> {
    let usage = |reason: &str| {
        Err(Error::usage(format!("`{image}` is no base for an image"))
            .because(reason)
            .help("write it with its digest: `gcr.io/distroless/static@sha256:…`"))
    };
    let Some((name, digest)) = image.split_once('@') else {
        return usage("without its digest, two releases of one commit would differ");
    };
    let Some(hex) = digest.strip_prefix("sha256:") else { return usage("its digest is no sha256") };
    check_sha256(hex)?;
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (name, "latest"),
    };
    if !tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
        return usage("its tag has other characters than letters, digits, `.`, `_` and `-`");
    }
    check_repository(path)
}

fn check_sha256(text: &str) -> Result<()> {
    if text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(());
    }
    Err(Error::usage(format!("`{text}` is no sha256"))
        .help("it has 64 lower-case hexadecimal digits; `sha256sum FILE` says it"))
}

/// A path that stays in the workspace and means the same on every system.
fn check_path(path: &str) -> Result<()> {
    let is_word = |word: &str| !word.is_empty() && word != ".." && word != ".";
    if path.split('/').all(is_word) && !path.contains(['\\', ':', '\0']) {
        return Ok(());
    }
    Err(Error::usage(format!("`{path}` is no path in the workspace"))
        .help("write it from the workspace's root on, with `/`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_images() {
        for good in ["tally", "acme/tally", "ghcr.io/acme/tally", "127.0.0.1:5000/a/b", "localhost/a", "a__b/c--d.e_f"]
        {
            assert!(check_repository(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "Tally",
            "acme/",
            "/tally",
            "a/-b",
            "a___b",
            "a..b",
            "ghcr.io/acme/tally:1",
            "a@sha256:0",
            "a b",
            "h:x/a",
            "ghcr.io:99999/a",
            "https://ghcr.io/a",
            "$(id)/a",
        ] {
            assert!(check_repository(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn bases_have_digests() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for good in ["scratchy", "debian:12-slim", "gcr.io/distroless/static", "h.io:5000/a/b:v1"] {
            assert!(check_pinned_image(&format!("{good}@{digest}")).is_ok(), "{good}");
            assert!(check_pinned_image(good).is_err(), "{good}");
        }
        for bad in ["a\nRUN id", "a b", "a:$(id)", "a:b:c", ""] {
            assert!(check_pinned_image(&format!("{bad}@{digest}")).is_err(), "{bad}");
        }
        assert!(check_pinned_image("debian@sha256:00").is_err() && check_pinned_image("debian@md5:0").is_err());
    }

    #[test]
    fn paths_stay_inside() {
        assert!(check_path("packaging/docker/cacert.pem").is_ok());
        for bad in ["", "/etc/ssl", "../x", "a/../b", "a\\b", "C:/x", "a//b", "."] {
            assert!(check_path(bad).is_err(), "{bad}");
        }
    }
}
