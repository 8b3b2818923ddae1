//! Who may publish: a token that cargo finds by itself. It is in the environment, in cargo's own file, or with a
//! credential provider (<https://doc.rust-lang.org/cargo/reference/registry-authentication.html>). Trusted publishing is
//! the first: what exchanges the CI's identity for a token puts that into the variable.

use std::path::PathBuf;

use super::CRATES_IO;
use crate::project::CargoConfig;
use crate::report::Error;
use crate::run::hide;

/// The token of a registry, or the knowledge that cargo will find one.
#[derive(Clone)]
pub struct Token {
    variable: String,
    value: Option<String>,
}

impl Token {
    /// The variable in which cargo looks for the token of a registry.
    pub fn variable(registry: &str) -> String {
        if registry == CRATES_IO {
            "CARGO_REGISTRY_TOKEN".to_owned()
        } else {
            format!("CARGO_REGISTRIES_{}_TOKEN", registry.to_uppercase().replace('-', "_"))
        }
    }

    /// The token of a registry. That of crates.io is kept from everything that is run from now on: compilers and build
    /// scripts of strangers have no use for it. Other registries may want theirs for downloads too.
    pub fn of(registry: &str) -> Self {
        let variable = Self::variable(registry);
        if registry == CRATES_IO {
            hide(&variable);
        }
        let value = std::env::var(&variable).ok().filter(|value| !value.is_empty());
        Self { variable, value }
    }

    /// As if it had been in that variable.
    #[cfg(test)]
    pub fn with(variable: &str, value: &str) -> Self {
        Self { variable: variable.to_owned(), value: Some(value.to_owned()) }
    }

    /// What is to be set for the one command that publishes.
    pub fn env(&self) -> Option<(&str, &str)> {
        Some((self.variable.as_str(), self.value.as_deref()?))
    }

    /// Looks whether cargo will find a token of `registry`; whether it is good, only the registry knows.
    ///
    /// # Errors
    /// There is none.
    pub fn check(&self, registry: &str, cargo: &CargoConfig) -> Result<(), Error> {
        if self.value.is_some() || has_credentials(registry) || has_provider(registry, cargo) {
            return Ok(());
        }
        let login = if registry == CRATES_IO { String::new() } else { format!(" --registry {registry}") };
        Err(Error::new(format!("there is no token for {registry}"))
            .because(format!("neither {} nor a credentials.toml of cargo has one", self.variable))
            .help(format!("run `cargo login{login}`, or set {}; --dry-run needs none", self.variable)))
    }
}

/// Whether cargo's own file has a token.
fn has_credentials(registry: &str) -> bool {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let Some(home) = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))) else { return false };
    // Cargo still reads the old name.
    let read = |name| std::fs::read_to_string(home.join(name)).ok();
    let texts = ["credentials.toml", "credentials"].into_iter().filter_map(read);
    texts.into_iter().any(|text| names_token(&text, registry))
}

fn names_token(text: &str, registry: &str) -> bool {
    let source = crate::spanned::Source { name: "credentials.toml".into(), text: text.to_owned() };
    let Ok(table) = crate::spanned::parse(&std::sync::Arc::new(source)) else { return false };
    let path: &[&str] = if registry == CRATES_IO { &["registry", "token"] } else { &["registries", registry, "token"] };
    let also = ["registries", registry, "token"];
    [path, &also].iter().any(|path| crate::spanned::place(&table, path, "").is_some())
}

/// Whether something other than that file is asked.
fn has_provider(registry: &str, cargo: &CargoConfig) -> bool {
    let own: &[&str] = &["registries", registry, "credential-provider"];
    let paths = [own, &["registry", "credential-provider"], &["registry", "global-credential-providers"]];
    paths.iter().any(|path| cargo.has(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_those_of_cargo() {
        assert_eq!(Token::variable("crates-io"), "CARGO_REGISTRY_TOKEN");
        assert_eq!(Token::variable("my-own"), "CARGO_REGISTRIES_MY_OWN_TOKEN");
    }

    #[test]
    fn tokens_are_found_where_cargo_login_writes_them() {
        let text = "[registry]\ntoken = 'a'\n[registries.mine]\ntoken = 'b'\n[registries.theirs]\nsecret-key = 'c'";
        assert!(names_token(text, "crates-io") && names_token(text, "mine"));
        assert!(!names_token(text, "theirs") && !names_token("[registries.mine]\ntoken = 'b'", "crates-io"));
        assert!(!names_token("no toml", "mine"));
    }
}
