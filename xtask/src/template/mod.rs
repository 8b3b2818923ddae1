//! Templates: `packaging/<channel>/*.hbs` of the repository, or the ones compiled in where a file is missing.
//!
//! Each language has a registry of its own, whose escape function quotes for it: `{{x}}` is a whole literal and always
//! safe. `{{{x}}}` is not, and is warned of. A variable that does not exist is an error.

mod helpers;
mod markdown;
mod quote;
mod ruby;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use handlebars::{Handlebars, RenderError, RenderErrorReason, TemplateError};
use serde::Serialize;

use crate::hash::sha256;
use crate::project::walk;
use crate::report::{Context, Error, Location, Problem, Result, nearest};
pub use defaults::DEFAULTS;
pub use quote::Language;

/// The folder of templates in a repository.
pub const FOLDER: &str = "packaging";

mod defaults {
    include!(concat!(env!("OUT_DIR"), "/defaults.rs"));
}

/// A template that a channel uses: its path below `packaging/`, and the language that it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateFile {
    /// Path, with `/`.
    pub path: &'static str,
    /// What it writes.
    pub language: Language,
}

/// The templates of a repository, parsed.
#[derive(Debug)]
pub struct Templates {
    registries: BTreeMap<Language, Handlebars<'static>>,
    files: BTreeMap<&'static str, Loaded>,
}

#[derive(Debug)]
struct Loaded {
    language: Language,
    shown: PathBuf,
    text: String,
}

impl Templates {
    /// Loads `wanted` from `packaging/` below `root`, or from what is compiled in.
    ///
    /// # Errors
    /// Files that cannot be read, and every syntax error with its place.
    pub fn load(root: &Path, wanted: &[TemplateFile]) -> Result<Self> {
        let mut templates = Self { registries: BTreeMap::new(), files: BTreeMap::new() };
        let mut problems = Vec::new();
        for file in wanted {
            let loaded = read(root, *file)?;
            let registry = templates.registries.entry(file.language).or_insert_with(|| registry(file.language));
            if let Err(error) = registry.register_template_string(file.path, &loaded.text) {
                problems.push(syntax_problem(&loaded, &error));
            }
            templates.files.insert(file.path, loaded);
        }
        if problems.is_empty() { Ok(templates) } else { Err(Error::configuration(problems)) }
    }

    /// The sha256 of every template, by path.
    pub fn digests(&self) -> BTreeMap<String, String> {
        self.files.iter().map(|(path, loaded)| ((*path).to_owned(), sha256(loaded.text.as_bytes()))).collect()
    }

    /// Places where a template writes a value as it is, unquoted.
    pub fn unquoted(&self) -> Vec<Location> {
        let mut found = Vec::new();
        for loaded in self.files.values() {
            for marker in ["{{{", "{{&"] {
                let places = loaded.text.match_indices(marker);
                found.extend(places.map(|(at, _)| Location::of_offset(&loaded.shown, &loaded.text, at)));
            }
        }
        found
    }

    /// What is said of templates below `packaging/` that are neither these nor `others`: probably a misspelt name.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn strangers(&self, root: &Path, others: &[TemplateFile]) -> Result<Vec<String>> {
        let folder = root.join(FOLDER);
        let mut said = Vec::new();
        for file in walk(&folder, 4)? {
            let parts = file.strip_prefix(&folder).unwrap_or(&file).iter().map(|part| part.to_string_lossy());
            let name = parts.collect::<Vec<_>>().join("/");
            let known = || self.files.keys().copied().chain(others.iter().map(|other| other.path));
            if name.strip_suffix(".hbs").is_some() && !known().any(|path| path == name) {
                let near = nearest(&name, known());
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                said.push(format!("{FOLDER}/{name}: nothing fills it{near}"));
            }
        }
        Ok(said)
    }

    /// Fills the template at `path` with `view`.
    ///
    /// # Errors
    /// A variable that the view does not have, with file and line.
    pub fn render(&self, path: &str, view: &impl Serialize) -> Result<String> {
        let loaded = self.files.get(path).ok_or_else(|| Error::new(format!("there is no template {path}")))?;
        let view = serde_json::to_value(view).context(|| format!("cannot fill {path}"))?;
        self.registries[&loaded.language].render(path, &view).map_err(|error| render_error(loaded, &error, &view))
    }
}

