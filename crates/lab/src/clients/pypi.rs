//! Clients from the Python index: needs python3 with pip, no root, and no virtual environment.

use std::env;
use std::path::Path;

use super::Client;
use crate::skip::Missing;
use crate::{cache_dir, command, once, try_run};

/// The executable `name` of a pinned package, installed into the cache.
pub(super) fn client(name: &str, package: &str, version: &str) -> Result<Client, Missing> {
    let dir = cache_dir().join("pypi").join(format!("{package}-{version}"));
    let path = dir.join("bin").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    once::make(&dir, |partial| install(&format!("{package}=={version}"), partial)).map_err(|reason| Missing {
        what: name.to_owned(),
        reason,
        remedy: format!(
            "have pip (apt-get install python3-pip) and a network: python3 -m pip download {package}=={version}"
        ),
    })?;
    Ok(Client { path, python_path: Some(dir) })
}

fn install(requirement: &str, dir: &Path) -> Result<(), String> {
    let mut pip = command("python3");
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--target"])
        .arg(dir)
        .arg(requirement);
    try_run(&mut pip).map(drop).map_err(|failure| {
        eprintln!("{failure}");
        failure.last_word()
    })
}
