//! Compiles what the build plan says, and learns from cargo's own messages what came out and where.

mod messages;
mod toolchain;
mod wasm;

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use crate::config::WasmTool;
use crate::plan::{BuildPlan, Invocation, WasmPlan};
use crate::project::{Project, no_lock};
use crate::report::{Context, Error, Result, terminal};
use crate::run::Runner;
use crate::targets::{Builder, Target};
use messages::Said;
pub use toolchain::Toolchain;
pub use wasm::WasmTools;

/// What was built of one package for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The package's name.
    pub package: String,
    /// The target.
    pub target: Target,
    /// The executables, by name.
    pub binaries: BTreeMap<String, PathBuf>,
    /// The library that was compiled for WebAssembly.
    pub module: Option<PathBuf>,
    /// What was made of it for JavaScript, by its place in the archive.
    pub library: BTreeMap<String, PathBuf>,
    /// The tools that worked on it besides compiler and linker, with their versions.
    pub tools: BTreeMap<String, String>,
    /// Where its build script wrote, if it has one.
    pub out_dir: Option<PathBuf>,
}

/// The builders' programs, and what they are given besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tools {
    /// Where they are, for those that are not simply cargo.
    pub programs: BTreeMap<Builder, PathBuf>,
    /// Variables for all of them.
    pub env: BTreeMap<String, String>,
    /// What makes libraries for JavaScript of what they compile.
    pub wasm: WasmTools,
}

/// A package that could not be made for a target.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The package's name.
    pub package: String,
    /// The target.
    pub target: Target,
    /// What failed; the head of it names no path.
    pub error: Error,
}

/// Is told what failed for a target. An error that it returns is the end; without one, the rest is made.
pub type OnFailure<'f> = &'f mut dyn FnMut(Failed) -> Result<()>;

/// Runs the plan. The compiler's output goes to stderr as it comes.
///
/// # Errors
/// A program that does not compile; cargo has said why. Or cargo reported no executable for a target.
pub fn run(plan: &BuildPlan, project: &Project, tools: &Tools, on_failure: OnFailure<'_>) -> Result<Vec<Built>> {
    if !project.root.join("Cargo.lock").is_file() {
        return Err(no_lock(project));
    }
    let compiler = Compiler { project, tools, runner: Runner::new(&project.root)?, keep_going: plan.keep_going };
    let mut built = Vec::new();
    for invocation in &plan.invocations {
        built.extend(compiler.invoke(invocation, on_failure)?);
    }
    Ok(built)
}

struct Compiler<'a> {
    project: &'a Project,
    tools: &'a Tools,
    runner: Runner,
    keep_going: bool,
}

impl Built {
    /// Nothing yet of a package for a target.
    fn nothing(package: &str, target: &Target) -> Self {
        Self {
            package: package.to_owned(),
            target: target.clone(),
            binaries: BTreeMap::new(),
            module: None,
            library: BTreeMap::new(),
            tools: BTreeMap::new(),
            out_dir: None,
        }
    }
}

