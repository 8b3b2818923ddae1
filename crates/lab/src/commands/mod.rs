//! One module a command.

pub mod bench;
pub mod test;
