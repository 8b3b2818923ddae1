//! Why a registry did not take a crate, of cargo's words, and how long is waited before it is tried again.

use std::time::Duration;

use super::package::errors_of;
use crate::date::Date;
use crate::report::{Error, Result, terminal};

/// How long is waited where the registry does not say it, in seconds: crates.io takes a new version a minute.
const USUAL: u64 = 60;
/// Clocks differ by so much, in seconds.
const MARGIN: u64 = 2;

/// Why a registry did not take a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Too many crates at once: it may be tried again at that moment, in seconds since 1970, if it was said.
    TryAgain(Option<u64>),
    /// It has this version already.
    AlreadyThere,
    /// Another reason, in cargo's words.
    Other(String),
}

/// Reads what cargo said when it could not publish.
pub fn refusal(stderr: &str) -> Refusal {
    let words = errors_of(stderr);
    let lower = words.to_ascii_lowercase();
    if lower.contains("429 too many requests") || lower.contains("status 429") {
        let date = lower.find("try again after ").and_then(|at| words.get(at + "try again after ".len()..));
        return Refusal::TryAgain(date.and_then(Date::epoch_of_http));
    }
    // crates.io's words, and cargo's own when it looks before it uploads.
    if lower.contains("already uploaded") || lower.contains("already exists on") {
        return Refusal::AlreadyThere;
    }
    Refusal::Other(words)
}

/// How long it may still be waited for the rate limits of registries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    left: Duration,
}

impl Patience {
    /// So long, all together.
    pub fn of(all: Duration) -> Self {
        Self { left: all }
    }

    /// Waits until `moment`, in seconds since 1970 as `now` is; for a minute, if it is not known.
    ///
    /// # Errors
    /// That would be longer than it may be.
    pub fn wait(&mut self, registry: &str, moment: Option<u64>, now: u64) -> Result<()> {
        let seconds = moment.map_or(USUAL, |moment| moment.saturating_sub(now) + MARGIN);
        let (time, until) = (Duration::from_secs(seconds), clock(now + seconds));
        if time > self.left {
            return Err(Error::new(format!("{registry} takes no more crates before {until}"))
                .because(format!("that is {} away, and no longer than {} is waited", span(time), span(self.left)))
                .help("run the same command again then, or set `max-wait` (minutes) under [channel.crates-io]"));
        }
        self.left -= time;
        terminal::status("Waiting", format_args!("for {registry} until {until} ({})", span(time)));
        std::thread::sleep(time);
        Ok(())
    }
}

/// The time of day.
fn clock(epoch: u64) -> String {
    let Date { hour, minute, second, .. } = Date::of_epoch(epoch);
    format!("{hour:02}:{minute:02}:{second:02} UTC")
}

/// A time as people say it.
fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(status: &str, words: &str) -> String {
        format!(
            "   Uploading a v1.0.0\nerror: failed to publish a v1.0.0 to registry at https://h\n\nCaused by:\n  \
             the remote server responded with an error (status {status}): {words}\n"
        )
    }

    #[test]
    fn rate_limits_say_when_it_may_be_tried_again() {
        let words = "You have published too many new crates in a short period of time. Please try again after \
                     Thu, 10 Sep 2026 00:26:40 GMT and see https://h/docs/rate-limits for more details.";
        assert_eq!(refusal(&api("429 Too Many Requests", words)), Refusal::TryAgain(Some(1_789_000_000)));
        assert_eq!(refusal(&api("429 Too Many Requests", "slow down")), Refusal::TryAgain(None));
    }

    #[test]
    fn what_is_there_is_no_failure() {
        assert_eq!(
            refusal(&api("400 Bad Request", "crate version `1.0.0` is already uploaded")),
            Refusal::AlreadyThere
        );
        assert_eq!(refusal("error: crate a@1.0.0 already exists on crates.io index\n"), Refusal::AlreadyThere);
    }

    #[test]
    fn other_reasons_are_cargos_own_without_its_progress() {
        let Refusal::Other(words) = refusal(&api("403 Forbidden", "not an owner")) else { panic!() };
        assert!(words.starts_with("failed to publish a") && words.ends_with("not an owner"), "{words}");
        assert_eq!(refusal("killed"), Refusal::Other("killed".into()));
    }

    #[test]
    fn it_is_waited_as_long_as_allowed() {
        let mut patience = Patience::of(Duration::from_secs(3));
        patience.wait("r", Some(100), 100).unwrap();
        let error = patience.wait("r", Some(100), 100).unwrap_err().to_string();
        assert!(error.contains("r takes no more crates before 00:01:42 UTC") && error.contains("2 s away"), "{error}");
        assert!(patience.wait("r", None, 100).is_err(), "a minute, unless it is said");
    }
}
