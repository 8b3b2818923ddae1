//! What a release on each forge is, and what stops one.

use std::sync::Mutex;

use lab::client;
use lab::server::forge::Page;
use lab::server::{Request, Response};
use xtask_dist::date::Date;

use super::*;
use crate::said::said;

const KINDS: [Kind; 4] = [Kind::GitHub, Kind::OldGitHub, Kind::GitLab, Kind::Gitea];

/// The clients of a forge.
fn has_clients(kind: Kind) -> bool {
    let name = if matches!(kind, Kind::GitHub | Kind::OldGitHub) { "gh" } else { "curl" };
    client(name, "a release comes to a forge as its own client brings it").is_some()
}

#[test]
fn a_release_is_made_once_whole_and_then_left_alone() {
    for kind in KINDS.into_iter().filter(|kind| has_clients(*kind)) {
        let forge = forge(kind);
        let server = Server::start(Arc::clone(&forge));
        let release = project().copy_of(kind);
        let run = |args: &[&str]| said(&mut publish(project(), &release, &server, args));
        let asked = run(&["--dry-run"]).ends(0, &[]);
        assert!(asked.stdout.contains("to do"), "{}", asked.stdout);
        assert!(forge.pages().is_empty(), "asking changed something");

        let done = run(&[]).ends(0, &[]);
        assert_eq!(wrong(&forge, kind), Vec::<String>::new(), "{}", done.stderr);
        let before = server.asked().len();
        let again = run(&[]).ends(0, &[]);
        assert!(again.stdout.contains("there already") && !again.stdout.contains("done"), "{}", again.stdout);
        let changed = server.asked().split_off(before).into_iter().find(|asked| !asked.starts_with("GET "));
        assert_eq!(changed, None);
        for said in [asked, done, again] {
            said.without(&[TOKEN]);
        }
    }
}

#[test]
fn what_the_world_downloads_is_what_was_verified() {
    for kind in KINDS.into_iter().filter(|kind| has_clients(*kind)) {
        let forge = forge(kind);
        let server = Server::start(Arc::clone(&forge));
        let release = project().copy_of(kind);
        said(&mut publish(project(), &release, &server, &[])).ends(0, &[]);
        let manifest: serde_json::Value =
            serde_json::from_slice(&fs::read(release.join("dist-manifest.json")).unwrap()).unwrap();
        let url = manifest["assets"][0]["url"].as_str().unwrap();
        let (folder, name) = url.rsplit_once('/').unwrap();
        assert!(name.starts_with("hello-"), "{url}");
        let Some(curl) = client("curl", "what is published is found where the manifest says") else { return };
        for (name, bytes) in uploads(&release) {
            let mut get = curl.command();
            get.args(["--silent", "--fail", "--location", "--proxy", &server.url(), &format!("{folder}/{name}")]);
            assert_eq!(run(&mut get).stdout, bytes, "{name}");
        }
        let page = forge.pages().remove(0);
        assert_eq!(page.latest.as_deref(), matches!(kind, Kind::GitHub | Kind::OldGitHub).then_some("true"));
        for part in [
            "### Added\n\n- It says [hello].\n\n[hello]: https://example.org/hello\n",
            "## Files\n",
            &format!("| [`{name}`](<{url}>) | {} |", manifest["assets"][0]["target"].as_str().unwrap()),
            manifest["assets"][0]["sha256"].as_str().unwrap(),
        ] {
            assert!(page.notes.contains(part), "{part} is not in\n{}", page.notes);
        }
        assert!(!page.notes.contains("1.2.2") && !page.notes.starts_with("# "), "{}", page.notes);
    }
}

