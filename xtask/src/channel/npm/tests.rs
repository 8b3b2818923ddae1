//! What the channel makes of a release.

use std::path::Path;

use super::package_json::PackageJson;
use super::*;
use crate::channel::testing::{self, OneFile};
use crate::channel::{Content, Made};
use crate::config::JsTarget;
use crate::pack::Source;
use crate::template::Templates;

/// The packages of a release: each file's path, what package.json says, and the text of what is no program.
pub(super) fn packages(release: &Manifest) -> Vec<(String, PackageJson, String)> {
    let made = testing::made(&Npm, release);
    let Made::Outputs(outputs) = made else { panic!("{made:?}") };
    let read = |output: Output| {
        let Content::TarGz { tar, .. } = output.content else { panic!("no package") };
        let inline = tar.items.iter().filter_map(|item| match &item.source {
            Source::Inline(bytes) => Some((item.path.as_str(), String::from_utf8(bytes.clone()).unwrap())),
            _ => None,
        });
        let (json, texts): (Vec<_>, Vec<_>) = inline.partition(|(path, _)| path.ends_with("/package.json"));
        let text: Vec<String> = texts
            .iter()
            .map(|(path, text)| {
                format!(
                    "--- {path}
{text}"
                )
            })
            .collect();
        let (_, json) = json.iter().find(|(path, _)| *path == "package/package.json").unwrap();
        (output.path, PackageJson::parse(json.as_bytes()).unwrap(), text.concat())
    };
    outputs.into_iter().map(read).collect()
}

fn release_with(targets: &[&str], change: impl Fn(&mut Settings)) -> Manifest {
    let mut release = testing::release_for(targets);
    let channel = release.plan.packages[0].channels.iter_mut().find(|channel| channel.id == ID).unwrap();
    let mut settings = Settings::default();
    change(&mut settings);
    channel.settings = settings_to_plan(&settings);
    release
}

/// `name: os cpu libc` of the packages for platforms.
fn platforms(targets: &[&str]) -> Vec<String> {
    let all = packages(&release_with(targets, |_| ()));
    let words = |json: &PackageJson| [&json.os, &json.cpu, &json.libc].map(|words| words.join("+")).join(" ");
    let platforms = all.iter().filter(|(_, json, _)| json.bin.is_empty());
    platforms.map(|(_, json, _)| format!("{}: {}", json.name, words(json).trim())).collect()
}

#[test]
fn a_package_a_platform_and_the_main_one_last() {
    let release = release_with(&["aarch64-apple-darwin", "x86_64-unknown-linux-musl"], |settings| {
        settings.scope = Some("@acme".into());
    });
    let packages = packages(&release);
    let paths: Vec<&str> = packages.iter().map(|(path, ..)| path.as_str()).collect();
    let wanted = ["acme-tally-darwin-arm64-1.2.3.tgz", "acme-tally-linux-x64-musl-1.2.3.tgz", "acme-tally-1.2.3.tgz"];
    assert_eq!(paths, wanted.map(|file| format!("npm/{file}")));
    let main = &packages[2].1;
    assert_eq!(main.bin["tally-top"], "bin/tally-top.js");
    let needed: Vec<_> = main.optional_dependencies.iter().collect();
    let version = "1.2.3".to_owned();
    let names = ["@acme/tally-darwin-arm64", "@acme/tally-linux-x64-musl"].map(str::to_owned);
    assert_eq!(needed, [(&names[0], &version), (&names[1], &version)]);
    assert_eq!(main.files, ["README.md", "bin/tally-top.js", "bin/tally.js"]);
    assert!(main.scripts.is_empty() && main.os.is_empty());
    let own = &packages[0].1;
    assert_eq!(own.files, ["README.md", "bin/tally", "bin/tally-top"]);
    assert_eq!(own.description.as_deref(), Some("The programs of @acme/tally for darwin arm64"));
}

#[test]
fn platforms_are_in_the_words_of_npm() {
    let linux = ["x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"];
    assert_eq!(platforms(&linux), ["tally-linux-x64-gnu: linux x64 glibc", "tally-linux-x64-musl: linux x64 musl"]);
    // What is static, and alone, is for every Linux.
    assert_eq!(platforms(&linux[1..]), ["tally-linux-x64-musl: linux x64"]);
    assert_eq!(platforms(&linux[..1]), ["tally-linux-x64-gnu: linux x64 glibc"]);
    let windows = ["x86_64-pc-windows-gnullvm", "x86_64-pc-windows-msvc"];
    assert_eq!(platforms(&windows), ["tally-win32-x64: win32 x64"]);
    let mac = ["aarch64-apple-darwin", "universal-apple-darwin", "x86_64-apple-darwin"];
    assert_eq!(platforms(&mac), ["tally-darwin-arm64: darwin arm64", "tally-darwin-x64: darwin x64"]);
    assert_eq!(platforms(&mac[1..2]), ["tally-darwin-universal: darwin arm64+x64"]);
    assert_eq!(platforms(&mac[..2]), ["tally-darwin-arm64: darwin arm64", "tally-darwin-x64: darwin x64"]);
}

