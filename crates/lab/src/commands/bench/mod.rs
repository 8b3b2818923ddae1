//! `cargo run -p lab bench`: how long things take that have to be quick, beside what else there is.
//!
//! A benchmark is a file here, and a line in [`ALL`]. Each runs whole processes, ours and the others in turn, and tells
//! medians; its last lines are rows of the README's table.

mod cargo_dist;
mod cost;
mod growth;
mod measure;
mod packing;
mod plan;
mod projects;
mod publish_status;
mod table;
mod unchanged;

use std::process::ExitCode;

use lab::Missing;
use measure::load;
use projects::Projects;
use table::Row;

/// Measures, says what it saw, and gives rows of the table.
type Benchmark = fn(&Projects) -> Result<Vec<Row>, Missing>;

/// What is measured, by its name on the command line.
pub const ALL: [(&str, Benchmark); 6] = [
    ("cost", cost::measure),
    ("growth", growth::measure),
    ("packing", packing::measure),
    ("plan", plan::measure),
    ("publish-status", publish_status::measure),
    ("unchanged", unchanged::measure),
];

/// Runs the benchmarks of these names, all unless there are any; `write` puts their rows into the README.
pub fn run(names: &[&str], write: bool) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    let (mut rows, projects) = (Vec::new(), Projects::default());
    for (name, measure) in ALL.into_iter().filter(|(name, _)| names.is_empty() || names.contains(name)) {
        println!("\n{name} (load: {})", load());
        match measure(&projects) {
            Ok(more) => rows.extend(more),
            Err(missing) => {
                eprintln!("error: {}: {}\nhelp: {}", missing.what, missing.reason, missing.remedy);
                code = ExitCode::FAILURE;
            }
        }
    }
    println!("\nload at the end: {}\n\n{}", load(), table::markdown(&rows));
    if write && let Err(reason) = table::write(&rows) {
        eprintln!("error: {reason}");
        code = ExitCode::FAILURE;
    }
    code
}
