//! Compiles the default templates in, and tells the tool which machine it was built for.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let defaults = Path::new("defaults");
    let mut files = Vec::new();
    collect(defaults, &mut files)?;
    files.sort();
    let mut table = String::from(
        "/// Every default template, by its path below `packaging/`.\npub const DEFAULTS: &[(&str, &str)] = &[\n",
    );
    for file in &files {
        let name = file.strip_prefix(defaults).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let path = env::current_dir()?.join(file).display().to_string();
        // Writing to a string cannot fail.
        let _ = writeln!(table, "    ({name:?}, include_str!({path:?})),");
    }
    table.push_str("];\n");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(out.join("defaults.rs"), table)?;
    println!("cargo::rerun-if-changed=defaults");
    println!("cargo::rustc-env=XTASK_HOST={}", env::var("TARGET").unwrap_or_default());
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
