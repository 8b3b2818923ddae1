//! What is published, in which order, once; and what a second run makes of it.

use lab::command;
use serde_json::Value;

use super::{Bench, PRODUCTS, two_libraries};
use crate::said::said;

#[test]
fn the_example_crates_are_published_in_order_by_real_cargo_and_installed() {
    let Some(bench) = Bench::products() else { return };
    // Without a token: asking needs none.
    let asked = said(
        bench.dist(&["publish", "--channel", "crates-io", "--dry-run"]).env_remove("CARGO_REGISTRIES_LOOPBACK_TOKEN"),
    );
    let asked = asked.ends(0, &[]);
    for krate in PRODUCTS {
        assert!(asked.stdout.contains(&format!("  to do  crates-io  {krate} to loopback")), "{}", asked.stdout);
    }
    assert_eq!((bench.tried(), bench.registry.uploaded().len()), (0, 0), "asking changed something");

    let first = bench.publish(&[]).ends(0, &[]);
    assert!(first.stdout.contains("  done  crates-io  tally 0.1.0 to loopback"), "{}", first.stdout);
    assert_eq!(bench.registry.uploaded(), PRODUCTS);
    // What publish-status knew of the registry is renewed at once, before its 15 minutes are over.
    let status = said(&mut bench.dist(&["publish-status"])).ends(0, &[]);
    assert_eq!(status.stdout.matches("up to date").count(), 3, "{}", status.stdout);

    let again = bench.publish(&[]).ends(0, &[]);
    assert_eq!(again.stdout.matches("there already").count(), 3, "{}", again.stdout);
    assert_eq!(bench.tried(), 3, "nothing is uploaded twice");

    assert_eq!(bench.installed("tally"), "tally 0.1.0");
}

#[test]
fn what_was_published_before_is_known_whatever_publish_status_kept() {
    let Some(bench) = two_libraries() else { return };
    let due = said(&mut bench.dist(&["publish-status", "--check"])).ends(1, &[]);
    assert_eq!(due.stdout.matches("new").count(), 2 + 1, "{}", due.stdout);
    bench.publish(&[]).ends(0, &[]);
    said(&mut bench.dist(&["publish-status", "--check"])).ends(0, &[]);
}

#[test]
fn other_content_under_a_published_version_is_an_error_that_names_the_files() {
    let Some(bench) = two_libraries() else { return };
    bench.publish(&[]).ends(0, &[]);
    bench.edit("lower/src/lib.rs", "1", "3");
    bench.workspace.write("lower/src/more.rs", "");
    bench.commit();
    let words = [
        "cannot publish lower 1.0.0 to loopback",
        "changed: src/lib.rs; only here: src/more.rs",
        "release another version",
    ];
    bench.publish(&[]).ends(1, &words).without(&["cannot publish upper"]);
    let words = ["lower 1.0.0 is published already, with other content", "raise `version` in lower/Cargo.toml"];
    bench.check(&[]).ends(1, &words);

    // With another version, it alone is published.
    bench.edit("lower/Cargo.toml", "1.0.0", "1.0.1");
    bench.workspace.lock();
    bench.commit();
    let said = bench.publish(&[]).ends(0, &[]);
    assert!(said.stdout.contains("  there already  crates-io  upper 1.0.0 to loopback"), "{}", said.stdout);
    assert_eq!(bench.registry.uploaded(), ["lower 1.0.0", "upper 1.0.0", "lower 1.0.1"]);
}

#[test]
fn what_is_yanked_stays_yanked_and_is_told() {
    let Some(bench) = two_libraries() else { return };
    bench.publish(&[]).ends(0, &[]);
    let mut cargo = command("cargo");
    cargo.args(["yank", "--registry", "loopback", "lower@1.0.0"]).current_dir(&*bench.workspace);
    bench.at_home(&mut cargo);
    said(cargo.env("CARGO_REGISTRIES_LOOPBACK_TOKEN", super::TOKEN)).ends(0, &[]);
    let said = bench.publish(&[]).ends(0, &[]);
    assert!(said.stdout.contains("it is there and yanked") && bench.tried() == 2, "{}", said.stdout);
    bench.check(&["lower"]).ends(0, &["lower 1.0.0 is published, and yanked"]);
}

