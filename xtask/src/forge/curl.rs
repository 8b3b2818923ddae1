//! APIs through curl.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Access, Reply};
use crate::curl::{self, quoted};
use crate::report::{Context, Error, Result};

/// What goes with a call.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Nothing.
    None,
    /// JSON.
    Json(&'a Value),
    /// The bytes of a file.
    File(&'a Path),
    /// A form with one file in it: the field, the file, its name.
    Form(&'a str, &'a Path, &'a str),
}

/// curl, with a header that tells who asks.
#[derive(Debug, Clone)]
pub struct Curl<'a> {
    /// How the forge is reached.
    pub access: Access<'a>,
    /// The header: `Authorization: token …`; none where nobody is to be told.
    pub credentials: Option<String>,
}

impl Curl<'_> {
    /// Calls `url`.
    ///
    /// # Errors
    /// No curl, no answer, an answer that does not come in time.
    pub fn call(&self, method: &str, url: &str, body: Body<'_>) -> Result<Reply> {
        let file = self.access.work.join("reply");
        let status = self.transfer(method, url, body, &file)?;
        let bytes = match std::fs::read(&file) {
            // Nothing is written of an empty body.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.context(|| format!("cannot read {}", file.display()))?,
        };
        let reply = Reply { call: format!("{method} {url}"), status, body: bytes };
        Ok(reply.redacted(|said| self.access.redacted(said)))
    }

    /// The sha256 of what is at `url`; none where there is nothing.
    ///
    /// # Errors
    /// As [`Curl::call`], and another status than that of a success.
    pub fn sha256(&self, url: &str) -> Result<Option<String>> {
        let file = self.access.work.join("download");
        let status = self.transfer("GET", url, Body::None, &file)?;
        match status {
            404 => Ok(None),
            200 if !file.exists() => Ok(Some(crate::hash::sha256(b""))),
            200 => crate::hash::hash_file(&file).map(|(_, sha256)| Some(sha256)),
            _ => {
                let body = std::fs::read(&file).unwrap_or_default();
                let reply = Reply { call: format!("GET {url}"), status, body };
                reply.redacted(|said| self.access.redacted(said)).success().map(|_| None)
            }
        }
    }

    /// Writes the answer to `file`, and gives its status.
    fn transfer(&self, method: &str, url: &str, body: Body<'_>, file: &PathBuf) -> Result<u16> {
        let failed = || Error::new(format!("{method} {url} fails"));
        // The answer to the last call.
        let _ = std::fs::remove_file(file);
        let config = self.configuration(method, url, body, file);
        let command = self.access.runner.command("curl").args(["--disable", "--config", "-"]).stdin(config);
        let output = command.ignore_status().output();
        let output = output.map_err(|error| failed().because(error).help(curl::INSTALL))?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut words = told.splitn(2, ' ');
        let status: u16 = words.next().and_then(|status| status.parse().ok()).unwrap_or_default();
        match (output.status.code(), status) {
            (Some(0), 1..) => Ok(status),
            // curl's own words name whatever it was about to do.
            (Some(28), _) => Err(failed().because("it did not answer in time")),
            _ => {
                let said = self.access.redacted(&output.stderr).trim().to_owned();
                Err(failed().because(if said.is_empty() { output.status.to_string() } else { said }))
            }
        }
    }

    /// What curl is told (`curl --manual`, CONFIG FILE).
    fn configuration(&self, method: &str, url: &str, body: Body<'_>, file: &Path) -> String {
        let seconds = self.access.forge.timeout.to_string();
        let mut text = String::from("silent\nshow-error\ngloboff\nwrite-out = \"%{http_code} \"\n");
        let mut set = |option: &str, value: &str| curl::set(&mut text, option, value);
        set("url", url);
        set("request", method);
        set("output", &file.to_string_lossy());
        set("connect-timeout", &seconds);
        set("speed-time", &seconds);
        set("speed-limit", "1");
        set("proto", "=http,https");
        set("user-agent", curl::AGENT);
        // Nobody is asked beforehand whether a body is welcome: some servers never answer that.
        set("header", "Expect:");
        self.credentials.iter().for_each(|header| set("header", header));
        match body {
            Body::None => {}
            Body::Json(value) => {
                set("header", "Content-Type: application/json");
                set("data-raw", &value.to_string());
            }
            Body::File(file) => {
                set("header", "Content-Type: application/octet-stream");
                set("upload-file", &file.to_string_lossy());
            }
            Body::Form(field, file, name) => {
                let (file, name) = (quoted(&file.to_string_lossy()), quoted(name));
                set("form", &format!("{field}=@{file};filename={name};type=application/octet-stream"));
            }
        }
        // To another host, curl takes every header along but this one.
        let keeps_secrets = self.credentials.as_ref().is_none_or(|header| header.starts_with("Authorization:"));
        if method == "GET" && keeps_secrets {
            text.push_str("location\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Forge, ForgeKind};
    use crate::run::Runner;

    #[test]
    fn nothing_leaves_its_quotes_and_redirects_get_no_token() {
        let forge = Forge {
            kind: ForgeKind::Gitea,
            repository: "https://h/o/r".into(),
            api: None,
            token_env: None,
            remote: None,
            changelog: None,
            without_changelog: false,
            upload: Vec::new(),
            timeout: 7,
        };
        let runner = Runner::new(Path::new(".")).unwrap();
        let access = Access { forge: &forge, tag: "v1", runner: &runner, work: Path::new("w") };
        let curl = Curl { access, credentials: Some("Authorization: token a\"b".into()) };
        let form = Body::Form("attachment", Path::new("/a \"b\"/c"), "c;d");
        let text = curl.configuration("POST", "https://h/x", form, Path::new("out"));
        for line in [
            r#"header = "Authorization: token a\"b""#,
            r#"form = "attachment=@\"/a \\\"b\\\"/c\";filename=\"c;d\";type=application/octet-stream""#,
            r#"speed-time = "7""#,
            r#"request = "POST""#,
        ] {
            assert!(text.lines().any(|there| there == line), "{line} is not in {text}");
        }
        assert!(!text.contains("location"));
        let other = Curl { access, credentials: Some("PRIVATE-TOKEN: x".into()) };
        assert!(!other.configuration("GET", "https://h/x", Body::None, Path::new("out")).contains("location"));
        let json = serde_json::json!({ "a": "x\ny\" \\" });
        let text =
            Curl { credentials: None, ..curl }.configuration("GET", "https://h/x", Body::Json(&json), Path::new("out"));
        assert!(text.contains(r#"data-raw = "{\"a\":\"x\\ny\\\" \\\\\"}""#) && text.contains("\nlocation\n"), "{text}");
    }
}
