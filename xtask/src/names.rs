//! The one place that makes tags, asset names, folders and URLs. Nothing else re-derives them.
//!
//! Names are templates in cargo-binstall's own syntax (`{ name }`, crate leon), so that what names an asset here can
//! stand in a `pkg-url` as it is.

mod forge;
mod general;
mod npm;

use std::collections::BTreeMap;

pub use forge::{Host, forge_download_url};
pub use general::{escape, general_name, general_url};
pub use npm::{check_npm_name, npm_file, npm_platform_name, npm_scope, parse_npm_scope};

use crate::report::{Error, Result, nearest};
use crate::targets::Target;

/// The tag of a release whose packages share a version.
pub const SHARED_TAG: &str = "v{ version }";
/// The tag of a package that has a version of its own among others.
pub const OWN_TAG: &str = "{ name }-v{ version }";
/// An archive's name without its ending, and its top folder: the first form that cargo-binstall looks for.
pub const ARCHIVE: &str = "{ name }-{ target }-v{ version }";

/// The top folders that cargo-binstall looks for without being told, in its order; then it takes an archive without one.
pub const FOLDERS: [&str; 8] = [
    ARCHIVE,
    "{ name }-{ target }-{ version }",
    "{ name }-{ version }-{ target }",
    "{ name }-v{ version }-{ target }",
    "{ name }-{ target }",
    "{ name }-{ version }",
    "{ name }-v{ version }",
    "{ name }",
];

/// What can stand in a tag.
pub const TAG_KEYS: &[&str] = &["name", "version"];
/// What can stand in an archive's name and folder: cargo-binstall's variables.
pub const ARCHIVE_KEYS: &[&str] =
    &["name", "version", "target", "target-arch", "target-family", "target-libc", "target-vendor"];
/// What can stand in a download URL.
pub const URL_KEYS: &[&str] = &["repo", "tag", "version", "asset"];

/// The values of one name, by key.
pub type Values<'a> = BTreeMap<&'static str, &'a str>;

/// The values of an archive's name.
pub fn archive_values<'a>(name: &'a str, version: &'a str, target: &'a Target) -> Values<'a> {
    BTreeMap::from([
        ("name", name),
        ("version", version),
        ("target", target.triple()),
        ("target-arch", target.arch()),
        ("target-family", target.binstall_family()),
        ("target-libc", target.binstall_libc()),
        ("target-vendor", target.binstall_vendor()),
    ])
}

/// Checks a template before there are values for it.
///
/// # Errors
/// A syntax error, or a key that is not among `keys`.
pub fn check(template: &str, keys: &[&str]) -> Result<()> {
    let parsed = leon::Template::parse(template)
        .map_err(|error| Error::usage(format!("`{template}` is no name template")).because(error))?;
    for key in parsed.keys() {
        if !keys.contains(key) {
            let error = Error::usage(format!("unknown variable `{key}` in `{template}`"));
            let allowed = keys.join("`, `");
            return Err(match nearest(key, keys.iter().copied()) {
                Some(near) => error.help(format!("did you mean `{near}`? known are `{allowed}`")),
                None => error.help(format!("known are `{allowed}`")),
            });
        }
    }
    Ok(())
}

/// Checks the template of download URLs: without `{ asset }`, all archives would have one URL.
///
/// # Errors
/// As [`check`], and a template that makes no URL, or one for all.
pub fn check_url(template: &str) -> Result<()> {
    check(template, URL_KEYS)?;
    let error = || Error::usage(format!("`{template}` is no template of a URL"));
    let parsed = leon::Template::parse(template).map_err(|reason| error().because(reason))?;
    let Some(first) = parsed.items.first() else { return Err(error().because("it is empty")) };
    let begins = match first {
        leon::Item::Text(text) => text.starts_with("https://") || text.starts_with("http://"),
        leon::Item::Key(key) => *key == "repo",
    };
    if !begins {
        return Err(error().because("it begins with none of `https://`, `http://` and `{ repo }`"));
    }
    if !parsed.has_key("asset") {
        return Err(error().because("without `{ asset }`, all archives would have one URL"));
    }
    Ok(())
}

/// Fills a template.
///
/// # Errors
/// As [`check`].
pub fn render(template: &str, values: &Values<'_>) -> Result<String> {
    let keys: Vec<&str> = values.keys().copied().collect();
    check(template, &keys)?;
    let parsed = leon::Template::parse(template).map_err(|error| Error::usage(error.to_string()))?;
    parsed.render(values).map_err(|error| Error::usage(format!("`{template}` cannot be filled")).because(error))
}

/// Whether `name` can be a crate's: what cargo takes, in ASCII, as crates.io wants it.
pub fn is_crate_name(name: &str) -> bool {
    // The length is that of crates.io.
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Names that are devices on Windows, with any ending.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "com", "lpt"];
/// The longest file name, in bytes: file systems have 255, and `.sha256` and the like are put behind it.
const LONGEST: usize = 200;