#[test]
fn the_launcher_is_what_it_was() {
    let release =
        release_with(&["aarch64-apple-darwin", "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"], |_| ());
    let (_, _, text) = packages(&release).pop().unwrap();
    let launcher = text.split("--- package/").find_map(|file| file.strip_prefix("bin/tally.js\n")).unwrap().to_owned();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/channel/golden/launcher.js");
        std::fs::write(file, &launcher).unwrap();
        return;
    }
    let golden = include_str!("../golden/launcher.js");
    assert_eq!(launcher, golden, "UPDATE_GOLDEN=1 cargo test -p xtask-dist writes it anew");
}

#[test]
fn packages_of_one_name_are_refused() {
    let mut release = release_with(&["x86_64-unknown-linux-gnu"], |settings| settings.name = Some("tally".into()));
    let mut other = release.plan.packages[0].clone();
    other.name = "tally-top".into();
    release.plan.packages.push(other);
    let templates = Templates::load(Path::new("/nonexistent"), Npm.templates()).unwrap();
    let package = &release.plan.packages[0];
    let work = Work { release: &release, package, channel: package.channel(ID).unwrap(), templates: &templates };
    let error = Npm.outputs(&work).unwrap_err().to_string();
    assert!(error.contains("tally and tally-top would both be `tally` on npm"), "{error}");
    assert!(error.contains("write another `name` under [package.tally-top.channel.npm]"), "{error}");
}

/// A library's release with the file of its package, in which each file holds its own path in the archive.
fn library() -> (Manifest, OneFile) {
    let mut release = testing::library(&[JsTarget::Bundler, JsTarget::Nodejs, JsTarget::Web]);
    let Made::Outputs(mut outputs) = testing::made(&Npm, &release) else { panic!("nothing made") };
    let Output { path, content: Content::TarGz { tar, epoch }, .. } = outputs.remove(0) else { panic!("no package") };
    let paths = release.assets[0].entries.iter().map(|entry| entry.path.as_bytes().to_vec());
    let contents = paths.map(|bytes| (crate::hash::sha256(&bytes), bytes)).collect();
    let bytes = tar.gzipped(epoch, &contents).unwrap().bytes;
    let (channel, package) = (ID.to_owned(), release.plan.packages[0].name.clone());
    let (sha256, claims, integrity) = (String::new(), Vec::new(), Some(crate::hash::integrity(&bytes)));
    release.outputs.push(crate::manifest::Output { path, channel, package, size: 1, sha256, integrity, claims });
    (release, OneFile(bytes))
}

#[test]
fn a_library_is_what_its_archive_has() {
    let (mut release, file) = library();
    let said = |release: &Manifest| {
        let found = Npm.verify(release, &file);
        found.into_iter().map(|finding| finding.what).collect::<Vec<_>>()
    };
    assert_eq!(said(&release), Vec::<String>::new());
    let entries = &mut release.assets[0].entries;
    let module = entries.iter_mut().find(|entry| entry.role == crate::project::Role::Wasm).unwrap();
    module.sha256 = "0".repeat(64);
    let mut missing = module.clone();
    missing.path = module.path.replace("_bg.wasm", "_new.js");
    entries.push(missing);
    let [altered, lacking] = &said(&release)[..] else { panic!("{:?}", said(&release)) };
    assert!(altered.starts_with("bundler/tally_wasm_bg.wasm is not tally-wasm32"), "{altered}");
    assert_eq!(lacking, "it lacks bundler/tally_wasm_new.js");
    let noted = release.outputs[0].integrity.replace(crate::hash::integrity(b"another file"));
    assert!(said(&release).iter().any(|what| what.starts_with("npm's digest of it is sha512-")));
    release.outputs[0].integrity = noted;
    release.plan.packages[0].targets[0].wasm.as_mut().unwrap().settings.targets.pop();
    release.outputs[0].path = "npm/other-1.2.3.tgz".into();
    assert!(said(&release).iter().any(|what| what.contains("whose file is npm/tally-wasm-1.2.3.tgz")));
}
