//! The programs of a package: those that its manifest names, and those that are found by the names of source files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::Remark;
use super::document::{Document, at, remark};
use crate::project::Binary;

/// A `[[bin]]` before all of it is known.
#[derive(Debug, Clone, Default)]
struct Program {
    name: Option<String>,
    path: Option<String>,
    required_features: Vec<String>,
}

/// The programs that the client finds. Other than cargo, it drops those without a `path` of which it finds no file.
///
/// Where there is no folder `src` at all, the source code is taken to be elsewhere, and not to be missing.
pub fn of(document: &Document, refused: &mut Vec<Remark>, remarks: &mut Vec<Remark>) -> Vec<Binary> {
    let name = document.name().unwrap_or_default();
    let named = named(document, refused);
    let autobins = at(&document.value, &["package", "autobins"]) != Some(&Value::Bool(false));
    let dir = document.dir();
    let mut programs = if autobins { discovered(&dir, name, &named, remarks) } else { named.clone() };
    if programs.is_empty() && !dir.join("src").exists() {
        programs = named.into_iter().filter(|program| program.name.is_some()).collect();
        if programs.is_empty() && document.value.get("lib").is_none() {
            programs.push(Program { name: Some(name.to_owned()), ..Program::default() });
        }
        if !programs.is_empty() {
            remarks.clear();
            let what = "no source code is beside Cargo.toml: its programs are taken to be there when it is published";
            remarks.push(remark(&["package"], what, "give each [[bin]] its `path`, as published packages have it"));
        }
    }
    programs.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    let binary = |program: Program| Some(Binary { name: program.name?, required_features: program.required_features });
    programs.into_iter().filter_map(binary).collect()
}

fn named(document: &Document, refused: &mut Vec<Remark>) -> Vec<Program> {
    let tables = match document.value.get("bin") {
        None => return Vec::new(),
        Some(Value::Array(tables)) => tables.as_slice(),
        Some(_) => {
            refused.push(remark(&["bin"], "`bin` is no list of tables", "write [[bin]]"));
            return Vec::new();
        }
    };
    let text = |table: &Value, key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let features = |table: &Value| {
        let listed = table.get("required-features").and_then(Value::as_array);
        listed.into_iter().flatten().filter_map(|feature| Some(feature.as_str()?.to_owned())).collect()
    };
    let program = |table: &Value| Program {
        name: text(table, "name"),
        path: text(table, "path"),
        required_features: features(table),
    };
    tables.iter().map(program).collect()
}

fn discovered(dir: &Path, package: &str, named: &[Program], remarks: &mut Vec<Remark>) -> Vec<Program> {
    let taken: BTreeSet<&str> = named.iter().filter_map(|program| program.path.as_deref()).collect();
    let without_path = named.iter().filter(|program| program.path.is_none());
    let mut waiting: BTreeMap<String, Program> =
        without_path.filter_map(|program| Some((program.name.clone()?, program.clone()))).collect();
    let mut programs: Vec<Program> = named.iter().filter(|program| program.path.is_some()).cloned().collect();
    let mut files = files_of_programs(dir);
    if names_in(&dir.join("src")).contains("main.rs") {
        files.push((package.to_owned(), "src/main.rs".to_owned()));
    }
    for (name, path) in files {
        if !taken.contains(path.as_str()) {
            let found = waiting.remove(&name).unwrap_or_default();
            programs.push(Program { name: Some(name), path: Some(path), ..found });
        }
    }
    for name in waiting.into_keys() {
        let what = format!("the program {name} is not seen: it has no `path`, and there is no src/bin/{name}.rs");
        remarks.push(remark(&["bin"], what, "write its `path` into [[bin]]"));
    }
    programs
}

/// `src/bin/NAME.rs` and `src/bin/NAME/main.rs`.
fn files_of_programs(dir: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in names_in(&dir.join("src/bin")) {
        if entry.ends_with(".rs") {
            files.push((entry.trim_end_matches(".rs").to_owned(), format!("src/bin/{entry}")));
        } else if names_in(&dir.join("src/bin").join(&entry)).contains("main.rs") {
            let path = format!("src/bin/{entry}/main.rs");
            files.push((entry, path));
        }
    }
    files
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
