//! Which metadata releases need, and what is found wrong with others.

use serde_json::{Value, json};

use super::super::testing;
use super::*;
use crate::manifest::Asset;
use crate::minisign::PublicKey;
use crate::names;
use crate::targets::ArchiveFormat;

const KEY: &str = "RWSFVnvbCNIkNN1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3";

/// How a release is named and packed otherwise than usual.
#[derive(Clone, Copy)]
struct Names<'a> {
    repository: &'a str,
    tag: &'a str,
    name: &'a str,
    folder: &'a str,
    format: Option<ArchiveFormat>,
    signed: bool,
}

const USUAL: Names<'_> = Names {
    repository: "https://github.com/acme/tally",
    tag: names::SHARED_TAG,
    name: names::ARCHIVE,
    folder: names::ARCHIVE,
    format: None,
    signed: false,
};

impl Names<'_> {
    /// The release of the tests with these names.
    fn release(self) -> Manifest {
        let mut release = testing::release();
        let plan = &mut release.plan;
        let version = plan.version.clone();
        let fill =
            |template: &str, keys: &[(&'static str, &str)]| names::render(template, &keys.iter().copied().collect());
        plan.tag = fill(self.tag, &[("name", "tally"), ("version", &version)]).unwrap();
        plan.public_key = self.signed.then(|| PublicKey::parse(KEY).unwrap());
        let package = &mut plan.packages[0];
        package.tag = self.tag.to_owned();
        package.about.repository = Some(self.repository.to_owned());
        let known = names::forge_download_url(self.repository);
        package.download_url = Some(known.unwrap_or("https://dl.example.org/{ tag }/{ asset }").to_owned());
        for plan_of in &mut package.targets {
            let values = names::archive_values("tally", &version, &plan_of.target);
            let archive = &mut plan_of.archive;
            archive.format = self.format.unwrap_or(archive.format);
            archive.asset =
                format!("{}{}", names::render(self.name, &values).unwrap(), archive.format.suffix(&plan_of.target));
            archive.folder = names::render(self.folder, &values).unwrap();
            let template = package.download_url.as_deref().unwrap();
            archive.url =
                Some(names::asset_url(template, self.repository, &plan.tag, &version, &archive.asset).unwrap());
            archive.templates.name = self.name.to_owned();
            archive.templates.folder = self.folder.to_owned();
        }
        release.assets = Asset::all_predicted(&release.plan, &[]);
        release
    }

    /// The section that it needs; none where it needs none. It leads the client to every archive.
    fn section(self) -> Option<String> {
        let mut release = self.release();
        let text = written(&release);
        release.plan.packages[0].binstall = section_of(text.as_deref().unwrap_or_default());
        assert_eq!(complaints_of(&release), [""; 0], "{text:?}");
        assert_eq!(Binstall.serves(&release).len(), 4);
        text
    }
}

/// A release with this section, or without one.
struct Written(Option<String>);

impl Files for Written {
    fn open(&self, _path: &str) -> Option<Box<dyn super::super::ReadSeek>> {
        Some(Box::new(std::io::Cursor::new(self.0.clone()?.into_bytes())))
    }
}

fn section_of(text: &str) -> Value {
    binstall::section("Cargo.toml", text).unwrap().unwrap_or_default()
}

/// What the channel writes.
fn written(release: &Manifest) -> Option<String> {
    let outputs = match testing::made(&Binstall, release) {
        Made::Outputs(outputs) | Made::Partly { outputs, .. } => outputs,
        Made::Skipped(skip) => panic!("{skip}"),
    };
    let output = outputs.into_iter().next()?;
    assert_eq!(output.path, "binstall/tally.toml");
    let Content::Text(text) = output.content else { panic!("no text") };
    Some(text)
}

fn settings_of(release: &Manifest) -> Settings {
    Settings::of_plan(&release.plan.packages[0].channel(ID).unwrap().settings)
}

/// What is wrong with the package's own section, and what mends it.
fn complaints_of(release: &Manifest) -> Vec<String> {
    let package = &release.plan.packages[0];
    let wanted = Section::of(release, package, &settings_of(release)).unwrap();
    let found = complaints(release, package, &settings_of(release), (&package.binstall, &wanted));
    found.into_iter().map(|complaint| format!("{}: {}", complaint.what, complaint.remedy)).collect()
}

#[test]
fn names_that_the_client_tries_need_no_metadata() {
    assert_eq!(USUAL.section(), None);
    for repository in
        ["https://gitlab.example.org/a/b/c.git", "https://codeberg.org/a/b", "https://sourceforge.net/projects/x"]
    {
        assert_eq!(Names { repository, ..USUAL }.section(), None, "{repository}");
    }
    // Other forms that it tries.
    let name = "{ name }_{ version }_{ target }";
    assert_eq!(Names { name, folder: "{ name }-{ version }", tag: "{ version }", ..USUAL }.section(), None);
    assert_eq!(Names { folder: "", ..USUAL }.section(), None);
    let release = USUAL.release();
    assert_eq!(Binstall.serves(&release)[0].by, "needs no metadata");
    assert_eq!(Binstall.serves(&release)[0].place, "tally-aarch64-apple-darwin-v1.2.3/");
    assert_eq!(testing::made(&Binstall, &release), Made::Outputs(Vec::new()));
}

#[test]
fn golden() {
    let repository = "https://git.example.org/tally";
    let name = "{ name }-{ target-family }-{ target-arch }-{ target-libc }";
    let text = Names { repository, name, folder: "programs", signed: true, ..USUAL }.section().unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/channel/golden/binstall.toml"), &text).unwrap();
        return;
    }
    assert_eq!(
        text,
        include_str!("../golden/binstall.toml"),
        "UPDATE_GOLDEN=1 cargo test -p xtask-dist writes it anew"
    );
}

