//! What a registry has: asked of its sparse index, kept for a while, and asked again with "only if it changed".
//!
//! An answer is kept in a file of its own a crate, so that two runs at once lose nothing of each other's. Only answers
//! are kept: what went wrong is told, and asked again the next time. That a registry has no such crate is an answer.
//! Whoever publishes renews them with [`Life::None`].

mod curl;
mod download;
mod index;
mod network;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

pub use curl::{Question, Reply};
pub use download::Published;
pub use index::{Presence, Versions, path_of};
pub use network::Network;

use crate::hash::sha256;
use crate::kept;
use crate::report::{Error, Result, terminal, unwritable};
use crate::run::Runner;

/// The kind and the format of the files in which answers are kept.
const KIND: &str = "answer 1";

/// A registry, by the URL of its index.
#[derive(Debug)]
pub struct Registry<'a> {
    /// The index: `sparse+https://…/`.
    index: &'a str,
    /// Where its answers are kept.
    folder: PathBuf,
}

/// What a registry answered about a crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The crate.
    name: String,
    /// When it was asked, be it whether that is still so: in milliseconds since 1970.
    pub asked: u64,
    /// The versions; none where it has no such crate.
    pub versions: Option<Versions>,
    etag: Option<String>,
    last_modified: Option<String>,
}

/// What is known about a crate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The newest answer that there is, however old.
    pub answer: Option<Answer>,
    /// Why there is no newer one, if one was wanted.
    pub failure: Option<String>,
}

/// Which of the answers that were kept will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// All: the network is not used.
    Endless,
    /// Those that are not older.
    Of(Duration),
    /// None: the registry is asked whether they still hold.
    None,
}

/// Who asks, and how.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// Runs curl.
    pub runner: &'a Runner,
    /// Tells how the network is reached, when it has to be.
    pub network: &'a dyn Fn() -> Result<Network>,
    /// Which kept answers will do.
    pub life: Life,
    /// The time, in milliseconds since 1970.
    pub now: u64,
}

impl<'a> Registry<'a> {
    /// The registry of this index, whose answers are kept below `folder` ([`folder_in`] a target folder).
    pub fn new(index: &'a str, folder: &Path) -> Self {
        Self { index, folder: folder.join("registry").join(&sha256(index.as_bytes())[..16]) }
    }

    /// What the registry has of each of `names`, in their order.
    ///
    /// # Errors
    /// No curl, or a folder that cannot be written. A registry that does not answer is no error here, but a
    /// [`Known::failure`].
    pub fn ask(&self, names: &[&str], asking: Asking<'_>) -> Result<Vec<Known>> {
        let mut known: Vec<Known> = names.iter().map(|name| Known { answer: self.kept(name), failure: None }).collect();
        let will_do = |known: &Known| known.answer.as_ref().is_some_and(|answer| answer.will_do(asking));
        let wanted: Vec<usize> = (0..known.len()).filter(|n| !will_do(&known[*n])).collect();
        if wanted.is_empty() {
            return Ok(known);
        }
        let old = |n: usize| known[n].answer.as_ref();
        let new: Vec<Result<Answer, String>> = match self.base(asking.life) {
            Err(reason) => vec![Err(reason); wanted.len()],
            Ok(base) => {
                let questions: Vec<Question> = wanted.iter().map(|n| question(&base, names[*n], old(*n))).collect();
                let work = Work::below(&self.folder)?;
                let replies = curl::ask(asking.runner, &(asking.network)()?, &questions, &work.0)?;
                let read = |((n, question), reply): ((&usize, &Question), Result<Reply, String>)| {
                    let answer = reply.and_then(|reply| answer(names[*n], &reply, old(*n), asking.now));
                    answer.map_err(|reason| format!("{}: {reason}", question.url))
                };
                wanted.iter().zip(&questions).zip(replies).map(read).collect()
            }
        };
        for (n, new) in wanted.into_iter().zip(new) {
            match new {
                Ok(answer) => {
                    self.keep(&answer);
                    known[n].answer = Some(answer);
                }
                Err(reason) => known[n].failure = Some(reason),
            }
        }
        Ok(known)
    }

