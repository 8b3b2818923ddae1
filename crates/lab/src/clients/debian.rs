//! Clients from Debian's packages: they go into the system, so only where that is wanted.

use std::env;
use std::process::Command;

use super::{Client, on_path};
use crate::process::{Failure, is_root};
use crate::skip::{Missing, is_ci, means_yes};
use crate::{cache_dir, command, once, try_run};

/// The executable `name` of a Debian package, installed in CI or when `LAB_INSTALL=1` allows it.
pub(super) fn client(name: &str, package: &str) -> Result<Client, Missing> {
    let missing = |reason| Missing {
        what: name.to_owned(),
        reason,
        remedy: format!("apt-get install {package} (or LAB_INSTALL=1)"),
    };
    if !(is_ci() || means_yes(env::var("LAB_INSTALL").ok().as_deref())) {
        return on_path(name).map_err(|not_there| missing(not_there.reason));
    }
    // One apt at a time, and whoever waited may find the work done.
    let _lock = once::lock(&cache_dir().join("apt.lock")).map_err(missing)?;
    if let Ok(client) = on_path(name) {
        return Ok(client);
    }
    install(package).map_err(|failure| {
        eprintln!("{failure}");
        missing(failure.last_word())
    })?;
    on_path(name).map_err(|not_there| missing(format!("{package} is installed, but there is {}", not_there.reason)))
}

/// The lists of packages are absent on a fresh image and stale on an old one: fetched only when they do not do.
fn install(package: &str) -> Result<(), Failure> {
    let install = || try_run(apt_get().args(["install", "-y", "--no-install-recommends", package])).map(drop);
    install().or_else(|_| {
        try_run(apt_get().arg("update"))?;
        install()
    })
}

fn apt_get() -> Command {
    let mut apt = command(if is_root() { "env" } else { "sudo" });
    if !is_root() {
        apt.args(["--non-interactive", "env"]);
    }
    // Another apt of this machine is waited for.
    apt.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]);
    apt
}