/// Checks that `name` can be a file at the top of a release on every system, in every URL and on every forge.
///
/// # Errors
/// What is wrong with it.
pub fn check_file_name(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._+".contains(c);
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let reason = if name.is_empty() {
        "it is empty".to_owned()
    } else if name.starts_with(['.', '-']) {
        "it starts with a dot or a hyphen".to_owned()
    } else if let Some(other) = name.chars().find(|c| !allowed(*c)) {
        // https://docs.github.com/en/rest/releases/assets: "special characters, non-alphanumeric characters".
        format!("it holds {other:?}; GitHub renames files with other characters than `A-Z a-z 0-9 - . _ +`")
    } else if name.ends_with('.') {
        "it ends with a dot".to_owned()
    } else if DEVICES.contains(&stem.trim_end_matches(|c: char| c.is_ascii_digit())) {
        format!("`{stem}` is a device on Windows")
    } else if name.len() > LONGEST {
        format!("it is longer than {LONGEST} bytes")
    } else {
        return Ok(());
    };
    Err(Error::usage(format!("`{name}` cannot be a file's name")).because(reason))
}

/// The repository's URL as release URLs are built on it: without `.git`, slashes at the end, or a path into the tree.
pub fn repository_base(repository: &str) -> String {
    let trimmed = repository.trim();
    // `https://host/owner/name` may itself have the word in it.
    let (_, path) = trimmed.split_at(trimmed.match_indices('/').nth(4).map_or(trimmed.len(), |(at, _)| at));
    let tree = ["/-/tree/", "/tree/", "/src/branch/"].iter().filter_map(|word| path.find(word)).min();
    let superfluous = |c: char| c == '/' || c.is_whitespace();
    let mut base = &trimmed[..trimmed.len() - path.len() + tree.unwrap_or(path.len())];
    while let Some(shorter) = base.strip_suffix(superfluous).or_else(|| base.strip_suffix(".git")) {
        base = shorter;
    }
    base.to_owned()
}

/// Percent-encodes what cannot stand in one segment of a URL's path (RFC 3986: all but `pchar` less what shells mind).
pub fn url_segment(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut url, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~+@!,".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
        url
    })
}

/// The URL under which `asset` of the release `tag` will be found.
///
/// # Errors
/// A template with an unknown variable, or that comes to no URL.
pub fn asset_url(template: &str, repository: &str, tag: &str, version: &str, asset: &str) -> Result<String> {
    let (repo, tag, asset) = (repository_base(repository), url_segment(tag), url_segment(asset));
    let version = url_segment(version);
    let values = BTreeMap::from([("repo", &*repo), ("tag", &*tag), ("version", &*version), ("asset", &*asset)]);
    let url = render(template, &values)?;
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    // What RFC 3986 has nowhere in a URL.
    let foreign = |c: char| !c.is_ascii_graphic() || r#""<>\^`{|}"#.contains(c);
    if host.is_empty() || host.starts_with('/') || url.contains(foreign) {
        return Err(Error::usage(format!("`{url}` is no URL"))
            .because(format!("`{template}` comes to that with the repository `{repository}`"))
            .help("write `repository = \"https://…\"` under [package] in Cargo.toml, or mend `download-url`"));
    }
    Ok(url)
}

/// The file that has a package's container image: an OCI layout in a tar file.
pub fn image_file(package: &str, version: &str) -> String {
    format!("{package}-v{version}.oci.tar")
}

/// Whether a file is such a one.
pub fn is_image_file(name: &str) -> bool {
    name.ends_with(".oci.tar")
}

/// What a package's image is called where nothing says otherwise: as the package, in the letters that images may have.
pub fn image_name(package: &str) -> String {
    let words = package.to_ascii_lowercase();
    let words: Vec<&str> = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "image".to_owned() } else { words.join("-") }
}

/// The tag of an image for a version: a tag has no `+`, and no version has a `_`.
pub fn image_tag(version: &str) -> String {
    version.replace('+', "_")
}

/// The tags that move from version to version, as users of the registries expect them: `1.2`, `1`, `latest`. Below 1.0,
/// where any minor version may break, there is no `0`; and a pre-release moves none.
pub fn image_floating_tags(version: &semver::Version) -> Vec<String> {
    let semver::Version { major, minor, pre, .. } = version;
    let all = [Some(format!("{major}.{minor}")), (*major > 0).then(|| major.to_string()), Some("latest".to_owned())];
    all.into_iter().flatten().filter(|_| pre.is_empty()).collect()
}

/// An image's name with the registry that clients mean where it has none.
pub fn image_with_registry(name: &str) -> String {
    match name.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    }
}

