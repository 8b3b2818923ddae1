//! Releases on GitLab: <https://docs.gitlab.com/api/releases/>. It has no drafts, and releases have links instead of
//! files: these go into the project's package registry first, where nothing points at them.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::curl::{Body, Curl};
use super::{Access, Page, Releases, RemoteFile, RemotePage, Reply, There};
use crate::date::Date;
use crate::names::url_segment;
use crate::report::{Error, Result};

/// The package that has the files of all releases, a version each: the name that GitLab's own client gives it.
const PACKAGE: &str = "release-assets";
/// The most that the API gives at once.
const PER_PAGE: usize = 100;
/// The token that every job of GitLab's CI has.
pub const JOB_TOKEN: &str = "CI_JOB_TOKEN";

/// The releases of a project.
#[derive(Debug)]
pub struct GitLab<'a> {
    curl: Curl<'a>,
    /// The URL of the project in the API.
    api: String,
    /// The package's version: the tag, in the letters that versions of packages may have.
    version: String,
}

#[derive(Debug, Deserialize)]
struct Release {
    tag_name: String,
    #[serde(default)]
    assets: Assets,
}

/// A release among others.
#[derive(Debug, Deserialize)]
struct Listed {
    tag_name: String,
    released_at: String,
}

#[derive(Debug, Default, Deserialize)]
struct Assets {
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Debug, Deserialize)]
struct Link {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: u64,
    name: String,
    version: String,
}

#[derive(Debug, Deserialize)]
struct PackageFile {
    id: u64,
    file_name: String,
    size: u64,
    #[serde(default)]
    file_sha256: Option<String>,
}

impl<'a> GitLab<'a> {
    pub fn new(access: Access<'a>) -> Result<Self> {
        let (origin, path) = access.repository()?;
        let api = access.forge.api.clone().unwrap_or_else(|| format!("{origin}/api/v4"));
        let own = access.token().map(|token| format!("PRIVATE-TOKEN: {token}"));
        let of_job = || Some(format!("JOB-TOKEN: {}", std::env::var(JOB_TOKEN).ok()?));
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
        Ok(Self {
            curl: Curl { access, credentials: own.or_else(of_job) },
            api: format!("{api}/projects/{}", url_segment(path)),
            version: access.tag.chars().map(|c| if allowed(c) { c } else { '-' }).collect(),
        })
    }

    fn call(&self, method: &str, path: &str, body: Body<'_>) -> Result<Reply> {
        self.curl.call(method, &format!("{}{path}", self.api), body)
    }

    fn all<T: serde::de::DeserializeOwned>(&self, path: &str, question: &str) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for page in 1.. {
            let path = format!("{path}?{question}per_page={PER_PAGE}&page={page}");
            let some: Vec<T> = self.call("GET", &path, Body::None)?.json()?;
            let is_last = some.len() < PER_PAGE;
            all.extend(some);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// The package of the tag; the API finds names and versions that only begin so, too.
    fn package(&self) -> Result<Option<Package>> {
        let question = format!("package_type=generic&package_name={PACKAGE}&");
        let packages: Vec<Package> = self.all("/packages", &question)?;
        Ok(packages.into_iter().find(|package| package.name == PACKAGE && package.version == self.version))
    }

    /// The release that GitLab calls the latest: that of the latest date.
    fn newest(&self) -> Result<Option<Listed>> {
        let question = "/releases?order_by=released_at&sort=desc&per_page=1";
        let releases: Vec<Listed> = self.call("GET", question, Body::None)?.json()?;
        Ok(releases.into_iter().next())
    }

    /// A date before that of the latest release; none where there is no release yet.
    fn earlier(&self) -> Result<Option<String>> {
        let Some(Listed { tag_name, released_at }) = self.newest()? else { return Ok(None) };
        let unknown = || Error::new(format!("{released_at}, when {tag_name} was released on GitLab, is no date"));
        let epoch = Date::epoch_of_rfc3339(&released_at).ok_or_else(unknown)?;
        Ok(Some(Date::of_epoch(epoch.saturating_sub(1)).rfc3339()))
    }

    /// Where a file of the package is.
    fn place(&self, name: &str) -> String {
        format!("/packages/generic/{PACKAGE}/{}/{}", url_segment(&self.version), url_segment(name))
    }

    fn link(&self, name: &str) -> Value {
        // Without `filepath`, no URL leads to it that is known beforehand. Newer servers call it `direct_asset_path`,
        // and go on taking the old name.
        let url = format!("{}{}", self.api, self.place(name));
        json!({ "name": name, "url": url, "filepath": format!("/binaries/{name}"), "link_type": "package" })
    }
}

impl Releases for GitLab<'_> {
    fn check(&self) -> Result<()> {
        if self.curl.credentials.is_none() {
            let variable = self.curl.access.forge.token_variable();
            return Err(Error::new(format!("archive is published with {variable}, which is not set"))
                .help(format!("export {variable}=…, a token with the scope `api`")));
        }
        self.call("GET", "", Body::None)?.success().map(drop)
    }

