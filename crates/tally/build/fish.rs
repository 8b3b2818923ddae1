//! Completion for fish.

use crate::options::{Command, Opt};

/// Renders the file that stands in a `completions` folder. Files are completed without being told to.
pub fn render(command: &Command) -> String {
    let lines: Vec<String> = command.options.iter().map(|option| line(command.name, option)).collect();
    format!("# fish completion for {}\n\n{}\n", command.name, lines.join("\n"))
}

fn line(command: &str, option: &Opt) -> String {
    let Opt { short, long, value, help } = option;
    // Where a value is to be written, no file is offered.
    let exclusive = if value.is_some() { " -x" } else { "" };
    let help = help.replace('\\', r"\\").replace('\'', r"\'");
    format!("complete -c {command} -s {short} -l {long}{exclusive} -d '{help}'")
}
