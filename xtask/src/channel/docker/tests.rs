//! What the channel writes, and what it sees when that was altered.

use std::collections::BTreeMap;

use super::image::BaseImage;
use super::oci::{Config, Descriptor, History, LAYER, RootFs, Run};
use super::testing::{Forged, program, release, settings, with_base};
use super::*;
use crate::channel::testing;
use crate::pack::{Contents, Source, Tar};
use crate::targets::ArchiveFormat;

#[test]
fn golden() {
    testing::golden(&Docker, "docker/tally/Dockerfile", "Dockerfile", include_str!("../golden/Dockerfile"));
}

#[test]
fn programs_that_want_libraries_are_left_out_with_their_names() {
    let mut release = testing::release();
    for entry in release.assets.iter_mut().flat_map(|asset| &mut asset.entries) {
        if let Some(executable) = &mut entry.executable {
            executable.needed = vec!["libc.so.6".to_owned()];
        }
    }
    let Made::Skipped(skip) = testing::made(&Docker, &release) else { panic!("an image of dynamic programs") };
    assert!(skip.reason.contains("libc.so.6") && skip.remedy.contains("musl"), "{skip}");
}

/// The paths of what is made with these settings, and of what is left out, the remedies.
fn made(settings: &Settings) -> (Vec<String>, Vec<String>) {
    let (outputs, skipped) = match testing::made(&Docker, &release(settings).0) {
        Made::Outputs(outputs) => (outputs, Vec::new()),
        Made::Partly { outputs, skipped } => (outputs, skipped),
        Made::Skipped(skip) => (Vec::new(), vec![skip]),
    };
    (outputs.into_iter().map(|o| o.path).collect(), skipped.into_iter().map(|skip| skip.remedy).collect())
}

#[test]
fn what_is_made_follows_the_settings() {
    let dockerfile = "docker/tally/Dockerfile";
    let (outputs, skipped) = made(&settings());
    assert_eq!(
        (outputs, skipped.len()),
        (vec![dockerfile.into(), "docker/tally/rootfs.tar".into(), testing_file()], 0)
    );
    let (outputs, _) = made(&Settings { dockerfile: false, ..settings() });
    assert_eq!(outputs, [testing_file()]);
    let (outputs, _) = made(&Settings { tarball: false, ..settings() });
    assert_eq!(outputs, [dockerfile, "docker/tally/rootfs.tar"]);
    // A base has its own place for temporary files.
    let (outputs, skipped) = made(&with_base(None));
    assert_eq!(outputs, [dockerfile]);
    assert!(skipped[0].contains("skopeo copy --all docker://example.org/base@sha256:0"), "{skipped:?}");
    let (outputs, skipped) = made(&with_base(Some("packaging/docker/base")));
    assert_eq!((outputs, skipped.len()), (vec![dockerfile.into(), testing_file()], 0));
}

fn testing_file() -> String {
    super::testing::FILE.to_owned()
}

#[test]
fn an_image_is_uploaded_and_signed_as_archives_are() {
    let (mut release, _) = release(&settings());
    assert!(release.uploads().any(|(name, _)| name == super::testing::FILE));
    assert_eq!(release.signed(), [] as [&str; 0]);
    let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    release.plan.public_key = Some(crate::minisign::PublicKey::parse(key).unwrap());
    assert!(release.signed().iter().any(|name| name == super::testing::FILE));
}

#[test]
fn an_archive_that_add_does_not_unpack_is_in_the_image_only() {
    let mut release = testing::release();
    let targets = &mut release.plan.packages[0].targets;
    let plan = targets.iter_mut().find(|plan| plan.target.triple() == "x86_64-unknown-linux-musl").unwrap();
    plan.archive.format = ArchiveFormat::Zip;
    let Made::Partly { outputs, skipped } = testing::made(&Docker, &release) else { panic!("all is made") };
    assert_eq!((outputs.len(), outputs[0].path.clone()), (1, testing_file()));
    assert!(skipped[0].remedy.contains("[target.x86_64-unknown-linux-musl.channel.archive]"), "{skipped:?}");
}

