//! What is made of replies, and which answers are kept.

use super::*;

const NOW: u64 = 1_790_000_000_000;
const LINES: &str = r#"{"name":"hello","vers":"1.0.0","deps":[],"cksum":"","features":{},"yanked":false}"#;

fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Reply { status, headers, body: body.as_bytes().to_vec() }
}

fn kept() -> Answer {
    answer("hello", &reply(200, &[("etag", "\"a\"")], LINES), None, NOW).unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("xtask-dist-registry-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn runner() -> Runner {
    Runner::new(&std::env::temp_dir()).unwrap()
}

/// Nobody is to be asked.
fn network() -> Result<Network> {
    Err(Error::new("the network was used"))
}

#[test]
fn a_crate_that_is_not_there_is_an_answer_and_an_error_is_none() {
    for status in [404, 410, 451] {
        assert_eq!(answer("hello", &reply(status, &[], "no"), Some(&kept()), NOW).unwrap().versions, None);
    }
    for status in [0, 204, 301, 400, 401, 403, 429, 500, 503] {
        let error = answer("hello", &reply(status, &[], LINES), Some(&kept()), NOW).unwrap_err();
        assert!(error.contains(&format!("answers {status}")), "{error}");
    }
    assert!(answer("hello", &reply(304, &[], ""), None, NOW).is_err(), "nothing was there to be unchanged");
    assert!(answer("hello", &reply(200, &[], "<html>"), None, NOW).is_err());
    let busy = answer("hello", &reply(429, &[("retry-after", "30")], ""), None, NOW).unwrap_err();
    assert!(busy.contains("after 30"), "{busy}");
}

#[test]
fn unchanged_means_the_old_answer_with_a_new_time() {
    let old = kept();
    let new = answer("hello", &reply(304, &[], ""), Some(&old), NOW + 60).unwrap();
    assert_eq!(new, Answer { asked: NOW + 60, ..old });
}

#[test]
fn it_is_asked_for_changes_only() {
    let headers = |answer: &Answer| question("https://h/", "hello", Some(answer)).headers;
    let by_tag = kept();
    assert_eq!(headers(&by_tag), ["If-None-Match: \"a\""]);
    let by_date = Answer { etag: None, last_modified: Some("Mon".into()), ..by_tag };
    assert_eq!(headers(&by_date), ["If-Modified-Since: Mon"]);
    let blind = Answer { last_modified: None, ..by_date };
    assert!(headers(&blind).is_empty());
    assert_eq!(question("https://h/", "hello", None).url, "https://h/he/ll/hello");
}

#[test]
fn an_answer_lives_so_long_and_not_in_the_past() {
    let runner = runner();
    let asking = |life, now| Asking { runner: &runner, network: &network, life, now };
    let quarter = Life::Of(Duration::from_secs(900));
    let answer = kept();
    assert!(answer.will_do(asking(quarter, NOW)) && answer.will_do(asking(quarter, NOW + 900_000)));
    assert!(!answer.will_do(asking(quarter, NOW + 900_001)));
    assert!(!answer.will_do(asking(quarter, NOW - 1)), "the clock was set back");
    assert!(answer.will_do(asking(Life::Endless, NOW - 1)) && !answer.will_do(asking(Life::None, NOW)));
}

#[test]
fn answers_of_others_are_not_taken() {
    let folder = folder("others");
    let (mine, theirs) = (Registry::new("sparse+https://a/", &folder), Registry::new("sparse+https://b/", &folder));
    mine.keep(&kept());
    assert_eq!(mine.kept("hello"), Some(kept()));
    assert_eq!(theirs.kept("hello"), None, "another index");
    std::fs::copy(mine.file("hello"), mine.file("other")).unwrap();
    assert_eq!(mine.kept("other"), None, "a file that was moved");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_later_of_two_runs_is_right_whoever_writes_last() {
    let folder = folder("later");
    let registry = Registry::new("sparse+https://a/", &folder);
    let of = |asked| Answer { asked, ..kept() };
    let now = now();
    for (first, second, stays) in [(now - 5, now - 1, now - 1), (now - 1, now - 5, now - 1)] {
        registry.keep(&of(first));
        registry.keep(&of(second));
        assert_eq!(registry.kept("hello").unwrap().asked, stays);
        std::fs::remove_dir_all(&folder).unwrap();
    }
    registry.keep(&of(now + 1_000_000));
    registry.keep(&of(now));
    assert_eq!(registry.kept("hello").unwrap().asked, now, "the clock was set back");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn without_the_network_only_what_is_kept_is_known() {
    let folder = folder("offline");
    let registry = Registry::new("sparse+https://registry.invalid/", &folder);
    registry.keep(&kept());
    let runner = runner();
    let asking = Asking { runner: &runner, network: &network, life: Life::Endless, now: NOW + 1_000_000 };
    let known = registry.ask(&["hello", "other"], asking).unwrap();
    assert_eq!(known[0], Known { answer: Some(kept()), failure: None });
    assert!(known[1].answer.is_none() && known[1].failure.as_ref().unwrap().contains("not asked before"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn indexes_that_are_no_sparse_ones_are_told() {
    assert_eq!(base_of("sparse+https://h/index"), Ok("https://h/index/".to_owned()));
    assert_eq!(base_of("sparse+http://h/"), Ok("http://h/".to_owned()));
    for other in ["https://github.com/rust-lang/crates.io-index", "sparse+file:///x", "sparse+", ""] {
        assert!(base_of(other).is_err(), "{other}");
    }
}
