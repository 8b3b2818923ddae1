//! A second `dist` with nothing to do, beside cargo with nothing to do.

use std::process::Command;
use std::time::Duration;

use lab::{Missing, run, xtask};

use super::cargo_dist;
use super::measure::{Contestant, Figures, in_turn, shown};
use super::projects::{Checkout, Projects, host};
use super::table::Row;

const ROUNDS: usize = 9;

/// Targets that all come from one Linux machine.
const TARGETS: [&str; 7] = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-gnullvm",
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
];

pub fn measure(projects: &Projects) -> Result<Vec<Row>, Missing> {
    let host = host();
    let mut rows = one(projects, &host)?;
    rows.push(seven(projects)?);
    Ok(rows)
}

/// For this machine alone.
fn one(projects: &Projects, host: &str) -> Result<Vec<Row>, Missing> {
    let (ours, bare, theirs) = (projects.adopted()?, Checkout::plain()?, Checkout::of_cargo_dist(host)?);
    let dist = cargo_dist::installed()?;
    // Who releases for one machine has brought no tools for others.
    let without_tools = |mut command: Command| {
        command.env_remove(xtask::shared_tools().0);
        command
    };
    let figures = in_turn(
        ROUNDS,
        &[
            Contestant::new("dist", || without_tools(ours.dist(&["--target", host]))),
            Contestant::new("cargo xtask dist", || without_tools(ours.cargo(&["xtask", "dist", "--target", host]))),
            Contestant::new("cargo build", || bare.cargo(&["build", "--release", "--locked", "--target", host])),
            Contestant::new("cargo-dist: dist build", || {
                theirs.run(&dist.path, &["build", "--artifacts", "local", "--target", host])
            }),
        ],
    );
    let [ours, through_cargo, cargo, other] = &figures[..] else { unreachable!("four were run") };
    let times = other.times(ours);
    Ok(vec![
        row("nothing changed, 1 target", "`cargo build`", (ours, through_cargo, cargo)),
        Row::new("nothing changed, 1 target", "second `dist build`", "10× faster", format!("{times:.1}× faster")),
    ])
}

/// For seven targets.
fn seven(projects: &Projects) -> Result<Row, Missing> {
    let (ours, bare) = (projects.adopted()?, Checkout::plain()?);
    let targets: Vec<&str> = TARGETS.iter().flat_map(|target| ["--target", target]).collect();
    let dist = || ours.dist(&targets);
    // The first run has the tools fetched that the other one needs.
    run(&mut dist());
    let figures = in_turn(
        ROUNDS,
        &[
            Contestant::new("dist, 7 targets", dist),
            Contestant::new("cargo xtask dist, 7 targets", || ours.cargo(&[&["xtask", "dist"], &targets[..]].concat())),
            Contestant::new("cargo zigbuild, 7 targets", || bare.zigbuild(&targets)),
        ],
    );
    let [ours, through_cargo, cargo] = &figures[..] else { unreachable!("three were run") };
    Ok(row("nothing changed, 7 targets", "`cargo zigbuild`", (ours, through_cargo, cargo)))
}

fn row(what: &str, against: &str, (ours, through_cargo, cargo): (&Figures, &Figures, &Figures)) -> Row {
    let limit = cargo.wall().mul_f64(1.3) + Duration::from_millis(50);
    let [ours, limit, through_cargo] = [ours.wall(), limit, through_cargo.wall()].map(shown);
    Row::new(what, against, "1.3× + 50 ms", format!("{ours}, limit {limit} ({through_cargo} through `cargo xtask`)"))
}
