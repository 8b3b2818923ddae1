//! A published program with C and assembly in it, for targets whose C compiler this machine does not have.

use lab::xtask::{dist, shared_tools};
use lab::{cache_dir, client, command, copy_dir, published_crate, run, scratch};

#[test]
fn b3sum_compiles_its_c_for_linux_and_macos() {
    let Some(krate) = published_crate("b3sum", "1.8.7", "a program with C code is released") else { return };
    let folder = scratch("b3sum");
    copy_dir(krate, &folder).unwrap();
    let targets = ["aarch64-apple-darwin", "aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"];
    let target_dir = cache_dir().join("build/b3sum-1.8.7");
    let mut tool = dist(&folder, targets.iter().flat_map(|target| ["--target", target]));
    run(tool.envs([shared_tools()]).env("CARGO_TARGET_DIR", &target_dir));
    let out = scratch("unpacked");
    let program = |target: &str| {
        let name = format!("b3sum-{target}-v1.8.7");
        let archive = target_dir.join("releases/v1.8.7").join(format!("{name}.tar.gz"));
        run(command("tar").arg("-xzf").arg(archive).current_dir(&*out));
        out.join(name).join("b3sum")
    };
    // The digest of nothing, from BLAKE3's own test vectors: the compiled C was really used, and is right.
    let empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
    let digest = |command: &mut std::process::Command| {
        String::from_utf8_lossy(&run(command.args(["--no-names", "/dev/null"])).stdout).trim().to_owned()
    };
    assert_eq!(digest(&mut command(program("x86_64-unknown-linux-musl"))), empty);
    program("aarch64-apple-darwin");
    let Some(qemu) = client("qemu-aarch64-static", "the program for aarch64 runs") else { return };
    assert_eq!(digest(qemu.command().arg(program("aarch64-unknown-linux-musl"))), empty);
}
