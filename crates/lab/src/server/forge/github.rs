//! GitHub's REST API of releases (<https://docs.github.com/en/rest/releases>), and where its files are downloaded.

use serde_json::{Value, json};

use super::{File, Forge, Kind, Page, body, json as reply, message, parts, slice, text};
use crate::server::{Request, Response};

pub(super) fn answer(forge: &Forge, request: &Request) -> Response {
    let (parts, asked) = parts(request);
    if let ["acme", "hello", "releases", "download", tag, name] = parts[..] {
        return download(forge, tag, name);
    }
    if !forge.is_let_in(request) {
        return message(401, "Bad credentials");
    }
    let Some(rest) = parts.strip_prefix(&["repos", "acme", "hello"]) else { return message(404, "Not Found") };
    let mut state = forge.state();
    match (request.method.as_str(), rest) {
        ("GET", []) => reply(200, &json!({ "full_name": "acme/hello", "permissions": { "push": true } })),
        ("GET", ["releases"]) => {
            let all: Vec<Value> = state.pages.iter().rev().map(|page| release(forge, page)).collect();
            reply(200, &slice(&all, &asked, "per_page").into())
        }
        ("GET", ["releases", "latest"]) => {
            let public = |page: &&Page| !page.draft && !page.prerelease;
            let latest = |page: &&Page| public(page) && page.latest.as_deref() != Some("false");
            let found = state.pages.iter().rev().find(latest).or_else(|| state.pages.iter().rev().find(public));
            found.map_or_else(|| message(404, "Not Found"), |page| reply(200, &release(forge, page)))
        }
        ("POST", ["releases"]) => {
            let asked = body(request);
            let tag = text(&asked["tag_name"]);
            if state.pages.iter().any(|page| page.tag == tag && !page.draft) {
                return message(422, "Validation Failed");
            }
            let id = state.id();
            let mut page = Page { id, tag, ..Page::default() };
            page.change(&asked);
            let created = release(forge, &page);
            state.pages.push(page);
            reply(201, &created)
        }
        ("PATCH", ["releases", id]) => {
            let asked = body(request);
            let Some(page) = state.page(id) else { return message(404, "Not Found") };
            if page.draft && asked["draft"] == false && page.files.iter().any(|file| !file.whole) {
                return message(422, "an asset is not uploaded");
            }
            page.change(&asked);
            reply(200, &release(forge, page))
        }
        ("GET" | "DELETE", ["releases", "assets", id]) => {
            let is_it = |file: &File| file.id.to_string() == *id;
            let Some(page) = state.pages.iter_mut().find(|page| page.files.iter().any(is_it)) else {
                return message(404, "Not Found");
            };
            if request.method == "GET" {
                return Response::ok(
                    page.files.iter().find(|file| is_it(file)).map(|file| file.bytes.clone()).unwrap_or_default(),
                );
            }
            page.files.retain(|file| !is_it(file));
            Response::status(204)
        }
        ("POST", ["releases", _, "assets"]) => {
            drop(state);
            upload(forge, request, true)
        }
        _ => message(404, "Not Found"),
    }
}

/// Takes a file, or the beginning of one.
pub(super) fn upload(forge: &Forge, request: &Request, whole: bool) -> Response {
    let (parts, asked) = parts(request);
    let [.., id, "assets"] = parts[..] else { return message(404, "Not Found") };
    let name = asked.get("name").copied().unwrap_or_default();
    let mut state = forge.state();
    let file = File::new(state.id(), name, &request.body, whole);
    let Some(page) = state.page(id) else { return message(404, "Not Found") };
    if page.files.iter().any(|file| file.name == name) {
        return reply(422, &json!({ "message": "Validation Failed", "errors": [{ "code": "already_exists" }] }));
    }
    let created = asset(forge, page, &file);
    page.files.push(file);
    reply(201, &created)
}

fn download(forge: &Forge, tag: &str, name: &str) -> Response {
    let pages = forge.pages();
    let page = pages.iter().find(|page| page.tag == tag && !page.draft);
    let file = page.and_then(|page| page.files.iter().find(|file| file.name == name && file.whole));
    file.map_or_else(Response::not_found, |file| Response::ok(file.bytes.clone()))
}

fn release(forge: &Forge, page: &Page) -> Value {
    let (host, id) = (forge.kind.host(), page.id);
    let place = if page.draft { format!("untagged-{id}") } else { format!("tag/{}", page.tag) };
    let assets: Vec<Value> = page.files.iter().map(|file| asset(forge, page, file)).collect();
    let mut release = page.json(&format!("http://{host}/acme/hello/releases/{place}"), &assets);
    release["upload_url"] =
        format!("http://uploads.{host}/repos/acme/hello/releases/{id}/assets{{?name,label}}").into();
    release
}

fn asset(forge: &Forge, page: &Page, file: &File) -> Value {
    let host = forge.kind.host();
    let mut asset = json!({
        "id": file.id,
        "name": file.name,
        "size": file.bytes.len(),
        "state": if file.whole { "uploaded" } else { "starter" },
        "browser_download_url": format!("http://{host}/acme/hello/releases/download/{}/{}", page.tag, file.name),
    });
    if forge.kind == Kind::GitHub {
        asset["digest"] = format!("sha256:{}", file.sha256()).into();
    }
    asset
}
