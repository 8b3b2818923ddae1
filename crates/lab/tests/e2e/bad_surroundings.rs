//! What is wrong around a release: programs that do not compile, lock files, disks and folders. The old release stays
//! whole, and nothing half-made looks like a release.

use std::fs;
use std::path::Path;
use std::process::Command;

use lab::skip::{self, Skip};
use lab::xtask::{binary, dist};
use lab::{Fixture, Missing, command, run, run_failing};

use crate::said::{configured, manifest, names_in, package, releases, run_in, said};

/// A release, and a proof later that it is the same.
struct Old {
    listing: Vec<(String, Vec<u8>)>,
}

impl Old {
    fn release(project: &Fixture) -> Self {
        run(&mut dist(project, []));
        Self { listing: Self::listing(project) }
    }

    fn listing(project: &Fixture) -> Vec<(String, Vec<u8>)> {
        let folder = releases(project).join("v1.2.3");
        let files = xtask_dist::layout::files_below(&folder).unwrap();
        files.into_iter().map(|file| (file.clone(), fs::read(folder.join(file)).unwrap())).collect()
    }

    /// The release is there as it was, alone, and `verify` likes it.
    #[track_caller]
    fn is_whole(&self, project: &Fixture) {
        assert!(Self::listing(project) == self.listing, "the old release was touched");
        assert_eq!(names_in(&releases(project)), ["v1.2.3"]);
        run_in(project, &["verify"]).ends(0, &[]);
    }
}

#[test]
fn a_program_that_does_not_compile_leaves_the_old_release() {
    let hello = Fixture::hello();
    let old = Old::release(&hello);
    hello.write("src/main.rs", "fn main() { let x: u8 = \"no\"; }");
    let said = run_in(&hello, &[]).ends(1, &["error: hello cannot be compiled", "help: to see it again: cargo build"]);
    let cargos = said.stderr.find("error[E0308]: mismatched types").expect("cargo's own message");
    assert!(cargos < said.stderr.find("hello cannot be compiled").unwrap(), "ours comes first\n{}", said.stderr);
    old.is_whole(&hello);
}

#[test]
fn a_program_that_does_not_compile_leaves_nothing() {
    let hello = Fixture::hello();
    hello.write("src/main.rs", "fn main() { no }");
    run_in(&hello, &[]).ends(1, &["error[E0425]", "hello cannot be compiled"]).without(&["Packing"]);
    assert_eq!(names_in(&releases(&hello)), [""; 0]);
}

#[test]
fn what_to_run_to_see_it_again_can_be_pasted_into_a_shell() {
    let hello = Fixture::package("[features]\nfull = []");
    hello.config("features = [\"full\"]\n[target.x86_64-unknown-linux-gnu]\n");
    hello.write("src/main.rs", "fn main() { no }");
    let said = run_in(&hello, &[]).ends(1, &[]);
    let line = said.stderr.lines().find_map(|line| line.split_once("to see it again: ")).expect("the command").1;
    let again = run_failing(command("sh").args(["-c", line]).current_dir(&*hello));
    let again = String::from_utf8_lossy(&again.stderr);
    assert!(again.contains("error[E0425]"), "{line}\n{again}");
}

#[test]
fn without_a_lock_file() {
    let hello = Fixture::hello();
    fs::remove_file(hello.join("Cargo.lock")).unwrap();
    let parts = ["there is no Cargo.lock in ", "help: run `cargo generate-lockfile`, and commit the file"];
    run_in(&hello, &[]).ends(1, &parts).without(&["Compiling"]);
    assert!(!hello.join("Cargo.lock").exists(), "it was written in passing");
}

#[test]
fn a_lock_file_that_is_out_of_date() {
    let hello = Fixture::hello();
    let manifest = fs::read_to_string(hello.join("Cargo.toml")).unwrap();
    hello.write("Cargo.toml", &format!("{manifest}[dependencies]\nhelper = {{ path = \"helper\" }}\n"));
    hello.write("helper/Cargo.toml", &package("helper", "0.1.0", ""));
    hello.write("helper/src/lib.rs", "");
    let parts =
        ["Cargo.lock does not fit the manifests", "help: run `cargo update --workspace`, and commit Cargo.lock"];
    let before = fs::read(hello.join("Cargo.lock")).unwrap();
    run_in(&hello, &[]).ends(1, &parts).without(&["Compiling"]);
    assert_eq!(fs::read(hello.join("Cargo.lock")).unwrap(), before, "it was mended in passing");
    run(command("cargo").args(["update", "--workspace", "--offline"]).current_dir(&*hello));
    run_in(&hello, &[]).ends(0, &[]);
}

#[test]
fn a_lock_file_that_is_none() {
    let hello = Fixture::hello();
    hello.write("Cargo.lock", "no lock\n");
    run_in(&hello, &[]).ends(1, &["failed to parse lock file", "hello cannot be compiled"]);
}

#[test]
fn a_manifest_that_is_not_there_or_is_broken() {
    let hello = Fixture::hello();
    let help = "help: --manifest-path takes a Cargo.toml, or the folder that holds it";
    run_in(&hello, &["--manifest-path", "absent/Cargo.toml"])
        .ends(2, &["there is no manifest at", "absent/Cargo.toml", help]);
    run_in(&hello, &["--manifest-path", "src"]).ends(2, &["there is no manifest at", help]);
    hello.write("Cargo.toml", "[package]\nname = \n");
    run_in(&hello, &[]).ends(1, &["cargo cannot read the workspace", "Cargo.toml:2:8"]);
    let empty = lab::scratch("empty");
    run_in(&empty, &[]).ends(1, &["could not find `Cargo.toml`", "help: run it in a folder with a Cargo.toml"]);
}

