//! Runs of the tool in which something goes wrong, once, and the runs after them: in the end, what is published is
//! there once, whole.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use lab::process::{below, kill};
use lab::server::faults::{Fault, Faulty};
use lab::server::{Answer, Request, Server};

/// As many runs until it is done: the last uploads of one that was killed may still come in during the next.
const RUNS: usize = 4;

/// What goes wrong, in turn.
const FAULTS: [Fault; 8] = [
    Fault::Refused,
    Fault::Killed,
    Fault::Status(500),
    Fault::Lost,
    Fault::KilledBefore,
    Fault::Status(429),
    Fault::Half,
    Fault::Status(502),
];
/// As many of them: each.
pub const ALL: usize = FAULTS.len();
/// Every so many requests, nothing is said for longer than clients wait.
const HANGS: usize = 8;

/// One thing that goes wrong.
#[derive(Debug, Clone)]
pub enum What {
    /// This, at that request.
    Fault(Fault, Step),
    /// The tool is killed after so long, with the clients that it runs or without.
    Killed { after: Duration, with_clients: bool },
}

/// A request of a run.
#[derive(Debug, Clone)]
pub struct Step {
    /// Of which [kind](Publishing::kind) it is.
    pub kind: String,
    /// How many of that kind come before it.
    pub after: usize,
}

/// A release on its way to where nothing is yet.
pub trait Publishing {
    /// What answers there.
    type Inner: Answer;

    /// Where requests may come in another order in another run: what kind of request this is, by which it is found.
    fn kind(_request: &Request) -> String {
        String::new()
    }

    /// Whether it brings something that could come half.
    fn is_upload(request: &Request) -> bool;

    /// Takes the beginning of what a request brings.
    fn take_half(inner: &Self::Inner, request: &Request);

    /// A run of the tool that publishes it by that server.
    fn command(&self, server: &Server) -> Command;

    /// What nobody may see, whether a run succeeded or not.
    fn violations(&self) -> Vec<String> {
        Vec::new()
    }

    /// What is wrong with what is there, when the tool says that all is.
    fn wrong(&self) -> Vec<String>;

    /// What is to be found in no output.
    fn secrets(&self) -> Vec<String>;
}

/// A run's requests, with where they stand: those that only ask, and those that change something.
pub fn steps<P: Publishing>(requests: &[Request]) -> [Vec<(Step, &Request)>; 2] {
    let mut before: BTreeMap<String, usize> = BTreeMap::new();
    let step = |request| {
        let kind = P::kind(request);
        let count = before.entry(kind.clone()).or_default();
        *count += 1;
        (Step { kind, after: *count - 1 }, request)
    };
    let asks = |(_, request): &(Step, &Request)| ["GET", "HEAD"].contains(&request.method.as_str());
    let (questions, changes) = requests.iter().map(step).partition(asks);
    [questions, changes]
}

/// What goes wrong with these steps: so many faults with each, all of them in turn, and sometimes silence.
pub fn faults<P: Publishing>(steps: Vec<(Step, &Request)>, count: usize) -> Vec<What> {
    let mut turn = FAULTS.iter().cycle();
    let mut faults = Vec::new();
    for (n, (step, request)) in steps.into_iter().enumerate() {
        let some = turn.by_ref().take(count).copied();
        let some = some.filter(|fault| *fault != Fault::Half || P::is_upload(request));
        let hang = (n % HANGS == 0).then_some(Fault::Silent(Duration::from_secs(30)));
        faults.extend(some.chain(hang).map(|fault| What::Fault(fault, step.clone())));
    }
    faults
}

/// Kills spread over a run that takes so long, at no round part of it; every other one leaves a client at work.
pub fn kills(whole: Duration, count: u32) -> impl Iterator<Item = What> {
    let after = move |n| whole.mul_f64(f64::from(n * 7 % count) / f64::from(count));
    (1..=count).map(move |n| What::Killed { after: after(n), with_clients: n % 2 == 0 })
}

/// Runs until it is done, and gives how many runs that took. `publishing` is what comes to `inner` by that server.
///
/// # Errors
/// What is there is not whole, or never is, or a secret was told.
pub fn converges<P: Publishing>(
    inner: &Arc<P::Inner>,
    what: &What,
    publishing: impl FnOnce(&Server) -> P,
) -> Result<usize, String> {
    let (fault, step) = match what {
        What::Fault(fault, step) => (*fault, step.clone()),
        What::Killed { .. } => (Fault::Refused, Step { kind: "none".to_owned(), after: 0 }),
    };
    let Step { kind, after } = step;
    let faulty = Faulty::new(Arc::clone(inner), fault, move |request| P::kind(request) == kind, after, P::take_half);
    let faulty = Arc::new(faulty);
    let server = Server::start(Arc::clone(&faulty));
    let publishing = publishing(&server);
    let mut told = String::new();
    for count in 1..=RUNS {
        let child = publishing.command(&server).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| error.to_string())?;
        faulty.client(child.id());
        if let (What::Killed { after, with_clients }, 1) = (what, count) {
            thread::sleep(*after);
            let clients = if *with_clients { below(child.id()) } else { Vec::new() };
            // It may have ended.
            let _ = child.kill();
            clients.into_iter().for_each(kill);
        }
        let (succeeded, said) = end(child)?;
        told.push_str(&said);
        if let Some(secret) = publishing.secrets().iter().find(|secret| told.contains(*secret)) {
            return Err(format!("it tells {secret}: {told}"));
        }
        let violations = publishing.violations();
        if !violations.is_empty() {
            return Err(format!("{violations:?}\n{told}"));
        }
        if !succeeded {
            continue;
        }
        let wrong = publishing.wrong();
        let happened = faulty.happened() || matches!(what, What::Killed { .. });
        return match (wrong.is_empty(), happened) {
            (true, true) => Ok(count),
            (true, false) => Err(format!("nothing went wrong\n{told}")),
            (false, _) => Err(format!("{wrong:?}\n{told}\n{:#?}", server.asked())),
        };
    }
    Err(format!("it is not done after {RUNS} runs: {:?}\n{told}", publishing.wrong()))
}

/// Whether it succeeded, and what it said. What it started and was not killed with it says nothing of interest.
fn end(child: Child) -> Result<(bool, String), String> {
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

/// Has all cases run, some at once, and counts them as fault runs `place`.
#[track_caller]
pub fn all_converge<C: Debug + Send>(
    place: &str,
    cases: Vec<C>,
    converges: impl Fn(&C) -> Result<usize, String> + Sync,
) {
    let all = cases.len();
    let (queue, wrong) = (Mutex::new(VecDeque::from(cases)), Mutex::new(Vec::new()));
    let runs = AtomicUsize::new(0);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let workers = thread::available_parallelism().map_or(2, |count| count.get() + 1);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(case) = next() {
                    match converges(&case) {
                        Ok(count) => _ = runs.fetch_add(count, Ordering::Relaxed),
                        Err(told) => wrong.lock().unwrap_or_else(PoisonError::into_inner).push((case, told)),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (case, told) in &wrong {
        eprintln!("{case:?}: {told}");
    }
    assert!(wrong.is_empty(), "{} of {all} fault runs {place} do not converge", wrong.len());
    println!("in {} runs of the tool", runs.into_inner());
    lab::counts::record(&format!("fault runs {place}, all converging"), all);
}
