//! A whole release of the smallest programs, and what `verify` sees when they are not where they belong.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use super::*;
use crate::canon::testing as programs;
use crate::channel::testing;
use crate::hash::sha256;
use crate::pack::{self, PackedEntry};
use crate::project::Role;
use crate::targets::ArchiveFormat;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("xtask-dist-verify-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("release")).unwrap();
        Self(path)
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program as the target's linker writes it.
fn program(triple: &str) -> Vec<u8> {
    match triple {
        "aarch64-apple-darwin" => programs::arm64(),
        "aarch64-unknown-linux-musl" => programs::elf(183),
        "x86_64-unknown-linux-musl" => programs::elf(62),
        "x86_64-pc-windows-msvc" => programs::pe(true),
        other => panic!("{other}"),
    }
}

fn options(format: ArchiveFormat) -> pack::Options<'static> {
    pack::Options { format, epoch: 1_789_000_000, canonical: true, watched: Path::new("/nowhere") }
}

/// Writes a release whose archives have the programs that `program_of` gives for their targets; every record of it says
/// what is really there.
fn release(folder: &Folder, program_of: impl Fn(&str) -> Vec<u8>, alter: impl Fn(&mut Manifest)) -> Vec<Finding> {
    let mut manifest = testing::release();
    let out = folder.join("release");
    for (plan, asset) in manifest.plan.packages[0].targets.iter().zip(&mut manifest.assets) {
        let source = folder.join("source");
        let entries = asset.entries.iter().enumerate().map(|(number, entry)| {
            let from = source.join(format!("{}-{number}", asset.name));
            let is_program = entry.role == Role::Executable;
            fs::create_dir_all(&source).unwrap();
            fs::write(&from, if is_program { program_of(asset.target.triple()) } else { b"text".to_vec() }).unwrap();
            pack::Entry { path: entry.path.clone(), mode: entry.mode, role: entry.role, from }
        });
        let packed = pack::archive(&out.join(&asset.name), entries.collect(), options(plan.archive.format)).unwrap();
        (asset.size, asset.sha256) = (packed.size, packed.sha256);
        for (entry, PackedEntry { size, sha256, executable, .. }) in asset.entries.iter_mut().zip(packed.entries) {
            (entry.size, entry.sha256, entry.executable) = (size, sha256, executable);
        }
    }
    alter(&mut manifest);
    let text = manifest.to_text().unwrap();
    fs::write(out.join(manifest::FILE), &text).unwrap();
    fs::write(out.join(SUMS), sums(&manifest, &text)).unwrap();
    for asset in &manifest.assets {
        let line = checksum_line(&asset.sha256, &asset.name);
        fs::write(out.join(Manifest::checksum_of(&asset.name)), line).unwrap();
    }
    verify(&out, &[], None).unwrap().findings
}

#[test]
fn programs_where_they_belong_have_no_findings() {
    let folder = Folder::new("right");
    assert_eq!(release(&folder, program, |_| {}), []);
}

#[test]
fn swapped_programs_are_seen_on_both_sides_though_every_record_is_right() {
    let targets: Vec<String> = testing::release().assets.iter().map(|asset| asset.target.to_string()).collect();
    for (number, one) in targets.iter().enumerate() {
        for other in &targets[number + 1..] {
            let folder = Folder::new("swapped");
            let swapped = |triple: &str| match triple {
                triple if triple == one => program(other),
                triple if triple == other => program(one),
                triple => program(triple),
            };
            let findings = release(&folder, swapped, |_| {});
            let seen = |triple: &str| findings.iter().filter(|finding| finding.file.contains(triple)).count();
            // Two programs an archive.
            assert_eq!((seen(one), seen(other), findings.len()), (2, 2, 4), "{findings:#?}");
            let first = &findings[0];
            assert!(first.file.contains(": tally-") && first.file.contains("/tally"), "{first}");
            assert!(first.what.starts_with("it is a program"), "{first}");
        }
    }
}

