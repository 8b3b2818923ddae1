//! Forges on loopback that keep what they are sent: GitHub, GitLab and Gitea as far as releases go.
//!
//! Each looks, after every request, whether the world sees a release that is not whole.

mod gitea;
mod github;
mod gitlab;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use xtask_dist::hash::sha256;

use super::{Answer, Request, Response};

/// Which forge is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// GitHub, as `gh` asks it.
    GitHub,
    /// An older GitHub of a company, which tells no digests.
    OldGitHub,
    /// GitLab: no drafts, files in the package registry, releases with links.
    GitLab,
    /// Gitea and Forgejo.
    Gitea,
}

impl Kind {
    /// The host that it answers for.
    #[must_use]
    pub fn host(self) -> &'static str {
        match self {
            Self::GitHub | Self::OldGitHub => "github.localhost",
            Self::GitLab => "gitlab.example.org",
            Self::Gitea => "gitea.example.org",
        }
    }
}

/// A forge with one repository, `acme/hello`.
#[derive(Debug)]
pub struct Forge {
    kind: Kind,
    token: &'static str,
    /// The files that a public release has to have, with their contents.
    expected: BTreeMap<String, Vec<u8>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    ids: u64,
    pages: Vec<Page>,
    /// Of GitLab: the files of its packages, by version.
    packages: BTreeMap<String, Vec<File>>,
    violations: Vec<String>,
}

/// The page of a release.
#[derive(Debug, Clone, Default)]
pub struct Page {
    id: u64,
    /// The tag.
    pub tag: String,
    /// The title.
    pub title: String,
    /// The notes.
    pub notes: String,
    /// Whether only its owners see it.
    pub draft: bool,
    /// Whether it is a pre-release.
    pub prerelease: bool,
    /// What GitHub was told last of `make_latest`.
    pub latest: Option<String>,
    /// Of GitLab: when it was released, as that says it.
    pub released: String,
    /// Its files.
    pub files: Vec<File>,
    /// Of GitLab: the paths of its links, by the names of the files.
    pub links: BTreeMap<String, String>,
}

/// A file.
#[derive(Debug, Clone, Default)]
pub struct File {
    id: u64,
    /// Its name.
    pub name: String,
    /// Its content, as far as it came.
    pub bytes: Vec<u8>,
    /// Whether all of it came.
    pub whole: bool,
}

impl Forge {
    /// An empty forge that lets in who has this token, and whose public releases have to have these files.
    #[must_use]
    pub fn new(kind: Kind, token: &'static str, expected: BTreeMap<String, Vec<u8>>) -> Self {
        Self { kind, token, expected, state: Mutex::default() }
    }

    /// The releases as they are now; those of GitLab with the files of their packages.
    #[must_use]
    pub fn pages(&self) -> Vec<Page> {
        let state = self.state();
        let with_files = |page: &Page| {
            let packed = state.packages.get(&page.tag).cloned().unwrap_or_default();
            Page { files: [page.files.clone(), packed].concat(), ..page.clone() }
        };
        state.pages.iter().map(with_files).collect()
    }

    /// Puts a release there that has no files, as if somebody had made it before.
    pub fn add(&self, tag: &str, title: &str, notes: &str) {
        let mut state = self.state();
        let (tag, title, notes) = (tag.to_owned(), title.to_owned(), notes.to_owned());
        let id = state.id();
        state.pages.push(Page { id, tag, title, notes, released: gitlab::now(id), ..Page::default() });
    }

    /// Changes the content of files, as if somebody had put others in their place.
    pub fn change_files(&self, which: impl Fn(&File) -> bool, change: impl Fn(&mut Vec<u8>)) {
        let mut state = self.state();
        let State { pages, packages, .. } = &mut *state;
        let files = pages.iter_mut().flat_map(|page| &mut page.files).chain(packages.values_mut().flatten());
        files.filter(|file| which(file)).for_each(|file| change(&mut file.bytes));
    }

    /// What the world saw and should not have seen.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Takes the beginning of an upload, as when the line is cut: what that leaves behind differs.
    pub fn take_half(&self, request: &Request) {
        let mut half = request.clone();
        half.body.truncate(request.body.len() / 2);
        if matches!(self.kind, Kind::GitHub | Kind::OldGitHub) {
            github::upload(self, &half, false);
        }
    }