impl Compiler<'_> {
    /// What came out whole: all programs of a target, or its library.
    fn invoke(&self, invocation: &Invocation, on_failure: OnFailure<'_>) -> Result<Vec<Built>> {
        let by_wasm_pack = |wasm: &&WasmPlan| wasm.settings.tool == WasmTool::WasmPack;
        if let Some(wasm) = invocation.wasm.as_ref().filter(by_wasm_pack) {
            return self.by_wasm_pack(invocation, wasm, on_failure);
        }
        let targets: Vec<&str> = invocation.targets.keys().map(Target::triple).collect();
        terminal::status("Building", format_args!("{} for {}", invocation.package, targets.join(", ")));
        let (said, status) = self.call(invocation)?;
        if !status.success() && lock_is_stale(&self.runner) {
            return Err(Error::new("Cargo.lock does not fit the manifests")
                .because("a dependency or a version was changed after it was written, and a release is built --locked")
                .help("run `cargo update --workspace`, and commit Cargo.lock"));
        }
        if !status.success() && !self.keep_going {
            return Err(does_not_compile(invocation, &invocation.package, status));
        }
        if !status.success() && !said.compiled && targets.len() > 1 {
            // One target that a builder does not take stops it before it looks at the others.
            let mut built = Vec::new();
            for target in invocation.targets.keys() {
                built.extend(self.invoke(&invocation.only(target), on_failure)?);
            }
            return Ok(built);
        }
        let mut whole = Vec::new();
        for built in said.built {
            let error = match lacking(invocation, &built) {
                None => match self.for_javascript(invocation, built.clone()) {
                    Ok(built) => {
                        whole.push(built);
                        continue;
                    }
                    Err(error) => error,
                },
                Some(name) if status.success() => Error::new(format!("cargo built no {name} for {}", built.target))
                    .because("its messages name no such file"),
                Some(_) => {
                    let what = format!("{} for {}", built.package, built.target);
                    does_not_compile(&invocation.only(&built.target), &what, status)
                }
            };
            on_failure(Failed { package: built.package, target: built.target, error })?;
        }
        Ok(whole)
    }

    fn by_wasm_pack(&self, invocation: &Invocation, wasm: &WasmPlan, on_failure: OnFailure<'_>) -> Result<Vec<Built>> {
        let env = self.tools.env.iter().chain(&invocation.env).map(|(name, value)| (name.clone(), value.clone()));
        let tools = (&self.tools.wasm, &env.collect());
        wasm::packed(self.project, &self.runner, (invocation, wasm), tools).or_else(|error| {
            for target in invocation.targets.keys() {
                let (package, target) = (invocation.package.clone(), target.clone());
                on_failure(Failed { package, target, error: error.clone() })?;
            }
            Ok(Vec::new())
        })
    }

    /// What wasm-bindgen makes of a library; programs as they are.
    fn for_javascript(&self, invocation: &Invocation, built: Built) -> Result<Built> {
        match &invocation.wasm {
            Some(wasm) => wasm::library(self.project, &self.runner, (invocation, wasm), &self.tools.wasm, built),
            None => Ok(built),
        }
    }

    fn call(&self, invocation: &Invocation) -> Result<(Said, ExitStatus)> {
        let mut command = self.command(invocation);
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| {
            let builder = invocation.builder;
            Error::new(format!("cannot run {}", builder.command())).because(error).help(builder.installation())
        })?;
        let stdout = child.stdout.take().map(BufReader::new);
        let said = stdout.map(|stdout| messages::read(stdout, invocation, self.project)).transpose();
        let status = child.wait().context(|| "cannot wait for cargo")?;
        Ok((said?.unwrap_or_default(), status))
    }

    fn command(&self, invocation: &Invocation) -> Command {
        // As cargo calls its subcommands: the word comes first.
        let words: &[&str] = match invocation.builder {
            Builder::Cargo | Builder::Cross => &["build"],
            Builder::Zigbuild => &["zigbuild"],
            Builder::Xwin => &["xwin", "build"],
        };
        let program = match self.tools.programs.get(&invocation.builder) {
            Some(program) => self.runner.command(program),
            None => self.runner.cargo(),
        };
        let command = program
            .args(words)
            .args(invocation.arguments())
            .args(self.keep_going.then_some("--keep-going"))
            .arg("--message-format=json-render-diagnostics")
            .envs(&self.tools.env)
            .envs(&invocation.env)
            .env("CARGO_ENCODED_RUSTFLAGS", invocation.rustflags.join("\x1f"))
            .env_remove("RUSTFLAGS");
        command.into()
    }
}

/// What was to be built and was not.
fn lacking<'i>(invocation: &'i Invocation, built: &Built) -> Option<&'i str> {
    match &invocation.wasm {
        Some(wasm) => built.module.is_none().then_some(wasm.name.as_str()),
        None => invocation.binaries.iter().find(|name| !built.binaries.contains_key(*name)).map(String::as_str),
    }
}

fn does_not_compile(invocation: &Invocation, what: &str, status: ExitStatus) -> Error {
    Error::new(format!("{what} cannot be compiled"))
        .because(format!("cargo's own message is above ({status})"))
        .help(format!("to see it again: {} {}", invocation.builder.command(), shown_arguments(invocation)))
}

/// Whether it was the lock file that cargo stopped at; asked after a failure only, because the graph is slow to resolve.
fn lock_is_stale(runner: &Runner) -> bool {
    let asked = runner.cargo().args(["metadata", "--locked", "--format-version", "1"]).ignore_status().output();
    asked.is_ok_and(|asked| {
        !asked.status.success() && String::from_utf8_lossy(&asked.stderr).contains("--locked was passed")
    })
}

/// The arguments as a person would type them: the package by its name.
fn shown_arguments(invocation: &Invocation) -> String {
    let named = Invocation { package_id: invocation.package.clone(), ..invocation.clone() };
    named
        .arguments()
        .iter()
        .map(|word| if word.contains('"') { format!("'{word}'") } else { word.clone() })
        .collect::<Vec<_>>()
        .join(" ")
}
