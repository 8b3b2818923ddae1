//! Every format that cargo-binstall reads, under each folder that it looks for: taken by the formats' own programs,
//! twice identical, and the same inside.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lab::xtask::dist;
use lab::{Fixture, client, command, run, scratch, workspace_root};
use serde_json::Value;
use xtask_dist::names::FOLDERS;
use xtask_dist::targets::Target;

use crate::said::{configured, manifest, run_in};

/// A word of the configuration, the end of the file's name, and the client that tests its stream.
const TAR_FORMATS: [(&str, &str, Option<&str>); 5] = [
    ("tgz", ".tar.gz", Some("gzip")),
    ("txz", ".tar.xz", Some("xz")),
    ("tzstd", ".tar.zst", Some("zstd")),
    ("tbz2", ".tar.bz2", Some("bzip2")),
    ("tar", ".tar", None),
];

/// Releases the project with this setting; where the release is.
fn release(project: &Path, setting: &str) -> PathBuf {
    run(&mut dist(project, ["--config", setting]));
    project.join("target/releases/v1.2.3")
}

/// The only archive of a release.
fn archive(release: &Path) -> PathBuf {
    let manifest: Value =
        serde_json::from_str(&fs::read_to_string(release.join("dist-manifest.json")).unwrap()).unwrap();
    let [asset] = &manifest["assets"].as_array().unwrap()[..] else { panic!("not one asset") };
    release.join(asset["name"].as_str().unwrap())
}

/// What real tar unpacks: paths and contents.
fn unpacked(archive: &Path) -> BTreeMap<String, Vec<u8>> {
    let folder = scratch("formats");
    run(command("tar").arg("-xf").arg(archive).current_dir(&*folder));
    let files = xtask_dist::layout::files_below(&folder).unwrap();
    files.into_iter().map(|file| (file.clone(), fs::read(folder.join(file)).unwrap())).collect()
}

#[test]
fn tar_files_are_taken_by_the_real_programs_and_equal_inside() {
    let hello = Fixture::hello();
    let mut usual = None;
    for (word, ending, tester) in TAR_FORMATS {
        let setting = format!("channel.archive.format = \"{word}\"");
        let release = release(&hello, &setting);
        let file = archive(&release);
        assert!(file.to_str().unwrap().ends_with(ending), "{}", file.display());
        let first = fs::read(&file).unwrap();
        run(&mut dist(&hello, ["--config", &setting]));
        assert!(fs::read(&file).unwrap() == first, "{word} differs from run to run");
        if let Some(name) = tester
            && let Some(tester) = client(name, &format!("{name} takes a {ending}"))
        {
            run(tester.command().arg("-t").arg(&file));
            let inside = unpacked(&file);
            assert!(inside.keys().any(|path| path.ends_with("/hello")), "{:?}", inside.keys());
            assert!(*usual.get_or_insert_with(|| inside.clone()) == inside, "{word} holds something else");
        }
        assert!(!release.join("binstall").exists(), "the usual name needs no metadata, whatever the format");
    }
    // One block or stream more would be lost on cargo-binstall.
    if let Some(xz) = client("xz", "an xz file has one stream") {
        let file = archive(&release(&hello, "channel.archive.format = \"txz\""));
        let listed = run(xz.command().args(["--robot", "--list"]).arg(file)).stdout;
        let listed = String::from_utf8(listed).unwrap();
        assert!(listed.lines().any(|line| line.starts_with("file\t1\t1\t")), "{listed}");
    }
}

#[test]
fn every_folder_that_binstall_looks_for_and_none() {
    let hello = Fixture::hello();
    let host = Target::host().to_string();
    for template in FOLDERS.into_iter().chain([""]) {
        let folder = template.replace("{ name }", "hello").replace("{ target }", &host).replace("{ version }", "1.2.3");
        let release = release(&hello, &format!("channel.archive.folder = \"{template}\""));
        let program = if folder.is_empty() { "hello".to_owned() } else { format!("{folder}/hello") };
        let inside = unpacked(&archive(&release));
        assert!(inside.contains_key(&program), "{program} is not among {:?}", inside.keys());
        assert!(!release.join("binstall").exists(), "{template} needs metadata");
    }
}

