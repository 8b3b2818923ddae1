//! Every case on the resolver.

use std::fs::{self, File};

use lab::{Scratch, scratch};
use serde_json::Value;
use xtask_dist::binstall::{
    self, Answer, Candidate, Entry, Refusal, Resolution, Signature, Strategies, Strategy, archive,
};

use crate::archives::Served;
use crate::case::{Case, Outcome, cases};
use crate::live::{differences, each};

#[test]
fn the_resolver_says_what_the_client_does() {
    let cases = cases("binstall.json");
    assert_eq!(cases.len(), 106);
    each(&cases, agrees);
}

#[test]
fn the_resolver_says_what_was_seen_besides() {
    let cases: Vec<Case> = cases("more.json").into_iter().filter(|case| beyond(case).is_none()).collect();
    each(&cases, agrees);
}

/// Why a case is not one for the resolver, which has nothing but the manifest.
pub fn beyond(case: &Case) -> Option<&'static str> {
    let options = ["--pkg-url", "--pkg-fmt", "--bin-dir", "--bin", "--only-signed", "--skip-signatures"];
    let exact = |version: &str| version.trim_start_matches('=').starts_with(|c: char| c.is_ascii_digit());
    if case.args().iter().any(|arg| options.contains(arg)) {
        Some("what a user asks for on the command line is not what the manifest says to all")
    } else if case.requirement().is_some_and(|version| exact(version) && version.matches('.').count() > 1) {
        Some("an exact version that is asked for takes the place of the manifest's")
    } else if !case.redirects().is_empty() {
        Some("that the repository has moved is only seen by asking for it")
    } else if case.repository().contains(".git") && case.live_pages().is_empty() {
        Some("forges answer to a URL with `.git`, and this one does not")
    } else if !case.has_source() {
        Some("a manifest alone is taken for one with source code beside it")
    } else {
        None
    }
}

fn agrees(case: &Case) -> Result<(), String> {
    let expected = case.expected();
    let (seen, said) = outcome(case);
    differences(&expected, &seen, &said)
}

/// What the resolver says, and its words.
fn outcome(case: &Case) -> (Outcome, String) {
    let project = scratch("table");
    case.write(&project, str::to_owned);
    let package = match binstall::read(&project.join("Cargo.toml"), case.package()) {
        Ok(package) => package,
        Err(error) => return refused(Vec::new(), &Refusal::Manifest(Vec::new()), format!("Not found {error}")),
    };
    let metadata = match package.metadata {
        Ok(metadata) => metadata,
        Err(refusal) => return refused(Vec::new(), &refusal, refusal.to_string()),
    };
    let strategies = match strategies(&case.args()) {
        Ok(strategies) => strategies,
        Err(error) => {
            let seen = Outcome { urls: Some(Vec::new()), code: Some(2), ..Outcome::default() };
            return (seen, error);
        }
    };
    let resolve = |triple: &str| binstall::resolve(&package.subject, &metadata, triple, &strategies);
    let resolutions: Vec<Resolution> = case.targets().into_iter().map(resolve).collect();
    if let Some(Resolution { target: Err(_), refusal: Some(refusal), .. }) =
        resolutions.iter().find(|resolution| resolution.target.is_err())
    {
        // Before anything is tried for any target.
        return refused(Vec::new(), refusal, refusal.to_string());
    }
    let urls = tried(&resolutions);
    match serve(case, &resolutions, &project) {
        Ok(seen) => (Outcome { urls: Some(urls), ..seen }, String::new()),
        Err(refusal) => refused(urls, &refusal, refusal.to_string()),
    }
}

/// The URLs of all targets: those by the package's name first, then those by its only program's.
fn tried(resolutions: &[Resolution]) -> Vec<String> {
    let urls = |first: bool| {
        let candidates = resolutions.iter().flat_map(|resolution| &resolution.candidates.urls);
        candidates.filter(move |candidate| (candidate.name == resolutions[0].subject.name) == first)
    };
    urls(true).chain(urls(false)).map(|candidate| candidate.url.clone()).collect()
}

fn strategies(args: &[&str]) -> Result<Strategies, String> {
    let of = |option: &str| -> Vec<Strategy> {
        let words = args.iter().position(|arg| *arg == option).map_or("", |at| args[at + 1]);
        let strategy = |word: &str| serde_json::from_value(Value::from(word)).unwrap();
        words.split(',').filter(|word| !word.is_empty()).map(strategy).collect()
    };
    let (only, not) = (of("--strategies"), of("--disable-strategies"));
    // As the client is called where a case does not say otherwise.
    let only = if only.is_empty() && not.is_empty() { vec![Strategy::CrateMetaData] } else { only };
    Strategies::new(&only, &not).map_err(|error| error.to_string())
}

fn refused(urls: Vec<String>, refusal: &Refusal, words: String) -> (Outcome, String) {
    let code = Some(i64::from(refusal.exit_code()));
    (Outcome { urls: Some(urls), code, error: Some(words.clone()), ..Outcome::default() }, words)
}

/// What the server has for a candidate.
struct Given<'r> {
    candidate: &'r Candidate,
    entries: Result<Vec<Entry>, Refusal>,
    signature: Signature,
}

/// One target after the other, as long as nothing was installed.
fn serve<'r>(case: &Case, resolutions: &'r [Resolution], folder: &Scratch) -> Result<Outcome, Refusal> {
    let mut last = Refusal::NotFound;
    for resolution in resolutions {
        let given = |candidate: &'r Candidate| {
            let archive = case.archives().iter().find(|archive| archive["url"] == *candidate.url)?;
            let file = folder.join("archive");
            fs::write(&file, Served::of(archive).bytes).unwrap();
            let entries = archive::read(candidate.format, File::open(&file).unwrap());
            Some(Given { candidate, entries, signature: signature(archive, candidate) })
        };
        let all: Vec<Given<'_>> = resolution.candidates.urls.iter().filter_map(given).collect();
        let served = resolution.serve(|candidate| {
            let Given { entries, signature, .. } = all.iter().find(|given| given.candidate == candidate)?;
            let entries = entries.as_ref().map(Vec::as_slice).map_err(Clone::clone);
            Some(Answer { entries, signature: *signature })
        });
        match served {
            Ok(served) => {
                let programs = served.found.programs.iter();
                return Ok(Outcome {
                    url: Some(served.candidate.url.clone()),
                    bins: programs.map(|program| (program.installed.clone(), program.path.clone())).collect(),
                    code: Some(0),
                    ..Outcome::default()
                });
            }
            Err(refusals) => last = refusals.last().unwrap().clone(),
        }
    }
    Err(last)
}

/// What the server's signature is worth, if it is where the client looks for it.
fn signature(archive: &Value, candidate: &Candidate) -> Signature {
    let Some(key) = archive["sign"][0].as_str() else { return Signature::Missing };
    let suffix = archive["sign"][1].as_str().unwrap_or(".sig");
    if candidate.signature.as_deref() != Some(&format!("{}{suffix}", candidate.url)) {
        Signature::Missing
    } else if key == "k" && archive["mutate_after_sign"].is_null() {
        Signature::Good
    } else {
        Signature::Bad
    }
}
