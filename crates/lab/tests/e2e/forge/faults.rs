//! Whatever goes wrong at whichever step, running it again ends with the release there once, whole, and no moment in
//! which the world saw less.

use std::process::Stdio;
use std::time::Instant;

use lab::client;
use lab::server::Request;

use super::*;
use crate::fault_runs::{ALL, Publishing, What, all_converge, converges, faults, kills, steps};

/// As often for each forge, the tool is killed whatever it is doing.
const KILLS: u32 = 15;

/// The shared release on its way to an empty forge; `timeout` in `[forge]` is ten seconds.
struct ToForge {
    forge: Arc<Forge>,
    kind: Kind,
}

impl Publishing for ToForge {
    type Inner = Forge;

    fn is_upload(request: &Request) -> bool {
        Forge::is_upload(request)
    }

    fn take_half(forge: &Forge, request: &Request) {
        forge.take_half(request);
    }

    fn command(&self, server: &Server) -> Command {
        publish(project(), &project().copy_of(self.kind), server, &[])
    }

    fn wrong(&self) -> Vec<String> {
        wrong(&self.forge, self.kind)
    }

    fn secrets(&self) -> Vec<String> {
        vec![TOKEN.to_owned()]
    }
}

#[test]
fn whatever_goes_wrong_the_release_is_there_once_whole_and_never_less() {
    let kinds = [Kind::GitHub, Kind::GitLab, Kind::Gitea].into_iter().filter(|kind| {
        let name = if *kind == Kind::GitHub { "gh" } else { "curl" };
        client(name, "a release that was interrupted is finished by the next run").is_some()
    });
    let cases: Vec<(Kind, What)> = kinds.flat_map(cases).collect();
    let all = cases.len();
    all_converge("on forges", cases, |(kind, what)| {
        let forge = forge(*kind);
        converges(&forge, what, |_| ToForge { forge: Arc::clone(&forge), kind: *kind })
    });
    assert!(all >= 200 || cases_are_fewer(), "only {all} fault runs");
}

/// Without a client, its cases are not run; that was reported.
fn cases_are_fewer() -> bool {
    lab::clients::find("gh").is_err() || lab::clients::find("curl").is_err()
}

/// Every request of a run without faults, each with some of the faults.
fn cases(kind: Kind) -> Vec<(Kind, What)> {
    let forge = forge(kind);
    let server = Server::start(Arc::clone(&forge));
    let started = Instant::now();
    run(publish(project(), &project().copy_of(kind), &server, &[]).stdout(Stdio::null()));
    let whole = started.elapsed();
    let requests = server.requests();
    let [questions, changes] = steps::<ToForge>(&requests);
    // Whoever asks gets no more than an error; what is changed is where it matters.
    let all = [faults::<ToForge>(questions, 2), faults::<ToForge>(changes, ALL)].concat();
    all.into_iter().chain(kills(whole, KILLS)).map(|what| (kind, what)).collect()
}