#[test]
fn a_program_that_is_none_and_a_record_that_is_not_so_are_seen() {
    let folder = Folder::new("none");
    let findings = release(&folder, |_| b"#!/bin/sh\n".to_vec(), |_| {});
    assert!(findings.iter().all(|finding| finding.what == "it is no program of a known format"), "{findings:#?}");
    assert_eq!(findings.len(), 8);
    let folder = Folder::new("record");
    let findings = release(&folder, program, |manifest| {
        let entry = manifest.assets[0].entries.iter_mut().find_map(|entry| entry.executable.as_mut()).unwrap();
        entry.slices[0].min_os = Some("10.0".to_owned());
    });
    let [finding] = &findings[..] else { panic!("{findings:#?}") };
    assert_eq!(finding.what, "its headers are not what the manifest says");
}

#[test]
fn a_release_that_lacks_an_archive_is_not_whole_though_its_manifest_says_so() {
    let lost = |manifest: &mut Manifest| {
        let Asset { name, package, target, .. } = manifest.assets.pop().unwrap();
        Missing { package, target, asset: name, reason: "it does not compile".to_owned() }
    };
    let remove =
        |folder: &Folder, missing: &Missing| fs::remove_file(folder.join("release").join(&missing.asset)).unwrap();
    let folder = Folder::new("missing");
    let findings = release(&folder, program, |manifest| {
        let missing = lost(manifest);
        remove(&folder, &missing);
        manifest.missing.push(missing);
        assert_eq!(incomplete(manifest).len(), 1);
    });
    let [finding] = &findings[..] else { panic!("{findings:#?}") };
    assert!(finding.what.starts_with("the release lacks tally-x86_64-unknown-linux-musl"), "{finding}");
    assert!(finding.what.ends_with("it does not compile"), "{finding}");
    // Not on record, and on record twice.
    let folder = Folder::new("lost");
    let findings = release(&folder, program, |manifest| remove(&folder, &lost(manifest)));
    assert!(findings[0].what.contains("no such archive was made"), "{findings:#?}");
    let folder = Folder::new("there");
    let findings = release(&folder, program, |manifest| {
        let missing = lost(&mut manifest.clone());
        manifest.missing.push(missing);
    });
    assert!(findings.iter().any(|finding| finding.what.contains("missing which are there")), "{findings:#?}");
}

#[test]
fn what_is_packed_is_canonical_and_what_was_linked_or_signed_stays() {
    let folder = Folder::new("canonical");
    let pack = |name: &str, bytes: &[u8], canonical| {
        let from = folder.join(name);
        fs::write(&from, bytes).unwrap();
        let entry = pack::Entry { path: "x".into(), mode: 0o755, role: Role::Executable, from: from.clone() };
        let options = pack::Options { canonical, ..options(ArchiveFormat::TarGz) };
        let packed = pack::archive(&folder.join(format!("{name}.tar.gz")), vec![entry], options)?;
        assert!(fs::read(&from).unwrap() == bytes);
        Ok::<_, Error>(packed.entries[0].sha256.clone())
    };
    let one = program("aarch64-apple-darwin");
    let (mut other, mut canonical) = (one.clone(), one.clone());
    other[40..56].fill(7);
    crate::canon::canonical(&mut canonical, 1).unwrap();
    for (name, bytes) in [("one", &one), ("other", &other), ("canonical", &canonical)] {
        assert_eq!(pack(name, bytes, true).unwrap(), sha256(&canonical));
    }
    assert_eq!(pack("signed", &other, false).unwrap(), sha256(&other));
    let error = pack("short", &one[..100], true).unwrap_err().to_string();
    assert!(error.contains("cut short") && error.contains("/short canonical"), "{error}");
}

#[test]
fn digests_stand_with_what_they_are_of() {
    let claim = |name: &str| Claim {
        reference: format!("https://x/{name}"),
        asset: name.to_owned(),
        sha256: Some(format!("digest of {name}")),
    };
    let claims = [claim("a"), claim("b")];
    let wrong = |text: &str| mispaired(text, &claims).map(|claim| claim.asset.as_str());
    assert_eq!(wrong("https://x/a digest of a\nhttps://x/b digest of b"), None);
    assert_eq!(wrong("digest of a https://x/a\ndigest of b https://x/b"), None);
    assert_eq!(wrong("https://x/a digest of b\nhttps://x/b digest of a"), Some("a"));
    assert_eq!(wrong("digest of b https://x/a\ndigest of a https://x/b"), Some("b"));
    assert_eq!(wrong("https://x/a https://x/b digest of a digest of b"), Some("a"));
    assert_eq!(wrong("see https://x/b\nhttps://x/a digest of a\nhttps://x/b digest of b"), None);
}
