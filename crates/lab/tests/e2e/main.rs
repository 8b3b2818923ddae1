//! End to end: the built tool, in projects as users have them, and what real clients make of the result.

mod formats;
mod host;
mod interrupted;
mod published;
mod readme;
mod reproducible;
mod setup;
