//! `tally-top`: shows the most frequent words.

#[path = "../cli/mod.rs"]
mod cli;
#[path = "../options.rs"]
mod options;

use cli::{Args, Failure, Inputs};
use std::io::Write;
use std::process::ExitCode;
use tally_core::{Case, WordCounts};

fn main() -> ExitCode {
    cli::main(&options::TALLY_TOP, tally_top)
}

fn tally_top(args: &Args, out: &mut dyn Write) -> Result<Inputs, Failure> {
    let number = args.number("number")?.unwrap_or(10);
    let mut words = WordCounts::new(if args.has("ignore-case") { Case::Folded } else { Case::Sensitive });
    let inputs = args.each_input(|_, reader| words.add_reader(reader));
    let top = words.top(number);
    let width = top.first().map_or(0, |(_, count)| count.to_string().len());
    for (word, count) in top {
        writeln!(out, "{count:>width$} {word}")?;
    }
    Ok(inputs)
}
