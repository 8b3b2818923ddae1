//! The URLs that the client tries, in its order.

use super::hosts::Repository;
use super::metadata::{Remark, Settings};
use super::refusal::Refusal;
use super::template::{self, UrlValues};
use super::url::Url;
use super::{Format, Subject};
use crate::targets::BinstallTarget;

/// A URL that the client tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The URL.
    pub url: String,
    /// The file's name on the forge: the last part of the URL's path that says anything.
    pub file: String,
    /// As what the client reads it.
    pub format: Format,
    /// The suffix that the client chose; none where `pkg-url` says it.
    pub suffix: Option<&'static str>,
    /// What stood for `{ name }`: the package's name, in the second round that of its only program.
    pub name: String,
    /// The URL of its signature, if the metadata say that there is one.
    pub signature: Option<String>,
}

impl Candidate {
    /// The file's name with its percent-escapes undone, as it is on a disk.
    pub fn decoded_file(&self) -> String {
        String::from_utf8_lossy(&super::url::decode(&self.file)).into_owned()
    }
}

/// What the client tries for a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    /// The URLs. The same URL can be there twice: the client asks twice.
    pub urls: Vec<Candidate>,
    /// The repository, as URLs are built on it.
    pub repository: Option<Repository>,
    /// The parts that default URLs are made of.
    pub defaults: Option<Defaults>,
    /// Why there are none, or why none of them is of use.
    pub refusal: Option<Refusal>,
    /// What is probably not meant.
    pub remarks: Vec<Remark>,
}

/// The parts of default URLs: each file name in each folder with each suffix is tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Names of files without their suffixes.
    pub names: Vec<String>,
    /// Folders, one a tag.
    pub folders: Vec<String>,
    /// Ends of file names.
    pub suffixes: Vec<&'static str>,
}

/// Finds the candidates of a package for a target.
pub fn candidates(subject: &Subject, target: &BinstallTarget, settings: &Settings) -> Candidates {
    let mut found = Candidates::default();
    found.refusal = find(subject, target, settings, &mut found).err();
    found
}

fn find(
    subject: &Subject,
    target: &BinstallTarget,
    settings: &Settings,
    found: &mut Candidates,
) -> Result<(), Refusal> {
    // An unreadable `repository` stops the client even where `pkg-url` makes no use of it.
    let repository = subject.repository.as_deref().map(Repository::read).transpose()?.map(|(repository, remarks)| {
        found.remarks.extend(remarks);
        repository
    });
    found.repository.clone_from(&repository);
    let values = UrlValues {
        name: &subject.name,
        repo: repository.as_ref().map(|repository| repository.url.as_str()),
        version: &subject.version,
        target,
        suffix: None,
        subcrate: repository.as_ref().and_then(|repository| repository.subcrate.as_deref()),
        url: None,
    };
    let rounds = subject.rounds();
    match (&settings.pkg_url, &repository) {
        (Some(pkg_url), _) => {
            for name in &rounds {
                let values = UrlValues { name, ..values };
                configured(pkg_url, subject, settings, &values, found)?;
            }
        }
        (None, Some(repository)) => {
            if repository.host.folder("").is_none() {
                return Err(Refusal::UnknownHost(repository.page.clone()));
            }
            for name in &rounds {
                by_default(repository, settings.pkg_fmt, &UrlValues { name, ..values }, found);
            }
        }
        (None, None) => return Err(Refusal::NoRepository),
    }
    if let Some(signing) = &settings.signing {
        if !is_minisign_key(&signing.pubkey) {
            return Err(Refusal::Signature);
        }
        let file = signing.file.as_deref().unwrap_or("{ url }.sig");
        let parsed = template::parse("signing.file", file)?;
        for candidate in &mut found.urls {
            let values =
                UrlValues { name: &candidate.name, suffix: candidate.suffix, url: Some(&candidate.url), ..values };
            let url = template::render("signing.file", &parsed, &values)?;
            candidate.signature = Some(Url::parse(&url).map_err(|error| Refusal::Url(error.to_string()))?.to_string());
        }
    }
    Ok(())
}

/// Whether this is a public key of minisign: the base64 of `Ed` (or `ED`), 8 bytes of a name and 32 of the key.
fn is_minisign_key(text: &str) -> bool {
    let digits = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    text.len() == 56 && (text.starts_with("RW") || text.starts_with("RU")) && text.chars().all(digits)
}

