//! What an API answered.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::report::{Context, Error, Result};

/// The longest part of an answer that is repeated in an error, in characters.
const SHOWN: usize = 300;

/// The answer to one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What was asked for: `GET https://…`.
    pub call: String,
    /// The status of HTTP.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body of a success, as JSON.
    ///
    /// # Errors
    /// Another status, or what is not the JSON that it should be.
    pub fn json<T: DeserializeOwned>(self) -> Result<T> {
        let reply = self.success()?;
        serde_json::from_slice(&reply.body).context(|| format!("what {} answers is not understood", reply.call))
    }

    /// The same; none where there is nothing (404).
    ///
    /// # Errors
    /// As [`Reply::json`].
    pub fn found<T: DeserializeOwned>(self) -> Result<Option<T>> {
        if self.status == 404 { Ok(None) } else { self.json().map(Some) }
    }

    /// The same, with the words of a failure made harmless by `redacted`.
    #[must_use]
    pub fn redacted(self, redacted: impl Fn(&[u8]) -> String) -> Self {
        let is_failure = self.status >= 300;
        Self { body: if is_failure { redacted(&self.body).into_bytes() } else { self.body }, ..self }
    }

    /// Itself, if it is a success.
    ///
    /// # Errors
    /// Another status, with the forge's words.
    pub fn success(self) -> Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let error = Error::new(format!("{} is refused", self.call));
        let said = self.said();
        let why = format!("HTTP {}{}{said}", self.status, if said.is_empty() { "" } else { ": " });
        let error = error.because(why);
        Err(match self.status {
            401 => error.help("the token is not accepted: make a new one"),
            403 => error.help("the token may not do this: it has to be one that may write releases"),
            429 => error.help("the forge wants fewer questions: wait some minutes"),
            _ => error,
        })
    }

    /// What the forge says of a failure: its JSON's words, else the beginning of what it sent.
    fn said(&self) -> String {
        let json: Option<Value> = serde_json::from_slice(&self.body).ok();
        let words = |key: &str| match json.as_ref()?.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        };
        let said: Vec<String> = ["message", "error", "errors"].into_iter().filter_map(words).collect();
        let said = if said.is_empty() { String::from_utf8_lossy(&self.body).trim().to_owned() } else { said.join(" ") };
        said.chars().take(SHOWN).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_the_forges_words() {
        let said = |status, body: &str| {
            let reply = Reply { call: "POST https://h/x".into(), status, body: body.into() };
            reply.success().unwrap_err().to_string()
        };
        let github = r#"{"message": "Validation Failed", "errors": [{"code": "already_exists"}]}"#;
        assert_eq!(
            said(422, github),
            "POST https://h/x is refused\n  because: HTTP 422: Validation Failed [{\"code\":\"already_exists\"}]"
        );
        assert!(said(500, "<html>\noops").ends_with("because: HTTP 500: <html>\n           oops"));
        assert!(said(401, "").contains("HTTP 401\n  help: the token is not accepted"));
        let missing = Reply { call: String::new(), status: 404, body: Vec::new() };
        assert_eq!(missing.found::<Value>().unwrap(), None);
    }
}
