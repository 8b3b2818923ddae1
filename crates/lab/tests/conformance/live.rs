//! Every case on the real client: the cases are true, and what the resolver is held against.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use lab::Client;

use crate::case::{Case, Outcome, cases, file};
use crate::client::observe;

/// How many clients run side by side: each waits most of its time.
const AT_ONCE: usize = 4;

/// Does `work` with every case, and tells all failures together.
pub fn each(cases: &[Case], work: impl Fn(&Case) -> Result<(), String> + Sync) {
    let (queue, failures) = (Mutex::new(cases.iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(case) = queue.lock().unwrap().next() else { break };
                    if let Err(failure) = work(case) {
                        failures.lock().unwrap().push(format!("{}: {failure}", case.id()));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn the_real_client_does_what_the_cases_say() {
    let Some(client) = lab::client("cargo-binstall", "the conformance cases are what the client does") else { return };
    let cases = cases("binstall.json");
    assert_eq!(cases.len(), 106);
    each(&cases, |case| {
        let (seen, said) = observe(&client, case);
        differences(&case.expected_here(), &seen, &said)
    });
}

#[test]
fn the_real_client_does_what_was_seen() {
    let Some(client) = lab::client("cargo-binstall", "further cases are what the client does") else { return };
    let cases = cases("more.json");
    if env::var_os("UPDATE_GOLDEN").is_some() {
        return record(&client, cases);
    }
    each(&cases, |case| {
        let (seen, said) = observe(&client, case);
        differences(&case.expected_here(), &seen, &said)
    });
}

/// Writes what the client does into the cases.
fn record(client: &Client, cases: Vec<Case>) {
    let seen = Mutex::new(BTreeMap::new());
    each(&cases, |case| {
        let (outcome, said) = observe(client, case);
        if let Some(folder) = env::var_os("LAB_SAID") {
            std::fs::write(Path::new(&folder).join(case.id()), said).unwrap();
        }
        seen.lock().unwrap().insert(case.id().to_owned(), outcome);
        Ok(())
    });
    let seen = seen.into_inner().unwrap();
    let cases = cases.into_iter().map(|mut case| {
        case.record(&seen[case.id()]);
        case.0
    });
    let text = serde_json::to_string_pretty(&cases.collect::<Vec<_>>()).unwrap();
    std::fs::write(file("more.json"), text + "\n").unwrap();
}

/// What was expected and did not happen.
pub fn differences(expected: &Outcome, seen: &Outcome, said: &str) -> Result<(), String> {
    let mut found = Vec::new();
    if expected.code != seen.code {
        found.push(format!("ended with {:?}, not {:?}", seen.code, expected.code));
    }
    if expected.urls.is_some() && expected.urls != seen.urls {
        let (expected, seen) = (expected.urls.as_deref().unwrap_or_default(), seen.urls.as_deref().unwrap_or_default());
        let at = expected.iter().zip(seen).position(|(expected, seen)| expected != seen);
        let at = at.unwrap_or(expected.len().min(seen.len()));
        found.push(format!(
            "{} URLs instead of {}; from {at} on {:?} instead of {:?}",
            seen.len(),
            expected.len(),
            seen.get(at),
            expected.get(at)
        ));
    }
    if expected.url != seen.url {
        found.push(format!("served by {:?}, not {:?}", seen.url, expected.url));
    }
    if expected.bins != seen.bins {
        found.push(format!("found {:?}, not {:?}", seen.bins, expected.bins));
    }
    if let Some(error) = &expected.error
        && !is_said(error, said)
    {
        found.push(format!("not said: {error}; but {:?}", seen.error));
    }
    if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}

/// Whether the client said so. The cases leave out what differs from run to run (`…`) and explain in brackets, and the
/// client breaks lines.
fn is_said(error: &str, said: &str) -> bool {
    let words = |text: &str| {
        text.split(|c: char| c.is_whitespace() || "│├╰─▶×".contains(c))
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let error = error.split_once(" (at ").map_or(error, |(error, _)| error);
    let error = error.rsplit_once("(all 404): ").map_or(error, |(_, error)| error);
    let said = words(said);
    let mut rest = said.as_str();
    error.split('…').map(words).all(|part| match rest.find(&part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}
