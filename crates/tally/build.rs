//! Writes completions and man pages of both binaries into `OUT_DIR`, where a release tool finds them.

#[path = "build/bash.rs"]
mod bash;
#[path = "build/fish.rs"]
mod fish;
#[path = "build/man.rs"]
mod man;
#[path = "src/options.rs"]
mod options;
#[path = "build/zsh.rs"]
mod zsh;

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    // Everything that decides what is written is compiled into this script, and cargo runs a script that changed.
    println!("cargo::rerun-if-changed=build.rs");
    let directory = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is set by cargo only"))?;
    let directory = Path::new(&directory);
    for command in &options::COMMANDS {
        let name = command.name;
        fs::write(directory.join(format!("{name}.bash")), bash::render(command))?;
        fs::write(directory.join(format!("_{name}")), zsh::render(command))?;
        fs::write(directory.join(format!("{name}.fish")), fish::render(command))?;
        fs::write(directory.join(format!("{name}.1")), man::render(command, &options::COMMANDS))?;
    }
    Ok(())
}
