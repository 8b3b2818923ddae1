//! What a repository said of its releases before, to cargo-dist or to cargo-binstall: read, and said here.

use serde_json::Value;
use toml_edit::{Array, DocumentMut, Item};

use super::settings::Setting;
use super::survey::Survey;
use crate::names::{self, ARCHIVE, ARCHIVE_KEYS, SHARED_TAG, TAG_KEYS};
use crate::targets::{ArchiveFormat, Target};

/// The settings that are taken over, and what people should know of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Takeover {
    /// To be set in `packaging/dist.toml`.
    pub settings: Vec<Setting>,
    /// For people.
    pub notes: Vec<String>,
}

const ARCHIVE_TABLE: &str = "channel.archive";

impl Takeover {
    /// What `survey` has; `read` gives the text of a file of the repository.
    pub fn of(survey: &Survey, read: impl Fn(&str) -> Option<String>) -> Self {
        let mut found = Self::default();
        if survey.released().next().is_none() {
            found.unpublished(survey);
        }
        match cargo_dist(survey, &read) {
            Some((file, table)) => found.cargo_dist(file, &table),
            None => found.binstall(survey),
        }
        found
    }

    fn set(&mut self, table: &str, key: &'static str, value: impl Into<toml_edit::Value>) {
        self.settings.push(Setting::new(table, key, value));
    }

    /// Programs that nobody may publish to a registry are released all the same, if there are no others.
    fn unpublished(&mut self, survey: &Survey) {
        let programs = survey.members.iter().filter(|member| !member.programs.is_empty());
        let names: Array = programs.map(|member| member.name.as_str()).collect();
        if names.is_empty() {
            let note =
                "no package has a program: there are crates to publish, and no release to make until there is one";
            self.notes.push(note.to_owned());
        } else {
            let listed: Vec<&str> = names.iter().filter_map(toml_edit::Value::as_str).collect();
            self.notes.push(format!("all programs have `publish = false`: `packages` names {}", listed.join(", ")));
            self.set("", "packages", names);
        }
    }

    fn cargo_dist(&mut self, file: &str, table: &Item) {
        let text = |key: &str| table.get(key).and_then(Item::as_str);
        let list = |key: &str| -> Vec<&str> {
            let array = table.get(key).and_then(Item::as_array);
            array.into_iter().flatten().filter_map(toml_edit::Value::as_str).collect()
        };
        let targets = list("targets");
        let (known, unknown): (Vec<&str>, Vec<&str>) =
            targets.iter().copied().partition(|target| Target::parse_word(target).is_ok());
        if !known.is_empty() {
            self.set("", "targets", known.iter().copied().collect::<Array>());
        }
        let features = list("features");
        if !features.is_empty() {
            self.set("", "features", features.into_iter().collect::<Array>());
        }
        if table.get("all-features").and_then(Item::as_bool) == Some(true) {
            self.set("", "all-features", true);
        }
        if table.get("default-features").and_then(Item::as_bool) == Some(false) {
            self.set("", "no-default-features", true);
        }
        let include = list("include");
        if !include.is_empty() {
            self.set("", "include", include.into_iter().map(|path| path.trim_start_matches("./")).collect::<Array>());
        }
        // As cargo-dist has it: hello-x86_64-unknown-linux-gnu.tar.xz, and the same folder in it.
        self.set(ARCHIVE_TABLE, "name", "{ name }-{ target }");
        self.set(ARCHIVE_TABLE, "folder", "{ name }-{ target }");
        let format = |key: &str, default: &str| text(key).unwrap_or(default).trim_start_matches('.').to_owned();
        self.set(ARCHIVE_TABLE, "format", format("unix-archive", "tar.xz"));
        let windows = format("windows-archive", "zip");
        for target in known.iter().filter(|target| target.contains("-windows-")) {
            self.set(&format!("target.{target}.channel.archive"), "format", windows.as_str());
        }
        for (key, setting) in [("tap", "tap"), ("formula", "name")] {
            if let Some(value) = text(key) {
                self.set("channel.homebrew", setting, value);
            }
        }
        self.notes.push(format!(
            "{file}: targets, archive names and formats, features and the tap of cargo-dist are now in \
             packaging/dist.toml; its file and its workflows were left as they are"
        ));
        let not_here: Vec<&str> = list("installers").into_iter().filter(|name| *name != "homebrew").collect();
        if !not_here.is_empty() {
            self.notes.push(format!("{file}: these installers are not made here: {}", not_here.join(", ")));
        }
        if !unknown.is_empty() {
            self.notes.push(format!("{file}: these targets are not known here: {}", unknown.join(", ")));
        }
        if known.iter().any(|target| target.ends_with("-msvc")) {
            let note = "the targets with msvc need Windows, or Microsoft's SDK (cargo-xwin downloads it): \
                        `cargo xtask dist doctor` tells; `cargo xtask dist --target host` needs nothing";
            self.notes.push(note.to_owned());
        }
    }

