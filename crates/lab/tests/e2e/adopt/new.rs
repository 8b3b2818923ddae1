//! `new`: a project that works, and a template of the same tree.

use std::fs;

use lab::{command, run, scratch};

use super::{cargo, with_small_engine};
use crate::said::run_in;

#[test]
fn a_new_project_works() {
    let folder = scratch("new");
    let said = run_in(&folder, &["new", "greeter"]).ends(0, &[]);
    assert!(said.stdout.contains("cd greeter\n  cargo test\n  cargo xtask dist"), "{}", said.stdout);
    let project = folder.join("greeter");
    run(cargo(&project).args(["test", "--quiet", "--locked"]));
    run(cargo(&project).args(["fmt", "--all", "--check"]));
    let version = run(cargo(&project).args(["run", "--quiet", "--", "--version"]));
    assert_eq!(version.stdout, b"greeter 0.1.0\n");
    let listed = run(cargo(&project).args(["package", "--list", "--allow-dirty"]));
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(!listed.contains("packaging") && !listed.contains("xtask"), "{listed}");
    // Ready for its first release: of it all, only the engine is not compiled here.
    let said = run_in(&project, &[]).ends(0, &[]);
    assert!(said.stdout.contains("Released v0.1.0"), "{}", said.stdout);
    run_in(&project, &["adopt", "--check"]).ends(0, &[]);
    with_small_engine(&project, "xtask");
    run(cargo(&project).args(["xtask", "dist"]));
    // git has it, and nothing that is made.
    let listed = run(command("git").args(["status", "--porcelain", "--untracked-files=all"]).current_dir(&project));
    assert!(!String::from_utf8(listed.stdout).unwrap().contains("target/"));
}

#[test]
fn places_and_names_that_are_refused() {
    let folder = scratch("new");
    fs::create_dir_all(folder.join("there")).unwrap();
    fs::write(folder.join("there/file"), "").unwrap();
    run_in(&folder, &["new", "there"]).ends(2, &["is there already", "dist adopt PATH"]);
    for name in ["two words", "1st", "xtask", "é"] {
        run_in(&folder, &["new", name]).ends(2, &["cannot be the name of a package"]);
        assert!(!folder.join(name).exists(), "{name}");
    }
    // Inside of a workspace, cargo would take it for a part of that.
    fs::write(folder.join("Cargo.toml"), "[workspace]\nmembers = [\"other\"]\n").unwrap();
    run_in(&folder, &["new", "inside"]).ends(1, &["cargo does not take the new project"]);
    assert!(!folder.join("inside").exists(), "it was left half-made");
}

/// What cargo-generate does to a tree: in each file that is not excluded, names stand in the place of the braces.
#[test]
fn a_template_has_braces_only_where_a_name_belongs() {
    let folder = scratch("new");
    run_in(&folder, &["new", "template", "--template"]).ends(0, &[]);
    run_in(&folder, &["new", "stand-in"]).ends(0, &[]);
    let (template, project) = (folder.join("template"), folder.join("stand-in"));
    let mut braces = 0;
    for file in xtask_dist::layout::files_below(&project).unwrap() {
        if file.starts_with(".git/") {
            continue;
        }
        let made = fs::read_to_string(project.join(&file)).unwrap();
        let text = fs::read_to_string(template.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let excluded = file.starts_with("xtask/") || file.ends_with(".hbs");
        if file == "xtask/adopted.toml" || file == "Cargo.lock" {
            continue;
        }
        let filled = if excluded { text.clone() } else { text.replace("{{project-name}}", "stand-in") };
        assert_eq!(filled, made, "{file}");
        if !excluded {
            braces += text.matches("{{project-name}}").count();
            assert!(!filled.contains("{{") && !filled.contains("{%"), "{file} has more braces");
        }
    }
    assert!(braces > 5, "{braces}");
    let settings = fs::read_to_string(template.join("cargo-generate.toml")).unwrap();
    assert!(settings.contains("\"xtask/**/*\"") && settings.contains("\"packaging/**/*.hbs\""), "{settings}");
}
