//! The binary `tally-top`, as a user calls it.

mod support;

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use support::{Call, call, folder};

fn tally_top(arguments: &[&str], input: &[u8]) -> Call {
    call(Command::new(env!("CARGO_BIN_EXE_tally-top")).args(arguments), input)
}

/// More text than any pipe holds.
fn many_words() -> String {
    (0..100_000).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "word{number}");
        text
    })
}

#[test]
fn the_most_frequent_words_come_first() {
    let input = "The cat, the dog and (the) bird.\n".repeat(4);
    assert_eq!(tally_top(&["-n", "3"], input.as_bytes()).stdout, "8 the\n4 The\n4 and\n");
    assert_eq!(tally_top(&["-in3"], input.as_bytes()).stdout, "12 the\n 4 and\n 4 bird\n");
    assert_eq!(tally_top(&["--number=0"], input.as_bytes()).stdout, "");
}

#[test]
fn ten_words_are_shown_unless_a_number_is_given() {
    let call = tally_top(&[], many_words().as_bytes());
    assert_eq!((call.stdout.lines().count(), call.code), (10, Some(0)));
}

#[test]
fn words_of_all_files_are_counted_together() {
    let folder = folder("top_files", &[("a", b"x y"), ("b", b"y\xff z")]);
    let call = call(
        Command::new(env!("CARGO_BIN_EXE_tally-top")).current_dir(folder).args(["a", "missing", "-", "b"]),
        b"y z z z",
    );
    assert_eq!(call.stdout, "4 z\n3 y\n1 x\n");
    assert!(call.stderr.starts_with("tally-top: cannot read 'missing': "), "{}", call.stderr);
    assert_eq!(call.code, Some(1));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = folder("broken_pipe", &[("words", many_words().as_bytes())]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_tally-top"));
    command.args(["-n", "100000"]).arg(folder.join("words"));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(line, "1 word0\n");
    assert_eq!((String::from_utf8(output.stderr).unwrap().as_str(), output.status.code()), ("", Some(0)));
}

#[test]
fn wrong_usage_has_a_hint() {
    let call = tally_top(&["-n", "many"], b"");
    assert_eq!((call.stdout.as_str(), call.code), ("", Some(2)));
    assert_eq!(
        call.stderr,
        "tally-top: invalid value 'many' for --number\nhelp: give it a whole number, as in '--number 5'\n"
    );
}

#[test]
fn version() {
    let call = tally_top(&["--version"], b"");
    assert_eq!(call.stdout, concat!("tally-top ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!((call.stderr.as_str(), call.code), ("", Some(0)));
}

#[test]
fn help_is_aligned() {
    let help = tally_top(&["--help"], b"").stdout;
    assert!(help.contains("\nUsage: tally-top [OPTIONS] [FILE]...\n"), "{help}");
    assert!(help.contains("\n  -n, --number <N>   Show N words instead of 10\n"), "{help}");
    assert!(help.contains("\n  -h, --help         Show this help and exit\n"), "{help}");
}
