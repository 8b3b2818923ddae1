//! Releases on GitHub: <https://docs.github.com/en/rest/releases>.

use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use super::gh::{Body, Gh};
use super::{Access, Page, Releases, RemoteFile, RemotePage, Reply, There};
use crate::hash::sha256;
use crate::names::url_segment;
use crate::report::{Context, Error, Result};

const JSON: &str = "application/vnd.github+json";
const BYTES: &str = "application/octet-stream";
/// The most that the API gives at once.
const PER_PAGE: usize = 100;

/// The releases of a repository.
#[derive(Debug)]
pub struct GitHub<'a> {
    gh: Gh<'a>,
    /// `owner/name`.
    repository: &'a str,
}

#[derive(Debug, Deserialize)]
struct Release {
    id: u64,
    tag_name: String,
    html_url: String,
    /// With `{?name,label}` at its end (RFC 6570).
    upload_url: String,
    draft: bool,
    #[serde(default)]
    assets: Vec<Asset>,
}

impl Release {
    fn is_empty_draft(&self) -> bool {
        self.draft && self.assets.is_empty()
    }
}

#[derive(Debug, Deserialize)]
struct Asset {
    id: u64,
    name: String,
    size: u64,
    /// `starter` while it is not all there: such a one stays behind when an upload is cut.
    state: String,
    /// `sha256:…`; since June 2025, and not on every server of a company.
    #[serde(default)]
    digest: Option<String>,
    browser_download_url: String,
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

impl<'a> GitHub<'a> {
    pub fn new(access: Access<'a>) -> Result<Self> {
        let (origin, repository) = access.repository()?;
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        Ok(Self { gh: Gh { access, host }, repository })
    }

    fn call(&self, method: &str, path: &str, body: Body<'_>) -> Result<Reply> {
        self.gh.call(method, &format!("repos/{}{path}", self.repository), JSON, body)
    }

    /// The release of the tag. Drafts are only in the list of all.
    fn release(&self) -> Result<Option<Release>> {
        let mut found: Vec<Release> = Vec::new();
        for page in 1.. {
            let path = format!("/releases?per_page={PER_PAGE}&page={page}");
            let releases: Vec<Release> = self.call("GET", &path, Body::None)?.json()?;
            let is_last = releases.len() < PER_PAGE;
            found.extend(releases.into_iter().filter(|release| release.tag_name == self.gh.access.tag));
            if is_last {
                break;
            }
        }
        one(found, self.gh.access.tag)
    }
}

/// The one release among those of a tag. GitHub takes any number of drafts of it: an empty one beside another is what
/// the last request of an interrupted run left, and is no release.
fn one(mut found: Vec<Release>, tag: &str) -> Result<Option<Release>> {
    found.sort_by_key(|release| release.id);
    if found.iter().all(Release::is_empty_draft) {
        found.truncate(1);
    } else {
        found.retain(|release| !release.is_empty_draft());
    }
    if found.len() > 1 {
        let urls: Vec<&str> = found.iter().map(|release| release.html_url.as_str()).collect();
        return Err(Error::new(format!("there are {} releases of {tag}", found.len()))
            .because(urls.join("\n"))
            .help("delete the drafts that are not wanted, there or by `gh release delete`"));
    }
    Ok(found.pop())
}

fn there(release: Release) -> There {
    let file = |asset: Asset| RemoteFile {
        id: asset.id.to_string(),
        is_whole: asset.state == "uploaded",
        sha256: asset.digest.and_then(|digest| Some(digest.strip_prefix("sha256:")?.to_owned())),
        name: asset.name,
        size: asset.size,
        url: asset.browser_download_url,
    };
    There {
        files: release.assets.into_iter().map(file).collect(),
        page: Some(RemotePage {
            id: release.id.to_string(),
            url: release.html_url,
            is_draft: release.draft,
            uploads: release.upload_url.split('{').next().map(str::to_owned),
            links: None,
        }),
    }
}

impl Releases for GitHub<'_> {
    fn check(&self) -> Result<()> {
        let repository: Repository = self.call("GET", "", Body::None)?.json()?;
        // A workflow's own token has rights that this answer does not tell of.
        let in_workflow = std::env::var_os("GITHUB_ACTIONS").is_some();
        match repository.permissions {
            Some(Permissions { push: false }) if !in_workflow => {
                Err(Error::new(format!("gh may read {}, and not release there", self.gh.access.forge.repository))
                    .help(format!("gh auth login --hostname {}, as somebody who may push", self.gh.host)))
            }
            _ => Ok(()),
        }
    }

