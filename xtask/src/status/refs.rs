//! The commits of tags, read where git keeps them: a file a tag, or a line of `packed-refs`
//! (`git help gitrepository-layout`). That saves the process that takes longest to start for what it says; a repository
//! that keeps them otherwise is left to git.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use memchr::memmem;

/// The commits (or tag objects) of those tags that there are; none where git has to be asked. `dot_git` is the `.git`
/// of a working tree, a folder or a file.
pub fn tags(dot_git: &Path, names: &BTreeSet<&String>) -> Option<BTreeMap<String, String>> {
    let common = common_folder(dot_git)?;
    // Of the formats, this one alone has this folder without the other's.
    if common.join("reftable").exists() || !common.join("refs").is_dir() {
        return None;
    }
    let mut found = BTreeMap::new();
    // Loose ones first: they are the stronger, and are removed only when they are packed.
    for name in names {
        if !Path::new(name.as_str()).components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        match fs::read(common.join("refs/tags").join(name.as_str())) {
            Ok(content) => _ = found.insert((*name).clone(), object(&content)?),
            Err(error) if is_absence(error.kind()) => {}
            Err(_) => return None,
        }
    }
    let packed = match fs::read(common.join("packed-refs")) {
        Ok(packed) => packed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Some(found),
        Err(_) => return None,
    };
    for name in names {
        let line_end = format!(" refs/tags/{name}\n");
        let Some(at) = memmem::find(&packed, line_end.as_bytes()).filter(|_| !found.contains_key(*name)) else {
            continue;
        };
        let before = &packed[..at];
        let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        found.insert((*name).clone(), object(&before[start..])?);
    }
    Some(found)
}

/// Where the references of all working trees of a repository are.
fn common_folder(dot_git: &Path) -> Option<PathBuf> {
    let own = if dot_git.is_dir() {
        dot_git.to_owned()
    } else {
        dot_git.parent()?.join(fs::read_to_string(dot_git).ok()?.strip_prefix("gitdir: ")?.trim_end())
    };
    match fs::read_to_string(own.join("commondir")) {
        Ok(common) => Some(own.join(common.trim_end())),
        Err(error) if error.kind() == ErrorKind::NotFound => Some(own),
        Err(_) => None,
    }
}

/// `a/b` is absent where `a` is a tag, or a folder of tags is called `a`.
fn is_absence(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory)
}

/// The name of an object; none for anything else, as a reference to another.
fn object(content: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(content).ok()?.trim_end();
    // SHA-1 or SHA-256.
    ([40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    fn repository(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-dist-refs-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join(".git/refs/tags")).unwrap();
        for (path, content) in files {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
        folder
    }

    /// `tag=first digit` of each that is found.
    fn read(dot_git: &Path, names: &[&str]) -> Option<Vec<String>> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let found = tags(dot_git, &names.iter().collect())?;
        Some(found.into_iter().map(|(name, object)| format!("{name}={}", &object[..1])).collect())
    }

    #[test]
    fn loose_tags_are_stronger_than_packed_ones() {
        let packed = format!(
            "# pack-refs with: peeled fully-peeled sorted \n{ONE} refs/tags/a\n^{TWO}\n{ONE} refs/tags/a/b\n{ONE} refs/heads/refs/tags/c\n"
        );
        let folder = repository("loose", &[(".git/packed-refs", &packed), (".git/refs/tags/a", &format!("{TWO}\n"))]);
        assert_eq!(read(&folder.join(".git"), &["a", "a/b", "b", "c", "x/a"]).unwrap(), ["a=2", "a/b=1"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn worktrees_share_the_tags() {
        let files = [
            (".git/packed-refs", &*format!("{ONE} refs/tags/v1\n")),
            (".git/worktrees/w/commondir", "../..\n"),
            ("w/.git", "gitdir: ../.git/worktrees/w\n"),
        ];
        let folder = repository("worktree", &files);
        assert_eq!(read(&folder.join("w/.git"), &["v1"]).unwrap(), ["v1=1"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_not_understood_is_left_to_git() {
        let folder = repository("other", &[(".git/refs/tags/s", "ref: refs/tags/t\n"), (".git/refs/tags/f/x", ONE)]);
        let git = folder.join(".git");
        assert_eq!(read(&git, &["s"]), None, "a symbolic one");
        assert_eq!(read(&git, &["../tags/f/x"]), None, "a way out");
        assert_eq!(read(&git, &["f", "f/x"]).unwrap(), ["f/x=1"], "a folder is no tag");
        fs::create_dir(git.join("reftable")).unwrap();
        assert_eq!(read(&git, &["f/x"]), None, "another format");
        assert_eq!(read(&folder.join("nowhere"), &[]), None);
        fs::remove_dir_all(folder).unwrap();
    }
}
