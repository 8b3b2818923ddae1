//! This machine, as far as a release has to know it: what plans depend on, and the tools that it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::losses::Losses;
use super::{Fetch, Planned};
use crate::compile::{Failed, Tools, WasmTools};
use crate::config::{WasmOpt, WasmTool};
use crate::plan::{self, Invocation, Machine, ReleasePlan};
use crate::project::Project;
use crate::report::{Error, Problem, Result};
use crate::run::Runner;
use crate::setup::{Found, Need, Setup, State, StdSource, Tool, needs_of};
use crate::targets::{Builder, Os, Target};

/// Looks at this machine, as far as compiling `here`, which is all or a part of `whole`, depends on it.
///
/// # Errors
/// rustc does not answer.
pub fn look(project: &Project, whole: &[ReleasePlan], here: &[ReleasePlan], epoch: u64) -> Result<Machine> {
    let runner = Runner::new(&project.root)?;
    let targets = compiled_for(here);
    let rustflags = targets.iter().map(|target| Ok((target.clone(), project.rustflags(target, &runner)?)));
    let rustflags = rustflags.collect::<Result<_>>()?;
    let linkers = targets.iter().filter(|target| project.has_linker(target)).cloned().collect();
    let setup = Setup::new(project)?;
    let host = Target::host();
    // That of its own host comes with every compiler.
    let (mut with_std, mut without_std) = (BTreeSet::from([host.clone()]), BTreeSet::new());
    for target in targets.iter().filter(|target| **target != host) {
        _ = match setup.std_source(target)? {
            StdSource::Installed => with_std.insert(target.clone()),
            StdSource::BuildStd => without_std.insert(target.clone()),
            StdSource::Rustup | StdSource::Nowhere => false,
        };
    }
    // The host's own glibc gets zig's floor where zig is there anyway: it is not fetched for that alone. The whole
    // release decides, or a shard of the host alone would differ from it.
    let has_zig = compiled_for(whole).iter().any(|target| *target != host && target.os() != Os::Other)
        || (targets.contains(&host) && setup.has_zig());
    let home = std::env::home_dir();
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| home.as_ref().map(|home| home.join(".cargo")));
    let names_macos = std::env::var_os(plan::MACOS_FLOOR).is_some();
    Ok(Machine { host, home, cargo_home, rustflags, with_std, without_std, linkers, names_macos, has_zig, epoch })
}

fn compiled_for(releases: &[ReleasePlan]) -> BTreeSet<Target> {
    let plans = releases.iter().flat_map(|release| &release.packages).flat_map(|package| &package.targets);
    plans.flat_map(|plan| plan.target.slices().map_or_else(|| vec![plan.target.clone()], Vec::from)).collect()
}

impl Planned {
    /// What compiling it needs of this machine, each once.
    pub fn needs(&self) -> BTreeSet<Need> {
        self.build
            .invocations
            .iter()
            .flat_map(|call| call.targets.keys().flat_map(|target| needs(call, target)))
            .collect()
    }

    /// The builders' programs, brought where they are not there. Targets that lack something are lost.
    ///
    /// # Errors
    /// What cannot be had, all at once, unless the rest is wanted.
    pub(super) fn tools(&self, losses: &mut Losses) -> Result<Tools> {
        let setup = Setup::new(&self.project)?.offline(self.request.fetch == Fetch::Nothing);
        let mut all = self.needs();
        all.retain(|need| !matches!(need, Need::Std(target) if self.machine.with_std.contains(target)));
        let may_bring = self.request.fetch != Fetch::Crates;
        let found = match (self.build.keep_going, may_bring) {
            (true, _) => {
                let (found, lacking) = setup.each(&all, may_bring);
                self.lose(&lacking, losses)?;
                found
            }
            (false, true) => setup.ensure(&all)?,
            (false, false) => setup.check(&all)?,
        };
        let builders =
            [(Builder::Zigbuild, Tool::CargoZigbuild), (Builder::Xwin, Tool::CargoXwin), (Builder::Cross, Tool::Cross)];
        let program = |(builder, tool)| Some((builder, found.get(&Need::Tool(tool))?.path.clone()));
        let mut env = setup.environment();
        if self.request.fetch == Fetch::Nothing {
            env.insert("CARGO_NET_OFFLINE".to_owned(), "true".to_owned());
        }
        let wasm = wasm_tools(&found, &all, &setup);
        Ok(Tools { programs: builders.into_iter().filter_map(program).collect(), env, wasm })
    }

    fn lose(&self, lacking: &BTreeMap<Need, Error>, losses: &mut Losses) -> Result<()> {
        for call in &self.build.invocations {
            for target in call.targets.keys() {
                let lacks = needs(call, target).into_iter().filter_map(|need| lacking.get(&need));
                let problems: Vec<Problem> = lacks.flat_map(|error| error.problems().iter().cloned()).collect();
                if !problems.is_empty() {
                    let (package, target) = (call.package.clone(), target.clone());
                    losses.take(Failed { package, target, error: Error::all(problems) })?;
                }
            }
        }
        Ok(())
    }
}

/// What a call needs of this machine for one of its targets.
pub fn needs(call: &Invocation, target: &Target) -> Vec<Need> {
    let mut needs = needs_of(call.builder, target, !call.build_std.is_empty());
    if let Some(wasm) = &call.wasm {
        needs.push(Need::WasmBindgen(wasm.wasm_bindgen.clone()));
        needs.extend((wasm.settings.wasm_opt == WasmOpt::Always).then_some(Need::WasmOpt));
        needs.extend((wasm.settings.tool == WasmTool::WasmPack).then_some(Need::WasmPack));
    }
    needs
}

/// The programs for libraries, among them what is not needed but used where it is.
fn wasm_tools(found: &BTreeMap<Need, Found>, needs: &BTreeSet<Need>, setup: &Setup) -> WasmTools {
    let bindgen = needs.iter().find(|need| matches!(need, Need::WasmBindgen(_)));
    let opt = match bindgen.map(|_| setup.state(&Need::WasmOpt)) {
        Some(State::Present(opt)) => Some((opt.path, opt.version)),
        _ => None,
    };
    let bindgen = bindgen.and_then(|need| found.get(need)).map(|found| found.path.clone());
    let pack = found.get(&Need::WasmPack).map(|found| (found.path.clone(), found.version.clone()));
    WasmTools { bindgen, opt, pack }
}
