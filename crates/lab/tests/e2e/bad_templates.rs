//! Templates that are wrong are found before anything is compiled, whatever part of a release would have filled them.

use lab::Fixture;

use crate::said::{configured, names_in, releases, run_in};

const MUSL: &[&str] = &["--target", "x86_64-unknown-linux-musl"];

/// `dist` refuses the template, with these words, and has not called the compiler.
#[track_caller]
fn refused(project: &Fixture, path: &str, text: &str, parts: &[&str]) {
    project.write(path, text);
    run_in(project, MUSL).ends(2, parts).without(&["Building", "Compiling"]);
    assert!(!project.join("target/x86_64-unknown-linux-musl").exists(), "something was compiled");
    assert_eq!(names_in(&releases(project)), [""; 0]);
}

#[test]
fn a_variable_that_does_not_exist() {
    let formula = "packaging/homebrew/formula.rb.hbs";
    let binstall = "packaging/binstall/metadata.toml.hbs";
    let dockerfile = "packaging/docker/Dockerfile.hbs";
    for (path, text, place, name, near) in [
        (formula, "class X\n  {{nmae}}\nend\n", "2:", "nmae", "did you mean `name`?"),
        (binstall, "# {{comment name}}\n\nx = {{pkg_ulr}}\n", "3:", "pkg_ulr", "did you mean `pkg_url`?"),
        (dockerfile, "FROM scratch\nUSER {{usr}}\n", "2:", "usr", "did you mean `user`?"),
        (dockerfile, "{{#each platforms}}\nADD {{json aset}}\n{{/each}}\n", "2:", "aset", "did you mean `asset`?"),
        (dockerfile, "FROM {{qqqqq}}\n", "1:", "qqqqq", "help: what a template may use"),
    ] {
        let what = format!("there is no variable `{name}` here");
        refused(&Fixture::hello(), path, text, &[&format!("error: {path}:{place}"), &what, near]);
    }
}

#[test]
fn a_variable_where_only_a_build_script_brings_something() {
    for text in [
        "{{#each completions.zsh}}\n{{pth}}\n{{/each}}\n",
        "{{#each completions.bash}}\n{{pth}}\n{{/each}}\n",
        "{{#each manuals}}\n{{sektion}}\n{{/each}}\n",
        "{{#if manuals}}{{else}}\n{{nothing}}{{/if}}\n",
    ] {
        let path = "packaging/homebrew/formula.rb.hbs";
        refused(&Fixture::hello(), path, text, &[&format!("{path}:2:"), "there is no variable `"]);
    }
}

#[test]
fn text_that_is_no_template() {
    let hello = Fixture::hello();
    for (text, place) in [("a\n{{#if desc}\n", "2:"), ("a\nb\n{{/if}}\n", "3:"), ("{{", "1:"), ("{{#if a}}\n", "2:")] {
        let path = "packaging/homebrew/formula.rb.hbs";
        refused(
            &hello,
            path,
            text,
            &[&format!("{path}:{place}"), "this is no template", "help: templates are Handlebars"],
        );
        run_in(&hello, &["--plan"]).ends(2, &["this is no template"]);
    }
}

#[test]
fn every_wrong_template_is_told_at_once() {
    let hello = configured("targets = [\"x86_64-unknown-linux-musl\"]\n");
    hello.write("packaging/docker/Dockerfile.hbs", "{{usr}}\n");
    hello.write("packaging/binstall/metadata.toml.hbs", "{{pkg}}\n");
    run_in(&hello, &[]).ends(2, &["docker/Dockerfile.hbs:1:", "binstall/metadata.toml.hbs:1:"]).without(&["Building"]);
    // A plan is enough to hear of it.
    run_in(&hello, &["--plan"]).ends(2, &["docker/Dockerfile.hbs:1:", "binstall/metadata.toml.hbs:1:"]);
}

#[test]
fn a_template_of_a_channel_that_is_not_wanted_is_not_filled() {
    let hello = Fixture::hello();
    hello.write("packaging/docker/Dockerfile.hbs", "{{usr}}\n");
    run_in(&hello, &["--plan", "--channel", "homebrew"]).ends(0, &[]);
}

#[test]
fn a_value_that_is_written_unquoted_is_warned_of() {
    let hello = Fixture::hello();
    hello.write("packaging/docker/Dockerfile.hbs", "# quoted: {{name}}\n# bare: {{{name}}}\n# also: {{& name}}\n");
    let place = |line| format!("packaging/docker/Dockerfile.hbs:{line}: `{{{{{{x}}}}}}` writes a value unquoted");
    run_in(&hello, &["--plan"]).ends(0, &[&format!("warning: {}", place("2:9")), &place("3:9")]);
}

#[test]
fn a_file_that_no_channel_fills_is_warned_of() {
    let hello = Fixture::hello();
    hello.write("packaging/homebrew/fromula.rb.hbs", "x");
    let words = ["packaging/homebrew/fromula.rb.hbs", "nothing fills it", "did you mean `homebrew/formula.rb.hbs`?"];
    run_in(&hello, &["--plan"]).ends(0, &words);
}

#[test]
fn a_template_that_makes_a_wrong_file_is_found_before_the_release_is_put_in_place() {
    let hello = Fixture::hello();
    hello.write("packaging/homebrew/formula.rb.hbs", "# no word of where the archive is: {{comment name}}\n");
    let parts =
        ["homebrew/hello.rb: it does not hold https://github.com/acme/hello/", "help: mend its template in packaging/"];
    run_in(&hello, &[]).ends(1, &parts);
    assert_eq!(names_in(&releases(&hello)), [""; 0]);
}
