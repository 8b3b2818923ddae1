//! What the two commands are called and which options they have, as plain data.
//!
//! The binaries read their arguments and print their help by these tables; the build script makes the completions and
//! the man pages from them. So this file imports nothing.

#![allow(dead_code, reason = "a binary uses its own table only")]

/// One command: a binary of this package.
pub struct Command {
    /// The name of the binary.
    pub name: &'static str,
    /// What it does, on one line.
    pub about: &'static str,
    /// What else there is to know, in sentences: one string a paragraph.
    pub notes: &'static [&'static str],
    /// In the order in which they are shown.
    pub options: &'static [Opt],
}

/// One option. Every option has a short and a long form.
pub struct Opt {
    /// The letter after one hyphen.
    pub short: char,
    /// The word after two hyphens; the option's name in the code, too.
    pub long: &'static str,
    /// What its value is called in help texts, if it takes one.
    pub value: Option<&'static str>,
    /// What it does, on one line.
    pub help: &'static str,
}

/// The binary `tally`.
pub const TALLY: Command = Command {
    name: "tally",
    about: "Count lines, words, characters and bytes",
    notes: &[
        INPUTS,
        "Counts are shown in the order lines, words, characters, bytes, longest line; without options: lines, words \
         and bytes. With more than one FILE, a last row shows the total.",
        "A sequence of bytes that is not UTF-8 counts as one character.",
    ],
    options: &[
        flag('l', "lines", "Show the number of lines"),
        flag('w', "words", "Show the number of words"),
        flag('m', "chars", "Show the number of characters"),
        flag('c', "bytes", "Show the number of bytes"),
        flag('L', "max-line-length", "Show the length of the longest line, in characters"),
        HELP,
        VERSION,
    ],
};

/// The binary `tally-top`.
pub const TALLY_TOP: Command = Command {
    name: "tally-top",
    about: "Show the most frequent words",
    notes: &[
        INPUTS,
        "Words stand between white space; the punctuation around them does not count. Words of equal frequency are \
         sorted.",
    ],
    options: &[
        Opt { short: 'n', long: "number", value: Some("N"), help: "Show N words instead of 10" },
        flag('i', "ignore-case", "Count words that differ only in case as one"),
        HELP,
        VERSION,
    ],
};

/// All commands.
pub const COMMANDS: [Command; 2] = [TALLY, TALLY_TOP];

const INPUTS: &str = "Without FILE, or where FILE is -, standard input is read.";
const HELP: Opt = flag('h', "help", "Show this help and exit");
const VERSION: Opt = flag('V', "version", "Show the version and exit");

const fn flag(short: char, long: &'static str, help: &'static str) -> Opt {
    Opt { short, long, value: None, help }
}
