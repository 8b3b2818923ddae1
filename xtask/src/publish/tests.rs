//! The order of the sequencer, and what it does with each answer.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use super::*;
use crate::run::Runner;

/// A step that writes down what is asked of it.
struct Fake {
    phase: Phase,
    name: &'static str,
    answer: Result<Presence>,
    replaces: bool,
    fails: bool,
    is_ready: bool,
    log: Rc<RefCell<Vec<String>>>,
}

impl Step for Fake {
    fn phase(&self) -> Phase {
        self.phase
    }

    fn title(&self) -> String {
        self.name.to_owned()
    }

    fn may_replace(&self) -> bool {
        self.replaces
    }

    fn probe(&self, _at: &Workplace<'_>) -> Result<Presence> {
        self.log.borrow_mut().push(format!("ask {}", self.name));
        self.answer.clone()
    }

    fn ready(&self, _at: &Workplace<'_>) -> Result<()> {
        if self.is_ready { Ok(()) } else { Err(Error::new("no token")) }
    }

    fn act(&self, _at: &Workplace<'_>) -> Result<()> {
        self.log.borrow_mut().push(format!("do {}", self.name));
        if self.fails { Err(Error::new("the server is out")) } else { Ok(()) }
    }
}

/// Steps under test, and the log of what became of them.
#[derive(Default)]
struct Bench {
    steps: Vec<(&'static str, Box<dyn Step>)>,
    log: Rc<RefCell<Vec<String>>>,
}

impl Bench {
    fn step(
        mut self,
        name: &'static str,
        phase: Phase,
        answer: Result<Presence>,
        change: impl FnOnce(&mut Fake),
    ) -> Self {
        let mut fake =
            Fake { phase, name, answer, replaces: false, fails: false, is_ready: true, log: Rc::clone(&self.log) };
        change(&mut fake);
        self.steps.push(("fake", Box::new(fake)));
        self
    }

    fn ask(self) -> (Result<Publication>, Rc<RefCell<Vec<String>>>) {
        let runner = Runner::new(Path::new(".")).unwrap();
        let at = Workplace { folder: Path::new("."), work: Path::new("."), runner: &runner, replace: false };
        let asked = ask_steps(&at, Some("v1".into()), self.steps, Vec::new());
        (asked, self.log)
    }

    fn run(self) -> (Result<()>, Vec<State>, Vec<String>) {
        let (publication, log) = self.ask();
        let runner = Runner::new(Path::new(".")).unwrap();
        let at = Workplace { folder: Path::new("."), work: Path::new("."), runner: &runner, replace: false };
        let mut publications = [(publication.unwrap(), at)];
        let result = run(&mut publications);
        let [(publication, _)] = publications;
        let states = publication.steps.into_iter().map(|asked| asked.state).collect();
        (result, states, log.take())
    }
}

#[test]
fn all_are_asked_before_the_first_is_done_and_phases_follow_each_other() {
    let (result, states, log) = Bench::default()
        .step("tap", Phase::Point, Ok(Presence::Absent), |_| {})
        .step("crate", Phase::Commit, Ok(Presence::Same), |_| {})
        .step("draft", Phase::Stage, Ok(Presence::Absent), |_| {})
        .step("image", Phase::Commit, Ok(Presence::Absent), |_| {})
        .run();
    result.unwrap();
    let asked = ["ask draft", "ask crate", "ask image", "ask tap"];
    assert_eq!(log, [&asked[..], &["do draft", "do image", "do tap"]].concat());
    assert_eq!(states, [State::Done, State::ThereAlready, State::Done, State::Done]);
}

#[test]
fn what_differs_is_an_error_unless_it_gives_way_or_stays() {
    let other = || Ok(Presence::Different("version 1".into()));
    let (result, log) = Bench::default()
        .step("crate", Phase::Commit, other(), |_| {})
        .step("image", Phase::Commit, Err(Error::new("no answer")), |_| {})
        .step("other image", Phase::Commit, Err(Error::new("no answer")), |_| {})
        .step("tap", Phase::Point, Ok(Presence::Absent), |_| {})
        .ask();
    let error = result.err().unwrap();
    assert_eq!(error.problems().len(), 2, "{error}");
    assert!(error.to_string().contains("cannot publish crate\n  because: version 1"), "{error}");
    assert!(log.borrow().iter().all(|line| line.starts_with("ask ")), "{log:?}");

    let (result, states, log) = Bench::default()
        .step("tap", Phase::Point, other(), |fake| fake.replaces = true)
        .step("stable", Phase::Point, Ok(Presence::Kept("a pre-release".into())), |_| {})
        .run();
    result.unwrap();
    assert_eq!(states, [State::Done, State::Kept("a pre-release".into())]);
    assert_eq!(log, ["ask tap", "ask stable", "do tap"]);
}

#[test]
fn the_first_failure_stops_it_and_what_is_left_is_known() {
    let (result, states, log) = Bench::default()
        .step("draft", Phase::Stage, Ok(Presence::Absent), |_| {})
        .step("image", Phase::Commit, Ok(Presence::Absent), |fake| fake.fails = true)
        .step("tap", Phase::Point, Ok(Presence::Absent), |_| {})
        .run();
    assert_eq!(result.unwrap_err().to_string(), "cannot publish image\n  because: the server is out");
    assert_eq!(states, [State::Done, State::ToDo, State::ToDo]);
    assert_eq!(log.last().unwrap(), "do image");
}

#[test]
fn what_could_not_be_done_is_told_before_anything_is_and_once() {
    let (result, states, log) = Bench::default()
        .step("image", Phase::Stage, Ok(Presence::Absent), |_| {})
        .step("crate", Phase::Commit, Ok(Presence::Absent), |fake| fake.is_ready = false)
        .step("other crate", Phase::Commit, Ok(Presence::Absent), |fake| fake.is_ready = false)
        .step("there already", Phase::Commit, Ok(Presence::Same), |fake| fake.is_ready = false)
        .run();
    assert_eq!(result.unwrap_err().to_string(), "no token");
    assert!(states[..3].iter().all(State::is_left) && log.iter().all(|line| line.starts_with("ask ")), "{log:?}");
}

#[test]
fn every_phase_of_all_comes_before_the_next_of_any() {
    let one = Bench::default().step("draft", Phase::Stage, Ok(Presence::Absent), |_| {}).step(
        "tap",
        Phase::Point,
        Ok(Presence::Absent),
        |_| {},
    );
    let log = Rc::clone(&one.log);
    let mut two = Bench { log: Rc::clone(&log), ..Bench::default() };
    two = two.step("crate", Phase::Commit, Ok(Presence::Absent), |_| {});
    let (one, two) = (one.ask().0.unwrap(), two.ask().0.unwrap());
    let runner = Runner::new(Path::new(".")).unwrap();
    let at = Workplace { folder: Path::new("."), work: Path::new("."), runner: &runner, replace: false };
    run(&mut [(two, at), (one, at)]).unwrap();
    let done: Vec<String> = log.take().into_iter().filter(|line| line.starts_with("do ")).collect();
    assert_eq!(done, ["do draft", "do crate", "do tap"]);
}

#[test]
fn what_a_machine_lacks_is_told_before_anything_else() {
    let problem = missing(&Need::Program(&["no-such-program", "nor-this"]), "docker").unwrap();
    assert_eq!(problem.what, "docker is published by no-such-program or nor-this, which is not on PATH");
    assert_eq!(missing(&Need::Program(&["no-such-program", "git"]), "docker"), None);
    assert!(missing(&Need::Variable("XTASK_DIST_NO_SUCH_VARIABLE"), "npm").is_some());
}
