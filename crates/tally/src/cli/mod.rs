//! What both binaries share: from arguments to an exit code.

mod args;
mod help;
mod input;
mod spelling;

pub use args::Args;
pub use input::Inputs;

use crate::options::Command;
use args::{Parsed, UsageError};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

/// Why a command could not do what it was asked to. An input that cannot be read is not among it: the others still can.
pub enum Failure {
    /// It was called in a wrong way.
    Usage(UsageError),
    /// Its result could not be written.
    Output(io::Error),
}

impl From<UsageError> for Failure {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Runs a command: 0 if all went well, 1 if something could not be read or written, 2 for wrong usage.
pub fn main(command: &Command, run: fn(&Args, &mut dyn Write) -> Result<Inputs, Failure>) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let result = dispatch(command, run, &mut out).and_then(|inputs| {
        out.flush()?;
        Ok(inputs)
    });
    match result {
        Ok(Inputs::AllRead) => ExitCode::SUCCESS,
        Ok(Inputs::SomeFailed) => ExitCode::FAILURE,
        // The reader of a pipe has seen enough (`tally-top | head -1`); that is nobody's mistake.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Output(error)) => {
            complain(command, &format!("cannot write the result: {error}"));
            ExitCode::FAILURE
        }
        Err(Failure::Usage(error)) => {
            complain(command, &error.to_string());
            ExitCode::from(2)
        }
    }
}

fn dispatch(
    command: &Command,
    run: fn(&Args, &mut dyn Write) -> Result<Inputs, Failure>,
    out: &mut dyn Write,
) -> Result<Inputs, Failure> {
    match Args::parse(command, std::env::args_os().skip(1))? {
        Parsed::Help => out.write_all(help::render(command).as_bytes())?,
        Parsed::Version => writeln!(out, "{} {}", command.name, env!("CARGO_PKG_VERSION"))?,
        Parsed::Run(args) => return run(&args, out),
    }
    Ok(Inputs::AllRead)
}

fn complain(command: &Command, message: &str) {
    // Not `eprintln!`, which panics where standard error is closed.
    let _ = writeln!(io::stderr(), "{}: {message}", command.name);
}
