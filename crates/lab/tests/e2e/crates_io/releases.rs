//! Crates and the releases that they belong to: one commit, and one command for both.

use lab::fixture::MAIN;
use lab::xtask::dist;
use lab::{copy_dir, run, scratch};

use super::{Bench, manifest, two_libraries};
use crate::said::said;

/// A program that needs a library, and a library that nobody needs.
fn program() -> Option<Bench> {
    // No forge that is known: its files go nowhere.
    let manifest = |name: &str, lines: &str| manifest(name, lines).replace("github.com", "example.org");
    Bench::of(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"core\", \"hello\", \"other\"]\nresolver = \"2\"\n"),
        ("core/Cargo.toml", &manifest("hello-core", "")),
        ("core/src/lib.rs", ""),
        (
            "hello/Cargo.toml",
            &manifest("hello", "[dependencies]\nhello-core = { path = \"../core\", version = \"1\" }"),
        ),
        ("hello/src/main.rs", MAIN),
        ("other/Cargo.toml", &manifest("other", "")),
        ("other/src/lib.rs", ""),
    ])
}

const RELEASE: [&str; 2] = ["--channel", "archive"];
const BOTH: [&str; 4] = ["--channel", "archive", "--channel", "crates-io"];

#[test]
fn a_bare_publish_brings_crates_only_where_that_was_said() {
    let Some(bench) = program() else { return };
    bench.workspace.config("");
    bench.commit();
    run(&mut bench.dist(&BOTH));
    let asked = said(&mut bench.dist(&["publish", "--dry-run"])).ends(0, &[]);
    let words = "not published: crates-io: nothing says that the crates are to be published";
    assert!(asked.stdout.contains(words) && !asked.stdout.contains("to do"), "{}", asked.stdout);

    bench.workspace.config("[channel.crates-io]\nregistry = \"loopback\"\n");
    bench.commit();
    run(&mut bench.dist(&BOTH));
    let done = said(&mut bench.dist(&["publish"])).ends(0, &[]);
    assert!(
        done.stdout.contains("Publication of the workspace's crates") && done.stdout.contains("Publication of v1.0.0")
    );
    assert_eq!(bench.registry.uploaded(), ["hello-core 1.0.0", "other 1.0.0", "hello 1.0.0"]);
    assert_eq!(bench.installed("hello"), "hello 1.0.0");
}

#[test]
fn with_a_release_go_its_packages_what_they_need_and_the_libraries_of_its_version() {
    let Some(bench) = program() else { return };
    bench.edit("other/Cargo.toml", "1.0.0", "2.0.0");
    bench.edit("core/Cargo.toml", "1.0.0", "1.1.0");
    bench.workspace.lock();
    bench.commit();
    run(&mut bench.dist(&RELEASE));
    bench.publish(&["target/releases/v1.0.0"]).ends(0, &[]);
    assert_eq!(bench.registry.uploaded(), ["hello-core 1.1.0", "hello 1.0.0"]);

    bench.edit("hello/Cargo.toml", "1.0.0", "2.0.0");
    bench.workspace.lock();
    bench.commit();
    run(&mut bench.dist(&RELEASE));
    bench.publish(&["--tag", "v2.0.0"]).ends(0, &[]);
    assert_eq!(bench.registry.uploaded()[2..], ["hello 2.0.0", "other 2.0.0"]);
}

#[test]
fn crates_are_published_from_the_commit_of_the_release_only() {
    let Some(bench) = program() else { return };
    run(&mut bench.dist(&RELEASE));
    bench.edit("core/Cargo.toml", "A crate", "Another crate");
    let words = ["the repository has changes that are not committed", "commit or stash them"];
    bench.publish(&["--dry-run"]).ends(1, &words);
    bench.commit();
    let other = bench.publish(&[]).ends(1, &["the checkout is not what v1.0.0 was made from", "make the release anew"]);
    assert_eq!(other.stderr.matches("error: ").count(), 1, "three crates, one reason: {}", other.stderr);
    assert_eq!(bench.tried(), 0);
    run(&mut bench.dist(&RELEASE));
    bench.publish(&[]).ends(0, &[]);
}

#[test]
fn libraries_alone_are_published_without_any_release() {
    let Some(bench) = two_libraries() else { return };
    let all = said(&mut bench.dist(&["publish"])).ends(0, &[]);
    assert!(all.stdout.contains("  done  crates-io  upper 1.0.0 to loopback"), "{}", all.stdout);
    bench.workspace.config("");
    bench.commit();
    said(&mut bench.dist(&["publish"])).ends(1, &["there is nothing to publish", "publish --channel crates-io"]);
}

#[test]
fn of_a_bare_publish_only_what_is_configured_is_published_and_what_that_needs() {
    let Some(bench) = program() else { return };
    bench.workspace.config("[package.hello.channel.crates-io]\nregistry = \"loopback\"\n");
    bench.edit("core/Cargo.toml", "edition", "publish = [\"loopback\"]\nedition");
    bench.commit();
    run(&mut bench.dist(&RELEASE));
    said(&mut bench.dist(&["publish"])).ends(0, &[]);
    assert_eq!(bench.registry.uploaded(), ["hello-core 1.0.0", "hello 1.0.0"]);
}

#[test]
fn where_the_sources_are_not_the_rest_is_published_and_that_is_told() {
    let Some(bench) = program() else { return };
    run(&mut bench.dist(&BOTH));
    let elsewhere = scratch("elsewhere");
    copy_dir(bench.workspace.join("target/releases/v1.0.0"), elsewhere.join("v1.0.0")).unwrap();
    let published = said(&mut dist(&elsewhere, ["publish", "v1.0.0"])).ends(0, &[]);
    assert!(published.stdout.contains("published from their sources, which are not here"), "{}", published.stdout);
    said(&mut dist(&elsewhere, ["publish", "v1.0.0", "--channel", "crates-io"]))
        .ends(1, &["cargo cannot read the workspace"]);
}

#[test]
fn another_channel_alone_asks_no_registry() {
    let Some(bench) = program() else { return };
    bench.workspace.config("download-url = \"https://example.org/{ tag }/{ asset }\"\n");
    run(&mut bench.dist(&["--channel", "homebrew"]));
    let before = bench.server.asked().len();
    said(&mut bench.dist(&["publish", "--channel", "homebrew"])).ends(0, &[]);
    assert_eq!(bench.server.asked().len(), before);
}
