//! Which programs are released, under which names.

use std::fs;

use lab::Fixture;
use lab::fixture::MAIN;

use super::release;
use crate::said::run_in;

const MUSL: &[&str] = &["--target", "x86_64-unknown-linux-musl"];

#[test]
fn every_kind_of_program_is_found() {
    let hello = Fixture::package("[[bin]]\nname = \"renamed\"\npath = \"src/other.rs\"\n");
    for path in ["src/other.rs", "src/bin/second.rs", "src/bin/folder/main.rs"] {
        hello.write(path, MAIN);
    }
    hello.write("examples/no.rs", MAIN);
    let released = release(&hello, "v1.2.3");
    assert_eq!(released.paths(), ["LICENSE", "README.md", "folder", "hello", "renamed", "second"]);
    for program in ["folder", "hello", "renamed", "second"] {
        assert_eq!(released.says("hello", program), format!("{program} 1.2.3"));
    }
    let formula = fs::read_to_string(released.folder.join("homebrew/hello.rb")).unwrap();
    assert!(formula.contains("bin.install \"renamed\"") && formula.contains("bin.install \"second\""), "{formula}");
}

#[test]
fn excluded_programs_are_not_even_compiled() {
    let hello = Fixture::hello();
    hello.write("src/bin/helper.rs", "this does not compile");
    hello.config("exclude-binaries = [\"helper\"]\n");
    assert_eq!(release(&hello, "v1.2.3").paths(), ["LICENSE", "README.md", "hello"]);
    hello.write("src/bin/helper.rs", MAIN);
    hello.config("[package.hello]\nexclude-binaries = []\n");
    assert_eq!(release(&hello, "v1.2.3").paths(), ["LICENSE", "README.md", "hello", "helper"]);
}

#[test]
fn a_program_that_needs_a_feature_comes_with_it() {
    let hello = Fixture::package(
        "[features]\nextra = []\nfull = [\"extra\"]\n[[bin]]\nname = \"plus\"\npath = \"src/plus.rs\"\nrequired-features = [\"extra\"]\n",
    );
    hello.write("src/plus.rs", MAIN);
    let words = "left out: program plus of hello: it needs features that are off: extra\n            \
                 to have it: write `features = [\"extra\"]` under [package.hello] in packaging/dist.toml";
    run_in(&hello, &[]).ends(0, &[words]);
    assert_eq!(super::opened(&hello, "v1.2.3").paths(), ["LICENSE", "README.md", "hello"]);
    hello.config("[package.hello]\nfeatures = [\"full\"]\n");
    run_in(&hello, &[]).ends(0, &[]).without(&["plus of hello"]);
    assert_eq!(super::opened(&hello, "v1.2.3").paths(), ["LICENSE", "README.md", "hello", "plus"]);
}

#[test]
fn default_run_is_what_an_image_runs() {
    let entrypoint = |lines: &str| {
        let hello = Fixture::package(lines);
        hello.write("src/bin/another.rs", MAIN);
        hello.config("channels = [\"docker\"]\n");
        run_in(&hello, MUSL).ends(0, &[]);
        let file = fs::read_to_string(hello.join("target/releases/v1.2.3/docker/hello/Dockerfile")).unwrap();
        file.lines().find_map(|line| line.strip_prefix("ENTRYPOINT ")).expect("an entry point").to_owned()
    };
    assert_eq!(entrypoint(""), "[\"/usr/local/bin/hello\"]");
    assert_eq!(entrypoint("default-run = \"another\""), "[\"/usr/local/bin/another\"]");
}
