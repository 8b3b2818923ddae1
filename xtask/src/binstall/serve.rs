//! Which of the files that there are the client installs from.

use super::{Candidate, Entry, Found, Refusal, Resolution};

/// What is at a URL.
#[derive(Debug, Clone)]
pub struct Answer<'a> {
    /// The entries of the archive (none for a program by itself), or why the client cannot read it.
    pub entries: Result<&'a [Entry], Refusal>,
    /// What the file at the candidate's signature URL is; nothing is asked where there is none.
    pub signature: Signature,
}

/// What a signature is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// There is none.
    Missing,
    /// It is one of the file and the key.
    Good,
    /// It is not, or it is no prehashed minisign signature at all.
    Bad,
}

/// What the client installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served<'r> {
    /// The URL that it is from.
    pub candidate: &'r Candidate,
    /// The programs.
    pub found: Found,
    /// Other URLs that answer too, in the same round: whichever answers first serves.
    pub rivals: Vec<&'r Candidate>,
}

impl Resolution {
    /// Tries the candidates against what there is; `ask` says what is at a candidate's URL.
    ///
    /// In each round only the first that answers is looked at: the client does not go on to the next when it is bad.
    ///
    /// # Errors
    /// Why nothing is installed, the last reason last.
    pub fn serve<'r, 'a>(
        &'r self,
        ask: impl Fn(&'r Candidate) -> Option<Answer<'a>>,
    ) -> Result<Served<'r>, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let urls = &self.candidates.urls;
        for round in urls.chunk_by(|one, next| one.name == next.name) {
            let mut answering = round.iter().filter_map(|candidate| Some((candidate, ask(candidate)?)));
            let Some((candidate, answer)) = answering.next() else { continue };
            match self.accept(candidate, &answer) {
                Ok(found) => {
                    let rivals = answering.map(|(rival, _)| rival).filter(|rival| rival.url != candidate.url);
                    return Ok(Served { candidate, found, rivals: rivals.collect() });
                }
                Err(refusal) => refusals.push(refusal),
            }
        }
        if refusals.is_empty() {
            refusals.push(self.refusal.clone().filter(|_| urls.is_empty()).unwrap_or(Refusal::NotFound));
        }
        Err(refusals)
    }

    fn accept(&self, candidate: &Candidate, answer: &Answer<'_>) -> Result<Found, Refusal> {
        if let (Some(url), Signature::Missing) = (&candidate.signature, answer.signature) {
            return Err(Refusal::NoSignature(url.clone()));
        }
        if let (Some(refusal), true) = (&self.candidates.refusal, candidate.signature.is_none()) {
            return Err(refusal.clone());
        }
        let entries = answer.entries.clone()?;
        if candidate.signature.is_some() && answer.signature == Signature::Bad {
            return Err(Refusal::Signature);
        }
        self.locate(candidate.format, entries)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Metadata, Strategies, Subject, resolve};
    use super::*;
    use crate::project::Binary;

    fn resolution(section: &serde_json::Value) -> Resolution {
        let binary = Binary { name: "hi".to_owned(), required_features: Vec::new() };
        let subject = Subject::new("hello", "1.0.0", Some("https://github.com/acme/hello"), &[binary]);
        let metadata = Metadata::read(section).unwrap().0;
        resolve(&subject, &metadata, "x86_64-unknown-linux-gnu", &Strategies::default())
    }

    fn serve(resolution: &Resolution, files: &[(&str, &[Entry], Signature)]) -> String {
        let ask = |candidate: &Candidate| {
            let (_, entries, signature) = files.iter().find(|(file, ..)| candidate.url.ends_with(file))?;
            Some(Answer { entries: Ok(entries), signature: *signature })
        };
        match resolution.serve(ask) {
            Ok(served) => format!("{} and {} more", served.candidate.file, served.rivals.len()),
            Err(refusals) => refusals.last().unwrap().to_string(),
        }
    }

    #[test]
    fn a_bad_file_of_the_first_round_is_followed_by_the_second_round() {
        let resolution = resolution(&json!({}));
        let (bad, good) = ([Entry::file("x")], [Entry::file("hi")]);
        let files = |second: &'static str| {
            [
                ("v1.0.0/hello-x86_64-unknown-linux-gnu.tgz", &bad[..], Signature::Missing),
                (second, &good[..], Signature::Missing),
            ]
        };
        assert_eq!(
            serve(&resolution, &files("v1.0.0/hi-x86_64-unknown-linux-gnu.tgz")),
            "hi-x86_64-unknown-linux-gnu.tgz and 0 more"
        );
        // The client is done with a round when something in it has answered.
        let same_round = serve(&resolution, &files("v1.0.0/hello-x86_64-unknown-linux-gnu.zip"));
        assert_eq!(same_round, "bin file …/hi not found");
        assert!(serve(&resolution, &[]).contains("all 404"));
    }

    #[test]
    fn two_files_race() {
        let resolution = resolution(&json!({"bin-dir": "{ bin }"}));
        let good = [Entry::file("hi")];
        let file = |name| (name, &good[..], Signature::Missing);
        let files =
            [file("/1.0.0/hello-x86_64-unknown-linux-gnu.tgz"), file("/v1.0.0/hello-x86_64-unknown-linux-gnu.zip")];
        assert_eq!(serve(&resolution, &files), "hello-x86_64-unknown-linux-gnu.tgz and 1 more");
    }

    #[test]
    fn signatures_are_looked_at_where_there_is_a_key() {
        let pubkey = "RWT8+lS8DvBudNrXJkbMRe7+szLwx1RfAruWFwe0SYdP84bGpR2OR/Mr";
        let signing = json!({"algorithm": "minisign", "pubkey": pubkey});
        let resolution = resolution(&json!({"pkg-url": "https://h/a.tgz", "signing": signing}));
        assert_eq!(resolution.candidates.urls[0].signature.as_deref(), Some("https://h/a.tgz.sig"));
        let good = [Entry::file("hi")];
        let with = |signature| serve(&resolution, &[("a.tgz", &good, signature)]);
        assert_eq!(with(Signature::Good), "a.tgz and 0 more");
        assert_eq!(with(Signature::Bad), "Failed to verify signature");
        assert_eq!(with(Signature::Missing), "could not GET https://h/a.tgz.sig: 404 Not Found");
    }
}
