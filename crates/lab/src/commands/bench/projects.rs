//! Published programs in repositories of their own, to be released by us and by others.

use std::cell::OnceCell;
use std::path::Path;
use std::process::Command;
use std::{fs, thread, time::Duration};

use lab::{Missing, Scratch, command, copy_dir, published, run, scratch, workspace_root, xtask};

/// The program that is released: a usual command-line tool, with the crates that such tools have.
pub const PROGRAM: (&str, &str) = ("hexyl", "0.16.0");

/// Repositories that benchmarks share: what is compiled in them is compiled once.
#[derive(Default)]
pub struct Projects {
    adopted: OnceCell<Checkout>,
}

impl Projects {
    /// The program with this system in it, and xtask compiled.
    pub fn adopted(&self) -> Result<&Checkout, Missing> {
        if let Some(checkout) = self.adopted.get() {
            return Ok(checkout);
        }
        let checkout = Checkout::adopted()?;
        Ok(self.adopted.get_or_init(|| checkout))
    }
}

/// A repository with the program, and a target folder of its own.
pub struct Checkout {
    folder: Scratch,
}

impl Checkout {
    /// The program as it is published.
    pub fn plain() -> Result<Self, Missing> {
        let folder = scratch("bench");
        let krate = published::krate(PROGRAM.0, PROGRAM.1)?;
        copy_dir(krate, &*folder).unwrap_or_else(|error| panic!("{error}"));
        fs::write(folder.join(".gitignore"), "/target\n").unwrap_or_else(|error| panic!("{error}"));
        let checkout = Self { folder };
        checkout.git(&["init", "--quiet"]);
        checkout.commit();
        Ok(checkout)
    }

    /// With this system in it, and xtask compiled.
    fn adopted() -> Result<Self, Missing> {
        let checkout = Self::plain()?;
        let mut adopt = xtask::dist(workspace_root(), ["adopt", "--yes"]);
        run(adopt.arg(&*checkout.folder));
        checkout.commit();
        run(&mut checkout.cargo(&["xtask", "dist", "--help"]));
        Ok(checkout)
    }

    /// As cargo-dist wants it, for this target.
    pub fn of_cargo_dist(target: &str) -> Result<Self, Missing> {
        let checkout = Self::plain()?;
        let write = |path: &str, text: &str| {
            fs::write(checkout.folder.join(path), text).unwrap_or_else(|error| panic!("{path}: {error}"));
        };
        let settings = format!(
            "[workspace]\nmembers = [\"cargo:.\"]\n\n[dist]\ncargo-dist-version = \"{}\"\ninstallers = []\n\
             targets = [\"{target}\"]\n",
            super::cargo_dist::VERSION
        );
        write("dist-workspace.toml", &settings);
        let manifest = fs::read_to_string(checkout.folder.join("Cargo.toml")).unwrap_or_default();
        write("Cargo.toml", &format!("{manifest}\n[profile.dist]\ninherits = \"release\"\nlto = \"thin\"\n"));
        checkout.commit();
        Ok(checkout)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// cargo in it.
    pub fn cargo(&self, words: &[&str]) -> Command {
        self.with_target(command("cargo"), words)
    }

    /// The built xtask in it.
    pub fn dist(&self, words: &[&str]) -> Command {
        self.with_target(xtask::dist(&self.folder, []), words)
    }

    /// Any program in it.
    pub fn run(&self, program: &Path, words: &[&str]) -> Command {
        self.with_target(command(program), words)
    }

    /// cargo-zigbuild in it, with the tools that `dist` fetched.
    pub fn zigbuild(&self, words: &[&str]) -> Command {
        let tools = xtask::shared_tools().1;
        let of = |name: &str| {
            let found = fs::read_dir(&tools).into_iter().flatten().flatten();
            let mut found = found.map(|entry| entry.path()).filter(|path| {
                path.extension().is_none_or(|extension| extension != "lock")
                    && path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name))
            });
            found.next().unwrap_or_else(|| panic!("there is no {name} in {}", tools.display()))
        };
        let mut zigbuild =
            self.run(&of("cargo-zigbuild-").join("bin/cargo-zigbuild"), &["zigbuild", "--release", "--locked"]);
        zigbuild.env("CARGO_ZIGBUILD_ZIG_PATH", of("zig-").join("ziglang/zig"));
        zigbuild.env("CARGO_ZIGBUILD_PYTHON_PATH", tools.join("no-python"));
        zigbuild.args(words);
        zigbuild
    }

    fn with_target(&self, mut command: Command, words: &[&str]) -> Command {
        command.args(words).current_dir(&*self.folder).env("CARGO_TARGET_DIR", self.folder.join("target"));
        command.env("NO_COLOR", "1").envs([xtask::shared_tools()]);
        command
    }

    fn commit(&self) {
        // git reads every file again that is as young as its index, in seconds; nobody works in such a checkout.
        thread::sleep(Duration::from_secs(2));
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "bench"]);
    }

    fn git(&self, words: &[&str]) {
        let mut git = command("git");
        git.args(["-c", "user.name=Lab", "-c", "user.email=lab@example.org", "-c", "commit.gpgSign=false"]);
        run(git.args(words).current_dir(&*self.folder));
    }
}

/// The target of this machine.
pub fn host() -> String {
    let told = run(command("rustc").arg("-vV")).stdout;
    let told = String::from_utf8_lossy(&told).into_owned();
    told.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default().to_owned()
}
