//! The formula, as Ruby loads it on each of Homebrew's platforms; and as brew itself takes it, where there is one.

use std::fs;
use std::path::{Path, PathBuf};

use lab::xtask::dist;
use lab::{Client, Fixture, client, command, run, scratch, workspace_root};
use serde_json::{Value, json};

use crate::formats::{HOSTILE, release};
use crate::said::said;
use crate::targets::unpacked;

const PLATFORMS: [[&str; 2]; 4] = [["macos", "arm"], ["macos", "intel"], ["linux", "arm"], ["linux", "intel"]];

fn goldens() -> impl Iterator<Item = PathBuf> {
    let folder = workspace_root().join("xtask/src/channel/golden");
    ["formula.rb", "formula_of_everything.rb"].into_iter().map(move |name| folder.join(name))
}

/// What the formula says on a platform.
fn seen(ruby: &Client, formula: &Path, platform: [&str; 2]) -> Value {
    let double = workspace_root().join("crates/lab/tests/e2e/formula_double.rb");
    let output = run(ruby.command().arg("-w").arg(double).arg(formula).args(platform));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn manifest(release: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(release.join("dist-manifest.json")).unwrap()).unwrap()
}

#[test]
fn every_platform_gets_an_archive_of_the_release_with_its_digest() {
    let Some(ruby) = client("ruby", "the formula serves every platform") else { return };
    let release = unpacked();
    let manifest = manifest(release);
    let targets = PLATFORMS.map(|platform| {
        let formula = seen(&ruby, &release.join("homebrew/tally.rb"), platform);
        let strings = &formula["strings"];
        let mut assets = manifest["assets"].as_array().unwrap().iter();
        let asset = assets.find(|asset| asset["url"] == strings["url"]).expect("an archive of this release");
        assert_eq!(strings["sha256"], asset["sha256"], "{platform:?}");
        assert_eq!(strings["version"], Value::Null, "brew reads it out of the URL");
        assert_eq!(formula["installed"]["bin"], json!(["tally", "tally-top"]), "{platform:?}");
        assert_eq!(formula["tested"], json!(["bin/tally --version", "bin/tally-top --version"]));
        // What is installed is where brew stands when it has unpacked the archive.
        let folder = release.join(asset["name"].as_str().unwrap().trim_end_matches(".tar.gz"));
        for (place, files) in formula["installed"].as_object().unwrap() {
            for file in files.as_array().unwrap() {
                let path = file.as_str().or_else(|| file.as_object()?.keys().next().map(String::as_str)).unwrap();
                assert!(folder.join(path).is_file(), "{place}: {} has no {path}", folder.display());
            }
        }
        asset["target"].as_str().unwrap().to_owned()
    });
    let wanted =
        ["aarch64-apple-darwin", "x86_64-apple-darwin", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl"];
    assert_eq!(targets, wanted);
}

#[test]
fn hostile_text_stays_text() {
    let Some(ruby) = client("ruby", "hostile text in a formula stays text") else { return };
    let formula = release().join("homebrew/hello.rb");
    run(ruby.command().args(["-w", "-c"]).arg(&formula));
    let cpu = if cfg!(target_arch = "aarch64") { "arm" } else { "intel" };
    let seen = seen(&ruby, &formula, ["linux", cpu]);
    assert_eq!(seen["class"], "Hello");
    // As much of it as Homebrew has room for: its last word is cut off.
    assert_eq!(seen["strings"]["desc"], format!("{} next", HOSTILE.replacen('s', "S", 1)));
    assert_eq!(seen["strings"]["license"]["any_of"], json!(["MIT", "Apache-2.0"]));
    assert_eq!(seen["conflicts_with"], json!({ HOSTILE: HOSTILE }));
    assert_eq!(seen["caveats"], format!("{HOSTILE}\n"));
    let service = &seen["blocks"]["service"];
    assert_eq!(service["run"], json!([["opt_bin/hello", HOSTILE]]));
    assert_eq!(service["environment_variables"], json!([{ "A": HOSTILE }]));
    let manifest = manifest(&release());
    assert_eq!(seen["strings"]["url"], manifest["assets"][0]["url"]);
    assert_eq!(seen["strings"]["sha256"], manifest["assets"][0]["sha256"]);
    assert_eq!(seen["installed"]["bin"], json!(["hello"]));
}

#[test]
fn everything_that_can_be_said_is_ruby() {
    let Some(ruby) = client("ruby", "a formula with everything in it is Ruby") else { return };
    let goldens: Vec<PathBuf> = goldens().collect();
    for platform in [["macos", "arm"], ["macos", "intel"]] {
        let all = seen(&ruby, &goldens[1], platform);
        assert_eq!(all["strings"]["url"], "https://example.org/tally-universal-apple-darwin.tar.gz");
        assert_eq!(all["strings"]["version"], "1.2.3");
        let nested = json!({ "all_of": [{ "Apache-2.0": { "with": "LLVM-exception" } }, "BSD-3-Clause"] });
        assert_eq!(all["strings"]["license"], json!({ "any_of": ["MIT", nested] }));
        assert_eq!(all["depends_on"], json!(["\"acme/tap/lines\"", ":macos", "\"openssl@3\""]));
        assert_eq!(all["blocks"]["livecheck"]["regex"], json!([r"/^tally\/v(\d+(?:\.\d+)+)$/i"]));
        assert_eq!(all["blocks"]["service"]["keep_alive"], json!([true]));
        assert_eq!(all["caveats"], "Say \"#{hello}\" to it:\n\n  tally init\n");
        assert_eq!(all["tested"], json!(["bin/tally --version", "bin/tally-top --version"]));
    }
    // A platform that the release lacks has nothing.
    assert_eq!(seen(&ruby, &goldens[0], ["macos", "intel"])["strings"]["url"], Value::Null);
    assert_eq!(seen(&ruby, &goldens[1], ["linux", "arm"])["strings"]["url"], Value::Null);
}

#[test]
fn rubocop_has_nothing_to_say() {
    let Some(rubocop) = client("rubocop", "formulae are written as Ruby is") else { return };
    let style = workspace_root().join("crates/lab/tests/e2e/formula_style.yml");
    let mut command = rubocop.command();
    command.args(["--cache", "false", "--format", "emacs", "--config"]).arg(style).args(goldens());
    run(&mut command);
}

/// A server on the loopback that goes with the test.
struct Server(std::process::Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves a folder: the server, and its port.
fn serve(folder: &Path) -> (Server, u16) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut python = command("python3");
    python.args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string(), "--directory"]).arg(folder);
    python.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let server = Server(python.spawn().unwrap());
    let answers = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    assert!((0..100).any(|_| answers() || {
        std::thread::sleep(std::time::Duration::from_millis(50));
        false
    }));
    (server, port)
}

