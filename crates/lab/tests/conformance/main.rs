//! What was observed on the real cargo-binstall (see README.md here): held against the client itself, and the resolver
//! against it.

mod archives;
mod case;
mod client;
mod explain;
mod keys;
mod live;
mod table;
