//! `cargo xtask dist`: a release system that lives inside the repository it releases.
//!
//! Data flows one way, from what the repository is to a verified release directory; [`release`] has the sequence:
//!
//! ```text
//! cli ─▶ project, config ─▶ plan ─▶ compile ─▶ stage, pack ─▶ manifest ─▶ channel ─▶ layout ─▶ verify ─▶ publish
//! ```
//!
//! [`targets`] and [`names`] are the only places that know triples and make names; [`run`] builds every command.

pub mod adopt;
pub mod binstall;
pub mod canon;
pub mod changelog;
pub mod channel;
pub mod ci;
pub mod cli;
pub mod compile;
pub mod config;
pub mod crates;
pub mod curl;
pub mod date;
pub mod forge;
pub mod git;
pub mod hash;
pub mod image_registry;
pub mod inspect;
pub mod kept;
pub mod layout;
pub mod lines;
pub mod manifest;
pub mod minisign;
pub mod names;
pub mod npm_registry;
pub mod pack;
mod parallel;
pub mod plan;
pub mod preflight;
pub mod project;
pub mod publish;
pub mod registry;
pub mod release;
pub mod replace;
pub mod report;
pub mod run;
pub mod setup;
pub mod spanned;
pub mod spdx;
pub mod stage;
pub mod stamp;
pub mod status;
pub mod targets;
pub mod template;
pub mod verify;
