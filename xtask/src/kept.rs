//! Files that only save time: what they keep could be found out again, so one that is missing, truncated, damaged or
//! somebody else's counts as absent, and several processes may read and write them at once.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::hash::sha256;
use crate::report::{Context, Result, unwritable};

/// What every file begins with; its kind and the digest of all that follows stand behind it.
const MARK: &str = "xtask-dist keeps";

/// Reads what was kept as `kind` (a name and the number of its format); none where that is not what the file holds.
pub fn read<T: DeserializeOwned>(file: &Path, kind: &str) -> Option<T> {
    let content = fs::read(file).ok()?;
    let end = memchr::memchr(b'\n', &content)?;
    let (head, body) = (content.get(..end)?, content.get(end + 1..)?);
    if head != head_of(kind, body).as_bytes() {
        return None;
    }
    serde_json::from_slice(body).ok()
}

/// Keeps `value` as `kind`. Readers see the old file or the new one, and nothing in between.
///
/// # Errors
/// A folder that cannot be made or written.
pub fn write(file: &Path, kind: &str, value: &impl Serialize) -> Result<()> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let body = serde_json::to_vec(value).context(|| format!("cannot write {}", file.display()))?;
    let content = [head_of(kind, &body).as_bytes(), b"\n", &body].concat();
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    }
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let new = file.with_extension(format!("new-{}-{number}", std::process::id()));
    let written = fs::write(&new, content).and_then(|()| fs::rename(&new, file));
    written.map_err(|error| {
        // Best effort: it is in nobody's way.
        let _ = fs::remove_file(&new);
        unwritable(file, &error)
    })
}

fn head_of(kind: &str, body: &[u8]) -> String {
    format!("{MARK} {kind} {}", sha256(body))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::thread;

    use super::*;

    fn file(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-dist-kept-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder.join("below/file")
    }

    fn remove(file: &Path) {
        fs::remove_dir_all(file.parent().unwrap().parent().unwrap()).unwrap();
    }

    #[test]
    fn what_is_kept_is_found_by_its_kind_only() {
        let file = file("kind");
        assert_eq!(read::<Vec<String>>(&file, "words 1"), None);
        write(&file, "words 1", &["a", "b"]).unwrap();
        assert_eq!(read::<Vec<String>>(&file, "words 1"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(read::<Vec<String>>(&file, "words 2"), None);
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
        remove(&file);
    }

    #[test]
    fn a_damaged_file_counts_as_absent() {
        let file = file("damaged");
        write(&file, "number 1", &1234).unwrap();
        let whole = fs::read(&file).unwrap();
        for length in 0..whole.len() {
            fs::write(&file, &whole[..length]).unwrap();
            assert_eq!(read::<u32>(&file, "number 1"), None, "{length} bytes");
            let mut altered = whole.clone();
            altered[length] ^= 1;
            fs::write(&file, altered).unwrap();
            assert_eq!(read::<u32>(&file, "number 1"), None, "byte {length}");
        }
        for foreign in [&b"1234"[..], b"\n1234", b"\xff\xfe\n", b"{\"a\": 1}\n"] {
            fs::write(&file, foreign).unwrap();
            assert_eq!(read::<u32>(&file, "number 1"), None);
        }
        remove(&file);
    }

    #[test]
    fn readers_never_see_half_a_file() {
        let file = file("race");
        let long = |n: usize| vec![n; 20_000];
        write(&file, "numbers 1", &long(0)).unwrap();
        thread::scope(|scope| {
            for n in 1..3 {
                let file = &file;
                scope.spawn(move || (0..20).for_each(|_| write(file, "numbers 1", &long(n)).unwrap()));
            }
            for _ in 0..40 {
                let read: Vec<usize> = read(&file, "numbers 1").unwrap();
                assert!(read.iter().all(|n| *n == read[0]));
            }
        });
        remove(&file);
    }
}
