//! GitHub's API through `gh`, which finds the user's credentials in its own store.

use std::path::Path;

use serde_json::Value;

use super::{Access, Reply};
use crate::report::{Error, Result};

/// A slow line brings so many bytes a second: an upload is waited for as long as it takes at that.
const SLOWEST: u64 = 20_000;

/// What goes with a call.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Nothing.
    None,
    /// JSON.
    Json(&'a Value),
    /// The bytes of a file.
    File(&'a Path, u64),
}

/// `gh`, for one host.
#[derive(Debug, Clone, Copy)]
pub struct Gh<'a> {
    /// How the forge is reached.
    pub access: Access<'a>,
    /// The host: `github.com`.
    pub host: &'a str,
}

impl Gh<'_> {
    /// Calls the API; `path` is below its root, or a URL.
    ///
    /// # Errors
    /// No `gh`, no answer, an answer that does not come in time.
    pub fn call(&self, method: &str, path: &str, accept: &str, body: Body<'_>) -> Result<Reply> {
        let call = format!("{method} {path} on {}", self.host);
        let failed = || Error::new(format!("gh cannot ask for {call}"));
        let mut gh = self.access.runner.command("gh").args(["api", "--include", "--hostname", self.host]);
        gh = gh.args(["--method", method, "--header", &format!("Accept: {accept}")]);
        gh = gh.env("GH_PROMPT_DISABLED", "1").env("GH_NO_UPDATE_NOTIFIER", "1").env("NO_COLOR", "1");
        // Whatever a user's shell has there would go into the answers.
        gh = gh.env_remove("GH_DEBUG").env_remove("DEBUG").env_remove("GH_FORCE_TTY").env_remove("CLICOLOR_FORCE");
        if let Some(token) = self.access.forge.token_env.as_ref().and_then(|_| self.access.token()) {
            gh = gh.env("GH_TOKEN", &token).env("GH_ENTERPRISE_TOKEN", &token);
        }
        let mut patience = self.access.patience();
        let mut input = Vec::new();
        match body {
            Body::None => {}
            Body::Json(value) => {
                gh = gh.args(["--input", "-"]);
                input = value.to_string().into_bytes();
            }
            Body::File(file, size) => {
                gh = gh.args(["--header", "Content-Type: application/octet-stream", "--input"]).arg(file);
                patience += std::time::Duration::from_secs(size / SLOWEST);
            }
        }
        let output = self.access.runner.output_within(gh.arg(path), &input, patience);
        let output = output.map_err(|error| failed().because(error))?;
        let reply = read(&output.stdout, &call).map(|reply| reply.redacted(|said| self.access.redacted(said)));
        reply.ok_or_else(|| {
            let said = self.access.redacted(&output.stderr).trim().to_owned();
            let error = failed().because(if said.is_empty() { output.status.to_string() } else { said.clone() });
            if said.contains("gh auth login") {
                error.help(format!("gh auth login --hostname {}", self.host))
            } else {
                error
            }
        })
    }
}

/// Reads `--include`: a status line, headers, an empty line, the body.
fn read(output: &[u8], call: &str) -> Option<Reply> {
    let line_end = output.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&output[..line_end]).ok()?;
    let status = line.strip_prefix("HTTP/")?.split(' ').nth(1)?.trim().parse().ok()?;
    let after = |mark: &[u8]| output.windows(mark.len()).position(|bytes| bytes == mark).map(|at| at + mark.len());
    // gh ends the lines of headers by CR LF, except, in old versions, that of the status.
    let start = [after(b"\r\n\r\n"), after(b"\n\n")].into_iter().flatten().min()?;
    Some(Reply { call: call.to_owned(), status, body: output[start..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_with_their_heads() {
        let reply = read(b"HTTP/1.1 200 OK\nContent-Type: x\r\nEtag: y\r\n\r\n{\"a\": \"\\n\\n\"}\n\nx", "c").unwrap();
        assert_eq!((reply.status, reply.body.as_slice()), (200, &b"{\"a\": \"\\n\\n\"}\n\nx"[..]));
        let reply = read(b"HTTP/2.0 404 Not Found\r\nX: y\r\n\r\n", "c").unwrap();
        assert_eq!((reply.status, reply.body.len()), (404, 0));
        for broken in ["", "\n", "error connecting to api.github.com\n", "HTTP/1.1 200 OK\nX: y"] {
            assert_eq!(read(broken.as_bytes(), "c"), None);
        }
    }
}