#[test]
fn without_a_token_nothing_is_compiled_or_uploaded() {
    let Some(bench) = two_libraries() else { return };
    let publish = || bench.dist(&["publish", "--channel", "crates-io"]);
    let words =
        ["there is no token for loopback", "cargo login --registry loopback", "CARGO_REGISTRIES_LOOPBACK_TOKEN"];
    let none = said(publish().env_remove("CARGO_REGISTRIES_LOOPBACK_TOKEN")).ends(1, &words);
    assert_eq!(none.stderr.matches("no token").count(), 1, "{}", none.stderr);
    assert!(!none.stderr.contains("Compiling") && bench.tried() == 0, "{}", none.stderr);

    let words = ["loopback did not take it", "must be logged in"];
    said(publish().env("CARGO_REGISTRIES_LOOPBACK_TOKEN", "wrong")).ends(1, &words).without(&["wrong"]);

    // As `cargo login` leaves it.
    std::fs::write(
        bench.home.join("credentials.toml"),
        format!("[registries.loopback]\ntoken = \"{}\"\n", super::TOKEN),
    )
    .unwrap();
    said(publish().env_remove("CARGO_REGISTRIES_LOOPBACK_TOKEN")).ends(0, &[]).without(&[super::TOKEN]);
    assert_eq!(bench.registry.uploaded(), ["lower 1.0.0", "upper 1.0.0"]);
}

#[test]
fn who_compiles_sees_no_token_of_crates_io() {
    let Some(bench) = two_libraries() else { return };
    let script = "fn main() {\n    assert!(std::env::var_os(\"CARGO_REGISTRY_TOKEN\").is_none(), \"a token\");\n}\n";
    bench.workspace.write("lower/build.rs", script);
    bench.commit();
    let mut publish = bench.dist(&["publish", "--channel", "crates-io"]);
    said(publish.env("CARGO_REGISTRY_TOKEN", "another secret")).ends(0, &[]);
}

#[test]
fn a_crate_that_does_not_compile_as_published_stops_all_before_the_first_upload() {
    let Some(bench) = two_libraries() else { return };
    // It compiles here, and not where the file is missing.
    bench.edit("upper/Cargo.toml", "rust-version", "exclude = [\"one.txt\"]\nrust-version");
    bench.edit("upper/src/lib.rs", "2 *", "include_str!(\"../one.txt\").len() as u8 *");
    bench.workspace.write("upper/one.txt", "1");
    bench.commit();
    bench.publish(&[]).ends(1, &["the packages of lower 1.0.0, upper 1.0.0 are not what can be published", "one.txt"]);
    assert_eq!(bench.tried(), 0);
}

#[test]
fn what_is_found_before_is_told_for_all_crates_at_once_and_nothing_is_uploaded() {
    let Some(bench) = two_libraries() else { return };
    bench.edit("lower/Cargo.toml", "description = \"A crate\"\n", "");
    bench.edit("upper/Cargo.toml", "license = \"MIT\"", "license = \"mine, all mine\"");
    bench.commit();
    let words = ["lower has no `description`", "upper has the license `mine, all mine`"];
    bench.publish(&["--dry-run"]).ends(1, &words);
    bench.publish(&[]).ends(1, &words);
    assert_eq!(bench.tried(), 0);
}

#[test]
fn json_says_what_text_says() {
    let Some(bench) = two_libraries() else { return };
    let said = bench.publish(&["--format", "json"]).ends(0, &[]);
    let view: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(view[0]["tag"], Value::Null);
    let step = &view[0]["steps"][1];
    assert_eq!((&step["title"], &step["state"]), (&"upper 1.0.0 to loopback".into(), &"done".into()));
}