#[test]
fn everything_that_would_fail_later_is_told_at_once() {
    if !has_clients(Kind::GitHub) {
        return;
    }
    let project = Project::new();
    project.fixture.write("CHANGELOG.md", "# Changelog\n\n## 1.2.2\n\n- old\n");
    let release = project.release(Kind::GitHub, "");
    let forge = forge(Kind::GitHub);
    let server = Server::start(Arc::clone(&forge));
    let without_tag = |change: &dyn Fn()| {
        change();
        said(publish(&project, &release, &server, &[]).env("GH_TOKEN", "wrong"))
    };
    let parts = [
        "v1.2.3 has no release notes",
        "CHANGELOG.md has no section for 1.2.3; it has 1.2.2",
        "write `## [1.2.3] - YYYY-MM-DD` into CHANGELOG.md",
        "v1.2.3 was made from changes that are not committed",
        "HTTP 401: Bad credentials",
    ];
    without_tag(&|| {}).ends(1, &parts).without(&["there is no tag", TOKEN]);
    let git = |args: &[&str]| project.fixture.git(args);
    git(&["push", "--quiet", "--delete", "origin", "v1.2.3"]);
    let not_pushed = "the tag v1.2.3 is not pushed to origin\n  help: git push origin v1.2.3";
    without_tag(&|| {}).ends(1, &parts).ends(1, &[not_pushed]);
    let none = "there is no tag v1.2.3\n  help: cargo xtask dist tag";
    without_tag(&|| git(&["tag", "--delete", "v1.2.3"])).ends(1, &parts).ends(1, &[none]);
    git(&["commit", "--quiet", "--all", "--message", "another"]);
    let parts = ["the tag is commit ", "the tag at origin is commit ", "git checkout v1.2.3 && cargo xtask dist"];
    without_tag(&|| project.tag("v1.2.3")).ends(1, &parts);
    assert!(forge.pages().is_empty());
    assert!(server.requests().iter().all(|request| request.method == "GET"));
}

#[test]
fn a_changelog_can_be_done_without_and_a_token_be_elsewhere() {
    let project = Project::new();
    fs::remove_file(project.fixture.join("CHANGELOG.md")).unwrap();
    project.fixture.git(&["commit", "--quiet", "--all", "--message", "none"]);
    project.fixture.git(&["tag", "--force", "v1.2.3"]);
    project.fixture.git(&["push", "--quiet", "--force", "origin", "v1.2.3"]);
    let release = project.release(Kind::Gitea, ", changelog = false, token-env = \"MY_TOKEN\"");
    let forge = Arc::new(Forge::new(Kind::Gitea, TOKEN, uploads(&release)));
    let server = Server::start(Arc::clone(&forge));
    let mut command = publish(&project, &release, &server, &[]);
    said(command.env_remove("GITEA_TOKEN")).ends(1, &["archive is published with MY_TOKEN, which is not set"]);
    said(command.env("MY_TOKEN", TOKEN)).ends(0, &[]);
    let page = forge.pages().remove(0);
    assert_eq!((page.title.as_str(), page.draft), ("v1.2.3", false));
    assert!(page.notes.starts_with("## Files\n"), "{}", page.notes);
}

#[test]
fn other_bytes_are_an_error_unless_they_are_replaced_and_nobody_sees_the_gap() {
    for kind in KINDS.into_iter().filter(|kind| has_clients(*kind)) {
        let forge = forge(kind);
        let server = Server::start(Arc::clone(&forge));
        let release = project().copy_of(kind);
        let run = |args: &[&str]| said(&mut publish(project(), &release, &server, args));
        run(&[]).ends(0, &[]);
        if kind == Kind::GitLab {
            forge.change_files(|file| file.name == "SHA256SUMS", |bytes| bytes.push(b'x'));
        } else {
            // As long as ours: only the bytes tell.
            forge.change_files(|file| file.name == "SHA256SUMS", |bytes| bytes[0] ^= 1);
        }
        let refused = ["because: it has other bytes for SHA256SUMS", "if nobody has it yet, `--replace` it"];
        run(&[]).ends(1, &refused);
        let asked = server.asked().len();
        let asks = run(&["--dry-run", "--replace"]).ends(0, &[]);
        assert!(asks.stdout.contains("it has other bytes for SHA256SUMS"), "{}", asks.stdout);
        assert!(server.asked()[asked..].iter().all(|asked| asked.starts_with("GET ")));
        run(&["--replace"]).ends(0, &["Uploading SHA256SUMS"]);
        let mut wrong = wrong(&forge, kind);
        wrong.retain(|what| !what.contains("public with another SHA256SUMS"));
        // GitLab has no drafts, so that what is wrong there is replaced before the eyes of all.
        wrong.retain(|what| kind != Kind::GitLab || !what.contains("public without SHA256SUMS"));
        assert_eq!(wrong, Vec::<String>::new());
    }
}

