//! What people write wrongly, in `dist.toml`, on the command line and in `Cargo.toml`: each is told with its place and
//! what to write instead, all of it at once, before anything is made.

use lab::Fixture;
use lab::fixture::MAIN;

use crate::said::{configured, names_in, package, run_in};

/// Nothing but the sources is there: neither compiled nor released.
#[track_caller]
fn nothing_made(project: &Fixture) {
    assert!(!project.join("target").exists(), "made: {:?}", names_in(&project.join("target")));
}

/// `dist.toml` with `text` is refused, with these words.
#[track_caller]
fn refused(text: &str, parts: &[&str]) {
    let hello = configured(text);
    run_in(&hello, &[]).ends(2, parts);
    nothing_made(&hello);
}

#[test]
fn every_wrong_word_of_the_file_is_told_at_once_with_its_place() {
    refused(
        "tagret = \"v1\"\nchannels = [\"archive\", \"hombrew\"]\ntargets = [\"x86_64-unknown-linx-musl\"]\n\
         [package.helo]\n[target.aarch64-aple-darwin]\n[channel.archive]\nfmt = \"zip\"\nformat = \"zipp\"\n\
         [channel.dokcer]\n[channel.homebrew]\nversiond = \"minor\"\n",
        &[
            "error: packaging/dist.toml:1:1: unknown key `tagret`\n  help: did you mean `target`? allowed are `all-",
            "packaging/dist.toml:2:24: unknown channel `hombrew`\n  help: did you mean `homebrew`?",
            "packaging/dist.toml:3:12: unknown target `x86_64-unknown-linx-musl`\n  help: did you mean `x86_64-unknown-linux-musl`?",
            "packaging/dist.toml:4:10: unknown package `helo`\n  help: did you mean `hello`?",
            "packaging/dist.toml:5:9: unknown target `aarch64-aple-darwin`\n  help: did you mean `aarch64-apple-darwin`?",
            "packaging/dist.toml:7:1: unknown key `fmt` in [channel.archive]",
            "packaging/dist.toml:8:10: unknown value `zipp`\n  help: did you mean `zip`?",
            "packaging/dist.toml:9:10: unknown channel `dokcer`\n  help: did you mean `docker`?",
            "packaging/dist.toml:11:1: unknown key `versiond` in [channel.homebrew]\n  help: did you mean `versioned`?",
        ],
    );
}

#[test]
fn wrong_words_of_the_command_line_are_told_at_once() {
    let hello = Fixture::hello();
    let args = ["--target", "x86_64-unknown-linx-gnu", "--channel", "hombrew", "--package", "helo"];
    run_in(&hello, &args).ends(
        2,
        &[
            "unknown target `x86_64-unknown-linx-gnu`\n  help: did you mean `x86_64-unknown-linux-gnu`?",
            "unknown channel `hombrew`\n  help: did you mean `homebrew`?",
            "unknown package `helo`\n  help: did you mean `hello`?",
        ],
    );
    run_in(&hello, &["--config", "tagret = 'x'"]).ends(2, &["--config:1:1: unknown key `tagret`"]);
    run_in(&hello, &["--config", "tag"]).ends(2, &["--config:1:"]);
    run_in(&hello, &["--requireclean"]).ends(2, &["--require-clean"]);
    nothing_made(&hello);
}

#[test]
fn text_that_is_no_toml_has_its_place() {
    refused("tag = \"v1\"\nchannels = = 1\n", &["packaging/dist.toml:2:12: "]);
    refused("tag = \"v1\"\ntag = \"v2\"\n", &["packaging/dist.toml:2:1: ", "duplicate key"]);
}

#[test]
fn values_of_the_wrong_kind_say_which_is_wanted() {
    refused(
        "features = \"full\"\nprofile = 3\n[channel]\narchive = 1\n",
        &[
            "packaging/dist.toml:1:12: `features` is a string (\"full\") where a list of strings is wanted",
            "packaging/dist.toml:2:11: `profile` is a number (3) where a string is wanted",
            "packaging/dist.toml:4:11: `channel.archive` is a number (1) where a table is wanted",
        ],
    );
}

#[test]
fn problems_of_file_and_templates_are_told_together() {
    let hello = configured("tagret = 1\n");
    hello.write("packaging/homebrew/formula.rb.hbs", "class X\n{{#if desc}\n");
    run_in(&hello, &[]).ends(2, &["packaging/dist.toml:1:1: unknown key", "packaging/homebrew/formula.rb.hbs:2:"]);
    nothing_made(&hello);
}

#[test]
fn names_that_the_package_does_not_have_stand_with_their_place() {
    let hello = Fixture::package("[features]\nfull = []\n[profile.small]\ninherits = \"release\"");
    hello.config("features = [\"ful\"]\nexclude-binaries = [\"helo\"]\n");
    run_in(&hello, &[]).ends(
        2,
        &[
            "packaging/dist.toml:1:13: unknown feature of hello `ful`\n  help: did you mean `full`?",
            "packaging/dist.toml:2:21: unknown program of hello in `exclude-binaries` `helo`\n  help: did you mean `hello`?",
        ],
    );
    hello.config("[package.hello]\nprofile = \"smal\"\n");
    run_in(&hello, &[]).ends(2, &["packaging/dist.toml:2:11: the workspace has no profile `smal`", "`small`"]);
    hello.config("exclude-binaries = [\"hello\"]\n");
    run_in(&hello, &[]).ends(2, &["no program of hello is left to release", "help: see `features`"]);
    nothing_made(&hello);
}

