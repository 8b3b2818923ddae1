//! Hosts that only keep files (Bitbucket's downloads, a web server, a bucket): a command of the user's brings each of
//! them there, and that it came is seen at its URL.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::Access;
use super::curl::Curl;
use crate::names;
use crate::report::{Error, Result};

/// A slow line brings so many bytes a second: an upload is waited for as long as it takes at that.
const SLOWEST: u64 = 20_000;

/// The place of a release's files.
#[derive(Debug)]
pub struct Hosting<'a> {
    access: Access<'a>,
    version: &'a str,
}

impl<'a> Hosting<'a> {
    /// The place of the files of this version.
    pub fn new(access: Access<'a>, version: &'a str) -> Self {
        Self { access, version }
    }

    /// The sha256 of what the world gets at a file's URL; none where there is nothing.
    ///
    /// # Errors
    /// A host that does not answer.
    pub fn sha256(&self, url: &str) -> Result<Option<String>> {
        Curl { access: self.access, credentials: None }.sha256(url)
    }

    /// Runs the command for a file.
    ///
    /// # Errors
    /// A command that fails, in its own words.
    pub fn upload(&self, name: &str, file: &Path, url: &str) -> Result<()> {
        let path = file.to_string_lossy();
        let values = BTreeMap::from([
            ("file", &*path),
            ("asset", name),
            ("tag", self.access.tag),
            ("version", self.version),
            ("url", url),
        ]);
        let words = self.access.forge.upload.iter().map(|word| names::render(word, &values));
        let words = words.collect::<Result<Vec<_>>>()?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(Error::usage("[forge] has no `upload`"));
        };
        let failed = || Error::new(format!("{program} does not bring {name} there"));
        let size = file.metadata().map_or(0, |file| file.len());
        let patience = self.access.patience() + Duration::from_secs(size / SLOWEST);
        let command = self.access.runner.command(program).args(arguments);
        let output = self.access.runner.output_within(command, b"", patience);
        let output = output.map_err(|error| failed().because(error))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stderr, output.stdout].concat();
        let said = self.access.redacted(&said).trim().to_owned();
        Err(failed().because(if said.is_empty() { output.status.to_string() } else { said }))
    }
}