#[test]
fn a_page_that_was_made_before_is_kept_and_gets_what_it_lacks() {
    for kind in KINDS.into_iter().filter(|kind| has_clients(*kind)) {
        let forge = Arc::new(Forge::new(kind, TOKEN, BTreeMap::new()));
        forge.add("v1.2.3", "Mine", "By hand.");
        let server = Server::start(Arc::clone(&forge));
        let release = project().copy_of(kind);
        said(&mut publish(project(), &release, &server, &[])).ends(0, &[]);
        let page = forge.pages().remove(0);
        assert_eq!((page.title.as_str(), page.notes.as_str(), page.draft), ("Mine", "By hand.", false));
        let mut names: Vec<&str> = page.files.iter().map(|file| file.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, uploads(&release).keys().collect::<Vec<_>>());
        if kind == Kind::GitLab {
            let paths: Vec<String> = uploads(&release).keys().map(|name| format!("/binaries/{name}")).collect();
            assert_eq!(page.links.values().cloned().collect::<Vec<_>>(), paths);
        }
    }
}

/// Releases 1.2.3 where `tag` is there already.
fn beside(kind: Kind, tag: &str) -> Arc<Forge> {
    let forge = forge(kind);
    forge.add(tag, "", "");
    let server = Server::start(Arc::clone(&forge));
    said(&mut publish(project(), &project().copy_of(kind), &server, &[])).ends(0, &[]);
    forge
}

/// Releases a pre-release of 1.3.0.
fn unfinished(kind: Kind, forge: impl FnOnce(&Path) -> Arc<Forge>) -> Arc<Forge> {
    let project = Project::new();
    let manifest = fs::read_to_string(project.fixture.join("Cargo.toml")).unwrap();
    project.fixture.write("Cargo.toml", &manifest.replace("1.2.3", "1.3.0-rc.1"));
    project.fixture.write("CHANGELOG.md", "Versions\n========\n\nv1.3.0-rc.1 (soon)\n------------------\n\n- new\n");
    project.fixture.lock();
    project.fixture.git(&["commit", "--quiet", "--all", "--message", "rc"]);
    project.tag("v1.3.0-rc.1");
    let release = format!("forge = {{ kind = '{}', repository = 'http://{}/acme/hello' }}", word(kind), kind.host());
    run_in(&project.fixture, &["--channel", "archive", "--config", &release]).ends(0, &[]);
    let folder = releases_of(&project.fixture).join("v1.3.0-rc.1");
    let forge = forge(&folder);
    let server = Server::start(Arc::clone(&forge));
    said(&mut publish(&project, &folder, &server, &[])).ends(0, &[]);
    forge
}

#[test]
fn what_is_older_or_not_finished_is_not_the_latest() {
    if !has_clients(Kind::GitHub) {
        return;
    }
    let newest = |tag: &str| beside(Kind::GitHub, tag).pages().remove(1).latest;
    assert_eq!(newest("v1.10.0").as_deref(), Some("false"));
    assert_eq!(newest("v1.2.2").as_deref(), Some("true"));
    let forge = unfinished(Kind::GitHub, |release| Arc::new(Forge::new(Kind::GitHub, TOKEN, uploads(release))));
    let page = forge.pages().remove(0);
    assert_eq!((page.prerelease, page.latest.as_deref(), page.draft), (true, Some("false"), false));
    assert_eq!(page.title, "v1.3.0-rc.1 (soon)");
}

#[test]
fn on_gitlab_what_is_older_or_not_finished_is_dated_before_the_latest() {
    if !has_clients(Kind::GitLab) {
        return;
    }
    let latest = |forge: &Forge| {
        let dated = |page: &Page| Date::epoch_of_rfc3339(&page.released).unwrap();
        let pages = forge.pages();
        let latest = pages.iter().max_by_key(|page| dated(page)).unwrap();
        assert!(pages.iter().all(|page| page.tag == latest.tag || dated(page) < dated(latest)), "{pages:?}");
        latest.tag.clone()
    };
    assert_eq!(latest(&beside(Kind::GitLab, "v1.10.0")), "v1.10.0");
    assert_eq!(latest(&beside(Kind::GitLab, "v1.2.2")), "v1.2.3");
    let first = |release: &Path| Arc::new(Forge::new(Kind::GitLab, TOKEN, uploads(release)));
    assert_eq!(latest(&unfinished(Kind::GitLab, first)), "v1.3.0-rc.1");
    let second = |release: &Path| {
        let forge = first(release);
        forge.add("v1.2.3", "", "");
        forge
    };
    assert_eq!(latest(&unfinished(Kind::GitLab, second)), "v1.2.3");
}