#[test]
fn brew_installs_tests_and_audits_it() {
    let Some(brew) = client("brew", "brew installs, tests, styles and audits the formula") else { return };
    let hello = Fixture::package("homepage = \"https://example.org/\"");
    let (_server, port) = serve(&hello);
    let folder = scratch("tap");
    let tap = folder.join("tap.git");
    run(command("git").args(["init", "--quiet", "--bare"]).arg(&tap));
    hello.config(&format!(
        "download-url = \"http://127.0.0.1:{port}/target/releases/{{ tag }}/{{ asset }}\"\n[channel.homebrew]\n\
         name = \"xtask-dist-hello\"\nauthor = \"Lab <lab@example.org>\"\ntap = \"{}\"\n",
        tap.display()
    ));
    run(&mut dist(&hello, ["--channel", "homebrew"]));
    run(&mut dist(&hello, ["publish"]));
    let brew = |args: &[&str]| {
        let mut command = brew.command();
        command.args(args).env("HOMEBREW_NO_AUTO_UPDATE", "1").env("HOMEBREW_NO_ANALYTICS", "1");
        command
    };
    let formula = "xtask-dist/lab/xtask-dist-hello";
    run(&mut brew(&["tap", "xtask-dist/lab", tap.to_str().unwrap()]));
    let steps = [&["install", formula][..], &["test", formula], &["style", formula], &["audit", "--strict", formula]];
    let results = steps.map(|args| (args, said(&mut brew(args))));
    let _ = said(&mut brew(&["uninstall", "--force", formula]));
    let _ = said(&mut brew(&["untap", "--force", "xtask-dist/lab"]));
    for (args, result) in results {
        assert_eq!(result.code, Some(0), "brew {args:?}: {result:#?}");
    }
}
