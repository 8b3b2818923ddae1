//! A signed release in which something is altered, whatever else was made to fit.

use std::fs;
use std::ops::Deref;
use std::path::Path;
use std::sync::OnceLock;

use lab::{Scratch, copy_dir, run, scratch};
use xtask_dist::hash::sha256;
use xtask_dist::layout::files_below;

use super::{SECRET, hello, minisign, public_key, release};
use crate::said::{Said, run_in};

type Files = Vec<(String, Vec<u8>)>;

/// The release, built once; its files are kept in memory, so that no folder outlives the tests.
fn built() -> &'static Files {
    static BUILT: OnceLock<Files> = OnceLock::new();
    BUILT.get_or_init(|| {
        let hello = hello("");
        let folder = release(&hello);
        let files = files_below(&folder).unwrap().into_iter();
        files.map(|file| (file.clone(), fs::read(folder.join(file)).unwrap())).collect()
    })
}

/// A copy of it. It derefs to its folder.
struct Copy(Scratch);

impl Deref for Copy {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Copy {
    fn new() -> Self {
        let folder = scratch("signed");
        for (path, content) in built() {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
        Self(folder)
    }

    fn asset(&self) -> String {
        let files = files_below(self).unwrap();
        files.into_iter().find(|file| file.ends_with(".tar.gz")).unwrap()
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.join(path)).unwrap()
    }

    fn verify(&self, args: &[&str]) -> Said {
        run_in(self, &[&["verify", "."], args].concat())
    }

    #[track_caller]
    fn is_found(&self, file: &str, what: &str) {
        self.verify(&[]).ends(1, &[&format!("error: v1.2.3: {file}: {what}"), "\n  help: "]);
    }
}

#[test]
fn a_file_that_is_altered_or_not_signed_is_found() {
    let copy = Copy::new();
    copy.verify(&["--public-key", &public_key()]).ends(0, &[]);
    for name in [copy.asset().as_str(), "SHA256SUMS", "dist-manifest.json"] {
        let signature = format!("{name}.sig");
        let copy = Copy::new();
        let mut content = fs::read(copy.join(name)).unwrap();
        // What only a signature tells: a manifest with a blank more is the same manifest.
        content.push(b' ');
        fs::write(copy.join(name), content).unwrap();
        copy.is_found(&signature, &format!("it does not sign {name} as it is here"));
        let copy = Copy::new();
        fs::remove_file(copy.join(&signature)).unwrap();
        copy.is_found(name, &format!("it is not signed: there is no {signature}"));
    }
}

#[test]
fn signatures_of_other_files_altered_ones_and_legacy_ones_are_found() {
    let asset = Copy::new().asset();
    let signature = format!("{asset}.sig");
    let copy = Copy::new();
    fs::copy(copy.join("SHA256SUMS.sig"), copy.join(&signature)).unwrap();
    copy.is_found(&signature, &format!("it does not sign {asset} as it is here"));
    for (line, what) in [(1, "it "), (2, "it does not sign "), (3, "it ")] {
        let copy = Copy::new();
        let mut lines: Vec<String> = copy.text(&signature).lines().map(str::to_owned).collect();
        let other = if lines[line].ends_with("g==") { "w==" } else { "xx=" };
        let kept = lines[line].len() - 3;
        lines[line].replace_range(kept.., other);
        fs::write(copy.join(&signature), lines.join("\n") + "\n").unwrap();
        copy.is_found(&signature, what);
    }
    for text in ["", "no signature", "\u{fffd}"] {
        fs::write(copy.join(&signature), text).unwrap();
        copy.is_found(&signature, "it is no minisign signature");
    }
    let Some(minisign) = minisign("signatures that minisign makes otherwise are found") else { return };
    let sign = |args: &[&str], content: &str| {
        let copy = Copy::new();
        fs::write(copy.join("key"), SECRET).unwrap();
        let mut sign = minisign.command();
        sign.args(["-S", "-W", "-s", "key", "-m", content, "-x", &signature]).args(args).current_dir(&*copy);
        run(&mut sign);
        fs::remove_file(copy.join("key")).unwrap();
        copy
    };
    sign(&["-l"], &asset).is_found(&signature, "it is a legacy signature");
    sign(&["-t", "file:other.tar.gz"], &asset).is_found(&signature, "its trusted comment does not name");
    // What minisign itself says of the file is as good as what we say.
    sign(&[], &asset).verify(&[]).ends(0, &[]);
}

/// Everything made to fit, as somebody can who has no secret key but makes one.
#[test]
fn a_release_that_was_signed_anew_is_found_with_the_key_from_elsewhere() {
    let Some(minisign) = minisign("a release signed by somebody else is found") else { return };
    let copy = Copy::new();
    let keys = scratch("forger");
    run(minisign.command().args(["-G", "-W", "-p", "k.pub", "-s", "k.key"]).current_dir(&*keys));
    let theirs = fs::read_to_string(keys.join("k.pub")).unwrap().lines().last().unwrap().to_owned();
    for file in ["dist-manifest.json", "binstall/hello.toml"] {
        fs::write(copy.join(file), copy.text(file).replace(&public_key(), &theirs)).unwrap();
    }
    let metadata = fs::read(copy.join("binstall/hello.toml")).unwrap();
    let original = &built().iter().find(|(path, _)| path == "binstall/hello.toml").unwrap().1;
    let manifest = copy.text("dist-manifest.json").replace(&sha256(original), &sha256(&metadata));
    let before = &built().iter().find(|(path, _)| path == "dist-manifest.json").unwrap().1;
    let sums = copy.text("SHA256SUMS").replace(&sha256(before), &sha256(manifest.as_bytes()));
    fs::write(copy.join("dist-manifest.json"), manifest).unwrap();
    fs::write(copy.join("SHA256SUMS"), sums).unwrap();
    for name in [copy.asset().as_str(), "SHA256SUMS", "dist-manifest.json"] {
        let mut sign = minisign.command();
        sign.args(["-S", "-W", "-m", name, "-x"]).arg(format!("{name}.sig")).arg("-s").arg(keys.join("k.key"));
        run(sign.current_dir(&*copy));
    }
    copy.verify(&[]).ends(0, &[]);
    let ours = public_key();
    let parts = [format!("it names the key {theirs}, and the release has to be signed with {ours}")];
    let said = copy.verify(&["--public-key", &ours]).ends(1, &parts.each_ref().map(String::as_str));
    assert_eq!(said.stderr.matches("it was made with another key than RW").count(), 3, "{}", said.stderr);
    let elsewhere = scratch("elsewhere");
    copy_dir(&*copy, &*elsewhere).unwrap();
    run_in(&elsewhere, &["verify", ".", "--public-key", &theirs]).ends(0, &[]);
}
