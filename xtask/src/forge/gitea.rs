//! Releases on Gitea and Forgejo: `/api/swagger` of any server, or <https://docs.gitea.com/api>.

use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use super::curl::{Body, Curl};
use super::{Access, Page, Releases, RemoteFile, RemotePage, Reply, There};
use crate::names::url_segment;
use crate::report::{Error, Result};

/// The most that every server gives at once.
const PER_PAGE: usize = 50;

/// The releases of a repository.
#[derive(Debug)]
pub struct Gitea<'a> {
    curl: Curl<'a>,
    /// The URL of the server.
    base: &'a str,
    /// The URL of the repository in the API.
    api: String,
}

#[derive(Debug, Deserialize)]
struct Release {
    id: u64,
    tag_name: String,
    html_url: String,
    draft: bool,
    #[serde(default)]
    assets: Option<Vec<Asset>>,
}

#[derive(Debug, Deserialize)]
struct Asset {
    id: u64,
    name: String,
    size: u64,
    uuid: String,
}

#[derive(Debug, Deserialize)]
struct Repository {
    #[serde(default)]
    permissions: Option<Permissions>,
}

#[derive(Debug, Deserialize)]
struct Permissions {
    push: bool,
}

impl<'a> Gitea<'a> {
    pub fn new(access: Access<'a>) -> Result<Self> {
        access.repository()?;
        // A server may be in a folder of its host.
        let url = access.forge.repository.as_str();
        let at = url.rmatch_indices('/').nth(1).map_or(url.len(), |(at, _)| at);
        let (base, path) = url.split_at(at);
        let api = access.forge.api.clone().unwrap_or_else(|| format!("{base}/api/v1"));
        let credentials = access.token().map(|token| format!("Authorization: token {token}"));
        Ok(Self { curl: Curl { access, credentials }, base, api: format!("{api}/repos{path}") })
    }

    fn call(&self, method: &str, path: &str, body: Body<'_>) -> Result<Reply> {
        self.curl.call(method, &format!("{}{path}", self.api), body)
    }

    /// The release of the tag; drafts are in the list for those who may write.
    fn release(&self) -> Result<Option<Release>> {
        for page in 1.. {
            let path = format!("/releases?limit={PER_PAGE}&page={page}");
            let releases: Vec<Release> = self.call("GET", &path, Body::None)?.json()?;
            // A server may give fewer than asked for, so that only an empty page is the last.
            let is_last = releases.is_empty();
            let found = releases.into_iter().find(|release| release.tag_name == self.curl.access.tag);
            if found.is_some() || is_last {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

fn there(release: Release, base: &str) -> There {
    let file = |asset: Asset| RemoteFile {
        // Where the files of drafts are found, too.
        url: format!("{base}/attachments/{}", asset.uuid),
        id: asset.id.to_string(),
        name: asset.name,
        size: asset.size,
        sha256: None,
        is_whole: true,
    };
    There {
        files: release.assets.into_iter().flatten().map(file).collect(),
        page: Some(RemotePage {
            id: release.id.to_string(),
            url: release.html_url,
            is_draft: release.draft,
            uploads: None,
            links: None,
        }),
    }
}

impl Releases for Gitea<'_> {
    fn check(&self) -> Result<()> {
        let variable = self.curl.access.forge.token_variable();
        if self.curl.credentials.is_none() {
            return Err(Error::new(format!("archive is published with {variable}, which is not set"))
                .help(format!("export {variable}=…, a token that may write the repository")));
        }
        let repository: Repository = self.call("GET", "", Body::None)?.json()?;
        match repository.permissions {
            Some(Permissions { push: false }) => Err(Error::new(format!(
                "the token in {variable} may not release in {}",
                self.curl.access.forge.repository
            ))
            .help("make one that may write the repository")),
            _ => Ok(()),
        }
    }

    fn look(&self) -> Result<There> {
        Ok(self.release()?.map(|release| there(release, self.base)).unwrap_or_default())
    }

    fn draft(&self, page: &Page) -> Result<()> {
        let body = page.draft(self.curl.access.tag);
        self.call("POST", "/releases", Body::Json(&body))?.success().map(drop)
    }

    fn upload(&self, there: &There, name: &str, file: &Path) -> Result<()> {
        let path = format!("/releases/{}/assets?name={}", there.id(), url_segment(name).replace('+', "%2B"));
        self.call("POST", &path, Body::Form("attachment", file, name))?.success().map(drop)
    }

    fn remove(&self, there: &There, file: &RemoteFile) -> Result<()> {
        let path = format!("/releases/{}/assets/{}", there.id(), file.id);
        let reply = self.call("DELETE", &path, Body::None)?;
        if reply.status == 404 { Ok(()) } else { reply.success().map(drop) }
    }

    fn sha256(&self, file: &RemoteFile) -> Result<String> {
        let gone = || Error::new(format!("{} is in the release, and not at {}", file.name, file.url));
        self.curl.sha256(&file.url)?.ok_or_else(gone)
    }

    fn publish(&self, there: &There, page: &Page, _latest: bool) -> Result<()> {
        // The latest is, for the server, the public one that was made last and is no pre-release
        // (`GetLatestReleaseByRepoID` in its models/repo/release.go); nothing in its API can change that.
        let body = json!({ "draft": false, "prerelease": page.is_prerelease });
        self.call("PATCH", &format!("/releases/{}", there.id()), Body::Json(&body))?.success().map(drop)
    }

    fn withdraw(&self, there: &There) -> Result<()> {
        let path = format!("/releases/{}", there.id());
        self.call("PATCH", &path, Body::Json(&json!({ "draft": true })))?.success().map(drop)
    }

    fn latest(&self) -> Result<Option<String>> {
        Ok(None)
    }
}
