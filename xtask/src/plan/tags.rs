//! The tag of each release: what git calls it, and what its folder and URLs are named by.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{Config, Known, Problems};
use crate::names;
use crate::project::Package;
use crate::report::{Error, Problem, Result};
use crate::spanned;

/// A release's tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// What it was made of.
    pub template: String,
    /// It, as git has it.
    pub name: String,
}

/// The tag of each of `packages`, which are all that are released: as configured, else `v<version>` for those that
/// share their version (and for one that is alone), `<name>-v<version>` for the others.
///
/// # Errors
/// Tags that git refuses, and one tag for two versions.
pub fn tags(config: &Config, known: Known<'_>, packages: &[&Package]) -> Result<BTreeMap<String, Tag>> {
    let ignored = Problems::default();
    let versions: BTreeSet<_> = packages.iter().map(|package| &package.version).collect();
    let mut tags = BTreeMap::new();
    let mut problems: Vec<Problem> = Vec::new();
    for package in packages {
        let sharing = packages.iter().filter(|other| other.version == package.version).count();
        let default = if versions.len() == 1 || sharing > 1 { names::SHARED_TAG } else { names::OWN_TAG };
        let configured = config.package_selection(&package.name, known, &ignored).tag;
        let version = package.version.to_string();
        let values = BTreeMap::from([("name", package.name.as_str()), ("version", version.as_str())]);
        let template = configured.unwrap_or_else(|| default.to_owned());
        let tag = names::render(&template, &values)?;
        if is_refused(&tag) {
            problems.push(Problem {
                at: spanned::place(&config.scope(&package.name, None), &["tag"], ""),
                ..Problem::new(format!("git does not take `{tag}` as a tag"))
                    .help("set `tag` to something like \"v{ version }\"")
            });
        }
        tags.insert(package.name.clone(), Tag { template, name: tag });
    }
    problems.extend(one_tag_for_two(packages, &tags));
    if problems.is_empty() { Ok(tags) } else { Err(Error::configuration(problems)) }
}

fn one_tag_for_two(packages: &[&Package], tags: &BTreeMap<String, Tag>) -> Option<Problem> {
    packages.iter().find_map(|package| {
        let tag = &tags[&package.name].name;
        let other = packages.iter().find(|other| tags[&other.name].name == *tag && other.version != package.version)?;
        let what = format!(
            "{} {} and {} {} have the same tag `{tag}`",
            package.name, package.version, other.name, other.version
        );
        Some(Problem::new(what).help("write `{ version }` (and `{ name }`) into `tag`"))
    })
}

/// Whether git would refuse the tag (`git help check-ref-format`); asked before anything is built.
fn is_refused(tag: &str) -> bool {
    tag.is_empty()
        || tag.contains(|c: char| c.is_control() || " ~^:?*[\\".contains(c))
        || ["..", "@{", "//"].iter().any(|pair| tag.contains(pair))
        || tag.starts_with(['-', '/'])
        || tag.ends_with(['.', '/'])
        || tag.split('/').any(|part| part.starts_with('.') || part.strip_suffix(".lock").is_some())
}
