//! Published programs adopt: two of them here, `cargo run -p lab adopters` has more.

use lab::adopters::{Adopter, TARGETS};
use lab::published_crate;

fn adopts(name: &str, version: &str) {
    let Some(krate) = published_crate(name, version, "a published program adopts") else { return };
    let account = Adopter::of(name, version, &krate).and_then(|adopter| adopter.go(name));
    let account = account.unwrap_or_else(|reason| panic!("{name}: {reason}"));
    assert_eq!(account.lock_lines, 4, "{account:?}");
    assert!(account.bytes < 2_500_000 && account.archives == TARGETS.len(), "{account:?}");
    assert!(!account.tests.starts_with("FAIL"), "{account:?}");
}

#[test]
fn hexyl() {
    adopts("hexyl", "0.16.0");
}

#[test]
fn sd() {
    adopts("sd", "1.0.0");
}
