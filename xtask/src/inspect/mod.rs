//! Looks into files that are already made: executables and archives. What is found is compared with what was promised.

mod archive;
mod executable;

pub use archive::{Member, read_archive};
pub use executable::{Executable, executable};
