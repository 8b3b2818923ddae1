//! What the tool says to people: errors, findings, skips and the terminal they are written to.

mod error;
mod finding;
mod skip;
mod spelling;
pub mod terminal;

pub use error::{Context, Error, Location, Problem, Result, both, unwritable};
pub use finding::Finding;
pub use skip::Skip;
pub use spelling::nearest;