    /// Names that users and mirrors know go on being what they are.
    fn binstall(&mut self, survey: &Survey) {
        let released: Vec<_> = survey.released().collect();
        let [only] = released[..] else { return };
        let table = &only.metadata["binstall"];
        let Some(url) = table["pkg-url"].as_str() else { return };
        let url = &with_program(&spaced(url), &only.programs);
        let before = self.settings.len();
        match names_in(url) {
            Some((tag, name)) => {
                if tag != SHARED_TAG {
                    self.set("", "tag", tag.as_str());
                }
                if name != ARCHIVE {
                    self.set(ARCHIVE_TABLE, "name", name.as_str());
                }
                let folder = table["bin-dir"].as_str().and_then(|folder| folder_in(folder, &only.programs));
                if let Some(folder) = folder.filter(|folder| *folder != name) {
                    self.set(ARCHIVE_TABLE, "folder", folder);
                }
                if let Some(format) = format_in(table) {
                    self.set(ARCHIVE_TABLE, "format", format);
                }
                let (count, what) = (self.settings.len() - before, "[package.metadata.binstall]");
                let taken = if count == 0 { "fits as it is" } else { "says how archives are called: taken over" };
                self.notes.push(format!("{what} of {} {taken}; it was left as it is", only.name));
            }
            None => self.notes.push(format!(
                "[package.metadata.binstall] of {} names archives in a way that cannot be taken over: \
                 `cargo xtask dist --plan` tells whether it leads to them, `cargo xtask dist binstall sync` mends it",
                only.name
            )),
        }
    }
}

/// The configuration of cargo-dist, and the file that it is in.
fn cargo_dist(survey: &Survey, read: &impl Fn(&str) -> Option<String>) -> Option<(&'static str, Item)> {
    let parse = |text: &str| -> Option<DocumentMut> { text.parse().ok() };
    for file in ["dist-workspace.toml", "dist.toml"] {
        if let Some(document) = read(file).as_deref().and_then(parse) {
            let item = document.get("dist").cloned();
            return item.map(|item| (file, item));
        }
    }
    let manifest = parse(&survey.manifest)?;
    let inner = ["workspace", "package"].iter().find_map(|table| manifest.get(table)?.get("metadata")?.get("dist"));
    inner.map(|item| ("Cargo.toml", item.clone()))
}

/// The templates of the tag and of the archive's name that a `pkg-url` consists of, if they can be ours.
fn names_in(url: &str) -> Option<(String, String)> {
    let rest = url.split_once("/releases/download/")?.1;
    let (tag, asset) = rest.split_once('/')?;
    let endings = [".{ archive-format }", "{ archive-suffix }", ".tar.gz", ".tar.xz", ".tar.zst", ".zip"];
    let asset = spaced(asset);
    let name = endings.iter().find_map(|ending| asset.strip_suffix(ending))?;
    let tag = spaced(tag);
    let fine = names::check(&tag, TAG_KEYS).and_then(|()| names::check(name, ARCHIVE_KEYS));
    fine.is_ok().then(|| (tag, name.to_owned()))
}

/// `{x}` and `{ x }` are the same to the client.
fn spaced(template: &str) -> String {
    let spaced = template.split('{').enumerate().map(|(n, part)| match part.split_once('}') {
        Some((key, text)) if n > 0 => format!("{{ {} }}{text}", key.trim()),
        _ => part.to_owned(),
    });
    spaced.collect()
}

/// The folder of `FOLDER/{ bin }{ binary-ext }`.
fn folder_in(bin_dir: &str, programs: &[String]) -> Option<String> {
    let bin_dir = spaced(bin_dir);
    let folder = &with_program(bin_dir.strip_suffix("{ bin }{ binary-ext }")?, programs);
    let folder = folder.trim_end_matches('/').trim_start_matches("./");
    names::check(folder, ARCHIVE_KEYS).ok().map(|()| folder.to_owned())
}

fn format_in(table: &Value) -> Option<&'static str> {
    let word = table["pkg-fmt"].as_str()?;
    let (_, format) = ArchiveFormat::WORDS.into_iter().find(|(known, _)| *known == word)?;
    let (name, _) = ArchiveFormat::WORDS.into_iter().find(|(_, known)| *known == format)?;
    Some(name).filter(|name| *name != "tar.gz")
}

/// A package with one program says `{ bin }` for its name.
fn with_program(template: &str, programs: &[String]) -> String {
    match programs {
        [only] => template.replace("{ bin }", only),
        _ => template.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_url_are_templates_here_too() {
        let names = |url: &str| names_in(url).map(|(tag, name)| format!("{tag} {name}"));
        let github = "{ repo }/releases/download";
        assert_eq!(
            names(&format!("{github}/{{ version }}/{{ name }}-{{version}}-{{ target }}.{{ archive-format }}")),
            Some("{ version } { name }-{ version }-{ target }".to_owned())
        );
        assert_eq!(
            names(&format!("{github}/v{{ version }}/{{ name }}-{{ target }}{{ archive-suffix }}")),
            Some("v{ version } { name }-{ target }".to_owned())
        );
        assert_eq!(names(&format!("{github}/v{{ version }}/{{ bin }}-{{ target }}.tgz")), None, "no variable of ours");
        assert_eq!(names("https://example.org/{ name }.tgz"), None);
        assert_eq!(folder_in("{ name }-{ target }/{ bin }{ binary-ext }", &[]).as_deref(), Some("{ name }-{ target }"));
        assert_eq!(folder_in("{bin}{binary-ext}", &[]).as_deref(), Some(""));
        assert_eq!(folder_in("bin/x", &[]), None);
    }
}