#[test]
fn only_what_differs_is_said() {
    let lines = |names: Names<'_>| names.section().unwrap().lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(Names { folder: "programs", ..USUAL }), ["bin-dir = \"programs/{ bin }{ binary-ext }\""]);
    let tar = Some(ArchiveFormat::TarXz);
    assert_eq!(
        lines(Names { tag: "{ name }/v{ version }", format: tar, ..USUAL }),
        [
            "pkg-url = \"{ repo }/releases/download/{ name }%2Fv{ version }/\
             { name }-{ target }-v{ version }{ archive-suffix }\"",
            "pkg-fmt = \"txz\""
        ]
    );
    // Formats that differ by target are all that is overridden.
    let differing = lines(Names { name: "{ target }", ..USUAL });
    assert_eq!(
        differing[3..],
        ["[package.metadata.binstall.overrides.\"x86_64-pc-windows-msvc\"]", "pkg-fmt = \"zip\""]
    );
    // The tree of the repository is no part of its URL, and the client takes it for one.
    let odd = lines(Names { repository: "https://github.com/acme/tally/tree/main/tools/tally", ..USUAL });
    assert!(odd[0].starts_with("pkg-url = \"https://github.com/acme/tally/releases/download/v{ version }/"), "{odd:?}");
}

#[test]
fn signed_releases_name_their_key() {
    let key = format!("algorithm = \"minisign\"\npubkey = \"{KEY}\"\n");
    let text = Names { signed: true, ..USUAL }.section().unwrap();
    assert!(text.contains(&key) && !text.contains("pkg-") && !text.contains("file ="), "{text}");
    let text = Names { repository: "https://sourceforge.net/projects/x", signed: true, ..USUAL }.section().unwrap();
    assert!(text.contains("{ archive-suffix }.sig/download\"\n"), "{text}");
    let mut release = Names { signed: true, ..USUAL }.release();
    assert!(complaints_of(&release)[0].starts_with("it does not ask for signatures by RWSF"));
    release.plan.packages[0].binstall =
        json!({"signing": {"algorithm": "minisign", "pubkey": KEY.replace("RWSF", "RWSG")}});
    assert!(complaints_of(&release)[0].contains("Failed to verify signature: cargo xtask dist binstall sync"));
    // Taking the key out is not what mends an unsigned release.
    let mut release = USUAL.release();
    release.plan.packages[0].binstall = json!({"signing": {"algorithm": "minisign", "pubkey": KEY}});
    assert!(complaints_of(&release)[0].contains("404 Not Found: sign the release, by [minisign]"));
}

