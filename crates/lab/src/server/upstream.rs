//! A real server behind one of ours, which so sees everything that goes to it, and can have it go wrong.

use std::io::{self, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};

use super::{Answer, Request, Response};

/// Whatever listens on this port of loopback.
#[derive(Debug)]
pub struct Upstream {
    port: u16,
}

impl Upstream {
    /// The server on `port`.
    #[must_use]
    pub fn at(port: u16) -> Self {
        Self { port }
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends it the beginning of a request, with half of the body, and cuts the connection.
    pub fn take_half(&self, request: &Request) {
        let send = || -> io::Result<()> {
            let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            send(request, &request.body[..request.body.len() / 2], &connection)?;
            connection.shutdown(Shutdown::Both)
        };
        // It may be quicker to refuse what it sees than we to send it.
        let _ = send();
    }

    fn ask(&self, request: &Request) -> io::Result<Response> {
        let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        send(request, &request.body, &connection)?;
        Response::read(&mut BufReader::new(&connection), request.method == "HEAD")
    }
}

impl Answer for Upstream {
    fn answer(&self, request: &Request) -> Response {
        self.ask(request)
            .unwrap_or_else(|error| Response::error(502, format!("cannot reach port {}: {error}", self.port)))
    }
}

/// Sends the head of a request, which promises the whole body, and as much of that. The host stays as the client wrote
/// it: what the server says of itself leads back to us.
fn send(request: &Request, body: &[u8], mut to: impl Write) -> io::Result<()> {
    let (first, length) = (format!("{} {}", request.method, request.path()), request.body.len());
    let mut bytes = format!("{first} HTTP/1.1\r\ncontent-length: {length}\r\nconnection: close\r\n");
    let ours = ["connection", "content-length", "expect", "transfer-encoding"];
    for (name, value) in request.headers.iter().filter(|(name, _)| !ours.contains(&&**name)) {
        bytes.extend([name, ": ", value, "\r\n"]);
    }
    bytes += "\r\n";
    to.write_all(bytes.as_bytes())?;
    to.write_all(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Server;

    fn ask(server: &Server, method: &str, body: &[u8]) -> String {
        let request = Request {
            method: method.to_owned(),
            url: "http://front.localhost/a?b".to_owned(),
            headers: vec![("host".to_owned(), "front.localhost".to_owned()), ("x-word".to_owned(), "yes".to_owned())],
            body: body.to_vec(),
        };
        let mut said = Vec::new();
        Upstream::at(server.port()).answer(&request).write(&mut said, method == "HEAD").unwrap();
        String::from_utf8(said).unwrap()
    }

    #[test]
    fn what_is_asked_and_answered_passes() {
        let server = Server::start(|request: &Request| {
            let word = request.header("x-word").unwrap_or_default();
            Response::error(201, format!("{} {} {word}", request.url, request.body.len())).header("etag", "e")
        });
        let said = ask(&server, "PUT", b"body");
        assert!(said.starts_with("HTTP/1.1 201 ") && said.contains("etag: e\r\n"), "{said}");
        assert!(said.contains("content-length: 32\r\n"), "{said}");
        assert!(said.ends_with("\r\n\r\nhttp://front.localhost/a?b 4 yes"), "{said}");
        let head = ask(&server, "HEAD", b"");
        assert!(head.contains("content-length: 32\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    }

    #[test]
    fn half_of_a_request_is_no_request() {
        let server = Server::start(|_: &Request| Response::ok(""));
        let request =
            Request { method: "PUT".to_owned(), url: "http://h/".to_owned(), headers: vec![], body: vec![1; 9] };
        Upstream::at(server.port()).take_half(&request);
        ask(&server, "GET", b"");
        assert_eq!(server.asked(), ["GET http://front.localhost/a?b"]);
    }
}
