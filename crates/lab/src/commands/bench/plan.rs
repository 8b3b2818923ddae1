//! `--plan`, beside what cargo alone takes to read the workspace.

use lab::Missing;

use super::cargo_dist;
use super::measure::{Contestant, in_turn, shown};
use super::projects::{Checkout, Projects, host};
use super::table::Row;

const ROUNDS: usize = 15;

pub fn measure(projects: &Projects) -> Result<Vec<Row>, Missing> {
    let ours = projects.adopted()?;
    let theirs = Checkout::of_cargo_dist(&host())?;
    let dist = cargo_dist::installed()?;
    let figures = in_turn(
        ROUNDS,
        &[
            Contestant::new("dist --plan", || ours.dist(&["--plan"])),
            Contestant::new("cargo xtask dist --plan", || ours.cargo(&["xtask", "dist", "--plan"])),
            Contestant::new("cargo metadata --no-deps", || {
                ours.cargo(&["metadata", "--no-deps", "--format-version", "1"])
            }),
            Contestant::new("cargo-dist: dist plan", || theirs.run(&dist.path, &["plan"])),
        ],
    );
    let [plan, through_cargo, metadata, other] = &figures[..] else { unreachable!("four were run") };
    let limit = metadata.wall().mul_f64(1.2) + std::time::Duration::from_millis(20);
    Ok(vec![
        Row::new(
            "`--plan`",
            "`cargo metadata --no-deps`",
            "1.2× + 20 ms",
            format!(
                "{}, limit {} ({} through `cargo xtask`)",
                shown(plan.wall()),
                shown(limit),
                shown(through_cargo.wall())
            ),
        ),
        Row::new("`--plan`", "`dist plan`", "5× faster", format!("{:.1}× faster", other.times(plan))),
    ])
}
