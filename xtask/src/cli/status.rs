//! `cargo xtask dist publish-status`.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Workspace, print_json};
use crate::registry::Presence;
use crate::report::{Problem, Result, terminal};
use crate::status::{self, Action, LIFE, Request, Row, State};

/// Show which crates are published, in which version, and what is to be done.
///
/// The crates are the members without `publish = false`, and those that [publish-status] in packaging/dist.toml names.
/// Their registries are those of cargo's configuration, mirrors included. What a registry said is believed for 15
/// minutes, and then asked for again if it changed; no web API is used, and no crate is downloaded.
#[derive(Debug, Args)]
#[command(after_long_help = COLUMNS)]
pub struct Options {
    /// Only these crates
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Exit with 1 if something is to be published, or a registry does not answer
    #[arg(long)]
    check: bool,
    /// Ask the registries now, even if they were asked a moment ago
    #[arg(long, conflicts_with = "offline")]
    refresh: bool,
    /// Use no network: show what the registries said last, and how long ago
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    workspace: Workspace,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const COLUMNS: &str = "\
Columns:
  local      the version in the checkout
  published  whether the registry has that version: yes, no, yanked
  newest     the version that users get: the highest that is not yanked, a pre-release only for pre-releases
  git        clean, modified (changes that are not committed), ahead (committed changes since the tag of the published
             version); what a crate inherits from the workspace's manifest counts as its own
  to do      up to date   nothing
             commit       commit the changes; cargo would refuse to publish them
             publish      publish this version
             new          publish for the first time
             behind       a newer version is published than the one that is here
             unreachable  the registry did not answer; the rest of the row is what it said last

Exit codes: 0 done, 1 with --check if something is to be published, 2 wrong usage or configuration.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For a page
    Markdown,
}

/// What `--format json` prints.
#[derive(Serialize)]
struct View<'a> {
    /// Whether something is to be published.
    to_publish: bool,
    crates: Vec<RowView<'a>>,
}

#[derive(Serialize)]
struct RowView<'a> {
    name: &'a str,
    local: Option<String>,
    published: Option<bool>,
    yanked: Option<bool>,
    newest: Option<String>,
    git: Option<State>,
    action: Option<Action>,
    to_publish: bool,
    index: Option<&'a str>,
    /// How many seconds ago the registry said so.
    age: Option<u64>,
    failure: Option<&'a str>,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let rows = status::status(&Request {
        manifest_path: options.workspace.manifest_path.clone(),
        names: options.names.clone(),
        offline: options.offline,
        refresh: options.refresh,
    })?;
    match options.format {
        Format::Text => terminal::data(terminal::table(&table(&rows), &[]).trim_end()),
        Format::Markdown => terminal::data(markdown(&table(&rows)).trim_end()),
        Format::Json => print_json(&view(&rows))?,
    }
    if rows.is_empty() {
        terminal::note("every member has `publish = false`, and [publish-status] names no other crates");
    }
    notes(&rows);
    for problem in failures(&rows) {
        terminal::error(problem);
    }
    let failed = rows.iter().any(|row| row.failure.is_some());
    let is_due = rows.iter().any(Row::is_due);
    Ok(if options.check && (is_due || failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn table(rows: &[Row]) -> Vec<Vec<String>> {
    let header = ["crate", "local", "published", "newest", "git", "to do"].map(str::to_owned).to_vec();
    [header].into_iter().chain(rows.iter().map(cells)).collect()
}

fn cells(row: &Row) -> Vec<String> {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let presence = match (row.presence, row.exists) {
        (Some(Presence::Published), _) => "yes",
        (Some(Presence::Yanked), _) => "yanked",
        (Some(Presence::Absent), _) | (None, Some(false)) => "no",
        (None, Some(true)) => "-",
        (None, None) => "?",
    };
    let newest = match (&row.newest, row.exists) {
        (Some(version), _) => version.to_string(),
        (None, Some(true)) => "all yanked".to_owned(),
        (None, Some(false)) => "none".to_owned(),
        (None, None) => "?".to_owned(),
    };
    vec![
        row.name.clone(),
        or_none(row.local.as_ref().map(ToString::to_string)),
        presence.to_owned(),
        newest,
        or_none(row.git.map(|git| git.word().to_owned())),
        or_none(row.action.map(|action| action.word().to_owned())),
    ]
}

/// Nothing that can stand in a cell has a bar or a line's end in it: names, versions and our own words.
fn markdown(rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = String::new();
    for (n, row) in rows.iter().enumerate() {
        text += &line(row);
        if n == 0 {
            text += &line(&vec!["---".to_owned(); row.len()]);
        }
    }
    text
}

fn view(rows: &[Row]) -> View<'_> {
    View { to_publish: rows.iter().any(Row::is_due), crates: rows.iter().map(row_view).collect() }
}

fn row_view(row: &Row) -> RowView<'_> {
    RowView {
        name: &row.name,
        local: row.local.as_ref().map(ToString::to_string),
        published: row.presence.map(|presence| presence != Presence::Absent),
        yanked: row.presence.map(|presence| presence == Presence::Yanked),
        newest: row.newest.as_ref().map(ToString::to_string),
        git: row.git,
        action: row.action,
        to_publish: row.is_due(),
        index: row.index.as_deref(),
        age: row.age.map(|age| age.as_secs()),
        failure: row.failure.as_deref(),
    }
}

/// What the table has no room for.
fn notes(rows: &[Row]) {
    let ahead = rows.iter().filter(|row| row.git == Some(State::Ahead) && row.action == Some(Action::UpToDate));
    let ahead: Vec<&str> = ahead.map(|row| row.name.as_str()).collect();
    if !ahead.is_empty() {
        let names = ahead.join(", ");
        terminal::note(format_args!("changed since its version was published; raise it to release that: {names}"));
    }
    // Younger ones are as good as new.
    if let Some(oldest) = rows.iter().filter_map(|row| row.age).max().filter(|age| *age > LIFE) {
        terminal::note(format_args!("the registries were asked up to {} ago", words(oldest)));
    }
}

/// One problem for all crates that failed alike.
fn failures(rows: &[Row]) -> Vec<Problem> {
    let mut problems: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in rows {
        let Some(reason) = row.failure.as_deref() else { continue };
        match problems.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(&row.name),
            None => problems.push((reason, vec![&row.name])),
        }
    }
    let problem = |(reason, names): (&str, Vec<&str>)| {
        Problem::new(format!("the registry said nothing of {}", names.join(", ")))
            .because(reason)
            .help("look at the network and at cargo's configuration, and run it again")
    };
    problems.into_iter().map(problem).collect()
}

/// A time span in its largest unit.
fn words(span: Duration) -> String {
    let seconds = span.as_secs();
    let (number, unit) = match seconds {
        0..120 => (seconds, "seconds"),
        120..7200 => (seconds / 60, "minutes"),
        7200..172_800 => (seconds / 3600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{number} {unit}")
}