#[test]
fn a_bare_program_is_an_asset_of_its_own() {
    let hello = Fixture::hello();
    hello.write("man/hello.1", "manual");
    let inside = unpacked(&archive(&release(&hello, "channel.archive.format = \"tgz\"")));
    let release = release(&hello, "channel.archive.format = \"bin\"");
    let file = archive(&release);
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(name, format!("hello-{}-v1.2.3", Target::host()));
    let packed = inside.iter().find(|(path, _)| path.ends_with("/hello")).unwrap().1;
    assert!(fs::read(&file).unwrap() == *packed, "it is not the program that other formats hold");
    run(command("sha256sum").args(["--check", "--quiet", "SHA256SUMS"]).current_dir(&release));
    let manifest = manifest(&hello, "v1.2.3");
    let entries = manifest["assets"][0]["entries"].as_array().unwrap();
    assert_eq!(
        (entries.len(), &entries[0]["path"], &entries[0]["role"]),
        (1, &name.clone().into(), &"executable".into())
    );
    assert!(!release.join("binstall").exists(), "its name needs no metadata");
    installed_by_its_formula(&release);
    // Another's program under its name is seen.
    fs::write(&file, b"#!/bin/sh\n").unwrap();
    run_in(&hello, &["verify"]).ends(1, &[&name]);
}

/// The formula gives it its name.
fn installed_by_its_formula(release: &Path) {
    let Some(ruby) = client("ruby", "a formula installs a bare program") else { return };
    let double = workspace_root().join("crates/lab/tests/e2e/formula_double.rb");
    let folder = scratch("brew");
    // What brew stages: the file that it downloaded.
    fs::copy(archive(release), folder.join(archive(release).file_name().unwrap())).unwrap();
    let cpu = if cfg!(target_arch = "aarch64") { "arm" } else { "intel" };
    let mut ruby = ruby.command();
    ruby.arg(double).arg(release.join("homebrew/hello.rb")).args(["linux", cpu]).current_dir(&*folder);
    let seen: Value = serde_json::from_slice(&run(&mut ruby).stdout).unwrap();
    let name = archive(release).file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(seen["installed"]["bin"], serde_json::json!([{ name: "hello" }]));
}

#[test]
fn a_bare_program_has_nothing_beside_it() {
    let two = configured("[channel.archive]\nformat = \"bin\"\n");
    two.write("src/bin/hello-top.rs", lab::fixture::MAIN);
    let because = "because: `format = \"bin\"` is one bare program";
    let said =
        run_in(&two, &["--plan"]).ends(2, &["has 2 programs: `hello`, `hello-top`", because, "exclude-binaries"]);
    assert!(said.stderr.contains("dist.toml:2:10: "), "{}", said.stderr);
    let one =
        configured("exclude-binaries = [\"hello-top\"]\ninclude = [\"LICENSE\"]\nchannel.archive.format = \"bin\"\n");
    one.write("src/bin/hello-top.rs", lab::fixture::MAIN);
    let said = run_in(&one, &["--plan"]).ends(0, &[]);
    assert!(said.stdout.contains("left out: the files of `include` in hello"), "{}", said.stdout);
}

#[test]
fn every_channel_takes_a_bare_program_beside_archives() {
    let hello = configured(
        "targets = [\"x86_64-unknown-linux-musl\", \"aarch64-apple-darwin\"]\n\
         [target.x86_64-unknown-linux-musl.channel.archive]\nformat = \"bin\"\n",
    );
    let said = run_in(&hello, &["--plan"]).ends(0, &[]);
    let words = "channels of hello: archive, binstall, homebrew, crates-io, npm, docker";
    assert!(said.stdout.contains(words), "not said: {words}\n{}", said.stdout);
    // The image holds it; a Dockerfile would have to unpack it.
    let words = "builders of images do not unpack hello-x86_64-unknown-linux-musl-v1.2.3";
    assert!(said.stdout.contains(words) && said.stdout.matches("left out").count() == 1, "{}", said.stdout);
    run_in(&hello, &["--plan", "--channel", "docker"]).ends(2, &[words, "`dockerfile = false`"]);
    run_in(&hello, &["--plan", "--channel", "docker", "--config", "channel.docker.dockerfile = false"]).ends(0, &[]);
}
