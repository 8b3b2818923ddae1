//! End to end: the built tool, in projects as users have them, and what real clients make of the result.

mod archive_formats;
mod bad_input;
mod bad_repository;
mod bad_surroundings;
mod bad_templates;
mod c_code;
mod canon;
mod formats;
mod host;
mod interrupted;
mod products;
mod published;
mod readme;
mod reproducible;
mod said;
mod schema;
mod settings;
mod setup;
mod shards;
mod signing;
mod tampering;
mod targets;