/// The URLs of a `pkg-url`.
fn configured(
    pkg_url: &str,
    subject: &Subject,
    settings: &Settings,
    values: &UrlValues<'_>,
    found: &mut Candidates,
) -> Result<(), Refusal> {
    let parsed = template::parse("pkg-url", pkg_url)?;
    let names_suffix = template::names_suffix(&parsed);
    let guessed = Format::of_name(pkg_url);
    let format = settings.pkg_fmt.or(guessed.filter(|_| !names_suffix));
    let remarks = match (settings.pkg_fmt, guessed) {
        _ if names_suffix => template::deprecated("pkg-url", &parsed),
        (None, None) => {
            let Subject { name, version, .. } = subject;
            let what = format!("{name}@{version} on {}", values.target);
            return Err(Refusal::NoFormat { pkg_url: pkg_url.to_owned(), what });
        }
        (None, Some(guessed)) => vec![Remark::on(
            &["pkg-url"],
            format!("nothing says the format: it is taken for {} from the end of `pkg-url`", guessed.word()),
            format!("write `pkg-fmt = \"{}\"`", guessed.word()),
        )],
        (Some(set), Some(guessed)) if set != guessed => vec![Remark::on(
            &["pkg-fmt"],
            format!("`pkg-url` ends as {} does, and it is read as {}", guessed.word(), set.word()),
            format!("write `pkg-fmt = \"{}\"`, or end `pkg-url` with `{{ archive-suffix }}`", guessed.word()),
        )],
        (Some(_), _) => Vec::new(),
    };
    for remark in remarks {
        if !found.remarks.contains(&remark) {
            found.remarks.push(remark);
        }
    }
    let mut refusal = None;
    for format in format.map_or(Format::ALL.to_vec(), |format| vec![format]) {
        let suffixes: Vec<Option<&'static str>> = if names_suffix {
            format.suffixes(values.target.is_windows()).iter().copied().map(Some).collect()
        } else {
            vec![None]
        };
        for suffix in suffixes {
            let rendered = template::render("pkg-url", &parsed, &UrlValues { suffix, ..*values });
            let url = rendered.and_then(|url| Url::parse(&url).map_err(|error| Refusal::Url(error.to_string())));
            match url {
                Ok(url) => found.urls.push(candidate(&url, "", format, suffix, values.name)),
                // Each is passed over; the client finds nothing when all are.
                Err(why) => refusal = Some(why),
            }
        }
    }
    refusal.filter(|_| found.urls.is_empty()).map_or(Ok(()), Err)
}

/// The URLs that a forge has by default.
fn by_default(repository: &Repository, format: Option<Format>, values: &UrlValues<'_>, found: &mut Candidates) {
    let UrlValues { name, version, target, .. } = *values;
    let formats = format.map_or(Format::ALL.to_vec(), |format| vec![format]);
    let mut names: Vec<String> = ["-", "_"].iter().flat_map(|by| full_names(name, version, target, by)).collect();
    if !repository.host.shares_folder() {
        names.extend(["-", "_"].map(|by| format!("{name}{by}{target}")));
    }
    let mut tags = vec![version.to_owned(), format!("v{version}")];
    if let Some(subcrate) = &repository.subcrate {
        tags.extend([format!("{subcrate}%2F{version}"), format!("{subcrate}%2Fv{version}")]);
    }
    let mut folders: Vec<(String, &str)> = tags.iter().filter_map(|tag| repository.host.folder(tag)).collect();
    folders.dedup();
    let urls: Vec<Option<Url>> =
        folders.iter().map(|(folder, _)| Url::parse(&format!("{}{folder}/", repository.url)).ok()).collect();
    for stem in &names {
        for ((_, end), folder) in folders.iter().zip(&urls) {
            let Some(folder) = folder else { continue };
            for (format, suffix) in formats
                .iter()
                .flat_map(|format| format.suffixes(target.is_windows()).iter().map(move |suffix| (*format, *suffix)))
            {
                if let Ok(url) = folder.file(&format!("{stem}{suffix}{end}")) {
                    found.urls.push(candidate(&url, end, format, Some(suffix), name));
                }
            }
        }
    }
    let defaults = found.defaults.get_or_insert_default();
    defaults.names.extend(names);
    defaults.folders = folders.into_iter().map(|(folder, _)| format!("{}{folder}", repository.url)).collect();
    defaults.suffixes = formats.iter().flat_map(|format| format.suffixes(target.is_windows())).copied().collect();
}

/// The forms of a file's name that have the version, in the client's order.
fn full_names(name: &str, version: &str, target: &BinstallTarget, by: &str) -> [String; 4] {
    [
        format!("{name}{by}{target}{by}v{version}"),
        format!("{name}{by}{target}{by}{version}"),
        format!("{name}{by}{version}{by}{target}"),
        format!("{name}{by}v{version}{by}{target}"),
    ]
}

fn candidate(url: &Url, end: &str, format: Format, suffix: Option<&'static str>, name: &str) -> Candidate {
    let url = url.to_string();
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let file = path.strip_suffix(end).unwrap_or(path).rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    Candidate { file: file.to_owned(), format, suffix, name: name.to_owned(), signature: None, url }
}
