//! One version of a crate: what the index says of it now, and its file
//! (<https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration>).

use std::path::Path;

use semver::Version;
use serde::Deserialize;

use super::index::path_of;
use super::{Asking, Question, Registry, Reply, Work, base_of, curl};
use crate::hash::sha256;
use crate::report::{Context, Error, Result};

/// A version that a registry has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The sha256 of its file.
    pub sha256: String,
    /// Whether nobody new gets it.
    pub yanked: bool,
}

#[derive(Deserialize)]
struct Line {
    vers: Version,
    cksum: String,
    #[serde(default)]
    yanked: bool,
}

#[derive(Deserialize)]
struct Settings {
    dl: String,
}

impl Registry<'_> {
    /// What the index says of a version at this moment: nothing is taken from what was kept, and nothing is kept.
    ///
    /// # Errors
    /// No curl; a registry that does not answer, or not as an index does.
    pub fn find(&self, name: &str, version: &Version, asking: Asking<'_>) -> Result<Option<Published>> {
        let url = format!("{}{}", self.url()?, path_of(name));
        let reply = self.get(&url, asking)?;
        if [404, 410, 451].contains(&reply.status) {
            return Ok(None);
        }
        let body = body(&url, reply)?;
        for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Line =
                serde_json::from_slice(line).context(|| format!("the answer of {url} is no file of an index"))?;
            // Build metadata makes no other version of it.
            if line.vers.cmp_precedence(version).is_eq() {
                return Ok(Some(Published { sha256: line.cksum, yanked: line.yanked }));
            }
        }
        Ok(None)
    }

    /// Downloads the file of a published version to `file`.
    ///
    /// # Errors
    /// As [`Registry::find`]; bytes that are not those of the index; a file that cannot be written.
    pub fn download(
        &self,
        (name, version): (&str, &Version),
        published: &Published,
        asking: Asking<'_>,
        file: &Path,
    ) -> Result<()> {
        let config = format!("{}config.json", self.url()?);
        let settings: Settings = serde_json::from_slice(&body(&config, self.get(&config, asking)?)?)
            .context(|| format!("{config} is no configuration of a registry"))?;
        let url = url_of(&settings.dl, name, &version.to_string(), &published.sha256);
        let bytes = body(&url, self.get(&url, asking)?)?;
        if sha256(&bytes) != published.sha256 {
            return Err(Error::new(format!("{url} is not what the index says")).because(format!(
                "its sha256 is {}, and that of the index {}",
                sha256(&bytes),
                published.sha256
            )));
        }
        std::fs::write(file, bytes).context(|| format!("cannot write {}", file.display()))
    }

    fn url(&self) -> Result<String> {
        base_of(self.index).map_err(Error::new)
    }

    fn get(&self, url: &str, asking: Asking<'_>) -> Result<Reply> {
        let work = Work::below(&self.folder)?;
        let question = Question { url: url.to_owned(), headers: Vec::new() };
        let replies = curl::ask(asking.runner, &(asking.network)()?, &[question], &work.0)?;
        let reply = replies.into_iter().next().unwrap_or_else(|| Err("curl said nothing".to_owned()));
        reply.map_err(|reason| failed(url).because(reason))
    }
}

fn body(url: &str, reply: Reply) -> Result<Vec<u8>> {
    match reply.status {
        200 => Ok(reply.body),
        401 | 403 => Err(failed(url).because(format!("it answers {}: it wants a token", reply.status))),
        status => Err(failed(url).because(format!("it answers {status}"))),
    }
}

fn failed(url: &str) -> Error {
    Error::new(format!("cannot ask {url}")).help("look at the network and at cargo's configuration, and run it again")
}

/// Where a file is, of the `dl` of a registry's configuration.
fn url_of(dl: &str, name: &str, version: &str, sha256: &str) -> String {
    let folders = |path: &str| path.rsplit_once('/').map(|(folders, _)| folders.to_owned()).unwrap_or_default();
    let lower = folders(&path_of(name));
    // The same letters, as the name has them.
    let prefix = match name.len() {
        0..=2 => lower.clone(),
        3 => format!("3/{}", name.get(..1).unwrap_or_default()),
        _ => format!("{}/{}", name.get(..2).unwrap_or_default(), name.get(2..4).unwrap_or_default()),
    };
    let values = [
        ("{crate}", name),
        ("{version}", version),
        ("{prefix}", &prefix),
        ("{lowerprefix}", &lower),
        ("{sha256-checksum}", sha256),
    ];
    if !values.iter().any(|(marker, _)| dl.contains(marker)) {
        return format!("{dl}/{name}/{version}/download");
    }
    values.iter().fold(dl.to_owned(), |url, (marker, value)| url.replace(marker, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_where_the_registry_says() {
        let of = |dl| url_of(dl, "MyCrate", "1.2.3", "c0ffee");
        assert_eq!(of("https://h/api"), "https://h/api/MyCrate/1.2.3/download");
        assert_eq!(of("https://h/{crate}/{crate}-{version}.crate"), "https://h/MyCrate/MyCrate-1.2.3.crate");
        assert_eq!(of("https://h/{prefix}/{lowerprefix}/{sha256-checksum}"), "https://h/My/Cr/my/cr/c0ffee");
        assert_eq!(url_of("h/{prefix}/{lowerprefix}", "Abc", "1.0.0", ""), "h/3/A/3/a");
    }
}
