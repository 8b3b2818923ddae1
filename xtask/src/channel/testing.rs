//! A release to try channels on: one package with two programs, for the three kinds of systems.

use std::path::Path;
use std::sync::Arc;

use super::{Channel, Content, Files, Made, ReadSeek, Work};
use crate::compile::Toolchain;
use crate::config::{BuildSettings, JsTarget, Problems, Reader, WasmSettings};
use crate::inspect::{Executable, Signature, Slice};
use crate::manifest::{Asset, Build, Entry, FORMAT, Manifest, Tool};
use crate::names;
use crate::plan::{ArchivePlan, ArchiveTemplates, ChannelPlan, PackagePlan, ReleasePlan, TargetPlan, WasmPlan};
use crate::project::{About, Binary, File, Role, Source};
use crate::spanned::{self, Table};
use crate::targets::{Builder, Libc, Os, Target};
use crate::template::Templates;

const TARGETS: [&str; 4] =
    ["aarch64-apple-darwin", "aarch64-unknown-linux-musl", "x86_64-pc-windows-msvc", "x86_64-unknown-linux-musl"];

/// The release.
pub fn release() -> Manifest {
    release_for(&TARGETS)
}

/// The release, for other targets.
pub fn release_for(targets: &[&str]) -> Manifest {
    let targets: Vec<TargetPlan> = targets.iter().map(|triple| target(&Target::parse(triple).unwrap())).collect();
    let mut package = PackagePlan {
        name: "tally".into(),
        about: About {
            description: Some("Count lines, words and characters".into()),
            license: Some("MIT OR Apache-2.0".into()),
            repository: Some("https://github.com/acme/tally".into()),
            ..About::default()
        },
        programs: ["tally", "tally-top"].map(binary).into(),
        binstall: serde_json::Value::Null,
        tag: names::SHARED_TAG.into(),
        manifest: "crates/tally/Cargo.toml".into(),
        default_run: Some("tally".into()),
        download_url: names::forge_download_url("https://github.com/acme/tally").map(str::to_owned),
        channels: Vec::new(),
        targets,
    };
    package.channels = super::ALL
        .iter()
        .map(|channel| ChannelPlan {
            id: channel.id().into(),
            required: false,
            settings: channel.settings(&Reader::new(&Table::new(), "", &Problems::default())),
        })
        .collect();
    let assets = package.targets.iter().map(asset).collect();
    let toolchain = Toolchain { rustc: "rustc 1.95.0 (59807616e 2026-04-14)".into(), llvm: Some("22.1.2".into()) };
    let build = |target: &TargetPlan| Build {
        package: "tally".into(),
        target: target.target.clone(),
        builder: Builder::Cargo,
        toolchain: toolchain.clone(),
        glibc: None,
        rustflags: Vec::new(),
        tools: std::collections::BTreeMap::new(),
    };
    Manifest {
        format: FORMAT,
        tool: Tool { name: "xtask-dist".into(), version: "0.1.0".into() },
        source: Source { commit: Some("c0ffee".into()), dirty: None, lock: Some("10c4".into()), epoch: 1_789_000_000 },
        builds: package.targets.iter().map(build).collect(),
        plan: ReleasePlan {
            tag: "v1.2.3".into(),
            version: "1.2.3".into(),
            prerelease: false,
            packages: vec![package],
            public_key: None,
            forge: None,
            templates: std::collections::BTreeMap::new(),
            skipped: Vec::new(),
        },
        assets,
        outputs: Vec::new(),
        skipped: Vec::new(),
        missing: Vec::new(),
    }
}

/// A library for JavaScript, for everybody.
pub fn wasm() -> WasmPlan {
    WasmPlan {
        name: "tally_wasm".into(),
        wasm_bindgen: "0.2.129".into(),
        dependencies: [("left-pad".to_owned(), "^1.3.0".to_owned())].into(),
        settings: WasmSettings::of_scope(&Table::new()),
    }
}

/// A release of a library alone, made for these.
pub fn library(targets: &[JsTarget]) -> Manifest {
    let mut release = release_for(&[Target::wasm().triple()]);
    let package = &mut release.plan.packages[0];
    (package.name, package.programs) = ("tally-wasm".into(), Vec::new());
    let plan = &mut package.targets[0];
    let mut wasm = wasm();
    wasm.settings.targets = targets.to_vec();
    (plan.binaries, plan.wasm) = (Vec::new(), Some(wasm));
    plan.files.retain(|file| file.role == Role::Document);
    let mut asset = Asset::predicted("tally-wasm", plan, &[]);
    for entry in &mut asset.entries {
        entry.sha256 = crate::hash::sha256(entry.path.as_bytes());
    }
    asset.entries.sort_by(|a, b| a.path.cmp(&b.path));
    release.assets = vec![asset];
    release
}

fn binary(name: &str) -> Binary {
    Binary { name: name.into(), required_features: Vec::new() }
}

fn target(target: &Target) -> TargetPlan {
    let folder = names::render(names::ARCHIVE, &names::archive_values("tally", "1.2.3", target)).unwrap();
    let format = target.archive_format();
    let asset = format!("{folder}{}", format.suffix(target));
    let url = format!("https://github.com/acme/tally/releases/download/v1.2.3/{asset}");
    let file = |path: &str, role| File { path: path.into(), from: path.into(), role };
    TargetPlan {
        target: target.clone(),
        glibc: None,
        build: BuildSettings::of_scope(&Table::new()),
        binaries: vec!["tally".into(), "tally-top".into()],
        wasm: None,
        archive: ArchivePlan {
            asset,
            folder,
            format,
            url: Some(url),
            templates: ArchiveTemplates { name: names::ARCHIVE.into(), folder: names::ARCHIVE.into() },
        },
        files: vec![
            file("README.md", Role::Document),
            file("completions/_tally", Role::CompletionZsh),
            file("completions/tally.bash", Role::CompletionBash),
            file("completions/tally.fish", Role::CompletionFish),
            file("man/tally.1", Role::Manual),
        ],
    }
}

