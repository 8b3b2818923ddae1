//! Where registries are, by cargo's own rules: the Cargo book, "Registries" and "Source Replacement".

use super::CargoConfig;
use crate::report::{Error, Result};

/// The name that cargo has for crates.io.
const CRATES_IO: &str = "crates-io";
/// Where cargo itself looks for crates.io unless it is told otherwise; no command of cargo's tells it.
const CRATES_IO_INDEX: &str = "sparse+https://index.crates.io/";

impl CargoConfig {
    /// The registry to which `cargo publish` goes when none is named.
    pub fn default_registry(&self) -> String {
        let named = variable("CARGO_REGISTRY_DEFAULT");
        named.or_else(|| self.string(&["registry", "default"]).map(str::to_owned)).unwrap_or(CRATES_IO.to_owned())
    }

    /// The index of the registry of that name, as cargo asks it: of a mirror, where one is in its place.
    ///
    /// # Errors
    /// Cargo's configuration has no such registry, or replaces it in a circle.
    pub fn index_of(&self, registry: &str) -> Result<String> {
        let mut name = registry;
        let mut seen = Vec::new();
        // What is replaced by a folder (`cargo vendor`) is still published where it was.
        while let Some(next) = self.string(&["source", name, "replace-with"]).filter(|next| self.is_registry(next)) {
            if seen.contains(&next) {
                return Err(Error::new(format!("cargo's configuration replaces the source `{next}` by itself"))
                    .help("mend `replace-with` in .cargo/config.toml"));
            }
            seen.push(next);
            name = next;
        }
        self.published_index_of(name)
    }

    /// The index of the registry of that name itself, which `cargo publish --registry` waits for: no mirror's.
    ///
    /// # Errors
    /// Cargo's configuration has no such registry.
    pub fn published_index_of(&self, registry: &str) -> Result<String> {
        self.own_index_of(registry).ok_or_else(|| {
            Error::new(format!("cargo's configuration has no registry `{registry}`"))
                .help(format!("[registries.{registry}]\nindex = \"sparse+https://…/\""))
        })
    }

    fn is_registry(&self, name: &str) -> bool {
        self.own_index_of(name).is_some() || self.string(&["source", name, "replace-with"]).is_some()
    }

    /// The index of that registry itself.
    fn own_index_of(&self, name: &str) -> Option<String> {
        let of_registry = variable(&index_variable(name)).or_else(|| self.owned(&["registries", name, "index"]));
        let found = self.owned(&["source", name, "registry"]).or(of_registry);
        found.or_else(|| (name == CRATES_IO).then(|| CRATES_IO_INDEX.to_owned()))
    }

    fn owned(&self, path: &[&str]) -> Option<String> {
        self.string(path).map(str::to_owned)
    }
}

/// The variables of the environment that say where registries are, with their values.
pub fn registry_variables() -> Vec<(String, String)> {
    let known = |name: &str| {
        name == "CARGO_REGISTRY_DEFAULT" || (name.starts_with("CARGO_REGISTRIES_") && name.ends_with("_INDEX"))
    };
    let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
    let all = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    let mut found: Vec<_> = all.filter(|(name, _)| known(name)).collect();
    found.sort();
    found
}

fn index_variable(name: &str) -> String {
    format!("CARGO_REGISTRIES_{}_INDEX", name.to_uppercase().replace('-', "_"))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(config: &str, registry: &str) -> Result<String, String> {
        CargoConfig::of(&[config]).index_of(registry).map_err(|error| error.to_string())
    }

    #[test]
    fn crates_io_needs_no_configuration() {
        assert_eq!(CargoConfig::of(&[]).default_registry(), "crates-io");
        assert_eq!(index("", "crates-io").as_deref(), Ok(CRATES_IO_INDEX));
    }

    #[test]
    fn mirrors_stand_for_what_they_replace() {
        let chain = "[source.crates-io]\nreplace-with = 'a'\n[source.a]\nreplace-with = 'b'\n\
                     [registries.b]\nindex = 'sparse+https://b/'";
        assert_eq!(index(chain, "crates-io").as_deref(), Ok("sparse+https://b/"));
        let source = "[source.crates-io]\nreplace-with = 'a'\n[source.a]\nregistry = 'sparse+https://a/'";
        assert_eq!(index(source, "crates-io").as_deref(), Ok("sparse+https://a/"));
    }

    #[test]
    fn vendored_sources_are_no_registry() {
        let vendored = "[source.crates-io]\nreplace-with = 'v'\n[source.v]\ndirectory = 'vendor'";
        assert_eq!(index(vendored, "crates-io").as_deref(), Ok(CRATES_IO_INDEX));
    }

    #[test]
    fn other_registries_are_found_by_name() {
        let config = "[registry]\ndefault = 'mine'\n[registries.mine]\nindex = 'sparse+https://m/'";
        assert_eq!(CargoConfig::of(&[config]).default_registry(), "mine");
        assert_eq!(index(config, "mine").as_deref(), Ok("sparse+https://m/"));
        assert!(index(config, "theirs").unwrap_err().contains("no registry `theirs`"));
        assert_eq!(index_variable("my-own"), "CARGO_REGISTRIES_MY_OWN_INDEX");
    }

    #[test]
    fn circles_are_told() {
        let circle = "[source.crates-io]\nreplace-with = 'a'\n[source.a]\nreplace-with = 'crates-io'";
        assert!(index(circle, "crates-io").unwrap_err().contains("by itself"));
    }
}
