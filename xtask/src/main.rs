//! `cargo xtask`: this repository's chores. This file is yours: add commands of your own beside `dist`.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask_dist::cli::main()
}
