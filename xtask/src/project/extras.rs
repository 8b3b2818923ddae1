//! Which files are shell completions and man pages, by the names that generators and repositories give them.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// What a file in an archive is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A program.
    Executable,
    /// README, licence, changelog.
    Document,
    /// A completion for bash.
    CompletionBash,
    /// A completion for zsh.
    CompletionZsh,
    /// A completion for fish.
    CompletionFish,
    /// A completion for another shell.
    CompletionOther,
    /// A man page.
    Manual,
    /// What `include` names.
    Extra,
    /// A WebAssembly module that JavaScript loads.
    Wasm,
    /// JavaScript.
    Script,
    /// Declarations for TypeScript.
    Types,
}

impl Role {
    /// Whether such a file begins with headers that say for which machine it is.
    pub fn has_headers(self) -> bool {
        matches!(self, Self::Executable | Self::Wasm)
    }
}

/// A shell that completions are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    PowerShell,
    /// elvish
    Elvish,
    /// nushell
    Nushell,
}

impl Shell {
    /// The file name that each shell (and clap_complete) expects for a command.
    fn file_name(self, command: &str) -> String {
        match self {
            Self::Bash => format!("{command}.bash"),
            Self::Zsh => format!("_{command}"),
            Self::Fish => format!("{command}.fish"),
            Self::PowerShell => format!("_{command}.ps1"),
            Self::Elvish => format!("{command}.elv"),
            Self::Nushell => format!("{command}.nu"),
        }
    }

    fn role(self) -> Role {
        match self {
            Self::Bash => Role::CompletionBash,
            Self::Zsh => Role::CompletionZsh,
            Self::Fish => Role::CompletionFish,
            Self::PowerShell | Self::Elvish | Self::Nushell => Role::CompletionOther,
        }
    }
}

/// What the file at `path` (relative to where extras are looked for) is: its role, the command it is for, and its place
/// in an archive; `None` where it is neither a completion nor a man page.
pub fn extra(path: &Path) -> Option<(Role, String, String)> {
    let name = path.file_name()?.to_str()?;
    if let Some((stem, section)) = name.rsplit_once('.')
        && section.len() == 1
        && ('1'..='9').contains(&section.chars().next()?)
        && !stem.is_empty()
    {
        return Some((Role::Manual, stem.to_owned(), format!("man/{name}")));
    }
    let folder = path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str()).unwrap_or_default();
    let (shell, command) = completion(folder, name)?;
    Some((shell.role(), command.to_owned(), format!("completions/{}", shell.file_name(command))))
}

fn completion<'n>(folder: &str, name: &'n str) -> Option<(Shell, &'n str)> {
    let command = match name.rsplit_once('.') {
        Some((stem, "bash" | "bash-completion")) => (Shell::Bash, stem),
        Some((stem, "zsh")) => (Shell::Zsh, stem.trim_start_matches('_')),
        Some((stem, "fish")) => (Shell::Fish, stem),
        Some((stem, "ps1")) => (Shell::PowerShell, stem.trim_start_matches('_')),
        Some((stem, "elv")) => (Shell::Elvish, stem),
        Some((stem, "nu")) => (Shell::Nushell, stem),
        Some(_) => return None,
        None => match (name.strip_prefix('_'), folder) {
            (Some(command), _) => (Shell::Zsh, command),
            (None, "zsh") => (Shell::Zsh, name),
            (None, "bash") => (Shell::Bash, name),
            _ => return None,
        },
    };
    (!command.1.is_empty()).then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> Option<String> {
        extra(Path::new(path)).map(|(_, command, place)| format!("{command}: {place}"))
    }

    #[test]
    fn names_of_generators_and_repositories() {
        assert_eq!(place("tally.bash").unwrap(), "tally: completions/tally.bash");
        assert_eq!(place("deep/_tally").unwrap(), "tally: completions/_tally");
        assert_eq!(place("_tally.ps1").unwrap(), "tally: completions/_tally.ps1");
        assert_eq!(place("bash/tally").unwrap(), "tally: completions/tally.bash");
        assert_eq!(place("tally.zsh").unwrap(), "tally: completions/_tally");
        assert_eq!(place("git-tally.1").unwrap(), "git-tally: man/git-tally.1");
        for other in ["tally", "main.rs", "_", ".bash", "libz.so.1.2", "page.10", "stamp"] {
            assert_eq!(place(other).filter(|_| other != "libz.so.1.2"), None, "{other}");
        }
    }
}
