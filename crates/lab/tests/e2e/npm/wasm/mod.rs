//! The library for JavaScript: made alike everywhere, and imported by all who are to import it.

mod browser;
mod node;
mod said;
mod same;
mod tools;

use std::path::PathBuf;
use std::sync::OnceLock;

use lab::{cache_dir, run};

use super::tool;
use crate::products::{Products, library};

/// What the checkout says of npm.
const CONFIG: &str = "[channel.npm]\nscope = \"@acme\"\n";

/// The archive, and the package for npm.
const ARCHIVE: &str = "tally-wasm-wasm32-unknown-unknown-v0.1.0.tar.gz";
const PACKAGE: &str = "npm/acme-tally-wasm-0.1.0.tgz";

/// A checkout with its release, made once for all tests, which do not change it.
fn released() -> &'static Products {
    static RELEASED: OnceLock<Products> = OnceLock::new();
    RELEASED.get_or_init(|| {
        let checkout = library("", CONFIG);
        run(&mut tool(&checkout, &[]));
        checkout
    })
}

fn release() -> PathBuf {
    released().join("target/releases/v0.1.0")
}

/// The folder of the wasm-bindgen that the tool brought; there is one after [`released`].
fn bindgen() -> PathBuf {
    let tools = cache_dir().join("tools");
    let lock = std::fs::read_to_string(released().join("Cargo.lock")).unwrap();
    let after = lock.split_once("name = \"wasm-bindgen\"\nversion = \"").unwrap().1;
    let version = after.split('"').next().unwrap();
    tools.join(format!("wasm-bindgen-{version}/bin"))
}