#[test]
fn a_feature_of_a_package_without_any_says_so() {
    refused("features = [\"full\"]\n", &["unknown feature of hello `full`\n  help: there is none to choose from"]);
}

#[test]
fn globs_that_name_nothing_or_leave_the_workspace() {
    refused(
        "include = [\"docs/*.md\"]\n",
        &["packaging/dist.toml:1:12: `docs/*.md` matches no file", "help: globs are"],
    );
    for glob in ["../*", "/etc/passwd", "docs/../../*"] {
        refused(&format!("include = ['{glob}']\n"), &[&format!("dist.toml:1:12: `{glob}` leaves the workspace")]);
    }
    refused("include = [\"docs/[\"]\n", &["packaging/dist.toml:1:12: `docs/[` is no glob"]);
}

#[test]
fn a_file_in_the_place_of_a_program_is_found_before_compiling() {
    for (include, file) in [("hello", "hello"), ("hello/*", "hello/notes.txt")] {
        let hello = configured(&format!("include = [\"{include}\"]\n"));
        hello.write(file, "#!/bin/sh\n");
        let said = format!("{file} would be in the place of the program hello");
        run_in(&hello, &[]).ends(2, &["packaging/dist.toml:1:1", &said, "help: "]);
        nothing_made(&hello);
    }
}

#[test]
fn tags_that_git_refuses() {
    for tag in ["v {version}", "v..{ version }", "-v{ version }", "v{ version }.lock", "a//b", "v^"] {
        refused(&format!("tag = '{tag}'\n"), &["packaging/dist.toml:1:7: git does not take `", "help: set `tag` to"]);
    }
    refused(
        "tag = 'v{ versoin }'\n",
        &["packaging/dist.toml:1:7: unknown variable `versoin`", "did you mean `version`"],
    );
    refused("tag = 'v{ version'\n", &["packaging/dist.toml:1:7: `v{ version` is no name template"]);
}

#[test]
fn assets_that_would_be_one_file() {
    let two = |other: &str| {
        Fixture::of(&[
            ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"2\"\n"),
            ("one/Cargo.toml", &package("tool", "1.0.0", "")),
            ("one/src/main.rs", MAIN),
            ("two/Cargo.toml", &package(other, "1.0.0", "")),
            ("two/src/main.rs", MAIN),
        ])
    };
    let same = two("gadget");
    same.config("[channel.archive]\nname = \"app-{ target }\"\n");
    run_in(&same, &[]).ends(2, &["gadget for ", " and tool for ", "would both be `app-", "help: write `{ name }`"]);
    nothing_made(&same);
    let by_case = two("Tool");
    run_in(&by_case, &[]).ends(2, &["Tool for ", " and tool for ", "differ only by upper and lower case"]);
    nothing_made(&by_case);
}

#[test]
fn names_that_are_no_file_names() {
    refused(
        "[channel.archive]\nname = \"a/{ name }\"\n",
        &["packaging/dist.toml:2:8: `a/hello.", "cannot be a file's name"],
    );
    refused("[channel.archive]\nfolder = \"..\"\n", &["packaging/dist.toml:2:10: `..` cannot be a file's name"]);
    refused("[channel.archive]\nname = \"{ nam }\"\n", &["packaging/dist.toml:2:8: unknown variable `nam`"]);
}

#[test]
fn nothing_that_any_channel_could_make() {
    let library = Fixture::of(&[("Cargo.toml", &package("lib", "1.0.0", "")), ("src/lib.rs", "")]);
    let why = "no package of the workspace has a program ([[bin]] or src/main.rs)";
    run_in(&library, &[]).ends(2, &["there is nothing to release", why, "help: libraries are published as crates"]);
    let nothing = Fixture::of(&[("Cargo.toml", &package("lib", "1.0.0", "publish = false")), ("src/lib.rs", "")]);
    run_in(&nothing, &["--plan"]).ends(2, &["there is nothing to release", why, "help: add a program"]);
    let private = Fixture::package("publish = false");
    let help = "help: write `packages = [\"hello\"]` into packaging/dist.toml";
    run_in(&private, &[]).ends(2, &["there is nothing to release", "`publish = false` is set for", help]);
    private.config("packages = [\"hello\"]\n");
    run_in(&private, &["--plan"]).ends(0, &[]);
}

#[test]
fn a_library_cannot_be_named() {
    let both = Fixture::of(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"core\"]\nresolver = \"2\"\n"),
        ("app/Cargo.toml", &package("app", "1.0.0", "")),
        ("app/src/main.rs", MAIN),
        ("core/Cargo.toml", &package("core-lib", "1.0.0", "")),
        ("core/src/lib.rs", ""),
        ("packaging/dist.toml", "packages = [\"app\", \"core-lib\"]\n"),
    ]);
    run_in(&both, &[])
        .ends(2, &["packaging/dist.toml:1:20: core-lib has no program to release", "help: take it out of"]);
    both.config("");
    run_in(&both, &["--package", "core-lib"])
        .ends(2, &["core-lib is not released\n  help: a released package has a program"]);
}

#[test]
fn one_processor_is_not_compiled_in_two_ways() {
    refused(
        "targets = [\"aarch64-apple-darwin\", \"universal-apple-darwin\"]\n\
         [target.universal-apple-darwin]\nrustflags = [\"-Copt-level=s\"]\n",
        &[
            "hello would be compiled for aarch64-apple-darwin in two ways",
            "write the same under [target.universal-apple-darwin] and [target.aarch64-apple-darwin]",
        ],
    );
}
