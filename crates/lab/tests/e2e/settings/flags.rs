//! How programs are compiled: features, environment, rustc flags of everybody who sets some, profiles.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use lab::fixture::{CARGO_CONFIG, QUICK};
use lab::xtask::dist;
use lab::{Fixture, Scratch, command, run, scratch};

use super::{HOST, opened, release};

/// A program that says which of these hold where it was compiled.
fn telling(conditions: &[&str]) -> String {
    let each: Vec<String> = conditions
        .iter()
        .map(|condition| format!("if cfg!({condition}) {{ print!(\"{{}} \", {condition:?}) }}"))
        .collect();
    format!("#![allow(unexpected_cfgs)]\nfn main() {{ {} }}", each.join("; "))
}

#[test]
fn features_by_package_and_target() {
    let hello = Fixture::package("[features]\ndefault = [\"std\"]\nstd = []\nfull = [\"extra\"]\nextra = []\n");
    hello.write("src/main.rs", &telling(&["feature = \"std\"", "feature = \"full\"", "feature = \"extra\""]));
    let (std, full, extra) = ("feature = \"std\"", "feature = \"full\"", "feature = \"extra\"");
    let here = &*HOST;
    for (config, wanted) in [
        (String::new(), vec![std]),
        ("features = [\"full\"]".to_owned(), vec![std, full, extra]),
        ("no-default-features = true".to_owned(), vec![]),
        ("no-default-features = true\nfeatures = [\"extra\"]".to_owned(), vec![extra]),
        ("all-features = true".to_owned(), vec![std, full, extra]),
        // The nearer scope wins; that of another target does not count.
        (format!("features = [\"full\"]\n[target.{here}]\nfeatures = [\"extra\"]"), vec![std, extra]),
        (
            format!(
                "[package.hello]\nfeatures = [\"full\"]\n[package.hello.target.{here}]\nfeatures = []\n\
                 no-default-features = true\n[target.wasm32-wasip1]\nall-features = true"
            ),
            vec![],
        ),
    ] {
        hello.config(&config);
        assert_eq!(release(&hello, "v1.2.3").says("hello", "hello"), wanted.join(" "), "with\n{config}");
    }
}

#[test]
fn environment_by_package_and_target() {
    let hello = Fixture::hello();
    hello.write(
        "src/main.rs",
        "fn main() { print!(\"{} {} {:?} {}\", env!(\"A\"), env!(\"B\"), option_env!(\"C\"), env!(\"BUILD\")) }",
    );
    hello.write("build.rs", "fn main() { println!(\"cargo::rustc-env=BUILD={}\", std::env::var(\"B\").unwrap()) }");
    let here = &*HOST;
    hello.config(
        "env = { A = \"top\", B = \"top\" }\n[package.hello.env]\nB = \"two words\"\n[target.wasm32-wasip1.env]\nC = \"no\"\n",
    );
    assert_eq!(release(&hello, "v1.2.3").says("hello", "hello"), "top two words None two words");
    hello.config(&format!("env = {{ A = \"1\", B = \"2\" }}\n[target.{here}.env]\nA = \"\"\nC = \"ü $A\"\n"));
    assert_eq!(release(&hello, "v1.2.3").says("hello", "hello"), "2 Some(\"ü $A\") 2");
}

/// A project that tells flags, and a cargo home of its own, without settings of this machine's user.
fn flagged() -> (Fixture, Scratch) {
    let hello = Fixture::hello();
    let cfgs =
        ["seen_config", "seen_environment", "seen_build", "seen_triple", "seen_unix", "seen_home", "seen_parent"];
    hello.write("src/main.rs", &telling(&cfgs));
    (hello, scratch("cargo-home"))
}

