//! Releases on forges: what is there under a tag, and how files and pages come there. Each kind of forge is a file.

mod command;
mod curl;
mod gh;
mod gitea;
mod github;
mod gitlab;
mod reply;
pub mod tag;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::config::{Forge, ForgeKind};
use crate::names::url_segment;
use crate::report::{Error, Result};
use crate::run::Runner;
pub use command::Hosting;
pub use reply::Reply;

/// The releases of one repository on a forge, of which one tag's is meant.
pub trait Releases {
    /// Whether the forge knows the repository, and lets the user release there.
    ///
    /// # Errors
    /// Why it does not.
    fn check(&self) -> Result<()>;

    /// What it has under the tag, drafts included.
    ///
    /// # Errors
    /// A forge that does not answer.
    fn look(&self) -> Result<There>;

    /// Makes a page that only the repository's owners see, where the forge has such; else nothing.
    ///
    /// # Errors
    /// A forge that refuses.
    fn draft(&self, page: &Page) -> Result<()>;

    /// Brings a file there, under its own name.
    ///
    /// # Errors
    /// A forge that refuses.
    fn upload(&self, there: &There, name: &str, file: &Path) -> Result<()>;

    /// Takes a file away.
    ///
    /// # Errors
    /// A forge that refuses.
    fn remove(&self, there: &There, file: &RemoteFile) -> Result<()>;

    /// The sha256 of a file, by reading it.
    ///
    /// # Errors
    /// A forge that does not give it.
    fn sha256(&self, file: &RemoteFile) -> Result<String>;

    /// Makes the page public, with links to the files where it has them by links.
    ///
    /// # Errors
    /// A forge that refuses.
    fn publish(&self, there: &There, page: &Page, latest: bool) -> Result<()>;

    /// Makes a public page a draft again, where the forge has such; else nothing.
    ///
    /// # Errors
    /// A forge that refuses.
    fn withdraw(&self, there: &There) -> Result<()>;

    /// The tag of the release that the forge calls the latest; none where it has none, or calls none so.
    ///
    /// # Errors
    /// A forge that does not answer.
    fn latest(&self) -> Result<Option<String>>;
}

/// What a forge has under a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct There {
    /// The page.
    pub page: Option<RemotePage>,
    /// The files, public or not. A name may come twice.
    pub files: Vec<RemoteFile>,
}

/// The page of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemotePage {
    /// What the forge calls it in its API.
    pub id: String,
    /// Where people find it.
    pub url: String,
    /// Whether only the repository's owners see it.
    pub is_draft: bool,
    /// Where files are sent to, where the forge tells.
    pub uploads: Option<String>,
    /// The files that its links lead to; none where it has its files by itself.
    pub links: Option<Vec<String>>,
}

impl There {
    /// Whether the world sees the release.
    pub fn is_public(&self) -> bool {
        self.page.as_ref().is_some_and(|page| !page.is_draft)
    }

    /// What the forge calls the page in its API; nothing where there is none.
    fn id(&self) -> &str {
        self.page.as_ref().map_or("", |page| &page.id)
    }
}

/// A file on a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// What the forge calls it in its API.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its sha256, where the forge tells.
    pub sha256: Option<String>,
    /// Whether all of it came there.
    pub is_whole: bool,
    /// Where it is.
    pub url: String,
}

/// What is written on a release's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The title.
    pub title: String,
    /// The notes, in Markdown.
    pub notes: String,
    /// Whether it is a pre-release.
    pub is_prerelease: bool,
}

impl Page {
    /// A draft of it, in the words of GitHub's API, which Gitea's has too.
    fn draft(&self, tag: &str) -> Value {
        json!({
            "tag_name": tag,
            "name": self.title,
            "body": self.notes,
            "draft": true,
            "prerelease": self.is_prerelease,
        })
    }
}

/// The page of a release, where people find it; none where a host only keeps files.
pub fn page_url(forge: &Forge, tag: &str) -> Option<String> {
    let (repository, tag) = (&forge.repository, url_segment(tag));
    match forge.kind {
        ForgeKind::GitHub | ForgeKind::Gitea => Some(format!("{repository}/releases/tag/{tag}")),
        ForgeKind::GitLab => Some(format!("{repository}/-/releases/{tag}")),
        ForgeKind::Command => None,
    }
}

/// How a forge is reached.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// Which.
    pub forge: &'a Forge,
    /// The release's tag.
    pub tag: &'a str,
    /// Runs programs.
    pub runner: &'a Runner,
    /// A folder of this run alone.
    pub work: &'a Path,
}

impl<'a> Access<'a> {
    /// The releases there; none for a host that only keeps files ([`Hosting`]).
    ///
    /// # Errors
    /// A repository whose URL has no owner and name.
    pub fn releases(self) -> Result<Option<Box<dyn Releases + 'a>>> {
        Ok(match self.forge.kind {
            ForgeKind::GitHub => Some(Box::new(github::GitHub::new(self)?)),
            ForgeKind::GitLab => Some(Box::new(gitlab::GitLab::new(self)?)),
            ForgeKind::Gitea => Some(Box::new(gitea::Gitea::new(self)?)),
            ForgeKind::Command => None,
        })
    }

    /// How long the forge may say nothing.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.forge.timeout)
    }

    /// The token of the configured variable; none where it is not set.
    pub fn token(&self) -> Option<String> {
        std::env::var(self.forge.token_variable()).ok().map(|token| token.trim().to_owned()).filter(|it| !it.is_empty())
    }

    /// What a forge said, without the token, should it repeat it.
    pub fn redacted(&self, said: &[u8]) -> String {
        let said = String::from_utf8_lossy(said).into_owned();
        let of_gh = ["GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", gitlab::JOB_TOKEN].map(std::env::var);
        let secrets = self.token().into_iter().chain(of_gh.into_iter().flatten());
        secrets.filter(|secret| !secret.is_empty()).fold(said, |said, secret| said.replace(&secret, "***"))
    }

    /// `https://host` and `owner/name` of the repository's URL.
    ///
    /// # Errors
    /// A URL with no owner and name.
    pub fn repository(&self) -> Result<(&'a str, &'a str)> {
        let url = self.forge.repository.as_str();
        let none = || Error::new(format!("`{url}` has no owner and name")).help("write `repository` under [forge]");
        let start = url.find("://").map(|at| at + 3).ok_or_else(none)?;
        let slash = url[start..].find('/').map(|at| start + at).ok_or_else(none)?;
        let path = url[slash..].trim_matches('/');
        if path.contains('/') { Ok((&url[..slash], path)) } else { Err(none()) }
    }
}

impl Forge {
    /// Its name for people.
    pub fn name(&self) -> &'static str {
        match self.kind {
            ForgeKind::GitHub => "GitHub",
            ForgeKind::GitLab => "GitLab",
            ForgeKind::Gitea => "Gitea",
            ForgeKind::Command => "the host",
        }
    }
}
