//! What tests count (cases, fault runs), so that the account at the end of `cargo run -p lab test` can say it.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cache_dir;

/// Where counts are kept until the next `cargo run -p lab test`.
#[must_use]
pub fn file() -> PathBuf {
    cache_dir().join("counted.jsonl")
}

/// Says how many there were of `what`: the last word on it counts.
///
/// # Panics
/// When the file cannot be written.
pub fn record(what: &str, count: usize) {
    println!("{count} {what}");
    let write = || {
        fs::create_dir_all(cache_dir())?;
        let line = format!("{}\n", json!([what, count]));
        OpenOptions::new().create(true).append(true).open(file())?.write_all(line.as_bytes())
    };
    write().unwrap_or_else(|error| panic!("failed to record a count in {}: {error}", file().display()));
}

/// What was counted in `file`; nothing when there is no such file.
#[must_use]
pub fn recorded(file: &Path) -> BTreeMap<String, u64> {
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some((line.get(0)?.as_str()?.to_owned(), line.get(1)?.as_u64()?))
    };
    fs::read_to_string(file).unwrap_or_default().lines().filter_map(read).collect()
}
