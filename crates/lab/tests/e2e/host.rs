//! A release for the machine's own target.

use std::fs;

use lab::fixture::CARGO_CONFIG;
use lab::xtask::dist;
use lab::{Fixture, command, run};

#[test]
fn a_release_is_what_tar_and_sha256sum_and_the_program_say() {
    let hello = Fixture::hello();
    // With the profile that projects have which bring none.
    fs::remove_file(hello.join(CARGO_CONFIG)).unwrap();
    hello.commit();
    run(&mut dist(&hello, []));
    let release = hello.join("target/releases/v1.2.3");
    run(command("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&release));
    let archive = fs::read_dir(&release)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.ends_with(".tar.gz"))
        .unwrap();
    run(command("sha256sum").args(["--check", "--strict", &format!("{archive}.sha256")]).current_dir(&release));
    run(command("tar").args(["-xzf", &archive]).current_dir(&release));
    let folder = release.join(archive.trim_end_matches(".tar.gz"));
    let version = run(command(folder.join("hello")).arg("--version"));
    assert_eq!(String::from_utf8_lossy(&version.stdout).trim(), "hello 1.2.3");
}
