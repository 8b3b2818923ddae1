//! What JavaScript loads: wasm-bindgen's work on a library that cargo compiled, once for each of its targets.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::Built;
use crate::config::{FILE, JsTarget, WasmOpt};
use crate::plan::{Invocation, WasmPlan};
use crate::project::{Project, slashed, walk};
use crate::report::{Context, Error, Result, terminal};
use crate::run::Runner;
use crate::targets::Target;

/// How deep wasm-bindgen nests the snippets of JavaScript that crates bring.
const DEPTH: usize = 16;

/// The programs that libraries for JavaScript are made with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WasmTools {
    /// wasm-bindgen, of the version that Cargo.lock names.
    pub bindgen: Option<PathBuf>,
    /// wasm-opt and its version, where it is there.
    pub opt: Option<(PathBuf, String)>,
    /// wasm-pack and its version, where it is wanted.
    pub pack: Option<(PathBuf, String)>,
}

/// Makes of `built` what its archive holds: for each target of wasm-bindgen the module, JavaScript and declarations.
///
/// # Errors
/// wasm-bindgen or wasm-opt refuse the module; a full disk.
pub fn library(
    project: &Project,
    runner: &Runner,
    (invocation, plan): (&Invocation, &WasmPlan),
    tools: &WasmTools,
    built: Built,
) -> Result<Built> {
    let Some(module) = built.module.clone() else { return Ok(built) };
    let work = Work { runner, plan, tools };
    let make = |target: JsTarget, folder: &Path| {
        terminal::status("Binding", format_args!("{} for {}", invocation.package, target.word()));
        work.bindgen(&module, target, folder)?;
        work.optimise(folder)
    };
    let library = work.each_target(project, invocation, make)?;
    Ok(Built { library, tools: work.versions(None), ..built })
}

/// The same by wasm-pack, which has cargo compile too, once for each target.
///
/// # Errors
/// What wasm-pack says; a full disk.
pub fn packed(
    project: &Project,
    runner: &Runner,
    (invocation, plan): (&Invocation, &WasmPlan),
    (tools, env): (&WasmTools, &BTreeMap<String, String>),
) -> Result<Vec<Built>> {
    let work = Work { runner, plan, tools };
    let Some((_, version)) = &tools.pack else { return Err(Error::new("there is no wasm-pack").help(SETUP)) };
    let make = |target: JsTarget, folder: &Path| {
        terminal::status("Building", format_args!("{} for {} with wasm-pack", invocation.package, target.word()));
        work.pack(project, invocation, env, (target, folder))
    };
    let library = work.each_target(project, invocation, make)?;
    let of_target = |target: &Target| Built {
        library: library.clone(),
        tools: work.versions(Some(version)),
        ..Built::nothing(&invocation.package, target)
    };
    Ok(invocation.targets.keys().map(of_target).collect())
}

struct Work<'w> {
    runner: &'w Runner,
    plan: &'w WasmPlan,
    tools: &'w WasmTools,
}