#[test]
fn what_a_section_misses_is_told_with_what_mends_it() {
    let complaint = |section: Value, alter: &dyn Fn(&mut Manifest)| {
        let mut release = USUAL.release();
        alter(&mut release);
        release.assets = Asset::all_predicted(&release.plan, &[]);
        release.plan.packages[0].binstall = section;
        complaints_of(&release).first().cloned().unwrap_or_default()
    };
    let nothing = |_: &mut Manifest| {};
    let sync = ": cargo xtask dist binstall sync";
    for (section, what) in [
        (json!({"pkg-url": "{ repo }/releases/download/v{ version }/{ name }-{ target }.tar.gz"}), "it tries https://"),
        (json!({"pkg-fmt": "zip"}), "on aarch64-apple-darwin: it tries"),
        (json!({"bin-dir": "{ bin }"}), "bin file …/tally not found"),
        (json!({"pkg-fmt": "tar.gz"}), "it is refused: "),
        (json!({"pkg_url": "{ repo }"}), "`pkg_url` is ignored: cargo-binstall calls it `pkg-url`"),
        (json!({"overrides": {"cfg(windows)": {"pkg-frmt": "zip"}}}), "`overrides.cfg(windows).pkg-frmt` is ignored"),
        (json!({"disabled-strategies": ["crate-meta-data"]}), "strategy crate-meta-data is disabled"),
        (
            json!({"pkg-url": "{ repo }/releases/download/v{ version }/{ name }-{ target }-v{ version }.tar.gz", "pkg-fmt": "zip"}),
            "it is packed as tgz, and read as zip",
        ),
    ] {
        let told = complaint(section, &nothing);
        assert!(told.contains(what) && told.ends_with(sync), "{what}: {told}");
    }
    // A tag that is never tried; a host that has no defaults.
    let told = &complaints_of(&Names { tag: "release-{ version }", ..USUAL }.release())[0];
    assert!(
        told.contains("more, and the archive is at https://github.com/acme/tally/releases/download/release-1.2.3/"),
        "{told}"
    );
    let told = &complaints_of(&Names { repository: "https://git.example.org/x", ..USUAL }.release())[0];
    assert!(told.contains("Unknown repository https://git.example.org/x") && told.ends_with(sync), "{told}");
    // A folder of data that is looked into.
    let decoy = |release: &mut Manifest| {
        for target in &mut release.plan.packages[0].targets {
            target.archive.folder = String::new();
            target.archive.templates.folder = String::new();
            target.files.push(crate::project::File {
                path: "tally-1.2.3/data.txt".into(),
                from: "data.txt".into(),
                role: crate::project::Role::Document,
            });
        }
    };
    let told = complaint(Value::Null, &decoy);
    assert!(told.contains("bin file …/tally-1.2.3/tally not found") && told.ends_with(sync), "{told}");
    // A helper that is not in the archive.
    let helper = |release: &mut Manifest| {
        for target in &mut release.plan.packages[0].targets {
            target.binaries.retain(|name| name == "tally");
            target.build.exclude_binaries = vec!["tally-top".to_owned()];
        }
    };
    let told = complaint(Value::Null, &helper);
    assert!(told.contains("/tally-top not found: take `tally-top` out of `exclude-binaries`"), "{told}");
    let bare = |release: &mut Manifest| {
        helper(release);
        for target in &mut release.plan.packages[0].targets {
            target.archive.format = ArchiveFormat::Bin;
            target.archive.asset = target.archive.asset.replace(".tar.gz", "").replace(".zip", ".exe");
            let asset = &target.archive.asset;
            target.archive.url = Some(format!("https://github.com/acme/tally/releases/download/v1.2.3/{asset}"));
        }
    };
    let told = complaint(Value::Null, &bare);
    assert!(told.contains("generates duplicate source path: <raw>") && !told.ends_with(sync), "{told}");
}

