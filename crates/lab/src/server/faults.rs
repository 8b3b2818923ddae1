//! A server that goes wrong, once, at a chosen request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use super::{Answer, Request, Response};
use crate::process;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends before anything is done.
    Refused,
    /// An answer of this status, and nothing is done.
    Status(u16),
    /// What was asked is done, and the answer is lost.
    Lost,
    /// Half of what is sent came there; then the connection ends.
    Half,
    /// Nothing is done and nothing said, for so long.
    Silent(Duration),
    /// What was asked is done, and the client is dead before it hears of it.
    Killed,
    /// The client is dead before what it asked is done.
    KilledBefore,
}

/// A server that answers as `inner`, but for one request.
pub struct Faulty<A> {
    inner: Arc<A>,
    fault: Fault,
    /// Which requests are counted.
    counts: Box<dyn Fn(&Request) -> bool + Send + Sync>,
    /// How many of them are answered before it.
    after: usize,
    asked: AtomicUsize,
    client: AtomicU32,
    half: fn(&A, &Request),
}

impl<A: Answer> Faulty<A> {
    /// Goes wrong after so many of the requests that `counts` takes. `half` takes the beginning of what is sent.
    pub fn new(
        inner: Arc<A>,
        fault: Fault,
        counts: impl Fn(&Request) -> bool + Send + Sync + 'static,
        after: usize,
        half: fn(&A, &Request),
    ) -> Self {
        let (asked, client) = (AtomicUsize::new(0), AtomicU32::new(0));
        let counts = Box::new(counts);
        Self { inner, fault, counts, after, asked, client, half }
    }

    /// Who is killed: a process of this machine, by its number.
    pub fn client(&self, process: u32) {
        self.client.store(process, Ordering::SeqCst);
    }

    /// Whether it went wrong.
    pub fn happened(&self) -> bool {
        self.asked.load(Ordering::SeqCst) > self.after
    }

    fn kill(&self) {
        let client = loop {
            match self.client.load(Ordering::SeqCst) {
                // The test is about to tell.
                0 => std::thread::sleep(Duration::from_millis(1)),
                client => break client,
            }
        };
        process::kill(client);
    }
}

impl<A: Answer> Answer for Faulty<A> {
    fn answer(&self, request: &Request) -> Response {
        if !(self.counts)(request) || self.asked.fetch_add(1, Ordering::SeqCst) != self.after {
            return self.inner.answer(request);
        }
        let cut = Response::silent(Duration::ZERO);
        match self.fault {
            Fault::Refused => cut,
            Fault::Status(status) => Response::status(status).body("out of order"),
            Fault::Lost => {
                self.inner.answer(request);
                cut
            }
            Fault::Half => {
                (self.half)(&self.inner, request);
                cut
            }
            Fault::Silent(time) => Response::silent(time),
            Fault::Killed => {
                let answer = self.inner.answer(request);
                self.kill();
                answer
            }
            Fault::KilledBefore => {
                self.kill();
                self.inner.answer(request)
            }
        }
    }
}

impl<T: Answer> Answer for Arc<T> {
    fn answer(&self, request: &Request) -> Response {
        (**self).answer(request)
    }
}