impl Work<'_> {
    /// What `make` writes for each target, by its place in the archive.
    fn each_target(
        &self,
        project: &Project,
        invocation: &Invocation,
        make: impl Fn(JsTarget, &Path) -> Result<()>,
    ) -> Result<BTreeMap<String, PathBuf>> {
        let folder = project.target_dir.join("xtask-dist").join("wasm").join(&invocation.package);
        // What an earlier run left would be packed too.
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).context(|| format!("cannot clear {}", folder.display()));
            }
            _ => {}
        }
        let mut files = BTreeMap::new();
        for target in &self.plan.settings.targets {
            let folder = folder.join(target.word());
            make(*target, &folder)?;
            self.check_dependencies(&folder)?;
            for file in walk(&folder, DEPTH)? {
                let place = slashed(file.strip_prefix(&folder).unwrap_or(&file))?;
                files.insert(format!("{}{place}", self.plan.folder(*target)), file);
            }
        }
        Ok(files)
    }

    fn pack(
        &self,
        project: &Project,
        invocation: &Invocation,
        env: &BTreeMap<String, String>,
        (target, folder): (JsTarget, &Path),
    ) -> Result<()> {
        let (Some((program, _)), Some(bindgen)) = (&self.tools.pack, &self.tools.bindgen) else {
            return Err(Error::new("there is no wasm-pack, or no wasm-bindgen").help(SETUP));
        };
        let Some(package) = project.package(&invocation.package) else {
            return Err(Error::new(format!("the workspace has no package {}", invocation.package)));
        };
        // It looks for wasm-bindgen on PATH, and must not look for another.
        let found = std::env::var_os("PATH").unwrap_or_default();
        let folders = bindgen.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&found));
        let path = std::env::join_paths(folders).context(|| "cannot put wasm-bindgen on PATH")?;
        let command = self.runner.command(program).arg("build").arg(&package.dir);
        let command = command.args(["--mode", "no-install", "--no-pack", "--target", target.word()]);
        let command = command.args(["--out-name", &self.plan.name, "--out-dir"]).arg(folder);
        let command = match invocation.profile.as_str() {
            "release" => command.arg("--release"),
            profile => command.args(["--profile", profile]),
        };
        // Which one it keeps for itself, nobody knows.
        let command = command.args(self.optimiser().is_none().then_some("--no-opt"));
        let command = command.args(["--", "--locked"]).args(invocation.settings()).envs(env).env("PATH", path);
        let command = command.env("CARGO_ENCODED_RUSTFLAGS", invocation.rustflags.join("\x1f")).env_remove("RUSTFLAGS");
        command.ignore_stdout().run().map_err(|error| {
            let what = format!("wasm-pack cannot build {} for {}", invocation.package, target.word());
            Error::new(what).because(error).help(format!("see `tool` under [wasm] in {FILE}"))
        })?;
        // The place is not to be committed, it says, which is nobody's concern who gets the files.
        let ignored = folder.join(".gitignore");
        match fs::remove_file(&ignored) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context(|| format!("cannot remove {}", ignored.display()))
            }
            _ => Ok(()),
        }
    }

    fn bindgen(&self, module: &Path, target: JsTarget, folder: &Path) -> Result<()> {
        let Some(program) = &self.tools.bindgen else {
            return Err(Error::new(format!("there is no wasm-bindgen {}", self.plan.wasm_bindgen)).help(SETUP));
        };
        let command = self.runner.command(program).arg(module).arg("--out-dir").arg(folder);
        let command = command.args(["--target", target.word(), "--out-name", &self.plan.name, "--remove-name-section"]);
        let what = format!("wasm-bindgen cannot bind {} for {}", self.plan.name, target.word());
        run(command, &what).map_err(|error| {
            // Packages of npm, for one, are not for browsers.
            error.help(format!("if it is not for {}, say for whom: `targets` under [wasm] in {FILE}", target.word()))
        })
    }

    /// wasm-bindgen tells in a package.json which packages of npm the crates import. That of the package is ours to
    /// write, and has those of its own.
    fn check_dependencies(&self, folder: &Path) -> Result<()> {
        #[derive(serde::Deserialize)]
        struct Json {
            dependencies: BTreeMap<String, String>,
        }
        let file = folder.join("package.json");
        let Ok(text) = fs::read(&file) else { return Ok(()) };
        let json: Json = serde_json::from_slice(&text).context(|| format!("cannot read {}", file.display()))?;
        let unknown =
            json.dependencies.iter().filter(|(name, version)| self.plan.dependencies.get(*name) != Some(version));
        let unknown: Vec<String> = unknown.map(|(name, version)| format!("\"{name}\": \"{version}\"")).collect();
        if unknown.is_empty() {
            return fs::remove_file(&file).context(|| format!("cannot remove {}", file.display()));
        }
        Err(Error::new(format!("{} imports packages of npm that are not in its package.json", self.plan.name))
            .because("crates that it depends on import them")
            .help(format!(
                "write into package.json beside its Cargo.toml: {{ \"dependencies\": {{ {} }} }}",
                unknown.join(", ")
            )))
    }

    fn optimise(&self, folder: &Path) -> Result<()> {
        let Some((program, _)) = self.optimiser() else { return Ok(()) };
        let module = folder.join(format!("{}_bg.wasm", self.plan.name));
        let smaller = folder.join("optimised.wasm");
        let command = self.runner.command(program).args(&self.plan.settings.wasm_opt_args);
        let what = format!("wasm-opt cannot optimise {}", self.plan.name);
        run(command.arg(&module).arg("--output").arg(&smaller), &what)
            .map_err(|error| error.help(format!("see `wasm-opt` and `wasm-opt-args` under [wasm] in {FILE}")))?;
        fs::rename(&smaller, &module).context(|| format!("cannot write {}", module.display()))
    }

    fn optimiser(&self) -> Option<&(PathBuf, String)> {
        self.tools.opt.as_ref().filter(|_| self.plan.settings.wasm_opt != WasmOpt::Never)
    }

    fn versions(&self, pack: Option<&String>) -> BTreeMap<String, String> {
        let bindgen = [("wasm-bindgen", &self.plan.wasm_bindgen)];
        let opt = self.optimiser().map(|(_, version)| ("wasm-opt", version));
        let pack = pack.map(|version| ("wasm-pack", version));
        bindgen.into_iter().chain(opt).chain(pack).map(|(name, version)| (name.to_owned(), version.clone())).collect()
    }
}

/// Its own words are passed on; of a program in Rust without the backtrace, which names this machine's paths.
fn run(command: xshell::Cmd<'_>, what: &str) -> Result<()> {
    let output = command.env("RUST_BACKTRACE", "0").ignore_status().output().context(|| what.to_owned())?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::new(what).because(String::from_utf8_lossy(&output.stderr).trim()))
}

const SETUP: &str = "bring it: cargo xtask dist setup";
