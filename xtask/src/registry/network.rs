//! How the network is reached: as cargo does it, since it is cargo's registries that are asked.

use std::path::PathBuf;
use std::time::Duration;

use crate::project::CargoConfig;

/// How long a registry may say nothing, unless cargo's `http.timeout` tells. Cargo itself waits for 30 seconds; nobody
/// waits so long for a table.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How the network is reached, as cargo's `[http]` says (the Cargo book, "Configuration").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// `http.proxy`; those of the environment unless set.
    pub proxy: Option<String>,
    /// `http.cainfo`; the system's certificates unless set.
    pub cainfo: Option<PathBuf>,
    /// `http.timeout`: how long nothing may come; all together may take four times as long.
    pub timeout: Duration,
}

impl Network {
    /// What cargo's configuration and the environment say, the environment being stronger.
    pub fn of(cargo: &CargoConfig) -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let seconds = set("CARGO_HTTP_TIMEOUT").and_then(|seconds| seconds.parse().ok());
        let seconds = seconds.or_else(|| cargo.number(&["http", "timeout"]));
        Self {
            proxy: set("CARGO_HTTP_PROXY").or_else(|| cargo.string(&["http", "proxy"]).map(str::to_owned)),
            cainfo: set("CARGO_HTTP_CAINFO").map(PathBuf::from).or_else(|| cargo.path(&["http", "cainfo"])),
            timeout: seconds.map_or(TIMEOUT, Duration::from_secs),
        }
    }
}
