//! What holds for any input: quoting reads back, names stay names, no configuration makes the tool panic.

mod binstall;
mod changelog;
mod configuration;
mod deflate;
mod names;
mod plans;
mod publish_status;
mod quoting;
mod releases;
mod sections;
mod signatures;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Tries `cases` values, and leaves no file behind when one fails: the smallest failing value is in the message.
fn check<S: Strategy>(cases: u32, values: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    TestRunner::new(config).run(&values, test).unwrap_or_else(|failure| panic!("{failure}"));
}

/// What means something to some language, file system or URL.
const HOSTILE: &[&str] = &[
    "\"",
    "'",
    "`",
    "\\",
    "$",
    "$(",
    "${",
    "#",
    "#{",
    "#$",
    "#@",
    "{{",
    "}}",
    "%",
    "%s",
    "%2F",
    "!",
    "*",
    "?",
    "[",
    "]",
    "~",
    "&",
    ";",
    "|",
    "<",
    "<<",
    ">",
    "(",
    ")",
    "/",
    "//",
    "..",
    ".",
    "-",
    "--",
    ":",
    ": ",
    " #",
    "=",
    ",",
    "@",
    "+",
    "\n",
    "\r",
    "\r\n",
    "\t",
    " ",
    "\0",
    "\u{1}",
    "\u{7}",
    "\u{1b}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{1fffe}",
    "\u{10ffff}",
    "ß",
    "é",
    "e\u{301}",
    "漢",
    "🦀",
    "__END__",
    "EOF",
    "EOS",
    "yes",
    "null",
    "~",
    "---",
    "if",
    "done",
    "0",
    "1e3",
];

/// Any text, with much in it that means something somewhere.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => select(HOSTILE).prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        2 => "[a-z0-9]{1,6}",
    ];
    proptest::collection::vec(part, 0..10).prop_map(|parts| parts.concat())
}
