//! `cargo run -p lab adopters`: published programs adopt, release and test themselves.

use std::process::ExitCode;

use lab::adopters::{Adopter, HEAD, PROGRAMS, row};
use lab::published;

/// Makes the table of all programs, or of those named.
pub fn run(names: &[&str]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    println!("{HEAD}");
    for (name, version) in PROGRAMS.into_iter().filter(|(name, _)| names.is_empty() || names.contains(name)) {
        let id = format!("{name} {version}");
        let krate =
            published::krate(name, version).map_err(|missing| format!("{}: {}", missing.reason, missing.remedy));
        let account = krate.and_then(|krate| Adopter::of(name, version, &krate)?.afresh().go(&id));
        match account {
            Ok(account) => println!("{}", row(&account)),
            Err(reason) => {
                println!("| {id} | FAILED |");
                eprintln!("error: {id}: {reason}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
