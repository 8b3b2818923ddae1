//! What is copied into other repositories: the folder that this program was compiled from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::report::{Context, Error, Result};
use crate::run::Runner;

/// What the folder of the engine consists of; anything else in it is somebody's own.
const PARTS: [&str; 9] = [
    ".cargo/config.toml",
    "Cargo.toml",
    "build.rs",
    "defaults",
    "deflate",
    "launcher",
    "rustfmt.toml",
    "schema",
    "src",
];
/// What the same tools are started with where the engine is not copied but depended on.
pub const STARTER: [&str; 2] = [".cargo/config.toml", "launcher/"];
/// The lock file of the engine, once it is a workspace of its own.
pub const LOCK: &str = "Cargo.lock";

/// The engine's own files.
#[derive(Debug)]
pub struct Source {
    /// Where they are.
    pub folder: PathBuf,
    /// Their contents, by path with `/`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The commit that they are of, where nothing was changed since.
    pub commit: Option<String>,
    /// The repository that they are published in.
    pub repository: Option<String>,
}

impl Source {
    /// The version of the engine.
    pub const VERSION: &str = env!("CARGO_PKG_VERSION");

    /// Reads the folder that this program was compiled from.
    ///
    /// # Errors
    /// It is gone, or lacks what a copy needs.
    pub fn load() -> Result<Self> {
        Self::of(Path::new(env!("CARGO_MANIFEST_DIR")))
    }

    fn of(folder: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        for part in PARTS {
            read(folder, part, &mut files)?;
        }
        if !["Cargo.toml", "launcher/Cargo.toml", "src/main.rs"].iter().all(|needed| files.contains_key(*needed)) {
            return Err(Error::new(format!("there is no copy of the release system in {}", folder.display()))
                .help("run it in a clone of the repository that has it, by `cargo xtask dist adopt PATH`"));
        }
        let lock = own_lock(folder, &files)?;
        files.insert(LOCK.to_owned(), with_unix_lines(lock));
        let runner = Runner::new(folder)?;
        let clean = runner.git(&["status", "--porcelain", "--", "."]).is_some_and(|changes| changes.is_empty());
        let head = runner.git(&["rev-parse", "--verify", "HEAD"]).filter(|_| clean);
        let tracked = runner.git(&["ls-files", "--", "Cargo.toml"]).is_some_and(|listed| !listed.is_empty());
        let commit = head.filter(|_| tracked);
        let repository = runner.git(&["remote", "get-url", "origin"]);
        Ok(Self { folder: folder.to_owned(), files, commit, repository })
    }

    /// How the files that are copied are called in a repository that has them in `folder`.
    pub fn copied(&self, starter_only: bool) -> impl Iterator<Item = (&str, &[u8])> {
        let wanted = move |path: &str| !starter_only || STARTER.iter().any(|part| path.starts_with(part));
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).filter(move |(path, _)| wanted(path))
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(path)?).ok()
    }
}

/// Puts the engine into a folder by itself, to have cargo work on it alone; the folder is removed behind that.
///
/// # Errors
/// What `work` says, or a folder that cannot be written.
pub fn alone<T>(files: &BTreeMap<String, Vec<u8>>, work: impl FnOnce(&Path, &Runner) -> Result<T>) -> Result<T> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let parent = std::env::temp_dir().join(format!("xtask-dist-alone-{}-{number}", std::process::id()));
    let folder = parent.join("xtask");
    let result = write_all(&folder, files).and_then(|()| work(&folder, &Runner::new(&folder)?));
    // Best effort: it is in nobody's way.
    let _ = fs::remove_dir_all(&parent);
    result
}

fn write_all(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    for (path, content) in files.iter().filter(|(path, _)| !path.starts_with("launcher/")) {
        let file = folder.join(path);
        let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, content));
        written.context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// The lock file of the engine alone. In the repository that it is developed in, it is a part of a larger one, which
/// cargo cuts down.
fn own_lock(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>> {
    if let Ok(own) = fs::read(folder.join(LOCK)) {
        return Ok(own);
    }
    let around = folder.parent().unwrap_or(folder).join(LOCK);
    let larger = fs::read(&around).context(|| format!("cannot read {}", around.display()))?;
    alone(files, |folder, runner| {
        let lock = folder.join(LOCK);
        let failed = || format!("cannot write {}", lock.display());
        fs::write(&lock, larger).context(failed)?;
        // It takes out what is not needed. The index was asked to compile this program; but of what other systems need,
        // nothing was downloaded, which `cargo metadata` would want.
        let update = runner.cargo().args(["update", "--workspace", "--offline", "--quiet"]).ignore_status();
        let output = update.output().context(|| "cannot run cargo")?;
        if !output.status.success() {
            return Err(Error::new("cargo cannot lock what the release system is compiled with")
                .because(String::from_utf8_lossy(&output.stderr).trim())
                .help("cargo fetch, in the repository that this command is run from"));
        }
        fs::read(&lock).context(failed)
    })
}

fn read(folder: &Path, path: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let file = folder.join(path);
    if file.is_dir() {
        let listed = fs::read_dir(&file).context(|| format!("cannot list {}", file.display()))?;
        for entry in listed {
            let entry = entry.context(|| format!("cannot list {}", file.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // What editors and merges leave.
            let left_over = name.starts_with('.') || [".orig", ".rej", "~"].iter().any(|end| name.ends_with(end));
            if !left_over && name != "target" {
                read(folder, &format!("{path}/{name}"), files)?;
            }
        }
    } else if file.is_file() {
        let bytes = fs::read(&file).context(|| format!("cannot read {}", file.display()))?;
        files.insert(path.to_owned(), with_unix_lines(bytes));
    }
    Ok(())
}

/// Text as it is committed: git may end lines otherwise in a checkout on Windows.
pub fn with_unix_lines(bytes: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) => text.replace("\r\n", "\n").into_bytes(),
        Err(error) => error.into_bytes(),
    }
}
