//! What an adopter pays: compiling xtask.

use std::collections::BTreeSet;
use std::fs;

use lab::{Missing, run};

use super::cargo_dist;
use super::measure::usage;
use super::projects::{Checkout, Projects, host};
use super::table::Row;

pub fn measure(projects: &Projects) -> Result<Vec<Row>, Missing> {
    let project = projects.adopted()?;
    let target = project.folder().join("target");
    fs::remove_dir_all(&target).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
    let ours = usage(&mut project.cargo(&["xtask", "dist", "--help"]));
    let theirs = cargo_dist::installed()?;
    let crates = crates(project);
    let (cpu, wall) = (ours.cpu.as_secs_f64(), ours.wall.as_secs_f64());
    println!("cargo xtask, compiled: {cpu:.1} CPU-s in {wall:.1} s, {crates} crates");
    println!("cargo install cargo-dist: {:.1} CPU-s", theirs.cpu);
    let against = "`cargo install cargo-dist`";
    Ok(vec![
        Row::new(
            "compiling xtask, CPU seconds",
            against,
            "1/8",
            format!("{cpu:.0} s of {:.0} s: 1/{:.1}", theirs.cpu, theirs.cpu / cpu),
        ),
        Row::new("compiling xtask, crates", against, "130", crates.to_string()),
    ])
}

/// How many crates xtask is made of, for this machine.
fn crates(project: &Checkout) -> usize {
    let manifest = project.folder().join("xtask/Cargo.toml");
    let mut tree =
        project.cargo(&["tree", "--locked", "--prefix", "none", "--edges", "normal,build", "--target", &host()]);
    let tree = run(tree.arg("--manifest-path").arg(manifest)).stdout;
    let tree = String::from_utf8_lossy(&tree).into_owned();
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    tree.lines().filter(|line| !line.is_empty()).map(name).collect::<BTreeSet<_>>().len()
}