    /// Whether a request brings a file.
    #[must_use]
    pub fn is_upload(request: &Request) -> bool {
        match request.method.as_str() {
            "POST" => request.path().contains("/assets?name="),
            method => method == "PUT",
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Releases that tests put there have no notes, and need no files.
    fn check(&self, request: &Request) {
        let pages = self.pages();
        for page in pages.iter().filter(|page| !page.draft && !page.notes.is_empty()) {
            for (name, bytes) in &self.expected {
                let is_linked = self.kind != Kind::GitLab || page.links.contains_key(name);
                let whole = page.files.iter().any(|file| file.name == *name && file.whole && file.bytes == *bytes);
                if !whole || !is_linked {
                    let is_there = is_linked && page.files.iter().any(|file| file.name == *name && file.whole);
                    let what = if is_there { "with another" } else { "without" };
                    let what = format!("{} {}: public {what} {name}", request.method, request.path());
                    self.state().violations.push(what);
                }
            }
        }
    }

    fn is_let_in(&self, request: &Request) -> bool {
        let header = |name: &str| request.header(name).unwrap_or_default();
        match self.kind {
            Kind::GitLab => header("private-token") == self.token,
            _ => header("authorization").strip_prefix("token ") == Some(self.token),
        }
    }
}

impl Answer for Forge {
    fn answer(&self, request: &Request) -> Response {
        let answer = match self.kind {
            Kind::GitHub | Kind::OldGitHub => github::answer(self, request),
            Kind::GitLab => gitlab::answer(self, request),
            Kind::Gitea => gitea::answer(self, request),
        };
        self.check(request);
        answer
    }
}

impl State {
    fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn page(&mut self, id: &str) -> Option<&mut Page> {
        self.pages.iter_mut().find(|page| page.id.to_string() == id)
    }
}

/// In the words of GitHub's API, which Gitea's has too.
impl Page {
    /// Takes what a request says of it.
    fn change(&mut self, asked: &Value) {
        let text = |key: &str, text: &mut String| asked[key].as_str().into_iter().for_each(|new| new.clone_into(text));
        text("name", &mut self.title);
        text("body", &mut self.notes);
        self.draft = asked["draft"].as_bool().unwrap_or(self.draft);
        self.prerelease = asked["prerelease"].as_bool().unwrap_or(self.prerelease);
        self.latest = asked["make_latest"].as_str().map(str::to_owned).or_else(|| self.latest.take());
    }

    fn json(&self, url: &str, assets: &[Value]) -> Value {
        serde_json::json!({
            "id": self.id,
            "tag_name": self.tag,
            "name": self.title,
            "body": self.notes,
            "draft": self.draft,
            "prerelease": self.prerelease,
            "html_url": url,
            "assets": assets,
        })
    }
}

impl File {
    fn new(id: u64, name: &str, bytes: &[u8], whole: bool) -> Self {
        Self { id, name: name.to_owned(), bytes: bytes.to_vec(), whole }
    }

    fn sha256(&self) -> String {
        sha256(&self.bytes)
    }
}

/// The parts of a path, and its question as pairs.
fn parts(request: &Request) -> (Vec<&str>, BTreeMap<&str, &str>) {
    let (path, question) = request.path().split_once('?').unwrap_or((request.path(), ""));
    let pairs = question.split('&').filter_map(|pair| pair.split_once('='));
    (path.trim_matches('/').split('/').collect(), pairs.collect())
}

/// One page of a list.
fn slice<T: Clone>(all: &[T], asked: &BTreeMap<&str, &str>, size: &str) -> Vec<T> {
    let number = |key: &str, usual| asked.get(key).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (size, page): (usize, usize) = (number(size, 30), number("page", 1));
    all.iter().skip(size * (page - 1)).take(size).cloned().collect()
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn json(status: u16, value: &Value) -> Response {
    Response::status(status).body(value.to_string()).header("content-type", "application/json")
}

fn message(status: u16, words: &str) -> Response {
    json(status, &serde_json::json!({ "message": words }))
}
