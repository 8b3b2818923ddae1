//! Small projects, written by the tests that release them.

use std::fs;
use std::ops::Deref;
use std::path::Path;

use crate::{Scratch, command, run, scratch};

/// A project in a scratch directory, with a lock file. It derefs to its folder.
#[derive(Debug)]
pub struct Fixture {
    folder: Scratch,
}

/// A program that answers `--version` as users expect.
pub const MAIN: &str = r#"fn main() { println!("{} {}", env!("CARGO_BIN_NAME"), env!("CARGO_PKG_VERSION")); }"#;

/// Where [`Fixture`] puts [`QUICK`].
pub const CARGO_CONFIG: &str = ".cargo/config.toml";

/// A `dist` profile without link-time optimisation: that of the standard library takes longer than a whole test.
pub const QUICK: &str = "[profile.dist]\ninherits = \"release\"\nstrip = true\n";

impl Fixture {
    /// A package `hello` 1.2.3 with one program and everything that the channels want.
    #[must_use]
    pub fn hello() -> Self {
        Self::package("")
    }

    /// The same, with more lines in `[package]` (they may end it and begin other tables).
    #[must_use]
    pub fn package(lines: &str) -> Self {
        let manifest = format!(
            "[package]\nname = \"hello\"\nversion = \"1.2.3\"\nedition = \"2021\"\ndescription = \"Says hello\"\n\
             license = \"MIT\"\nrepository = \"https://github.com/acme/hello\"\n{lines}\n"
        );
        Self::of(&[("Cargo.toml", &manifest), ("src/main.rs", MAIN), ("LICENSE", "MIT"), ("README.md", "# hello")])
    }

    /// A project of these files, and [`QUICK`]; remove [`CARGO_CONFIG`] to have the tool's own profile.
    ///
    /// # Panics
    /// When they cannot be written, or cargo does not take them.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let fixture = Self { folder: scratch("fixture") };
        fixture.write(CARGO_CONFIG, QUICK);
        for (path, content) in files {
            fixture.write(path, content);
        }
        fixture.lock();
        fixture
    }

    /// Writes a file.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, path: &str, content: &str) {
        let file = self.folder.join(path);
        fs::create_dir_all(file.parent().expect("a file in a folder")).expect("a folder");
        fs::write(&file, content).unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
    }

    /// Writes `packaging/dist.toml`.
    pub fn config(&self, text: &str) {
        self.write("packaging/dist.toml", text);
    }

    /// Writes the lock file anew, after a manifest changed.
    pub fn lock(&self) {
        run(command("cargo").args(["generate-lockfile", "--offline", "--quiet"]).current_dir(&*self.folder));
    }

    /// Makes it a git repository with everything committed, at a fixed time.
    pub fn commit(&self) {
        self.write(".gitignore", "/target\n");
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "all"]);
    }

    /// Runs git in it.
    pub fn git(&self, args: &[&str]) {
        let identity = ["-c", "user.name=Lab", "-c", "user.email=lab@example.org", "-c", "commit.gpgSign=false"];
        let mut git = command("git");
        git.args(identity).args(args).current_dir(&*self.folder);
        run(git.env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z").env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z"));
    }
}

impl Deref for Fixture {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.folder
    }
}
