//! The same image of one commit, wherever and whenever it is made; hardly larger than its programs, and made quickly.

use std::fs;
use std::io::Read;
use std::path::Path;

use lab::{Fixture, client, run, xtask};
use xtask_dist::layout::files_below;

use super::forge::Forged;
use super::{TARGETS, project, release, stdout, tool};

#[track_caller]
fn is_the_same(other: &Path) {
    let files = files_below(other).unwrap();
    assert_eq!(files, files_below(&release()).unwrap());
    for file in &files {
        assert!(fs::read(other.join(file)).unwrap() == fs::read(release().join(file)).unwrap(), "{file} differs");
    }
    println!("{} files compared, all identical", files.len());
}

#[test]
fn two_folders_and_two_days_give_one_image() {
    let other = project("");
    let shards = other.join("target/shards");
    let [arm64, amd64] = TARGETS;
    run(&mut tool(&other, &["build", "--target", arm64, "--target", amd64, "--output", shards.to_str().unwrap()]));
    let mut merge = tool(&other, &["merge", shards.to_str().unwrap()]);
    run(&mut merge);
    let made = other.join("target/releases/v1.2.3");
    is_the_same(&made);
    let Some(faketime) = client("faketime", "an image is the same on another day") else { return };
    let mut later = faketime.command();
    later.arg("+400 days").arg(merge.get_program()).args(merge.get_args()).current_dir(&*other);
    run(later.env("NO_COLOR", "1"));
    is_the_same(&made);
}

#[test]
fn an_image_is_hardly_larger_than_its_programs() {
    let forged = Forged::new();
    let (mut compressed, mut whole) = (0, 0);
    for (path, bytes) in &forged.files {
        whole += bytes.len();
        compressed += if bytes.starts_with(&[0x1f, 0x8b]) { bytes.len() } else { 0 };
        assert!(path.len() < 100);
    }
    assert!(whole - compressed < 300_000, "{whole} bytes, {compressed} of them layers");
    for (arch, target) in [("amd64", TARGETS[1]), ("arm64", TARGETS[0])] {
        let mut unpacked = 0;
        for layer in forged.manifest(arch)["layers"].as_array().unwrap() {
            let mut tar = Vec::new();
            flate2::read::GzDecoder::new(forged.blob(&layer["digest"])).read_to_end(&mut tar).unwrap();
            unpacked += tar.len();
        }
        let programs: usize = ["hello", "hello-probe"].map(|name| program(target, name)).iter().sum();
        assert!(unpacked < programs + 300_000, "{unpacked} bytes for programs of {programs}");
        println!("{arch}: {} bytes besides the programs", unpacked - programs);
    }
}

/// The size of a program in its archive.
fn program(target: &str, name: &str) -> usize {
    let folder = format!("hello-{target}-v1.2.3");
    let mut tar = lab::command("tar");
    tar.args(["-xzOf", &format!("{folder}.tar.gz"), &format!("{folder}/{name}")]).current_dir(release());
    run(&mut tar).stdout.len()
}

#[test]
fn an_image_takes_no_longer_than_its_archives() {
    let big = Fixture::hello();
    let data: Vec<u8> = fs::read(xtask::binary()).unwrap().into_iter().take(16 << 20).collect();
    fs::write(big.join("src/data"), data).unwrap();
    // Read at run time, so that no byte of it is left out.
    big.write(
        "src/main.rs",
        "static DATA: &[u8] = include_bytes!(\"data\");
         fn main() { println!(\"{}\", std::hint::black_box(DATA).iter().map(|byte| u64::from(*byte)).sum::<u64>()); }",
    );
    big.config(&format!("targets = {TARGETS:?}\n"));
    // As others work on the machine too, the best of three counts.
    let best = (0..3).map(|_| ratio(&stdout(&mut tool(&big, &[])))).fold(f64::MAX, f64::min);
    println!("an image of two programs takes {best:.2} times as long as both archives, one after the other");
    assert!(best < 1.3, "{best:.2}");
}

/// How long the image took by the summary, compared with the two archives.
fn ratio(summary: &str) -> f64 {
    let seconds = |ending: &str| -> f64 {
        let lines =
            summary.lines().filter(|line| line.split_whitespace().next().is_some_and(|file| file.ends_with(ending)));
        let time = |line: &str| line.trim_end().strip_suffix(" s")?.rsplit(' ').next()?.parse::<f64>().ok();
        let times: Vec<f64> = lines.filter_map(time).collect();
        assert!(!times.is_empty(), "{summary}");
        times.iter().sum()
    };
    seconds(".oci.tar") / seconds(".tar.gz")
}
