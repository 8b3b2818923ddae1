//! `adopt --update`: what the owner did not touch is replaced, and nothing that they did is lost.

use std::fs;

use lab::{Fixture, workspace_root};

use super::{adopt, status, text};
use crate::said::run_in;

/// What an older version had for a text.
type Older = fn(&str) -> String;

/// A repository that adopted an older version, in which these files were others; committed.
fn adopted_older(files: &[(&str, Older)]) -> Fixture {
    let hello = Fixture::hello();
    hello.commit();
    adopt(&hello);
    for (path, older) in files {
        let before = text(&hello, &format!("xtask/{path}"));
        let after = older(&before);
        assert_ne!(before, after, "{path} is not another");
        hello.write(&format!("xtask/{path}"), &after);
        record(&hello, path, &after);
        if let Some(template) = path.strip_prefix("defaults/") {
            let here = format!("packaging/{template}");
            let own = older(&text(&hello, &here));
            hello.write(&here, &own);
        }
    }
    // That commit is nobody's: what was copied is found in the repository itself.
    let lines = text(&hello, "xtask/adopted.toml");
    let lines: Vec<&str> = lines.lines().filter(|line| !line.starts_with("commit")).collect();
    hello.write(
        "xtask/adopted.toml",
        &format!("{}\n", lines.join("\n").replace("version = \"0.1.0\"", "version = \"0.0.9\"")),
    );
    hello
}

/// Has the record say that this is what was copied.
fn record(hello: &Fixture, path: &str, content: &str) {
    let text = text(hello, "xtask/adopted.toml");
    let line = format!("\"{path}\" = \"{}\"", xtask_dist::hash::sha256(content.as_bytes()));
    let others = text.lines().filter(|line| !line.starts_with(&format!("\"{path}\"")));
    let lines: Vec<&str> = others.chain([line.as_str()]).collect();
    hello.write("xtask/adopted.toml", &format!("{}\n", lines.join("\n")));
}

fn commit(hello: &Fixture) {
    hello.git(&["add", "--all"]);
    hello.git(&["commit", "--quiet", "--message", "more"]);
}

fn source(path: &str) -> String {
    fs::read_to_string(workspace_root().join("xtask").join(path)).unwrap()
}

fn first_line_older(text: &str) -> String {
    text.replacen("//! ", "//! Older: ", 1)
}

fn with_an_older_end(text: &str) -> String {
    format!("{text}// older\n")
}

#[test]
fn what_is_up_to_date_stays() {
    let hello = Fixture::hello();
    hello.commit();
    adopt(&hello);
    commit(&hello);
    let said = run_in(&hello, &["adopt", "--check"]).ends(0, &[]);
    assert!(said.stdout.contains("is up to date: 0.1.0"), "{}", said.stdout);
    run_in(&hello, &["adopt", "--update", "--yes"]).ends(0, &[]);
    // Only the commit that is noted may be another: that of a tree with changes has none.
    assert!(status(&hello).iter().all(|line| line == " M xtask/adopted.toml"), "{:?}", status(&hello));
}

#[test]
fn what_nobody_touched_is_replaced() {
    let hello = adopted_older(&[("src/date.rs", first_line_older), ("launcher/src/main.rs", with_an_older_end)]);
    commit(&hello);
    let said = run_in(&hello, &["adopt", "--check"]).ends(1, &["it is behind"]);
    assert!(said.stdout.contains("From 0.0.9 to 0.1.0") && said.stdout.contains("3 files change"), "{}", said.stdout);
    assert_eq!(status(&hello), [""; 0], "--check wrote something");
    run_in(&hello, &["adopt", "--update", "--yes"]).ends(0, &[]);
    for path in ["src/date.rs", "launcher/src/main.rs"] {
        assert_eq!(text(&hello, &format!("xtask/{path}")), source(path));
    }
    commit(&hello);
    run_in(&hello, &["adopt", "--check"]).ends(0, &[]);
}

