//! Images on a base that the repository has as a layout.

use lab::{Fixture, client, command, run, scratch};
use serde_json::Value;
use xtask_dist::hash::sha256;

use super::{image, stdout, tool};
use crate::said::said;

const LAYOUT: &str = "packaging/docker/base";

/// A project whose image is built on the one of [`super::project`], and the settings that say so.
fn project() -> (Fixture, String) {
    let project = Fixture::hello();
    let base = project.join(LAYOUT);
    std::fs::create_dir_all(&base).unwrap();
    run(command("tar").arg("-xf").arg(image()).current_dir(&base));
    let index: Value = serde_json::from_slice(&std::fs::read(base.join("index.json")).unwrap()).unwrap();
    let digest = index["manifests"][0]["digest"].as_str().unwrap().to_owned();
    let settings = format!(
        "targets = [\"x86_64-unknown-linux-musl\"]\nbuilder = \"cargo\"\n[channel.docker]\n\
         base = {{ image = \"example.org/base@{digest}\", layout = \"{LAYOUT}\" }}\n"
    );
    project.config(&settings);
    (project, settings)
}

#[test]
fn what_the_base_has_is_carried_over() {
    let (project, _) = project();
    run(&mut tool(&project, &[]));
    let file = project.join("target/releases/v1.2.3/hello-v1.2.3.oci.tar");
    let Some(skopeo) = client("skopeo", "an image on a base is read") else { return };
    let from = format!("oci-archive:{}:1.2.3", file.display());
    let seen: Value = serde_json::from_str(&stdout(skopeo.command().args(["inspect", &from]))).unwrap();
    assert_eq!(seen["Layers"].as_array().unwrap().len(), 3, "{seen}");
    let Some(umoci) = client("umoci", "an image on a base is unpacked") else { return };
    let folder = scratch("based");
    run(command("tar").arg("-xf").arg(&file).current_dir(&*folder));
    let layout = format!("{}:1.2.3", folder.display());
    run(umoci.command().args(["unpack", "--rootless", "--image", &layout]).arg(folder.join("bundle")));
    let root = folder.join("bundle/rootfs");
    // The base's other program is there, and its program of the same name is ours.
    assert!(root.join("usr/local/bin/hello-probe").is_file());
    assert_eq!(stdout(command(root.join("usr/local/bin/hello")).arg("x")), "hello 1.2.3");
    let dockerfile = std::fs::read_to_string(project.join("target/releases/v1.2.3/docker/hello/Dockerfile")).unwrap();
    assert!(dockerfile.contains("\nFROM example.org/base@sha256:"), "{dockerfile}");
}

#[test]
fn a_base_that_is_not_so_is_told_before_anything_compiles() {
    let (project, settings) = project();
    let refused = |settings: &str, parts: &[&str]| {
        project.config(settings);
        said(&mut tool(&project, &[])).ends(2, parts).without(&["Compiling", "Building"]);
    };
    let fetch = "help: fetch it: skopeo copy --all docker://example.org/base@sha256:";
    let s390x = settings.replace("x86_64-unknown-linux-musl", "s390x-unknown-linux-musl");
    refused(&s390x, &["the image is not for linux/s390x", "it is for linux/amd64, linux/arm64", fetch]);
    refused(&settings.replace(LAYOUT, "packaging/docker"), &["cannot read packaging/docker/index.json", fetch]);
    let at = settings.find("@sha256:").unwrap() + 8;
    let other = settings.replace(&settings[at..at + 64], &"0".repeat(64));
    refused(&other, &[&format!("there is no image sha256:{}", "0".repeat(64)), fetch]);
    let layer = std::fs::read_dir(project.join(LAYOUT).join("blobs/sha256")).unwrap();
    for blob in layer {
        std::fs::write(blob.unwrap().path(), "altered").unwrap();
    }
    refused(&settings, &["is not the file that is meant", &format!("its sha256 is {}", sha256(b"altered"))]);
}

#[test]
fn certificates_are_those_that_are_pinned() {
    let project = super::project("");
    project.write("packaging/docker/cacert.pem", "others\n");
    let real = sha256(b"others\n");
    let parts = ["packaging/docker/cacert.pem is not the file that is meant", &format!("write `sha256 = \"{real}\"`")];
    said(&mut tool(&project, &[])).ends(2, &parts).without(&["Compiling", "Building"]);
    std::fs::remove_file(project.join("packaging/docker/cacert.pem")).unwrap();
    said(&mut tool(&project, &[])).ends(2, &["cannot read packaging/docker/cacert.pem"]);
}
