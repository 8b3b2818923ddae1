//! One command publishes the example products to every channel, and each channel's own client installs them from there.

mod faults;
mod services;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use lab::binstall::{Install, Source};
use lab::fixture::CARGO_CONFIG;
use lab::server::Server;
use lab::server::forge::Kind;
use lab::xtask::{dist, shared_tools};
use lab::{Daemon, Fixture, Scratch, client, command, run, scratch, workspace_root};

use crate::crates_io::products;
use crate::images::engine::Engine;
use crate::images::registry::serve;
use crate::npm::verdaccio::Verdaccio;
use crate::said::{Said, said};
use services::{Services, TOKENS, inside, may_publish};

const PURPOSE: &str = "one release comes to every channel, and is installed from each";
const MUSL: &str = "x86_64-unknown-linux-musl";
const TAG: &str = "v0.1.0";
/// All services on loopback, and a release of the products that is to come to them.
struct World {
    project: Fixture,
    folder: Scratch,
    services: Arc<Services>,
    server: Server,
    npm: Verdaccio,
    images: (Daemon, u16),
}

impl World {
    fn new() -> Option<Self> {
        let folder = scratch("world");
        let (npm, images) = (Verdaccio::start(PURPOSE)?, serve(&folder, PURPOSE)?);
        for name in ["gh", "curl", "skopeo"] {
            client(name, PURPOSE)?;
        }
        let project = products();
        let manifest = fs::read_to_string(project.join("Cargo.toml")).unwrap();
        let here = format!("http://{}/acme/hello", Kind::GitHub.host());
        project.write("Cargo.toml", &manifest.replace("https://github.com/xtask-dist/xtask-dist", &here));
        project.write("CHANGELOG.md", "# Changelog\n\n## [0.1.0] - 2026-01-02\n\n- All of it.\n");
        let services = Arc::new(Services::new(npm.port, images.1));
        services.crates.seed(&project);
        let server = Server::start(Arc::clone(&services));
        let world = Self { project, folder, services, server, npm, images };
        world.configure();
        // Made as anybody makes it: what it needs of tools comes from the world outside.
        run(dist(&world.project, []).envs([shared_tools()]));
        world.services.expect(&world.project.join("target/releases").join(TAG));
        Some(world)
    }

    /// Says where everything goes, and tags the commit.
    fn configure(&self) {
        let cargo = format!(
            "[source.crates-io]\nreplace-with = \"loopback\"\n\
             [registries.loopback]\nindex = \"sparse+{}/registry/\"\n",
            self.server.url()
        );
        self.project.write(CARGO_CONFIG, &format!("{cargo}[profile.dist]\ninherits = \"release\"\nstrip = true\n"));
        // What is installed is of no workspace: cargo reads only its own configuration then.
        fs::create_dir_all(self.folder.join("cargo")).unwrap();
        fs::write(self.folder.join("cargo/config.toml"), cargo).unwrap();
        let git = |args: &[&str]| run(command("git").args(["init", "--quiet", "--bare"]).args(args));
        git(&["--initial-branch=trunk", &self.tap().display().to_string()]);
        git(&[&self.folder.join("origin.git").display().to_string()]);
        self.project.config(&format!(
            "targets = [\"{MUSL}\"]\n[wasm]\n[forge]\nkind = \"github\"\nremote = \"origin\"\n\
             [channel.crates-io]\nregistry = \"loopback\"\n[channel.homebrew]\ntap = \"{}\"\n\
             [channel.npm]\nscope = \"@acme\"\nregistry = \"{}\"\n[channel.docker]\nimage = \"{}\"\ninsecure = true\n",
            self.tap().display(),
            self.npm.url,
            self.image()
        ));
        self.project.commit();
        self.project.git(&["remote", "add", "origin", &self.folder.join("origin.git").display().to_string()]);
        self.project.git(&["tag", "--annotate", "--message", TAG, TAG]);
        self.project.git(&["push", "--quiet", "origin", TAG]);
    }

    fn tap(&self) -> PathBuf {
        self.folder.join("homebrew-tap.git")
    }

    fn image(&self) -> String {
        format!("127.0.0.1:{}/acme/tally", self.images.1)
    }

    /// `dist ARGS` of somebody who may publish everywhere; what has a name of the world outside comes to the server.
    fn dist(&self, args: &[&str]) -> Command {
        let mut tool = dist(&self.project, args.iter().copied());
        self.npm.npm.for_command(&mut tool);
        self.inside(&mut tool);
        may_publish(&mut tool);
        tool
    }

