//! Installing from a registry: globally, for one run, and for other platforms than this machine's.

use std::fs;

use lab::{client, command, run};

use super::verdaccio::{Verdaccio, installed};
use super::{Npm, release, stdout, tool};

/// A registry that has the release.
fn published(purpose: &str) -> Option<Verdaccio> {
    let registry = Verdaccio::start(purpose)?;
    let folder = release();
    let mut publish = tool(&folder, &["publish", "--channel", "npm", folder.to_str().unwrap()]);
    registry.npm.for_command(&mut publish);
    run(&mut publish);
    // Whoever installs is not logged in.
    registry.configure(None);
    Some(registry)
}

#[test]
fn programs_are_installed_and_run() {
    let Some(registry) = published("programs are installed by npm and run") else { return };
    let Verdaccio { npm, folder, .. } = &registry;
    let prefix = folder.join("prefix");
    let install =
        npm.command(folder, &["install", "--global", "--prefix", prefix.to_str().unwrap(), "@acme/hello"]).output();
    let install = install.unwrap();
    let said = String::from_utf8_lossy(&install.stderr);
    assert!(install.status.success() && !said.contains("warn"), "{said}");
    let words = stdout(command(prefix.join("bin/hello")).args(["a b", "--c=\"d\"", "", "*"]));
    assert!(words.starts_with("hello 1.2.3 ") && words.ends_with(r#"["a b", "--c=\"d\"", "", "*"]"#), "{words}");
    let program = prefix.join("bin/hello-probe");
    assert_eq!(command(program).args(["exit", "41"]).status().unwrap().code(), Some(41));

    let npx = |args: &[&str]| {
        let mut npx = command(npm.folder().join("npx"));
        npm.for_command(&mut npx);
        stdout(npx.args(args).current_dir(folder))
    };
    assert!(npx(&["--yes", "@acme/hello", "x"]).ends_with(r#"["x"]"#));
    assert!(npx(&["--yes", "@acme/hello@latest", "--help"]).ends_with(r#"["--help"]"#));
    let probe = npx(&["--yes", "--package=@acme/hello", "-c", "echo piped | hello-probe copy"]);
    assert_eq!(probe, "piped");
    assert!(!install_script_ran(npm, &registry), "something is run at the installation");
}

/// pnpm links what npm copies; Yarn asks for no C library, and pnpm cannot where a registry's short answers lack it: then
/// the packages for both are installed, and the launcher has the choice.
#[test]
fn other_clients_install_and_run_it() {
    let Some(registry) = published("programs are installed by pnpm and Yarn") else { return };
    for name in ["pnpm", "yarn"] {
        let Some(client) = client(name, "another client installs the programs") else { continue };
        let project = registry.project(name);
        fs::copy(registry.folder.join("npmrc"), project.join(".npmrc")).unwrap();
        let run = |args: &[&str]| {
            let mut command = client.command();
            registry.npm.for_command(&mut command);
            command.env("HOME", &*registry.folder).env("XDG_DATA_HOME", registry.folder.join("data"));
            stdout(command.args(args).current_dir(&project))
        };
        run(&["add", "@acme/hello"]);
        let said = run(&["exec", "hello", "x"]);
        assert!(said.contains("hello 1.2.3 gnu [\"x\"]"), "{name}: {said}");
        let store = if name == "pnpm" { "node_modules/.pnpm/@acme+hello@1.2.3" } else { "." };
        let names = installed(&project.join(store));
        assert_eq!(names, ["hello", "hello-linux-x64-gnu", "hello-linux-x64-musl"], "{name}");
    }
}

/// Whether npm knows of a script that it would run.
fn install_script_ran(npm: &Npm, registry: &Verdaccio) -> bool {
    let project = registry.project("scripts");
    run(&mut npm.command(&project, &["install", "@acme/hello"]));
    fs::read_to_string(project.join("package-lock.json")).unwrap().contains("hasInstallScript")
}

#[test]
fn the_right_package_comes_for_every_platform() {
    let Some(registry) = published("npm picks the package for a platform") else { return };
    for (n, (platform, wanted)) in [
        ("darwin arm64", "darwin-arm64"),
        ("linux arm64 musl", "linux-arm64-musl"),
        ("linux arm64 glibc", "linux-arm64-musl"),
        ("linux x64 glibc", "linux-x64-gnu"),
        ("linux x64 musl", "linux-x64-musl"),
        ("win32 x64", "win32-x64"),
        ("darwin x64", ""),
        ("linux riscv64 glibc", ""),
    ]
    .iter()
    .enumerate()
    {
        let project = registry.project(&format!("project-{n}"));
        let words: Vec<&str> = platform.split(' ').collect();
        let flags = ["--os", "--cpu", "--libc"].iter().zip(&words).flat_map(|(flag, word)| [*flag, *word]);
        let args: Vec<&str> = ["install", "@acme/hello"].into_iter().chain(flags).collect();
        run(&mut registry.npm.command(&project, &args));
        let mut names = vec!["hello".to_owned()];
        names.extend((!wanted.is_empty()).then(|| format!("hello-{wanted}")));
        assert_eq!(installed(&project), names, "{platform}");
    }
    // All of them are in the lock file, so that it serves every machine.
    let lock = fs::read_to_string(registry.folder.join("project-0/package-lock.json")).unwrap();
    assert_eq!(lock.matches("\"optional\": true").count(), 5, "{lock}");
}
