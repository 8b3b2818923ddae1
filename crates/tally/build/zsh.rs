//! Completion for zsh.

use crate::options::{Command, Opt};

/// Renders the file that stands in a folder of `fpath`, or is sourced.
pub fn render(command: &Command) -> String {
    let name = command.name;
    let options: Vec<String> = command.options.iter().map(argument).collect();
    let options = options.join(" \\\n        ");
    format!(
        r#"#compdef {name}

_{name}() {{
    _arguments -s -S : \
        {options} \
        '*:file:_files'
}}

if [[ $funcstack[1] == _{name} ]]; then
    _{name} "$@"
else
    compdef _{name} {name}
fi
"#
    )
}

/// One option as `_arguments` reads it; `(…)` are the options that make no sense after it.
fn argument(option: &Opt) -> String {
    let Opt { short, long, value, help } = option;
    let help = escape(help);
    match value {
        Some(value) => format!("'(-{short} --{long})'{{-{short}+,--{long}=}}'[{help}]:{}: '", escape(value)),
        None if matches!(*long, "help" | "version") => format!("'(- *)'{{-{short},--{long}}}'[{help}]'"),
        None => format!("'(-{short} --{long})'{{-{short},--{long}}}'[{help}]'"),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '[' | ']' | ':' | '\\' => escaped.extend(['\\', character]),
            '\'' => escaped.push_str(r"'\''"),
            _ => escaped.push(character),
        }
    }
    escaped
}