#[test]
fn two_archives_for_one_target_race() {
    let mut release = USUAL.release();
    let package = &mut release.plan.packages[0];
    package.programs.retain(|program| program.name == "tally");
    // Another package whose archive is tried for the first.
    let mut other = package.clone();
    other.name = "other".to_owned();
    for target in &mut other.targets {
        target.archive.format = ArchiveFormat::Tar;
        target.archive.asset =
            target.archive.asset.replace("-v1.2.3", "").replace(".tar.gz", ".tar").replace(".zip", ".tar");
        let asset = &target.archive.asset;
        target.archive.url = Some(format!("https://github.com/acme/tally/releases/download/v1.2.3/{asset}"));
    }
    release.plan.packages.push(other);
    release.assets = Asset::all_predicted(&release.plan, &[]);
    let told = complaints_of(&release).remove(0);
    assert!(told.contains("tally-aarch64-apple-darwin.tar answers as well as"), "{told}");
    let findings = Binstall.verify(&release, &Written(None));
    assert_eq!(findings[0].remedy, SYNC, "{findings:#?}");
}

#[test]
fn settings_come_into_the_section() {
    let mut release = USUAL.release();
    release.plan.packages[0].channels[1].settings = json!({"disabled_strategies": ["quick-install", "compile"]});
    let text = written(&release).unwrap();
    assert!(text.ends_with("disabled-strategies = [\"quick-install\", \"compile\"]\n"), "{text}");
    assert!(complaints_of(&release)[0].starts_with("`disabled-strategies` lacks \"quick-install\""));
}

#[test]
fn what_is_left_out_was_said_and_is_no_finding() {
    let mut release = Names { folder: "programs", ..USUAL }.release();
    let Made::Partly { outputs, skipped } = testing::made(&Binstall, &release) else { panic!("complete") };
    assert_eq!((outputs.len(), skipped[0].what.as_str()), (1, "binstall for tally"));
    assert!(skipped[0].reason.contains("crates/tally/Cargo.toml") && skipped[0].reason.contains("; and 3 things more"));
    let text = written(&release);
    let verify = |release: &Manifest, text: Option<String>| Binstall.verify(release, &Written(text));
    assert_eq!(verify(&release, text.clone()).len(), 4);
    release.skipped = skipped;
    assert_eq!(verify(&release, text.clone()), []);
    // What the template made is held against the archives all the same.
    let finding = verify(&release, text.map(|text| text.replace("programs/", "program/"))).remove(0);
    assert!(finding.file == "binstall/tally.toml" && finding.remedy == MEND, "{finding}");
    assert!(verify(&release, Some("x = ".into()))[0].file.contains("binstall"));
    assert!(verify(&release, Some("x = 1".into()))[0].what.contains("it has no [package.metadata.binstall]"));
}

#[test]
fn nothing_is_said_of_targets_without_a_client() {
    let mut release = Names { repository: "https://git.example.org/x", ..USUAL }.release();
    let package = &mut release.plan.packages[0];
    package.targets.truncate(1);
    package.targets[0].target = crate::targets::Target::parse("wasm32-wasip1").unwrap();
    package.targets[0].archive.url = None;
    assert_eq!(Binstall.applies(package, &Value::Null), Ok(()));
    release.assets = Asset::all_predicted(&release.plan, &[]);
    assert_eq!(testing::made(&Binstall, &release), Made::Outputs(Vec::new()));
    assert_eq!((Binstall.verify(&release, &Written(None)), Binstall.serves(&release).len()), (Vec::new(), 0));
    release.plan.packages[0].channels[1].required = true;
    let Made::Partly { skipped, .. } = testing::made(&Binstall, &release) else { panic!("it was asked for") };
    assert!(skipped[0].reason.contains("on none of its targets"));
}
