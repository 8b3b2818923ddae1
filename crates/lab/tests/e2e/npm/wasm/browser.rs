//! Imported by a page in a real browser: with nothing in between, and as a bundler packs it.

use std::fs;
use std::path::Path;

use lab::server::{Request, Response, Server};
use lab::{Client, client, command, run, scratch};

use super::{PACKAGE, release};
use crate::npm::stdout;

const PAGE: &str = r#"<!doctype html><title>tally</title><p id="said">nothing yet</p>
<script type="module">
const say = (text) => { document.getElementById("said").textContent = text; };
try {
  const { default: init, count, top_words, version } = await import("/package/web/tally_wasm.js");
  await init();
  const counts = count("naïve 日本語\n");
  say([counts.lines, counts.words, counts.chars, counts.bytes, top_words("b a b", 1).words, version()].join(" "));
} catch (error) {
  say(`failed: ${error}`);
}
</script>"#;

/// Bundled, it is imported as any other package.
const BUNDLED: &str = r#"import { count, version } from "@acme/tally-wasm";
const counts = count("naïve 日本語\n");
document.getElementById("said").textContent = [counts.words, counts.chars, version()].join(" ");
"#;

/// What a page shows in the end whose files are in `folder`; and what was asked for.
fn shown(browser: &Client, folder: &Path, page: &'static str) -> (String, Vec<String>) {
    let files = folder.to_path_buf();
    let server = Server::start(move |request: &Request| {
        let path = request.path().trim_start_matches('/');
        let kind = match path.rsplit('.').next() {
            Some("js") => "text/javascript",
            Some("wasm") => "application/wasm",
            _ => "text/html; charset=utf-8",
        };
        let content = if path.is_empty() { Some(page.as_bytes().to_vec()) } else { fs::read(files.join(path)).ok() };
        content.map_or_else(Response::not_found, |bytes| Response::ok(bytes).header("Content-Type", kind))
    });
    let profile = scratch("profile");
    let mut chromium = browser.command();
    chromium.args(["--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=20000"]);
    chromium.arg(format!("--user-data-dir={}", profile.display())).arg(server.url());
    (stdout(&mut chromium), server.asked())
}

#[test]
fn a_page_imports_it() {
    let Some(browser) = client("chromium-headless-shell", "a library is imported by a page") else { return };
    let folder = scratch("page");
    run(command("tar").arg("-xzf").arg(release().join(PACKAGE)).current_dir(&*folder));
    let (dom, asked) = shown(&browser, &folder, PAGE);
    assert!(dom.contains(">1 2 10 17 b 0.1.0</p>"), "{dom}");
    assert!(asked.iter().any(|asked| asked.ends_with("/package/web/tally_wasm_bg.wasm")));
}

#[test]
fn a_bundler_packs_it() {
    let purpose = "a library is packed by a bundler";
    let (Some(browser), Some(webpack)) = (client("chromium-headless-shell", purpose), client("webpack", purpose))
    else {
        return;
    };
    let (Some(node), project) = (client("node", purpose), scratch("bundle")) else { return };
    let place = project.join("node_modules/@acme");
    fs::create_dir_all(&place).unwrap();
    run(command("tar").arg("-xzf").arg(release().join(PACKAGE)).current_dir(&place));
    fs::rename(place.join("package"), place.join("tally-wasm")).unwrap();
    fs::write(project.join("index.mjs"), BUNDLED).unwrap();
    let module = webpack.path().ancestors().nth(2).unwrap().join("webpack");
    let script = format!(
        "require({module:?})({{ mode: 'production', context: __dirname, entry: './index.mjs', \
         experiments: {{ asyncWebAssembly: true }}, output: {{ path: __dirname + '/dist', publicPath: '/' }} }}, \
         (error, stats) => {{ if (error || stats.hasErrors()) throw error || stats.toString(); }});"
    );
    fs::write(project.join("bundle.cjs"), script).unwrap();
    run(node.command().arg("bundle.cjs").current_dir(&*project));
    let page =
        "<!doctype html><meta charset=\"utf-8\"><p id=\"said\">nothing yet</p><script src=\"/main.js\"></script>";
    let (dom, asked) = shown(&browser, &project.join("dist"), page);
    assert!(dom.contains(">2 10 0.1.0</p>"), "{dom}");
    assert!(asked.iter().any(|asked| asked.ends_with(".module.wasm")), "{asked:?}");
}
