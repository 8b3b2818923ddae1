//! Which archive serves which container platform.

use std::collections::BTreeMap;

use super::Settings;
use crate::inspect::Executable;
use crate::manifest::{Asset, Entry, Manifest};
use crate::targets::{Libc, OciPlatform};

/// The archives whose programs run in the image, by platform.
pub fn served<'m>(release: &'m Manifest, package: &'m str, settings: &Settings) -> BTreeMap<OciPlatform, &'m Asset> {
    let mut served: BTreeMap<OciPlatform, &Asset> = BTreeMap::new();
    for asset in release.assets_of(package).filter(|asset| settings.base.is_some() || is_static(asset)) {
        let Some(platform) = asset.target.oci() else { continue };
        let chosen = served.entry(platform).or_insert(asset);
        if rank(asset) < rank(chosen) {
            *chosen = asset;
        }
    }
    served
}

/// Two targets may be one platform: what runs on more of its systems comes first.
fn rank(asset: &Asset) -> (bool, bool, bool, &str) {
    let triple = asset.target.triple();
    (!is_static(asset), asset.target.libc() != Libc::Musl, !triple.ends_with("hf"), triple)
}

/// Whether all programs of an archive run with nothing but the kernel.
pub fn is_static(asset: &Asset) -> bool {
    asset.executables().all(|entry| entry.executable.as_ref().is_some_and(Executable::is_static))
}

/// A program that would not start without libraries, and those.
pub fn dynamic(asset: &Asset) -> Option<(&Entry, String)> {
    let (entry, executable) = asset
        .executables()
        .filter_map(|entry| Some((entry, entry.executable.as_ref()?)))
        .find(|(_, executable)| !executable.is_static())?;
    let wants = executable.needed.iter().chain(&executable.interpreter).map(String::as_str).collect::<Vec<_>>();
    Some((entry, wants.join(", ")))
}

/// What a builder's `TARGETARCH` and `TARGETVARIANT` come to for `platform`, behind `linux-`: the platform's own name
/// first. Builders on arm64 name its only variant or do not, and what is for armv6 runs on armv7 too.
pub fn words(platform: OciPlatform, all: &BTreeMap<OciPlatform, &Asset>) -> Vec<String> {
    let word = |variant: &str| format!("{}-{}{variant}", platform.os, platform.architecture);
    let mut words = vec![word(platform.variant)];
    match (platform.architecture, platform.variant) {
        ("arm64", "") => words.push(word("v8")),
        ("arm", "v6") if !all.contains_key(&OciPlatform { variant: "v7", ..platform }) => words.push(word("v7")),
        _ => {}
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::*;
    use crate::targets::Target;

    fn settings() -> Settings {
        super::super::testing::settings()
    }

    /// The release with these targets instead, all static.
    fn release(triples: &[&str]) -> Manifest {
        let mut release = testing::release();
        let asset = release.assets.iter().find(|asset| asset.target.triple().ends_with("musl")).unwrap().clone();
        let of_target = |triple: &&str| Asset { target: Target::parse(triple).unwrap(), ..asset.clone() };
        release.assets = triples.iter().map(of_target).collect();
        release
    }

    fn chosen(release: &Manifest, settings: &Settings) -> Vec<(String, String)> {
        let served = served(release, "tally", settings);
        served.iter().map(|(platform, asset)| (words(*platform, &served).join(" "), asset.target.to_string())).collect()
    }

    fn pair(words: &str, triple: &str) -> (String, String) {
        (words.to_owned(), triple.to_owned())
    }

    #[test]
    fn one_archive_a_platform() {
        let release = release(&[
            "armv7-unknown-linux-musleabi",
            "armv7-unknown-linux-musleabihf",
            "i686-unknown-linux-musl",
            "x86_64-unknown-linux-gnu",
            "x86_64-unknown-linux-musl",
        ]);
        let wanted = [
            pair("linux-386", "i686-unknown-linux-musl"),
            pair("linux-amd64", "x86_64-unknown-linux-musl"),
            pair("linux-armv7", "armv7-unknown-linux-musleabihf"),
        ];
        assert_eq!(chosen(&release, &settings()), wanted);
    }

    #[test]
    fn builders_have_several_words_for_a_platform() {
        let both = release(&["aarch64-unknown-linux-musl", "arm-unknown-linux-musleabihf"]);
        let wanted = [
            pair("linux-armv6 linux-armv7", "arm-unknown-linux-musleabihf"),
            pair("linux-arm64 linux-arm64v8", "aarch64-unknown-linux-musl"),
        ];
        assert_eq!(chosen(&both, &settings()), wanted);
    }

    #[test]
    fn what_wants_libraries_runs_on_a_base_only() {
        let mut release = release(&["x86_64-unknown-linux-gnu"]);
        for executable in release.assets[0].entries.iter_mut().filter_map(|entry| entry.executable.as_mut()) {
            executable.needed = vec!["libc.so.6".to_owned()];
        }
        assert_eq!(chosen(&release, &settings()), []);
        assert_eq!(dynamic(&release.assets[0]).unwrap().1, "libc.so.6");
        let based = super::super::testing::with_base(None);
        assert_eq!(chosen(&release, &based), [pair("linux-amd64", "x86_64-unknown-linux-gnu")]);
    }
}
