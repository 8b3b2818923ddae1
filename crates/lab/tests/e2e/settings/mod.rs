//! What can be set, per package and per target, seen in what comes out: programs are run, archives opened.

mod archives;
mod flags;
mod programs;
mod selection;
mod toolchains;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use lab::xtask::dist;
use lab::{Scratch, command, run, scratch};
use serde_json::Value;
use xtask_dist::inspect::{Member, read_archive};
use xtask_dist::targets::{ArchiveFormat, Target};

use crate::said::{format_of, manifest};

/// The machine's own target.
static HOST: LazyLock<String> = LazyLock::new(|| Target::host().to_string());

/// A release that was made, with all its archives unpacked.
struct Released {
    /// Where it is.
    folder: PathBuf,
    manifest: Value,
    unpacked: Scratch,
}

/// Releases the project.
#[track_caller]
fn release(project: &Path, tag: &str) -> Released {
    run(&mut dist(project, []));
    opened(project, tag)
}

/// Opens a release that is there.
#[track_caller]
fn opened(project: &Path, tag: &str) -> Released {
    let manifest = manifest(project, tag);
    let folder = project.join("target/releases").join(tag);
    let unpacked = scratch("unpacked");
    for asset in assets(&manifest) {
        let archive = folder.join(&asset);
        if format_of(&asset) == Some(ArchiveFormat::Zip) {
            run(command("python3").args(["-m", "zipfile", "-e"]).arg(archive).arg(&*unpacked));
        } else {
            run(command("tar").arg("-xf").arg(archive).current_dir(&*unpacked));
        }
    }
    Released { folder, manifest, unpacked }
}

fn assets(manifest: &Value) -> Vec<String> {
    let assets = manifest["assets"].as_array().unwrap();
    assets.iter().map(|asset| asset["name"].as_str().unwrap().to_owned()).collect()
}

impl Released {
    fn assets(&self) -> Vec<String> {
        assets(&self.manifest)
    }

    /// What is in an archive, as it is written there.
    fn members(&self, asset: &str) -> Vec<Member> {
        read_archive(&self.folder.join(asset), format_of(asset).expect("an archive"), |_| false).unwrap()
    }

    /// The paths below the top folder of the only archive.
    fn paths(&self) -> Vec<String> {
        let [asset] = &self.assets()[..] else { panic!("not one archive: {:?}", self.assets()) };
        let inside = |member: Member| member.path.split_once('/').expect("a top folder").1.to_owned();
        self.members(asset).into_iter().map(inside).collect()
    }

    /// Where a file of the archive of `package` for this machine was unpacked.
    fn file(&self, package: &str, path: &str) -> PathBuf {
        let version = self.manifest["plan"]["version"].as_str().unwrap();
        self.unpacked.join(format!("{package}-{}-v{version}", *HOST)).join(path)
    }

    /// What a program says.
    #[track_caller]
    fn says(&self, package: &str, program: &str) -> String {
        let output = run(&mut command(self.file(package, program)));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}
