//! One module a command.

pub mod adopters;
pub mod bench;
pub mod test;
