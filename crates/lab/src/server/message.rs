//! Requests and responses, as HTTP/1.1 has them on the wire (RFC 9112).

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::time::Duration;
use std::{str, thread};

/// A request, wholly read.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `HEAD`, `PUT`, ...
    pub method: String,
    /// The whole URL, as the client wrote it: with the host of the request's `Host`, unless it was asked as a proxy.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// What was sent with it.
    pub body: Vec<u8>,
}

impl Request {
    /// Reads the next request; none when the client has ended the connection. `answers` is told to go on where the
    /// client waits for that before it sends the body.
    pub(super) fn read(reader: &mut impl BufRead, mut answers: impl Write) -> io::Result<Option<Self>> {
        let Some(line) = line(reader)? else { return Ok(None) };
        let mut words = line.split(' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Err(malformed(&line)) };
        let headers = read_headers(reader)?;
        let mut request = Self { method: method.to_owned(), url: target.to_owned(), headers, body: Vec::new() };
        if target.starts_with('/') {
            request.url = format!("http://{}{target}", request.header("host").unwrap_or("localhost"));
        }
        if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            answers.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.body = request.read_body(reader)?;
        Ok(Some(request))
    }

    /// The value of a header, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The path of the URL, from its first `/` on, with its query.
    #[must_use]
    pub fn path(&self) -> &str {
        let after_scheme = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        after_scheme.find('/').map_or("/", |at| &after_scheme[at..])
    }

    fn read_body(&self, reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
        if is_chunked(self.header("transfer-encoding")) {
            return read_chunks(reader);
        }
        read_bytes(reader, self.header("content-length").unwrap_or("0"))
    }
}

fn is_chunked(transfer_encoding: Option<&str>) -> bool {
    transfer_encoding.is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(reader)?.unwrap_or_default();
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| malformed(size))?;
        read_whole(reader, size, &mut body)?;
        line(reader)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn read_bytes(reader: &mut impl BufRead, length: &str) -> io::Result<Vec<u8>> {
    let length = length.parse().map_err(|_| malformed("content-length"))?;
    let mut body = Vec::new();
    read_whole(reader, length, &mut body)?;
    Ok(body)
}

/// A body that ends before its end is none: whoever sent it is gone.
fn read_whole(reader: &mut impl BufRead, length: u64, body: &mut Vec<u8>) -> io::Result<()> {
    let read = reader.take(length).read_to_end(body)?;
    if read as u64 == length { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

fn read_headers(reader: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    while let Some(line) = line_of_head(reader)? {
        let (name, value) = line.split_once(':').ok_or_else(|| malformed(&line))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(headers)
}

/// The next line without its end; none at the end of what is sent.
fn line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if reader.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let line = str::from_utf8(&line).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The next line of a head, which an empty line ends.
fn line_of_head(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    Ok(line(reader)?.filter(|line| !line.is_empty()))
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("not HTTP: {what}"))
}

/// How an answer ends.
#[derive(Clone, Debug)]
enum Ending {
    Whole,
    /// After so many bytes of the body the connection is cut.
    Cut(usize),
    /// Nothing is said for so long; then the connection is cut.
    Silent(Duration),
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    ending: Ending,
}

impl Response {
    /// 200, with this body.
    #[must_use]
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into(), ending: Ending::Whole }
    }

    /// An answer of this status, with an empty body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::ok("") }
    }

    /// An answer of this status, with this body.
    #[must_use]
    pub fn error(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, ..Self::ok(body) }
    }

    /// There is nothing here.
    #[must_use]
    pub fn not_found() -> Self {
        Self { status: 404, ..Self::ok("not found\n") }
    }

    /// Sends the client to another URL.
    #[must_use]
    pub fn redirect(to: &str) -> Self {
        Self::status(302).header("location", to)
    }

    /// With this body.
    #[must_use]
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Promises the whole body, and cuts the connection after so many bytes of it.
    #[must_use]
    pub fn cut(self, after: usize) -> Self {
        Self { ending: Ending::Cut(after), ..self }
    }

    /// Says nothing for so long, and then cuts the connection.
    #[must_use]
    pub fn silent(time: Duration) -> Self {
        Self { ending: Ending::Silent(time), ..Self::ok("") }
    }

    /// Reads what another server answers, `to_head` being whether only a head was asked for.
    pub(super) fn read(reader: &mut impl BufRead, to_head: bool) -> io::Result<Self> {
        let first = line(reader)?.ok_or(ErrorKind::UnexpectedEof)?;
        let status = first.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(|| malformed(&first))?;
        let mut headers = read_headers(reader)?;
        let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let body = match header("content-length") {
            _ if to_head || [204, 304].contains(&status) => Vec::new(),
            _ if is_chunked(header("transfer-encoding")) => read_chunks(reader)?,
            Some(length) => read_bytes(reader, length)?,
            None => {
                let mut body = Vec::new();
                reader.read_to_end(&mut body)?;
                body
            }
        };
        // What is said of the connection is not said of the next one; a head tells how long the rest would be.
        headers.retain(|(name, _)| {
            !["connection", "keep-alive", "transfer-encoding"].contains(&&**name)
                && (to_head || name != "content-length")
        });
        Ok(Self { status, headers, body, ending: Ending::Whole })
    }

    /// Writes it; the body is left out where a head was asked for. Gives whether the connection goes on.
    pub(super) fn write(&self, mut to: impl Write, head: bool) -> io::Result<bool> {
        if let Ending::Silent(time) = self.ending {
            thread::sleep(time);
            return Ok(false);
        }
        // The words after the number mean nothing (RFC 9112, 4).
        let is_told = self.headers.iter().any(|(name, _)| name == "content-length");
        let length = if is_told { String::new() } else { format!("content-length: {}\r\n", self.body.len()) };
        let mut bytes = format!("HTTP/1.1 {} -\r\n{length}", self.status);
        for (name, value) in &self.headers {
            bytes.extend([name, ": ", value, "\r\n"]);
        }
        let mut bytes = (bytes + "\r\n").into_bytes();
        match self.ending {
            Ending::Cut(after) => bytes.extend(&self.body[..after.min(self.body.len())]),
            _ if head => {}
            _ => bytes.extend(&self.body),
        }
        to.write_all(&bytes)?;
        Ok(matches!(self.ending, Ending::Whole))
    }
}
