//! What npm would not take is told before anything is compiled.

use lab::Fixture;

use super::tool;
use crate::said::{configured, said};

/// What stands in the way is said, and nothing is built.
#[track_caller]
fn refused(project: &Fixture, parts: &[&str]) {
    said(&mut tool(project, &["--channel", "npm"])).ends(2, parts).without(&["Compiling", "Building"]);
}

#[test]
fn names_that_npm_does_not_take() {
    let of = |name: &str| {
        Fixture::of(&[
            ("Cargo.toml", &crate::said::package(name, "1.0.0", "license = \"MIT\"")),
            ("src/main.rs", "fn main() {}"),
        ])
    };
    let parts = [
        "npm for Hello cannot be made",
        "`Hello-",
        "cannot be a package's name on npm: it holds 'H'; npm has small letters only",
        "help: write `name = \"NAME\"` under [package.Hello.channel.npm] in packaging/dist.toml",
    ];
    let hello = of("Hello");
    refused(&hello, &parts);
    // Nobody asked for it: then it is left out, and said.
    let planned = said(&mut tool(&hello, &["--plan"])).ends(0, &[]);
    assert!(planned.stdout.contains("npm for Hello: `Hello-"), "{}", planned.stdout);
    hello.config("[package.Hello.channel.npm]\nname = \"hello\"\n");
    let planned = said(&mut tool(&hello, &["--plan", "--channel", "npm"])).ends(0, &[]);
    assert!(!planned.stdout.contains("cannot be a package's name"), "{}", planned.stdout);
    refused(&configured("[channel.npm]\nscope = \"Acme\"\n"), &["dist.toml:2:9: `Acme` cannot be a scope on npm"]);
    let open = configured("[channel.npm]\naccess = \"restricted\"\n");
    refused(&open, &["`hello` has no scope, and what has none is everybody's", "write `scope = \"@OWNER\"`"]);
}

#[test]
fn versions_that_npm_does_not_keep() {
    let project = Fixture::of(&[
        ("Cargo.toml", &crate::said::package("hello", "1.0.0+build.7", "license = \"MIT\"")),
        ("src/main.rs", "fn main() {}"),
    ]);
    let why = "npm does not keep `+build.7`: it would have 1.0.0+build.7 as 1.0.0";
    refused(&project, &["npm for hello cannot be made", why, "release a version without build metadata"]);
    let planned = said(&mut tool(&project, &["--plan"])).ends(0, &[]);
    assert!(planned.stdout.contains(why), "{}", planned.stdout);
}

#[test]
fn what_is_nobodys_is_not_published() {
    let hello = Fixture::hello();
    lab::run(&mut tool(&hello, &["--channel", "npm"]));
    let published = said(&mut tool(&hello, &["publish", "--channel", "npm"])).ends(0, &[]);
    for part in ["nothing says that hello on npm is yours", "write `scope = \"@OWNER\"` or `name = \"NAME\"`"] {
        assert!(published.stdout.contains(part), "{}", published.stdout);
    }
}
