//! What the last release has already is not packed again, and whatever was done to it in between does not get into the
//! next one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lab::xtask::{dist, shared_tools};
use lab::{Fixture, run_failing};

use crate::said::{Said, said};

const MUSL: &str = "x86_64-unknown-linux-musl";
const ARCHIVE: &str = "hello-x86_64-unknown-linux-musl-v1.2.3.tar.gz";
const IMAGE: &str = "hello-v1.2.3.oci.tar";

/// Releases `project`, and says which of the packed files were the last release's.
fn release(project: &Path) -> Vec<&'static str> {
    let mut command = dist(project, ["--target", MUSL]);
    let Said { code, stderr, .. } = said(command.envs([shared_tools()]));
    assert_eq!(code, Some(0), "{stderr}");
    let is_unchanged = |file: &&&str| {
        let (packed, kept) =
            (stderr.contains(&format!("Packing {file}")), stderr.contains(&format!("Unchanged {file}")));
        assert!(packed != kept, "{file}: {stderr}");
        kept
    };
    [ARCHIVE, IMAGE].iter().filter(is_unchanged).copied().collect()
}

/// The release, by file.
fn files(project: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = project.join("target/releases/v1.2.3");
    let names = [ARCHIVE, IMAGE, "SHA256SUMS", "dist-manifest.json"].map(PathBuf::from);
    names.into_iter().map(|name| (name.clone(), fs::read(folder.join(&name)).unwrap())).collect()
}

/// A released project, with an archive that is old enough to be trusted, and what the release was.
fn released() -> (Fixture, BTreeMap<PathBuf, Vec<u8>>) {
    let hello = Fixture::hello();
    hello.write("README.md", "Hello.\n");
    hello.commit();
    assert_eq!(release(&hello), [] as [&str; 0]);
    let files = files(&hello);
    (hello, files)
}

#[test]
fn the_second_release_packs_nothing_and_is_the_first() {
    let (hello, first) = released();
    for _ in 0..2 {
        assert_eq!(release(&hello), [ARCHIVE, IMAGE]);
        assert!(files(&hello) == first);
    }
    // What it is made of decides, not the time.
    hello.write("README.md", "Hello.\n");
    assert_eq!(release(&hello), [ARCHIVE, IMAGE]);
    hello.write("README.md", "Hallo.\n");
    assert_eq!(release(&hello), [] as [&str; 0], "the image has the documents too");
    assert!(files(&hello) != first);
    hello.write("README.md", "Hello.\n");
    release(&hello);
    assert!(files(&hello) == first);
    hello.config("[channel.archive]\nfolder = \"\"\n");
    assert_eq!(release(&hello), [] as [&str; 0]);
}

#[test]
fn what_was_touched_is_packed_anew() {
    let (hello, first) = released();
    let archive = hello.join("target/releases/v1.2.3").join(ARCHIVE);
    let tampered = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes
    };
    // In place, as long as before, and with its old time.
    let modified = fs::metadata(&archive).unwrap().modified().unwrap();
    fs::write(&archive, tampered(&first[Path::new(ARCHIVE)])).unwrap();
    fs::File::options().append(true).open(&archive).unwrap().set_modified(modified).unwrap();
    run_failing(&mut dist(&hello, ["verify"]));
    assert_eq!(release(&hello), [IMAGE]);
    assert!(files(&hello) == first);
    // By another file of the same time.
    let other = hello.join("target/other");
    fs::write(&other, tampered(&first[Path::new(ARCHIVE)])).unwrap();
    fs::File::options().append(true).open(&other).unwrap().set_modified(modified).unwrap();
    fs::rename(&other, &archive).unwrap();
    assert_eq!(release(&hello), [IMAGE]);
    assert!(files(&hello) == first);
    // It is gone, and so is the whole release.
    fs::remove_file(&archive).unwrap();
    assert_eq!(release(&hello), [IMAGE]);
    fs::remove_dir_all(hello.join("target/releases/v1.2.3")).unwrap();
    assert_eq!(release(&hello), [] as [&str; 0]);
    assert!(files(&hello) == first);
}

#[test]
fn a_record_that_is_damaged_counts_as_none() {
    let (hello, first) = released();
    let record = hello.join("target/xtask-dist/packed/v1.2.3");
    let whole = fs::read(&record).unwrap();
    for damaged in [&whole[..whole.len() / 2], b"", b"{}", &whole.repeat(2)] {
        fs::write(&record, damaged).unwrap();
        assert_eq!(release(&hello), [] as [&str; 0]);
        assert!(files(&hello) == first);
    }
    // A clock that was set back: the times of all files are in the future.
    let future = SystemTime::now() + std::time::Duration::from_secs(3600);
    let archive = hello.join("target/releases/v1.2.3").join(ARCHIVE);
    fs::File::options().append(true).open(archive).unwrap().set_modified(future).unwrap();
    assert_eq!(release(&hello), [IMAGE]);
    assert_eq!(release(&hello), [ARCHIVE, IMAGE]);
}
