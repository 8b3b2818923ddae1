//! `cargo xtask dist check`.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{Format, Workspace, print_json};
use crate::crates::Standing;
use crate::preflight::{Checked, Compiled, Level, Remark};
use crate::project::Project;
use crate::release::{self, Findings};
use crate::report::{Problem, Result, terminal};

/// Find what crates.io, cargo or a user would find wrong with the crates, before they are published.
///
/// Looks at every member without `publish = false`: what its manifest says and lacks, what it depends on, Cargo.lock, the
/// files that would be published, whether it compiles with its `rust-version` (if that toolchain is installed), and
/// whether the version is published already. Nothing is uploaded. Exits with 1 if something is wrong; warnings are none.
#[derive(Debug, Args)]
pub struct Options {
    /// Only these crates
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Use no network: whether versions are published is not asked
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    workspace: Workspace,
    /// List every file; only the largest ones of many unless given
    #[arg(long, short)]
    verbose: bool,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How many files of a crate are listed.
const FILES: usize = 20;

/// What `--format json` prints.
#[derive(Serialize)]
struct View<'a> {
    /// Whether nothing is wrong.
    passed: bool,
    /// What concerns the workspace as a whole.
    workspace: Vec<RemarkView<'a>>,
    crates: Vec<CrateView<'a>>,
}

#[derive(Serialize)]
struct CrateView<'a> {
    name: &'a str,
    version: String,
    registry: &'a str,
    published: Option<bool>,
    packed_size: u64,
    files: Vec<FileView<'a>>,
    rust_version: &'a str,
    remarks: Vec<RemarkView<'a>>,
}

#[derive(Serialize)]
struct FileView<'a> {
    path: &'a str,
    size: u64,
}

#[derive(Serialize)]
struct RemarkView<'a> {
    rule: &'a str,
    level: Level,
    what: &'a str,
    because: &'a [String],
    help: Option<&'a str>,
}

/// A crate, and whether its version is published; none where that was not asked.
type Row = (Checked, Option<Result<Standing>>);

pub fn run(options: &Options) -> Result<ExitCode> {
    let project = Project::load(options.workspace.manifest_path.as_deref())?;
    let found = release::check(&project, &options.names, options.offline)?;
    match options.format {
        Format::Text => found.crates.iter().for_each(|row| terminal::data(text(row, options.verbose).trim_end())),
        Format::Json => print_json(&view(&found))?,
    }
    if found.crates.is_empty() {
        terminal::note("every member has `publish = false`");
    }
    tell(&found);
    Ok(if found.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Warnings first: what has to be mended stands last, where people look.
fn tell(found: &Findings) {
    for remark in found.remarks().filter(|remark| remark.level == Level::Warning) {
        terminal::warning(&remark.problem);
    }
    for remark in found.remarks().filter(|remark| remark.level == Level::Error) {
        terminal::error(&remark.problem);
    }
}

fn text((checked, standing): &Row, verbose: bool) -> String {
    let Checked { name, version, registry, files, packed, compiled, remarks } = checked;
    let count = |level| remarks.iter().filter(|remark| remark.level == level).count();
    let found = match (count(Level::Error), count(Level::Warning)) {
        (0, 0) => "nothing found".to_owned(),
        (errors, warnings) => {
            let many = |count, word| if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") };
            let counts = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(count, _)| *count > 0);
            counts.map(|(count, word)| many(count, word)).collect::<Vec<_>>().join(", ")
        }
    };
    let rust = match compiled {
        Compiled::With(toolchain) => format!("compiles with {toolchain}"),
        other => format!("rust-version: {}", other.word()),
    };
    let size = terminal::size(*packed);
    let published = word(standing.as_ref());
    let mut lines = vec![format!("{name} {version} for {registry}: {found}")];
    lines.push(format!("  {published}; {rust}; {} files, about {size} packed", files.len()));
    let mut shown: Vec<_> = files.iter().collect();
    if !verbose && files.len() > FILES {
        shown.sort_by_key(|file| std::cmp::Reverse(file.size));
        shown.truncate(FILES);
    }
    let rows = shown.iter().map(|file| vec![file.path.clone(), size_of(file.size, file.file.is_some())]);
    let table = terminal::table(&rows.collect::<Vec<_>>(), &[1]);
    lines.extend(table.lines().map(|line| format!("    {line}")));
    if shown.len() < files.len() {
        lines.push(format!("    … and {} smaller ones (--verbose lists them)", files.len() - shown.len()));
    }
    lines.join("\n")
}

fn size_of(size: u64, is_ours: bool) -> String {
    if is_ours { terminal::size(size) } else { "by cargo".to_owned() }
}

fn word(standing: Option<&Result<Standing>>) -> &'static str {
    match standing {
        None => "not asked whether it is published",
        Some(Ok(Standing::Absent)) => "not published yet",
        Some(Ok(Standing::Same { yanked: false })) => "published as it is",
        Some(Ok(Standing::Same { yanked: true })) => "published as it is, and yanked",
        Some(Ok(Standing::Different(_))) => "published with other content",
        Some(Err(_)) => "not known whether it is published",
    }
}

fn view(found: &Findings) -> View<'_> {
    View {
        passed: found.passed(),
        workspace: remarks(&found.workspace),
        crates: found.crates.iter().map(crate_view).collect(),
    }
}

fn crate_view((checked, standing): &Row) -> CrateView<'_> {
    CrateView {
        name: &checked.name,
        version: checked.version.to_string(),
        registry: &checked.registry,
        published: match standing {
            Some(Ok(standing)) => Some(*standing != Standing::Absent),
            _ => None,
        },
        packed_size: checked.packed,
        files: checked.files.iter().map(|file| FileView { path: &file.path, size: file.size }).collect(),
        rust_version: checked.compiled.word(),
        remarks: remarks(&checked.remarks),
    }
}

fn remarks(remarks: &[Remark]) -> Vec<RemarkView<'_>> {
    remarks.iter().map(remark_view).collect()
}

fn remark_view(remark: &Remark) -> RemarkView<'_> {
    let Problem { what, causes, help, .. } = &remark.problem;
    RemarkView { rule: remark.rule, level: remark.level, what, because: causes, help: help.as_deref() }
}
