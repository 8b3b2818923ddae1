//! What cargo does with a registry beside reading: uploads and yanks
//! (<https://doc.rust-lang.org/cargo/reference/registry-web-api.html>).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{MutexGuard, PoisonError};

use serde_json::{Value, json};
use xtask_dist::hash::sha256;

use super::{Registry, Release};
use crate::server::{Request, Response};

/// How cargo calls crates.io where a dependency names no registry and the crate goes to another one.
const CRATES_IO: &str = "https://github.com/rust-lang/crates.io-index";

/// What is known of uploads.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    /// Who may; nobody, unless it is set.
    token: Option<String>,
    /// What becomes of the next ones.
    fates: VecDeque<Fate>,
    /// Whether the index is slow: what is new is not shown.
    held: bool,
    /// What was taken, in order.
    taken: Vec<String>,
}

/// What becomes of an upload.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It is answered so, and not taken.
    Refused(Response),
    /// It is taken, and answered so.
    Taken(Response),
}

impl Registry {
    /// Takes uploads of whoever has this token.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        self.uploads().token = Some(token.to_owned());
        self
    }

    /// What becomes of the next uploads, one after the other.
    pub fn fail(&self, fates: impl IntoIterator<Item = Fate>) {
        self.uploads().fates.extend(fates);
    }

    /// Whatever it was told to fail with, it no longer does.
    pub fn behave(&self) {
        self.uploads().fates.clear();
    }

    /// Whether the index keeps back what is uploaded from now on; what it kept back is shown when it no longer does.
    pub fn hold(&self, held: bool) {
        self.uploads().held = held;
        if !held {
            self.crates().values_mut().flatten().for_each(|release| release.hidden = false);
        }
    }

    /// What was uploaded, as `NAME VERSION`, in order.
    #[must_use]
    pub fn uploaded(&self) -> Vec<String> {
        self.uploads().taken.clone()
    }

    /// The file of a version, if it was uploaded.
    #[must_use]
    pub fn file(&self, name: &str, version: &str) -> Option<Vec<u8>> {
        let crates = self.crates();
        let mut releases = crates.get(&name.to_lowercase())?.iter();
        Some(releases.find(|release| release.line["vers"] == version)?.file.clone())
    }

    fn uploads(&self) -> MutexGuard<'_, Uploads> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request to the registry's web API.
    pub(super) fn web(&self, request: &Request) -> Response {
        let (_, path) = request.path().split_once("/api/v1/crates/").unwrap_or_default();
        let words: Vec<&str> = path.split('/').collect();
        if self.uploads().token.as_deref() != request.header("authorization") {
            return refused(403, "must be logged in to perform that action");
        }
        match (request.method.as_str(), &words[..]) {
            ("PUT", ["new"]) => self.publish(request),
            ("DELETE", [name, version, "yank"]) => self.yank(name, version, true),
            ("PUT", [name, version, "unyank"]) => self.yank(name, version, false),
            _ => Response::not_found(),
        }
    }

    fn publish(&self, request: &Request) -> Response {
        let fate = self.uploads().fates.pop_front();
        if let Some(Fate::Refused(response)) = fate {
            return response;
        }
        let Some((about, file)) = parts(&request.body) else { return refused(400, "no metadata and no crate") };
        match (self.take(&about, file), fate) {
            (Err(why), _) => refused(400, &why),
            (Ok(()), Some(Fate::Taken(response))) => response,
            (Ok(()), _) => {
                let none = json!([]);
                let warnings = json!({"invalid_categories": none, "invalid_badges": none, "other": none});
                Response::ok(json!({"warnings": warnings}).to_string())
            }
        }
    }

    /// Takes a crate as crates.io does: what it depends on is there, and no version comes twice.
    fn take(&self, about: &Value, file: &[u8]) -> Result<(), String> {
        let (name, version) = (text(&about["name"]), text(&about["vers"]));
        let mut crates = self.crates();
        for dependency in about["deps"].as_array().into_iter().flatten() {
            let other = dependency["name"].as_str().unwrap_or_default();
            let is_ours = dependency["registry"].is_null() || dependency["registry"] == CRATES_IO;
            if is_ours && !crates.contains_key(&other.to_lowercase()) {
                return Err(format!("no known crate named `{other}`"));
            }
        }
        let releases = crates.entry(name.to_lowercase()).or_default();
        if releases.iter().any(|release| release.line["vers"] == version) {
            return Err(format!("crate version `{version}` is already uploaded"));
        }
        let mut uploads = self.uploads();
        releases.push(Release { line: line(about, file), file: file.to_vec(), hidden: uploads.held });
        uploads.taken.push(format!("{name} {version}"));
        Ok(())
    }

    fn yank(&self, name: &str, version: &str, yanked: bool) -> Response {
        let mut crates = self.crates();
        let mut releases = crates.get_mut(&name.to_lowercase()).into_iter().flatten();
        let Some(release) = releases.find(|release| release.line["vers"] == version) else {
            return refused(404, "no such version");
        };
        release.line["yanked"] = yanked.into();
        Response::ok(json!({"ok": true}).to_string())
    }
}

/// An error in the form that cargo shows.
fn refused(status: u16, why: &str) -> Response {
    Response::error(status, json!({"errors": [{"detail": why}]}).to_string())
}

