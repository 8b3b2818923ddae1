//! `new`: a project that works, and a template of the same tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

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

/// What cargo-generate does to a tree (seen with 0.26): in each file that `exclude` does not name, by the rules of
/// .gitignore, names stand in the place of the braces; cargo-generate.toml goes.
#[test]
fn a_template_has_braces_only_where_a_name_belongs() {
    let folder = scratch("new");
    run_in(&folder, &["new", "template", "--template"]).ends(0, &[]);
    // Behind the launcher in the lock file's order, the entries would stand otherwise: there, cargo puts them right.
    run_in(&folder, &["new", "stand-in"]).ends(0, &[]);
    let (template, project) = (folder.join("template"), folder.join("stand-in"));
    let excluded = excluded(&template);
    let files = |place: &Path| {
        let files = xtask_dist::layout::files_below(place).unwrap().into_iter();
        files.filter(|file| !file.starts_with(".git/")).collect::<Vec<_>>()
    };
    let mut expected = files(&project);
    expected.push("cargo-generate.toml".to_owned());
    expected.sort();
    assert_eq!(files(&template), expected);
    let mut braces = 0;
    for file in files(&project) {
        let made = fs::read_to_string(project.join(&file)).unwrap();
        let text = fs::read_to_string(template.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let is_excluded = excluded.contains(&file);
        let filled = if is_excluded { text.clone() } else { text.replace("{{project-name}}", "stand-in") };
        assert_eq!(filled, made, "{file}");
        if !is_excluded {
            braces += text.matches("{{project-name}}").count();
            assert!(!filled.contains("{{") && !filled.contains("{%"), "{file} has more braces");
        }
    }
    assert!(braces > 5, "{braces}");
}

/// The files that `exclude` of cargo-generate.toml names; git reads such lines in the same way.
fn excluded(template: &Path) -> BTreeSet<String> {
    let settings = fs::read_to_string(template.join("cargo-generate.toml")).unwrap();
    let list = settings.lines().find_map(|line| line.strip_prefix("exclude = ")).unwrap();
    let lines: Vec<String> = serde_json::from_str(list).unwrap();
    let ignore = scratch("excluded");
    fs::write(ignore.join("lines"), lines.join("\n")).unwrap();
    fs::write(ignore.join("files"), xtask_dist::layout::files_below(template).unwrap().join("\n")).unwrap();
    run(command("git").args(["init", "--quiet"]).current_dir(&*ignore));
    let excludes = format!("core.excludesFile={}", ignore.join("lines").display());
    let mut git = command("git");
    git.args(["-c", &excludes, "check-ignore", "--no-index", "--stdin"]).current_dir(&*ignore);
    let found = run(git.stdin(fs::File::open(ignore.join("files")).unwrap()));
    String::from_utf8(found.stdout).unwrap().lines().map(str::to_owned).collect()
}
