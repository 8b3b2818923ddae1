//! A release whose image was altered: `verify` names it, whatever else was made to fit.

use std::io::{Read, Write};

use serde_json::Value;
use xtask_dist::hash::sha256;

use super::forge::Forged;

#[test]
fn an_image_that_nobody_touched_is_right() {
    Forged::new().verify().ends(0, &[]);
}

#[test]
fn a_layer_that_was_tampered_with() {
    let mut forged = Forged::new();
    let manifest = forged.manifest("amd64");
    let layer = manifest["layers"][1]["digest"].clone();
    let digest = layer.as_str().unwrap();
    let path = format!("blobs/{}", digest.replace(':', "/"));
    forged.files.get_mut(&path).unwrap()[100] ^= 1;
    forged.is_found(&format!("{digest} was altered: that is not its digest"));

    // A forger makes everything fit, and only the archive knows what the program is.
    let mut forged = Forged::new();
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(forged.blob(&layer)).read_to_end(&mut tar).unwrap();
    let (old, at) = (sha256(&tar), tar.len() / 2);
    tar[at] ^= 1;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).unwrap();
    forged.replace(&layer, &gzip.finish().unwrap());
    let config = forged.manifest("amd64")["config"]["digest"].clone();
    let text = String::from_utf8(forged.blob(&config).to_vec()).unwrap();
    forged.replace(&config, text.replace(&old, &sha256(&tar)).as_bytes());
    forged.is_found("/usr/local/bin/hello");
}

#[test]
fn architectures_that_were_swapped() {
    let mut forged = Forged::new();
    let index: Value = serde_json::from_slice(&forged.files["index.json"]).unwrap();
    let index = index["manifests"][0]["digest"].clone();
    let text = String::from_utf8(forged.blob(&index).to_vec()).unwrap();
    let swapped = text.replace("\"amd64\"", "\"x\"").replace("\"arm64\"", "\"amd64\"").replace("\"x\"", "\"arm64\"");
    forged.replace(&index, swapped.as_bytes());
    let said = forged.verify().ends(1, &["the configuration for linux/amd64 says that it is for linux/arm64"]);
    let program = "/usr/local/bin/hello on linux/amd64 is not hello-x86_64-unknown-linux-musl-v1.2.3/hello";
    assert!(said.stderr.contains(program) && said.stderr.contains("but a program for aarch64"), "{}", said.stderr);
}

#[test]
fn a_diff_id_that_is_wrong() {
    let mut forged = Forged::new();
    let manifest = forged.manifest("arm64");
    let config = manifest["config"]["digest"].clone();
    let mut text = String::from_utf8(forged.blob(&config).to_vec()).unwrap();
    let diff_id = forged.json(&config)["rootfs"]["diff_ids"][1].as_str().unwrap().to_owned();
    text = text.replace(&diff_id, &format!("sha256:{}", "0".repeat(64)));
    forged.replace(&config, text.as_bytes());
    let layer = manifest["layers"][1]["digest"].as_str().unwrap();
    forged.is_found(&format!("the diff_id of {layer} on linux/arm64 is not that of its tar file"));
}

#[test]
fn a_file_that_nothing_points_at() {
    let mut forged = Forged::new();
    forged.files.insert("blobs/sha256/stray".into(), b"x".to_vec());
    forged.is_found("nothing in it points at blobs/sha256/stray");
}
