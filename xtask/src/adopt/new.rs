//! A new project: a program that works, ready for its first release.

use std::path::Path;

use super::changes::Changes;
use crate::names::is_crate_name;
use crate::report::{Error, Result};

/// A name that stands for `{{project-name}}` while cargo has to read the tree.
const STAND_IN: &str = "stand-in-of-the-project-name";

/// The files of a new project, by path.
const FILES: [(&str, &str); 7] = [
    ("Cargo.toml", include_str!("new/Cargo.toml.in")),
    ("src/main.rs", include_str!("new/main.rs.in")),
    ("tests/cli.rs", include_str!("new/cli.rs.in")),
    ("README.md", include_str!("new/README.md.in")),
    ("CHANGELOG.md", include_str!("new/CHANGELOG.md.in")),
    ("LICENSE", include_str!("new/LICENSE.in")),
    (".gitignore", "/target\n"),
];

/// Which tools read the tree as a template.
const CARGO_GENERATE: &str = "\
# For cargo-generate: `cargo generate --path FOLDER`, or `--git URL` once it is pushed somewhere.
[template]
cargo_generate_version = \">=0.18\"
# Their braces are their own. As in a .gitignore, the last that fits counts: adopted.toml has the project's name.
exclude = [\"/xtask/*\", \"!/xtask/adopted.toml\", \"/packaging/**/*.hbs\"]
";

/// A project that is to be made.
#[derive(Debug)]
pub struct Project {
    /// Its package's name; in a template, what stands for it while the tree is made.
    pub name: String,
    /// Its files but for those of the release system.
    pub changes: Changes,
    template: bool,
}

/// A new project, or a template for `cargo generate`.
///
/// # Errors
/// A name that no package can have.
pub fn project(folder: &Path, template: bool) -> Result<Project> {
    let given = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let fits = |name: &str| {
        is_crate_name(name) && name.starts_with(|c: char| c.is_ascii_alphabetic()) && !["test", "xtask"].contains(&name)
    };
    let name = if template { STAND_IN.to_owned() } else { given };
    if !fits(&name) {
        return Err(Error::usage(format!("`{name}` cannot be the name of a package"))
            .help("take letters, digits, `-` and `_`, a letter first"));
    }
    let mut changes = Changes::default();
    for (path, text) in FILES {
        changes.add(path, text.replace("PROJECT_NAME", &name));
    }
    if template {
        changes.add("cargo-generate.toml", CARGO_GENERATE);
    }
    Ok(Project { name, changes, template })
}

impl Project {
    /// What a text of the finished tree is to be, where it is to be another: in a template, the placeholder stands in the
    /// place of the name.
    pub fn finished(&self, text: &str) -> Option<String> {
        (self.template && text.contains(&self.name)).then(|| text.replace(&self.name, "{{project-name}}"))
    }
}
