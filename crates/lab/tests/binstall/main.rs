//! The real `cargo-binstall` against a web on loopback: what it does, and that `explain` says so before.

mod archives;
mod case;
mod client;
mod conformance;
mod keys;
mod log;