    fn look(&self) -> Result<There> {
        let tag = self.curl.access.tag;
        let release: Option<Release> =
            self.call("GET", &format!("/releases/{}", url_segment(tag)), Body::None)?.found()?;
        let page = release.map(|release| RemotePage {
            url: format!("{}/-/releases/{}", self.curl.access.forge.repository, url_segment(&release.tag_name)),
            id: release.tag_name,
            is_draft: false,
            uploads: None,
            links: Some(release.assets.links.into_iter().map(|link| link.name).collect()),
        });
        let Some(package) = self.package()? else { return Ok(There { page, files: Vec::new() }) };
        let files: Vec<PackageFile> = self.all(&format!("/packages/{}/package_files", package.id), "")?;
        let file = |file: PackageFile| RemoteFile {
            id: format!("{}/package_files/{}", package.id, file.id),
            url: format!("{}{}", self.api, self.place(&file.file_name)),
            name: file.file_name,
            size: file.size,
            sha256: file.file_sha256,
            is_whole: true,
        };
        Ok(There { page, files: files.into_iter().map(file).collect() })
    }

    fn draft(&self, _page: &Page) -> Result<()> {
        Ok(())
    }

    fn upload(&self, _there: &There, name: &str, file: &Path) -> Result<()> {
        self.call("PUT", &self.place(name), Body::File(file))?.success().map(drop)
    }

    fn remove(&self, _there: &There, file: &RemoteFile) -> Result<()> {
        let reply = self.call("DELETE", &format!("/packages/{}", file.id), Body::None)?;
        if reply.status == 404 { Ok(()) } else { reply.success().map(drop) }
    }

    fn sha256(&self, file: &RemoteFile) -> Result<String> {
        let gone = || Error::new(format!("{} is in the package, and not at {}", file.name, file.url));
        self.curl.sha256(&file.url)?.ok_or_else(gone)
    }

    fn publish(&self, there: &There, page: &Page, latest: bool) -> Result<()> {
        let tag = self.curl.access.tag;
        let Some(RemotePage { links: Some(known), .. }) = &there.page else {
            let links: Vec<Value> = there.files.iter().map(|file| self.link(&file.name)).collect();
            let mut body = json!({
                "tag_name": tag,
                "name": page.title,
                "description": page.notes,
                "assets": { "links": links },
            });
            // There is no flag for it: the latest is that of the latest date, and a date may be told.
            if let Some(date) = if latest { None } else { self.earlier()? } {
                body["released_at"] = date.into();
            }
            return self.call("POST", "/releases", Body::Json(&body))?.success().map(drop);
        };
        // A page that somebody made before, on the web.
        let path = format!("/releases/{}/assets/links", url_segment(tag));
        for file in there.files.iter().filter(|file| !known.contains(&file.name)) {
            self.call("POST", &path, Body::Json(&self.link(&file.name)))?.success()?;
        }
        Ok(())
    }

    fn withdraw(&self, _there: &There) -> Result<()> {
        Ok(())
    }

    fn latest(&self) -> Result<Option<String>> {
        Ok(self.newest()?.map(|release| release.tag_name))
    }
}
