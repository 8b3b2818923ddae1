//! `publish-status`: which crates are published, which are to be, and what stands in the way.
//!
//! Made to be asked all the time: with everything kept and nothing changed, some files are read and git is asked twice,
//! while all that takes longer (cargo, the network, differences between commits) is left out. What is kept is right
//! before it is fast: it is thrown away when anything that it was worked out from is different.

mod action;
mod checkout;
mod git;
mod inputs;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use semver::Version;

pub use action::Action;
pub use git::State;

use crate::config::unknown;
use crate::project::CargoConfig;
use crate::registry::{Asking, Known, Life, Network, Presence, Registry, now};
use crate::report::{Error, Problem, Result, terminal};
use crate::run::Runner;
use action::{action, newest};
use checkout::{Checkout, Crate, Index};

/// How long it is believed what a registry said, unless it is asked anew: 15 minutes.
pub const LIFE: Duration = Duration::from_secs(15 * 60);
/// How long a registry may say nothing, unless cargo's `http.timeout` tells.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The workspace's manifest, or its folder; the one around the working folder unless set.
    pub manifest_path: Option<PathBuf>,
    /// Only these crates; all if there are none.
    pub names: Vec<String>,
    /// Whether the network is left alone.
    pub offline: bool,
    /// Whether registries are asked, however young what they said is.
    pub refresh: bool,
}

/// How a crate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// The version in the checkout; none for a crate of which there is no source here.
    pub local: Option<Version>,
    /// Whether the registry has that version; none where that is not known.
    pub presence: Option<Presence>,
    /// The version that users get: the highest that is not yanked.
    pub newest: Option<Version>,
    /// Whether the registry has any version; none where that is not known.
    pub exists: Option<bool>,
    /// What git says; none where it says nothing of the crate.
    pub git: Option<State>,
    /// What to do; none for a crate of which there is no source here.
    pub action: Option<Action>,
    /// The index of its registry.
    pub index: Option<String>,
    /// How long ago the registry said so; none where it has not, or where the clock was set back.
    pub age: Option<Duration>,
    /// Why the registry did not answer.
    pub failure: Option<String>,
}

impl Row {
    /// Whether something is to be published: what is here is not in the registry, and is newer than what is.
    pub fn is_due(&self) -> bool {
        let is_absent = self.exists == Some(false) || self.presence == Some(Presence::Absent);
        is_absent && matches!(self.action, Some(Action::Publish | Action::New | Action::Commit))
    }
}

/// Looks at all crates that are asked for.
///
/// # Errors
/// A workspace or configuration that cannot be read, names that are not known, no curl. A registry that does not answer
/// is no error here, but [`Action::Unreachable`].
pub fn status(request: &Request) -> Result<Vec<Row>> {
    let main = Looked::at(request.manifest_path.as_deref(), None)?;
    let mut looked = vec![main];
    for beside in looked[0].checkout.settings.checkouts.clone() {
        let beside_main = looked[0].checkout.root.join(&beside);
        let found = Looked::at(Some(&beside_main), Some(&looked[0].folder));
        looked.push(
            found.map_err(|error| error.context(format!("cannot read `{beside}`, a checkout of [publish-status]")))?,
        );
    }
    let folder = looked[0].folder.clone();
    let (checkouts, asked): (Vec<_>, Vec<_>) = looked.into_iter().map(|looked| (looked.checkout, looked.git)).unzip();
    let subjects = subjects(&checkouts, &request.names)?;
    let known = ask_registries(&checkouts[0], &folder, &subjects, request)?;
    let mut told = Vec::new();
    for (n, (checkout, asked)) in checkouts.iter().zip(asked).enumerate() {
        let mine = subjects.iter().zip(&known).filter(|(subject, _)| subject.checkout == Some(n));
        let tags: BTreeSet<String> = mine.flat_map(|(subject, known)| subject.tags(known)).collect();
        let said = asked.and_then(|asked| asked.map(|asked| asked.told(checkout, &tags, &folder)).transpose());
        // A table without git's column is better than none.
        told.push(said.unwrap_or_else(|error| {
            terminal::warning(error);
            None
        }));
    }
    let state = |subject: &Subject<'_>, known: &Known| {
        let told = told[subject.checkout?].as_ref()?;
        told.state(subject.of?, &subject.tags(known))
    };
    Ok(subjects.iter().zip(&known).map(|(subject, known)| subject.row(known, state(subject, known))).collect())
}

/// A checkout, while git is still being asked about it.
struct Looked {
    checkout: Checkout,
    /// Where answers and the like are kept.
    folder: PathBuf,
    git: Result<Option<git::Asked>>,
}

impl Looked {
    fn at(manifest: Option<&Path>, folder: Option<&Path>) -> Result<Self> {
        let begun = |(checkout, folder)| Self { git: git::Asked::begin(&checkout), checkout, folder };
        // git takes longest, so it begins before it is known whether what was kept holds.
        let kept = Checkout::kept(manifest, folder).map(begun).filter(|looked| looked.checkout.holds());
        kept.map_or_else(|| Checkout::read(manifest, folder).map(begun), Ok)
    }
}

/// A crate that is looked at.
struct Subject<'a> {
    name: &'a str,
    index: &'a Index,
    /// Which checkout has it.
    checkout: Option<usize>,
    of: Option<&'a Crate>,
}

