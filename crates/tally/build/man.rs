//! Man pages. They bear no date: the same source gives the same page on every day.

use crate::options::{Command, Opt};

/// Renders the page of a command, which refers to the pages of the other ones.
pub fn render(command: &Command, all: &[Command]) -> String {
    let name = escape(command.name);
    let title = escape(&command.name.to_uppercase());
    let notes: Vec<String> = command.notes.iter().map(|note| line(note)).collect();
    let options: String = command.options.iter().map(option_entry).collect();
    let others: Vec<String> = all
        .iter()
        .filter(|other| other.name != command.name)
        .map(|other| format!(".BR {} (1)", escape(other.name)))
        .collect();
    format!(
        r#".TH {title} 1 "" "{package} {version}" "User Commands"
.SH NAME
{name} \- {about}
.SH SYNOPSIS
.B {name}
[\fIOPTIONS\fR]
[\fIFILE\fR].\|.\|.
.SH DESCRIPTION
{notes}
.SH OPTIONS
{options}.SH "EXIT STATUS"
.TP
.B 0
Everything was read and written.
.TP
.B 1
Something could not be read or written; the other files have been counted.
.TP
.B 2
Wrong usage.
.SH "SEE ALSO"
{others}
"#,
        package = env!("CARGO_PKG_NAME"),
        version = escape(env!("CARGO_PKG_VERSION")),
        about = escape(command.about),
        notes = notes.join("\n.PP\n"),
        others = others.join(",\n"),
    )
}

fn option_entry(option: &Opt) -> String {
    let value = option.value.map(|value| format!(r" \fI{}\fR", escape(value))).unwrap_or_default();
    let (short, long) = (option.short, escape(option.long));
    format!(".TP\n\\fB\\-{short}\\fR, \\fB\\-\\-{long}\\fR{value}\n{}\n", line(option.help))
}

/// A line of text. A dot at its start would begin a request.
fn line(text: &str) -> String {
    let escaped = escape(text);
    if escaped.starts_with('.') { format!(r"\&{escaped}") } else { escaped }
}

/// A bare hyphen can become a typographic one, which nobody can search for or copy into a shell.
fn escape(text: &str) -> String {
    text.replace('\\', r"\e").replace('-', r"\-").replace('\'', r"\(aq")
}
