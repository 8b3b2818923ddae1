//! Gitea's REST API of releases (<https://docs.gitea.com/api>).

use serde_json::{Value, json};

use super::{File, Forge, Page, body, json as reply, message, parts, slice, text};
use crate::server::{Request, Response};

pub(super) fn answer(forge: &Forge, request: &Request) -> Response {
    let (parts, asked) = parts(request);
    if let ["acme", "hello", "releases", "download", tag, name] = parts[..] {
        let pages = forge.pages();
        let page = pages.iter().find(|page| page.tag == tag && !page.draft);
        let file = page.and_then(|page| page.files.iter().find(|file| file.name == name));
        return file.map_or_else(Response::not_found, |file| Response::ok(file.bytes.clone()));
    }
    if !forge.is_let_in(request) {
        return message(401, "token is required");
    }
    let mut state = forge.state();
    if let ["attachments", uuid] = parts[..] {
        let file = state.pages.iter().flat_map(|page| &page.files).find(|file| uuid_of(file) == uuid);
        return file.map_or_else(Response::not_found, |file| Response::ok(file.bytes.clone()));
    }
    let Some(rest) = parts.strip_prefix(&["api", "v1", "repos", "acme", "hello"]) else {
        return message(404, "not found");
    };
    match (request.method.as_str(), rest) {
        ("GET", []) => reply(200, &json!({ "full_name": "acme/hello", "permissions": { "push": true } })),
        ("GET", ["releases"]) => {
            let all: Vec<Value> = state.pages.iter().rev().map(release).collect();
            reply(200, &slice(&all, &asked, "limit").into())
        }
        ("POST", ["releases"]) => {
            let asked = body(request);
            let tag = text(&asked["tag_name"]);
            if state.pages.iter().any(|page| page.tag == tag) {
                return message(409, "Release is has no Tag");
            }
            let id = state.id();
            let mut page = Page { id, tag, ..Page::default() };
            page.change(&asked);
            let created = release(&page);
            state.pages.push(page);
            reply(201, &created)
        }
        ("PATCH", ["releases", id]) => {
            let Some(page) = state.page(id) else { return message(404, "not found") };
            page.change(&body(request));
            reply(200, &release(page))
        }
        ("POST", ["releases", id, "assets"]) => {
            let Some(bytes) = form(request) else { return message(400, "no attachment") };
            let file = File::new(state.id(), asked.get("name").copied().unwrap_or_default(), &bytes, true);
            let Some(page) = state.page(id) else { return message(404, "not found") };
            let created = asset(&file);
            // A name may come twice.
            page.files.push(file);
            reply(201, &created)
        }
        ("DELETE", ["releases", id, "assets", file]) => {
            let Some(page) = state.page(id) else { return message(404, "not found") };
            page.files.retain(|there| there.id.to_string() != **file);
            Response::status(204)
        }
        _ => message(404, "not found"),
    }
}

/// The one file of a form (RFC 7578), if it is called `attachment`.
fn form(request: &Request) -> Option<Vec<u8>> {
    let boundary = request.header("content-type")?.split_once("boundary=")?.1;
    let find = |bytes: &[u8], mark: &[u8]| bytes.windows(mark.len()).position(|window| window == mark);
    let head = find(&request.body, b"\r\n\r\n")?;
    let name = String::from_utf8_lossy(&request.body[..head]).contains("name=\"attachment\"");
    let rest = &request.body[head + 4..];
    let end = find(rest, format!("\r\n--{boundary}").as_bytes())?;
    name.then(|| rest[..end].to_vec())
}

fn release(page: &Page) -> Value {
    let url = format!("http://gitea.example.org/acme/hello/releases/tag/{}", page.tag);
    page.json(&url, &page.files.iter().map(asset).collect::<Vec<_>>())
}

fn asset(file: &File) -> Value {
    json!({ "id": file.id, "name": file.name, "size": file.bytes.len(), "uuid": uuid_of(file) })
}

fn uuid_of(file: &File) -> String {
    format!("00000000-0000-4000-8000-{:012}", file.id)
}
