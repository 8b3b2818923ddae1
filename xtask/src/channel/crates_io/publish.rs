//! Publishing: every crate a step, in the order in which a registry takes them. Cargo compiles all of them before the
//! first is uploaded, and uploads together what it can.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use crate::channel::publish::{Need, Phase, Presence, Step, Workplace};
use crate::crates::{self, Cargo, Crate, Lookup, Patience, Refusal, Standing, Token, Waiting};
use crate::preflight::{Checker, Remark};
use crate::project::{Project, Source};
use crate::registry::{Asking, Life, Network, now};
use crate::report::{Error, Result, terminal};

/// The crates that are published together, and what their steps know of each other.
pub struct Batch {
    project: Project,
    crates: Vec<Crate>,
    /// What the workspace is.
    source: Source,
    /// The releases that the crates belong to: tags, and what they were made from.
    releases: Vec<(String, Source)>,
    tokens: BTreeMap<String, Token>,
    patience: RefCell<Patience>,
    /// What is wrong with the workspace as a whole.
    remarks: OnceCell<Vec<Remark>>,
    /// What was asked and is not there, by its place among the crates.
    left: RefCell<BTreeSet<usize>>,
    /// What was compiled as it will be uploaded.
    verified: RefCell<BTreeSet<usize>>,
}

/// One crate of them.
struct Publish {
    batch: Rc<Batch>,
    number: usize,
}

impl Batch {
    /// These crates, in their order; for rate limits it is waited so long.
    pub fn new(project: Project, crates: Vec<Crate>, source: Source, patience: Duration) -> Self {
        Self {
            project,
            crates,
            source,
            releases: Vec::new(),
            tokens: BTreeMap::new(),
            patience: RefCell::new(Patience::of(patience)),
            remarks: OnceCell::new(),
            left: RefCell::default(),
            verified: RefCell::default(),
        }
    }

    /// With the releases that the crates have to be the sources of, and the tokens of the registries.
    #[must_use]
    pub fn of(self, releases: Vec<(String, Source)>, tokens: BTreeMap<String, Token>) -> Self {
        Self { releases, tokens, ..self }
    }

    /// A step for each crate.
    pub fn steps(self) -> Vec<Box<dyn Step>> {
        let batch = Rc::new(self);
        let step = |number| Box::new(Publish { batch: Rc::clone(&batch), number }) as Box<dyn Step>;
        (0..batch.crates.len()).map(step).collect()
    }

    fn lookup<T>(&self, at: &Workplace<'_>, with: impl FnOnce(Lookup<'_>) -> Result<T>) -> Result<T> {
        let network = || Ok(Network::of(self.project.cargo_config()));
        with(Lookup {
            cargo: self.project.cargo_config(),
            target_dir: &self.project.target_dir,
            work: at.work,
            runner: at.runner,
            asking: Asking { runner: at.runner, network: &network, life: Life::None, now: now() },
        })
    }

    /// Whether what is checked out is committed, and is what the releases were made from.
    fn check_source(&self) -> Result<()> {
        let Source { commit, dirty, .. } = &self.source;
        if dirty.is_some() {
            return Err(Error::new("the repository has changes that are not committed")
                .because("crates are published from a commit, that everybody can see where they come from")
                .help("commit or stash them (`git status` lists them)"));
        }
        let commit = commit.as_deref();
        let other = self.releases.iter().find(|(_, release)| release.clean_commit() != commit);
        let Some((tag, release)) = other else { return Ok(()) };
        let word = |commit: Option<&str>| commit.map_or("no commit".to_owned(), |commit| format!("commit {commit}"));
        let error = Error::new(format!("the checkout is not what {tag} was made from"));
        let changed = if release.dirty.is_some() { ", with changes that were not committed" } else { "" };
        let theirs = word(release.commit.as_deref());
        Err(error
            .because(format!("{tag} was made from {theirs}{changed}, and the checkout is at {}", word(commit)))
            .help("check that commit out, or make the release anew: cargo xtask dist"))
    }

    /// Finds what would be wrong with a crate that is not there yet.
    fn preflight(&self, krate: &Crate, at: &Workplace<'_>) -> Result<()> {
        let checker = Checker { project: &self.project, runner: at.runner, offline: false };
        let workspace = self.remarks.get_or_init(|| checker.workspace());
        checker.require(krate, workspace)?.iter().for_each(terminal::warning);
        Ok(())
    }

    /// Has all that is left compiled, if cargo can do that before any of it is in the registry.
    fn verify_all(&self, registry: &str, at: &Workplace<'_>) -> Result<()> {
        if Cargo::of(at.runner)?.publishes_several() { self.verify(&self.left_for(registry), at) } else { Ok(()) }
    }

    fn verify(&self, numbers: &[usize], at: &Workplace<'_>) -> Result<()> {
        let mut verified = self.verified.borrow_mut();
        if numbers.iter().any(|number| !verified.contains(number)) {
            crates::verify(at.runner, &self.chosen(numbers))?;
            verified.extend(numbers);
        }
        Ok(())
    }

    fn left_for(&self, registry: &str) -> Vec<usize> {
        let left = self.left.borrow();
        left.iter().copied().filter(|number| self.crates[*number].registry == registry).collect()
    }

    fn chosen(&self, numbers: &[usize]) -> Vec<&Crate> {
        numbers.iter().map(|number| &self.crates[*number]).collect()
    }

    /// Asks the registry which of the crates that are left it has by now.
    fn look_again(&self, registry: &str, at: &Workplace<'_>) -> Result<()> {
        let numbers = self.left_for(registry);
        let there = self.lookup(at, |lookup| lookup.are_there(&self.chosen(&numbers)))?;
        let mut left = self.left.borrow_mut();
        numbers.iter().zip(there).filter(|(_, there)| *there).for_each(|(number, _)| _ = left.remove(number));
        Ok(())
    }
}