#[test]
fn what_the_owner_did_is_merged() {
    let hello = adopted_older(&[("src/main.rs", first_line_older), ("src/date.rs", first_line_older)]);
    commit(&hello);
    let own = text(&hello, "xtask/src/main.rs")
        .replace("    xtask_dist::cli::main()", "    mine();\n    xtask_dist::cli::main()");
    hello.write("xtask/src/main.rs", &format!("{own}\nfn mine() {{}}\n"));
    hello.write("xtask/src/own.rs", "// mine\n");
    hello.write("xtask/src/layout.rs", &format!("{}// mine\n", source("src/layout.rs")));
    commit(&hello);
    let said = run_in(&hello, &["adopt", "--update", "--yes"]).ends(0, &[]);
    assert!(
        said.stdout.contains("xtask/src/main.rs    yours and the newer version's changes, merged"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("xtask/src/layout.rs  yours, kept"), "{}", said.stdout);
    let main = text(&hello, "xtask/src/main.rs");
    assert!(
        main.starts_with("//! `cargo xtask`") && main.contains("    mine();\n") && main.ends_with("fn mine() {}\n"),
        "{main}"
    );
    assert_eq!(text(&hello, "xtask/src/own.rs"), "// mine\n");
    assert!(text(&hello, "xtask/src/layout.rs").ends_with("// mine\n"));
    // What was merged goes on being told from what is copied.
    commit(&hello);
    run_in(&hello, &["adopt", "--check"]).ends(0, &[]);
}

#[test]
fn settings_and_templates_that_were_edited_before_the_first_commit() {
    let older: Older = |text| text.replacen("# targets = ", "# goals = ", 1);
    let formula: Older = |text| format!("{{{{! older }}}}\n{text}");
    let hello = adopted_older(&[("defaults/dist.toml", older), ("defaults/homebrew/formula.rb.hbs", formula)]);
    hello.write(
        "packaging/dist.toml",
        &format!("{}\n[channel.docker]\ntarball = false\n", text(&hello, "packaging/dist.toml")),
    );
    let own = format!("{}# mine\n", text(&hello, "packaging/homebrew/formula.rb.hbs"));
    hello.write("packaging/homebrew/formula.rb.hbs", &own);
    fs::remove_file(hello.join("packaging/docker/Dockerfile.hbs")).unwrap();
    commit(&hello);
    run_in(&hello, &["adopt", "--update", "--yes"]).ends(0, &[]);
    let settings = text(&hello, "packaging/dist.toml");
    assert!(settings.contains("# targets = ") && !settings.contains("# goals = "), "{settings}");
    assert!(settings.ends_with("\n[channel.docker]\ntarball = false\n") && settings.contains("acme/homebrew-tap"));
    let formula = text(&hello, "packaging/homebrew/formula.rb.hbs");
    assert_eq!(formula, format!("{}# mine\n", source("defaults/homebrew/formula.rb.hbs")));
    assert!(!hello.join("packaging/docker/Dockerfile.hbs").exists(), "it was removed by the owner");
}

#[test]
fn what_contradicts_is_told_and_stands_in_the_file() {
    let hello = adopted_older(&[("src/main.rs", first_line_older), ("src/date.rs", first_line_older)]);
    commit(&hello);
    let own = text(&hello, "xtask/src/main.rs").replacen("//! Older: ", "//! Mine: ", 1);
    hello.write("xtask/src/main.rs", &own);
    commit(&hello);
    let parts = ["changed the same lines of xtask/src/main.rs", "<<<<<<<"];
    let said = run_in(&hello, &["adopt", "--update", "--yes"]).ends(1, &parts);
    assert!(said.stdout.contains("CONFLICTS in 1 places"), "{}", said.stdout);
    let main = text(&hello, "xtask/src/main.rs");
    assert!(main.starts_with("<<<<<<< yours\n//! Mine: ") && main.contains(">>>>>>> new\n"), "{main}");
    assert_eq!(text(&hello, "xtask/src/date.rs"), source("src/date.rs"), "all else is done");
    hello.write("xtask/src/main.rs", &own);
    commit(&hello);
    run_in(&hello, &["adopt", "--check"]).ends(0, &[]);
}

#[test]
fn files_that_come_and_go() {
    let hello = adopted_older(&[]);
    for (path, content) in [("src/gone.rs", "// gone\n"), ("src/gone_too.rs", "// gone\n")] {
        hello.write(&format!("xtask/{path}"), content);
        record(&hello, path, content);
    }
    // A file that the older version did not have.
    fs::remove_file(hello.join("xtask/src/date.rs")).unwrap();
    let lines = text(&hello, "xtask/adopted.toml");
    let lines: Vec<&str> = lines.lines().filter(|line| !line.contains("src/date.rs")).collect();
    hello.write("xtask/adopted.toml", &format!("{}\n", lines.join("\n")));
    commit(&hello);
    hello.write("xtask/src/gone_too.rs", "// mine\n");
    commit(&hello);
    let said = run_in(&hello, &["adopt", "--update", "--yes"]).ends(0, &[]);
    assert!(
        said.stdout.contains("xtask/src/gone_too.rs  yours, kept: the newer version has no such file"),
        "{}",
        said.stdout
    );
    assert!(!hello.join("xtask/src/gone.rs").exists());
    assert_eq!(text(&hello, "xtask/src/gone_too.rs"), "// mine\n");
    assert_eq!(text(&hello, "xtask/src/date.rs"), source("src/date.rs"));
}

#[test]
fn a_lock_file_of_the_owners_stays() {
    let hello = adopted_older(&[("src/date.rs", first_line_older)]);
    let lock = text(&hello, "xtask/Cargo.lock");
    record(&hello, "Cargo.lock", "older");
    hello.write("xtask/Cargo.lock", &format!("{lock}# mine\n"));
    commit(&hello);
    let said = run_in(&hello, &["adopt", "--update", "--yes"]).ends(0, &[]);
    assert!(said.stdout.contains("xtask/Cargo.lock  yours, kept: cargo brings it up to date"), "{}", said.stdout);
    assert_eq!(text(&hello, "xtask/Cargo.lock"), format!("{lock}# mine\n"));
}

#[test]
fn line_ends_of_a_checkout_on_windows() {
    let hello = adopted_older(&[("src/main.rs", first_line_older), ("src/date.rs", first_line_older)]);
    commit(&hello);
    for path in ["src/main.rs", "src/date.rs", "src/layout.rs"] {
        let path = format!("xtask/{path}");
        hello.write(&path, &text(&hello, &path).replace('\n', "\r\n"));
    }
    let own = format!("{}// mine\r\n", text(&hello, "xtask/src/main.rs"));
    hello.write("xtask/src/main.rs", &own);
    run_in(&hello, &["adopt", "--update", "--yes", "--allow-dirty"]).ends(0, &[]);
    let windows = |text: String| text.replace('\n', "\r\n");
    assert_eq!(text(&hello, "xtask/src/main.rs"), windows(format!("{}// mine\n", source("src/main.rs"))));
    assert_eq!(text(&hello, "xtask/src/date.rs"), windows(source("src/date.rs")));
    assert_eq!(text(&hello, "xtask/src/layout.rs"), windows(source("src/layout.rs")), "nobody touched it");
}

#[test]
fn without_a_history_nothing_is_lost() {
    let hello = adopted_older(&[("src/main.rs", first_line_older)]);
    fs::remove_dir_all(hello.join(".git")).unwrap();
    let own = format!("{}// mine\n", text(&hello, "xtask/src/main.rs"));
    hello.write("xtask/src/main.rs", &own);
    run_in(&hello, &["adopt", "--update", "--yes"]).ends(1, &["changed the same lines of xtask/src/main.rs"]);
    let main = text(&hello, "xtask/src/main.rs");
    let (mine, new) = main.split_once("=======\n").expect("a conflict");
    let shared = main.split("<<<<<<< yours\n").next().unwrap();
    assert!(
        mine.contains("//! Older: ") && new.contains("//! `cargo xtask`") && main.contains("// mine\n"),
        "{shared}{main}"
    );
}
