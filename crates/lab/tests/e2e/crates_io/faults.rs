//! A registry that is busy, broken, slow, or gone: what is waited for, what is told, and that a re-run finishes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lab::server::{Fate, Response};
use lab::{client, run};
use serde_json::json;
use xtask_dist::date::Date;

use super::{Bench, two_libraries};
use crate::said::said;

const BOTH: [&str; 2] = ["lower 1.0.0", "upper 1.0.0"];

/// What crates.io says to who is too fast, until so many seconds from now.
fn too_fast(seconds: u64) -> Response {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let Date { year, day, hour, minute, second, month } = Date::of_epoch(now + seconds);
    let month =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][usize::from(month) - 1];
    let date = format!("Thu, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT");
    let detail = format!(
        "You have published too many new crates in a short period of time. Please try again after {date} and see \
         https://crates.io/docs/rate-limits for more details."
    );
    Response::error(429, json!({"errors": [{"detail": detail}]}).to_string())
}

/// It fails once and says this; what was not uploaded then is by the second run.
#[track_caller]
fn finished_by_a_second_run(bench: &Bench, fate: Fate, words: &[&str]) {
    bench.registry.fail([fate]);
    bench.publish(&[]).ends(1, words);
    bench.publish(&[]).ends(0, &[]);
    assert_eq!(bench.registry.uploaded(), BOTH);
}

#[test]
fn rate_limits_are_waited_out_and_the_time_is_shown() {
    let Some(bench) = two_libraries() else { return };
    bench.registry.fail([Fate::Refused(too_fast(2)), Fate::Refused(too_fast(1))]);
    let said = bench.publish(&[]).ends(0, &["Waiting for loopback until ", " UTC ("]);
    assert_eq!(said.stderr.matches("Waiting for loopback until").count(), 2, "{}", said.stderr);
    assert_eq!(bench.registry.uploaded(), BOTH);
}

#[test]
fn it_is_not_waited_longer_than_allowed() {
    let Some(bench) = two_libraries() else { return };
    bench.workspace.config("[channel.crates-io]\nregistry = \"loopback\"\nmax-wait = 5\n");
    bench.commit();
    let words =
        ["loopback takes no more crates before ", " min away, and no longer than 5 min is waited", "`max-wait`"];
    finished_by_a_second_run(&bench, Fate::Refused(too_fast(7200)), &words);
}

#[test]
fn a_server_that_fails_is_told_in_its_words_and_a_second_run_finishes() {
    let Some(bench) = two_libraries() else { return };
    finished_by_a_second_run(&bench, Fate::Refused(Response::status(500)), &["loopback did not take it", "500"]);
}

#[test]
fn a_connection_that_is_cut_is_told_and_a_second_run_finishes() {
    let Some(bench) = two_libraries() else { return };
    let words = ["cannot publish lower 1.0.0 to loopback", "it does what is left"];
    finished_by_a_second_run(&bench, Fate::Refused(Response::ok("{\"warnings\": {}}").cut(3)), &words);
}

#[test]
fn a_server_that_hangs_is_left_after_cargos_own_time() {
    let Some(bench) = two_libraries() else { return };
    let config = format!("{}[http]\ntimeout = 3\n", bench.cargo_config());
    bench.workspace.write(lab::fixture::CARGO_CONFIG, &config);
    bench.commit();
    let silent = Response::silent(Duration::from_secs(20));
    finished_by_a_second_run(&bench, Fate::Refused(silent), &["cannot publish lower 1.0.0 to loopback"]);
}

#[test]
fn what_was_taken_counts_whatever_was_answered() {
    let Some(bench) = two_libraries() else { return };
    bench.registry.fail([Fate::Taken(Response::status(502)), Fate::Taken(Response::ok("{}").cut(0))]);
    bench.publish(&[]).ends(0, &[]);
    assert_eq!((bench.registry.uploaded(), bench.tried()), (BOTH.map(str::to_owned).to_vec(), 2));
}

#[test]
fn a_registry_that_does_not_answer_is_an_error_before_anything_is_done() {
    let Some(bench) = two_libraries() else { return };
    let gone = bench.cargo_config().replace(&bench.server.port().to_string(), "9");
    bench.workspace.write(lab::fixture::CARGO_CONFIG, &gone);
    bench.commit();
    bench.publish(&["--dry-run"]).ends(1, &["cannot ask http://127.0.0.1:9/registry/lo/we/lower"]);
    bench.check(&["lower"]).ends(1, &["cannot tell whether lower 1.0.0 is published"]);
}

#[test]
fn the_cargo_of_the_oldest_rust_publishes_one_by_one() {
    let Some(rustup) = client("rustup", "a cargo before 1.90 publishes one crate after the other") else { return };
    let listed = String::from_utf8(run(rustup.command().args(["toolchain", "list"])).stdout).unwrap();
    // The one that CI has for the declared Rust; no test brings it.
    let Some(old) = listed.split_whitespace().find(|name| name.starts_with("1.89")) else { return };
    let Some(bench) = two_libraries() else { return };
    let mut publish = bench.dist(&["publish", "--channel", "crates-io"]);
    let said = said(publish.env("RUSTUP_TOOLCHAIN", old)).ends(0, &["Publishing upper 1.0.0 to loopback"]);
    assert_eq!(said.stderr.matches("Uploading").count(), 2, "{}", said.stderr);
    assert_eq!(bench.registry.uploaded(), BOTH);
    bench.publish(&[]).ends(0, &[]);
    assert_eq!(bench.tried(), 2, "what another cargo made is the same");
}