/// Files by their URLs.
type Kept = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A host that takes what is put there.
fn keeper() -> (Server, Kept) {
    let kept = Kept::default();
    let files = Arc::clone(&kept);
    let server = Server::start(move |request: &Request| {
        let mut files = files.lock().unwrap();
        match (request.method.as_str(), files.get(&request.url)) {
            ("PUT", _) => {
                files.insert(request.url.clone(), request.body.clone());
                Response::status(201)
            }
            (_, Some(bytes)) => Response::ok(bytes.clone()),
            (_, None) => Response::not_found(),
        }
    });
    (server, kept)
}

#[test]
fn any_host_that_takes_files_will_do() {
    let Some(_) = client("curl", "files come to a host by a command") else { return };
    let project = Project::new();
    let config = "download-url = 'http://files.example.org/{ tag }/{ asset }'\n[forge]\nkind = 'command'\n\
        upload = ['curl', '--silent', '--fail', '--upload-file', '{ file }', '{ url }']\n";
    project.fixture.config(config);
    project.fixture.git(&["add", "--all"]);
    project.fixture.git(&["commit", "--quiet", "--message", "config"]);
    project.fixture.git(&["tag", "--force", "v1.2.3"]);
    project.fixture.git(&["push", "--quiet", "--force", "origin", "v1.2.3"]);
    run_in(&project.fixture, &["--channel", "archive"]).ends(0, &[]);
    let release = releases_of(&project.fixture).join("v1.2.3");
    let (server, kept) = keeper();
    let run = |args: &[&str]| said(&mut publish(&project, &release, &server, args));
    run(&[]).ends(0, &[]);
    let url = |name: &str| format!("http://files.example.org/v1.2.3/{name}");
    let wanted: BTreeMap<String, Vec<u8>> =
        uploads(&release).into_iter().map(|(name, bytes)| (url(&name), bytes)).collect();
    assert_eq!(*kept.lock().unwrap(), wanted);
    kept.lock().unwrap().remove(&url("SHA256SUMS"));
    let puts = |server: &Server| server.asked().iter().filter(|asked| asked.starts_with("PUT ")).count();
    let before = puts(&server);
    run(&[]).ends(0, &["Uploading SHA256SUMS"]);
    assert_eq!(puts(&server), before + 1);
    kept.lock().unwrap().insert(url("SHA256SUMS"), b"other".to_vec());
    run(&[]).ends(1, &["there are other bytes for SHA256SUMS"]);
    run(&["--replace"]).ends(0, &[]);
    assert_eq!(*kept.lock().unwrap(), wanted);
}

#[test]
fn nothing_is_published_without_the_network_and_secrets_stay_secret() {
    let release = project().copy_of(Kind::Gitea);
    let server = Server::start(forge(Kind::Gitea));
    let parts = ["nothing can be published without the network"];
    said(&mut publish(project(), &release, &server, &["--offline"])).ends(2, &parts);
    assert_eq!(server.asked(), Vec::<String>::new());
    for json in [false, true] {
        let args: &[&str] = if json { &["--format", "json"] } else { &[] };
        let said = said(&mut publish(project(), &release, &server, args)).ends(0, &[]).without(&[TOKEN]);
        assert!(said.stdout.contains("http://gitea.example.org/acme/hello/releases/tag/v1.2.3"), "{}", said.stdout);
    }
    for kind in [Kind::GitHub, Kind::GitLab, Kind::Gitea].into_iter().filter(|kind| has_clients(*kind)) {
        let echo = |request: &Request| {
            let who = request.header("authorization").or(request.header("private-token")).unwrap_or_default();
            Response::status(403).body(format!("not you: {who}"))
        };
        let server = Server::start(echo);
        let said = said(&mut publish(project(), &project().copy_of(kind), &server, &[]));
        said.ends(1, &["HTTP 403: not you: ", "***"]).without(&[TOKEN]);
    }
    for folder in [project().folder.to_path_buf(), project().fixture.join("target/releases")] {
        let found = lab::try_run(command("grep").args(["-r", "-l", TOKEN]).arg(folder));
        assert!(found.is_err(), "the token is in {}", String::from_utf8_lossy(&found.unwrap().stdout));
    }
}
