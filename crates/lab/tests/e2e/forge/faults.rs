//! Whatever goes wrong at whichever step, running it again ends with the release there once, whole, and no moment in
//! which the world saw less.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lab::client;
use lab::server::faults::{Fault, Faulty};

use super::*;

/// As many runs until it is done: the last uploads of one that was killed may still come in during the next.
const RUNS: usize = 4;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy)]
struct Case {
    kind: Kind,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// This, after so many requests.
    Fault(Fault, usize),
    /// The tool is killed after so long.
    Killed(Duration),
}

/// What goes wrong, in turn; `timeout` in `[forge]` is ten seconds.
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
const HANG: Fault = Fault::Silent(Duration::from_secs(30));
/// As often for each forge, the tool is killed whatever it is doing.
const KILLS: u32 = 15;

#[test]
fn whatever_goes_wrong_the_release_is_there_once_whole_and_never_less() {
    let kinds = [Kind::GitHub, Kind::GitLab, Kind::Gitea].into_iter().filter(|kind| {
        let name = if *kind == Kind::GitHub { "gh" } else { "curl" };
        client(name, "a release that was interrupted is finished by the next run").is_some()
    });
    let cases: Vec<Case> = kinds.flat_map(cases).collect();
    let all = cases.len();
    let (queue, wrong) = (Mutex::new(VecDeque::from(cases)), Mutex::new(Vec::new()));
    let runs = AtomicUsize::new(0);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let workers = thread::available_parallelism().map_or(2, |count| count.get() + 1);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(case) = next() {
                    match converges(case) {
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
    assert!(wrong.is_empty(), "{} of {all} fault runs do not converge", wrong.len());
    println!("in {} runs of the tool", runs.into_inner());
    lab::counts::record("fault runs on forges, all converging", all);
    assert!(all >= 200 || cases_are_fewer(), "only {all} fault runs");
}

/// Without a client, its cases are not run; that was reported.
fn cases_are_fewer() -> bool {
    lab::clients::find("gh").is_err() || lab::clients::find("curl").is_err()
}

/// Every request of a run without faults, each with some of the faults.
fn cases(kind: Kind) -> Vec<Case> {
    let forge = forge(kind);
    let server = Server::start(Arc::clone(&forge));
    let started = Instant::now();
    run(publish(project(), &project().copy_of(kind), &server, &[]).stdout(Stdio::null()));
    let whole = started.elapsed();
    let requests = server.requests();
    let mut cases = Vec::new();
    for (after, request) in requests.iter().enumerate() {
        // Whoever asks gets no more than an error; what is changed is where it matters.
        let changes = request.method != "GET";
        let some = (0..if changes { FAULTS.len() } else { 2 }).map(|n| FAULTS[(after + n) % FAULTS.len()]);
        let uploads = forge.is_upload(request);
        let some = some.filter(|fault| *fault != Fault::Half || uploads);
        let some = some.chain((after % 8 == 0).then_some(HANG));
        cases.extend(some.map(|fault| Case { kind, what: What::Fault(fault, after) }));
    }
    // Spread over the whole, at no round part of it.
    let kills = (1..=KILLS).map(|n| What::Killed(whole.mul_f64(f64::from(n * 7 % KILLS) / f64::from(KILLS))));
    cases.extend(kills.map(|what| Case { kind, what }));
    cases
}

/// Runs until it is done, and gives how many runs that took.
fn converges(case: Case) -> Result<usize, String> {
    let forge = forge(case.kind);
    let half = |forge: &Forge, request: &_| {
        if forge.is_upload(request) {
            forge.take_half(request);
        }
    };
    let (fault, after) = match case.what {
        What::Fault(fault, after) => (fault, after),
        What::Killed(_) => (Fault::Refused, usize::MAX),
    };
    let faulty = Arc::new(Faulty::new(Arc::clone(&forge), fault, after, half));
    let server = Server::start(Arc::clone(&faulty));
    let release = project().copy_of(case.kind);
    let mut told = String::new();
    for count in 1..=RUNS {
        let mut command = publish(project(), &release, &server, &[]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| error.to_string())?;
        faulty.client(child.id());
        if let (What::Killed(time), 1) = (case.what, count) {
            thread::sleep(time);
            // It may have ended.
            let _ = child.kill();
        }
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let said = [output.stdout, output.stderr].concat();
        told.push_str(&String::from_utf8_lossy(&said));
        if told.contains(TOKEN) {
            return Err(format!("it tells the token: {told}"));
        }
        if !output.status.success() {
            continue;
        }
        let wrong = wrong(&forge, case.kind);
        let happened = faulty.happened() || matches!(case.what, What::Killed(_));
        return match (wrong.is_empty(), happened) {
            (true, true) => Ok(count),
            (true, false) => Err(format!("nothing went wrong\n{told}")),
            (false, _) => Err(format!("{wrong:?}\n{told}\n{:#?}", server.asked())),
        };
    }
    Err(format!("it is not done after {RUNS} runs: {:?}\n{told}", wrong(&forge, case.kind)))
}
