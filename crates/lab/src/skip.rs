//! Tests that cannot run here: told on a person's machine, failed in CI.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, thread};

use serde_json::{Value, json};

use crate::cache_dir;

/// Something a test needs and this machine lacks.
#[derive(Clone, Debug)]
pub struct Missing {
    /// The client, crate or component.
    pub what: String,
    /// Why it is not there.
    pub reason: String,
    /// The command that mends it.
    pub remedy: String,
}

/// A test that was not run.
#[derive(Clone, Debug)]
pub struct Skip {
    /// The test's name.
    pub test: String,
    /// What was not tested therefore.
    pub purpose: String,
    /// What it lacked.
    pub missing: Missing,
}

/// Gives what was found, or `None` after recording the skip: `purpose` says what remains untested.
///
/// # Panics
/// With `CI=true`, where nothing may go untested.
#[must_use]
#[track_caller]
pub fn or_report<T>(found: Result<T, Missing>, purpose: &str) -> Option<T> {
    match found {
        Err(missing) if is_ci() => {
            panic!("not tested: {purpose}\n{}: {}\nhelp: {}", missing.what, missing.reason, missing.remedy)
        }
        found => report(found, purpose),
    }
}

/// The same for what CI cannot be asked to have: a skip, wherever it is missing.
#[must_use]
pub fn report<T>(found: Result<T, Missing>, purpose: &str) -> Option<T> {
    let missing = match found {
        Ok(found) => return Some(found),
        Err(missing) => missing,
    };
    let test = thread::current().name().unwrap_or("unnamed").to_owned();
    record(&file(), &Skip { test, purpose: purpose.to_owned(), missing });
    None
}

/// Whether the variable `CI` says so.
#[must_use]
pub fn is_ci() -> bool {
    means_yes(env::var("CI").ok().as_deref())
}

/// Where skips are recorded, one line each, until the next `cargo run -p lab test`.
#[must_use]
pub fn file() -> PathBuf {
    cache_dir().join("skipped.jsonl")
}

/// Adds a line to `file`: in one write, because test processes run side by side.
///
/// # Panics
/// When the file cannot be written: a skip that nobody hears of is worse than a failure.
pub fn record(file: &Path, skip: &Skip) {
    let write = || {
        fs::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
        OpenOptions::new().create(true).append(true).open(file)?.write_all(skip.to_line().as_bytes())
    };
    write().unwrap_or_else(|error| panic!("failed to record a skip in {}: {error}", file.display()));
}

/// The skips recorded in `file`; none when there is no such file.
#[must_use]
pub fn recorded(file: &Path) -> Vec<Skip> {
    fs::read_to_string(file).unwrap_or_default().lines().filter_map(Skip::from_line).collect()
}

impl Skip {
    fn to_line(&self) -> String {
        let Skip { test, purpose, missing: Missing { what, reason, remedy } } = self;
        let line = json!({"test": test, "purpose": purpose, "client": what, "reason": reason, "remedy": remedy});
        format!("{line}\n")
    }

    fn from_line(line: &str) -> Option<Skip> {
        let line: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| line.get(key)?.as_str().map(str::to_owned);
        let missing = Missing { what: text("client")?, reason: text("reason")?, remedy: text("remedy")? };
        Some(Skip { test: text("test")?, purpose: text("purpose")?, missing })
    }
}

pub(crate) fn means_yes(variable: Option<&str>) -> bool {
    !matches!(variable, None | Some("" | "0" | "false"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch;

    fn skip() -> Skip {
        Skip {
            test: "formula::is_ruby".into(),
            purpose: "the formula is valid Ruby".into(),
            missing: Missing {
                what: "ruby".into(),
                reason: "no \"ruby\"\non PATH".into(),
                remedy: "apt-get install ruby".into(),
            },
        }
    }

    #[test]
    fn a_skip_is_one_line_of_json() {
        assert_eq!(
            skip().to_line(),
            concat!(
                r#"{"client":"ruby","purpose":"the formula is valid Ruby","reason":"no \"ruby\"\non PATH","#,
                r#""remedy":"apt-get install ruby","test":"formula::is_ruby"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn what_is_recorded_is_read_back() {
        let scratch = scratch("skip");
        let file = scratch.join("lab/skipped.jsonl");
        assert!(recorded(&file).is_empty());
        record(&file, &skip());
        record(&file, &skip());
        let skips = recorded(&file);
        assert_eq!(skips.len(), 2);
        assert_eq!(skips[1].missing.reason, skip().missing.reason);
        assert_eq!(skips[1].test, skip().test);
    }

    #[test]
    fn ci_can_be_switched_off() {
        assert!(means_yes(Some("true")) && means_yes(Some("1")));
        assert!(!means_yes(None) && !means_yes(Some("")) && !means_yes(Some("false")) && !means_yes(Some("0")));
    }
}
