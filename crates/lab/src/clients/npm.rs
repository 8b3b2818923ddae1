//! Clients from npm's registry: needs npm, which brings node.

use std::fs;

use super::{Client, debian, on_path};
use crate::skip::Missing;
use crate::{cache_dir, command, once, try_run};

/// The executable `name` of a pinned package, installed into the cache, with other versions (as JSON) of what it needs.
pub(super) fn client(name: &str, package: &str, version: &str, overrides: &str) -> Result<Client, Missing> {
    let npm = on_path("npm").or_else(|_| debian::client("npm", "npm"))?;
    // A scope's `/` is no folder here.
    let dir = cache_dir().join("npm").join(format!("{}-{version}", package.replace('/', "+")));
    let path = dir.join("node_modules/.bin").join(name);
    let requirement = format!("{package}@{version}");
    let made = once::make(&dir, |partial| {
        let project = format!("{{ \"overrides\": {overrides} }}\n");
        fs::write(partial.join("package.json"), project).map_err(|error| error.to_string())?;
        let mut install = command(&npm.path);
        install.args(["install", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--prefix"]);
        try_run(install.arg(partial).arg(&requirement)).map(drop).map_err(|failure| {
            eprintln!("{failure}");
            failure.last_word()
        })
    });
    made.map_err(|reason| Missing {
        what: name.to_owned(),
        reason,
        remedy: format!("have npm and a network: npm install {requirement}"),
    })?;
    Ok(Client { path, python_path: None })
}
