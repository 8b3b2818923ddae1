//! A web server on loopback, for clients that download and upload: what they ask for is answered as a test says, and
//! recorded.
//!
//! A server is its clients' proxy, too (`HTTP_PROXY`), so that they find any host here without a name being resolved:
//!
//! ```ignore
//! let server = Server::start(Site::new().file("http://example.org/a.tgz", bytes));
//! lab::run(client.command().env("HTTP_PROXY", server.url()).arg("http://example.org/a.tgz"));
//! assert_eq!(server.asked(), ["GET http://example.org/a.tgz"]);
//! ```

pub mod faults;
pub mod forge;
mod message;
mod registry;
mod site;
mod upstream;

use std::io::{self, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

pub use message::{Request, Response};
pub use registry::{Fate, Registry};
pub use site::Site;
pub use upstream::Upstream;

/// Whatever answers requests; any function of a request does.
pub trait Answer: Send + Sync + 'static {
    /// The answer to one request. Requests come from several threads at once.
    fn answer(&self, request: &Request) -> Response;
}

impl<F: Fn(&Request) -> Response + Send + Sync + 'static> Answer for F {
    fn answer(&self, request: &Request) -> Response {
        self(request)
    }
}

/// A running server, on a port of its own. It stops when dropped.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stopping: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server that answers so.
    ///
    /// # Panics
    /// When loopback has no free port.
    #[must_use]
    pub fn start(answer: impl Answer) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (requests, stopping) = (Arc::<Mutex<Vec<Request>>>::default(), Arc::<AtomicBool>::default());
        let listening = {
            let (answer, requests, stopping) = (Arc::new(answer), Arc::clone(&requests), Arc::clone(&stopping));
            thread::spawn(move || {
                for connection in listener.incoming().flatten() {
                    if stopping.load(Ordering::Relaxed) {
                        break;
                    }
                    let (answer, requests) = (Arc::clone(&answer), Arc::clone(&requests));
                    let stopping = Arc::clone(&stopping);
                    // Ends with the connection: no later than the client does.
                    thread::spawn(move || converse(&connection, &*answer, &requests, &stopping));
                }
            })
        };
        Self { address, requests, stopping, listening: Some(listening) }
    }

    /// Its address as a URL with no `/` at its end, by number.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// All requests until now, in the order in which they came.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All requests until now, each as `METHOD URL`.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.requests().iter().map(|request| format!("{} {}", request.method, request.url)).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // Wakes it: it waits for a connection.
        let woken = TcpStream::connect(self.address).is_ok();
        if let Some(listening) = self.listening.take().filter(|_| woken) {
            let _ = listening.join();
        }
    }
}

/// Answers all requests of a connection, one after the other, for as long as the server runs. What goes wrong with it
/// is the client's to report.
fn converse(connection: &TcpStream, answer: &dyn Answer, requests: &Mutex<Vec<Request>>, stopping: &AtomicBool) {
    let mut reader = BufReader::new(connection);
    let mut talk = || -> io::Result<bool> {
        let Some(request) = Request::read(&mut reader, connection)? else { return Ok(false) };
        if stopping.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let response = answer.answer(&request);
        let (head, last) = (request.method == "HEAD", request.header("connection") == Some("close"));
        requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        Ok(response.write(connection, head)? && !last)
    };
    while talk().unwrap_or(false) {}
    let _ = connection.shutdown(std::net::Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// What the server says to these bytes, until it ends the connection.
    fn raw(server: &Server, bytes: &str) -> String {
        let mut connection = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        connection.write_all(bytes.as_bytes()).unwrap();
        let mut said = Vec::new();
        // A connection that is cut ends in an error; what came before counts.
        let _ = connection.read_to_end(&mut said);
        String::from_utf8(said).unwrap()
    }

    #[test]
    fn requests_are_answered_and_recorded_in_order() {
        let server =
            Server::start(Site::new().file("http://a.localhost/x", "of a").file("http://b.localhost/x", "of b"));
        let said = raw(
            &server,
            "GET /x HTTP/1.1\r\nHost: a.localhost\r\n\r\nHEAD /x HTTP/1.1\r\nHost: b.localhost\r\n\r\n\
             GET http://b.localhost/x HTTP/1.1\r\nHost: b.localhost\r\n\r\n\
             GET /y HTTP/1.1\r\nHost: a.localhost\r\nConnection: close\r\n\r\n",
        );
        let [first, second, third, fourth]: [&str; 4] =
            said.split("HTTP/1.1 ").skip(1).collect::<Vec<_>>().try_into().unwrap();
        assert!(first.starts_with("200 ") && first.ends_with("\r\n\r\nof a"), "{first}");
        assert!(second.contains("content-length: 4\r\n") && second.ends_with("\r\n\r\n"), "{second}");
        assert!(third.ends_with("\r\n\r\nof b"), "{third}");
        assert!(fourth.starts_with("404 "), "{fourth}");
        let asked = ["GET http://a.localhost/x", "HEAD http://b.localhost/x", "GET http://b.localhost/x"];
        assert_eq!(server.asked()[..3], asked);
    }

    #[test]
    fn bodies_are_read_and_headers_found_whatever_their_case() {
        let server = Server::start(|request: &Request| {
            Response::ok(format!("{} {}", request.body.len(), request.header("X-Word").unwrap_or_default()))
        });
        let said = raw(
            &server,
            "PUT /new HTTP/1.1\r\nHost: a\r\nx-word: yes\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc\
             POST /new HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
             4;note\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n",
        );
        assert!(said.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "), "{said}");
        assert!(said.contains("\r\n\r\n3 yes") && said.ends_with("\r\n\r\n5 "), "{said}");
    }

    #[test]
    fn a_server_can_misbehave() {
        let server = Server::start(|request: &Request| match request.path() {
            "/cut" => Response::ok("whole").cut(2),
            "/moved" => Response::redirect("http://a/there"),
            _ => Response::status(429).header("Retry-After", "1"),
        });
        let ask = |path: &str| raw(&server, &format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
        let cut = ask("/cut");
        assert!(cut.contains("content-length: 5\r\n") && cut.ends_with("\r\n\r\nwh"), "{cut}");
        assert!(ask("/moved").contains("location: http://a/there\r\n"));
        assert!(ask("/busy").contains("429 ") && ask("/busy").contains("retry-after: 1\r\n"));
    }
}
