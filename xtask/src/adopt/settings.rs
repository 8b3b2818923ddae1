//! `packaging/dist.toml` of a repository: all settings, commented, with its own names; and set, what is taken over.

use std::fmt::Write as _;

use super::SETTINGS;
use super::survey::Survey;
use crate::names::forge_download_url;

/// The names that stand in the examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The package that is released, or the first of them.
    pub name: String,
    /// Who has the repository, where its forge is known.
    pub owner: Option<String>,
}

/// A setting that the repository made elsewhere before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The table that it stands in; "" for the top of the file.
    pub table: String,
    /// Its key.
    pub key: &'static str,
    /// Its value, in TOML.
    pub value: String,
}

impl Setting {
    /// A setting at the top, or in a table.
    pub fn new(table: impl Into<String>, key: &'static str, value: impl Into<toml_edit::Value>) -> Self {
        let mut value = value.into();
        value.decor_mut().clear();
        Self { table: table.into(), key, value: value.to_string() }
    }
}

impl Names {
    /// The names of a repository.
    pub fn of(survey: &Survey) -> Self {
        let programs = survey.members.iter().filter(|member| !member.programs.is_empty());
        let first = survey.root_package().into_iter().chain(survey.released()).chain(programs).chain(&survey.members);
        let first = first.into_iter().next();
        let repository = first.and_then(|member| member.repository.as_deref());
        let owner = repository.and_then(|url| url.split('/').nth(3)).filter(|owner| !owner.is_empty());
        let known = repository.is_some_and(|url| forge_download_url(url).is_some());
        Self {
            name: first.map_or_else(|| "NAME".to_owned(), |member| member.name.clone()),
            owner: owner.filter(|_| known).map(str::to_owned),
        }
    }

    /// The text of a file of `packaging/` for a repository: with its alias, and in the settings with these names in the
    /// place of those of the examples.
    pub fn put_into(&self, path: &str, alias: &str, text: &str) -> String {
        let text = text.replace("cargo xtask ", &format!("cargo {alias} "));
        if path != SETTINGS {
            return text;
        }
        let own = text
            .replace("tally-top", "other-program")
            .replace("tally", &self.name)
            .replace("OWNER/NAME", &format!("OWNER/{}", self.name));
        self.owner.as_ref().map_or(own.clone(), |owner| own.replace("OWNER", owner))
    }
}

/// The text with these settings set: each below its commented example, or at the end where there is none.
pub fn with(text: &str, settings: &[Setting]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut strangers: Vec<&Setting> = Vec::new();
    for setting in settings {
        match place(&lines, setting) {
            Some((header, behind)) => {
                lines.insert(behind, format!("{} = {}", setting.key, setting.value));
                if let Some(header) = header.filter(|header| lines[*header].starts_with("# [")) {
                    lines[header] = lines[header].replacen("# ", "", 1);
                }
            }
            None => strangers.push(setting),
        }
    }
    let mut text = lines.join("\n") + "\n";
    let mut table = "";
    for setting in strangers {
        if setting.table != table {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n[{}]\n", setting.table);
            table = &setting.table;
        }
        let _ = writeln!(text, "{} = {}", setting.key, setting.value);
    }
    text
}

/// The line of the table's header, and the one that a setting is put before.
fn place(lines: &[String], setting: &Setting) -> Option<(Option<usize>, usize)> {
    let is_header = |line: &str| line.trim_start_matches("# ").starts_with('[');
    let (header, first) = if setting.table.is_empty() {
        (None, 0)
    } else {
        let title = format!("[{}]", setting.table);
        let header = lines.iter().position(|line| line.trim_start_matches("# ").starts_with(&title))?;
        (Some(header), header + 1)
    };
    let end = lines[first..].iter().position(|line| is_header(line)).map_or(lines.len(), |n| first + n);
    let example = format!("# {} = ", setting.key);
    let found = first + lines[first..end].iter().position(|line| line.starts_with(&example))?;
    // An example may go on in the next lines.
    let behind = lines[found + 1..end].iter().position(|line| !line.starts_with("#  ")).map_or(end, |n| found + 1 + n);
    Some((header, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_below_their_examples() {
        let text = "# targets = [\"a\"]\n\n# tag = \"x\"\n\n# [channel.homebrew]  # { x }\n# tap = \"A/b\"  # more\n#      # of it\n# name = \"x\"\n";
        let settings = [
            Setting::new("channel.homebrew", "tap", "acme/tap"),
            Setting::new("channel.homebrew", "name", "y"),
            Setting::new("", "tag", "{ version }"),
            Setting::new("target.T.channel.archive", "format", "zip"),
        ];
        assert_eq!(
            with(text, &settings),
            "# targets = [\"a\"]\n\n# tag = \"x\"\ntag = \"{ version }\"\n\n[channel.homebrew]  # { x }\n# tap = \"A/b\"  # more\n\
             #      # of it\ntap = \"acme/tap\"\n# name = \"x\"\nname = \"y\"\n\n[target.T.channel.archive]\nformat = \"zip\"\n"
        );
    }

    #[test]
    fn the_examples_have_the_names_of_the_repository() {
        let names = Names { name: "hello".to_owned(), owner: Some("acme".to_owned()) };
        let (_, default) = crate::template::DEFAULTS.iter().find(|(path, _)| *path == "dist.toml").unwrap();
        let own = names.put_into("dist.toml", "xtask-dist", default);
        assert!(own.contains("`cargo xtask-dist dist --plan`") && !own.contains("cargo xtask "), "{own}");
        assert!(own.contains("# packages = [\"hello\"]") && own.contains("\"ghcr.io/acme/hello\""), "{own}");
        assert!(!own.contains("tally") && !own.contains("OWNER"), "{own}");
        assert_eq!(own.lines().count(), default.lines().count());
    }
}