#[test]
fn a_program_that_is_released_bare_has_its_own_name() {
    let mut release = testing::release();
    for plan in &mut release.plan.packages[0].targets {
        plan.archive.format = ArchiveFormat::Bin;
        plan.binaries.truncate(1);
    }
    for asset in &mut release.assets {
        asset.entries.retain(|entry| entry.executable.is_some());
        asset.entries.truncate(1);
        asset.entries[0].path.clone_from(&asset.name);
    }
    let image = recipe::image(&release, &release.plan.packages[0], &settings()).unwrap();
    let paths: Vec<&str> = image.tars()[1].items.iter().map(|item| item.path.as_str()).collect();
    assert_eq!(paths.last(), Some(&"usr/local/bin/tally"));
}

#[test]
fn an_entrypoint_is_a_program_of_the_package() {
    let release = testing::release();
    let package = &release.plan.packages[0];
    let entrypoint = |words: &[&str]| {
        let entrypoint = words.iter().map(ToString::to_string).collect();
        recipe::image(&release, package, &Settings { entrypoint, ..settings() }).map(|image| image.entrypoint)
    };
    assert_eq!(entrypoint(&[]).unwrap(), ["/usr/local/bin/tally"]);
    assert_eq!(entrypoint(&["tally-top", "-n", "3"]).unwrap(), ["/usr/local/bin/tally-top", "-n", "3"]);
    assert!(entrypoint(&["sh"]).unwrap_err().to_string().contains("there are `tally`, `tally-top`"));
}

#[test]
fn layers_that_are_alike_are_one() {
    let (release, _) = release(&settings());
    let image = recipe::image(&release, &release.plan.packages[0], &settings()).unwrap();
    assert_eq!((image.platforms.len(), image.tars().len()), (2, 3));
}

#[test]
fn a_base_keeps_what_is_its_own() {
    let settings = with_base(Some("packaging/docker/base"));
    let (release, contents) = release(&settings);
    let image = recipe::image(&release, &release.plan.packages[0], &settings).unwrap();
    let base = BaseImage {
        config: Config {
            config: Run {
                cmd: Some(vec!["sh".into()]),
                env: Some(vec!["PATH=/own".into(), "A=b".into()]),
                user: "0".into(),
                working_dir: "/home".into(),
                labels: Some(BTreeMap::from([("own".into(), "1".into())])),
                rest: BTreeMap::from([("StopSignal".into(), "SIGINT".into())]),
                ..Run::default()
            },
            history: vec![History { created_by: Some("base".into()), ..History::default() }],
            rootfs: RootFs { kind: "layers".into(), diff_ids: vec!["sha256:1".into()] },
            ..Config::default()
        },
        layers: vec![Descriptor::new(LAYER, &"1".repeat(64), 3)],
    };
    let bases = image.platforms.iter().map(|part| (part.platform.clone(), base.clone())).collect();
    let packed = image.tars().iter().map(|tar| tar.gzipped(0, &contents).unwrap()).collect();
    let layout = image.layout(packed, &bases).unwrap();
    let from_base = format!("packaging/docker/base/blobs/sha256/{}", "1".repeat(64));
    let is_from_base =
        |item: &&crate::pack::Item| matches!(&item.source, Source::Pinned { path, .. } if *path == from_base);
    assert_eq!(layout.items.iter().filter(is_from_base).count(), 1);
    let configs = layout.items.iter().filter_map(|item| match &item.source {
        Source::Inline(bytes) => serde_json::from_slice::<Config>(bytes).ok(),
        _ => None,
    });
    let config = configs.into_iter().find(|config| config.architecture == "arm64").unwrap();
    let run = &config.config;
    assert_eq!((run.cmd.clone(), run.user.as_str(), run.working_dir.as_str()), (None, USER, "/home"));
    assert_eq!(run.env.as_deref(), Some(&["PATH=/own".to_owned(), "A=b".to_owned()][..]));
    assert_eq!((&run.labels.as_ref().unwrap()["own"], &run.rest["StopSignal"]), (&"1".to_owned(), &"SIGINT".into()));
    assert_eq!((config.rootfs.diff_ids.len(), config.history.len()), (2, 2));
}

