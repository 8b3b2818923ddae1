//! A registry that does not answer: told as that, never taken for "no such crate", and never kept.

use std::time::{Duration, Instant};

use lab::server::Response;

use super::{Index, rows, status, words};

#[test]
fn faults_are_told_and_forgotten() {
    let Some(index) = Index::with(&[("one", &["1.0.0"]), ("two", &["1.0.0"])]) else { return };
    let workspace = index.workspace(&[("one", "1.0.0"), ("two", "1.1.0")]);
    let page = Response::ok("<html>Sign in to the hotel's network</html>");
    let faults = [
        (Response::status(429).header("Retry-After", "30"), "429: too many questions, try again after 30"),
        (Response::status(500), "it answers 500"),
        (Response::status(503), "it answers 503"),
        (Response::status(403), "it answers 403"),
        (Response::status(304), "it answers 304"),
        (Response::status(204), "it answers 204"),
        (Response::ok(""), "the answer is empty"),
        (page, "the answer is no file of an index"),
        (Response::ok("{\"name\":\"other\",\"vers\":\"1.0.0\"}\n"), "the answer is about another crate, `other`"),
        (Response::ok("{\"name\":\"one\",\"vers\":\"9.0.0\"}\n").cut(20), "curl: "),
        (Response::ok("x").header("Content-Encoding", "gzip"), "packed, and damaged"),
        (Response::redirect("ftp://127.0.0.1/"), "curl: "),
    ];
    for (fault, word) in faults {
        index.answers(Some(fault));
        let said = status(&workspace, &[]).ends(0, &["error: the registry said nothing of one", word, "help: "]);
        assert_eq!(said.stdout.matches("unreachable").count(), 2, "{word}: {}", said.stdout);
        status(&workspace, &["--check", "one"]).ends(1, &[word]);
    }
    // Nothing of it was kept.
    index.answers(None);
    assert_eq!(words(&workspace, "action", &[]), ["one up-to-date", "two publish"]);

    // What is known is still shown, and is known for no longer than it was.
    index.answers(Some(Response::status(500)));
    let row = rows(&workspace, &["--refresh", "two"]).remove(0);
    assert_eq!((&row["action"], &row["newest"]), (&"unreachable".into(), &"1.0.0".into()));
    assert_eq!(words(&workspace, "action", &[]), ["one up-to-date", "two publish"]);
}

#[test]
fn one_that_says_nothing_is_not_waited_for_long() {
    let Some(index) = Index::with(&[]) else { return };
    let names: Vec<String> = (0..20).map(|n| format!("crate-{n}")).collect();
    let crates: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1.0.0")).collect();
    let workspace = index.workspace(&crates);
    index.answers(Some(Response::silent(Duration::from_secs(60))));
    let started = Instant::now();
    let said = status(&workspace, &[]).ends(0, &["it did not answer in time"]);
    // `http.timeout` is one second, and all crates wait together.
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(said.stdout.matches("unreachable").count(), 20);
}

#[test]
fn nobody_there_is_told_once() {
    let Some(index) = Index::with(&[]) else { return };
    let workspace = index.workspace(&[("one", "1.0.0"), ("two", "1.0.0")]);
    drop(index);
    let said = status(&workspace, &[]).ends(0, &["curl: "]);
    assert_eq!(said.stdout.matches("unreachable").count(), 2);
}
