//! An explanation as people read it.

use super::judge::Explanation;
use crate::binstall::RAW;

/// The column that values stand in.
const INDENT: usize = 17;

/// All of it; `all` lists every URL.
pub fn of(explanation: &Explanation, all: bool) -> String {
    let Explanation { package, version, target, .. } = explanation;
    let mut lines = vec![format!("{package} {version} for {target}")];
    urls(explanation, all, &mut lines);
    archive(explanation, &mut lines);
    programs(explanation, &mut lines);
    around(explanation, &mut lines);
    lines.push(String::new());
    lines.join("\n")
}

/// A key, and its values one below the other.
fn add(lines: &mut Vec<String>, key: &str, values: impl IntoIterator<Item = String>) {
    for (n, value) in values.into_iter().enumerate() {
        let key = if n == 0 { format!("  {key}") } else { String::new() };
        lines.push(format!("{key:<INDENT$}{value}"));
    }
}

fn urls(explanation: &Explanation, all: bool, lines: &mut Vec<String>) {
    let Explanation { urls, view, .. } = explanation;
    if let Some(repository) = &view.repository {
        let subcrate = repository.subcrate.as_deref().map(|name| format!(", sub-crate {name}")).unwrap_or_default();
        add(lines, "repository", [format!("{} ({}{subcrate})", repository.url, repository.host.name())]);
    }
    if all || urls.len() <= 4 {
        add(lines, "tries", urls.iter().cloned());
        return;
    }
    add(lines, "tries first", urls.first().cloned());
    match &view.defaults {
        Some(defaults) => {
            let [names, folders, suffixes] = [defaults.names.len(), defaults.folders.len(), defaults.suffixes.len()];
            let product = format!("{names} names in {folders} folders with {suffixes} suffixes");
            add(lines, "", [format!("and {} more by default: {product} (--all lists them)", urls.len() - 1)]);
            add(lines, "names", defaults.names.iter().cloned());
            add(lines, "folders", defaults.folders.iter().cloned());
            let words = defaults.suffixes.iter().map(|suffix| if suffix.is_empty() { "(none)" } else { suffix });
            add(lines, "suffixes", [words.collect::<Vec<_>>().join(" ")]);
        }
        None => add(lines, "", [format!("and {} more of `pkg-url` (--all lists them)", urls.len() - 1)]),
    }
    if !view.has_section {
        add(lines, "metadata", ["none is needed: these are the names that cargo-binstall tries by itself".to_owned()]);
    }
}

fn archive(explanation: &Explanation, lines: &mut Vec<String>) {
    let Explanation { view, format, url, .. } = explanation;
    let Some(path) = &view.archive else { return };
    let read_as = format.map(|format| format!(", read as {}", format.word())).unwrap_or_default();
    add(lines, "archive", [format!("{}{read_as}", path.display())]);
    add(lines, "serves as", url.iter().cloned());
}

fn programs(explanation: &Explanation, lines: &mut Vec<String>) {
    let Explanation { view, folders, left_out, .. } = explanation;
    if let Some(bin_dir) = &view.bin_dir {
        add(lines, "bin-dir", [bin_dir.clone()]);
    } else if view.archive.is_none() && !folders.is_empty() && !view.programs.is_empty() {
        let listed = folders.iter().map(|folder| format!("{folder}/"));
        let text = "in the first of these folders that the archive has, else at its top".to_owned();
        add(lines, "looks", [text].into_iter().chain(listed));
    }
    let shown = view.programs.iter().map(|program| {
        let path = if program.path == RAW { "the file itself" } else { &program.path };
        let optional = match program.required_features.as_slice() {
            [] => String::new(),
            features => format!(" (may be absent: it needs {})", features.join(", ")),
        };
        format!("{} from {path}{optional}", program.installed)
    });
    add(lines, "programs", shown);
    add(lines, "left out", left_out.iter().map(|name| format!("{name}: it is not in the archive, and optional")));
}

fn around(explanation: &Explanation, lines: &mut Vec<String>) {
    let Explanation { view, strategies, signature, also_tried, .. } = explanation;
    if let Some(dir) = explanation.install_dir.as_ref().filter(|_| !view.programs.is_empty()) {
        add(lines, "installs to", [format!("{} (by {})", dir.display(), view.install_because)]);
    }
    add(lines, "signature", signature.iter().cloned());
    let words: Vec<&str> = strategies.iter().map(|strategy| strategy.word()).collect();
    add(lines, "strategies", Some(words.join(", ")).filter(|text| !text.is_empty()));
    add(lines, "quick-install", explanation.quick_install.iter().cloned());
    if !also_tried.is_empty() {
        add(lines, "machines", [format!("of this kind also try {}", also_tried.join(", "))]);
    }
}
