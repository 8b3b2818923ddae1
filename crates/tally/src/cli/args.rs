//! Arguments, read by the table of a command.

use super::spelling::nearest;
use crate::options::{Command, Opt};
use std::ffi::OsString;
use std::fmt;

/// What the user asks for.
pub enum Parsed<'c> {
    Help,
    Version,
    Run(Args<'c>),
}

/// The options and files of one call.
pub struct Args<'c> {
    pub(super) command: &'c Command,
    given: Vec<(&'c Opt, Option<OsString>)>,
    files: Vec<OsString>,
}

/// A call that the table does not allow, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageError {
    problem: String,
    help: String,
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhelp: {}", self.problem, self.help)
    }
}

impl<'c> Args<'c> {
    /// Reads arguments in the manner of getopt: options may follow files, short ones may stand together (`-lw`, `-n5`),
    /// and everything after `--` is a file. The first option that asks for help or the version ends the reading.
    pub fn parse(
        command: &'c Command,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Parsed<'c>, UsageError> {
        let mut arguments = arguments.into_iter();
        let mut args = Self { command, given: Vec::new(), files: Vec::new() };
        while let Some(argument) = arguments.next() {
            if argument == "--" {
                args.files.extend(arguments);
                break;
            }
            let before = args.given.len();
            // An argument that is not Unicode can be a file, or the value of an option, but never an option.
            match argument.to_str() {
                Some(text) if text.starts_with("--") => args.long(&text[2..], &mut arguments)?,
                Some(text) if text.len() > 1 && text.starts_with('-') => args.short(&text[1..], &mut arguments)?,
                None if argument.as_encoded_bytes().starts_with(b"-") => {
                    return Err(args.unknown(&argument.to_string_lossy()));
                }
                _ => args.files.push(argument),
            }
            for (option, _) in &args.given[before..] {
                match option.long {
                    "help" => return Ok(Parsed::Help),
                    "version" => return Ok(Parsed::Version),
                    _ => {}
                }
            }
        }
        Ok(Parsed::Run(args))
    }

    /// The files, in the order in which they were named.
    pub fn files(&self) -> &[OsString] {
        &self.files
    }

    /// Whether an option was given, by its long name.
    pub fn has(&self, long: &str) -> bool {
        debug_assert!(self.command.options.iter().any(|option| option.long == long), "no option is called {long}");
        self.given.iter().any(|(option, _)| option.long == long)
    }

    /// The value of an option that takes a number; of several, the last one counts.
    #[allow(dead_code, reason = "only tally-top has an option with a value")]
    pub fn number(&self, long: &str) -> Result<Option<usize>, UsageError> {
        let last = self.given.iter().rev().find(|(option, _)| option.long == long);
        let Some((_, Some(value))) = last else { return Ok(None) };
        match value.to_str().and_then(|value| value.parse().ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(UsageError {
                problem: format!("invalid value '{}' for --{long}", value.display()),
                help: format!("give it a whole number, as in '--{long} 5'"),
            }),
        }
    }

    fn long(&mut self, text: &str, rest: &mut impl Iterator<Item = OsString>) -> Result<(), UsageError> {
        let (name, attached) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let Some(option) = self.command.options.iter().find(|option| option.long == name) else {
            return Err(self.unknown(&format!("--{name}")));
        };
        let value = match (option.value, attached) {
            (None, None) => None,
            (Some(_), Some(value)) => Some(value.into()),
            (Some(value), None) => Some(self.following(rest, &format!("--{name}"), value)?),
            (None, Some(_)) => {
                return Err(UsageError {
                    problem: format!("option '--{name}' takes no value"),
                    help: format!("write only '--{name}'"),
                });
            }
        };
        self.given.push((option, value));
        Ok(())
    }

    fn short(&mut self, cluster: &str, rest: &mut impl Iterator<Item = OsString>) -> Result<(), UsageError> {
        for (index, letter) in cluster.char_indices() {
            let Some(option) = self.command.options.iter().find(|option| option.short == letter) else {
                return Err(self.unknown(&format!("-{letter}")));
            };
            let Some(value) = option.value else {
                self.given.push((option, None));
                continue;
            };
            let attached = &cluster[index + letter.len_utf8()..];
            let value = match attached {
                "" => self.following(rest, &format!("-{letter}"), value)?,
                _ => attached.into(),
            };
            self.given.push((option, Some(value)));
            break;
        }
        Ok(())
    }

    fn following(
        &self,
        rest: &mut impl Iterator<Item = OsString>,
        option: &str,
        value: &str,
    ) -> Result<OsString, UsageError> {
        rest.next().ok_or_else(|| UsageError {
            problem: format!("option '{option}' needs a value"),
            help: format!("write '{} {option} <{value}>'", self.command.name),
        })
    }

    fn unknown(&self, option: &str) -> UsageError {
        let all = self.command.options.iter().map(|option| format!("--{}", option.long));
        let help = match nearest(option, all) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("see '{} --help'; a file of that name is './{option}'", self.command.name),
        };
        UsageError { problem: format!("unknown option '{option}'"), help }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{TALLY, TALLY_TOP};

    fn run<'c>(command: &'c Command, arguments: &[&str]) -> Args<'c> {
        match Args::parse(command, arguments.iter().map(OsString::from)) {
            Ok(Parsed::Run(args)) => args,
            Ok(_) => panic!("{arguments:?} is help or version"),
            Err(error) => panic!("{arguments:?}: {error}"),
        }
    }

    fn error(command: &Command, arguments: &[&str]) -> String {
        let parsed = Args::parse(command, arguments.iter().map(OsString::from));
        let number = parsed.and_then(|parsed| match parsed {
            Parsed::Run(args) => args.number("number"),
            _ => Ok(None),
        });
        number.expect_err("is allowed").to_string()
    }

    #[test]
    fn options_and_files_mix() {
        let args = run(&TALLY, &["-lw", "a", "--bytes", "-", "--", "-m", "--"]);
        assert_eq!(["lines", "words", "bytes", "chars"].map(|name| args.has(name)), [true, true, true, false]);
        assert_eq!(args.files(), ["a", "-", "-m", "--"]);
    }

    #[test]
    fn values_are_attached_or_follow() {
        for arguments in [&["-n5"][..], &["-n", "5"], &["--number=5"], &["--number", "5"], &["-n1", "-in5"]] {
            assert_eq!(run(&TALLY_TOP, arguments).number("number"), Ok(Some(5)), "{arguments:?}");
        }
        assert_eq!(run(&TALLY_TOP, &["5"]).number("number"), Ok(None));
    }

    #[test]
    fn the_first_of_help_and_version_ends_the_reading() {
        let parse = |arguments: &[&str]| Args::parse(&TALLY, arguments.iter().map(OsString::from));
        assert!(matches!(parse(&["-l", "--help", "--bogus"]), Ok(Parsed::Help)));
        assert!(matches!(parse(&["-lVh"]), Ok(Parsed::Version)));
        assert!(parse(&["--bogus", "--help"]).is_err());
    }

    #[test]
    fn wrong_usage_is_told_with_what_would_be_right() {
        for (command, arguments, message) in [
            (&TALLY, &["--lnies"][..], "unknown option '--lnies'\nhelp: did you mean '--lines'?"),
            (&TALLY, &["-lx"], "unknown option '-x'\nhelp: see 'tally --help'; a file of that name is './-x'"),
            (&TALLY, &["--lines=3"], "option '--lines' takes no value\nhelp: write only '--lines'"),
            (&TALLY_TOP, &["-in"], "option '-n' needs a value\nhelp: write 'tally-top -n <N>'"),
            (
                &TALLY_TOP,
                &["-n", "-3"],
                "invalid value '-3' for --number\nhelp: give it a whole number, as in '--number 5'",
            ),
        ] {
            assert_eq!(error(command, arguments), message);
        }
    }

    #[test]
    fn no_spelling_stands_for_two_options() {
        for command in crate::options::COMMANDS {
            for (index, option) in command.options.iter().enumerate() {
                let before = &command.options[..index];
                assert!(before.iter().all(|other| other.short != option.short && other.long != option.long));
            }
        }
    }
}
