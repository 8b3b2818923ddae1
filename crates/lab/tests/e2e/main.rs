//! End to end: the built tool, in projects as users have them, and what real clients make of the result.

mod host;
mod schema;