impl Publish {
    fn krate(&self) -> &Crate {
        &self.batch.crates[self.number]
    }

    fn token(&self) -> Token {
        let registry = &self.krate().registry;
        self.batch.tokens.get(registry).cloned().unwrap_or_else(|| Token::of(registry))
    }

    fn is_left(&self) -> bool {
        self.batch.left.borrow().contains(&self.number)
    }

    /// Which crates are uploaded in one call: all that are left, or only this one.
    fn together(&self, at: &Workplace<'_>, alone: bool) -> Result<Vec<usize>> {
        if alone || !Cargo::of(at.runner)?.publishes_several() {
            return Ok(vec![self.number]);
        }
        Ok(self.batch.left_for(&self.krate().registry))
    }

    /// What is there after an upload has to be what was uploaded.
    fn confirm(&self, at: &Workplace<'_>) -> Result<()> {
        match self.batch.lookup(at, |lookup| lookup.standing(self.krate()))? {
            Standing::Same { .. } => Ok(()),
            Standing::Absent => Err(Error::new(format!("{} is gone from the index again", self.krate().shown()))),
            Standing::Different(difference) => {
                let what = format!("{} was published with other content by somebody else", self.krate().shown());
                Err(Error::new(what).because(difference).help("raise its version, and release that"))
            }
        }
    }
}

impl Step for Publish {
    fn phase(&self) -> Phase {
        Phase::Commit
    }

    fn title(&self) -> String {
        format!("{} to {}", self.krate().shown(), self.krate().registry)
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Program(&["cargo"]), Need::Program(&["curl"])]
    }

    fn probe(&self, at: &Workplace<'_>) -> Result<Presence> {
        Ok(match self.batch.lookup(at, |lookup| lookup.standing(self.krate()))? {
            Standing::Same { yanked: false } => Presence::Same,
            Standing::Same { yanked: true } => Presence::Kept(format!(
                "it is there and yanked: nobody new gets it (to take that back: cargo yank --undo {})",
                self.krate().spec()
            )),
            Standing::Different(difference) => Presence::Different(difference.to_string()),
            Standing::Absent => {
                crate::report::both(self.batch.check_source(), self.batch.preflight(self.krate(), at))?;
                self.batch.left.borrow_mut().insert(self.number);
                Presence::Absent
            }
        })
    }

    fn ready(&self, at: &Workplace<'_>) -> Result<()> {
        let registry = &self.krate().registry;
        self.token().check(registry, self.batch.project.cargo_config())?;
        self.batch.verify_all(registry, at)
    }

    fn act(&self, at: &Workplace<'_>) -> Result<()> {
        let (batch, registry) = (&self.batch, &self.krate().registry);
        let mut alone = false;
        batch.look_again(registry, at)?;
        while self.is_left() {
            let numbers = self.together(at, alone)?;
            batch.verify(&numbers, at)?;
            match crates::upload(at.runner, &batch.chosen(&numbers), &self.token())? {
                Ok(()) => batch.lookup(at, |lookup| lookup.wait_for(self.krate(), Waiting::default()))?,
                Err(Refusal::TryAgain(moment)) => batch.patience.borrow_mut().wait(registry, moment, now() / 1000)?,
                // The registry has one that its index does not show yet; which of them is not said.
                Err(Refusal::AlreadyThere) if numbers.len() > 1 => alone = true,
                Err(Refusal::AlreadyThere) => {
                    batch.lookup(at, |lookup| lookup.wait_for(self.krate(), Waiting::default()))?;
                }
                Err(Refusal::Other(words)) => {
                    // Whatever cargo was told, the crate may have been taken.
                    batch.look_again(registry, at)?;
                    if self.is_left() {
                        return Err(Error::new(format!("{registry} did not take it")).because(words));
                    }
                }
            }
            batch.look_again(registry, at)?;
        }
        self.confirm(at)
    }
}
