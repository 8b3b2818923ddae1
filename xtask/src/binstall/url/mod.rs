//! URLs as cargo-binstall writes them: parsed and normalised by the WHATWG's URL Standard (<https://url.spec.whatwg.org>).
//!
//! Its crate for this brings thirty others into every adopter's build, for Unicode host names. Here is what release URLs
//! need; property tests hold it against that crate.

mod host;
mod path;

use std::fmt;

use host::Host;
pub use host::decode;

/// A parsed URL; it is displayed as the client requests it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// Up to and with the port: `https://github.com`.
    front: String,
    host: Option<Host>,
    /// `/owner/name`, percent-encoded; without the slash where the URL is no hierarchy.
    path: String,
    /// `?query#fragment`.
    rest: String,
}

/// Why a text is no URL, in the client's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoUrl {
    /// It has no scheme.
    Relative,
    /// It has no host.
    EmptyHost,
    /// Its host is no domain.
    Idna,
    /// Its host holds what no host can.
    Domain,
    /// Its port is no number below 65536.
    Port,
    /// Its host is an IPv4 address that is none.
    Ipv4,
    /// Its host is an IPv6 address that is none.
    Ipv6,
}

impl fmt::Display for NoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Relative => "relative URL without a base",
            Self::EmptyHost => "empty host",
            Self::Idna => "invalid international domain name",
            Self::Domain => "invalid domain character",
            Self::Port => "invalid port number",
            Self::Ipv4 => "invalid IPv4 address",
            Self::Ipv6 => "invalid IPv6 address",
        })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.front, self.path, self.rest)
    }
}

impl Url {
    /// Parses an absolute URL.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, NoUrl> {
        let trimmed = text.trim_matches(|c: char| c <= ' ');
        let text: String = trimmed.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
        let (scheme, after) = scheme(&text).ok_or(NoUrl::Relative)?;
        let special = ["http", "https", "ws", "wss", "ftp"].contains(&scheme.as_str());
        let is_slash = |c: char| c == '/' || (special && c == '\\');
        let (before_query, rest) = after.split_at(after.find(['?', '#']).unwrap_or(after.len()));
        let rest = path::query(rest, special);
        let authority = match after.strip_prefix("//") {
            _ if special => Some(before_query.trim_start_matches(is_slash)),
            Some(_) => Some(&before_query[2..]),
            None => None,
        };
        let Some(authority) = authority else {
            let path = if before_query.starts_with('/') {
                path::hierarchy(before_query, false)
            } else {
                path::opaque(before_query)
            };
            // Else the path would be read as a host.
            let path = if path.starts_with("//") { format!("/.{path}") } else { path };
            return Ok(Self { front: format!("{scheme}:"), host: None, path, rest });
        };
        let (authority, path) = authority.split_at(authority.find(is_slash).unwrap_or(authority.len()));
        let (user, host_port) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let (host, port) = host::split_port(host_port);
        if host.is_empty() && (special || user.is_some() || !port.is_empty()) {
            return Err(NoUrl::EmptyHost);
        }
        let host = if special { Some(Host::parse(host)?) } else { Host::opaque(host)? };
        let port = host::port(port, &scheme)?;
        let user = user.map(path::user).unwrap_or_default();
        let shown = host.as_ref().map(ToString::to_string).unwrap_or_default();
        let path = if special || !path.is_empty() { path::hierarchy(path, special) } else { String::new() };
        Ok(Self { front: format!("{scheme}://{user}{shown}{port}"), host, path, rest })
    }

    /// The URL of a file in this folder, whose own URL ends with a slash: as if the whole text had been parsed.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn file(&self, name: &str) -> Result<Self, NoUrl> {
        // Nothing in a usual name is changed, and a client tries hundreds of them.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
        let is_usual = name.chars().all(is_plain) && name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if is_usual && self.rest.is_empty() && self.path.ends_with('/') {
            return Ok(Self { path: format!("{}{name}", self.path), ..self.clone() });
        }
        Self::parse(&format!("{self}{name}"))
    }

    /// The host, if it is a name.
    pub fn domain(&self) -> Option<&str> {
        match &self.host {
            Some(Host::Domain(name)) => Some(name),
            _ => None,
        }
    }

    /// The parts of the path; none where the URL is no hierarchy.
    pub fn segments(&self) -> Option<Vec<&str>> {
        Some(self.path.strip_prefix('/')?.split('/').collect())
    }

    /// Whether something stands behind its path.
    pub fn has_query(&self) -> bool {
        !self.rest.is_empty()
    }

    /// The same URL with only the first `count` parts of its path.
    #[must_use]
    pub fn with_segments(&self, count: usize) -> Self {
        let kept: Vec<&str> = self.segments().unwrap_or_default().into_iter().take(count).collect();
        Self { path: format!("/{}", kept.join("/")), ..self.clone() }
    }
}

fn scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, after) = text.split_once(':')?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(allowed))
        .then(|| (scheme.to_ascii_lowercase(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> String {
        Url::parse(text).map_or_else(|error| error.to_string(), |url| url.to_string())
    }

    #[test]
    fn urls_are_normalised() {
        assert_eq!(url(" HTTPS://GitHub.com:443/a/../b/./c d?x=y z#{} \n"), "https://github.com/b/c%20d?x=y%20z#{}");
        assert_eq!(url(r"https:\\h\a{b}\%2e%2E\c"), "https://h/c");
        assert_eq!(url("http://u:p%@h:080/"), "http://u:p%@h:80/".replace(":80", ""));
        assert_eq!(url("https://h"), "https://h/");
        assert_eq!(url("ssh://git@github.com/o/r.git"), "ssh://git@github.com/o/r.git");
        assert_eq!(url("http://0x7f.1:8080/x"), "http://127.0.0.1:8080/x");
        assert_eq!(url("http://[::0:1]/x"), "http://[::1]/x");
    }

    #[test]
    fn what_is_no_url_is_told_in_the_clients_words() {
        assert_eq!(url("git@github.com:o/r.git"), "relative URL without a base");
        assert_eq!(url("https://"), "empty host");
        assert_eq!(url("https://h:99999/"), "invalid port number");
        assert_eq!(url("https://1.2.3.256/"), "invalid IPv4 address");
        assert_eq!(url("https://[1]/"), "invalid IPv6 address");
        assert_eq!(url("https://a b/"), "invalid international domain name");
    }

    #[test]
    fn files_are_named_as_if_the_whole_were_parsed() {
        let folder = Url::parse("https://github.com/o/r/releases/download/v1 x/").unwrap();
        for name in ["a-1.0.tar.gz", "a b", "..", ".", "a/../b", "", "a?b", "a#b", "ä", "a%2e", "a\\b", ".hidden"] {
            assert_eq!(folder.file(name), Url::parse(&format!("{folder}{name}")), "{name}");
        }
    }

    #[test]
    fn hosts_and_paths_are_taken_apart() {
        let url = Url::parse("https://github.com/o/r/tree/main/x").unwrap();
        assert_eq!((url.domain(), url.segments().unwrap().len()), (Some("github.com"), 5));
        assert_eq!(url.with_segments(2).to_string(), "https://github.com/o/r");
        assert_eq!(Url::parse("http://127.0.0.1/o").unwrap().domain(), None);
        assert_eq!(Url::parse("github.com:o/r").unwrap().segments(), None);
    }
}
