//! How the registry is asked: not more than needed, and where cargo would ask it.

use std::fs;
use std::io::Write as _;

use lab::Fixture;
use lab::server::Response;

use super::{Index, manifest, rows, status, words};

/// How often each question was answered, by status: the server's own record has no answers, but conditions tell.
fn conditional(index: &Index) -> usize {
    index.server.requests().iter().filter(|request| request.header("if-none-match").is_some()).count()
}

#[test]
fn a_crate_is_asked_for_once_and_then_only_for_changes() {
    let Some(index) = Index::with(&[("a", &["1.0.0"]), ("ab", &["1.0.0"]), ("abc", &["1.0.0"])]) else { return };
    let workspace = index.workspace(&[("a", "1.0.0"), ("ab", "1.0.0"), ("abc", "1.0.0"), ("abcd", "1.0.0")]);
    let first = status(&workspace, &[]).ends(0, &[]);
    assert_eq!(index.asked(), ["/1/a", "/2/ab", "/3/a/abc", "/ab/cd/abcd"]);
    assert_eq!(conditional(&index), 0);

    let second = status(&workspace, &[]).ends(0, &[]);
    assert_eq!((index.asked().len(), &second.stdout), (4, &first.stdout), "what is young is not asked for again");

    index.publish("ab", "1.1.0");
    let third = status(&workspace, &["--refresh"]).ends(0, &[]);
    assert_eq!((index.asked().len(), conditional(&index)), (8, 3), "all that are there, if they changed");
    assert_eq!(third.stdout.replace("1.1.0", "1.0.0").replace("behind", "up to date"), first.stdout);
    assert!(third.stdout.contains("ab     1.0.0  yes        1.1.0"), "{}", third.stdout);

    // One that is not there is asked for anew: it may be there now.
    index.publish("abcd", "1.0.0");
    assert_eq!(words(&workspace, "action", &["--refresh", "abcd"]), ["abcd up-to-date"]);
    assert_eq!(index.asked().len(), 9, "only what is wanted is asked for");
}

#[test]
fn agents_and_conditions_are_told_and_no_crate_is_downloaded() {
    let Some(index) = Index::with(&[("one", &["1.0.0"])]) else { return };
    let workspace = index.workspace(&[("one", "1.0.0")]);
    status(&workspace, &[]).ends(0, &[]);
    let requests = index.server.requests();
    let [request] = &requests[..] else { panic!("{:?}", index.server.asked()) };
    assert!(request.header("user-agent").unwrap().starts_with("xtask-dist/"), "as crates.io asks for");
    assert_eq!(request.header("accept-encoding"), Some("gzip"));
}

#[test]
fn packed_answers_are_unpacked() {
    let Some(index) = Index::with(&[]) else { return };
    let workspace = index.workspace(&[("one", "1.0.0")]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(b"{\"name\":\"one\",\"vers\":\"1.0.0\"}\n").unwrap();
    index.answers(Some(Response::ok(gzip.finish().unwrap()).header("Content-Encoding", "gzip")));
    assert_eq!(words(&workspace, "action", &[]), ["one up-to-date"]);
}

#[test]
fn offline_asks_nobody_and_says_how_old_it_is() {
    let Some(index) = Index::with(&[("one", &["1.0.0"])]) else { return };
    let workspace = index.workspace(&[("one", "1.0.0"), ("two", "1.0.0")]);
    let said = status(&workspace, &["--offline"]).ends(0, &["nothing of one, two", "it was not asked before"]);
    assert!(said.stdout.contains("one    1.0.0  ?          ?       clean  unreachable"), "{}", said.stdout);
    status(&workspace, &["--offline", "--check"]).ends(1, &[]);
    assert_eq!(index.asked(), [""; 0]);

    status(&workspace, &["one"]).ends(0, &[]);
    super::kept::age_answers(&workspace, -3 * 3_600_000);
    let asked = index.asked();
    for _ in 0..2 {
        status(&workspace, &["--offline", "one"]).ends(0, &["the registries were asked up to 3 hours ago"]);
        assert_eq!(words(&workspace, "action", &["--offline"]), ["one up-to-date", "two unreachable"]);
    }
    let age = rows(&workspace, &["--offline", "one"])[0]["age"].as_u64().unwrap();
    assert!((10_800..10_900).contains(&age), "{age}");

    // As cargo's own configuration may say.
    workspace.write(".cargo/config.toml", &format!("{}[net]\noffline = true\n", index.config()));
    assert_eq!(words(&workspace, "action", &["--refresh"]), ["one up-to-date", "two unreachable"]);
    assert_eq!(index.asked(), asked, "nobody was asked");
}

#[test]
fn a_crate_goes_to_the_registry_that_it_names() {
    let Some(index) = Index::with(&[("one", &["1.0.0"]), ("two", &["1.0.0"])]) else { return };
    let Some(mine) = Index::with(&[("one", &["2.0.0"]), ("two", &["2.0.0"])]) else { return };
    let workspace = index.workspace(&[("one", "1.0.0"), ("two", "2.0.0"), ("lost", "1.0.0")]);
    let config = format!("{}[registries.mine]\nindex = \"sparse+{}/index\"\n", index.config(), mine.server.url());
    workspace.write(".cargo/config.toml", &config);
    workspace.write("crates/two/Cargo.toml", &(manifest("two", "2.0.0") + "publish = [\"mine\"]\n"));
    workspace.write("crates/lost/Cargo.toml", &(manifest("lost", "1.0.0") + "publish = [\"theirs\"]\n"));
    workspace.commit();
    assert_eq!(words(&workspace, "action", &[]), ["lost unreachable", "one up-to-date", "two up-to-date"]);
    status(&workspace, &[]).ends(0, &["nothing of lost", "no registry `theirs`", "[registries.theirs]"]);
    workspace.write(".cargo/config.toml", &(config + "[registry]\ndefault = \"mine\"\n"));
    assert_eq!(words(&workspace, "action", &["one", "two"]), ["one behind", "two up-to-date"]);
}

#[test]
fn the_environment_says_where_a_registry_is() {
    let Some(index) = Index::with(&[("one", &["1.0.0"])]) else { return };
    let workspace = index.workspace(&[("one", "1.0.0")]);
    fs::remove_file(workspace.join(".cargo/config.toml")).unwrap();
    workspace.write("crates/one/Cargo.toml", &(manifest("one", "1.0.0") + "publish = [\"my-own\"]\n"));
    let ask = |variable: Option<&str>| {
        let mut command = super::command(&workspace, &[]);
        if let Some(name) = variable {
            command.env(name, format!("sparse+{}/index/", index.server.url()));
        }
        super::said(&mut command).ends(0, &[]).stdout
    };
    let name = "CARGO_REGISTRIES_MY_OWN_INDEX";
    for (variable, word) in [(Some(name), "yes"), (None, "unreachable"), (Some(name), "yes")] {
        let said = ask(variable);
        assert!(said.contains(word), "{variable:?}: {said}");
    }
}

#[test]
fn indexes_in_git_are_told_to_be_none_that_can_be_asked() {
    let hello = Fixture::hello();
    let config = "[source.crates-io]\nreplace-with = \"g\"\n[source.g]\nregistry = \"https://github.com/acme/index\"\n";
    hello.write(".cargo/config.toml", config);
    status(&hello, &[]).ends(0, &["https://github.com/acme/index is no sparse index"]);
}