    fn look(&self) -> Result<There> {
        Ok(self.release()?.map(there).unwrap_or_default())
    }

    fn draft(&self, page: &Page) -> Result<()> {
        let body = page.draft(self.gh.access.tag);
        self.call("POST", "/releases", Body::Json(&body))?.success().map(drop)
    }

    fn upload(&self, there: &There, name: &str, file: &Path) -> Result<()> {
        let url = there.page.as_ref().and_then(|page| page.uploads.as_deref()).unwrap_or_default();
        let url = format!("{url}?name={}", url_segment(name).replace('+', "%2B"));
        let size = file.metadata().context(|| format!("cannot read {}", file.display()))?.len();
        self.gh.call("POST", &url, JSON, Body::File(file, size))?.success().map(drop)
    }

    fn remove(&self, _there: &There, file: &RemoteFile) -> Result<()> {
        let reply = self.call("DELETE", &format!("/releases/assets/{}", file.id), Body::None)?;
        if reply.status == 404 { Ok(()) } else { reply.success().map(drop) }
    }

    fn sha256(&self, file: &RemoteFile) -> Result<String> {
        let path = format!("repos/{}/releases/assets/{}", self.repository, file.id);
        Ok(sha256(&self.gh.call("GET", &path, BYTES, Body::None)?.success()?.body))
    }

    fn publish(&self, there: &There, page: &Page, latest: bool) -> Result<()> {
        let body = json!({
            "draft": false,
            "prerelease": page.is_prerelease,
            "make_latest": latest.to_string(),
        });
        self.call("PATCH", &format!("/releases/{}", there.id()), Body::Json(&body))?.success().map(drop)
    }

    fn withdraw(&self, there: &There) -> Result<()> {
        let path = format!("/releases/{}", there.id());
        self.call("PATCH", &path, Body::Json(&json!({ "draft": true })))?.success().map(drop)
    }

    fn latest(&self) -> Result<Option<String>> {
        let release: Option<Release> = self.call("GET", "/releases/latest", Body::None)?.found()?;
        Ok(release.map(|release| release.tag_name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(id: u64, draft: bool) -> Release {
        let asset = json!({"id": 7, "name": "a", "size": 3, "state": "starter", "browser_download_url": "u/a",
            "digest": "sha256:c0ffee"});
        let release = json!({"id": id, "tag_name": "v1", "html_url": format!("u/{id}"), "upload_url": "u{?name}", "draft": draft, "assets": [asset]});
        serde_json::from_value(release).unwrap()
    }

    #[test]
    fn a_tag_has_one_release() {
        assert_eq!(one(vec![release(1, true)], "v1").unwrap().unwrap().id, 1);
        let empty = |id| Release { assets: Vec::new(), ..release(id, true) };
        assert_eq!(one(vec![empty(3), release(4, true), empty(5)], "v1").unwrap().unwrap().id, 4);
        assert_eq!(one(vec![empty(3), empty(2)], "v1").unwrap().unwrap().id, 2);
        let error = one(vec![release(1, true), release(2, false)], "v1").unwrap_err().to_string();
        assert!(error.contains("there are 2 releases of v1") && error.contains("u/1\n"), "{error}");
    }

    #[test]
    fn half_an_upload_is_known_by_its_state() {
        let file = there(release(1, true)).files.remove(0);
        assert_eq!((file.is_whole, file.sha256.as_deref()), (false, Some("c0ffee")));
    }
}
