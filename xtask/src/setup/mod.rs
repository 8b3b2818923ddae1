//! What a build needs of this machine: whether it is there, and bringing what is not, without root and without a
//! question. Programs come pinned by version and digest into the target folder; standard libraries by rustup.

mod needs;
mod pins;
mod system;
mod toolchain;
mod tools;
mod wasm;
mod wheels;
mod whole;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::project::Project;
use crate::report::{Context, Error, Result, terminal};
use crate::run::Runner;
use crate::targets::Target;
pub use needs::{Need, Tool, needs_of};
pub use toolchain::StdSource;
use toolchain::Toolchain;
use wheels::Installer;

/// Names another folder for the tools, for example one that CI keeps between runs.
pub const TOOLS_VARIABLE: &str = "XTASK_DIST_TOOLS";

/// This machine, as far as a workspace's builds need it. What is slow to find out is found out once.
#[derive(Debug)]
pub struct Setup {
    runner: Runner,
    tools: PathBuf,
    wrappers: PathBuf,
    offline: bool,
    toolchain: OnceCell<Result<Toolchain>>,
    /// Those of tools that were brought, by program.
    versions: RefCell<BTreeMap<PathBuf, String>>,
    installer: OnceCell<Result<Installer, &'static str>>,
}

/// How it stands with a need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// It is there.
    Present(Found),
    /// It is not there, and [`Setup::bring`] brings it.
    Obtainable {
        /// In what way, in one line.
        how: String,
    },
    /// It is not there, and somebody has to do something.
    Missing {
        /// Why it cannot be brought.
        reason: String,
        /// What mends it.
        remedy: String,
    },
}

/// Something that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Its version, as it says itself.
    pub version: String,
    /// Where it is.
    pub path: PathBuf,
    /// Where it came from.
    pub origin: Origin,
    /// Why it is not the pinned one, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// Where something came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Brought by us, pinned.
    Brought,
    /// Named by the user in a variable.
    Named,
    /// Found on PATH, in whatever version.
    Path,
    /// A part of the Rust toolchain.
    Toolchain,
    /// Compiled together with the programs, from its source in the toolchain: `-Zbuild-std`.
    Source,
}

impl Found {
    fn new(version: impl Into<String>, path: PathBuf, origin: Origin) -> Self {
        Self { version: version.into(), path, origin, instead: None }
    }
}

impl Setup {
    /// The machine as it is for `project`.
    ///
    /// # Errors
    /// No working folder.
    pub fn new(project: &Project) -> Result<Self> {
        let tools = match std::env::var_os(TOOLS_VARIABLE).filter(|folder| !folder.is_empty()) {
            Some(folder) => std::path::absolute(folder).context(|| "no working folder")?,
            None => project.target_dir.join("xtask-dist").join("tools"),
        };
        let runner = Runner::new(&project.root)?;
        // Two cargo-zigbuilds that write their linker wrappers at once fail; projects that share tools have their own.
        let wrappers = project.target_dir.join("xtask-dist").join("zigbuild");
        Ok(Self {
            runner,
            tools,
            wrappers,
            offline: false,
            toolchain: OnceCell::new(),
            versions: RefCell::default(),
            installer: OnceCell::new(),
        })
    }

