#![doc = include_str!("../README.md")]

mod counts;
mod decode;
mod words;

pub use counts::Counts;
pub use words::{Case, WordCounts};