#[test]
fn an_image_that_nobody_touched_is_right() {
    let mut forged = Forged::new();
    assert_eq!(forged.findings(), [] as [&str; 0]);
    // What the other tests stand on: with everything made to fit, an index that means the same is not noticed.
    let (path, text) = forged.blob_with(&["\"manifests\":["]);
    forged.replace(&path, text.replacen('{', "{ ", 1).as_bytes());
    assert_eq!(forged.findings(), [] as [&str; 0]);
}

/// What is said when the blob that has `words` is another, and all that points at it fits.
fn said_of(words: &[&str], from: &str, to: &str) -> Vec<String> {
    let mut forged = Forged::new();
    let (path, text) = forged.blob_with(words);
    assert!(text.contains(from), "{from} is not in {text}");
    forged.replace(&path, text.replace(from, to).as_bytes());
    forged.findings()
}

#[test]
fn configurations_that_say_something_else() {
    const AMD64: &[&str] = &["\"architecture\":\"amd64\"", "\"rootfs\""];
    let (_, text) = Forged::new().blob_with(AMD64);
    let diff_id = &text[text.find("\"diff_ids\":[\"").unwrap() + 13..][..71];
    for (from, to, what) in [
        ("amd64", "arm64", "the configuration for linux/amd64 says that it is for linux/arm64"),
        (diff_id, &diff_id.replace(['0', '1', '2'], "3"), "the diff_id of sha256:"),
        ("65532:65532", "0", "on linux/amd64, it runs as `0`, not as 65532:65532"),
        ("[\"/usr/local/bin/tally\"]", "[\"/bin/sh\"]", "on linux/amd64, it does not run `/usr/local/bin/tally`"),
        ("\"Entrypoint\"", "\"Cmd\":[\"x\"],\"Entrypoint\"", "on linux/amd64, it does not run"),
        ("MIT OR Apache-2.0", "GPL-3.0", "the labels for linux/amd64 are not the release's"),
        (&format!("\"{diff_id}\","), "", "the configuration for linux/amd64 does not have its layers"),
    ] {
        let said = said_of(AMD64, from, to);
        assert!(said.iter().any(|said| said.starts_with(what)), "{what}: {said:#?}");
    }
}

#[test]
fn manifests_and_indexes_that_say_something_else() {
    let index = &["\"manifests\":["][..];
    for (words, from, to, what) in [
        (index, "\"amd64\"", "\"s390x\"", "it lacks linux/amd64"),
        (index, "\"amd64\"", "\"s390x\"", "it has an image for linux/s390x, which the release does not have"),
        (index, "\"amd64\"", "\"arm64\"", "it has linux/arm64 twice"),
        (index, "Count lines", "Mine coins", "its index says other things"),
        (&["\"layers\":["], "Count lines", "Mine coins", "the manifest for linux/"),
    ] {
        let said = said_of(words, from, to);
        assert!(said.iter().any(|said| said.starts_with(what)), "{what}: {said:#?}");
    }
}

#[test]
fn the_files_at_the_top() {
    let with = |path: &str, from: &str, to: &str| {
        let mut forged = Forged::new();
        let text = String::from_utf8(forged.files[path].clone()).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        forged.files.insert(path.to_owned(), text.replace(from, to).into_bytes());
        forged.findings()
    };
    assert_eq!(with("oci-layout", "1.0.0", "2.0.0"), ["oci-layout does not say that it is a layout"]);
    assert_eq!(
        with("index.json", "tally:1.2.3", "tally:9"),
        ["index.json does not name the image as the release does"]
    );
    assert!(with("index.json", "{\"schemaVersion\"", "[")[0].starts_with("index.json in it is not what images have"));
    let said = with("manifest.json", "tally:1.2.3-arm64", "tally:latest");
    assert_eq!(said, ["manifest.json, which `docker load` may read, does not have what the image has"]);
    for path in ["index.json", "manifest.json", "oci-layout"] {
        let mut forged = Forged::new();
        forged.files.remove(path);
        assert_eq!(forged.findings()[0], format!("{path} is missing in it"));
    }
    let mut forged = Forged::new();
    forged.files.insert("blobs/sha256/stray".into(), b"x".to_vec());
    assert_eq!(forged.findings(), ["nothing in it points at blobs/sha256/stray"]);
}

