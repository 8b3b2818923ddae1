//! The archive formats that the client reads, and the file names that it expects of them.

use serde::{Deserialize, Serialize};

use crate::targets::ArchiveFormat;

/// `pkg-fmt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A tar file, not compressed.
    Tar,
    /// A tar file in bzip2.
    Tbz2,
    /// A tar file in gzip.
    Tgz,
    /// A tar file in xz.
    Txz,
    /// A tar file in Zstandard.
    Tzstd,
    /// A zip file.
    Zip,
    /// The program itself.
    Bin,
}

impl Format {
    /// All of them, in the order in which the client tries them.
    pub const ALL: [Self; 7] = [Self::Tar, Self::Tbz2, Self::Tgz, Self::Txz, Self::Tzstd, Self::Zip, Self::Bin];

    /// The format of our own archives.
    pub fn of_archive(format: ArchiveFormat) -> Self {
        match format {
            ArchiveFormat::TarGz => Self::Tgz,
            ArchiveFormat::TarXz => Self::Txz,
            ArchiveFormat::TarZst => Self::Tzstd,
            ArchiveFormat::TarBz2 => Self::Tbz2,
            ArchiveFormat::Tar => Self::Tar,
            ArchiveFormat::Zip => Self::Zip,
            ArchiveFormat::Bin => Self::Bin,
        }
    }

    /// What `pkg-fmt` calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::Tbz2 => "tbz2",
            Self::Tgz => "tgz",
            Self::Txz => "txz",
            Self::Tzstd => "tzstd",
            Self::Zip => "zip",
            Self::Bin => "bin",
        }
    }

    /// The ends of file names that the client tries for it, in its order.
    pub fn suffixes(self, windows: bool) -> &'static [&'static str] {
        match self {
            Self::Tar => &[".tar"],
            Self::Tbz2 => &[".tbz2", ".tar.bz2", ".tbz", ".tar.bz"],
            Self::Tgz => &[".tgz", ".tar.gz"],
            Self::Txz => &[".txz", ".tar.xz"],
            Self::Tzstd => &[".tzstd", ".tzst", ".tar.zst"],
            Self::Zip => &[".zip"],
            Self::Bin if windows => &[".bin", "", ".exe"],
            Self::Bin => &[".bin", ""],
        }
    }

    /// What a name with one of the suffixes is. The client takes the text of a `pkg-url` so that says it no otherwise.
    pub fn of_name(name: &str) -> Option<Self> {
        let ends = |suffix: &&str| !suffix.is_empty() && name.ends_with(*suffix);
        Self::ALL.into_iter().find(|format| format.suffixes(true).iter().any(ends))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_the_whole_suffix() {
        assert_eq!(Format::of_name("{ name }.tar.gz"), Some(Format::Tgz));
        assert_eq!(Format::of_name("{ name }.exe"), Some(Format::Bin));
        assert_eq!(
            (Format::of_name("{ name }.gz"), Format::of_name("tar.gz"), Format::of_name("")),
            (None, None, None)
        );
    }
}
