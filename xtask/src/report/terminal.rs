//! How text reaches a terminal: colours that follow `NO_COLOR`, labels, and aligned tables.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};

/// The colours that are used, as ANSI codes.
#[derive(Debug, Clone, Copy)]
enum Colour {
    Red,
    Green,
    Yellow,
    Cyan,
}

/// Whether stderr takes colours: `NO_COLOR` wins, then `CLICOLOR_FORCE`, then whether it is a terminal.
fn stderr_has_colours() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    !set("NO_COLOR") && (set("CLICOLOR_FORCE") || std::io::stderr().is_terminal())
}

fn paint(text: &str, colour: Colour) -> String {
    if !stderr_has_colours() {
        return text.to_owned();
    }
    let code = match colour {
        Colour::Red => 31,
        Colour::Green => 32,
        Colour::Yellow => 33,
        Colour::Cyan => 36,
    };
    format!("\x1b[1;{code}m{text}\x1b[0m")
}

/// Progress, as cargo writes it: a right-aligned green verb and what it is done to.
pub fn status(verb: &str, what: impl std::fmt::Display) {
    say(&format!("{} {what}", paint(&format!("{verb:>12}"), Colour::Green)));
}

/// Something the user should know that stops nothing.
pub fn note(text: impl std::fmt::Display) {
    say(&format!("{}: {text}", paint("note", Colour::Cyan)));
}

/// Something that is probably not meant.
pub fn warning(text: impl std::fmt::Display) {
    say(&format!("{}: {text}", paint("warning", Colour::Yellow)));
}

/// Something that failed.
pub fn error(text: impl std::fmt::Display) {
    say(&format!("{}: {text}", paint("error", Colour::Red)));
}

/// A plain line on stderr.
pub fn say(line: &str) {
    // A closed stderr is no reason to fail.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A plain line on stdout, where data goes.
pub fn data(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Rows in aligned columns, two blanks between them; `right` names the columns that are numbers.
pub fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let gap = if column == 0 { "" } else { "  " };
            let width = widths[column];
            // Writing to a string cannot fail.
            let _ = if right.contains(&column) {
                write!(line, "{gap}{cell:>width$}")
            } else {
                write!(line, "{gap}{cell:<width$}")
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A size in bytes as people read it (powers of 1000, as download pages show it).
pub fn size(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_align_and_leave_no_trailing_blanks() {
        let rows = [vec!["a".to_owned(), "10".to_owned(), "x".to_owned()], vec!["bbb".to_owned(), "9".to_owned()]];
        assert_eq!(table(&rows, &[1]), "a    10  x\nbbb   9\n");
    }

    #[test]
    fn sizes_read_like_a_download_page() {
        assert_eq!((size(999), size(1500), size(2_345_678)), ("999 B".into(), "1.5 kB".into(), "2.3 MB".into()));
    }
}
