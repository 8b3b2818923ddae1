//! Files that git would not take: patterns like `release/` or `Cargo.lock` are in many a `.gitignore`.

use super::changes::Changes;
use super::survey::Survey;
use crate::report::{Context, Result};
use crate::run::Runner;

/// A path, and what ignores it.
#[derive(Debug, PartialEq, Eq)]
struct Ignored {
    path: String,
    by: String,
}

/// Has git take everything in `folder`, and says what else it would not take.
///
/// # Errors
/// git cannot be run.
pub fn mend(survey: &Survey, folder: &str, changes: &mut Changes, notes: &mut Vec<String>) -> Result<()> {
    let mut rules = "/target\n".to_owned();
    if survey.in_git {
        let new: Vec<&str> =
            changes.iter().filter(|(_, before, _)| before.is_none()).map(|(path, _, _)| path).collect();
        let found = ignored(survey, &new)?;
        // What a folder's own file says is stronger, unless the folder itself is ignored.
        let whole = !ignored(survey, &[&format!("{folder}/")])?.is_empty();
        let inside = |ignored: &&Ignored| ignored.path.starts_with(&format!("{folder}/"));
        if !whole && found.iter().any(|ignored| inside(&ignored)) {
            rules = format!("# All of it is to be committed, whatever is ignored elsewhere.\n!*\n{rules}");
        }
        let (mut left, mut seen) = (found.iter().filter(|ignored| whole || !inside(ignored)), Vec::new());
        for ignored in left.by_ref().filter(|ignored| !ignored.path.ends_with("Cargo.lock")) {
            if !seen.contains(&&ignored.by) {
                notes.push(format!(
                    "git ignores {}, by {}: mend it, or commit it by `git add -f`",
                    ignored.path, ignored.by
                ));
                seen.push(&ignored.by);
            }
        }
        if !ignored(survey, &["Cargo.lock"])?.is_empty() {
            let note = "git ignores Cargo.lock: a release holds what it names, so it is to be committed in a \
                        repository with programs";
            notes.push(note.to_owned());
        }
    }
    changes.add(format!("{folder}/.gitignore"), rules);
    Ok(())
}

fn ignored(survey: &Survey, paths: &[&str]) -> Result<Vec<Ignored>> {
    let runner = Runner::new(&survey.root)?;
    let command = runner.command("git").args(["check-ignore", "--no-index", "--verbose", "-z", "--stdin"]);
    let output = command.stdin(paths.join("\0")).ignore_status().output().context(|| "cannot run git")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let fields: Vec<&str> = text.split('\0').collect();
    let told = fields.chunks_exact(4).filter(|fields| !fields[2].starts_with('!'));
    let told = told.map(|fields| Ignored {
        path: fields[3].to_owned(),
        by: format!("`{}` in {}:{}", fields[2], fields[0], fields[1]),
    });
    Ok(told.collect())
}
