//! What a repository said of its releases before, to cargo-dist or cargo-binstall.

use lab::Fixture;
use lab::fixture::MAIN;

use super::{adopt, text, workspace};
use crate::said::{package, run_in};

#[test]
fn without_any_the_settings_are_examples() {
    let hello = Fixture::hello();
    hello.commit();
    adopt(&hello);
    let settings = text(&hello, "packaging/dist.toml");
    assert!(settings.lines().all(|line| line.is_empty() || line.starts_with('#')), "{settings}");
    assert!(settings.contains("# tap = \"acme/homebrew-tap\"") && settings.contains("# packages = [\"hello\"]"));
    let plan = run_in(&hello, &["--plan"]).ends(0, &[]);
    assert!(plan.stdout.contains("channels of hello: archive, binstall, homebrew"), "{}", plan.stdout);
}

#[test]
fn cargo_dists_own_file() {
    let hello = Fixture::hello();
    let theirs = "[workspace]\nmembers = [\"cargo:.\"]\n\n[dist]\ncargo-dist-version = \"0.30.0\"\nci = \"github\"\n\
                  installers = [\"shell\", \"homebrew\"]\ntap = \"acme/homebrew-formulae\"\nfeatures = [\"full\"]\n\
                  targets = [\"x86_64-unknown-linux-gnu\", \"x86_64-pc-windows-msvc\", \"z80-unknown-cpm\"]\n";
    hello.write("dist-workspace.toml", theirs);
    hello.write("Cargo.toml", &format!("{}[features]\nfull = []\n", text(&hello, "Cargo.toml")));
    hello.commit();
    let said = adopt(&hello);
    let said =
        said.ends(0, &["of cargo-dist are now in packaging/dist.toml", "not made here: shell", "z80-unknown-cpm"]);
    said.ends(0, &["the targets with msvc need Windows"]);
    assert_eq!(text(&hello, "dist-workspace.toml"), theirs);
    let plan = run_in(&hello, &["--plan", "--format", "json"]).ends(0, &[]);
    for part in ["hello-x86_64-unknown-linux-gnu.tar.xz", "hello-x86_64-pc-windows-msvc.zip", "acme/homebrew-formulae"]
    {
        assert!(plan.stdout.contains(part), "{part} is not in {}", plan.stdout);
    }
}

#[test]
fn cargo_dist_in_the_manifest() {
    let metadata = "[workspace]\n[workspace.metadata.dist]\nunix-archive = \".tar.zst\"\nall-features = true";
    let hello = Fixture::package(metadata);
    hello.commit();
    adopt(&hello);
    let settings = text(&hello, "packaging/dist.toml");
    assert!(
        settings.contains("\nformat = \"tar.zst\"\n") && settings.contains("\nall-features = true\n"),
        "{settings}"
    );
    run_in(&hello, &["--plan"]).ends(0, &[]);
}

#[test]
fn names_that_binstall_is_told() {
    let hello = Fixture::package(
        "[package.metadata.binstall]\n\
         pkg-url = \"{ repo }/releases/download/{ version }/{ bin }-{version}-{ target }.{ archive-format }\"\n\
         bin-dir = \"{ bin }-{ version }-{ target }/{ bin }{ binary-ext }\"\npkg-fmt = \"tgz\"",
    );
    hello.commit();
    adopt(&hello).ends(0, &["says how archives are called: taken over"]);
    let settings = text(&hello, "packaging/dist.toml");
    for line in ["tag = \"{ version }\"", "name = \"hello-{ version }-{ target }\""] {
        assert!(settings.lines().any(|other| other == line), "{line} is not in {settings}");
    }
    let plan = run_in(&hello, &["--plan"]).ends(0, &[]);
    assert!(plan.stdout.contains("Release 1.2.3\n"), "{}", plan.stdout);
}

#[test]
fn names_that_cannot_be_ours() {
    let hello =
        Fixture::package("[package.metadata.binstall]\npkg-url = \"https://example.org/{ name }.{ archive-format }\"");
    hello.commit();
    adopt(&hello).ends(0, &["cannot be taken over", "cargo xtask dist binstall sync"]);
    run_in(&hello, &["--plan"]).ends(0, &[]);
}

#[test]
fn programs_that_nobody_publishes() {
    let project = workspace("[workspace]\nmembers = [\"app\", \"lib\"]\n", &["app", "lib"]);
    project.write("app/Cargo.toml", &package("app", "1.2.3", "publish = false"));
    project.write("lib/Cargo.toml", &package("lib", "1.2.3", "publish = false"));
    std::fs::remove_file(project.join("lib/src/main.rs")).unwrap();
    project.write("lib/src/lib.rs", "");
    project.commit();
    adopt(&project).ends(0, &["`packages` names app"]);
    let plan = run_in(&project, &["--plan"]).ends(0, &[]);
    assert!(plan.stdout.contains("app-"), "{}", plan.stdout);
}

#[test]
fn settings_and_templates_that_are_there() {
    let hello = Fixture::of(&[("Cargo.toml", &package("hello", "1.2.3", "license = \"MIT\"")), ("src/main.rs", MAIN)]);
    hello.config("tag = \"release-{ version }\"\n");
    hello.write("packaging/debian/control", "theirs\n");
    hello.commit();
    let before = super::Meaning::of(&hello);
    adopt(&hello).ends(0, &["left as they are: packaging/dist.toml"]);
    assert_eq!(text(&hello, "packaging/dist.toml"), "tag = \"release-{ version }\"\n");
    assert!(hello.join("packaging/homebrew/formula.rb.hbs").is_file());
    assert_eq!(super::Meaning::of(&hello), before);
}
