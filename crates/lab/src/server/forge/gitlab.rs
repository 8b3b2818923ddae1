//! GitLab's APIs of releases and packages (<https://docs.gitlab.com/api/releases/>, <https://docs.gitlab.com/api/packages/>).

use serde_json::{Value, json};
use xtask_dist::date::Date;

use super::{File, Forge, Page, body, json as reply, message, parts, slice, text};
use crate::server::{Request, Response};

pub(super) fn answer(forge: &Forge, request: &Request) -> Response {
    let (parts, asked) = parts(request);
    if let ["acme", "hello", "-", "releases", tag, "downloads", path @ ..] = &parts[..] {
        return download(forge, tag, &format!("/{}", path.join("/")));
    }
    if !forge.is_let_in(request) {
        return message(401, "401 Unauthorized");
    }
    let Some(rest) = parts.strip_prefix(&["api", "v4", "projects", "acme%2Fhello"]) else {
        return message(404, "404 Project Not Found");
    };
    let mut state = forge.state();
    match (request.method.as_str(), rest) {
        ("GET", []) => reply(200, &json!({ "path_with_namespace": "acme/hello" })),
        ("GET", ["packages"]) => {
            let package =
                |(n, version): (usize, &String)| json!({ "id": n + 1, "name": "release-assets", "version": version });
            let all: Vec<Value> = state.packages.keys().enumerate().map(package).collect();
            reply(200, &slice(&all, &asked, "per_page").into())
        }
        ("GET", ["packages", id, "package_files"]) => {
            let files = id.parse().ok().and_then(|id: usize| state.packages.values().nth(id - 1));
            let file = |file: &File| json!({ "id": file.id, "file_name": file.name, "size": file.bytes.len(), "file_sha256": file.sha256() });
            let all: Vec<Value> = files.into_iter().flatten().map(file).collect();
            reply(200, &slice(&all, &asked, "per_page").into())
        }
        ("DELETE", ["packages", _, "package_files", id]) => {
            state.packages.values_mut().for_each(|files| files.retain(|file| file.id.to_string() != **id));
            Response::status(204)
        }
        ("PUT", ["packages", "generic", "release-assets", version, name]) => {
            let file = File::new(state.id(), name, &request.body, true);
            // A name may come twice.
            state.packages.entry((*version).to_owned()).or_default().push(file);
            reply(201, &json!({ "message": "201 Created" }))
        }
        ("GET", ["releases"]) => {
            let mut pages = state.pages.clone();
            pages.sort_by_key(|page| std::cmp::Reverse(Date::epoch_of_rfc3339(&page.released)));
            let all: Vec<Value> = pages.iter().map(release).collect();
            reply(200, &slice(&all, &asked, "per_page").into())
        }
        ("GET", ["releases", tag]) => {
            let found = state.pages.iter().find(|page| page.tag == **tag);
            found.map_or_else(|| message(404, "404 Not Found"), |page| reply(200, &release(page)))
        }
        ("POST", ["releases"]) => {
            let asked = body(request);
            let tag = text(&asked["tag_name"]);
            if state.pages.iter().any(|page| page.tag == tag) {
                return message(409, "Release already exists");
            }
            let id = state.id();
            let links = asked["assets"]["links"].as_array().into_iter().flatten().map(link).collect();
            let (title, notes) = (text(&asked["name"]), text(&asked["description"]));
            let released = asked["released_at"].as_str().map_or_else(|| now(id), str::to_owned);
            let page = Page { id, tag, title, notes, released, links, ..Page::default() };
            let created = release(&page);
            state.pages.push(page);
            reply(201, &created)
        }
        ("POST", ["releases", tag, "assets", "links"]) => {
            let Some(page) = state.pages.iter_mut().find(|page| page.tag == **tag) else {
                return message(404, "404 Not Found");
            };
            let (name, path) = link(&body(request));
            page.links.insert(name, path);
            reply(201, &json!({}))
        }
        _ => message(404, "404 Not Found"),
    }
}

/// What a link leads to, by its path in the release.
fn download(forge: &Forge, tag: &str, path: &str) -> Response {
    let pages = forge.pages();
    let page = pages.iter().find(|page| page.tag == tag);
    let name = page.and_then(|page| page.links.iter().find(|(_, there)| *there == path)).map(|(name, _)| name);
    let file = page.and_then(|page| page.files.iter().find(|file| Some(&file.name) == name));
    file.map_or_else(Response::not_found, |file| Response::ok(file.bytes.clone()))
}

/// When something is made: later than everything before it, in a time zone of the server's.
pub(super) fn now(id: u64) -> String {
    Date::of_epoch(1_789_000_000 + 3600 * id).rfc3339().replace('Z', ".539+02:00")
}

fn link(asked: &Value) -> (String, String) {
    let url = text(&asked["url"]);
    assert!(url.contains("/packages/generic/release-assets/"), "{url}");
    (text(&asked["name"]), text(&asked["filepath"]))
}

fn release(page: &Page) -> Value {
    let links: Vec<Value> = page.links.keys().map(|name| json!({ "name": name })).collect();
    json!({
        "tag_name": page.tag,
        "name": page.title,
        "description": page.notes,
        "released_at": page.released,
        "assets": { "links": links },
    })
}