/// The name of the release's folder: the tag, with what cannot stand in a file name escaped. No two tags have one
/// folder, and none has a name that begins with a dot: the folder of all releases keeps those for itself.
pub fn release_folder(tag: &str) -> String {
    if tag.is_empty() {
        // No tag becomes this: every other `%` is followed by two digits.
        return "%".to_owned();
    }
    let last = tag.chars().count() - 1;
    tag.chars().enumerate().fold(String::new(), |mut folder, (n, c)| {
        match c {
            '.' if n == 0 || n == last => folder.push_str("%2E"),
            ' ' if n == last => folder.push_str("%20"),
            c if c.is_control() || r#"/\:*?"<>|%"#.contains(c) => folder.push_str(&url_segment(&c.to_string())),
            c => folder.push(c),
        }
        folder
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_names_are_the_first_that_binstall_looks_for() {
        let target = Target::parse("x86_64-unknown-linux-musl").unwrap();
        let values = archive_values("tally", "1.2.3", &target);
        assert_eq!(render(ARCHIVE, &values).unwrap(), "tally-x86_64-unknown-linux-musl-v1.2.3");
        assert_eq!(render("app-{ target-family }-{ target-arch }", &values).unwrap(), "app-linux-x86_64");
    }

    #[test]
    fn unknown_variables_get_the_nearest_spelling() {
        let error = check("{ nam }", ARCHIVE_KEYS).unwrap_err().to_string();
        assert!(error.contains("unknown variable `nam`") && error.contains("did you mean `name`"), "{error}");
        assert!(check("{ name", ARCHIVE_KEYS).is_err());
    }

    #[test]
    fn urls_of_every_forge() {
        let url = |repository: &str| {
            let template = forge_download_url(repository)?;
            Some(asset_url(template, repository, "a/v1", "1.0.0", "x+y z.zip").unwrap())
        };
        assert_eq!(
            url("https://github.com/o/r.git").unwrap(),
            "https://github.com/o/r/releases/download/a%2Fv1/x+y%20z.zip"
        );
        assert_eq!(
            url("https://github.com/o/r/tree/main/crates/x").unwrap(),
            "https://github.com/o/r/releases/download/a%2Fv1/x+y%20z.zip"
        );
        assert_eq!(
            url("https://gitlab.com/o/r/").unwrap(),
            "https://gitlab.com/o/r/-/releases/a%2Fv1/downloads/binaries/x+y%20z.zip"
        );
        assert_eq!(url("https://git.example.org/o/r"), None);
    }

    #[test]
    fn folders_of_tags_never_collide_or_escape() {
        assert_eq!(release_folder("v1.0.0"), "v1.0.0");
        assert_eq!(release_folder("a/v1"), "a%2Fv1");
        assert_eq!(release_folder("a%2Fv1"), "a%252Fv1");
        assert_eq!((release_folder("..").as_str(), release_folder("")), ("%2E%2E", "%".to_owned()));
    }

    #[test]
    fn file_names_are_what_every_system_and_forge_keeps() {
        for good in ["tally-x86_64-unknown-linux-musl-v1.2.3.tar.gz", "a_v1.0.0-rc.1+build.7.zip", "console.zip"] {
            assert!(check_file_name(good).is_ok(), "{good}");
        }
        for bad in ["", "..", "a/b", "-a", "a b.zip", "a~b.zip", "é.zip", "nul.tar.gz", "COM1.zip", "a."] {
            assert!(check_file_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_images() {
        assert_eq!(
            (image_name("My__tool"), image_name("grün-"), image_name("é")),
            ("my-tool".into(), "gr-n".into(), "image".into())
        );
        assert_eq!(image_tag("1.2.3-rc.1+build.7"), "1.2.3-rc.1_build.7");
        let floating = |version: &str| image_floating_tags(&semver::Version::parse(version).unwrap()).join(" ");
        assert_eq!((floating("1.2.3"), floating("0.4.1+b")), ("1.2 1 latest".into(), "0.4 latest".into()));
        assert_eq!(floating("2.0.0-rc.1"), "");
        assert_eq!(image_with_registry("tally"), "docker.io/library/tally");
        assert_eq!(image_with_registry("acme/tally"), "docker.io/acme/tally");
        for whole in ["ghcr.io/acme/tally", "localhost/tally", "127.0.0.1:5000/tally"] {
            assert_eq!(image_with_registry(whole), whole);
        }
    }

    #[test]
    fn a_repository_may_be_called_tree() {
        assert_eq!(repository_base("https://github.com/o/tree/tree/main/x"), "https://github.com/o/tree");
        assert_eq!(repository_base("https://github.com/tree/r.git/"), "https://github.com/tree/r");
        assert_eq!(repository_base("https://github.com/o/r.git/tree/main"), "https://github.com/o/r");
        assert_eq!(repository_base("https://gitlab.com/g/s/r/-/tree/main/x"), "https://gitlab.com/g/s/r");
    }

    #[test]
    fn download_urls_are_urls_and_differ() {
        assert!(check_url("{ repo }/{ tag }/{ asset }").is_ok() && check_url("https://h/{ asset }").is_ok());
        for bad in ["", "{ asset }", "ftp://h/{ asset }", "https://h/{ tag }", "https://h/{ aset }"] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
        assert!(asset_url("{ repo }/{ asset }", "", "v1", "1.0.0", "a.zip").is_err(), "no repository");
    }

    #[test]
    fn names_of_crates() {
        for good in ["a", "serde_json", "cargo-binstall", "0x"] {
            assert!(is_crate_name(good), "{good}");
        }
        for bad in ["", "a b", "../x", "a/b", "ü", "a\n", &"a".repeat(65)] {
            assert!(!is_crate_name(bad), "{bad}");
        }
    }
}
