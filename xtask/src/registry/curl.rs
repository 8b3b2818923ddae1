//! Many small files over few connections: one run of curl for all of them, with a reply or a reason for each.
//!
//! curl negotiates HTTP/2 by itself where both sides have it, and waits for the first connection before it opens more:
//! all files come over one. Its own configuration file is not read, because cargo, whose registries are asked, does not
//! read it either.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Network;
use crate::curl;
use crate::report::{Error, Result};
use crate::run::Runner;

/// As many at a time, over one connection with HTTP/2, over as many with HTTP/1.1.
const AT_ONCE: usize = 20;
/// The longest that a file of an index may be when unpacked, in bytes; the longest of crates.io has some megabytes.
const LONGEST: u64 = 200_000_000;

/// A connection that hangs is not waited for by one file after the other: as many time-outs, and all has ended.
const PATIENCE: u32 = 4;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The URL, http or https.
    pub url: String,
    /// Headers, each as `Name: value`.
    pub headers: Vec<String>,
}

/// What a server answered, whichever its status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status of HTTP.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of a header; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Asks all at once, and gives a reply for each, or why there is none. `work` is an empty folder to work in.
///
/// # Errors
/// No curl, or a folder that cannot be written.
pub fn ask(
    runner: &Runner,
    network: &Network,
    questions: &[Question],
    work: &Path,
) -> Result<Vec<Result<Reply, String>>> {
    let command = runner.command("curl").arg("--disable").args(["--parallel", "--parallel-max", &AT_ONCE.to_string()]);
    let command = command.args(["--no-progress-meter", "--config", "-"]).stdin(configuration(network, questions, work));
    // Without TLS there is no HTTP/2, and nothing is gained by waiting for the first connection.
    let is_plain = questions.iter().all(|question| question.url.starts_with("http://"));
    let command = command.args(is_plain.then_some("--parallel-immediate"));
    let output = command
        .ignore_status()
        .output()
        .map_err(|error| Error::new("cannot run curl").because(error).help(curl::INSTALL))?;
    let told = String::from_utf8_lossy(&output.stdout);
    let complaint = format!("curl: {} {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    let mut replies: Vec<Result<Reply, String>> = vec![Err(complaint); questions.len()];
    for outcome in told.lines().filter_map(Outcome::parse) {
        if let Some(reply) = replies.get_mut(outcome.number) {
            *reply = outcome.reply(work);
        }
    }
    Ok(replies)
}

/// What curl is told on its standard input (`curl --manual`, CONFIG FILE), one block a question.
fn configuration(network: &Network, questions: &[Question], work: &Path) -> String {
    let timeout = network.timeout.max(Duration::from_secs(1));
    let (seconds, all) = (timeout.as_secs().to_string(), (timeout * PATIENCE).as_secs().to_string());
    let mut text = String::new();
    for (number, question) in questions.iter().enumerate() {
        if number > 0 {
            text.push_str("next\n");
        }
        let (body, head) = (body_of(work, number), head_of(work, number));
        let mut set = |option: &str, value: &str| curl::set(&mut text, option, value);
        set("url", &question.url);
        set("output", &body.to_string_lossy());
        set("dump-header", &head.to_string_lossy());
        set("connect-timeout", &seconds);
        set("speed-time", &seconds);
        set("max-time", &all);
        // Cargo's `http.low-speed-limit` unless set: bytes a second.
        set("speed-limit", "10");
        set("proto", "=http,https");
        set("user-agent", curl::AGENT);
        set("header", "Accept-Encoding: gzip");
        question.headers.iter().for_each(|header| set("header", header));
        network.proxy.iter().for_each(|proxy| set("proxy", proxy));
        network.cainfo.iter().for_each(|file| set("cacert", &file.to_string_lossy()));
        // The `\n` is curl's to read; writing to a string cannot fail.
        let _ = writeln!(text, "write-out = \"{number} %{{http_code}} %{{exitcode}} %{{errormsg}}\\n\"");
        text.push_str("location\ngloboff\n");
    }
    text
}

fn body_of(work: &Path, number: usize) -> PathBuf {
    work.join(format!("{number}.body"))
}

fn head_of(work: &Path, number: usize) -> PathBuf {
    work.join(format!("{number}.head"))
}

/// What curl tells at the end of a transfer.
struct Outcome<'t> {
    number: usize,
    status: u16,
    exit_code: &'t str,
    message: &'t str,
}

