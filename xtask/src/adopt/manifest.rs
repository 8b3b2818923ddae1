//! The root Cargo.toml: one member more, and nothing that meant something means anything else.

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use super::survey::{self, Survey};
use crate::lines::with_lines_of;
use crate::report::{Error, Result};

const MEMBERS: &str = "`cargo xtask` compiles and runs the release system, which is a workspace of its own.";
const DEFAULT_MEMBERS: &str = "What `cargo build` and `cargo test` mean, as before there was the launcher.";

/// The root manifest of a repository that has the release system in `folder`; of its own files, `new` come with it.
///
/// # Errors
/// What is there is not of the form that cargo takes.
pub fn edited(survey: &Survey, folder: &str, new: &[&str]) -> Result<String> {
    let text = &survey.manifest;
    let cannot = || Error::new("cannot edit Cargo.toml");
    let mut document: DocumentMut = text
        .trim_start_matches('\u{feff}')
        .parse()
        .map_err(|error| cannot().because(error).help("mend its TOML; `cargo metadata` tells where"))?;
    let had_workspace = document.get("workspace").is_some();
    let has_package = document.get("package").is_some();
    let workspace = document.entry("workspace").or_insert_with(|| Item::Table(Table::new()));
    if let Some(table) = workspace.as_table_mut() {
        table.set_implicit(false);
        if !had_workspace {
            table.decor_mut().set_prefix(format!("\n# {MEMBERS}\n"));
        }
    }
    let workspace = workspace.as_table_like_mut().ok_or_else(|| cannot().because("`workspace` is no table"))?;
    let members = words(workspace.get("members"));
    if had_workspace && !has_package && workspace.get("default-members").is_none() {
        let same = if survey.is_all(&members) { members.clone() } else { survey.default_members.clone() };
        let list = same.iter().filter(|word| !word.is_empty()).cloned().collect::<Vec<_>>();
        set(workspace, "default-members", &list, DEFAULT_MEMBERS);
    }
    let launcher = format!("{folder}/launcher");
    add(workspace, "members", &launcher, "")?;
    add(workspace, "exclude", folder, if had_workspace { MEMBERS } else { "" })?;
    // A pattern wants a package in every folder that it matches.
    for path in new.iter().filter(|path| survey::is_matched(&members, path)) {
        add(workspace, "exclude", path, "")?;
    }
    if survey.root_package().is_some() {
        exclude_from_package(&mut document, new)?;
    }
    Ok(with_lines_of(text, &document.to_string()))
}

/// `cargo package` goes on packing what it packed.
fn exclude_from_package(document: &mut DocumentMut, new: &[&str]) -> Result<()> {
    let package = document.get("package").and_then(Item::as_table_like);
    let key = |key: &str| package.and_then(|package| package.get(key)).filter(|item| !item.is_none());
    let inherits = |item: &Item| item.as_table_like().is_some_and(|table| table.contains_key("workspace"));
    if key("include").is_some() {
        return Ok(());
    }
    let inherited = key("exclude").is_some_and(inherits);
    let table = if inherited {
        document.get_mut("workspace").and_then(|workspace| workspace.get_mut("package"))
    } else {
        document.get_mut("package")
    };
    let Some(table) = table.and_then(Item::as_table_like_mut) else { return Ok(()) };
    for path in new {
        add(table, "exclude", &format!("/{path}"), "")?;
    }
    Ok(())
}

fn words(item: Option<&Item>) -> Vec<String> {
    let array = item.and_then(Item::as_array);
    array.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Adds a word to a list that may not be there yet.
fn add(table: &mut dyn TableLike, key: &str, word: &str, comment: &str) -> Result<()> {
    match table.get_mut(key) {
        None => set(table, key, &[word.to_owned()], comment),
        Some(item) => {
            let array = item.as_array_mut().ok_or_else(|| {
                Error::new("cannot edit Cargo.toml").because(format!("`{key}` is no list")).help("mend it first")
            })?;
            push(array, word);
        }
    }
    Ok(())
}

fn set(table: &mut dyn TableLike, key: &str, list: &[String], comment: &str) {
    let mut array: Array = list.iter().map(String::as_str).collect();
    if list.iter().map(|word| word.len() + 4).sum::<usize>() > 90 {
        for value in array.iter_mut() {
            value.decor_mut().set_prefix("\n    ");
        }
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
    table.insert(key, Item::Value(Value::Array(array)));
    if let (Some(mut key), false) = (table.key_mut(key), comment.is_empty()) {
        key.leaf_decor_mut().set_prefix(format!("# {comment}\n"));
    }
}

/// Adds a word as the others are written: on a line of its own, or in the same one. Comments stay where they are.
fn push(array: &mut Array, word: &str) {
    if array.iter().any(|value| value.as_str() == Some(word)) {
        return;
    }
    let text = |raw: Option<&toml_edit::RawString>| raw.and_then(|raw| raw.as_str()).unwrap_or_default().to_owned();
    let trailing = text(Some(array.trailing()));
    let first = array.iter().next().map(|value| text(value.decor().prefix()));
    let Some(indent) = first.as_ref().and_then(|prefix| prefix.rfind('\n').map(|n| prefix[n + 1..].to_owned())) else {
        // All in one line.
        array.push(word);
        return;
    };
    // What stands behind the last word, a comment perhaps, goes on standing there.
    let had_comma = array.trailing_comma();
    let behind = match array.iter_mut().last() {
        Some(last) if !had_comma => {
            let suffix = text(last.decor().suffix());
            last.decor_mut().set_suffix("");
            format!("{suffix}{trailing}")
        }
        _ => trailing,
    };
    let mut value = Value::from(word);
    value.decor_mut().set_prefix(format!("{}\n{indent}", behind.trim_end()));
    array.push_formatted(value);
    array.set_trailing("\n");
    array.set_trailing_comma(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(list: &str) -> String {
        let mut document: DocumentMut = format!("l = {list}\n").parse().unwrap();
        push(document["l"].as_array_mut().unwrap(), "new");
        document.to_string().trim_end().trim_start_matches("l = ").to_owned()
    }

    #[test]
    fn a_word_is_added_as_the_others_are_written() {
        for (list, expected) in [
            ("[]", "[\"new\"]"),
            ("[\"a\", \"b\"]", "[\"a\", \"b\", \"new\"]"),
            ("[\n    \"a\",\n    \"b\",\n]", "[\n    \"a\",\n    \"b\",\n    \"new\",\n]"),
            ("[\n  \"a\",\n  \"b\"\n]", "[\n  \"a\",\n  \"b\",\n  \"new\",\n]"),
            ("[\n  \"a\", # one\n  \"b\", # two\n]", "[\n  \"a\", # one\n  \"b\", # two\n  \"new\",\n]"),
            ("[\n  \"a\", # one\n  \"b\" # two\n]", "[\n  \"a\", # one\n  \"b\", # two\n  \"new\",\n]"),
            ("[\n\t\"a\",\n\t# \"b\",\n]", "[\n\t\"a\",\n\t# \"b\",\n\t\"new\",\n]"),
            ("[\"new\"]", "[\"new\"]"),
        ] {
            assert_eq!(pushed(list), expected);
        }
    }
}
