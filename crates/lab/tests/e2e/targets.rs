//! Every target from one machine: one command, run wherever there is something that runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use lab::xtask::{dist, shared_tools};
use lab::{Fixture, client, command, run, run_failing, skip, wine};
use serde_json::Value;
use xtask_dist::layout::files_below;
use xtask_dist::targets::Target;

use crate::products::{Products, products};

const TARGETS: [&str; 8] = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu.2.17",
    "aarch64-unknown-linux-musl",
    "universal-apple-darwin",
    "wasm32-wasip1",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-gnullvm",
    "x86_64-unknown-linux-musl",
];

/// Releases the products in `project` for all targets: the release's folder. Tools are shared by all tests.
fn release(project: &Path) -> PathBuf {
    let targets = TARGETS.iter().flat_map(|target| ["--target", target]);
    run(dist(project, targets).envs([shared_tools()]));
    project.join("target/releases/v0.1.0")
}

/// The release, made once; and the folder that each archive of it is unpacked in.
pub fn unpacked() -> &'static Path {
    static RELEASE: OnceLock<Products> = OnceLock::new();
    let project = RELEASE.get_or_init(|| {
        let project = products("");
        let release = release(&project);
        for archive in files_below(&release).unwrap() {
            if archive.ends_with(".tar.gz") {
                run(command("tar").args(["-xzf", &archive]).current_dir(&release));
            } else if archive.ends_with(".zip") {
                run(command("python3").args(["-m", "zipfile", "-e", &archive, "."]).current_dir(&release));
            }
        }
        project
    });
    Box::leak(project.join("target/releases/v0.1.0").into_boxed_path())
}

fn program(target: &str, name: &str) -> PathBuf {
    unpacked().join(format!("tally-{target}-v0.1.0")).join(name)
}

#[test]
fn linux_programs_run() {
    let native = run(command(program("x86_64-unknown-linux-musl", "tally")).arg("--version"));
    assert_eq!(String::from_utf8_lossy(&native.stdout).trim(), "tally 0.1.0");
    let Some(qemu) = client("qemu-aarch64-static", "the program for aarch64 runs") else { return };
    let emulated = run(qemu.command().arg(program("aarch64-unknown-linux-musl", "tally-top")).arg("--version"));
    assert_eq!(String::from_utf8_lossy(&emulated.stdout).trim(), "tally-top 0.1.0");
}

#[test]
fn windows_programs_run() {
    let Some(wine) = skip::or_report(wine::find(), "the program for Windows runs") else { return };
    let output = run(wine.command(program("x86_64-pc-windows-gnullvm", "tally.exe")).arg("--version"));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "tally 0.1.0");
}

#[test]
fn wasi_programs_run() {
    let Some(node) = client("node", "the program for WASI runs") else { return };
    let script = "const { WASI } = require('wasi'); const fs = require('fs');
        const wasi = new WASI({ version: 'preview1', args: ['tally', '--version'] });
        WebAssembly.instantiate(fs.readFileSync(process.argv[1]), wasi.getImportObject())
            .then(({ instance }) => process.exit(wasi.start(instance)));";
    let mut command = node.command();
    command.args(["--no-warnings", "-e", script]).arg(program("wasm32-wasip1", "tally.wasm"));
    assert_eq!(String::from_utf8_lossy(&run(&mut command).stdout).trim(), "tally 0.1.0");
}

