//! A release in parts, made on several machines and joined on one.

use std::fs;
use std::path::Path;
use std::process::Command;

use lab::xtask::{dist, shared_tools};
use lab::{Fixture, Scratch, client, command, copy_dir, run, run_failing, scratch};
use xtask_dist::layout::files_below;

const GNU: &str = "x86_64-unknown-linux-gnu";
const MUSL: &str = "x86_64-unknown-linux-musl";
const ARM64: &str = "aarch64-apple-darwin";
const X86_64: &str = "x86_64-apple-darwin";

/// A project for two targets that cargo links by itself.
fn project() -> Fixture {
    run(command("rustup").args(["target", "add", GNU, MUSL]));
    let hello = Fixture::hello();
    hello.config(&format!("targets = [\"{GNU}\", \"{MUSL}\"]\nbuilder = \"cargo\"\n"));
    hello.commit();
    hello
}

/// The two shards of it, and what makes one.
fn shards(hello: &Path) -> (Scratch, Vec<String>) {
    let folder = scratch("shards");
    let made = [GNU, MUSL].map(|target| {
        let shard = folder.join(target).display().to_string();
        run(&mut dist(hello, ["build", "--target", target, "-o", &shard]));
        shard
    });
    (folder, made.to_vec())
}

fn merge(hello: &Path, shards: &[&str]) -> Command {
    dist(hello, ["merge"].iter().chain(shards).copied())
}

/// What a merge that must fail says.
fn refusal(hello: &Path, shards: &[&str]) -> String {
    let output = run_failing(&mut merge(hello, shards));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn sharded_and_unsharded_releases_are_identical() {
    let hello = project();
    run(&mut dist(&hello, []));
    let whole = scratch("whole");
    let release = hello.join("target/releases/v1.2.3");
    copy_dir(&release, &*whole).unwrap();
    fs::remove_dir_all(&release).unwrap();
    let (_folder, shards) = shards(&hello);
    // Artifacts of CI arrive in folders of folders, in any order.
    run(&mut merge(&hello, &[&shards[1], &shards[0]]));
    let files = files_below(&whole).unwrap();
    assert_eq!(files, files_below(&release).unwrap());
    for file in &files {
        assert!(fs::read(whole.join(file)).unwrap() == fs::read(release.join(file)).unwrap(), "{file} differs");
    }
    println!("{} files compared, all identical", files.len());
}

#[test]
fn missing_doubled_foreign_and_altered_shards_are_named() {
    let hello = project();
    let (folder, made) = shards(&hello);
    let (gnu, musl) = (made[0].as_str(), made[1].as_str());

    let missing = refusal(&hello, &[gnu]);
    assert!(missing.contains("no shard has hello-x86_64-unknown-linux-musl-v1.2.3.tar.gz"), "{missing}");
    assert!(missing.contains("dist build --target x86_64-unknown-linux-musl"), "{missing}");

    let twice = folder.join("twice").display().to_string();
    copy_dir(gnu, &twice).unwrap();
    let doubled = refusal(&hello, &[gnu, musl, &twice]);
    assert!(
        doubled.contains("two shards have hello-x86_64-unknown-linux-gnu") && doubled.contains(&twice),
        "{doubled}"
    );

    let altered = folder.join("altered").display().to_string();
    copy_dir(musl, &altered).unwrap();
    let archive = Path::new(&altered).join("v1.2.3/hello-x86_64-unknown-linux-musl-v1.2.3.tar.gz");
    let mut bytes = fs::read(&archive).unwrap();
    bytes[40] ^= 1;
    fs::write(&archive, bytes).unwrap();
    let refused = refusal(&hello, &[gnu, &altered]);
    assert!(refused.contains("is not what its shard says") && refused.contains(&altered), "{refused}");

    hello.write("src/main.rs", "fn main() {}");
    hello.git(&["commit", "--quiet", "--all", "--message", "other"]);
    let foreign = folder.join("foreign").display().to_string();
    run(&mut dist(&hello, ["build", "--target", MUSL, "-o", &foreign]));
    let refused = refusal(&hello, &[gnu, &foreign]);
    assert!(refused.contains("made of commit") && refused.contains(&foreign), "{refused}");

    let other_settings = folder.join("settings").display().to_string();
    run(&mut dist(
        &hello,
        [
            "build",
            "--target",
            MUSL,
            "-o",
            &other_settings,
            "--config",
            "tag = \"v{ version }\"",
            "--config",
            "profile = \"release\"",
        ],
    ));
    let refused = refusal(&hello, &[&foreign, &other_settings]);
    assert!(refused.contains("planned with other settings"), "{refused}");

    assert!(!hello.join("target/releases/v1.2.3").exists(), "a refused merge left something");
    let empty = refusal(&hello, &[&folder.join("nothing").display().to_string()]);
    assert!(empty.contains("there is no folder"), "{empty}");
}

#[test]
fn a_shard_of_the_host_alone_is_linked_as_the_whole_release_would_be() {
    let hello = Fixture::hello();
    hello.config(&format!("targets = [\"{GNU}\", \"{MUSL}\"]\n"));
    let mut tool = dist(&hello, ["build", "--target", GNU, "--no-setup"]);
    // Nothing is there and nothing is brought, so it says what it would take.
    let refused = run_failing(tool.env("XTASK_DIST_TOOLS", hello.join("no-tools")));
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("zig is missing"), "{refused}");
}

