//! Compiles what the build plan says, and learns from cargo's own messages what came out and where.

mod messages;
mod toolchain;

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::plan::{BuildPlan, Invocation};
use crate::project::Project;
use crate::report::{Context, Error, Result, terminal};
use crate::run::Runner;
use crate::targets::{Builder, Target};
pub use toolchain::Toolchain;

/// What was built of one package for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The package's name.
    pub package: String,
    /// The target.
    pub target: Target,
    /// The executables, by name.
    pub binaries: BTreeMap<String, PathBuf>,
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
}

/// Runs the plan. The compiler's output goes to stderr as it comes.
///
/// # Errors
/// A program that does not compile; cargo has said why. Or cargo reported no executable for a target.
pub fn run(plan: &BuildPlan, project: &Project, tools: &Tools) -> Result<Vec<Built>> {
    if !project.root.join("Cargo.lock").is_file() {
        return Err(Error::new(format!("there is no Cargo.lock in {}", project.root.display()))
            .because("a release is built from locked versions only")
            .help("run `cargo generate-lockfile`, and commit the file"));
    }
    let runner = Runner::new(&project.root)?;
    let mut built = Vec::new();
    for invocation in &plan.invocations {
        let targets: Vec<&str> = invocation.targets.keys().map(Target::triple).collect();
        terminal::status("Building", format_args!("{} for {}", invocation.package, targets.join(", ")));
        built.extend(invoke(invocation, project, tools, &runner)?);
    }
    Ok(built)
}

fn invoke(invocation: &Invocation, project: &Project, tools: &Tools, runner: &Runner) -> Result<Vec<Built>> {
    let mut command = command(invocation, tools, runner);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| {
        let builder = invocation.builder;
        Error::new(format!("cannot run {}", builder.command())).because(error).help(builder.installation())
    })?;
    let stdout = child.stdout.take().map(BufReader::new);
    let read = stdout.map(|stdout| messages::read(stdout, invocation, project)).transpose();
    let status = child.wait().context(|| "cannot wait for cargo")?;
    if !status.success() && lock_is_stale(runner) {
        return Err(Error::new("Cargo.lock does not fit the manifests")
            .because("a dependency or a version was changed after it was written, and a release is built --locked")
            .help("run `cargo update --workspace`, and commit Cargo.lock"));
    }
    if !status.success() {
        return Err(Error::new(format!("{} cannot be compiled", invocation.package))
            .because(format!("cargo's own message is above ({status})"))
            .help(format!("to see it again: {} {}", invocation.builder.command(), shown_arguments(invocation))));
    }
    let built = read?.unwrap_or_default();
    for target in invocation.targets.keys() {
        let of_target = built.iter().find(|built| built.target == *target);
        for name in &invocation.binaries {
            if !of_target.is_some_and(|built| built.binaries.contains_key(name)) {
                return Err(Error::new(format!("cargo built no {name} for {target}"))
                    .because("its messages name no such executable"));
            }
        }
    }
    Ok(built)
}

/// Whether it was the lock file that cargo stopped at; asked after a failure only, because the graph is slow to resolve.
fn lock_is_stale(runner: &Runner) -> bool {
    let asked = runner.cargo().args(["metadata", "--locked", "--format-version", "1"]).ignore_status().output();
    asked.is_ok_and(|asked| {
        !asked.status.success() && String::from_utf8_lossy(&asked.stderr).contains("--locked was passed")
    })
}

fn command(invocation: &Invocation, tools: &Tools, runner: &Runner) -> Command {
    // As cargo calls its subcommands: the word comes first.
    let words: &[&str] = match invocation.builder {
        Builder::Cargo | Builder::Cross => &["build"],
        Builder::Zigbuild => &["zigbuild"],
        Builder::Xwin => &["xwin", "build"],
    };
    let program = match tools.programs.get(&invocation.builder) {
        Some(program) => runner.command(program),
        None => runner.cargo(),
    };
    let command = program
        .args(words)
        .args(invocation.arguments())
        .arg("--message-format=json-render-diagnostics")
        .envs(&tools.env)
        .envs(&invocation.env)
        .env("CARGO_ENCODED_RUSTFLAGS", invocation.rustflags.join("\x1f"))
        .env_remove("RUSTFLAGS");
    command.into()
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
