//! The launcher: which program it runs, and that it stands for it in everything.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lab::{Scratch, command, run, scratch};

use super::{Npm, file_of};
use crate::said::{Said, said};

/// A project in which packages are unpacked as npm installs them.
struct Installed {
    folder: Scratch,
    node: Npm,
}

impl Installed {
    fn new(purpose: &str, packages: &[&str]) -> Option<Self> {
        let folder = scratch("launcher");
        let installed = Self { node: Npm::new(purpose, &folder)?, folder };
        packages.iter().chain([&"hello"]).for_each(|name| installed.add(name));
        Some(installed)
    }

    fn package(&self, name: &str) -> PathBuf {
        self.folder.join("node_modules/@acme").join(name)
    }

    fn add(&self, name: &str) {
        let to = self.package(name);
        fs::create_dir_all(&to).unwrap();
        run(command("tar")
            .arg("-xzpf")
            .arg(file_of(&format!("@acme/{name}")))
            .args(["--strip-components=1"])
            .current_dir(to));
    }

    /// The launcher of a program.
    fn launch(&self, program: &str, args: &[&str]) -> Command {
        let mut command = command(self.package("hello").join(format!("bin/{program}.js")));
        self.node.for_command(&mut command);
        command.args(args).current_dir(&*self.folder);
        command
    }

    /// The same on a node that says that it is somewhere else; `says` is run before.
    fn elsewhere(&self, says: &str) -> Said {
        let before = self.folder.join("before.js");
        fs::write(&before, says).unwrap();
        said(self.launch("hello", &[]).env("NODE_OPTIONS", format!("--require={}", before.display())))
    }
}

/// What makes node believe that it runs on another platform.
fn platform(os: &str, cpu: &str) -> String {
    format!(
        "Object.defineProperty(process, 'platform', {{ value: '{os}' }});
         Object.defineProperty(process, 'arch', {{ value: '{cpu}' }});"
    )
}

/// What makes node believe that it runs on musl, or on glibc.
fn libc(header: &str) -> String {
    format!("process.report.getReport = () => ({{ header: {header} }});")
}

#[test]
fn input_output_and_exit_code_are_the_programs() {
    let Some(here) = Installed::new("the launcher passes everything on", &["hello-linux-x64-musl"]) else { return };
    let mut copy = here
        .launch("hello-probe", &["copy"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let (mut stdin, sent) = (copy.stdin.take().unwrap(), bytes.clone());
    let writer = std::thread::spawn(move || stdin.write_all(&sent).unwrap());
    let output = copy.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(
        output.stdout == bytes && output.stderr == b"300000 bytes" && output.status.success(),
        "{:?}",
        output.status
    );
    for code in ["0", "3", "255"] {
        let status = here.launch("hello-probe", &["exit", code]).status().unwrap();
        assert_eq!(status.code(), code.parse().ok());
    }
    assert_eq!(here.launch("hello-probe", &["abort"]).status().unwrap().signal(), Some(6));
}

#[test]
fn signals_end_the_program_and_the_launcher_as_its_own() {
    let Some(here) = Installed::new("the launcher passes signals on", &["hello-linux-x64-musl"]) else { return };
    for (name, number) in [("TERM", 15), ("HUP", 1), ("INT", 2), ("QUIT", 3), ("USR2", 12)] {
        let mut launcher = here.launch("hello-probe", &[]);
        let mut launcher = launcher.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(launcher.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let program = line.trim().strip_prefix("waiting as ").unwrap().to_owned();
        run(command("kill").args([&format!("-{name}"), &launcher.id().to_string()]));
        assert_eq!(launcher.wait().unwrap().signal(), Some(number), "{name}");
        assert!(!Path::new("/proc").join(program).exists(), "{name} left the program running");
    }
}

#[test]
fn a_package_that_is_missing_is_told_with_what_mends_it() {
    let Some(here) = Installed::new("the launcher tells what is missing", &[]) else { return };
    let parts = [
        "hello: @acme/hello-linux-x64-gnu or @acme/hello-linux-x64-musl is not installed, which has hello for linux x64",
        "install without --omit=optional",
        "remove both and install again",
    ];
    said(&mut here.launch("hello", &[])).ends(1, &parts).without(&["    at "]);
    let none = "hello: @acme/hello has no hello for linux riscv64; it has one for darwin arm64, linux arm64, linux x64, win32 x64";
    here.elsewhere(&platform("linux", "riscv64")).ends(1, &[none]).without(&["    at "]);
    let other = ["@acme/hello-win32-x64 is not installed, which has hello for win32 x64"];
    here.elsewhere(&platform("win32", "x64")).ends(1, &other);
}

#[test]
fn where_both_c_libraries_are_installed_nodes_own_is_taken() {
    let both = ["hello-linux-x64-gnu", "hello-linux-x64-musl"];
    let Some(here) = Installed::new("the launcher picks the C library", &both) else { return };
    let which = |says: &str| here.elsewhere(says).ends(0, &[]).stdout;
    assert!(which(&libc("{ glibcVersionRuntime: '2.36' }")).starts_with("hello 1.2.3 gnu"));
    assert!(which(&libc("{}")).starts_with("hello 1.2.3 musl"));
    // This machine's own, whichever it is, runs.
    here.elsewhere("").ends(0, &[]);
    // What is static runs where its sibling is missing.
    fs::remove_dir_all(here.package("hello-linux-x64-gnu")).unwrap();
    assert!(which(&libc("{ glibcVersionRuntime: '2.36' }")).starts_with("hello 1.2.3 musl"));
}

#[test]
fn a_program_that_does_not_start_is_told() {
    let Some(here) = Installed::new("the launcher tells what does not start", &["hello-linux-x64-musl"]) else {
        return;
    };
    let program = here.package("hello-linux-x64-musl/bin/hello");
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let parts = ["hello: cannot run ", "EACCES", "Was @acme/hello installed on this system?"];
    said(&mut here.launch("hello", &[])).ends(1, &parts).without(&["    at "]);
}