    fn inside(&self, command: &mut Command) {
        inside(command, &self.server, &self.folder);
    }

    #[track_caller]
    fn publish(&self) -> Said {
        said(&mut self.dist(&["publish"])).ends(0, &[]).without(&TOKENS.map(|(_, token)| token))
    }
}

fn stdout(command: &mut Command) -> String {
    String::from_utf8(run(command).stdout).unwrap().trim().to_owned()
}

#[test]
fn one_command_and_then_every_client() {
    let Some(world) = World::new() else { return };
    let (Some(binstall), Some(ruby)) = (client("cargo-binstall", PURPOSE), client("ruby", PURPOSE)) else { return };
    let done = world.publish();
    for channel in ["archive", "crates-io", "npm", "docker", "homebrew"] {
        assert!(done.stdout.contains(channel), "{channel} is not among what was done:\n{}", done.stdout);
    }
    let before = (world.services.crates.uploaded(), world.npm.versions(), world.server.asked().len());
    let again = world.publish();
    assert!(again.stdout.contains("there already") && !again.stdout.contains("  done"), "{}", again.stdout);
    assert_eq!((world.services.crates.uploaded(), world.npm.versions()), (before.0.clone(), before.1));
    assert_eq!(before.0, ["tally-core 0.1.0", "tally 0.1.0", "tally-wasm 0.1.0"]);

    cargo_install(&world);
    let install = Install {
        name: "tally",
        source: Source::Index(&format!("sparse+{}/registry/", world.server.url())),
        targets: &[MUSL],
        proxy: &world.server.url(),
        args: &[],
    };
    let outcome = install.run(&binstall);
    assert_eq!(outcome.code, Some(0), "{}", outcome.said);
    assert_eq!(outcome.programs.keys().collect::<Vec<_>>(), ["tally", "tally-top"]);

    let project = world.npm.project("user");
    run(&mut world.npm.npm.command(&project, &["install", "@acme/tally", "@acme/tally-wasm"]));
    assert_eq!(world.npm.npm.stdout(&project, &["exec", "--", "tally", "--version"]), "tally 0.1.0");
    fs::write(project.join("use.mjs"), "import { version } from '@acme/tally-wasm'; console.log(version());").unwrap();
    assert_eq!(stdout(command("node").arg("use.mjs").current_dir(&project)), "0.1.0");

    let Some(engine) = Engine::start(PURPOSE) else { return };
    run(&mut engine.docker(&["pull", "--quiet", &format!("{}:0.1.0", world.image())]));
    let mut tally = engine.docker(&["run", "--rm", "--network", "none", &format!("{}:0.1.0", world.image())]);
    assert_eq!(stdout(tally.arg("--version")), "tally 0.1.0");

    formula(&world, ruby.path());
}

fn cargo_install(world: &World) {
    let root = scratch("installed");
    let mut cargo = command("cargo");
    cargo.args(["install", "--quiet", "--registry", "loopback", "--locked", "tally", "--root"]).arg(&*root);
    world.inside(cargo.arg("--target-dir").arg(root.join("target")).current_dir(&*world.project));
    run(&mut cargo);
    assert_eq!(stdout(command(root.join("bin/tally")).arg("--version")), "tally 0.1.0");
}

/// The tap's formula, evaluated by Ruby, and what is behind its URL: the archive with its digest.
fn formula(world: &World, ruby: &Path) {
    let text = run(command("git").arg("--git-dir").arg(world.tap()).args(["show", "trunk:Formula/tally.rb"])).stdout;
    let file = world.folder.join("tally.rb");
    fs::write(&file, text).unwrap();
    let double = workspace_root().join("crates/lab/tests/e2e/formula_double.rb");
    let seen = run(command(ruby).arg(double).arg(&file).args(["linux", "intel"])).stdout;
    let seen: serde_json::Value = serde_json::from_slice(&seen).unwrap();
    let (url, sha256) = (&seen["strings"]["url"], &seen["strings"]["sha256"]);
    let mut get = command("curl");
    get.args(["--silent", "--fail", "--location", "--proxy", &world.server.url(), url.as_str().unwrap()]);
    assert_eq!(xtask_dist::hash::sha256(&run(&mut get).stdout), sha256.as_str().unwrap());
}
