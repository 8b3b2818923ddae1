//! What `npm pack` says of the packages: the same as the release.

use std::fs;

use lab::{command, run, scratch};
use serde_json::Value;
use xtask_dist::hash::integrity;

use super::{Npm, PACKAGES, TARGETS, file_of, release, stdout};

/// What `npm pack --dry-run` says of a file or a folder.
fn packed(npm: &Npm, folder: &std::path::Path, what: &str) -> Value {
    let mut said: Value =
        serde_json::from_str(&npm.stdout(folder, &["pack", "--dry-run", "--json", "--silent", what])).unwrap();
    said[0].take()
}

#[test]
fn npm_would_pack_the_same() {
    let home = scratch("npm");
    let Some(npm) = Npm::new("npm packs the same", &home) else { return };
    for package in PACKAGES {
        let file = file_of(package);
        let bytes = fs::read(&file).unwrap();
        let said = packed(&npm, &home, file.to_str().unwrap());
        assert_eq!(said["integrity"], integrity(&bytes).as_str(), "{package}");
        let shasum = stdout(command("sha1sum").arg(&file));
        assert_eq!(said["shasum"].as_str(), shasum.split(' ').next());
        assert_eq!(said["filename"].as_str(), file.file_name().unwrap().to_str());
        assert_eq!((said["name"].as_str(), said["version"].as_str()), (Some(package), Some("1.2.3")));

        let unpacked = home.join(package.replace('/', "-"));
        fs::create_dir(&unpacked).unwrap();
        run(command("tar").arg("-xzpf").arg(&file).current_dir(&unpacked));
        let again = packed(&npm, &home, unpacked.join("package").to_str().unwrap());
        for key in ["id", "unpackedSize", "filename", "files", "entryCount"] {
            assert_eq!(again[key], said[key], "{package}: {key}");
        }
        // npm mends what it does not like of a package.json, and says so.
        let mut publish = npm.command(&unpacked.join("package"), &["publish", "--dry-run", "--tag=latest"]);
        let publish = run(&mut publish);
        let said = String::from_utf8_lossy(&publish.stderr);
        assert!(!said.contains("auto-corrected") && !said.contains("invalid"), "{said}");
    }
}

#[test]
fn programs_are_those_of_the_archives() {
    let home = scratch("npm-programs");
    let of_target = ["darwin-arm64", "linux-arm64-musl", "win32-x64", "linux-x64-gnu", "linux-x64-musl"];
    for (target, platform) in TARGETS.iter().zip(of_target) {
        let folder = format!("hello-{target}-v1.2.3");
        for program in ["hello", "hello-probe"] {
            let suffix = if target.contains("windows") { ".exe" } else { "" };
            let file = file_of(&format!("@acme/hello-{platform}"));
            let ours = run(command("tar").arg("-xzOf").arg(file).arg(format!("package/bin/{program}{suffix}"))).stdout;
            let archived = if suffix.is_empty() {
                let archive = release().join(format!("{folder}.tar.gz"));
                run(command("tar").arg("-xzOf").arg(archive).arg(format!("{folder}/{program}"))).stdout
            } else {
                let archive = release().join(format!("{folder}.zip"));
                let mut zip = zip::ZipArchive::new(fs::File::open(archive).unwrap()).unwrap();
                let mut bytes = Vec::new();
                let mut entry = zip.by_name(&format!("{folder}/{program}{suffix}")).unwrap();
                std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
                bytes
            };
            assert!(ours == archived && !ours.is_empty(), "{program} for {target}");
        }
    }
    drop(home);
}

#[test]
fn two_folders_give_the_same_packages() {
    let other = super::project("");
    run(&mut super::tool(&other, &["--channel", "npm", "--target", "x86_64-unknown-linux-musl"]));
    let once = super::project("");
    run(&mut super::tool(&once, &["--channel", "npm", "--target", "x86_64-unknown-linux-musl"]));
    for file in ["acme-hello-linux-x64-musl-1.2.3.tgz", "acme-hello-1.2.3.tgz"] {
        let bytes =
            |project: &std::path::Path| fs::read(project.join("target/releases/v1.2.3/npm").join(file)).unwrap();
        assert!(bytes(&other) == bytes(&once), "{file}");
    }
}