/// What the released program says, and what the same program says that cargo builds by itself.
fn released_and_cargos(hello: &Fixture, home: &Scratch, set: &[(&str, &str)]) -> (String, String) {
    let with = |command: &mut Command| -> String {
        let output = run(command.env("CARGO_HOME", &**home).envs(set.iter().copied()));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    with(&mut dist(hello, []));
    let released = opened(hello, "v1.2.3").says("hello", "hello");
    let cargos = with(command("cargo").args(["run", "--quiet", "--target", &HOST]).current_dir(&**hello));
    (released, cargos)
}

#[test]
fn flags_of_the_user_survive_wherever_they_are_set() {
    let here = &*HOST;
    let variable = format!("CARGO_TARGET_{}_RUSTFLAGS", here.to_uppercase().replace('-', "_"));
    let build = "[build]\nrustflags = [\"--cfg\", \"seen_build\"]\n".to_owned();
    let triple = format!("[target.{here}]\nrustflags = \"--cfg seen_triple\"\n");
    let unix = "[target.'cfg(unix)']\nrustflags = [\"--cfg=seen_unix\"]\n".to_owned();
    let windows = "[target.'cfg(windows)']\nrustflags = [\"--cfg=seen_parent\"]\n".to_owned();
    for (config, set, wanted) in [
        (&build, None, "seen_build"),
        (&triple, None, "seen_triple"),
        (&unix, None, "seen_unix"),
        (&format!("{triple}{unix}{windows}"), None, "seen_triple seen_unix"),
        // Those of the target are instead of those of the build, and the environment's instead of all.
        (&format!("{build}{unix}"), None, "seen_unix"),
        (&format!("{build}{triple}"), Some(("RUSTFLAGS", "--cfg seen_environment")), "seen_environment"),
        (&unix, Some(("CARGO_ENCODED_RUSTFLAGS", "--cfg\u{1f}seen_environment")), "seen_environment"),
        (&build, Some(("CARGO_BUILD_RUSTFLAGS", "--cfg seen_environment")), "seen_environment seen_build"),
        (&triple, Some((variable.as_str(), "--cfg seen_environment")), "seen_environment seen_triple"),
    ] {
        let (hello, home) = flagged();
        hello.write(CARGO_CONFIG, &format!("{QUICK}{config}"));
        let (released, cargos) = released_and_cargos(&hello, &home, set.as_slice());
        assert_eq!(cargos, wanted, "cargo itself, with {set:?} and\n{config}");
        assert_eq!(released, wanted, "with {set:?} and\n{config}");
    }
}

#[test]
fn flags_of_outer_folders_and_of_the_home_are_joined() {
    let (hello, home) = flagged();
    let config = |cfg: &str| format!("{QUICK}[build]\nrustflags = [\"--cfg\", \"{cfg}\"]\n");
    hello.write(CARGO_CONFIG, &config("seen_parent"));
    fs::write(home.join("config.toml"), config("seen_home")).unwrap();
    let (released, cargos) = released_and_cargos(&hello, &home, &[]);
    assert_eq!((released.as_str(), cargos.as_str()), ("seen_home seen_parent", "seen_home seen_parent"));

    // A home folder around the project is met once.
    let (hello, _) = flagged();
    let around = scratch("home");
    let project = around.join("project");
    lab::copy_dir(&*hello, &project).unwrap();
    fs::create_dir(around.join(".cargo")).unwrap();
    fs::write(around.join(".cargo/config.toml"), config("seen_home")).unwrap();
    run(dist(&project, []).env("CARGO_HOME", around.join(".cargo")));
    let released = opened(&project, "v1.2.3");
    assert_eq!(released.says("hello", "hello"), "seen_home");
    assert_eq!(released.manifest["builds"][0]["rustflags"], serde_json::json!(["--cfg", "seen_home"]));
}

#[test]
fn cargos_home_is_where_cargo_itself_looks_for_it() {
    let (hello, home) = flagged();
    fs::create_dir(home.join(".cargo")).unwrap();
    fs::write(home.join(".cargo/config.toml"), "[build]\nrustflags = [\"--cfg=seen_home\"]\n").unwrap();
    let toolchains = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let toolchains = toolchains.unwrap_or_else(|| std::env::home_dir().expect("a home").join(".rustup"));
    let mut tool = dist(&hello, []);
    run(tool.env_remove("CARGO_HOME").env("HOME", &*home).env("USERPROFILE", &*home).env("RUSTUP_HOME", toolchains));
    assert_eq!(opened(&hello, "v1.2.3").says("hello", "hello"), "seen_home");
}

#[test]
fn configured_flags_are_added_to_the_users() {
    let (hello, _) = flagged();
    hello.config(&format!(
        "rustflags = [\"--cfg\", \"none\"]\n[target.{}]\nrustflags = [\"--cfg=seen_config\"]\n",
        *HOST
    ));
    run(dist(&hello, []).env("RUSTFLAGS", "--cfg seen_environment"));
    let released = opened(&hello, "v1.2.3");
    assert_eq!(released.says("hello", "hello"), "seen_config seen_environment");
    let target = &released.manifest["plan"]["packages"][0]["targets"][0];
    assert_eq!(target["build"]["rustflags"], serde_json::json!(["--cfg=seen_config"]));
}

#[test]
fn profiles() {
    let hello = Fixture::package("[profile.checked]\ninherits = \"release\"\ndebug-assertions = true\n");
    hello.write("src/main.rs", &telling(&["debug_assertions", "panic = \"abort\""]));
    fs::remove_file(hello.join(CARGO_CONFIG)).unwrap();
    assert_eq!(release(&hello, "v1.2.3").says("hello", "hello"), "", "the tool's own profile");
    for (config, wanted) in [
        ("profile = \"checked\"", "debug_assertions"),
        ("profile = \"dev\"", "debug_assertions"),
        ("profile = \"release\"", ""),
    ] {
        hello.config(config);
        assert_eq!(release(&hello, "v1.2.3").says("hello", "hello"), wanted, "with {config}");
    }
    // A profile that only cargo's configuration has, and a `dist` profile of the user's own.
    hello.write(
        CARGO_CONFIG,
        "[profile.abort]\ninherits = \"checked\"\npanic = \"abort\"\n[profile.dist]\ninherits = \"abort\"\n",
    );
    for config in ["profile = \"abort\"", ""] {
        hello.config(config);
        assert_eq!(
            release(&hello, "v1.2.3").says("hello", "hello"),
            "debug_assertions panic = \"abort\"",
            "with {config}"
        );
    }
}
