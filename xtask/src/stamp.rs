//! What tells, without reading it, that a file is still the one that was read.

use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// What is written just now has a time from a little before: the kernel's last tick.
pub const TICK: Duration = Duration::from_millis(20);

/// Size, times and number of a file: git's rule, <https://git-scm.com/docs/racy-git>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    size: u64,
    modified: Duration,
    /// When anything about the file changed; programs cannot set it. Systems without it have when it was made.
    changed: Duration,
    /// Which file of which file system it is, where systems tell.
    number: (u64, u64),
}

impl Stamp {
    /// The stamp of a file; none where it was written so lately that a change right now would not show, or is no file.
    pub fn settled(file: &Path) -> Option<Self> {
        let now = SystemTime::now();
        let stamp = Self::of(file)?;
        // Whoever writes it from now on moves that time; linking and renaming only move the other one.
        before(SystemTime::UNIX_EPOCH + stamp.modified, now).then_some(stamp)
    }

    /// The stamp of a file as it is now, to compare with one that was settled.
    pub fn of(file: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(file).ok().filter(Metadata::is_file)?;
        let modified = metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let (changed, number) = identity(&metadata)?;
        Some(Self { size: metadata.len(), modified, changed, number })
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(Duration, (u64, u64))> {
    use std::os::unix::fs::MetadataExt as _;
    let seconds = u64::try_from(metadata.ctime()).ok()?;
    let changed = Duration::new(seconds, u32::try_from(metadata.ctime_nsec()).ok()?);
    Some((changed, (metadata.dev(), metadata.ino())))
}

#[cfg(not(unix))]
fn identity(metadata: &Metadata) -> Option<(Duration, (u64, u64))> {
    Some((metadata.created().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?, (0, 0)))
}

/// Whether a file of the time `at` was surely as it is at `since`.
pub fn before(at: SystemTime, since: SystemTime) -> bool {
    let is_coarse = at.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|at| at.subsec_nanos() == 0);
    // On file systems that count in seconds it is the last even one.
    let step = if is_coarse { Duration::from_secs(2) } else { TICK };
    at + step < since
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_fine_as_the_file_system_has_them() {
        let at = |seconds, nanos| SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
        assert!(!before(at(10, 1), at(10, 20_000_001)) && before(at(10, 1), at(10, 20_000_002)));
        assert!(!before(at(10, 0), at(12, 0)) && before(at(10, 0), at(12, 1)));
    }

    #[test]
    fn a_stamp_changes_with_its_file() {
        let folder = std::env::temp_dir().join(format!("xtask-dist-stamp-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("file");
        fs::write(&file, "one").unwrap();
        assert_eq!(Stamp::settled(&file), None, "written just now");
        let old = SystemTime::now() - Duration::from_secs(60);
        let make_old = || fs::File::options().append(true).open(&file).unwrap().set_modified(old).unwrap();
        make_old();
        let stamp = Stamp::settled(&file).unwrap();
        assert_eq!(Stamp::of(&file).unwrap(), stamp);
        fs::write(&file, "two").unwrap();
        assert_ne!(Stamp::of(&file).unwrap(), stamp, "as long as before");
        make_old();
        assert_ne!(Stamp::of(&file).unwrap(), stamp, "with the time set back");
        assert_eq!(Stamp::of(&folder), None);
        fs::remove_dir_all(folder).unwrap();
    }
}
