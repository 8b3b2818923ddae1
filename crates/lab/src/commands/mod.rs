//! One module a command.

pub mod test;