    /// With `true`, nothing is downloaded: what is not there is missing.
    #[must_use]
    pub fn offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }

    /// The folder of the tools that were brought.
    pub fn tools(&self) -> &Path {
        &self.tools
    }

    /// How it stands with `need`. Nothing is changed, and nothing is downloaded.
    pub fn state(&self, need: &Need) -> State {
        match need {
            Need::Std(target) => self.of_toolchain(|rust| rust.std(target, self.offline)),
            Need::RustSrc => self.of_toolchain(|rust| rust.rust_src(self.offline)),
            Need::Tool(tool) => self.tool(*tool),
            Need::WindowsSdk => self.windows_sdk(),
            Need::ContainerEngine => system::container_engine(&self.runner),
            Need::WasmBindgen(version) => self.wasm_bindgen(version),
            Need::WasmOpt => self.wasm_opt(),
            Need::WasmPack => self.wasm_pack(),
        }
    }

    /// Where the standard library for `target` comes from; [`crate::plan::BuildStd`] says what [`StdSource::BuildStd`] takes.
    ///
    /// # Errors
    /// No rustc that runs in the workspace.
    pub fn std_source(&self, target: &Target) -> Result<StdSource> {
        Ok(self.toolchain()?.std_source(target))
    }

    /// What is used for `tool` now, if anything is there.
    pub fn path(&self, tool: Tool) -> Option<PathBuf> {
        self.present(tool).map(|found| found.path)
    }

    /// Brings `need` unless it is there, and says so in one line.
    ///
    /// # Errors
    /// It cannot be had, with the reason and what mends it.
    pub fn bring(&self, need: &Need) -> Result<Found> {
        match self.state(need) {
            State::Present(found) => return Ok(found),
            State::Missing { reason, remedy } => return Err(lacking(need).because(reason).help(remedy)),
            State::Obtainable { how } => terminal::status("Fetching", format_args!("{need}: {how}")),
        }
        match need {
            Need::Std(target) => self.add(need, &["target", "add", target.triple()]),
            Need::RustSrc => self.add(need, &["component", "add", "rust-src"]),
            Need::Tool(tool) => self.bring_tool(*tool),
            Need::WindowsSdk => self.bring_windows_sdk(),
            Need::WasmBindgen(version) => self.bring_wasm_bindgen(version),
            // Their state is never obtainable.
            Need::ContainerEngine | Need::WasmOpt | Need::WasmPack => Err(lacking(need)),
        }
    }

    /// Brings all that is not there; nothing is brought if something is missing that cannot be.
    ///
    /// # Errors
    /// Everything that cannot be had, at once.
    pub fn ensure<'n>(&self, needs: impl IntoIterator<Item = &'n Need> + Clone) -> Result<BTreeMap<Need, Found>> {
        let obtainable = |need: &Need| match self.state(need) {
            State::Missing { reason, remedy } => Err(missing(need, &reason, &remedy)),
            _ => Ok(()),
        };
        all(needs.clone().into_iter().map(|need| (need.clone(), obtainable(need))))?;
        let bring = |need: &Need| Ok((need.clone(), self.bring(need)?));
        let found: BTreeMap<Need, Found> = needs.into_iter().map(bring).collect::<Result<_>>()?;
        notes(&found);
        Ok(found)
    }

    /// Only looks: what would have to be brought is an error too.
    ///
    /// # Errors
    /// Everything that is not there, at once.
    pub fn check<'n>(&self, needs: impl IntoIterator<Item = &'n Need>) -> Result<BTreeMap<Need, Found>> {
        let found = all(needs.into_iter().map(|need| (need.clone(), self.look(need))))?;
        notes(&found);
        Ok(found)
    }

    /// Brings what can be had, or only looks unless it `may_bring`: what is there now, and for each of the rest why not.
    pub fn each<'n>(
        &self,
        needs: impl IntoIterator<Item = &'n Need>,
        may_bring: bool,
    ) -> (BTreeMap<Need, Found>, BTreeMap<Need, Error>) {
        let (mut found, mut lacking) = (BTreeMap::new(), BTreeMap::new());
        for need in needs {
            let got = match self.state(need) {
                State::Obtainable { .. } if may_bring => {
                    self.bring(need).map_err(|error| error.context(format!("{need} is missing")))
                }
                _ => self.look(need),
            };
            match got {
                Ok(there) => _ = found.insert(need.clone(), there),
                Err(error) => _ = lacking.insert(need.clone(), error),
            }
        }
        notes(&found);
        (found, lacking)
    }

    fn look(&self, need: &Need) -> Result<Found> {
        match self.state(need) {
            State::Present(found) => Ok(found),
            State::Obtainable { how } => Err(missing(need, &how, "cargo xtask dist setup")),
            State::Missing { reason, remedy } => Err(missing(need, &reason, &remedy)),
        }
    }

    fn toolchain(&self) -> Result<&Toolchain> {
        self.toolchain.get_or_init(|| Toolchain::read(&self.runner)).as_ref().map_err(Clone::clone)
    }

    fn of_toolchain(&self, state: impl FnOnce(&Toolchain) -> State) -> State {
        match self.toolchain() {
            Ok(toolchain) => state(toolchain),
            Err(error) => {
                let problem = error.problems().first();
                let cause = problem.and_then(|problem| problem.causes.last());
                let help = problem.and_then(|problem| problem.help.clone());
                State::Missing {
                    reason: cause.map_or_else(|| error.to_string(), Clone::clone),
                    remedy: help.unwrap_or_else(|| "install Rust: https://rustup.rs".to_owned()),
                }
            }
        }
    }

    /// Has rustup add something to the workspace's toolchain.
    fn add(&self, need: &Need, args: &[&str]) -> Result<Found> {
        // rustup itself does not expect two of it at work on one toolchain.
        let _lock = whole::lock(&self.tools, "rustup")?;
        toolchain::rustup(&self.runner, args)?;
        let now = Toolchain::read(&self.runner)?;
        let state = match need {
            Need::Std(target) => now.std(target, self.offline),
            _ => now.rust_src(self.offline),
        };
        match state {
            State::Present(found) => Ok(found),
            _ => Err(lacking(need).because(format!("`rustup {}` brought nothing", args.join(" ")))),
        }
    }
}

/// Says where a tool is used that others who build the same commit may not have.
fn notes(found: &BTreeMap<Need, Found>) {
    for (need, found) in found {
        if let Some(instead) = &found.instead {
            terminal::note(format_args!("{need} {} of {} is used, {instead}", found.version, found.path.display()));
        }
    }
}

fn lacking(need: &Need) -> Error {
    Error::new(format!("{need} is not to be had on this machine"))
}

fn missing(need: &Need, reason: &str, remedy: &str) -> Error {
    Error::new(format!("{need} is missing")).because(reason).help(remedy)
}

/// All of them, or every problem at once.
fn all<T>(each: impl Iterator<Item = (Need, Result<T>)>) -> Result<BTreeMap<Need, T>> {
    let (mut got, mut problems) = (BTreeMap::new(), Vec::new());
    for (need, result) in each {
        match result {
            Ok(value) => _ = got.insert(need, value),
            Err(error) => problems.extend_from_slice(error.problems()),
        }
    }
    if problems.is_empty() { Ok(got) } else { Err(Error::all(problems)) }
}
