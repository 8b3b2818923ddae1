//! The house rules that no compiler checks. DESIGN.md says why; each failure says what mends it.

use std::fs;
use std::path::{Path, PathBuf};

use lab::workspace_root;
use toml::de::{DeTable, DeValue};

/// A source file, by its path in the repository.
struct File {
    path: String,
    text: String,
}

impl File {
    /// The text before the unit tests, which stand last.
    fn product(&self) -> &str {
        self.text.split("\n#[cfg(test)]").next().unwrap_or_default()
    }
}

/// All files below `folder` whose name ends so, by path.
fn files(folder: &str, ending: &str) -> Vec<File> {
    let mut found = Vec::new();
    let mut queue = vec![workspace_root().join(folder)];
    while let Some(path) = queue.pop() {
        if path.is_dir() {
            queue.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.to_string_lossy().ends_with(ending) {
            let shown = path.strip_prefix(workspace_root()).unwrap();
            let shown = shown.iter().map(|part| part.to_str().unwrap()).collect::<Vec<_>>().join("/");
            found.push(File { path: shown, text: fs::read_to_string(&path).unwrap() });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "there is no {ending} in {folder}");
    found
}

/// All sources but this one, which has in it what it looks for.
fn all_sources() -> Vec<File> {
    let all = [files("xtask", ".rs"), files("crates", ".rs")].into_iter().flatten();
    all.filter(|file| !file.path.ends_with("/tidy.rs")).collect()
}

/// The engine without its tests: modules that are only compiled for them are left out.
fn engine() -> Vec<File> {
    let files = files("xtask/src", ".rs");
    let tests: Vec<String> = files.iter().flat_map(test_modules).collect();
    files.into_iter().filter(|file| !tests.contains(&file.path)).collect()
}

/// The files of `#[cfg(test)] mod name;`.
fn test_modules(file: &File) -> Vec<String> {
    let path = Path::new(&file.path);
    let root = ["mod.rs", "lib.rs", "main.rs"].iter().any(|name| path.ends_with(name));
    let folder: PathBuf = if root { path.parent().unwrap().into() } else { path.with_extension("") };
    let declared = file.text.split("\n#[cfg(test)]\n").skip(1).filter_map(|after| {
        let name = after.lines().next()?.strip_suffix(';')?.split_once("mod ")?.1;
        Some(format!("{}/{name}.rs", folder.to_str()?))
    });
    declared.collect()
}

#[track_caller]
fn none(found: impl IntoIterator<Item = String>, rule: &str) {
    let found: Vec<String> = found.into_iter().collect();
    assert!(found.is_empty(), "{rule}:\n  {}\n", found.join("\n  "));
}

/// `path:line: what` of every line in which `look` finds something.
fn lines<'f>(
    files: &'f [File],
    text: impl Fn(&'f File) -> &'f str,
    look: impl Fn(&'f File, &'f str) -> Option<&'f str>,
) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (n, line) in text(file).lines().enumerate() {
            found.extend(look(file, line).map(|what| format!("{}:{}: {what}", file.path, n + 1)));
        }
    }
    found
}

fn first<'l>(line: &str, words: &[&'l str]) -> Option<&'l str> {
    words.iter().copied().find(|word| line.contains(word))
}

#[test]
fn templates_in_packaging_are_the_ones_compiled_in() {
    let differing = files("xtask/defaults", "").into_iter().filter_map(|default| {
        let mine = default.path.replacen("xtask/defaults", "packaging", 1);
        let same = fs::read_to_string(workspace_root().join(&mine)).is_ok_and(|text| text == default.text);
        (!same).then(|| format!("{mine} is not {path}; mend: cp {mine} {path}", path = default.path))
    });
    none(differing, "what is edited in packaging/ is what is compiled in");
    let unknown = files("packaging", ".hbs").into_iter().filter_map(|file| {
        let default = file.path.replacen("packaging", "xtask/defaults", 1);
        let missing = !workspace_root().join(&default).exists();
        missing.then(|| format!("{path} has no default; mend: cp {path} {default}, or remove it", path = file.path))
    });
    none(unknown, "every template has a default");
}

/// In an adopter's repository, the engine is a workspace of its own.
#[test]
fn the_engine_is_compiled_and_formatted_by_adopters_as_here() {
    let read = |path: &str| fs::read_to_string(workspace_root().join(path)).unwrap();
    assert_eq!(read("rustfmt.toml"), read("xtask/rustfmt.toml"), "cp rustfmt.toml xtask/");
    let (here, there) = (read(".cargo/config.toml"), read("xtask/.cargo/config.toml"));
    let profile = here.find("# How xtask itself is compiled").map(|start| &here[start..]);
    assert_eq!(profile, Some(there.as_str()), "the profile `xtask` stands in .cargo/config.toml and xtask/.cargo too");
}

#[test]
fn xtask_inherits_nothing() {
    let text = fs::read_to_string(workspace_root().join("xtask/Cargo.toml")).unwrap();
    let manifest = DeTable::parse(&text).unwrap();
    let mut inherited = Vec::new();
    inheriting(manifest.get_ref(), "", &mut inherited);
    none(inherited, "xtask is copied into workspaces that have other things to inherit");
    let package = manifest.get_ref().get("package").and_then(|value| value.get_ref().as_table()).unwrap();
    for key in ["edition", "version", "rust-version"] {
        let literal = package.get(key).is_some_and(|value| value.get_ref().as_str().is_some());
        assert!(literal, "xtask/Cargo.toml: `{key}` has to be written out");
    }
}

