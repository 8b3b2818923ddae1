//! The same commit gives the same bytes, wherever it is.

use std::fs;
use std::path::Path;

use lab::xtask::dist;
use lab::{command, run};
use xtask_dist::layout::files_below;

use crate::products::products;

fn release(project: &Path, umask: &str) {
    let mut tool = dist(project, []);
    let words: Vec<_> = tool.get_args().map(std::borrow::ToOwned::to_owned).collect();
    let program = tool.get_program().to_owned();
    tool = command("sh");
    tool.args(["-c", "umask $1; shift; exec \"$@\"", "sh", umask]).arg(program).args(words).current_dir(project);
    run(&mut tool);
}

#[test]
fn two_folders_give_identical_files() {
    let (near, far) = (products(""), products("with space/ünïcode"));
    release(&near, "022");
    release(&far, "077");
    let (one, other) = (near.join("target/releases/v0.1.0"), far.join("target/releases/v0.1.0"));
    let files = files_below(&one).unwrap();
    assert_eq!(files, files_below(&other).unwrap());
    for expected in ["SHA256SUMS", "dist-manifest.json", "homebrew/tally.rb"] {
        assert!(files.iter().any(|file| file == expected), "{expected} is not among {files:?}");
    }
    assert!(files.iter().any(|file| file.starts_with("tally-") && file.ends_with(".tar.gz")), "{files:?}");
    for file in &files {
        assert!(fs::read(one.join(file)).unwrap() == fs::read(other.join(file)).unwrap(), "{file} differs");
    }
    println!("{} files compared, all identical", files.len());
}
