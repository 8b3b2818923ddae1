//! Published to a registry, installed by npm, imported and required by node.

use std::fs;
use std::path::Path;

use lab::{client, run};

use super::{CONFIG, release, released};
use crate::npm::verdaccio::Verdaccio;
use crate::npm::{Npm, stdout, tool};
use crate::products::library;

/// Counts, and says which version it is.
const USE: &str = "const counts = tally.count('naïve 日本語\\n');
const top = tally.top_words('b a c b a b', 2);
console.log(counts.lines, counts.words, counts.chars, counts.bytes);
console.log(top.words.join(), top.counts.join(), tally.version());";
const SAID: &str = "1 2 10 17\nb,a 3,2 0.1.0";

/// What node says to a script in `project`.
fn node(project: &Path, flags: &[&str], file: &str, text: &str) -> Option<String> {
    let node = client("node", "a library is imported by node")?;
    fs::write(project.join(file), text).unwrap();
    Some(stdout(node.command().args(flags).arg(file).current_dir(project)))
}

#[test]
fn it_is_published_installed_imported_and_required() {
    let Some(registry) = Verdaccio::start("a library is published, installed and imported") else { return };
    let publish = || {
        let mut publish = tool(released(), &["publish", "--channel", "npm", release().to_str().unwrap()]);
        registry.npm.for_command(&mut publish);
        stdout(&mut publish)
    };
    assert!(publish().contains("done"));
    assert!(publish().contains("there already"), "it is published once");
    registry.configure(None);
    let project = registry.project("user");
    run(&mut registry.npm.command(&project, &["install", "@acme/tally-wasm"]));
    for (file, text) in [
        (
            "named.mjs",
            format!(
                "import {{ count, top_words, version }} from '@acme/tally-wasm';\n\
                 const tally = {{ count, top_words, version }};\n{USE}"
            ),
        ),
        ("all.mjs", format!("import * as tally from '@acme/tally-wasm';\n{USE}")),
        ("required.cjs", format!("const tally = require('@acme/tally-wasm');\n{USE}")),
        ("folder.cjs", format!("const tally = require('@acme/tally-wasm/nodejs');\n{USE}")),
        (
            "web.mjs",
            format!(
                "import init, * as tally from '@acme/tally-wasm/web';\nimport {{ readFile }} from 'node:fs/promises';\n\
                 const module = import.meta.resolve('@acme/tally-wasm/web/tally_wasm_bg.wasm');\n\
                 await init({{ module_or_path: await readFile(new URL(module)) }});\n{USE}"
            ),
        ),
    ] {
        let Some(said) = node(&project, &[], file, &text) else { return };
        assert_eq!(said, SAID, "{file}");
    }
    // What bundlers take are ES modules that import WebAssembly, which node can be asked to do as they do.
    let bundled = format!("import * as tally from '@acme/tally-wasm/bundler';\n{USE}");
    let flags = ["--experimental-wasm-modules", "--no-warnings"];
    assert_eq!(node(&project, &flags, "bundled.mjs", &bundled).as_deref(), Some(SAID));
}

/// JavaScript that a crate brings, which wasm-bindgen writes to files of their own.
const SNIPPET: &str = r#"
#[wasm_bindgen(inline_js = "export function twice(n) { return n * 2; }")]
extern "C" {
    fn twice(n: u32) -> u32;
}

/// Four.
#[wasm_bindgen]
#[must_use]
pub fn four() -> u32 {
    twice(2)
}
"#;

#[test]
fn snippets_are_loaded() {
    let home = lab::scratch("npm-home");
    let Some(npm) = Npm::new("snippets of a library are loaded by node", &home) else { return };
    let checkout = library("", CONFIG);
    let lib = checkout.join("crates/tally-wasm/src/lib.rs");
    let text = fs::read_to_string(&lib).unwrap();
    let (product, tests) = text.split_once("#[cfg(test)]").unwrap();
    fs::write(&lib, format!("{product}{SNIPPET}\n#[cfg(test)]{tests}")).unwrap();
    run(&mut tool(&checkout, &["--channel", "npm"]));
    let project = lab::scratch("user");
    fs::write(project.join("package.json"), "{}").unwrap();
    let file = checkout.join("target/releases/v0.1.0").join(super::PACKAGE);
    run(&mut npm.command(&project, &["install", file.to_str().unwrap()]));
    for (file, text) in [
        ("a.cjs", "console.log(require('@acme/tally-wasm').four())"),
        ("a.mjs", "import { four } from '@acme/tally-wasm'; console.log(four())"),
    ] {
        assert_eq!(node(&project, &["--no-warnings"], file, text).as_deref(), Some("4"), "{file}");
    }
}

#[test]
fn one_target_is_a_package_as_wasm_pack_makes_it() {
    let config = format!("{CONFIG}[wasm]\ntargets = [\"nodejs\"]\n");
    let checkout = library("", &config);
    run(&mut tool(&checkout, &["--channel", "npm"]));
    let home = lab::scratch("npm-home");
    let Some(npm) = Npm::new("a library for node alone is required", &home) else { return };
    let project = lab::scratch("user");
    fs::write(project.join("package.json"), "{}").unwrap();
    let file = checkout.join("target/releases/v0.1.0").join(super::PACKAGE);
    run(&mut npm.command(&project, &["install", file.to_str().unwrap()]));
    let required = format!("const tally = require('@acme/tally-wasm');\n{USE}");
    assert_eq!(node(&project, &[], "a.cjs", &required).as_deref(), Some(SAID));
    let package = project.join("node_modules/@acme/tally-wasm");
    for there in ["tally_wasm.js", "tally_wasm.d.ts", "tally_wasm_bg.wasm", "README.md", "LICENSE-MIT"] {
        assert!(package.join(there).is_file(), "{there}");
    }
    assert!(!package.join("nodejs").exists());
}
