//! The text of `--help`.

use crate::options::{Command, Opt};
use std::fmt::Write;

const WIDTH: usize = 80;

/// Renders the help of a command for a terminal.
pub fn render(command: &Command) -> String {
    let spelled: Vec<(String, &Opt)> = command.options.iter().map(|option| (spelling(option), option)).collect();
    let width = spelled.iter().map(|(spelling, _)| spelling.len()).max().unwrap_or_default();
    let mut text = format!("{}\n\nUsage: {} [OPTIONS] [FILE]...\n\nOptions:\n", command.about, command.name);
    for (spelling, option) in spelled {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {spelling:width$}  {}", option.help);
    }
    for note in command.notes {
        text.push('\n');
        text.push_str(&wrap(note));
    }
    text
}

fn spelling(option: &Opt) -> String {
    let value = option.value.map(|value| format!(" <{value}>")).unwrap_or_default();
    format!("-{}, --{}{value}", option.short, option.long)
}

fn wrap(paragraph: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 {
            let fits = column + 1 + length <= WIDTH;
            text.push(if fits { ' ' } else { '\n' });
            column = if fits { column + 1 } else { 0 };
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
    text
}
