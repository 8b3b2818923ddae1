//! Hosts and files that do not exist anywhere else.

use std::collections::BTreeMap;

use super::{Answer, Request, Response};

/// Answers by URL, whatever the host; all else is not found.
#[derive(Clone, Debug, Default)]
pub struct Site {
    answers: BTreeMap<String, Response>,
}

impl Site {
    /// A site with nothing on it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this file at `url`.
    #[must_use]
    pub fn file(self, url: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.at(url, Response::ok(bytes))
    }

    /// With this answer to whatever is asked of `url`.
    #[must_use]
    pub fn at(mut self, url: &str, response: Response) -> Self {
        self.answers.insert(url.to_owned(), response);
        self
    }
}

impl Answer for Site {
    fn answer(&self, request: &Request) -> Response {
        self.answers.get(&request.url).cloned().unwrap_or_else(Response::not_found)
    }
}
