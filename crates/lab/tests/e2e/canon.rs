//! What zig links is another file at every run; what is released is not, and is signed and joined as it must be.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use lab::xtask::{dist, shared_tools};
use lab::{Fixture, client, command, run, run_failing, scratch, workspace_root};
use xtask_dist::inspect::executable;
use xtask_dist::layout::files_below;
use xtask_dist::targets::Target;
use xtask_dist::verify::proof::{Promise, check};

const ARM64: &str = "aarch64-apple-darwin";
const X86_64: &str = "x86_64-apple-darwin";
const UNIVERSAL: &str = "universal-apple-darwin";
const WINDOWS: &str = "x86_64-pc-windows-gnullvm";
const TARGETS: [&str; 4] = [ARM64, X86_64, UNIVERSAL, WINDOWS];

/// The same commit, released in two folders; none where zig cannot be had.
fn releases(purpose: &str) -> Option<&'static [Fixture; 2]> {
    static RELEASES: OnceLock<[Fixture; 2]> = OnceLock::new();
    client("python3", purpose)?;
    Some(RELEASES.get_or_init(|| {
        let release = || {
            // With LTO the objects of the standard library, which have debug information, are written at every run.
            let hello = Fixture::package("[profile.dist]\ninherits = \"release\"\nlto = \"thin\"\nstrip = \"symbols\"");
            hello.commit();
            let mut dist = dist(&hello, TARGETS.iter().flat_map(|target| ["--target", target]));
            run(dist.envs([shared_tools()]));
            hello
        };
        [release(), release()]
    }))
}

fn folder(hello: &Fixture) -> PathBuf {
    hello.join("target/releases/v1.2.3")
}

/// The program as it is in the target's archive, unpacked into `to`.
fn unpacked(hello: &Fixture, target: &str, to: &Path) -> PathBuf {
    let name = format!("hello-{target}-v1.2.3");
    let python = "import shutil, sys; shutil.unpack_archive(sys.argv[1], sys.argv[2])";
    let end = if target == WINDOWS { ("zip", ".exe") } else { ("tar.gz", "") };
    let archive = folder(hello).join(format!("{name}.{}", end.0));
    run(command("python3").args(["-c", python]).arg(archive).arg(to));
    to.join(name).join(format!("hello{}", end.1))
}

#[test]
fn two_releases_of_all_systems_are_identical_though_what_was_linked_is_not() {
    let Some([one, other]) = releases("darwin and Windows archives are the same everywhere") else { return };
    for target in [ARM64, X86_64] {
        let linked = |hello: &Fixture| fs::read(hello.join("target").join(target).join("dist/hello")).unwrap();
        assert!(linked(one) != linked(other), "{target} differs no more as linked: is this still needed?");
    }
    let files = files_below(&folder(one)).unwrap();
    assert_eq!(files, files_below(&folder(other)).unwrap());
    for file in &files {
        assert!(fs::read(folder(one).join(file)).unwrap() == fs::read(folder(other).join(file)).unwrap(), "{file}");
    }
    println!("{} files compared, all identical", files.len());
}

#[test]
fn signatures_hold_in_the_eyes_of_who_did_not_make_them() {
    let Some([one, _]) = releases("arm64 programs are signed") else { return };
    let scratch = scratch("signatures");
    let check = |file: &Path| {
        let mut python = command("python3");
        python.arg(workspace_root().join("crates/lab/tests/e2e/signature.py")).arg(file);
        python
    };
    for target in [ARM64, UNIVERSAL] {
        let program = unpacked(one, target, &scratch);
        let said = run(&mut check(&program)).stdout;
        assert!(String::from_utf8_lossy(&said).contains("aarch64: signed, "), "{}", String::from_utf8_lossy(&said));
        let mut altered = fs::read(&program).unwrap();
        // Somewhere in the last slice, which is the one for arm64.
        let at = altered.len() - 32 * 1024;
        altered[at] ^= 1;
        fs::write(&program, altered).unwrap();
        run_failing(&mut check(&program));
    }
    run_failing(&mut check(&unpacked(one, X86_64, &scratch)));
}

#[test]
fn lipo_makes_the_same_universal_program() {
    let purpose = "universal programs are those of lipo";
    let (Some([one, _]), Some(lipo)) = (releases(purpose), client("llvm-lipo-14", purpose)) else { return };
    let scratch = scratch("lipo");
    let [arm64, x86_64, universal] = [ARM64, X86_64, UNIVERSAL].map(|target| unpacked(one, target, &scratch));
    let theirs = scratch.join("theirs");
    run(lipo.command().arg("-create").args([&arm64, &x86_64]).arg("-output").arg(&theirs));
    assert!(fs::read(&universal).unwrap() == fs::read(theirs).unwrap());
    run(lipo.command().arg(universal).args(["-verify_arch", "x86_64", "arm64"]));
}

#[test]
fn each_program_is_proved_for_its_own_target_and_no_other() {
    let Some([one, _]) = releases("programs are proved to be their target's") else { return };
    let scratch = scratch("proof");
    let programs = TARGETS.map(|target| (target, fs::read(unpacked(one, target, &scratch)).unwrap()));
    for (target, program) in &programs {
        let program = executable(program).unwrap();
        for other in TARGETS {
            let faults = check(&Promise::of_target(&Target::parse(other).unwrap()), &program);
            assert_eq!(faults.is_empty(), *target == other, "{target} as {other}: {faults:?}");
        }
    }
}