fn read(root: &Path, file: TemplateFile) -> Result<Loaded> {
    let path = root.join(FOLDER).join(file.path);
    let loaded = |folder: &str, text: &str| Loaded {
        language: file.language,
        shown: Path::new(folder).join(file.path),
        // git checks text out with other line ends on Windows: one commit has to have one digest and one result.
        text: text.replace("\r\n", "\n"),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(loaded(FOLDER, &text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let built_in = defaults::DEFAULTS.iter().find(|(name, _)| *name == file.path);
            let (_, text) = built_in.ok_or_else(|| Error::new(format!("there is no template {}", path.display())))?;
            Ok(loaded("built-in", text))
        }
        Err(error) => Err(error).context(|| format!("cannot read {}", path.display())),
    }
}

fn registry(language: Language) -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(move |text| language.quote(text));
    helpers::register(&mut registry);
    match language {
        Language::Ruby => ruby::register(&mut registry),
        Language::Markdown => markdown::register(&mut registry),
        _ => {}
    }
    registry
}

fn syntax_problem(loaded: &Loaded, error: &TemplateError) -> Problem {
    let (line, column) = error.pos().unwrap_or((1, 1));
    Problem::new(format!("this is no template: {}", error.reason()))
        .at(Location { file: loaded.shown.clone(), line, column })
        .help("templates are Handlebars: https://handlebarsjs.com/guide/expressions.html")
}

fn render_error(loaded: &Loaded, error: &RenderError, view: &serde_json::Value) -> Error {
    let at =
        Location { file: loaded.shown.clone(), line: error.line_no.unwrap_or(1), column: error.column_no.unwrap_or(1) };
    let problem = match error.reason() {
        RenderErrorReason::MissingVariable(Some(name)) => {
            let last = name.rsplit(['.', '/']).next().unwrap_or(name);
            let near = nearest(last, keys(view)).filter(|near| *near != last);
            let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            Problem::new(format!("there is no variable `{name}` here"))
                .help(format!("{near}what a template may use is listed at the top of its built-in version"))
        }
        reason => Problem::new(format!("the template cannot be filled: {reason}"))
            .help("what a template may use is listed at the top of its built-in version"),
    };
    Error::configuration(vec![problem.at(at)])
}

/// Every name in a view, at any depth.
fn keys(view: &serde_json::Value) -> Vec<&str> {
    match view {
        serde_json::Value::Object(map) => {
            map.iter().flat_map(|(key, below)| std::iter::once(key.as_str()).chain(keys(below))).collect()
        }
        serde_json::Value::Array(items) => items.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMULA: TemplateFile = TemplateFile { path: "homebrew/formula.rb.hbs", language: Language::Ruby };

    fn root_with(text: &str) -> PathBuf {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("xtask-dist-template-{}-{n}", std::process::id()));
        std::fs::create_dir_all(root.join("packaging/homebrew")).unwrap();
        std::fs::write(root.join("packaging/homebrew/formula.rb.hbs"), text).unwrap();
        root
    }

    fn error(text: &str) -> String {
        let root = root_with(text);
        let result = Templates::load(&root, &[FORMULA])
            .and_then(|templates| templates.render(FORMULA.path, &serde_json::json!({ "name": "x" })));
        std::fs::remove_dir_all(root).unwrap();
        result.unwrap_err().to_string()
    }

    #[test]
    fn syntax_errors_and_unknown_variables_have_file_and_line() {
        let syntax = error("a\n{{#if}\n");
        assert!(syntax.contains("packaging/homebrew/formula.rb.hbs:2:"), "{syntax}");
        let unknown = error("a\nb {{nme}}\n");
        assert!(unknown.contains("packaging/homebrew/formula.rb.hbs:2:") && unknown.contains("nme"), "{unknown}");
    }

    #[test]
    fn a_missing_file_falls_back_to_the_one_compiled_in() {
        let templates = Templates::load(Path::new("/nonexistent"), &[FORMULA]).unwrap();
        assert_eq!(templates.digests().len(), 1);
        assert_eq!(templates.unquoted(), []);
    }

    #[test]
    fn unquoted_values_are_found() {
        let root = root_with("x\n y {{{name}}}\n");
        let places = Templates::load(&root, &[FORMULA]).unwrap().unquoted();
        std::fs::remove_dir_all(root).unwrap();
        assert_eq!(places[0].to_string(), "packaging/homebrew/formula.rb.hbs:2:4");
    }
}