/// The two parts of an upload, each behind its length.
fn parts(body: &[u8]) -> Option<(Value, &[u8])> {
    let part = |from: &mut &'_ [u8]| -> Option<usize> {
        let (length, rest) = from.split_first_chunk::<4>()?;
        *from = rest;
        usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= rest.len())
    };
    let mut rest = body;
    let length = part(&mut rest)?;
    let (about, after) = rest.split_at(length);
    let mut rest = after;
    let length = part(&mut rest)?;
    Some((serde_json::from_slice(about).ok()?, &rest[..length]))
}

/// What the index says of an upload.
fn line(about: &Value, file: &[u8]) -> Value {
    let dependency = |of: &Value| {
        let renamed = of["explicit_name_in_toml"].as_str();
        json!({
            "name": renamed.map_or_else(|| of["name"].clone(), Value::from),
            "package": renamed.map(|_| of["name"].clone()),
            "req": of["version_req"],
            "features": of["features"],
            "optional": of["optional"],
            "default_features": of["default_features"],
            "target": of["target"],
            "kind": of["kind"],
            "registry": of["registry"],
        })
    };
    let dependencies: Vec<Value> = about["deps"].as_array().into_iter().flatten().map(dependency).collect();
    let features: BTreeMap<String, Value> = serde_json::from_value(about["features"].clone()).unwrap_or_default();
    json!({
        "name": about["name"], "vers": about["vers"], "deps": dependencies, "features2": features, "v": 2,
        "cksum": sha256(file), "yanked": false, "links": about["links"], "rust_version": about["rust_version"],
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Answer as _;

    fn request(method: &str, path: &str, token: &str, body: Vec<u8>) -> Request {
        let headers = vec![("authorization".to_owned(), token.to_owned()), ("host".to_owned(), "h".to_owned())];
        Request { method: method.to_owned(), url: format!("http://h{path}"), headers, body }
    }

    fn said(registry: &Registry, request: &Request) -> String {
        let mut said = Vec::new();
        registry.answer(request).write(&mut said, false).unwrap();
        String::from_utf8(said).unwrap()
    }

    fn upload(registry: &Registry, name: &str, deps: &[&str], token: &str) -> String {
        let deps: Vec<Value> =
            deps.iter().map(|name| json!({"name": name, "version_req": "^1", "kind": "normal"})).collect();
        let about = json!({"name": name, "vers": "1.0.0", "deps": deps, "features": {}}).to_string();
        let mut body = Vec::new();
        for part in [about.as_bytes(), b"packed"] {
            body.extend(u32::try_from(part.len()).unwrap().to_le_bytes());
            body.extend(part);
        }
        said(registry, &request("PUT", "/r/api/v1/crates/new", token, body))
    }

    fn index(registry: &Registry, path: &str) -> String {
        said(registry, &request("GET", path, "", Vec::new()))
    }

    #[test]
    fn uploads_come_into_the_index_once_and_in_order() {
        let registry = Registry::at("/r").with_token("secret");
        assert!(upload(&registry, "b", &["a"], "secret").contains("no known crate named `a`"));
        assert!(upload(&registry, "a", &[], "wrong").contains("403"));
        assert!(upload(&registry, "a", &[], "secret").contains("200"));
        assert!(upload(&registry, "a", &[], "secret").contains("`1.0.0` is already uploaded"));
        assert!(upload(&registry, "b", &["a"], "secret").contains("200"));
        assert_eq!(registry.uploaded(), ["a 1.0.0", "b 1.0.0"]);
        assert_eq!(registry.file("B", "1.0.0"), Some(b"packed".to_vec()));
        assert!(index(&registry, "/r/1/b").contains("\"req\":\"^1\""));
        assert!(said(&registry, &request("PUT", "/r/api/v1/crates/new", "secret", vec![9, 0])).contains("400"));
    }

    #[test]
    fn yanked_versions_stay_in_the_index() {
        let registry = Registry::at("/r").with_token("t");
        upload(&registry, "a", &[], "t");
        let ask =
            |method, what| said(&registry, &request(method, &format!("/r/api/v1/crates/a/1.0.0/{what}"), "t", vec![]));
        assert!(ask("DELETE", "yank").contains("200") && index(&registry, "/r/1/a").contains("\"yanked\":true"));
        assert!(ask("PUT", "unyank").contains("200") && index(&registry, "/r/1/a").contains("\"yanked\":false"));
    }

    #[test]
    fn uploads_fail_as_they_are_told_to() {
        let registry = Registry::at("/r").with_token("t");
        registry.fail([Fate::Refused(Response::status(500)), Fate::Taken(Response::status(502))]);
        assert!(upload(&registry, "a", &[], "t").contains("500") && registry.uploaded().is_empty());
        assert!(upload(&registry, "a", &[], "t").contains("502"));
        assert_eq!(registry.uploaded(), ["a 1.0.0"]);
    }

    #[test]
    fn a_slow_index_shows_what_is_new_later() {
        let registry = Registry::at("/r").with_token("t");
        registry.hold(true);
        upload(&registry, "a", &[], "t");
        assert!(index(&registry, "/r/1/a").contains("404"));
        registry.hold(false);
        assert!(index(&registry, "/r/1/a").contains("200"));
    }
}
