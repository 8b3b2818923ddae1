//! A case on the real client.

use std::fs;

use lab::binstall::{Install, Source, inside};
use lab::server::{Response, Server, Site};
use lab::{Client, scratch};

use crate::archives::{BARE, Served};
use crate::case::{Case, Outcome};
use crate::keys;

/// What the client does; all that it said goes with it.
pub fn observe(client: &Client, case: &Case) -> (Outcome, String) {
    let server = Server::start(site(case));
    let place = scratch("case");
    let package = place.join("package");
    fs::create_dir(&package).unwrap();
    case.write(&package, |manifest| match case.public_key() {
        Some(key) => inside(&manifest.replace(key, &keys::public("k"))),
        None => inside(manifest),
    });
    let install = Install {
        name: &case.requirement().map_or(case.package().to_owned(), |version| format!("{}@{version}", case.package())),
        source: Source::Folder(&package),
        targets: &case.targets(),
        proxy: &server.url(),
        args: &case.args().into_iter().map(inside).collect::<Vec<_>>(),
    };
    let outcome = install.run(client);
    let winner = case.archives().iter().find(|archive| archive["url"].as_str() == outcome.url.as_deref());
    let bare = winner.is_some_and(|archive| archive["fmt"] == "bin");
    let bins = outcome.programs.into_iter().map(|(name, content)| {
        // What is served bare is installed whatever it is.
        (name, if bare { BARE.to_owned() } else { String::from_utf8(content).unwrap() })
    });
    let seen = Outcome {
        urls: Some(outcome.urls),
        url: outcome.url,
        bins: bins.collect(),
        error: outcome.error,
        code: outcome.code.map(i64::from),
    };
    (seen, outcome.said)
}

/// The web of a case.
fn site(case: &Case) -> Site {
    let mut site = Site::new();
    for archive in case.archives() {
        let url = inside(archive["url"].as_str().unwrap());
        let file = Served::of(archive);
        if let Some(signature) = file.signature {
            site = site.file(&format!("{url}{}", signature.suffix), signature.text);
        }
        site = site.file(&url, file.bytes);
    }
    for page in case.live_pages() {
        site = site.file(&inside(page), "a page");
    }
    for (from, to) in case.redirects() {
        site = site.at(&inside(from), Response::redirect(&inside(to)));
    }
    site
}
