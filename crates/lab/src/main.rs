//! `cargo run -p lab`: the chores of this repository.

mod commands;

use std::env;
use std::process::ExitCode;

const HELP: &str = "\
The chores of this repository.

Usage: cargo run -p lab <COMMAND>

Commands:
  test [FILTER]  Run every check and test; FILTER is given to `cargo test`
  bench [--write] [NAME]...
                 Measure what has to be quick beside what else there is, and print the README's table of it (--write:
                 into the README): cost, growth, packing, plan, publish-status, unchanged. All of them unless named; it needs
                 the network and a quiet machine, and the first time half an hour: cargo-dist is compiled
  adopters [NAME]...
                 Have published programs adopt, release for three targets and run their own tests: a table of what
                 that costs. All of them unless named; it needs the network, and an hour
  help           Show this

`test` runs `cargo fmt --check`, `cargo clippy` and `cargo test` for the whole workspace, all of them even when one
fails, and ends with what failed and which tests were not run, why, and what mends it.

Real clients (hadolint, taplo, ...) are fetched into target/lab when a test asks for them. Those from Debian's packages
(ruby, busybox, ...) are only used when they are there.

Environment:
  CI=true        What cannot be tested is a failure instead of a skip; missing Debian packages are installed
  LAB_INSTALL=1  Missing Debian packages are installed
";

#[derive(Debug, PartialEq)]
enum Request {
    Help,
    Test { filter: Option<String> },
    Bench { names: Vec<String>, write: bool },
    Adopters { names: Vec<String> },
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match parse(&words) {
        Ok(Request::Help) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Request::Test { filter }) => commands::test::run(filter.as_deref()),
        Ok(Request::Adopters { names }) => {
            commands::adopters::run(&names.iter().map(String::as_str).collect::<Vec<_>>())
        }
        Ok(Request::Bench { names, write }) => {
            commands::bench::run(&names.iter().map(String::as_str).collect::<Vec<_>>(), write)
        }
        Err(mistake) => {
            eprintln!("error: {mistake}\nhelp: `cargo run -p lab help` lists the commands");
            ExitCode::from(2)
        }
    }
}

fn parse(words: &[&str]) -> Result<Request, String> {
    match words {
        [] | ["help", ..] => Ok(Request::Help),
        words if words.iter().any(|word| ["-h", "--help"].contains(word)) => Ok(Request::Help),
        ["test"] => Ok(Request::Test { filter: None }),
        ["test", filter] if !filter.starts_with('-') => Ok(Request::Test { filter: Some((*filter).to_owned()) }),
        ["test", rest @ ..] => Err(format!("`test` takes one filter at most, not `{}`", rest.join(" "))),
        ["bench", words @ ..] => {
            let (options, names): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with('-'));
            let known = commands::bench::ALL.map(|(name, _)| name);
            match (options.iter().find(|word| **word != "--write"), names.iter().find(|name| !known.contains(name))) {
                (Some(option), _) => Err(format!("`bench` has no option `{option}`")),
                (_, Some(name)) => Err(format!("`bench` does not measure `{name}`, but {}", known.join(", "))),
                _ => Ok(Request::Bench {
                    names: names.iter().map(|name| (*name).to_owned()).collect(),
                    write: !options.is_empty(),
                }),
            }
        }
        ["adopters", names @ ..] => match names.iter().find(|name| !lab::adopters::is_known(name)) {
            Some(unknown) => Err(format!("`{unknown}` is none of the programs that `adopters` knows")),
            None => Ok(Request::Adopters { names: names.iter().map(|name| (*name).to_owned()).collect() }),
        },
        [unknown, ..] => Err(format!("there is no command `{unknown}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood() {
        assert_eq!(parse(&[]), Ok(Request::Help));
        assert_eq!(parse(&["test", "--help"]), Ok(Request::Help));
        let names = vec!["plan".to_owned()];
        assert_eq!(parse(&["bench", "plan", "--write"]), Ok(Request::Bench { names, write: true }));
        assert_eq!(parse(&["bench"]), Ok(Request::Bench { names: Vec::new(), write: false }));
        assert_eq!(parse(&["adopters"]), Ok(Request::Adopters { names: Vec::new() }));
        assert_eq!(parse(&["adopters", "sd"]), Ok(Request::Adopters { names: vec!["sd".into()] }));
        assert_eq!(parse(&["test"]), Ok(Request::Test { filter: None }));
        assert_eq!(parse(&["test", "formula"]), Ok(Request::Test { filter: Some("formula".into()) }));
    }

    #[test]
    fn a_mistake_names_the_word() {
        assert!(parse(&["tset"]).unwrap_err().contains("`tset`"));
        assert!(parse(&["adopters", "emacs"]).unwrap_err().contains("`emacs`"));
        assert!(parse(&["bench", "speed"]).unwrap_err().contains("publish-status"));
        assert!(parse(&["bench", "--fast"]).unwrap_err().contains("`--fast`"));
        assert!(parse(&["test", "--fast"]).unwrap_err().contains("`--fast`"));
        assert!(parse(&["test", "one", "two"]).unwrap_err().contains("`one two`"));
    }
}
