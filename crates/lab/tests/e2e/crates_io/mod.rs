//! Crates, on their way to a registry on loopback: checked, published by real cargo, and installed from there.

mod check;
mod faults;
#[cfg(target_os = "linux")]
mod killed;
mod publish;
mod releases;

use std::fs;
use std::process::Command;
use std::sync::Arc;

use lab::fixture::CARGO_CONFIG;
use lab::server::{Answer, Registry, Request, Server};
use lab::xtask::dist;
use lab::{Fixture, Scratch, client, command, copy_dir, run, scratch, workspace_root};

use crate::said::{Said, said};

/// Where the registry is on the server.
const PATH: &str = "/registry";
/// Who may upload.
const TOKEN: &str = "a-secret-token";
/// The example crates, in the order in which they can be published.
const PRODUCTS: [&str; 3] = ["tally-core 0.1.0", "tally 0.1.0", "tally-wasm 0.1.0"];

/// A registry, and a workspace that has it for crates.io and publishes to it.
struct Bench {
    registry: Arc<Registry>,
    server: Server,
    workspace: Fixture,
    /// Cargo's own folder, in which it keeps what it downloads: nobody else's credentials are in it.
    home: Scratch,
}

impl Bench {
    /// A committed workspace of these files; none without curl, which is reported.
    #[track_caller]
    fn of(files: &[(&str, &str)]) -> Option<Self> {
        Self::with(|| Fixture::of(files))
    }

    /// The example products of this repository.
    #[track_caller]
    fn products() -> Option<Self> {
        Self::with(products)
    }

    #[track_caller]
    fn with(workspace: impl FnOnce() -> Fixture) -> Option<Self> {
        client("curl", "a registry is asked")?;
        let workspace = workspace();
        let registry = Arc::new(Registry::at(PATH).with_token(TOKEN));
        registry.seed(&workspace);
        let server = {
            let registry = Arc::clone(&registry);
            Server::start(move |request: &Request| registry.answer(request))
        };
        let bench = Self { registry, server, workspace, home: scratch("cargo-home") };
        bench.workspace.write(CARGO_CONFIG, &bench.cargo_config());
        bench.workspace.config("[channel.crates-io]\nregistry = \"loopback\"\n");
        bench.workspace.commit();
        Some(bench)
    }

    /// The registry stands for crates.io: whoever asked that would be seen failing.
    fn cargo_config(&self) -> String {
        let index = format!("sparse+{}{PATH}/", self.server.url());
        format!(
            "[source.crates-io]\nreplace-with = \"loopback\"\n[registries.loopback]\nindex = \"{index}\"\n\
             [profile.dist]\ninherits = \"release\"\nstrip = true\n"
        )
    }

    /// `dist ARGS`, not yet run.
    fn dist(&self, args: &[&str]) -> Command {
        let mut command = dist(&self.workspace, args.iter().copied());
        self.at_home(&mut command);
        command.env("CARGO_REGISTRIES_LOOPBACK_TOKEN", TOKEN);
        command
    }

    /// Cargo with its own folder.
    fn at_home(&self, command: &mut Command) {
        command.env("CARGO_HOME", &*self.home).env("CARGO_TERM_COLOR", "never").env_remove("CARGO_NET_OFFLINE");
    }

    #[track_caller]
    fn check(&self, args: &[&str]) -> Said {
        said(&mut self.dist(&[&["check"], args].concat()))
    }

    #[track_caller]
    fn publish(&self, args: &[&str]) -> Said {
        said(&mut self.dist(&[&["publish", "--channel", "crates-io"], args].concat()))
    }

    /// Replaces text in a file of the workspace, and commits that.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.workspace.join(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from}: {text}");
        self.workspace.write(file, &text.replace(from, to));
    }

    fn commit(&self) {
        self.workspace.git(&["add", "--all"]);
        self.workspace.git(&["commit", "--quiet", "--message", "more"]);
    }

    /// How many uploads were tried.
    fn tried(&self) -> usize {
        self.server.asked().iter().filter(|asked| asked.ends_with("/api/v1/crates/new")).count()
    }

    /// Installs a program from the registry, and gives what it says to `--version`.
    fn installed(&self, name: &str) -> String {
        let root = scratch("installed");
        // It is nobody's workspace that is installed from, so cargo reads only this one.
        fs::write(self.home.join("config.toml"), self.cargo_config()).unwrap();
        let mut cargo = command("cargo");
        cargo.args(["install", "--quiet", "--registry", "loopback", "--locked", name, "--root"]).arg(&*root);
        cargo.args(["--target-dir"]).arg(root.join("target")).current_dir(&*self.workspace);
        self.at_home(&mut cargo);
        run(&mut cargo);
        let version = run(command(root.join("bin").join(name)).arg("--version")).stdout;
        String::from_utf8(version).unwrap().trim().to_owned()
    }
}

/// The example products as a workspace of their own, without this tool.
pub fn products() -> Fixture {
    let root = workspace_root();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (_, shared) = manifest.split_once("[workspace.package]").unwrap();
    let members = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n\n[workspace.package]";
    let fixture = Fixture::of(&[("Cargo.toml", "[workspace]\n")]);
    for name in ["tally", "tally-core", "tally-wasm"] {
        copy_dir(root.join("crates").join(name), fixture.join("crates").join(name)).unwrap();
    }
    fixture.write("Cargo.toml", &format!("{members}{shared}"));
    // The versions are those of this repository, which cargo has downloaded; it takes out what is not needed.
    fs::copy(root.join("Cargo.lock"), fixture.join("Cargo.lock")).unwrap();
    run(command("cargo").args(["update", "--workspace", "--offline", "--quiet"]).current_dir(&*fixture));
    fixture
}

/// A manifest with everything that the preflight wants, and more lines (they may begin other tables).
fn manifest(name: &str, lines: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\ndescription = \"A crate\"\n\
         license = \"MIT\"\nrepository = \"https://github.com/acme/{name}\"\nrust-version = \"1.85\"\n{lines}\n"
    )
}

/// Two libraries, of which `upper` needs `lower`.
fn two_libraries() -> Option<Bench> {
    Bench::of(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"lower\", \"upper\"]\nresolver = \"2\"\n"),
        ("lower/Cargo.toml", &manifest("lower", "")),
        ("lower/src/lib.rs", "pub fn one() -> u8 {\n    1\n}\n"),
        ("lower/LICENSE", "MIT"),
        ("upper/Cargo.toml", &manifest("upper", "[dependencies]\nlower = { path = \"../lower\", version = \"1\" }")),
        ("upper/src/lib.rs", "pub fn two() -> u8 {\n    2 * lower::one()\n}\n"),
        ("upper/LICENSE", "MIT"),
    ])
}