fn asset(plan: &TargetPlan) -> Asset {
    let digest = |text: &str| crate::hash::sha256(text.as_bytes());
    let entry = |path: &str, role, executable| Entry {
        path: plan.archive.inside(path),
        mode: if role == Role::Executable { 0o755 } else { 0o644 },
        role,
        size: 7,
        sha256: digest(path),
        executable,
    };
    let executable = executable(&plan.target);
    let programs = plan
        .binaries
        .iter()
        .map(|name| entry(&format!("{name}{}", plan.target.exe_suffix()), Role::Executable, Some(executable.clone())));
    let mut entries: Vec<Entry> =
        programs.chain(plan.files.iter().map(|file| entry(&file.path, file.role, None))).collect();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Asset {
        name: plan.archive.asset.clone(),
        package: "tally".into(),
        target: plan.target.clone(),
        size: 1000,
        sha256: digest(&plan.archive.asset),
        url: plan.archive.url.clone(),
        entries,
    }
}

/// What a usual program for the target says of itself.
pub fn executable(target: &Target) -> Executable {
    let slice = |target: &Target| Slice {
        arch: target.executable_arch().unwrap_or_default().into(),
        min_os: Some("11.0".into()),
        uuid: Some("00000000-0000-3000-8000-000000000000".into()),
        signature: (target.arch() == "aarch64").then_some(Signature::AdHoc),
    };
    let parts = target.slices().map_or_else(|| vec![target.clone()], Vec::from);
    let slices = if target.os() == Os::MacOs { parts.iter().map(slice).collect() } else { Vec::new() };
    let (interpreter, needed, glibc) = match (target.os(), target.libc()) {
        (Os::Linux, Libc::Gnu) => {
            (Some("/lib64/ld-linux-x86-64.so.2".into()), vec!["libc.so.6".into()], Some("2.17".into()))
        }
        (Os::MacOs, _) => (None, vec!["/usr/lib/libSystem.B.dylib".into()], None),
        (Os::Windows, _) => (None, vec!["KERNEL32.dll".into()], None),
        _ => (None, Vec::new(), None),
    };
    Executable {
        format: target.executable_format().unwrap_or_default().into(),
        arch: target.executable_arch().unwrap_or_default().into(),
        os: target.executable_os().map(Into::into).filter(|_| !target.is_static_by_default()),
        interpreter,
        needed,
        glibc,
        slices,
    }
}

/// What is read from the table at `path` of a dist.toml, and what is wrong with it.
pub fn settings<S>(path: &'static str, text: &str, read: impl FnOnce(&Reader<'_>) -> S) -> (S, String) {
    let table = spanned::parse(&Arc::new(spanned::Source { name: "dist.toml".into(), text: text.into() })).unwrap();
    let problems = Problems::default();
    let reader = Reader::new(&table, path, &problems);
    let settings = read(&reader);
    reader.finish();
    (settings, problems.into_result().err().map(|error| error.to_string()).unwrap_or_default())
}

/// What `channel` makes for the release with the templates that are compiled in.
pub fn made(channel: &dyn Channel, release: &Manifest) -> Made {
    let templates = Templates::load(Path::new("/nonexistent"), channel.templates()).unwrap();
    let package = &release.plan.packages[0];
    let plan = package.channel(channel.id()).unwrap();
    channel.outputs(&Work { release, package, channel: plan, templates: &templates }).unwrap()
}

/// The text of the first file that `channel` makes.
pub fn text_of(channel: &dyn Channel, release: &Manifest) -> String {
    let Made::Outputs(outputs) = made(channel, release) else { panic!("skipped") };
    let Some(Content::Text(text)) = outputs.first().map(|output| &output.content) else { panic!("{outputs:?}") };
    text.clone()
}

/// Compares the first file that `channel` makes with its golden file, which `UPDATE_GOLDEN=1` writes anew.
pub fn golden(channel: &dyn Channel, path: &str, file: &str, golden: &str) {
    golden_of(channel, &release(), path, file, golden);
}

/// The same, of another release.
pub fn golden_of(channel: &dyn Channel, release: &Manifest, path: &str, file: &str, golden: &str) {
    let Made::Outputs(outputs) = made(channel, release) else { panic!("skipped") };
    assert_eq!(outputs[0].path, path);
    let text = text_of(channel, release);
    for claim in &outputs[0].claims {
        assert!(text.contains(&claim.reference), "{} is claimed and not there", claim.reference);
    }
    same_as_golden(&text, file, golden);
}

/// Compares a text with its golden file, which `UPDATE_GOLDEN=1` writes anew.
pub fn same_as_golden(text: &str, file: &str, golden: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(format!("{}/src/channel/golden/{file}", env!("CARGO_MANIFEST_DIR")), text).unwrap();
        return;
    }
    assert_eq!(text, golden, "UPDATE_GOLDEN=1 cargo test -p xtask-dist writes it anew");
}

/// A release directory in which every file is this one.
pub struct OneFile(pub Vec<u8>);

impl Files for OneFile {
    fn open(&self, _path: &str) -> Option<Box<dyn ReadSeek>> {
        Some(Box::new(std::io::Cursor::new(self.0.clone())))
    }
}