/// The crates of all checkouts, and those that are only named; of these, the ones that are asked for.
fn subjects<'a>(checkouts: &'a [Checkout], names: &[String]) -> Result<Vec<Subject<'a>>> {
    let mut subjects: Vec<Subject<'a>> = Vec::new();
    for (n, checkout) in checkouts.iter().enumerate() {
        let of_checkout = checkout.crates.iter();
        subjects.extend(of_checkout.map(|of| Subject {
            name: &of.name,
            index: &of.index,
            checkout: Some(n),
            of: Some(of),
        }));
    }
    let main = &checkouts[0];
    for name in &main.settings.crates {
        if !subjects.iter().any(|subject| subject.name == name) {
            subjects.push(Subject { name, index: &main.index, checkout: None, of: None });
        }
    }
    let known: Vec<&str> = subjects.iter().map(|subject| subject.name).collect();
    let problems: Vec<Problem> = names
        .iter()
        .filter(|name| !known.contains(&name.as_str()))
        .map(|name| {
            if checkouts.iter().any(|checkout| checkout.private.contains(name)) {
                Problem::new(format!("`{name}` has `publish = false` in its manifest"))
            } else {
                unknown("crate", name, &known)
            }
        })
        .collect();
    if !problems.is_empty() {
        return Err(Error::configuration(problems));
    }
    subjects.retain(|subject| names.is_empty() || names.iter().any(|name| name == subject.name));
    Ok(subjects)
}

/// What the registries say of each subject, every registry being asked once.
fn ask_registries(main: &Checkout, folder: &Path, subjects: &[Subject<'_>], request: &Request) -> Result<Vec<Known>> {
    let runner = Runner::new(&main.root)?;
    let network = || network(&main.root);
    let offline = request.offline || main.offline || is_set("CARGO_NET_OFFLINE");
    let life = match (offline, request.refresh) {
        (true, _) => Life::Endless,
        (false, true) => Life::None,
        (false, false) => Life::Of(LIFE),
    };
    let asking = Asking { runner: &runner, network: &network, life, now: now() };
    let mut known: Vec<Known> =
        subjects.iter().map(|subject| Known { answer: None, failure: subject.index.as_ref().err().cloned() }).collect();
    let indexes: BTreeSet<&String> = subjects.iter().filter_map(|subject| subject.index.as_ref().ok()).collect();
    for index in indexes {
        let of_index: Vec<usize> =
            (0..subjects.len()).filter(|n| subjects[*n].index.as_ref().ok() == Some(index)).collect();
        let names: Vec<&str> = of_index.iter().map(|n| subjects[*n].name).collect();
        let answers = Registry::new(index, folder).ask(&names, asking)?;
        of_index.into_iter().zip(answers).for_each(|(n, answer)| known[n] = answer);
    }
    Ok(known)
}

/// How cargo's configuration has the network reached.
fn network(root: &Path) -> Result<Network> {
    let cargo = CargoConfig::load(root)?;
    let proxy = std::env::var("CARGO_HTTP_PROXY").ok();
    let cainfo = std::env::var_os("CARGO_HTTP_CAINFO").map(PathBuf::from);
    let seconds = std::env::var("CARGO_HTTP_TIMEOUT").ok().and_then(|seconds| seconds.parse().ok());
    let seconds = seconds.or_else(|| cargo.number(&["http", "timeout"]));
    Ok(Network {
        proxy: proxy.or_else(|| cargo.string(&["http", "proxy"]).map(str::to_owned)),
        cainfo: cainfo.or_else(|| cargo.path(&["http", "cainfo"])),
        timeout: seconds.map_or(TIMEOUT, Duration::from_secs),
    })
}

fn is_set(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| value == "true" || value == "1")
}

impl Subject<'_> {
    /// The tags that the published version may have: of the version that is here if it is, else of the newest.
    fn tags(&self, known: &Known) -> Vec<String> {
        let Some(of) = self.of else { return Vec::new() };
        let versions = known.answer.as_ref().and_then(|answer| answer.versions.as_ref());
        let published = versions.and_then(|versions| match versions.has(&of.version) {
            Presence::Absent => newest(versions, Some(&of.version)),
            Presence::Published | Presence::Yanked => Some(&of.version),
        });
        published.map(|version| of.tags_of(version)).unwrap_or_default()
    }

    fn row(&self, known: &Known, git: Option<State>) -> Row {
        let local = self.of.map(|of| &of.version);
        let answer = known.answer.as_ref();
        let versions = answer.and_then(|answer| answer.versions.as_ref());
        let action = local.map(|local| match (&known.failure, answer) {
            (None, Some(_)) => action(local, versions, git),
            _ => Action::Unreachable,
        });
        Row {
            name: self.name.to_owned(),
            local: local.cloned(),
            presence: local.zip(versions).map(|(local, versions)| versions.has(local)),
            newest: versions.and_then(|versions| newest(versions, local)).cloned(),
            exists: answer.map(|answer| answer.versions.is_some()),
            git,
            action,
            index: self.index.as_ref().ok().cloned(),
            age: answer.and_then(|answer| answer.age(now())),
            failure: known.failure.clone(),
        }
    }
}
