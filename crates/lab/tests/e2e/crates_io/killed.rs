//! A run that is killed after each upload, and one that finishes what it left.

use std::time::{Duration, Instant};

use lab::process::{below, kill};
use lab::server::{Fate, Response};

use super::{Bench, PRODUCTS};

/// Runs it until the registry has taken so many crates, which its index does not show yet, and kills it with cargo.
fn killed_after(bench: &Bench, uploads: usize) {
    bench.registry.hold(true);
    // What comes behind it hangs, so that there is time to kill it.
    let taken = Response::ok("{\"warnings\": {\"invalid_categories\": [], \"invalid_badges\": [], \"other\": []}}");
    bench.registry.fail([Fate::Taken(taken), Fate::Refused(Response::silent(Duration::from_secs(60)))]);
    let mut child = bench.dist(&["publish", "--channel", "crates-io"]).spawn().unwrap();
    let start = Instant::now();
    while bench.registry.uploaded().len() < uploads {
        assert!(start.elapsed() < Duration::from_secs(300), "nothing is uploaded: {:?}", bench.registry.uploaded());
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(20));
    }
    let below = below(child.id());
    child.kill().unwrap();
    below.into_iter().for_each(kill);
    child.wait().unwrap();
    assert_eq!(bench.registry.uploaded(), PRODUCTS[..uploads]);
    bench.registry.hold(false);
    bench.registry.behave();
}

#[test]
fn it_is_killed_after_each_upload_and_the_last_run_finishes() {
    let Some(bench) = Bench::products() else { return };
    for uploads in 1..=2 {
        killed_after(&bench, uploads);
    }
    let said = bench.publish(&[]).ends(0, &[]);
    assert_eq!(said.stdout.matches("there already").count(), 2, "{}", said.stdout);
    assert_eq!(bench.registry.uploaded(), PRODUCTS);
    assert_eq!(bench.installed("tally"), "tally 0.1.0");
}

#[test]
fn what_the_index_does_not_show_yet_is_not_uploaded_twice() {
    let Some(bench) = super::two_libraries() else { return };
    bench.registry.hold(true);
    let registry = std::sync::Arc::clone(&bench.registry);
    // Somebody else's run has uploaded the first, and the index is slow.
    let shows = std::thread::spawn(move || {
        let start = Instant::now();
        while registry.uploaded().is_empty() && start.elapsed() < Duration::from_secs(120) {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_secs(3));
        registry.hold(false);
    });
    bench.publish(&[]).ends(0, &[]);
    shows.join().unwrap();
    assert_eq!(bench.registry.uploaded(), ["lower 1.0.0", "upper 1.0.0"]);
}