#[test]
fn an_output_that_cannot_be_written() {
    let hello = Fixture::hello();
    hello.write("target/releases", "a file");
    let parts = ["cannot write ", "target/releases\n", "help: move away what is in its place, or set CARGO_TARGET_DIR"];
    run_in(&hello, &[]).ends(1, &parts).without(&["Compiling"]);
    assert_eq!(fs::read(hello.join("target/releases")).unwrap(), b"a file");
    fs::remove_file(hello.join("target/releases")).unwrap();
    // A file where the release itself goes is in the target folder, where all can be made again.
    hello.write("target/releases/v1.2.3", "a file");
    run_in(&hello, &[]).ends(0, &[]);
    assert_eq!(names_in(&releases(&hello)), ["v1.2.3"]);
    run_in(&hello, &["verify"]).ends(0, &[]);
}

/// `dist` in a process that can write no file larger than `blocks` of 1024 bytes (512 in some shells): as on a full disk,
/// the write fails in the middle. What is compiled already is not written again.
#[cfg(unix)]
fn limited(project: &Path, blocks: u32) -> Command {
    let mut limited = command("sh");
    limited.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]).arg(binary());
    limited.arg("dist").current_dir(project).env("NO_COLOR", "1");
    limited
}

#[cfg(unix)]
#[test]
fn a_write_that_fails_in_the_middle_leaves_the_old_release() {
    let hello = Fixture::hello();
    let old = Old::release(&hello);
    // An archive of the same content would not be written again.
    hello.write("README.md", "# hello, again");
    let parts = ["cannot write ", "hello-", ".tar.gz", "because: File too large", "help: make room"];
    said(&mut limited(&hello, 64)).ends(1, &parts).without(&["Released"]);
    old.is_whole(&hello);
    // Without an old one, nothing is left.
    fs::remove_dir_all(releases(&hello)).unwrap();
    said(&mut limited(&hello, 64)).ends(1, &parts);
    assert_eq!(names_in(&releases(&hello)), [""; 0]);
    // And with room again, it is made.
    said(&mut limited(&hello, 64 * 1024)).ends(0, &[]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_old_release() {
    let hello = Fixture::hello();
    let old = Old::release(&hello);
    let folder = releases(&hello);
    let script = "mount -t tmpfs -o size=100k tmpfs \"$1\" && shift && \"$@\"; echo \"code $?\"; ls -A \"$0\"";
    let mut unshare = command("unshare");
    unshare.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(&folder).arg(&folder);
    unshare.arg(binary()).arg("dist").current_dir(&*hello).env("NO_COLOR", "1");
    let said = said(&mut unshare);
    if !said.stdout.contains("code") || said.stderr.contains("mount:") {
        // Where nobody may mount, the test with a limit on files stands for this one: told, and no failure in CI.
        let (what, reason) = ("unshare --mount".to_owned(), said.stderr.trim().to_owned());
        let missing = Missing { what, reason, remedy: "allow user namespaces".to_owned() };
        let (test, purpose) =
            ("bad_surroundings::a_full_disk_leaves_the_old_release".to_owned(), "a full disk".to_owned());
        return skip::record(&skip::file(), &Skip { test, purpose, missing });
    }
    assert!(said.stdout.contains("code 1"), "{said:?}");
    assert!(
        said.stderr.contains("because: No space left on device") && said.stderr.contains("help: make room"),
        "{said:?}"
    );
    assert_eq!(said.stdout.lines().rfind(|line| !line.starts_with("code")), Some(".lock"), "{said:?}");
    old.is_whole(&hello);
}

#[test]
fn blanks_and_letters_of_all_the_world_in_paths() {
    let root = lab::scratch("grüße an die [Welt] 世界 's");
    let hello = configured("include = [\"Doku mentation/*.md\", \"größe\"]\n");
    let project = root.join("pro jekt é");
    lab::copy_dir(&*hello, &project).unwrap();
    for (path, text) in [("Doku mentation/für alle.md", "a"), ("größe/世界.txt", "b")] {
        fs::create_dir_all(project.join(path).parent().unwrap()).unwrap();
        fs::write(project.join(path), text).unwrap();
    }
    run_in(&project, &[]).ends(0, &[]).without(&["holds the path"]);
    run_in(&project, &["verify"]).ends(0, &[]);
    let entries = manifest(&project, "v1.2.3")["assets"][0]["entries"].to_string();
    for path in ["/Doku mentation/für alle.md\"", "/größe/世界.txt\""] {
        assert!(entries.contains(path), "{path} is not in {entries}");
    }
    let archive =
        names_in(&releases(&project).join("v1.2.3")).into_iter().find(|name| name.ends_with(".tar.gz")).unwrap();
    run(command("tar").args(["-xzf", &archive]).current_dir(releases(&project).join("v1.2.3")));
    let top = releases(&project).join("v1.2.3").join(archive.trim_end_matches(".tar.gz"));
    assert_eq!(fs::read_to_string(top.join("größe/世界.txt")).unwrap(), "b");
}
