//! The question, asked of a person: on a real terminal.

use std::io::Write as _;
use std::process::Stdio;

use lab::{Client, Fixture, client, xtask};

use super::{adopt, status, text};

/// How a run on a terminal ended, and what stood there.
struct Seen {
    code: Option<i32>,
    screen: String,
}

/// Runs `dist WORDS` on a terminal, where somebody types this.
fn typed(script: &Client, project: &Fixture, words: &str, typed: &str) -> Seen {
    let binary = xtask::binary().display().to_string().replace('\'', "'\\''");
    let mut command = script.command();
    command.args(["--quiet", "--return", "--command", &format!("'{binary}' dist {words}"), "/dev/null"]);
    command.current_dir(&**project).env("SHELL", "/bin/sh").env("NO_COLOR", "1");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Behind the last word, input ends, as with Ctrl-D.
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Seen { code: output.status.code(), screen: String::from_utf8_lossy(&output.stdout).into_owned() }
}

#[test]
fn only_a_yes_goes_on() {
    let Some(script) = client("script", "adopt asks on a terminal") else { return };
    let hello = Fixture::hello();
    hello.commit();
    for answer in ["n\n", "\n", "", "yet\n", "no\ny\n"] {
        let seen = typed(&script, &hello, "adopt", answer);
        assert_eq!(seen.code, Some(1), "{answer:?}: {}", seen.screen);
        let question = seen.screen.find("Write this? [y/N]").unwrap_or_else(|| panic!("{}", seen.screen));
        assert!(seen.screen[..question].contains("+members = [\"xtask/launcher\"]"), "{}", seen.screen);
        // What is typed beforehand ends its line beforehand; where nothing was typed, the line is ended all the same.
        let told = if answer.is_empty() { "\nnote: nothing was written" } else { "note: nothing was written" };
        assert!(seen.screen[question..].contains(told), "{answer:?}: {}", seen.screen);
        assert_eq!(status(&hello), [""; 0], "{answer:?}: something was written");
    }
    for answer in ["y\n", "YES\n"] {
        let hello = Fixture::hello();
        hello.commit();
        let seen = typed(&script, &hello, "adopt", answer);
        assert_eq!(seen.code, Some(0), "{answer:?}: {}", seen.screen);
        assert!(seen.screen.contains("cargo xtask dist --plan"), "{}", seen.screen);
        assert!(text(&hello, "Cargo.toml").contains("members = [\"xtask/launcher\"]"));
    }
}

#[test]
fn an_update_is_asked_too() {
    let Some(script) = client("script", "adopt asks on a terminal") else { return };
    let hello = Fixture::hello();
    hello.commit();
    adopt(&hello);
    std::fs::remove_file(hello.join("xtask/schema/dist-manifest.schema.json")).unwrap();
    let record = text(&hello, "xtask/adopted.toml");
    // As if an older one had been copied, which had no such file.
    let older: Vec<&str> = record.lines().filter(|line| !line.contains("dist-manifest.schema.json")).collect();
    hello.write("xtask/adopted.toml", &format!("{}\n", older.join("\n")));
    hello.git(&["add", "--all"]);
    hello.git(&["commit", "--quiet", "--message", "adopted"]);
    let seen = typed(&script, &hello, "adopt --update", "n\n");
    assert_eq!(seen.code, Some(1), "{}", seen.screen);
    assert_eq!(status(&hello), [""; 0], "something was written");
    let seen = typed(&script, &hello, "adopt --update", "y\n");
    assert_eq!(seen.code, Some(0), "{}", seen.screen);
    assert!(hello.join("xtask/schema/dist-manifest.schema.json").is_file());
}

#[test]
fn what_needs_no_answer_is_not_asked() {
    let Some(script) = client("script", "adopt asks on a terminal") else { return };
    let hello = Fixture::hello();
    hello.commit();
    for words in ["adopt --plan", "adopt --yes"] {
        let seen = typed(&script, &hello, words, "");
        assert_eq!(seen.code, Some(0), "{words}: {}", seen.screen);
        assert!(!seen.screen.contains("Write this?"), "{words}: {}", seen.screen);
    }
}
