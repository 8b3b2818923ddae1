//! What a forge has of a release, held against the release directory.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::forge::{Releases, RemoteFile, There};
use crate::report::{Error, Result};

/// A file of the release directory.
pub struct Local {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its sha256.
    pub sha256: String,
}

/// What a forge lacks of a release.
#[derive(Default)]
pub struct Difference<'a> {
    /// Files that are not there.
    pub missing: Vec<&'a Local>,
    /// What is there of them is not whole, or there twice: it goes.
    pub broken: Vec<RemoteFile>,
    /// Files that are there with other bytes.
    pub other: Vec<(&'a Local, RemoteFile)>,
}

impl<'a> Difference<'a> {
    /// Compares; what the forge tells no digest of is read.
    ///
    /// # Errors
    /// A forge that does not give it.
    pub fn of(local: &'a [Local], there: &There, releases: &dyn Releases) -> Result<Self> {
        let mut difference = Self::default();
        for ours in local {
            let named = there.files.iter().filter(|file| file.name == ours.name);
            let (whole, broken): (Vec<_>, Vec<_>) = named.cloned().partition(|file| file.is_whole);
            difference.broken.extend(broken);
            let mut whole = whole.into_iter();
            let Some(first) = whole.next() else {
                difference.missing.push(ours);
                continue;
            };
            difference.broken.extend(whole);
            // What has another size need not be read.
            let is_same = first.size == ours.size
                && match &first.sha256 {
                    Some(sha256) => *sha256 == ours.sha256,
                    None => releases.sha256(&first)? == ours.sha256,
                };
            if !is_same {
                difference.other.push((ours, first));
            }
        }
        Ok(difference)
    }

    /// Whether nothing is lacking.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.broken.is_empty() && self.other.is_empty()
    }

    /// What is there with other bytes, in words.
    pub fn others(&self) -> String {
        let names: Vec<&str> = self.other.iter().map(|(ours, _)| ours.name.as_str()).collect();
        format!("it has other bytes for {}", names.join(", "))
    }
}

/// Whether the forge has all files, whole and once.
///
/// # Errors
/// Which it has not.
pub fn whole(local: &[Local], there: &There, releases: &dyn Releases) -> Result<()> {
    let difference = Difference::of(local, there, releases)?;
    let missing = difference.missing.iter().map(|ours| ours.name.as_str());
    let broken = difference.broken.iter().map(|file| file.name.as_str());
    let other = difference.other.iter().map(|(ours, _)| ours.name.as_str());
    let names: BTreeSet<&str> = missing.chain(broken).chain(other).collect();
    if names.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = names.into_iter().collect();
    Err(Error::new(format!("the release is not whole: {} did not come there as here", names.join(", "))))
}
