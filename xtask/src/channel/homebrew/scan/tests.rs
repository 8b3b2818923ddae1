//! Answers that Homebrew's own code gave to URLs of ours, and to some that try one rule each. They were asked of
//! Homebrew/brew as of August 2026, with Ruby 3.1.

use super::version_in;

const ANSWERS: &[(&str, &str)] = &[
    ("https://github.com/acme/tally/releases/download/v1.2.3/tally-x86_64-unknown-linux-musl-v1.2.3.tar.gz", "1.2.3"),
    ("https://github.com/acme/tally/releases/download/v1.2.3/tally-aarch64-apple-darwin.tar.gz", "1.2.3"),
    ("https://github.com/acme/tally/releases/download/tally-v1.2.3/tally-aarch64-apple-darwin.tar.gz", "1.2.3"),
    (
        "https://github.com/acme/tally/releases/download/tally-v1.2.3/tally-x86_64-unknown-linux-gnu.tar.gz",
        "64-unknown-linux-gnu",
    ),
    (
        "https://github.com/acme/tally/releases/download/tally%2Fv1.2.3/tally-x86_64-unknown-linux-gnu.tar.gz",
        "64-unknown-linux-gnu",
    ),
    (
        "https://github.com/acme/tally/releases/download/nightly/tally-x86_64-unknown-linux-gnu.tar.gz",
        "64-unknown-linux-gnu",
    ),
    ("https://github.com/acme/tally/releases/download/nightly/tally-universal-apple-darwin.tar.gz", ""),
    (
        "https://github.com/acme/tally/releases/download/v1.2.3-rc.1/tally-x86_64-unknown-linux-musl-v1.2.3-rc.1.tar.gz",
        "1.2.3-rc.1",
    ),
    ("https://github.com/acme/tally/releases/download/v1.2.3-rc.1/tally-linux-arm64.tar.gz", "64"),
    (
        "https://github.com/acme/tally/releases/download/v1.2.3-alpha/tally-x86_64-apple-darwin-v1.2.3-alpha.tar.gz",
        "1.2.3-alpha",
    ),
    ("https://github.com/acme/tally/releases/download/v1.2.3-dev.4/tally-x86_64-apple-darwin-v1.2.3-dev.4.tar.gz", "4"),
    (
        "https://github.com/acme/tally/releases/download/v1.2.3+build.7/tally-x86_64-apple-darwin-v1.2.3+build.7.tar.gz",
        "7",
    ),
    ("https://github.com/acme/tally/releases/download/1.2.3/tally_1.2.3_darwin_arm64.zip", "1.2.3"),
    ("https://github.com/acme/tally/releases/download/r1.2.3/tally.zip", "1.2.3"),
    (
        "https://gitlab.com/acme/tally/-/releases/v1.2.3/downloads/binaries/tally-x86_64-unknown-linux-musl-v1.2.3.tar.gz",
        "1.2.3",
    ),
    ("https://gitlab.com/acme/tally/-/releases/v1.2.3/downloads/binaries/tally-x86_64-linux.tar.gz", "64-linux"),
    ("https://codeberg.org/acme/tally/releases/download/v1.2.3/tally-aarch64-apple-darwin.tar.gz", "1.2.3"),
    (
        "https://codeberg.org/acme/tally/releases/download/tally-v1.2.3/tally-x86_64-apple-darwin.tar.gz",
        "64-apple-darwin",
    ),
    ("https://sourceforge.net/projects/tally/files/binaries/v1.2.3/tally-x86_64-linux-v1.2.3.tar.gz/download", "1.2.3"),
    ("https://sourceforge.net/projects/tally/files/binaries/v1.2.3/tally-x86_64-linux.tar.gz/download", "64-linux"),
    ("https://example.org/get/tally-2026-11-21.tar.gz", "2026-11-21"),
    ("https://example.org/get/tally_2026-11-21-x86_64.tar.gz", "2026-11-21"),
    ("https://github.com/acme/tally/tarball/v1.2.3", "1.2.3"),
    ("https://github.com/acme/tally/zipball/tally-1.2.3-4", "1.2.3-4"),
    ("https://example.org/lang_src_R14B02.tar.gz", "R14B02"),
    ("https://example.org/lang-r3a7-1.tar.gz", "r3a7-1"),
    ("https://example.org/tally_1_20_0.tar.bz2", "1.20.0"),
    ("https://example.org/tally-1.2.3-4.tar.gz", "1.2.3-4"),
    ("https://example.org/tally-1.2-p243-src.tar.xz", "1.2-p243"),
    ("https://example.org/v1.2.3-0.5.tar.gz", "1.2.3-0.5"),
    ("https://example.org/2026.11.21-2.tar.gz", "2026.11.21-2"),
    ("https://example.org/tally-1.2.3", "1.2.3"),
    ("https://example.org/dl/v17", "17"),
    ("https://example.org/tally-398-1.zip", "398-1"),
    ("https://example.org/tally-42.tar.gz", "42"),
    ("https://example.org/tally-1.2.3.post4.tar.gz", "1.2.3.post4"),
    ("https://example.org/tally-1.2b.tgz", "1.2b"),
    ("https://example.org/tally-1.2rc3.tgz", "1.2rc3"),
    ("https://example.org/tally-1.2-beta.tgz", "1.2-beta"),
    ("https://example.org/tally-1.2.0-alpha5.tgz", "1.2.0-alpha5"),
    ("https://example.org/tally-1.2-win64.zip", "1.2"),
    ("https://example.org/tally-1.2.3-w32.zip", "1.2.3"),
    ("https://example.org/tally.1.2.3+opam.tar.gz", "1.2.3"),
    ("https://example.org/tally.1.2.3%2Bopam.tar.gz", "1.2.3"),
    ("https://example.org/tally-1.2.3-1.i686.rpm", "1.2.3-1"),
    ("https://example.org/tally_1.2.3_i386.deb", "1.2.3"),
    ("https://example.org/tally-1.2-x64_64.zip", "64.64"),
    ("https://example.org/tally-1.2.3-beta.1.tgz", "1.2.3-beta.1"),
    ("https://example.org/V2.0.0PRE12.zip", "2.0.0PRE12"),
    ("https://example.org/tally1.2.3.tar.gz", "1.2.3"),
    ("https://example.org/tally-1.2.3-dist.tar.gz", "1.2.3"),
    ("https://example.org/tally-v1.2.3a-Sources.tar.gz", "1.2.3a"),
    ("https://example.org/tally-1.2.3-aarch64.tar.gz", "64"),
    ("https://example.org/tally_1.2.orig.tar.gz", "1.2"),
    ("https://example.org/tally_20261121.orig.tar.gz", "20261121"),
    ("https://example.org/tally-0.9.8s.tar.gz", "0.9.8s"),
    ("https://example.org/tally-v0.9.8s-x.tar.gz", "0.9.8s"),
    ("https://example.org/tally_1.23_macos.tar.gz", "1.23"),
    ("https://example.org/tally_v1.23x_macos.tar.gz", "1.23x"),
    ("https://example.org/1.2.3.4.5/tally.tar.gz", "1.2.3.4"),
    ("https://example.org/V_1.9/tally.tgz", "1.9"),
    ("https://example.org/tally.v8d.tar.gz", "8d"),
    ("https://example.org/get/tally-7.1.10.tar.bz2/from/this/mirror", "7.1.10"),
    ("https://example.org/get/tally-7.1.10beta2.tar.bz2/from/here", "7.1.10beta2"),
    ("https://example.org/tally.tar.gz", ""),
    ("https://example.org/tally-1.2.7z", "1.2"),
    ("https://example.org/tally.1.2.3.cpio.gz", "1.2.3"),
    ("https://example.org/tally-1.2.3.tar.lzma", "1.2.3.tar"),
    ("https://example.org/tally-macos.pkg", ""),
    ("https://example.org/tally-linux-x86_64-musl.tar.gz", "64-musl"),
    ("https://example.org/tally-linux-i686.tar.gz", "686"),
    ("https://example.org/tally-x86-64.zip", "64"),
    ("https://example.org/.hidden", ""),
    ("https://example.org/", ""),
    ("https://example.org/größe-1.2.3-linux.tar.gz", "1.2.3"),
    ("https://example.org/tally-64bit-1.2.3.tar.gz", "1.2.3"),
    ("https://example.org/md5-1.2.3-armv7-linux.tar.gz", "1.2.3"),
    ("https://example.org/a2/b3-c4.5/tally.gz", "4.5"),
    ("https://example.org/tally-1.2.3.", "1.2.3."),
    ("https://example.org/tally-v1.2.3.sh", "1.2.3"),
    ("https://example.org/tally-1.2.3-x86_64-unknown-linux-musl.tar.gz", "1.2.3"),
    ("https://example.org/x86_64-unknown-linux-musl/tally", ""),
    ("https://example.org/tally%20app-1.2.3%5Fx.zip", "1.2.3_x"),
];

#[test]
fn urls_are_read_as_homebrew_reads_them() {
    let wrong = ANSWERS.iter().filter_map(|(url, answer)| {
        let ours = version_in(url).unwrap_or_default();
        (ours != *answer).then(|| format!("{url}: {ours:?}, and Homebrew says {answer:?}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
