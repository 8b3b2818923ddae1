//! Files and standard input.

use super::{Args, complain};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

/// How reading the inputs went.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Inputs {
    /// Every input was read to its end.
    AllRead,
    /// At least one was not, and the user has been told.
    SomeFailed,
}

impl Args<'_> {
    /// Gives every input to `read`, with its name if it was named. One that fails does not keep the others from being read.
    pub fn each_input(&self, mut read: impl FnMut(Option<&str>, &mut dyn BufRead) -> io::Result<()>) -> Inputs {
        if self.files().is_empty() {
            return self.told("standard input", read(None, &mut io::stdin().lock()));
        }
        let mut inputs = Inputs::AllRead;
        for file in self.files() {
            let name = file.to_string_lossy();
            let result = open(file).and_then(|mut reader| read(Some(&name), &mut *reader));
            if self.told(&format!("'{name}'"), result) == Inputs::SomeFailed {
                inputs = Inputs::SomeFailed;
            }
        }
        inputs
    }

    fn told(&self, what: &str, result: io::Result<()>) -> Inputs {
        match result {
            Ok(()) => Inputs::AllRead,
            Err(error) => {
                complain(self.command, &format!("cannot read {what}: {error}"));
                Inputs::SomeFailed
            }
        }
    }
}

fn open(file: &OsStr) -> io::Result<Box<dyn BufRead>> {
    if file == "-" { Ok(Box::new(io::stdin().lock())) } else { Ok(Box::new(BufReader::new(File::open(file)?))) }
}
