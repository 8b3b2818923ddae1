//! `dist setup` and `dist doctor`, with the real pip, and on machines that lack this or that.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use lab::xtask::dist;
use lab::{Fixture, Scratch, cache_dir, command, run, run_failing, scratch};

const MUSL: &str = "x86_64-unknown-linux-musl";
const ZIGBUILD: &str = "cargo-zigbuild-0.24.0";

/// A machine of which only PATH is another: a folder of links and scripts, and a Rust whose standard libraries are
/// those that a test puts there.
struct Machine {
    folder: Scratch,
    hello: Fixture,
}

impl Machine {
    /// A machine with Rust, git and a standard library for musl, and no more.
    fn bare() -> Self {
        let machine = Self { folder: scratch("machine"), hello: Fixture::hello() };
        fs::create_dir(machine.folder.join("bin")).unwrap();
        for program in ["cargo", "git", "cat", "mkdir", "sh", "sleep"] {
            symlink(real(program), machine.folder.join("bin").join(program)).unwrap();
        }
        let (sysroot, rustc) = (machine.folder.join("rust"), real("rustc"));
        machine.script(
            "rustc",
            &format!(
                "case \"$*\" in '--print sysroot') echo '{}';; *) exec '{}' \"$@\";; esac",
                sysroot.display(),
                rustc.display()
            ),
        );
        machine.std(MUSL);
        machine
    }

    /// The same with the real Python, whose installs are written to a log.
    fn with_python(purpose: &str) -> Option<Self> {
        let python = lab::client("python3", purpose)?;
        // Not what is on PATH: that may be a version manager's script, which needs PATH itself.
        let itself = run(python.command().args(["-c", "import sys; print(sys.executable)"])).stdout;
        let machine = Self::bare();
        machine.python(&format!("exec '{}' \"$@\"", String::from_utf8_lossy(&itself).trim()));
        Some(machine)
    }

    /// A python3 that does `what`, after writing down that it is asked to install.
    fn python(&self, what: &str) {
        let log = self.folder.join("installs");
        self.script(
            "python3",
            &format!("case \" $* \" in *' install '*) echo \"$*\" >> '{}';; esac\n{what}", log.display()),
        );
    }

    fn installs(&self) -> usize {
        fs::read_to_string(self.folder.join("installs")).unwrap_or_default().lines().count()
    }

    fn script(&self, name: &str, text: &str) {
        let file = self.folder.join("bin").join(name);
        fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn std(&self, triple: &str) {
        let lib = self.folder.join("rust/lib/rustlib").join(triple).join("lib");
        fs::create_dir_all(&lib).unwrap();
        fs::write(lib.join("libcore-0.rlib"), "").unwrap();
    }

    fn tools(&self) -> PathBuf {
        self.folder.join("tools")
    }

    /// What is in the folder of tools, locks aside.
    fn brought(&self) -> Vec<String> {
        let listing = fs::read_dir(self.tools()).into_iter().flatten();
        let mut names: Vec<String> = listing.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| Path::new(name).extension().is_none_or(|end| end != "lock"));
        names.sort();
        names
    }

    fn dist<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut dist = dist(&self.hello, args);
        dist.env("PATH", self.folder.join("bin")).env("XTASK_DIST_TOOLS", self.tools());
        dist
    }

    /// `dist setup` for musl, where a zig is there already: a wheel of 2 MB tests as much as one of 90.
    fn setup(&self) -> Command {
        self.script("my-zig", "echo 0.15.2");
        let mut setup = self.dist(["setup", "--target", MUSL]);
        setup.env("CARGO_ZIGBUILD_ZIG_PATH", "my-zig");
        setup
    }

    /// What doctor says of a need of a target, whatever its exit code.
    fn doctor(&self, target: &str, need: &str) -> serde_json::Value {
        let output = self.dist(["doctor", "--format", "json", "--target", target]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["ready"], output.status.success(), "{report}");
        let needs = report["targets"][0]["needs"].as_array().unwrap().clone();
        needs.into_iter().find(|found| found["need"] == need).unwrap_or_else(|| panic!("{need} in {report}"))
    }
}

