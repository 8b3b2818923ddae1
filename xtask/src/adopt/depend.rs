//! The release system as a dependency: an xtask of a few lines instead of a copy.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, InlineTable, Item, Value};

use super::ENGINE;
use super::record::Depend;
use super::source::{LOCK, Source};
use crate::report::{Error, Result};

const MAIN: &str = "\
//! `cargo xtask`: this repository's chores. This file is yours: add commands of your own beside `dist`.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask_dist::cli::main()
}
";

/// What stands in the folder `here` of a repository beside the launcher.
///
/// # Errors
/// The clone cannot be depended on in this way.
pub fn files(source: &Source, depend: Depend, here: &Path) -> Result<Vec<(&'static str, String)>> {
    let manifest = format!(
        "# `cargo xtask`: the release system as a dependency. Commands of your own go into src/main.rs, beside it.\n\
         [package]\nname = \"xtask\"\nversion = \"0.1.0\"\nedition = \"2024\"\nrust-version = \"{}\"\npublish = false\n\n\
         [dependencies]\n{ENGINE} = {}\n",
        env!("CARGO_PKG_RUST_VERSION"),
        dependency(source, depend, here)?
    );
    // The versions that the engine was tested with: cargo prefers what it finds there.
    let lock = source.text(LOCK).unwrap_or_default().to_owned();
    Ok(vec![("Cargo.toml", manifest), ("src/main.rs", MAIN.to_owned()), (LOCK, lock)])
}

fn dependency(source: &Source, depend: Depend, here: &Path) -> Result<Value> {
    let mut table = InlineTable::new();
    match depend {
        Depend::Registry => return Ok(Value::from(Source::VERSION)),
        Depend::Path => _ = table.insert("path", relative(here, &source.folder).into()),
        Depend::Git => {
            let (url, commit) = published(source)?;
            table.insert("git", cargo_url(url, &source.folder).into());
            table.insert("rev", commit.into());
        }
    }
    Ok(Value::InlineTable(table))
}

fn published(source: &Source) -> Result<(&str, &str)> {
    let folder = source.folder.display();
    let url = source.repository.as_deref().ok_or_else(|| {
        Error::new(format!("{folder} is in no clone with an `origin`"))
            .help("clone it from where it is published, or use --depend path or registry")
    })?;
    let commit = source.commit.as_deref().ok_or_else(|| {
        Error::new(format!("{folder} is not what a commit has")).help("commit its changes, and push them to `origin`")
    })?;
    Ok((url, commit))
}

/// A URL that cargo takes, for what git takes: cargo knows no `git@host:path`, and no paths. What lets somebody in is theirs.
fn cargo_url(remote: &str, folder: &Path) -> String {
    if let Some((scheme @ ("http" | "https"), rest)) = remote.split_once("://") {
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        return format!("{scheme}://{host}/{path}");
    }
    if remote.contains("://") {
        return remote.to_owned();
    }
    // A host has more than the one letter of a drive of Windows, and no `/` before it.
    let is_host = |host: &str| host.len() > 1 && !host.contains(['/', '\\']);
    if let Some((host, path)) = remote.split_once(':').filter(|(host, _)| is_host(host)) {
        return format!("ssh://{host}/{}", path.trim_start_matches('/'));
    }
    let path = folder.parent().unwrap_or(folder).join(remote).display().to_string().replace('\\', "/");
    format!("file://{}{path}", if path.starts_with('/') { "" } else { "/" })
}

/// The manifest of an xtask that depends on the engine, brought to the version of `source`; as it was, where it depends on
/// a folder, or on something else.
pub fn updated(manifest: &str, source: &Source) -> Result<String> {
    let mut document: DocumentMut =
        manifest.parse().map_err(|error| Error::new("cannot edit the xtask's Cargo.toml").because(error))?;
    let dependency = document.get_mut("dependencies").and_then(|table| table.get_mut(ENGINE));
    match dependency {
        Some(item) if item.is_str() => *item = Item::Value(Source::VERSION.into()),
        Some(item) if item.get("git").is_some() => {
            let (_, commit) = published(source)?;
            if let Some(rev) = item.get_mut("rev") {
                *rev = Item::Value(commit.into());
            }
        }
        Some(item) if item.get("version").is_some() => item["version"] = Item::Value(Source::VERSION.into()),
        _ => {}
    }
    Ok(crate::lines::with_lines_of(manifest, &document.to_string()))
}

/// The way from one folder to another, with `/`.
fn relative(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    if shared == 0 {
        return to.iter().collect::<PathBuf>().display().to_string();
    }
    let up = from[shared..].iter().map(|_| "..".to_owned());
    let down = to[shared..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_takes_is_written_as_cargo_takes_it() {
        for (remote, expected) in [
            ("https://github.com/acme/dist.git", "https://github.com/acme/dist.git"),
            ("https://x-access-token:secret@github.com/acme/dist", "https://github.com/acme/dist"),
            ("git@github.com:acme/dist.git", "ssh://git@github.com/acme/dist.git"),
            ("host:/srv/dist.git", "ssh://host/srv/dist.git"),
            ("ssh://git@host:2222/dist.git", "ssh://git@host:2222/dist.git"),
            ("/srv/dist.git", "file:///srv/dist.git"),
            ("published.git", "file:///home/me/dist/published.git"),
        ] {
            assert_eq!(cargo_url(remote, Path::new("/home/me/dist/xtask")), expected);
        }
    }

    #[test]
    fn folders_are_found_from_each_other() {
        let way = |from, to| relative(Path::new(from), Path::new(to));
        assert_eq!(way("/home/me/project/xtask", "/home/me/xtask-dist/xtask"), "../../xtask-dist/xtask");
        assert_eq!(way("/a", "/a/b"), "b");
    }
}
