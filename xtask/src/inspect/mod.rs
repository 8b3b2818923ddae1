//! Looks into files that are already made: executables and archives. What is found is compared with what was promised.

mod archive;
mod decompress;
mod elf;
mod executable;
mod macho;
mod pe;

pub use crate::canon::signature::Signature;
pub use archive::{Member, contents, read_archive};
pub use decompress::decompress;
pub use executable::{Executable, Slice, executable};