/// The shards for both processors, of a project that has `lines` in its configuration.
fn darwin_shards(lines: &str) -> (Fixture, Scratch, [String; 2]) {
    let hello = Fixture::hello();
    hello.config(&format!("targets = [\"{ARM64}\", \"universal-apple-darwin\", \"{X86_64}\"]\n{lines}"));
    hello.commit();
    let folder = scratch("darwin");
    let made = [X86_64, ARM64].map(|target| {
        let shard = folder.join(target).display().to_string();
        run(with_tools(&mut dist(&hello, ["build", "--target", target, "-o", &shard])));
        shard
    });
    (hello, folder, made)
}

fn with_tools(tool: &mut Command) -> &mut Command {
    tool.envs([shared_tools()])
}

#[test]
fn a_universal_program_is_joined_from_the_shards_of_both_processors() {
    if client("python3", "universal programs are joined at merge").is_none() {
        return;
    }
    // With a folder and a format of its own, joined of a program that was signed, and signed itself.
    let sign = "sign = [\"sh\", \"-c\", 'printf signed >> \"$1\"', \"sh\"]";
    let lines = format!(
        "[target.universal-apple-darwin]\n{sign}\n[target.x86_64-apple-darwin]\n{sign}\n\
         [target.universal-apple-darwin.channel.archive]\nfolder = \"\"\nformat = \"zip\"\n"
    );
    for lines in ["", &lines] {
        let (hello, _folder, [x86_64, arm64]) = darwin_shards(lines);
        run(with_tools(&mut dist(&hello, [])));
        let (release, whole) = (hello.join("target/releases/v1.2.3"), scratch("whole"));
        copy_dir(&release, &*whole).unwrap();
        fs::remove_dir_all(&release).unwrap();
        run(&mut merge(&hello, &[&arm64, &x86_64]));
        let files = files_below(&whole).unwrap();
        assert!(files.iter().any(|file| file.starts_with("hello-universal-apple-darwin")), "{files:?}");
        assert_eq!(files, files_below(&release).unwrap());
        for file in &files {
            assert!(fs::read(whole.join(file)).unwrap() == fs::read(release.join(file)).unwrap(), "{file} differs");
        }

        let lacking = refusal(&hello, &[&x86_64]);
        assert!(lacking.contains("no shard has hello-universal-apple-darwin-v1.2.3"), "{lacking}");
        assert!(
            lacking.contains("no shard has hello-aarch64-apple-darwin-v1.2.3.tar.gz, which it is made"),
            "{lacking}"
        );
    }
}

#[test]
fn no_command_is_run_because_a_shard_says_so_and_no_program_is_joined_from_others() {
    if client("python3", "universal programs are joined at merge").is_none() {
        return;
    }
    let signed = "[target.universal-apple-darwin]\nsign = [\"touch\", \"signed-by-a-shard\"]\n";
    let (hello, _folder, [x86_64, arm64]) = darwin_shards(signed);
    hello.config(&format!("targets = [\"{ARM64}\", \"universal-apple-darwin\", \"{X86_64}\"]\n"));
    let refused = refusal(&hello, &[&x86_64, &arm64]);
    assert!(refused.contains("signed by `touch signed-by-a-shard`, and packaging/dist.toml here"), "{refused}");
    assert!(!hello.join("signed-by-a-shard").exists());

    let otherwise = "[target.universal-apple-darwin]\ninclude = [\"Cargo.toml\"]\n";
    let (hello, _folder, [x86_64, arm64]) = darwin_shards(otherwise);
    let refused = refusal(&hello, &[&x86_64, &arm64]);
    assert!(refused.contains("because: it is configured otherwise than x86_64-apple-darwin"), "{refused}");
}