    /// The URL to ask below, if it may and can be asked.
    fn base(&self, life: Life) -> Result<String, String> {
        match life {
            Life::Endless => Err("it was not asked before, and the network is not to be used".to_owned()),
            Life::Of(_) | Life::None => base_of(self.index),
        }
    }

    fn kept(&self, name: &str) -> Option<Answer> {
        kept::read(&self.file(name), KIND).filter(|answer: &Answer| answer.name == name)
    }

    /// Keeps an answer, unless another run has asked later: it may just have published the crate.
    fn keep(&self, answer: &Answer) {
        let is_later = |kept: Answer| (answer.asked + 1..=now()).contains(&kept.asked);
        if self.kept(&answer.name).is_some_and(is_later) {
            return;
        }
        if let Err(error) = kept::write(&self.file(&answer.name), KIND, answer) {
            terminal::warning(error.context(format!("the registry will be asked about {} again", answer.name)));
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension("json")
    }
}

impl Answer {
    fn will_do(&self, asking: Asking<'_>) -> bool {
        match asking.life {
            Life::Endless => true,
            // One from the future is as good as none: the clock was set back.
            Life::Of(life) => self.age(asking.now).is_some_and(|age| age <= life),
            Life::None => false,
        }
    }

    /// How old it is; none where the clock was set back meanwhile.
    pub fn age(&self, now: u64) -> Option<Duration> {
        now.checked_sub(self.asked).map(Duration::from_millis)
    }
}

/// Where what only saves time is kept in a target folder.
pub fn folder_in(target_dir: &Path) -> PathBuf {
    target_dir.join("xtask-dist")
}

/// The time, in milliseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The URL below which the files of a sparse index are, with a `/` at its end.
fn base_of(index: &str) -> Result<String, String> {
    match index.strip_prefix("sparse+") {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
            Ok(format!("{}/", url.trim_end_matches('/')))
        }
        _ => Err(format!("{index} is no sparse index (sparse+https://…), and others cannot be asked for one crate")),
    }
}

fn question(base: &str, name: &str, kept: Option<&Answer>) -> Question {
    let condition = kept.and_then(|answer| match (&answer.etag, &answer.last_modified) {
        (Some(etag), _) => Some(format!("If-None-Match: {etag}")),
        (None, Some(date)) => Some(format!("If-Modified-Since: {date}")),
        (None, None) => None,
    });
    Question { url: format!("{base}{}", path_of(name)), headers: condition.into_iter().collect() }
}

/// What a reply comes to.
///
/// # Errors
/// It is no answer: why, in words.
fn answer(name: &str, reply: &Reply, kept: Option<&Answer>, now: u64) -> Result<Answer, String> {
    let header = |name: &str| reply.header(name).map(str::to_owned);
    let new = |versions| Answer {
        name: name.to_owned(),
        asked: now,
        versions,
        etag: header("etag"),
        last_modified: header("last-modified"),
    };
    match (reply.status, kept) {
        (200, _) => {
            let versions = Versions::parse(name, &reply.body).map_err(|error| one_line(&error))?;
            Ok(new(Some(versions)))
        }
        (304, Some(kept)) => Ok(Answer { asked: now, ..kept.clone() }),
        // All three say that there is no such crate: cargo's documentation, "Sparse Protocol".
        (404 | 410 | 451, _) => Ok(new(None)),
        (401 | 403, _) => Err(format!("it answers {}: it wants a token, or has none of such a path", reply.status)),
        (429, _) => Err(match reply.header("retry-after") {
            Some(time) => format!("it answers 429: too many questions, try again after {time} (seconds, or a date)"),
            None => "it answers 429: too many questions, try again later".to_owned(),
        }),
        (status, _) => Err(format!("it answers {status}")),
    }
}

fn one_line(error: &Error) -> String {
    let problem = error.problems().first();
    problem.map_or_else(String::new, |problem| {
        [&problem.what].into_iter().chain(&problem.causes).map(String::as_str).collect::<Vec<_>>().join(": ")
    })
}

/// A folder for what curl writes; it goes with the value.
struct Work(PathBuf);

impl Work {
    fn below(folder: &Path) -> Result<Self> {
        let path = folder.join(format!("asking-{}", std::process::id()));
        // Of a run that was killed and had the same number.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).map_err(|error| unwritable(&path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // Nothing depends on its going.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests;