#[test]
fn the_manifest_has_every_program_as_its_target_wants_it() {
    let manifest = fs::read_to_string(unpacked().join("dist-manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let executables = |target: &str| -> Vec<Value> {
        let assets = manifest["assets"].as_array().unwrap().iter().filter(|asset| asset["target"] == target);
        let entries = assets.flat_map(|asset| asset["entries"].as_array().unwrap());
        entries.map(|entry| entry["executable"].clone()).filter(|executable| !executable.is_null()).collect()
    };
    for (target, format, arch) in [
        ("aarch64-apple-darwin", "mach-o", "aarch64"),
        ("aarch64-unknown-linux-gnu", "elf", "aarch64"),
        ("aarch64-unknown-linux-musl", "elf", "aarch64"),
        ("x86_64-apple-darwin", "mach-o", "x86_64"),
        ("x86_64-pc-windows-gnullvm", "pe", "x86_64"),
        ("x86_64-unknown-linux-musl", "elf", "x86_64"),
    ] {
        let found = executables(target);
        assert_eq!(found.len(), 2, "{target}");
        for executable in found {
            assert_eq!((&executable["format"], &executable["arch"]), (&format.into(), &arch.into()), "{target}");
        }
    }
    for program in executables("universal-apple-darwin") {
        let slices = program["slices"].as_array().unwrap();
        assert_eq!(slices.len(), 2, "{program}");
        assert!(slices.iter().all(|slice| slice["min_os"] == "11.0"), "{program}");
    }
    let builds = manifest["builds"].as_array().unwrap();
    let gnu = builds.iter().find(|build| build["target"] == "aarch64-unknown-linux-gnu").unwrap();
    assert_eq!((&gnu["glibc"], &gnu["builder"]), (&"2.17".into(), &"zigbuild".into()));
}

#[test]
fn two_folders_give_identical_files_for_all_targets() {
    let other = products("other place");
    let other = release(&other);
    let files = files_below(&other).unwrap();
    assert!(files.iter().filter(|file| file.ends_with(".tar.gz") || file.ends_with(".zip")).count() == TARGETS.len());
    for file in &files {
        assert!(fs::read(other.join(file)).unwrap() == fs::read(unpacked().join(file)).unwrap(), "{file} differs");
    }
    println!("{} files compared, all identical", files.len());
}

#[test]
fn a_standard_library_compiled_from_its_source() {
    let hello = Fixture::hello();
    let mut tool = dist(&hello, ["--target", "x86_64-unknown-linux-musl", "--config", "build-std = true"]);
    run(tool.envs([shared_tools()]));
    let release = hello.join("target/releases/v1.2.3");
    run(command("tar").args(["-xzf", "hello-x86_64-unknown-linux-musl-v1.2.3.tar.gz"]).current_dir(&release));
    let output = run(command(release.join("hello-x86_64-unknown-linux-musl-v1.2.3/hello")).arg("--version"));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "hello 1.2.3");
}

#[test]
fn a_signing_command_gets_a_copy_of_each_program() {
    let hello = Fixture::hello();
    hello.config("sign = [\"sh\", \"-c\", 'printf signed >> \"$1\"', \"sh\"]\n");
    run(&mut dist(&hello, []));
    let host = Target::host();
    let release = hello.join("target/releases/v1.2.3");
    run(command("tar").args(["-xzf", &format!("hello-{host}-v1.2.3.tar.gz")]).current_dir(&release));
    let signed = fs::read(release.join(format!("hello-{host}-v1.2.3/hello"))).unwrap();
    let linked = fs::read(hello.join(format!("target/{host}/dist/hello"))).unwrap();
    assert!(signed.ends_with(b"signed") && !linked.ends_with(b"signed"));
    hello.config("sign = [\"false\"]\n");
    let refused = String::from_utf8_lossy(&run_failing(&mut dist(&hello, [])).stderr).into_owned();
    assert!(refused.contains("cannot sign") && refused.contains("help: see `sign`"), "{refused}");
}

#[test]
fn a_target_that_cannot_be_built_is_told_before_anything_compiles() {
    let hello = Fixture::hello();
    // No cross here, and none is brought.
    let mut tool = dist(&hello, ["--target", "x86_64-unknown-freebsd", "--offline"]);
    let refused = String::from_utf8_lossy(&run_failing(&mut tool).stderr).into_owned();
    assert!(refused.contains("cross is missing") && refused.contains("help: "), "{refused}");
    assert!(!refused.contains("Building"), "{refused}");
}
