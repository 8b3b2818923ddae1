//! A cargo registry: a sparse index, its downloads, uploads and yanks, in memory
//! (<https://doc.rust-lang.org/cargo/reference/registry-index.html>).

mod seed;
mod upload;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use xtask_dist::hash::sha256;

use super::{Answer, Request, Response};
pub use upload::Fate;
use upload::Uploads;

/// A registry below one URL. As cargo's `--index` or a source's `registry` it is `sparse+URL/`.
#[derive(Debug)]
pub struct Registry {
    /// Where it is: its paths are below this one, which has no `/` at its end.
    path: &'static str,
    crates: Mutex<BTreeMap<String, Vec<Release>>>,
    uploads: Mutex<Uploads>,
}

/// One version of a crate.
#[derive(Debug)]
struct Release {
    /// Its line in the index.
    line: Value,
    file: Vec<u8>,
    /// Whether it was uploaded, and the index does not show it yet.
    hidden: bool,
}

impl Registry {
    /// An empty registry at this path of whatever host.
    #[must_use]
    pub fn at(path: &'static str) -> Self {
        Self { path, crates: Mutex::default(), uploads: Mutex::default() }
    }

    /// With a `.crate` file, as `cargo package` makes it, of a crate that depends on none.
    #[must_use]
    pub fn with(self, name: &str, version: &str, file: Vec<u8>) -> Self {
        let line = json!({"name": name, "vers": version, "deps": [], "features": {}, "yanked": false});
        self.add(line, file);
        self
    }

    /// Adds a version by its line in the index, whose `cksum` is set.
    ///
    /// # Panics
    /// When the line has no `name`.
    pub fn add(&self, mut line: Value, file: Vec<u8>) {
        line["cksum"] = sha256(&file).into();
        let name = line["name"].as_str().expect("a line of an index has a name").to_lowercase();
        self.crates().entry(name).or_default().push(Release { line, file, hidden: false });
    }

    fn crates(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Release>>> {
        self.crates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn config(&self, request: &Request) -> Response {
        let host = request.header("host").unwrap_or("localhost");
        let url = format!("http://{host}{}", self.path);
        Response::ok(json!({"dl": format!("{url}/crates"), "api": url}).to_string())
    }

    fn index(&self, name: &str, request: &Request) -> Response {
        let crates = self.crates();
        let Some(releases) = crates.get(name) else { return Response::not_found() };
        let shown = releases.iter().filter(|release| !release.hidden);
        let lines = shown.map(|release| release.line.to_string() + "\n").collect::<String>();
        if lines.is_empty() {
            return Response::not_found();
        }
        let etag = format!("\"{}\"", sha256(lines.as_bytes()));
        if request.header("if-none-match") == Some(&etag) {
            return Response::status(304).header("etag", &etag);
        }
        Response::ok(lines).header("etag", &etag)
    }

    fn download(&self, name: &str, version: &str) -> Option<Response> {
        let crates = self.crates();
        let release = crates.get(&name.to_lowercase())?.iter().find(|release| release.line["vers"] == version)?;
        Some(Response::ok(release.file.clone()))
    }
}

impl Answer for Registry {
    fn answer(&self, request: &Request) -> Response {
        let Some(path) = request.path().strip_prefix(self.path) else { return Response::not_found() };
        match path.trim_start_matches('/').split('/').collect::<Vec<_>>()[..] {
            ["config.json"] => self.config(request),
            ["api", "v1", "crates", ..] => self.web(request),
            ["crates", name, version, "download"] => self.download(name, version).unwrap_or_else(Response::not_found),
            [.., name] if path.trim_start_matches('/') == index_path(name) => self.index(name, request),
            _ => Response::not_found(),
        }
    }
}

/// Where the index has a crate: in folders of its first letters, in lower case.
fn index_path(name: &str) -> String {
    let name = name.to_lowercase();
    match name.chars().count() {
        0 => String::new(),
        length @ 1..=2 => format!("{length}/{name}"),
        3 => format!("3/{}/{name}", &name[..1]),
        _ => format!("{}/{}/{name}", name.get(..2).unwrap_or_default(), name.get(2..4).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_where_cargo_looks_for_it() {
        assert_eq!(index_path("a"), "1/a");
        assert_eq!(index_path("ab"), "2/ab");
        assert_eq!(index_path("Abc"), "3/a/abc");
        assert_eq!(index_path("cargo-binstall"), "ca/rg/cargo-binstall");
    }

    #[test]
    fn what_was_added_is_found() {
        let registry = Registry::at("/index").with("hello", "1.2.3", b"packed".to_vec());
        let get = |path: &str, headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let url = format!("http://h:1{path}");
            let mut said = Vec::new();
            let request = Request { method: "GET".to_owned(), url, headers, body: Vec::new() };
            registry.answer(&request).write(&mut said, false).unwrap();
            String::from_utf8(said).unwrap()
        };
        assert!(get("/index/config.json", &[("host", "h:1")]).contains("http://h:1/index/crates"));
        let line = get("/index/he/ll/hello", &[]);
        assert!(line.contains("\"vers\":\"1.2.3\""), "{line}");
        assert!(get("/index/crates/hello/1.2.3/download", &[]).ends_with("packed"));
        assert!(get("/index/crates/hello/1.2.4/download", &[]).contains("404"));
        assert!(get("/index/he/hello", &[]).contains("404") && get("/he/ll/hello", &[]).contains("404"));
        let etag = line.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        assert!(get("/index/he/ll/hello", &[("if-none-match", etag)]).contains("304"));
    }
}
