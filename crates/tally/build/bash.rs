//! Completion for bash, without the bash-completion package and for versions from 3.2 (macOS) on.

use crate::options::Command;

/// Renders the file that is sourced, or lazily loaded by its name.
pub fn render(command: &Command) -> String {
    let name = command.name;
    // In POSIX mode bash takes no hyphens in the names of functions.
    let function = format!("_{}", name.replace('-', "_"));
    let words: Vec<String> = command
        .options
        .iter()
        .flat_map(|option| [format!("-{}", option.short), format!("--{}", option.long)])
        .collect();
    let words = words.join(" ");
    let value = value_case(command);
    format!(
        r#"# bash completion for {name}

{function}() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${{COMP_WORDS[i]}} == -- ]] && return
    done
{value}    # No reply means file names, by "-o default" below.
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "{words}" -- "$cur"))
    fi
}}

complete -o bashdefault -o default -F {function} {name}
"#
    )
}

/// Offers nothing, not even files, where the value of an option is to be written.
fn value_case(command: &Command) -> String {
    let takers: Vec<String> = command
        .options
        .iter()
        .filter(|option| option.value.is_some())
        .map(|option| format!("-{}|--{}", option.short, option.long))
        .collect();
    if takers.is_empty() {
        return String::new();
    }
    let takers = takers.join("|");
    format!(
        r#"    # "--option=value" arrives as three words.
    [[ $prev == = ]] && ((COMP_CWORD > 2)) && prev=${{COMP_WORDS[COMP_CWORD-2]}}
    case $prev in
        {takers})
            compopt +o bashdefault +o default 2>/dev/null
            return
            ;;
    esac
"#
    )
}
