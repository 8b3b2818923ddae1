//! Signed releases: taken as they are, refused when anything was altered.

use std::fs;

use lab::binstall::inside;
use lab::run;
use lab::server::Server;
use lab::xtask::dist;
use minisign::KeyPair;
use xtask_dist::targets::Target;

use super::{Package, Published, binstall};
use crate::said::configured;

#[test]
fn a_signed_release_is_taken_and_an_altered_one_refused() {
    let Some(client) = binstall("signatures are verified by the real client") else { return };
    // By another implementation than ours.
    let key = KeyPair::generate_unencrypted_keypair().unwrap();
    let hello = configured(&format!("[minisign]\npublic-key = \"{}\"\n", key.pk.to_base64()));
    let secret = key.sk.to_box(None).unwrap().to_string();
    run(dist(&hello, []).env("MINISIGN_SECRET_KEY", secret));
    let published = Published::of(&hello, "v1.2.3");
    let section = published.section("hello");
    assert!(section.contains("[package.metadata.binstall.signing]"), "{section}");
    let package = Package::of(&hello, "hello", "Cargo.toml", &section);
    let target = Target::host().to_string();
    package.is_installed(&client, &published, &target);

    let only_signed = ["--only-signed".to_owned()];
    let asset = published.asset("hello", &target);
    let (name, url) = (asset["name"].as_str().unwrap(), inside(asset["url"].as_str().unwrap()));
    let archive = fs::read(published.folder.join(name)).unwrap();
    let signature = fs::read(published.folder.join(format!("{name}.sig"))).unwrap();
    let answer = |archive: &[u8], signature: Option<&[u8]>| {
        let mut site = published.site().file(&url, archive);
        site = match signature {
            Some(signature) => site.file(&format!("{url}.sig"), signature),
            None => site.at(&format!("{url}.sig"), lab::server::Response::not_found()),
        };
        let outcome = package.install(&client, &target, &Server::start(site).url(), &only_signed);
        outcome.error.unwrap_or_default()
    };
    assert_eq!(answer(&archive, Some(&signature)), "");
    let mut altered = archive.clone();
    // The time in gzip's header: the programs are the same.
    altered[4] ^= 1;
    assert_eq!(answer(&altered, Some(&signature)), "Failed to verify signature");
    let mut forged = signature.clone();
    let middle = forged.len() / 2;
    forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
    assert_eq!(answer(&archive, Some(&forged)), "Failed to verify signature");
    assert!(answer(&archive, None).contains("could not GET"), "{}", answer(&archive, None));
}
