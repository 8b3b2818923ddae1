//! Does work of many pieces on as many cores as are idle. Pieces may be work of pieces themselves: what works at one time
//! is, all together, no more than there are cores.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Threads that work beside the one that began.
static HELPERS: AtomicUsize = AtomicUsize::new(0);

/// The right to use a core that was idle.
struct Core;

impl Core {
    fn idle() -> Option<Self> {
        let most = cores() - 1;
        let taken = HELPERS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < most).then_some(n + 1));
        // Made only where it was taken: it is given back wherever it is dropped.
        taken.is_ok().then(|| Self)
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        HELPERS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many cores there are to work on.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What `work` makes of each job, in the order of the jobs.
pub fn map<J: Sync, R: Send>(jobs: &[J], work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let run = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(number) else { return };
            let result = work(job);
            if let Ok(mut done) = done.lock() {
                done.insert(number, result);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs.len() {
            let Some(core) = Core::idle() else { break };
            let run = &run;
            scope.spawn(move || {
                run();
                drop(core);
            });
        }
        run();
    });
    done.into_inner().unwrap_or_default().into_values().collect()
}

/// What both make, at the same time if a core is idle.
pub fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    let Some(core) = Core::idle() else { return (one(), other()) };
    std::thread::scope(|scope| {
        let one = scope.spawn(move || {
            let made = one();
            drop(core);
            made
        });
        let other = other();
        let one = one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (one, other)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let jobs: Vec<usize> = (0..100).collect();
        assert_eq!(map(&jobs, |job| job * 2), jobs.iter().map(|job| job * 2).collect::<Vec<_>>());
        assert!(map(&[] as &[u8], |job| *job).is_empty());
        assert_eq!(both(|| 1, || "one"), (1, "one"));
    }

    #[test]
    fn work_within_work_takes_no_more_cores_than_there_are() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let leaf = |_: &usize| {
            most.fetch_max(1 + now.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(1));
            now.fetch_sub(1, Ordering::SeqCst);
        };
        let jobs: Vec<usize> = (0..8).collect();
        map(&jobs, |_| map(&jobs, leaf).len());
        // Other tests may have taken some: what began works by itself at least.
        assert!((1..=cores()).contains(&most.into_inner()));
    }
}