fn inheriting(table: &DeTable<'_>, at: &str, found: &mut Vec<String>) {
    for (key, value) in table {
        match value.get_ref() {
            _ if key.get_ref() == "workspace" => found.push(format!("xtask/Cargo.toml: {at}workspace")),
            DeValue::Table(below) => inheriting(below, &format!("{at}{}.", key.get_ref()), found),
            _ => {}
        }
    }
}

#[test]
fn files_are_short() {
    let long = all_sources().into_iter().filter(|file| file.text.lines().count() > 450);
    none(long.map(|file| file.path), "a file has about 400 lines at most: split it");
}

#[test]
fn files_say_what_they_are() {
    let sources = [files("xtask", ".rs"), files("crates/lab", ".rs")].into_iter().flatten();
    let silent = sources.filter(|file| !file.text.starts_with("//! "));
    none(silent.map(|file| file.path), "a file begins with `//! ` and what it is");
}

#[test]
fn sources_name_no_place_of_this_machine() {
    let mut places = vec!["/root/", "/work/", "/tmp/", "/Users/", "C:\\Users"];
    let (home, root) = (std::env::home_dir().unwrap_or_default(), workspace_root().to_owned());
    let own: Vec<String> = [home, root].iter().map(|path| format!("{}/", path.display())).collect();
    places.extend(own.iter().map(String::as_str).filter(|path| path.len() > 2));
    // Whichever registry a user's cargo, pip or npm asks: it is theirs to configure.
    places.extend(["index.crates.io", "static.crates.io", "registry.npmjs.org", "pypi.org", "files.pythonhosted.org"]);
    places.extend(["deb.debian.org", "rsproxy", "artifactory"]);
    let found = lines(
        &all_sources(),
        |file| &file.text,
        |file, line| {
            // Made-up homes are /home/me.
            let home = line.contains("/home/") && !line.contains("/home/me/");
            // Where cargo looks for crates.io unless it is configured otherwise, which no command of cargo's tells.
            let default = file.path == "xtask/src/project/registries.rs" && line.starts_with("const CRATES_IO_INDEX");
            first(line, &places).or(home.then_some("/home/")).filter(|_| !default)
        },
    );
    none(found, "paths and registries are asked for, not written down");
}

#[test]
fn nothing_is_left_to_do() {
    let unfinished = ["todo!", "unimplemented!", "dbg!(", "#[ignore"];
    none(lines(&all_sources(), |file| &file.text, |_, line| first(line, &unfinished)), "finish it, or take it out");
}

#[test]
fn unit_tests_stand_last() {
    let found = engine().into_iter().filter(|file| {
        let tests = &file.text[file.product().len()..];
        tests
            .lines()
            .any(|line| ["pub ", "fn ", "impl ", "use ", "struct ", "enum "].iter().any(|w| line.starts_with(w)))
    });
    none(found.map(|file| file.path), "nothing but tests stands behind the first `#[cfg(test)]`");
}

#[test]
fn the_engine_reports_what_it_cannot_do() {
    let abrupt = [".unwrap()", "panic!(", "process::exit"];
    none(lines(&engine(), File::product, |_, line| first(line, &abrupt)), "return an error that a person can act on");
}

/// What each part may not touch, by the beginning of its path.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("plan", &["std::process", "xshell", "std::env", "env::var", "std::fs", "SystemTime", "Instant"]),
    ("channel/", &["std::process", "xshell", "std::env", "env::var", "std::fs", "SystemTime", "Instant"]),
    ("names.rs", &["std::process", "xshell", "std::env", "env::var", "std::fs"]),
    ("targets", &["std::process", "xshell", "std::env", "env::var", "std::fs"]),
    ("binstall", &["std::process", "xshell", "std::env", "env::var", "SystemTime", "Instant"]),
    ("template", &["std::process", "xshell", "std::env", "env::var"]),
];

#[test]
fn each_part_does_only_its_own() {
    let engine = engine();
    let found = lines(&engine, File::product, |file, line| {
        let part = file.path.strip_prefix("xtask/src/")?;
        let (_, words) = FORBIDDEN.iter().find(|(beginning, _)| part.starts_with(beginning))?;
        first(line, words)
    });
    none(found, "plans and channels are pure: they get what they need, and return recipes");
    for (beginning, _) in FORBIDDEN {
        let path = format!("xtask/src/{beginning}");
        assert!(engine.iter().any(|file| file.path.starts_with(&path)), "there is no {path} any more: mend FORBIDDEN");
    }
}

#[test]
fn only_run_builds_commands() {
    let found = lines(&engine(), File::product, |file, line| {
        if file.path == "xtask/src/run.rs" {
            return None;
        }
        first(line, &["Shell::new", "xshell::Shell", "xshell::cmd", "cmd!(", "Command::new"])
    });
    none(found, "a command gets the environment of the user's shell from `run::Runner`");
}
