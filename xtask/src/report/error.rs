//! Errors a person can act on: what failed, on which object, why, and what mends it.

use std::path::{Path, PathBuf};
use std::{fmt, io};

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One or more problems found together, and the exit code that they mean.
#[derive(Debug, Clone)]
pub struct Error {
    problems: Vec<Problem>,
    exit_code: u8,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What failed, and on which object; lower case, no full stop.
    pub what: String,
    /// Where in a file of the user, if it is there.
    pub at: Option<Location>,
    /// Why, from the nearest cause to the last.
    pub causes: Vec<String>,
    /// What to do, best as a command or the line to write.
    pub help: Option<String>,
}

/// A place in a file that the user wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file, as the user would name it.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Location {
    /// The place of the byte `offset` in `text`, the content of `file`.
    pub fn of_offset(file: impl Into<PathBuf>, text: &str, offset: usize) -> Self {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: file.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

impl Problem {
    /// A problem with nothing said yet but what it is.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), at: None, causes: Vec::new(), help: None }
    }

    /// Says where it stands.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.at = Some(location);
        self
    }

    /// Says why.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Says what mends it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Error {
    /// A failure (exit code 1).
    pub fn new(what: impl Into<String>) -> Self {
        Self { problems: vec![Problem::new(what)], exit_code: 1 }
    }

    /// Wrong usage or configuration (exit code 2), all problems at once.
    pub fn configuration(problems: Vec<Problem>) -> Self {
        Self { problems, exit_code: 2 }
    }

    /// One wrong word on the command line or in the configuration (exit code 2).
    pub fn usage(what: impl Into<String>) -> Self {
        Self::configuration(vec![Problem::new(what)])
    }

    /// Several failures found together (exit code 1).
    pub fn all(problems: Vec<Problem>) -> Self {
        Self { problems, exit_code: 1 }
    }

    /// Adds what mends it, where nothing was said of that yet.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if let Some(problem) = self.problems.last_mut() {
            problem.help.get_or_insert(help.into());
        }
        self
    }

    /// Adds why.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        if let Some(problem) = self.problems.last_mut() {
            problem.causes.push(cause.to_string());
        }
        self
    }

    /// Says where it stands, of the problems that do not know it.
    #[must_use]
    pub fn at(mut self, place: Option<&Location>) -> Self {
        for problem in self.problems.iter_mut().filter(|problem| problem.at.is_none()) {
            problem.at = place.cloned();
        }
        self
    }

    /// Puts what was attempted in front; what was said before becomes the cause.
    #[must_use]
    pub fn context(mut self, what: impl Into<String>) -> Self {
        if let Some(problem) = self.problems.last_mut() {
            let cause = std::mem::replace(&mut problem.what, what.into());
            problem.causes.insert(0, cause);
        }
        self
    }

    /// The problems, in the order in which they were found.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What the process exits with: 1 it failed, 2 wrong usage or configuration.
    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

/// Two results, or the problems of both: what is wrong with one is no reason to keep silent of the other.
///
/// # Errors
/// What either says.
pub fn both<A, B>(a: Result<A>, b: Result<B>) -> Result<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut a), Err(b)) => {
            a.problems.extend(b.problems);
            Err(Error { exit_code: a.exit_code.max(b.exit_code), ..a })
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// What cannot be written, why, and what mends it.
pub fn unwritable(path: &Path, error: &io::Error) -> Error {
    let mend = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "make room (`cargo clean` removes all that was compiled)"
        }
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => "move away what is in its place",
        _ => "make its folder writable",
    };
    Error::new(format!("cannot write {}", path.display()))
        .because(error)
        .help(format!("{mend}, or set CARGO_TARGET_DIR to another folder"))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = &self.at {
            write!(f, "{at}: ")?;
        }
        f.write_str(&self.what)?;
        for cause in &self.causes {
            for (n, line) in cause.lines().enumerate() {
                write!(f, "\n  {}{line}", if n == 0 { "because: " } else { "         " })?;
            }
        }
        if let Some(help) = &self.help {
            for (n, line) in help.lines().enumerate() {
                write!(f, "\n  {}{line}", if n == 0 { "help: " } else { "      " })?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if n == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Says of a foreign error what was being done, and on which object.
pub trait Context<T> {
    /// Wraps the error; `what` is only made when there is one.
    fn context<S: Into<String>>(self, what: impl FnOnce() -> S) -> Result<T>;
}

impl<T, E: std::error::Error> Context<T> for std::result::Result<T, E> {
    fn context<S: Into<String>>(self, what: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| Error::new(what()).because(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_place_what_why_help() {
        let error = Error::usage("unknown key `tagret`").because("two\nlines").help("write `target`");
        assert_eq!(error.to_string(), "unknown key `tagret`\n  because: two\n           lines\n  help: write `target`");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn locations_count_characters_not_bytes() {
        let text = "a = 1\nüü = 2\n";
        let at = Location::of_offset("dist.toml", text, text.find('=').unwrap() + 9);
        assert_eq!(at.to_string(), "dist.toml:2:4");
        assert_eq!(Location::of_offset("f", text, 999).line, 3);
        assert_eq!(Location::of_offset("f", text, 7).column, 1, "inside a character");
    }

    #[test]
    fn context_keeps_the_cause_and_the_help() {
        let error = Error::new("inner").help("do x").context("outer");
        assert_eq!(error.to_string(), "outer\n  because: inner\n  help: do x");
    }
}
