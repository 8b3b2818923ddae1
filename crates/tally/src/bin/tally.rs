//! `tally`: counts lines, words, characters and bytes.

#[path = "../cli/mod.rs"]
mod cli;
#[path = "../options.rs"]
mod options;

use cli::{Args, Failure, Inputs};
use std::io::{self, Write};
use std::process::ExitCode;
use tally_core::Counts;

/// Takes one number out of the counts.
type Measure = fn(&Counts) -> u64;

/// The options that choose what is shown, in the order in which it is shown.
const MEASURES: [(&str, Measure); 5] = [
    ("lines", |counts| counts.lines),
    ("words", |counts| counts.words),
    ("chars", |counts| counts.chars),
    ("bytes", |counts| counts.bytes),
    ("max-line-length", |counts| counts.max_line_length),
];
const DEFAULT: [&str; 3] = ["lines", "words", "bytes"];

fn main() -> ExitCode {
    cli::main(&options::TALLY, tally)
}

fn tally(args: &Args, out: &mut dyn Write) -> Result<Inputs, Failure> {
    let mut rows = Vec::new();
    let mut total = Counts::default();
    let inputs = args.each_input(|name, reader| {
        let counts = Counts::from_reader(reader)?;
        total += counts;
        rows.push((counts, name.unwrap_or_default().to_owned()));
        Ok(())
    });
    if args.files().len() > 1 {
        rows.push((total, "total".to_owned()));
    }
    write_rows(&rows, &measures(args), out)?;
    Ok(inputs)
}

/// What the user chose to see, or else what is worth seeing.
fn measures(args: &Args) -> Vec<Measure> {
    let any = MEASURES.iter().any(|(name, _)| args.has(name));
    let shown = MEASURES.iter().filter(|(name, _)| if any { args.has(name) } else { DEFAULT.contains(name) });
    shown.map(|&(_, measure)| measure).collect()
}

fn write_rows(rows: &[(Counts, String)], measures: &[Measure], out: &mut dyn Write) -> io::Result<()> {
    let numbers = rows.iter().flat_map(|(counts, _)| measures.iter().map(|measure| measure(counts)));
    let width = numbers.map(|number| number.to_string().len()).max().unwrap_or_default();
    for (counts, name) in rows {
        let numbers = measures.iter().map(|measure| format!("{:>width$}", measure(counts)));
        let name = (!name.is_empty()).then(|| name.clone());
        writeln!(out, "{}", numbers.chain(name).collect::<Vec<_>>().join(" "))?;
    }
    Ok(())
}