impl<'t> Outcome<'t> {
    fn parse(line: &'t str) -> Option<Self> {
        let mut words = line.splitn(4, ' ');
        let (number, status) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self {
            number,
            status,
            exit_code: words.next().unwrap_or_default(),
            message: words.next().unwrap_or_default(),
        })
    }

    fn reply(&self, work: &Path) -> Result<Reply, String> {
        // A curl older than 7.75 tells neither code nor words; then a transfer that failed has no status.
        let failed = !["", "0"].contains(&self.exit_code) || self.status == 0;
        if failed {
            return Err(match (self.exit_code, self.message) {
                // curl's own words name whatever it was about to do.
                ("28", _) => "it did not answer in time".to_owned(),
                (_, "") => "curl: the transfer failed".to_owned(),
                (_, words) => format!("curl: {words}"),
            });
        }
        let unreadable = |error: std::io::Error| format!("cannot read what curl wrote: {error}");
        let head = fs::read(head_of(work, self.number)).map_err(unreadable)?;
        let body = match fs::read(body_of(work, self.number)) {
            // Nothing is written of an empty body.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(unreadable)?,
        };
        let headers = last_headers(&String::from_utf8_lossy(&head));
        let reply = Reply { status: self.status, headers, body };
        unpacked(reply)
    }
}

/// The headers of the last answer: redirects and proxies have theirs in front.
fn last_headers(head: &str) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for line in head.lines() {
        if line.starts_with("HTTP/") {
            headers.clear();
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    headers
}

fn unpacked(reply: Reply) -> Result<Reply, String> {
    match reply.header("content-encoding") {
        None | Some("identity") => Ok(reply),
        Some("gzip") => {
            let mut body = Vec::new();
            let read = flate2::read::MultiGzDecoder::new(&*reply.body).take(LONGEST).read_to_end(&mut body);
            read.map_err(|error| format!("the answer is packed, and damaged: {error}"))?;
            Ok(Reply { body, ..reply })
        }
        Some(other) => Err(format!("the answer is packed as `{other}`, which was not asked for")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: Network = Network { proxy: None, cainfo: None, timeout: Duration::from_secs(7) };

    fn question(url: &str, headers: &[&str]) -> Question {
        Question { url: url.to_owned(), headers: headers.iter().map(|header| (*header).to_owned()).collect() }
    }

    #[test]
    fn a_block_has_all_that_its_question_needs() {
        let questions = [question("http://h/a", &["If-None-Match: \"x\\y\""]), question("http://h/b", &[])];
        let text = configuration(&NETWORK, &questions, Path::new("w"));
        let blocks: Vec<&str> = text.split("next\n").collect();
        assert_eq!(blocks.len(), 2);
        assert!(blocks[0].contains(r#"header = "If-None-Match: \"x\\y\"""#), "{text}");
        for (number, block) in blocks.iter().enumerate() {
            let told = format!(r#"write-out = "{number} %{{http_code}} %{{exitcode}} %{{errormsg}}\n""#);
            for line in ["connect-timeout = \"7\"", "speed-time = \"7\"", "max-time = \"28\"", "location", &told] {
                assert!(block.lines().any(|there| there == line), "{line} is not in {block}");
            }
        }
        assert!(!text.contains("proxy") && !text.contains("cacert"));
    }

    #[test]
    fn outcomes_are_read_from_new_and_old_curls() {
        let read = |line| {
            let outcome = Outcome::parse(line)?;
            Some((outcome.number, outcome.status, outcome.reply(Path::new("/no such folder")).unwrap_err()))
        };
        assert_eq!(read("3 000 28 Failed to resolve").unwrap().2, "it did not answer in time");
        assert_eq!(read("3 000 7 Could not connect").unwrap().2, "curl: Could not connect");
        assert_eq!(read("3 200 18 end of response").unwrap().2, "curl: end of response");
        assert_eq!(read("0 000  ").unwrap(), (0, 0, "curl: the transfer failed".to_owned()));
        assert!(read("0 200 0 ").unwrap().2.contains("cannot read"));
        assert!(read("").is_none() && read("curl: (3) bad").is_none());
    }

    #[test]
    fn headers_are_those_of_the_last_answer() {
        let head = "HTTP/1.1 200 Connection established\r\nVia: p\r\n\r\nHTTP/1.1 302 -\r\nETag: old\r\n\r\nHTTP/2 200 \r\nETag: \"a:b\"\r\n\r\n";
        assert_eq!(last_headers(head), [("etag".to_owned(), "\"a:b\"".to_owned())]);
    }

    #[test]
    fn packed_bodies_are_unpacked_whole_or_not_at_all() {
        use std::io::Write as _;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"lines\n").unwrap();
        let packed = gzip.finish().unwrap();
        let of = |encoding: &str, body: &[u8]| {
            let headers = vec![("content-encoding".to_owned(), encoding.to_owned())];
            unpacked(Reply { status: 200, headers, body: body.to_vec() }).map(|reply| reply.body)
        };
        assert_eq!(of("gzip", &packed), Ok(b"lines\n".to_vec()));
        assert_eq!(of("identity", b"plain"), Ok(b"plain".to_vec()));
        assert!(of("gzip", &packed[..packed.len() - 3]).is_err());
        assert!(of("br", b"x").unwrap_err().contains("`br`"));
    }
}
