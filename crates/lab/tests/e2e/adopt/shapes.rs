//! Workspaces of every shape.

use lab::Fixture;
use lab::fixture::MAIN;

use super::{adopted_alike, metadata, text, workspace};
use crate::said::{package, run_in};

#[test]
fn a_single_crate() {
    let hello = Fixture::hello();
    adopted_alike(&hello);
    let manifest = text(&hello, "Cargo.toml");
    assert!(
        manifest.trim_end().ends_with(
            "exclude = [\"/packaging\"]\n\n\
             # `cargo xtask` compiles and runs the release system, which is a workspace of its own.\n\
             [workspace]\nmembers = [\"xtask/launcher\"]\nexclude = [\"xtask\"]"
        ),
        "{manifest}"
    );
    assert_eq!(
        text(&hello, ".cargo/config.toml"),
        format!(
            "{}\n[alias]\n# The release system: `cargo xtask dist --help`.\n\
             xtask = \"run --quiet --package xtask-launcher --\"\n",
            lab::fixture::QUICK
        )
    );
}

#[test]
fn a_single_crate_without_configuration_of_cargo() {
    let hello = Fixture::package("exclude = [\n    \"/docs\", # long\n]\n\n[profile.release]\nlto = \"fat\"\n");
    std::fs::remove_dir_all(hello.join(".cargo")).unwrap();
    adopted_alike(&hello);
    let manifest = text(&hello, "Cargo.toml");
    assert!(
        manifest.contains("exclude = [\n    \"/docs\", # long\n    \"/.cargo\",\n    \"/packaging\",\n]\n"),
        "{manifest}"
    );
    let config = text(&hello, ".cargo/config.toml");
    let profile = "[profile.dist]\ninherits = \"release\"\ncodegen-units = 1\nstrip = \"symbols\"\n";
    assert!(config.ends_with(profile), "what `release` says is not said otherwise: {config}");
}

#[test]
fn a_single_crate_that_lists_what_it_packs() {
    let hello = Fixture::package("include = [\"src/**/*\", \"*.md\"]");
    adopted_alike(&hello);
    assert!(!text(&hello, "Cargo.toml").contains("/packaging"));
}

/// A root package that depends on another.
fn with_helper(workspace: &str) -> Fixture {
    let lines = format!("license = \"MIT\"\n{workspace}[dependencies]\nhelper = {{ path = \"helper\" }}");
    Fixture::of(&[
        ("Cargo.toml", &package("hello", "1.2.3", &lines)),
        ("src/main.rs", MAIN),
        ("helper/Cargo.toml", &package("helper", "0.1.0", "")),
        ("helper/src/lib.rs", ""),
    ])
}

#[test]
fn a_root_package_with_members() {
    let hello = with_helper("[workspace]\nmembers = [\"helper\"]\n");
    adopted_alike(&hello);
    assert!(!text(&hello, "Cargo.toml").contains("default-members"), "the root package is what cargo takes");
}

#[test]
fn a_root_package_in_a_workspace_without_members() {
    let hello = with_helper("[workspace.package]\nedition = \"2021\"\n");
    adopted_alike(&hello);
}

#[test]
fn a_virtual_workspace_by_pattern() {
    let project = workspace("[workspace]\nresolver = \"2\"\nmembers = [\"crates/*\"]\n", &["crates/a", "crates/b"]);
    adopted_alike(&project);
    assert_eq!(
        text(&project, "Cargo.toml"),
        "[workspace]\nresolver = \"2\"\n\
         members = [\"crates/*\", \"xtask/launcher\"]\n\
         # What `cargo build` and `cargo test` mean, as before there was the launcher.\n\
         default-members = [\"crates/*\"]\n\
         # `cargo xtask` compiles and runs the release system, which is a workspace of its own.\n\
         exclude = [\"xtask\"]\n"
    );
}

#[test]
fn a_virtual_workspace_by_a_list_with_comments() {
    let manifest = "# ours\n[workspace]\nmembers = [\n    # the program\n    \"a\",\n    \"b\", # the library\n]\n\
                    default-members = [\"a\"]\n\n[workspace.metadata]\nx = 1\n";
    let project = workspace(manifest, &["a", "b"]);
    adopted_alike(&project);
    assert_eq!(
        text(&project, "Cargo.toml"),
        "# ours\n[workspace]\nmembers = [\n    # the program\n    \"a\",\n    \"b\", # the library\n    \
         \"xtask/launcher\",\n]\ndefault-members = [\"a\"]\n\
         # `cargo xtask` compiles and runs the release system, which is a workspace of its own.\n\
         exclude = [\"xtask\"]\n\n[workspace.metadata]\nx = 1\n"
    );
}

