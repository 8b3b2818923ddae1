//! Forges, known by the names of their hosts as cargo-binstall knows them, and where each keeps the files of a release.

/// Whose forge a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Any host whose name begins with `github`.
    GitHub,
    /// Any host whose name begins with `gitlab`.
    GitLab,
    /// bitbucket.org.
    Bitbucket,
    /// sourceforge.net.
    SourceForge,
    /// codeberg.org.
    Codeberg,
    /// Any other: nothing is known of it.
    Unknown,
}

impl Host {
    /// The forge of a domain, which is in lower case; an address is none.
    pub fn of_domain(domain: Option<&str>) -> Self {
        match domain {
            Some(name) if name.starts_with("github") => Self::GitHub,
            Some(name) if name.starts_with("gitlab") => Self::GitLab,
            Some("bitbucket.org") => Self::Bitbucket,
            Some("sourceforge.net") => Self::SourceForge,
            Some("codeberg.org") => Self::Codeberg,
            _ => Self::Unknown,
        }
    }

    /// The forge of a URL, whose host is known in any case; none for what is no URL of a repository.
    pub fn of_url(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        let (authority, path) = rest.split_once('/')?;
        let host = authority.split_once('@').map_or(authority, |(_, host)| host);
        let host = host.split_once(':').map_or(host, |(host, _)| host).to_ascii_lowercase();
        (!path.trim_matches('/').is_empty()).then(|| Self::of_domain(Some(&host)))
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub",
            Self::GitLab => "GitLab",
            Self::Bitbucket => "Bitbucket",
            Self::SourceForge => "SourceForge",
            Self::Codeberg => "Codeberg",
            Self::Unknown => "unknown host",
        }
    }

    /// The template of the URL of a release's file; none where nothing is known.
    pub fn download_url(self) -> Option<&'static str> {
        Some(match self {
            Self::GitHub | Self::Codeberg => "{ repo }/releases/download/{ tag }/{ asset }",
            Self::GitLab => "{ repo }/-/releases/{ tag }/downloads/binaries/{ asset }",
            Self::Bitbucket => "{ repo }/downloads/{ asset }",
            Self::SourceForge => "{ repo }/files/binaries/{ tag }/{ asset }/download",
            Self::Unknown => return None,
        })
    }

    /// Where the files of a release with this tag are, below the repository's URL, and what stands behind their names;
    /// none where nothing is known.
    pub fn folder(self, tag: &str) -> Option<(String, &'static str)> {
        let (folder, end) = self.download_url()?.strip_prefix("{ repo }")?.split_once("/{ asset }")?;
        Some((folder.replace("{ tag }", tag), end))
    }

    /// Whether files of different releases are in one folder, so that their names have to tell them apart.
    pub fn shares_folder(self) -> bool {
        self == Self::Bitbucket
    }
}

/// Where a forge keeps the files of a release, as cargo-binstall looks for them by default; `None` where the host is
/// not one that is known.
pub fn forge_download_url(repository: &str) -> Option<&'static str> {
    Host::of_url(repository)?.download_url()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_known_as_the_client_knows_them() {
        let known = |repository: &str| forge_download_url(repository).is_some();
        for repository in ["https://GitHub.com/o/r", "http://github.localhost:80/o/r", "https://gitlab.gnome.org/a/b/c"]
        {
            assert!(known(repository), "{repository}");
        }
        for repository in ["https://www.github.com/o/r", "https://codeberg.example.org/o/r", "https://github.com/", ""]
        {
            assert!(!known(repository), "{repository}");
        }
    }

    #[test]
    fn folders_are_those_of_the_templates() {
        let folder = |host: Host| host.folder("v1").unwrap();
        assert_eq!(folder(Host::GitLab), ("/-/releases/v1/downloads/binaries".to_owned(), ""));
        assert_eq!(folder(Host::Bitbucket), ("/downloads".to_owned(), ""));
        assert_eq!(folder(Host::SourceForge), ("/files/binaries/v1".to_owned(), "/download"));
        assert_eq!(Host::Unknown.folder("v1"), None);
    }
}
