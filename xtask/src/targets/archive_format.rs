//! The containers of release archives: all that cargo-binstall reads.

use serde::{Deserialize, Serialize};

use super::Target;

/// The container of a release archive. Compressed ones are one stream: cargo-binstall reads no more than the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ArchiveFormat {
    /// A tar file in gzip, what every system unpacks.
    #[serde(rename = "tar.gz")]
    TarGz,
    /// A tar file in xz, the smallest.
    #[serde(rename = "tar.xz")]
    TarXz,
    /// A tar file in zstd, the quickest to unpack.
    #[serde(rename = "tar.zst")]
    TarZst,
    /// A tar file in bzip2.
    #[serde(rename = "tar.bz2")]
    TarBz2,
    /// A tar file as it is.
    #[serde(rename = "tar")]
    Tar,
    /// A zip file, what Windows opens by itself.
    #[serde(rename = "zip")]
    Zip,
    /// No archive: the program itself, and nothing with it.
    #[serde(rename = "bin")]
    Bin,
}

impl ArchiveFormat {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::TarGz, Self::TarXz, Self::TarZst, Self::TarBz2, Self::Tar, Self::Zip, Self::Bin];

    /// The words of the configuration: the ends of file names, and what cargo-binstall calls them.
    pub const WORDS: [(&str, Self); 11] = [
        ("tar.gz", Self::TarGz),
        ("tar.xz", Self::TarXz),
        ("tar.zst", Self::TarZst),
        ("tar.bz2", Self::TarBz2),
        ("tar", Self::Tar),
        ("zip", Self::Zip),
        ("bin", Self::Bin),
        ("tgz", Self::TarGz),
        ("txz", Self::TarXz),
        ("tzstd", Self::TarZst),
        ("tbz2", Self::TarBz2),
    ];

    /// The end of the file's name, with its dot. That of a bare program is the target's: `.exe`, or nothing.
    pub fn suffix(self, target: &Target) -> &'static str {
        match self {
            Self::TarGz => ".tar.gz",
            Self::TarXz => ".tar.xz",
            Self::TarZst => ".tar.zst",
            Self::TarBz2 => ".tar.bz2",
            Self::Tar => ".tar",
            Self::Zip => ".zip",
            Self::Bin => target.exe_suffix(),
        }
    }

    /// What `pkg-fmt` of cargo-binstall calls it.
    pub fn binstall(self) -> &'static str {
        match self {
            Self::TarGz => "tgz",
            Self::TarXz => "txz",
            Self::TarZst => "tzstd",
            Self::TarBz2 => "tbz2",
            Self::Tar => "tar",
            Self::Zip => "zip",
            Self::Bin => "bin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_its_words() {
        let linux = Target::parse("x86_64-unknown-linux-musl").unwrap();
        for format in ArchiveFormat::ALL {
            let word = |word: &str| ArchiveFormat::WORDS.iter().find(|(known, _)| *known == word).map(|(_, f)| *f);
            let written = serde_json::to_value(format).unwrap();
            assert_eq!(word(written.as_str().unwrap()), Some(format));
            assert_eq!(word(format.binstall()), Some(format));
            let suffix = format.suffix(&linux);
            assert!(suffix.is_empty() || word(&suffix[1..]) == Some(format), "{suffix}");
        }
    }

    #[test]
    fn a_bare_program_is_named_like_one() {
        let suffix = |triple| ArchiveFormat::Bin.suffix(&Target::parse(triple).unwrap());
        assert_eq!((suffix("x86_64-pc-windows-msvc"), suffix("aarch64-apple-darwin")), (".exe", ""));
    }
}
