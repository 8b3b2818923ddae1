//! The templates of the metadata: crate leon's syntax, and the variables that each key knows.

use std::borrow::Cow;

use leon::{Template, Values};

use super::metadata::Remark;
use super::refusal::Refusal;
use crate::targets::BinstallTarget;

/// The variables that say in `pkg-url` which file of several is meant.
const SUFFIX_KEYS: [&str; 3] = ["archive-suffix", "archive-format", "format"];
const COMMON_KEYS: [&str; 4] = ["name", "repo", "target", "version"];

/// What is known of the file that a URL is for.
#[derive(Debug, Clone, Copy)]
pub struct UrlValues<'v> {
    /// `{ name }`: the package's name, in the second round the program's.
    pub name: &'v str,
    /// `{ repo }`: the repository's URL, without sub-crate, `.git` and slash.
    pub repo: Option<&'v str>,
    /// `{ version }`.
    pub version: &'v str,
    /// `{ target }`, and what comes from it.
    pub target: &'v BinstallTarget,
    /// `{ archive-suffix }`; none where the template names no suffix.
    pub suffix: Option<&'v str>,
    /// `{ subcrate }`: the folder of the package in its repository.
    pub subcrate: Option<&'v str>,
    /// `{ url }`, for the signature's.
    pub url: Option<&'v str>,
}

impl Values for UrlValues<'_> {
    fn get_value(&self, key: &str) -> Option<Cow<'_, str>> {
        let value = match key {
            "name" => self.name,
            "repo" => self.repo?,
            "version" => self.version,
            "target" => self.target.triple(),
            "archive-suffix" => self.suffix?,
            // No suffix means the program itself.
            "archive-format" | "format" => self.suffix?.strip_prefix('.').unwrap_or("bin"),
            "binary-ext" => self.target.binary_ext(),
            "subcrate" => self.subcrate?,
            "url" => self.url?,
            key => return self.target.value(key),
        };
        Some(value.into())
    }
}

/// What is known of a program in an archive.
#[derive(Debug, Clone, Copy)]
pub struct BinValues<'v> {
    /// `{ bin }`: the program's name.
    pub bin: &'v str,
    /// `{ name }`: the package's name, in every round.
    pub name: &'v str,
    /// `{ repo }`: `repository` as it is written.
    pub repo: Option<&'v str>,
    /// `{ version }`.
    pub version: &'v str,
    /// `{ target }`, and what comes from it.
    pub target: &'v BinstallTarget,
}

impl Values for BinValues<'_> {
    fn get_value(&self, key: &str) -> Option<Cow<'_, str>> {
        let value = match key {
            "bin" => self.bin,
            "name" => self.name,
            "repo" => self.repo?,
            "version" => self.version,
            "target" => self.target.triple(),
            // Not the archive's format here.
            "binary-ext" | "format" => self.target.binary_ext(),
            key => return self.target.value(key),
        };
        Some(value.into())
    }
}

/// Reads the template of a key.
///
/// # Errors
/// It is none.
pub fn parse<'t>(key: &'static str, text: &'t str) -> Result<Template<'t>, Refusal> {
    Template::parse(text).map_err(|error| Refusal::Template(key, error.to_string()))
}

/// Fills the template of a key.
///
/// # Errors
/// A variable has no value.
pub fn render(key: &'static str, template: &Template<'_>, values: &dyn Values) -> Result<String, Refusal> {
    template.render(values).map_err(|error| Refusal::Render(key, error.to_string()))
}

/// Whether the template leaves the suffix to the client, which then tries all of the format's.
pub fn names_suffix(template: &Template<'_>) -> bool {
    template.has_any_of_keys(&SUFFIX_KEYS)
}

/// The variables that a key knows, in words.
pub fn known(key: &str) -> String {
    let own: &[&str] = match key {
        "bin-dir" => &["bin", "binary-ext"],
        "signing.file" => &["url", "archive-suffix", "binary-ext", "subcrate"],
        _ => &["archive-suffix", "binary-ext", "subcrate"],
    };
    let all: Vec<&str> = COMMON_KEYS.iter().chain(own).chain(BinstallTarget::KEYS).copied().collect();
    format!("`{}`", all.join("`, `"))
}

/// The variables that the client still takes and whose use it advises against.
pub fn deprecated(key: &'static str, template: &Template<'_>) -> Vec<Remark> {
    let (old, new): (&[&str], _) = match key {
        "bin-dir" => (&["format"], "binary-ext"),
        _ => (&["format", "archive-format"], "archive-suffix"),
    };
    let used = old.iter().filter(|old| template.has_key(old));
    let remark = |old: &&str| {
        let remedy = match new {
            "binary-ext" => "write `{ binary-ext }`, which is the same here".to_owned(),
            _ => format!("write `{{ archive-suffix }}` in place of `.{{ {old} }}`: it has the dot"),
        };
        Remark::on(&[key], format!("`{{ {old} }}` in `{key}` is deprecated"), remedy)
    };
    used.map(remark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_variables() {
        let target = BinstallTarget::parse("x86_64-pc-windows-msvc").unwrap();
        let values = UrlValues {
            name: "n",
            repo: Some("r"),
            version: "1.0.0",
            target: &target,
            suffix: Some(""),
            subcrate: None,
            url: None,
        };
        let fill =
            |text| render("pkg-url", &parse("pkg-url", text).unwrap(), &values).map_err(|error| error.to_string());
        assert_eq!(fill(r"\{{name}\}\\{ archive-format }").unwrap(), r"{n}\bin");
        assert_eq!(fill("{ bin }").unwrap_err(), "Failed to render template: missing key `bin`");
        assert!(parse("bin-dir", "{ bin").unwrap_err().to_string().contains("Failed to parse template"));
        let bin = BinValues { bin: "b", name: "n", repo: None, version: "1.0.0", target: &target };
        assert_eq!(render("bin-dir", &parse("bin-dir", "{bin}{format}").unwrap(), &bin).unwrap(), "b.exe");
        assert!(render("bin-dir", &parse("bin-dir", "{archive-suffix}").unwrap(), &bin).is_err());
    }

    #[test]
    fn old_variables_are_told_with_the_new() {
        let remarks = |key, text| deprecated(key, &parse(key, text).unwrap());
        assert!(remarks("pkg-url", "{name}.{ archive-format }")[0].remedy.contains("{ archive-suffix }"));
        assert!(remarks("bin-dir", "{bin}{ format }")[0].remedy.contains("{ binary-ext }"));
        assert_eq!(remarks("bin-dir", "{ bin }"), []);
    }
}