#[test]
fn a_pattern_that_matches_everything() {
    let project =
        workspace("[workspace]\nmembers = [\"*\"]\nexclude = [\"target\", \".cargo\", \".git\"]\n", &["a", "b"]);
    adopted_alike(&project);
    let members = metadata(&project)["workspace_members"].as_array().unwrap().len();
    assert_eq!(members, 3, "the engine became a member");
}

#[test]
fn members_that_are_only_depended_on() {
    // `c` is a member because `a` depends on it.
    let project = workspace("[workspace]\nmembers = [\"a\"]\n", &["a", "c"]);
    let lines = "license = \"MIT\"\n[dependencies]\nc = { path = \"../c\", version = \"1\" }";
    project.write("a/Cargo.toml", &package("a", "1.2.3", lines));
    project.write("c/src/lib.rs", "");
    project.lock();
    adopted_alike(&project);
    assert!(
        text(&project, "Cargo.toml").contains("default-members = [\"a\", \"c\"]"),
        "{}",
        text(&project, "Cargo.toml")
    );
}

#[test]
fn many_members_with_versions_of_their_own() {
    let members: Vec<String> = (0..12).map(|n| format!("crates/program-number-{n}")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let listed = members.iter().map(|member| format!("\t\"{member}\"")).collect::<Vec<_>>().join(",\n");
    let project = workspace(&format!("[workspace]\nmembers = [\n{listed}\n]\n"), &members);
    project
        .write("crates/program-number-3/Cargo.toml", &package("program-number-3", "7.0.0-beta.1", "license = \"MIT\""));
    project.lock();
    adopted_alike(&project);
    assert!(text(&project, "Cargo.toml").contains("\t\"crates/program-number-11\",\n\t\"xtask/launcher\",\n]"));
}

#[test]
fn a_library() {
    let lines = "license = \"MIT\"\ndescription = \"A library\"\nrust-version = \"1.85\"\n\
                 repository = \"https://github.com/acme/quiet\"";
    let library = Fixture::of(&[("Cargo.toml", &package("quiet", "0.1.0", lines)), ("src/lib.rs", "")]);
    let said = adopted_alike(&library).ends(0, &["no package has a program"]).without(&["dist --plan"]);
    // What is said to be next, here and by whoever asks for a release, is what such a repository can do.
    let next = [["check"].as_slice(), &["publish", "--channel", "crates-io"]];
    let refused = run_in(&library, &[]).ends(2, &["there is nothing to release"]);
    for words in next {
        let command = format!("cargo xtask dist {}", words.join(" "));
        assert!(said.stdout.contains(&command), "{}", said.stdout);
        assert!(refused.stderr.contains(&format!("`{command}`")), "{}", refused.stderr);
    }
    let said = run_in(&library, &["check", "--offline"]).ends(0, &[]);
    assert!(said.stdout.contains("quiet 0.1.0"), "{}", said.stdout);
    let said = run_in(&library, &["publish", "--channel", "crates-io", "--dry-run", "--offline"]);
    said.without(&["there is nothing to release"]);
}

#[test]
fn a_workspace_in_a_folder_of_a_repository() {
    let hello = Fixture::of(&[
        ("rust/Cargo.toml", "[workspace]\nmembers = [\"a\"]\n"),
        ("rust/a/Cargo.toml", &package("a", "1.2.3", "")),
        ("rust/a/src/main.rs", MAIN),
        ("Cargo.toml", "[workspace]\nmembers = []\nexclude = [\"rust\"]\n"),
        ("docs/index.md", ""),
    ]);
    hello.commit();
    hello.write("docs/index.md", "somebody else's, not committed");
    run_in(&hello, &["adopt", "rust/a/src", "--yes"]).ends(0, &[]);
    assert!(hello.join("rust/xtask/Cargo.toml").is_file() && !hello.join("xtask").exists());
    assert!(hello.join("rust/.cargo/config.toml").is_file());
}

#[test]
fn line_ends_of_windows_stay() {
    let hello = Fixture::hello();
    for file in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"] {
        hello.write(file, &text(&hello, file).replace('\n', "\r\n"));
    }
    adopted_alike(&hello);
    for file in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"] {
        let text = text(&hello, file);
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{file}: {text:?}");
    }
}

#[cfg(unix)]
#[test]
fn modes_and_links_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let hello = Fixture::hello();
    std::fs::rename(hello.join("Cargo.toml"), hello.join("the-manifest.toml")).unwrap();
    std::os::unix::fs::symlink("the-manifest.toml", hello.join("Cargo.toml")).unwrap();
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(hello.join("Cargo.lock"), mode).unwrap();
    hello.commit();
    super::adopt(&hello);
    assert!(hello.join("Cargo.toml").is_symlink());
    assert!(text(&hello, "the-manifest.toml").contains("xtask/launcher"));
    assert_eq!(hello.join("Cargo.lock").metadata().unwrap().permissions().mode() & 0o777, 0o640);
}