fn real(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn zig_and_cargo_zigbuild_are_brought_once_and_run() {
    let Some(machine) = Machine::with_python("pip brings zig and cargo-zigbuild") else { return };
    let tools = cache_dir().join("tools");
    run(machine.dist(["setup", "--target", MUSL]).env("XTASK_DIST_TOOLS", &tools));
    let zig = run(command(tools.join("zig-0.15.2/ziglang/zig")).arg("version"));
    assert_eq!(String::from_utf8_lossy(&zig.stdout).trim(), "0.15.2");
    let zigbuild = run(command(tools.join(ZIGBUILD).join("bin/cargo-zigbuild")).arg("--version"));
    assert_eq!(String::from_utf8_lossy(&zigbuild.stdout).trim(), "cargo-zigbuild 0.24.0");

    let before = machine.installs();
    for more in [&[][..], &["--offline"]] {
        let again = run(machine.dist(["setup", "--target", MUSL]).args(more).env("XTASK_DIST_TOOLS", &tools));
        assert!(!stderr(&again).contains("Fetching"), "{}", stderr(&again));
    }
    assert_eq!(machine.installs(), before, "what was there was installed again");
}

#[test]
fn four_runs_at_once_make_one_install() {
    let Some(machine) = Machine::with_python("runs at once make one install") else { return };
    let children: Vec<_> =
        (0..4).map(|_| machine.setup().stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
    assert_eq!(machine.installs(), 1);
    assert_eq!(machine.brought(), [ZIGBUILD]);
}

#[test]
fn a_killed_install_leaves_nothing_that_looks_whole() {
    let Some(machine) = Machine::with_python("a killed install is made anew") else { return };
    // An installer that has put everything in its place but does not end.
    let script = machine.folder.join("half");
    let half = "while [ \"$1\" != --target ]; do shift; done\nmkdir -p \"$2/bin\"\n\
                echo '#!/bin/sh' > \"$2/bin/cargo-zigbuild\"\necho $$ > \"$0.pid\"\nexec sleep 60";
    fs::write(&script, half).unwrap();
    let real_python = fs::read_to_string(machine.folder.join("bin/python3")).unwrap();
    machine.python(&format!("case \" $* \" in *' install '*) . '{}';; esac", script.display()));
    let mut child = machine.setup().stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let pid = machine.folder.join("bin/python3.pid");
    let started = Instant::now();
    while fs::read_to_string(&pid).unwrap_or_default().is_empty() {
        assert!(started.elapsed() < Duration::from_mins(1), "the install did not begin");
        sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    run(command("kill").arg(fs::read_to_string(&pid).unwrap().trim()));
    assert!(!machine.tools().join(ZIGBUILD).exists());
    assert_eq!(machine.doctor(MUSL, "cargo-zigbuild")["state"], "obtainable");

    fs::write(machine.folder.join("bin/python3"), real_python).unwrap();
    for n in 0..4 {
        let mut child = machine.setup().stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(150 * n));
        // One that ended before is no failure: what counts is what stands there.
        let _ = child.kill();
        child.wait().unwrap();
        let state = machine.doctor(MUSL, "cargo-zigbuild");
        assert!(state["state"] == "obtainable" || state["version"] == "0.24.0", "after kill {n}: {state}");
    }
    run(&mut machine.setup());
    assert_eq!(machine.doctor(MUSL, "cargo-zigbuild")["version"], "0.24.0");
    let _ = fs::remove_dir_all(machine.tools().join(ZIGBUILD));
    run(&mut machine.setup());
    assert_eq!(machine.brought(), [ZIGBUILD], "what killed runs left was not cleared up");
}

#[test]
fn a_tool_that_does_not_run_is_brought_anew() {
    let Some(machine) = Machine::with_python("a broken tool is replaced") else { return };
    let program = machine.tools().join(ZIGBUILD).join("bin/cargo-zigbuild");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::write(&program, "for another kind of machine").unwrap();
    run(&mut machine.setup());
    run(command(&program).arg("--version"));
}

#[test]
fn a_wheel_with_another_digest_is_refused() {
    let Some(machine) = Machine::with_python("a wheel with another digest is refused") else { return };
    let mirror = machine.folder.join("mirror");
    fs::create_dir(&mirror).unwrap();
    fs::write(mirror.join("cargo_zigbuild-0.24.0-py3-none-any.whl"), "something else").unwrap();
    let refused = run_failing(machine.setup().env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", &mirror));
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("DO NOT MATCH THE HASHES"), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("help: the index"), "{}", stderr(&refused));
    assert_eq!(machine.brought(), [""; 0]);
}

#[test]
fn without_python_the_remedy_is_said_before_anything_is_done() {
    let machine = Machine::bare();
    let failed = run_failing(&mut machine.dist(["setup", "--target", MUSL]));
    assert_eq!(failed.status.code(), Some(1));
    for part in
        ["zig is missing", "neither python3 with pip nor uv", "apt-get install python3-pip", "zig 0.15.2 on PATH"]
    {
        assert!(stderr(&failed).contains(part), "{part} is not in {}", stderr(&failed));
    }
    assert!(!machine.tools().exists());
    machine.python("case \"$*\" in *pip*) exit 1;; esac");
    let zig = machine.doctor(MUSL, "zig");
    assert!(zig["reason"].as_str().unwrap().contains("neither its pip nor uv"), "{zig}");

    // Another version on PATH serves then, and that it is another is said.
    machine.script("zig", "echo 0.14.0");
    machine.script("cargo-zigbuild", "echo cargo-zigbuild 0.24.0");
    let found = run(&mut machine.dist(["setup", "--target", MUSL]));
    assert!(stderr(&found).contains("note: zig 0.14.0 of"), "{}", stderr(&found));
    assert!(!stderr(&found).contains("cargo-zigbuild"), "{}", stderr(&found));
    assert_eq!(machine.doctor(MUSL, "zig")["origin"], "path");
}

#[test]
fn offline_nothing_is_downloaded() {
    let machine = Machine::bare();
    machine.python("exit 0");
    assert_eq!(machine.doctor(MUSL, "zig")["state"], "obtainable");
    let failed = run_failing(&mut machine.dist(["setup", "--offline", "--target", MUSL]));
    assert_eq!(failed.status.code(), Some(1));
    assert!(stderr(&failed).contains("--offline forbids"), "{}", stderr(&failed));
    assert_eq!(machine.installs(), 0);
    assert!(!machine.tools().exists());
}

#[test]
fn a_standard_library_comes_from_rustup_or_from_its_source() {
    const DARWIN: &str = "aarch64-apple-darwin";
    let machine = Machine::bare();
    let std = |state: &str| {
        let found = machine.doctor(DARWIN, "std");
        assert_eq!(found["state"], state, "{found}");
        found
    };
    assert!(std("missing")["remedy"].as_str().unwrap().contains("rustup"));

    let rust = machine.folder.join("rust");
    let lib = rust.join("lib/rustlib").join(DARWIN).join("lib");
    machine.script(
        "rustup",
        &format!(
            "case \"$*\" in\n'which rustc') echo '{}/bin/rustc';;\n'target list') echo {DARWIN};;\n\
             'target add {DARWIN}') mkdir -p '{1}'; echo > '{1}/libcore-1.rlib';;\n*) exit 1;;\nesac",
            rust.display(),
            lib.display()
        ),
    );
    assert_eq!(std("obtainable")["how"], format!("rustup target add {DARWIN}"));
    machine.script("zig", "echo 0.15.2");
    machine.script("cargo-zigbuild", "echo cargo-zigbuild 0.24.0");
    let brought = run(&mut machine.dist(["setup", "--target", DARWIN]));
    assert!(stderr(&brought).contains(&format!("rustup target add {DARWIN}")), "{}", stderr(&brought));
    assert_eq!(std("present")["origin"], "toolchain");

    // With a Rust that rustup does not manage, the source serves.
    fs::remove_dir_all(&lib).unwrap();
    fs::remove_file(machine.folder.join("bin/rustup")).unwrap();
    let source = rust.join("lib/rustlib/src/rust/library/std");
    fs::create_dir_all(&source).unwrap();
    fs::write(source.join("Cargo.toml"), "").unwrap();
    // Then the build compiles it, and that is what the build needs.
    assert_eq!(machine.doctor(DARWIN, "rust-src")["state"], "present");
}
