//! End to end: the built tool, in projects as users have them, and what real clients make of the result.

mod bad_input;
mod bad_repository;
mod bad_surroundings;
mod bad_templates;
mod c_code;
mod canon;
mod explain;
mod formats;
mod homebrew;
mod host;
mod interrupted;
mod keep_going;
mod other_systems;
mod products;
mod published;
mod readme;
mod reproducible;
mod said;
mod schema;
mod settings;
mod setup;
mod shards;
mod tampering;
mod tap;
mod targets;
