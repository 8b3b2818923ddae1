//! The binary `tally`, as a user calls it.

mod support;

use std::process::Command;
use support::{Call, call, folder};

fn tally(arguments: &[&str], input: &[u8]) -> Call {
    call(Command::new(env!("CARGO_BIN_EXE_tally")).args(arguments), input)
}

#[test]
fn standard_input_has_no_name_unless_it_was_named() {
    assert_eq!(tally(&[], b"one two\nthree\n").stdout, " 2  3 14\n");
    assert_eq!(tally(&["-"], b"one two\nthree\n").stdout, " 2  3 14 -\n");
}

#[test]
fn options_choose_what_is_shown_but_not_its_order() {
    let input = "naïve 日本語\nab\n".as_bytes();
    assert_eq!(tally(&["-l"], input).stdout, "2\n");
    assert_eq!(tally(&["-cm"], input).stdout, "13 20\n");
    assert_eq!(tally(&["--bytes", "--words", "-L"], input).stdout, " 3 20  9\n");
    assert_eq!(tally(&["-lwmcL"], input).stdout, " 2  3 13 20  9\n");
}

#[test]
fn several_files_have_a_total() {
    let folder = folder("several_files", &[("a", b"one\n"), ("b", b"two three\nfour"), ("c", b"\xff\xfe")]);
    let call = call(Command::new(env!("CARGO_BIN_EXE_tally")).current_dir(folder).args(["-lwcL", "a", "b", "c"]), b"");
    assert_eq!(call.stdout, " 1  1  4  3 a\n 1  3 14  9 b\n 0  1  2  2 c\n 2  5 20  9 total\n");
    assert_eq!((call.stderr.as_str(), call.code), ("", Some(0)));
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let folder = folder("unreadable", &[("a", b"one\n"), ("b", b"two\n")]);
    let call =
        call(Command::new(env!("CARGO_BIN_EXE_tally")).current_dir(folder).args(["-l", "a", "missing", "b"]), b"");
    assert_eq!(call.stdout, "1 a\n1 b\n2 total\n");
    assert!(call.stderr.starts_with("tally: cannot read 'missing': "), "{}", call.stderr);
    assert_eq!((call.stderr.lines().count(), call.code), (1, Some(1)));
}

#[test]
fn a_folder_is_no_file() {
    let folder = folder("a_folder", &[]);
    let call = call(Command::new(env!("CARGO_BIN_EXE_tally")).arg(folder), b"");
    assert_eq!((call.stdout.as_str(), call.code), ("", Some(1)));
    assert!(call.stderr.starts_with("tally: cannot read '"), "{}", call.stderr);
}

#[test]
fn wrong_usage_has_a_hint() {
    let call = tally(&["--wrods"], b"");
    assert_eq!((call.stdout.as_str(), call.code), ("", Some(2)));
    assert_eq!(call.stderr, "tally: unknown option '--wrods'\nhelp: did you mean '--words'?\n");
}

#[test]
fn version() {
    for option in ["-V", "--version"] {
        let call = tally(&[option], b"");
        assert_eq!(call.stdout, concat!("tally ", env!("CARGO_PKG_VERSION"), "\n"));
        assert_eq!((call.stderr.as_str(), call.code), ("", Some(0)));
    }
}

#[test]
fn help() {
    let call = tally(&["--help"], b"");
    assert_eq!((call.stdout.as_str(), call.stderr.as_str(), call.code), (HELP, "", Some(0)));
    assert_eq!(tally(&["-h"], b"").stdout, HELP);
}

const HELP: &str = "\
Count lines, words, characters and bytes

Usage: tally [OPTIONS] [FILE]...

Options:
  -l, --lines            Show the number of lines
  -w, --words            Show the number of words
  -m, --chars            Show the number of characters
  -c, --bytes            Show the number of bytes
  -L, --max-line-length  Show the length of the longest line, in characters
  -h, --help             Show this help and exit
  -V, --version          Show the version and exit

Without FILE, or where FILE is -, standard input is read.

Counts are shown in the order lines, words, characters, bytes, longest line;
without options: lines, words and bytes. With more than one FILE, a last row
shows the total.

A sequence of bytes that is not UTF-8 counts as one character.
";
