//! What the build script has written: completions and man pages, tried with the programs that read them where they are
//! installed.

#![cfg(unix)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};
use support::{Call, call, folder};

const BINARIES: [&str; 2] = ["tally", "tally-top"];

fn generated(name: &str) -> PathBuf {
    Path::new(env!("OUT_DIR")).join(name)
}

/// Runs a program unless it is not installed.
fn call_if_installed(program: &str, arguments: &[&str], file: &Path, input: &str) -> Option<Call> {
    match Command::new(program).arg("--version").output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            eprintln!("skipped: {program} is not installed");
            None
        }
        _ => Some(call(Command::new(program).args(arguments).arg(file), input.as_bytes())),
    }
}

#[test]
fn every_option_is_in_every_file() {
    let options = [
        ("tally", &["lines", "words", "chars", "bytes", "max-line-length", "help", "version"][..]),
        ("tally-top", &["number", "ignore-case", "help", "version"]),
    ];
    for (binary, options) in options {
        for (file, before, hyphen) in [
            (format!("{binary}.bash"), " --", "-"),
            (format!("_{binary}"), ",--", "-"),
            (format!("{binary}.fish"), " -l ", "-"),
            (format!("{binary}.1"), r"\-\-", r"\-"),
        ] {
            let text = fs::read_to_string(generated(&file)).unwrap();
            for option in options {
                let spelled = format!("{before}{}", option.replace('-', hyphen));
                assert!(text.contains(&spelled), "{file}: {spelled}");
            }
            assert!(!text.contains(env!("OUT_DIR")) && text.ends_with('\n') && !text.contains(" \n"), "{file}");
        }
    }
}

#[test]
fn shells_accept_the_completions() {
    for binary in BINARIES {
        for (shell, file) in
            [("bash", format!("{binary}.bash")), ("zsh", format!("_{binary}")), ("fish", format!("{binary}.fish"))]
        {
            if let Some(call) = call_if_installed(shell, &["-n"], &generated(&file), "") {
                assert_eq!((call.stderr.as_str(), call.code), ("", Some(0)), "{shell} -n {file}");
            }
        }
    }
}

/// Sources the completion, lets bash complete the last of the words and prints the replies.
fn bash_replies(binary: &str, words: &[&str]) -> Option<String> {
    let function = format!("_{}", binary.replace('-', "_"));
    let script = format!(
        "source '{}'\nCOMP_WORDS=({binary} {})\nCOMP_CWORD={}\n{function}\nprintf '%s ' \"${{COMPREPLY[@]}}\"\n",
        generated(&format!("{binary}.bash")).display(),
        words.join(" "),
        words.len(),
    );
    let path = folder(&format!("bash_{binary}_{}", words.concat()), &[("script", script.as_bytes())]).join("script");
    let call = call_if_installed("bash", &["--norc"], &path, "")?;
    assert_eq!(call.stderr, "", "{words:?}");
    Some(call.stdout.trim().to_owned())
}

#[test]
fn bash_completes_options_and_leaves_files_to_readline() {
    for (binary, words, expected) in [
        ("tally", &["--m"][..], "--max-line-length"),
        ("tally", &["file", "--w"], "--words"),
        ("tally", &["--", "--w"], ""),
        ("tally", &["fi"], ""),
        ("tally-top", &["-"], "-n --number -i --ignore-case -h --help -V --version"),
        ("tally-top", &["-n", "-"], ""),
        ("tally-top", &["--number", "=", "-"], ""),
        ("tally-top", &["-n", "5", "--i"], "--ignore-case"),
    ] {
        if let Some(replies) = bash_replies(binary, words) {
            assert_eq!(replies, expected, "{binary} {words:?}");
        }
    }
}

#[test]
fn man_pages_are_clean_and_keep_their_hyphens() {
    for binary in BINARIES {
        let page = generated(&format!("{binary}.1"));
        let Some(call) = call_if_installed("groff", &["-man", "-Tutf8", "-ww", "-P-cbou"], &page, "") else { return };
        assert_eq!((call.stderr.as_str(), call.code), ("", Some(0)), "{binary}");
        assert!(call.stdout.contains("--version"), "{}", call.stdout);
        assert!(call.stdout.contains("\nNAME\n") && call.stdout.contains("\nEXIT STATUS\n"), "{}", call.stdout);
    }
}