#[test]
fn blobs_that_are_not_what_their_names_say() {
    let layer = |forged: &Forged| {
        let is_gzip = |(_, bytes): &(&String, &Vec<u8>)| bytes.starts_with(&[0x1f, 0x8b]);
        forged.files.iter().find(is_gzip).unwrap().0.clone()
    };
    let mut forged = Forged::new();
    let path = layer(&forged);
    forged.files.get_mut(&path).unwrap()[20] ^= 1;
    assert!(forged.findings()[0].ends_with("was altered: that is not its digest"), "{:#?}", forged.findings());
    let mut forged = Forged::new();
    forged.files.remove(&path);
    assert!(forged.findings().contains(&format!("{path} is missing in it")), "{:#?}", forged.findings());
    let mut forged = Forged::new();
    let (manifest, text) = forged.blob_with(&["\"layers\":["]);
    let at = text.find("\"size\":").unwrap() + 7;
    forged.replace(&manifest, format!("{}9{}", &text[..at], &text[at..]).as_bytes());
    assert!(forged.findings()[0].contains(" bytes, and 9"), "{:#?}", forged.findings());
}

/// What is said when the layer with the programs for amd64 is this one instead, and its configuration fits.
fn with_programs(change: impl FnOnce(&mut Tar)) -> Vec<String> {
    let (release, mut contents) = release(&settings());
    let image = recipe::image(&release, &release.plan.packages[0], &settings()).unwrap();
    let amd64 = image.platforms.iter().find(|part| part.platform.architecture == "amd64").unwrap();
    let mut tar = amd64.layers[1].tar.clone();
    let old = tar.gzipped(image.epoch, &contents).unwrap();
    change(&mut tar);
    contents.extend([("other".to_owned(), program("aarch64", "other"))]);
    let new = tar.gzipped(image.epoch, &contents).unwrap();
    let mut forged = Forged::new();
    forged.replace(&format!("blobs/sha256/{}", old.sha256), &new.bytes);
    let (config, text) = forged.blob_with(&["\"diff_ids\"", &old.tar_sha256]);
    forged.replace(&config, text.replace(&old.tar_sha256, &new.tar_sha256).as_bytes());
    forged.findings()
}

#[test]
fn layers_that_have_something_else() {
    assert_eq!(with_programs(|_| {}), [] as [&str; 0]);
    let archive = "tally-x86_64-unknown-linux-musl-v1.2.3";
    let is_arm = format!(
        "/usr/local/bin/tally on linux/amd64 is not {archive}/tally of {archive}.tar.gz, but a program for aarch64"
    );
    let other = Source::Pinned { path: "x".into(), sha256: "other".into() };
    assert_eq!(with_programs(|tar| tar.items[3].source = other.clone()), [is_arm.as_str()]);
    assert_eq!(
        with_programs(|tar| tar.items[3].mode = 0o4755),
        ["the permissions of /usr/local/bin/tally on linux/amd64 are 4755, not 755"]
    );
    assert_eq!(
        with_programs(|tar| tar.add("etc/passwd", 0o644, Source::Inline(b"root".to_vec())))[1],
        "/etc/passwd on linux/amd64 is nothing that the release has"
    );
    assert_eq!(with_programs(|tar| _ = tar.items.pop()), ["/usr/local/bin/tally-top is missing on linux/amd64"]);
    let said = with_programs(|tar| tar.items.push(tar.items[3].clone()));
    assert_eq!(said, ["/usr/local/bin/tally on linux/amd64 is there twice"]);
}

#[test]
fn tar_files_that_are_none_or_more_than_one() {
    let forged = Forged::new();
    assert!(forged.findings_on(b"text".repeat(200))[0].starts_with("it is no whole tar file: "));
    let mut tar = Tar::default();
    tar.add("index.json", 0o644, Source::Inline(b"{}".to_vec()));
    let whole = tar.write(Vec::new(), 0, &Contents::new()).unwrap();
    assert_eq!(
        forged.findings_on([whole.clone(), whole.clone()].concat()),
        ["it is no whole tar file: something stands behind its end"]
    );
    tar.items.push(tar.items[0].clone());
    let twice = tar.write(Vec::new(), 0, &Contents::new()).unwrap();
    assert_eq!(forged.findings_on(twice), ["it is no whole tar file: index.json is in it twice"]);
}
