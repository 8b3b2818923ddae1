//! Why the client installs nothing: in its own words, with its exit code, and with what mends it.

use std::fmt;

use super::metadata::Remark;

/// A reason of the client's not to install a package for a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The manifest, or the metadata in it, is not what it reads.
    Manifest(Vec<Remark>),
    /// The package has no program.
    NoPrograms,
    /// The triple is none that it knows; the reason.
    Target(String),
    /// `repository` is no URL; it, and the reason.
    Repository(String, String),
    /// There is neither `repository` nor `pkg-url`.
    NoRepository,
    /// The host of the repository (its URL) has no default URLs, and there is no `pkg-url`.
    UnknownHost(String),
    /// A template that is none: its key, and the reason.
    Template(&'static str, String),
    /// A template with a variable that has no value: its key, and the reason.
    Render(&'static str, String),
    /// A `pkg-url` that renders to no URL; the reason.
    Url(String),
    /// Neither `pkg-fmt` nor `pkg-url` says what the file is.
    NoFormat {
        /// The `pkg-url`.
        pkg_url: String,
        /// `name@version on target`.
        what: String,
    },
    /// The strategy that reads releases is switched off.
    Disabled,
    /// No URL answers.
    NotFound,
    /// What is at the URL is not read as what it should be; the client's reason.
    Unreadable(String),
    /// There is no signature at this URL.
    NoSignature(String),
    /// The signature is not one of the file and the key.
    Signature,
    /// `bin-dir` leads out of the archive; the path.
    Outside(String),
    /// `bin-dir` is empty.
    Nowhere,
    /// `bin-dir` (or format `bin`) gives two programs one path.
    Duplicate(String),
    /// A program is not where it is looked for; the path, and what is there that looks like it.
    Missing {
        /// Where it is looked for.
        path: String,
        /// Where the archive has a file of that name.
        instead: Option<String>,
    },
    /// Every program is optional, and none is there.
    NothingOptional,
    /// A link to a program that was moved before; its path, and the program installed before.
    MovedAway(String, String),
}

impl Refusal {
    /// What the client exits with, if nothing else is tried after it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Manifest(_) => 99,
            Self::NoPrograms => 86,
            Self::Target(_) => 97,
            Self::MovedAway(..) => 88,
            _ => 94,
        }
    }

    /// What mends it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Manifest(remarks) => {
                let remedies: Vec<&str> = remarks.iter().map(|remark| remark.remedy.as_str()).collect();
                remedies.join("; ")
            }
            Self::NoPrograms => "add src/main.rs or a [[bin]]; where only Cargo.toml is there, a [[bin]] with its `path` \
                                 and `autobins = false`, as published packages have them"
                .to_owned(),
            Self::Target(_) => "write a triple as `rustc --print target-list` has it; what target-lexicon does not know, \
                                cargo-binstall cannot install for"
                .to_owned(),
            Self::Repository(..) => "write `repository = \"https://HOST/OWNER/NAME\"`: the client reads it even where \
                                     `pkg-url` does not use it"
                .to_owned(),
            Self::NoRepository => "write `repository = \"https://github.com/OWNER/NAME\"` under [package], or \
                                          `pkg-url` under [package.metadata.binstall]"
                .to_owned(),
            Self::UnknownHost(_) => "write `pkg-url = \"{ repo }/…/{ name }-{ target }-v{ version }{ archive-suffix }\"` \
                                         under [package.metadata.binstall]: only GitHub, GitLab, Codeberg, Bitbucket and \
                                         SourceForge have default URLs"
                .to_owned(),
            Self::Template(key, _) => {
                format!("mend `{key}`: variables are written `{{ name }}`, braces of their own `\\{{` and `\\}}`")
            }
            Self::Render(key, _) => format!("`{key}` knows {}", super::template::known(key)),
            Self::Url(_) => "mend `pkg-url`: it has to become an absolute URL".to_owned(),
            Self::NoFormat { .. } => "write `pkg-fmt = \"…\"`, or end `pkg-url` with `{ archive-suffix }`".to_owned(),
            Self::Disabled => "take \"crate-meta-data\" out of `disabled-strategies`".to_owned(),
            Self::NotFound => "name the file and its tag as one of the URLs has them, or write `pkg-url`".to_owned(),
            Self::Unreadable(_) => "pack it in one stream, in the format that its name and `pkg-fmt` say".to_owned(),
            Self::NoSignature(url) => format!("upload the signature to {url}, or take [signing] out"),
            Self::Signature => "sign the file anew, prehashed, with the key whose public half is `pubkey`".to_owned(),
            Self::Outside(_) | Self::Nowhere => {
                "write `bin-dir` as a path inside the archive, as `{ name }-{ target }/{ bin }{ binary-ext }`".to_owned()
            }
            Self::Duplicate(_) => "with several programs, write `{ bin }` in `bin-dir`, and pack them in an archive: \
                                   format `bin` holds only one"
                .to_owned(),
            Self::Missing { instead: Some(path), .. } => {
                format!("it is at {path}: move it, or write `bin-dir` so that it leads there")
            }
            Self::Missing { instead: None, .. } => {
                "pack it: every program without `required-features` has to be in the archive".to_owned()
            }
            Self::NothingOptional => "pack a program, or release one without `required-features`".to_owned(),
            Self::MovedAway(..) => "pack the program itself in place of the link".to_owned(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let no_default = "cargo-binstall cannot provide default pkg_url for it";
        match self {
            Self::Manifest(remarks) => {
                let whats: Vec<String> = remarks.iter().map(ToString::to_string).collect();
                write!(f, "TOML parse error: {}", whats.join("; "))
            }
            Self::NoPrograms => f.write_str("no binaries specified nor inferred"),
            Self::Target(reason) => write!(f, "Failed to parse target triple: {reason}"),
            Self::Repository(_, reason) | Self::Url(reason) => write!(f, "Failed to parse url: {reason}"),
            Self::NoRepository => write!(f, "Package does not specify repository, {no_default}"),
            Self::UnknownHost(repository) => write!(f, "Unknown repository {repository}, {no_default}"),
            Self::Template(_, reason) => write!(f, "Failed to parse template: {reason}"),
            Self::Render(_, reason) => write!(f, "Failed to render template: {reason}"),
            Self::NoFormat { pkg_url, what } => write!(
                f,
                "Invalid pkg-url {pkg_url} for {what}: pkg-fmt is not specified, yet pkg-url does not contain format, \
                 archive-format or archive-suffix which is required for automatically deducing pkg-fmt"
            ),
            Self::Disabled => {
                f.write_str("strategy crate-meta-data is disabled: Fallback to cargo-install is disabled")
            }
            Self::NotFound => f.write_str("no candidate URL exists (all 404): Fallback to cargo-install is disabled"),
            Self::Unreadable(reason) => f.write_str(reason),
            Self::NoSignature(url) => write!(f, "could not GET {url}: 404 Not Found"),
            Self::Signature => f.write_str("Failed to verify signature"),
            Self::Outside(path) => {
                write!(f, "bin-dir configuration provided generates source path outside of the temporary dir: {path}")
            }
            Self::Nowhere => f.write_str("bin-dir configuration provided generates empty source path"),
            Self::Duplicate(path) => {
                write!(f, "bin-dir configuration provided generates duplicate source path: {path}")
            }
            Self::Missing { path, .. } => write!(f, "bin file …/{path} not found"),
            Self::NothingOptional => f.write_str("The fetcher does not provide any optional binary"),
            Self::MovedAway(path, before) => {
                write!(f, "bin file …/{path} not found (at install time, after {before} was already installed)")
            }
        }
    }
}
