//! What the end-to-end tests stand on: real clients, real published crates, scratch directories.
//!
//! A test asks for the program that it needs and gives up when it cannot be had, which is then reported:
//!
//! ```ignore
//! let Some(ruby) = lab::client("ruby", "the formula is valid Ruby") else { return };
//! lab::run(ruby.command().arg("-c").arg(&formula));
//! ```
//!
//! `cargo run -p lab test` lists what was not run; with `CI=true` a missing client fails the test.

pub mod adopters;
pub mod binstall;
pub mod clients;
pub mod counts;
pub mod daemon;
pub mod dirs;
pub mod fixture;
mod once;
pub mod process;
pub mod published;
pub mod scratch;
pub mod server;
pub mod skip;
pub mod wine;
pub mod xtask;

use std::path::PathBuf;

pub use clients::Client;
pub use daemon::Daemon;
pub use dirs::{cache_dir, target_dir, workspace_root};
pub use fixture::Fixture;
pub use once::lock;
pub use process::{clean, command, run, run_failing, try_run};
pub use scratch::{Scratch, copy_dir, scratch};
pub use skip::Missing;

/// The real program called `name`, or `None` after reporting that `purpose` was not tested.
///
/// # Panics
/// With `CI=true` when the client is missing and could be there, and for a name that [`clients`] does not list.
#[must_use]
#[track_caller]
pub fn client(name: &str, purpose: &str) -> Option<Client> {
    let found = clients::find(name);
    if clients::can_be_had(name) { skip::or_report(found, purpose) } else { skip::report(found, purpose) }
}

/// The directory of a published crate (see [`published::krate`]), or `None` after reporting that `purpose` was not
/// tested. Copy it with [`copy_dir`] before changing it: all tests share it.
///
/// # Panics
/// With `CI=true` when the crate is missing.
#[must_use]
#[track_caller]
pub fn published_crate(name: &str, version: &str, purpose: &str) -> Option<PathBuf> {
    skip::or_report(published::krate(name, version), purpose)
}
