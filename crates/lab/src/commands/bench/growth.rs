//! How the time grows with packages and targets.

use std::thread;
use std::time::Duration;

use lab::fixture::MAIN;
use lab::{Fixture, Missing, command, run, xtask};
use xtask_dist::targets::Target;

use super::measure::{Contestant, Figures, in_turn, shown};
use super::projects::{Projects, host};
use super::table::Row;

const ROUNDS: usize = 5;
const PACKAGES: [usize; 3] = [1, 10, 100];
const TARGETS: [usize; 3] = [1, 10, 30];

#[allow(clippy::unnecessary_wraps, reason = "every benchmark is called so")]
pub fn measure(_: &Projects) -> Result<Vec<Row>, Missing> {
    let workspaces: Vec<Fixture> = PACKAGES.into_iter().map(workspace).collect();
    let host = host();
    for workspace in &workspaces {
        run(&mut xtask::dist(workspace, ["--target", &host]));
    }
    let (mut plans, mut releases) = (Vec::new(), Vec::new());
    for (workspace, count) in workspaces.iter().zip(PACKAGES) {
        plans.push(Contestant::new(format!("--plan, {count} packages"), || {
            xtask::dist(workspace, ["--plan", "--target", &host])
        }));
        releases.push(Contestant::new(format!("dist with nothing to do, {count} packages"), || {
            xtask::dist(workspace, ["--target", &host])
        }));
    }
    let known = targets();
    let wide = TARGETS.map(|count| {
        let words: Vec<&str> = known[..count].iter().flat_map(|target| ["--target", target]).collect();
        let project = &workspaces[0];
        Contestant::new(format!("--plan, {count} targets"), move || {
            xtask::dist(project, ["--plan"].into_iter().chain(words.iter().copied()))
        })
    });
    Ok(vec![
        row("`--plan`", "1, 10, 100 packages", &in_turn(ROUNDS, &plans)),
        row("nothing changed", "1, 10, 100 packages", &in_turn(ROUNDS, &releases)),
        row("`--plan`", "1, 10, 30 targets", &in_turn(ROUNDS, &wide)),
    ])
}

fn row(what: &str, against: &str, figures: &[Figures]) -> Row {
    let times: Vec<String> = figures.iter().map(|figures| shown(figures.wall())).collect();
    Row::new(what, against, "linear", times.join(", "))
}

/// A workspace of so many programs.
fn workspace(count: usize) -> Fixture {
    let mut files =
        vec![("Cargo.toml".to_owned(), "[workspace]\nresolver = \"2\"\nmembers = [\"crates/*\"]\n".to_owned())];
    for number in 0..count {
        let manifest = format!(
            "[package]\nname = \"program-{number}\"\nversion = \"1.2.3\"\nedition = \"2021\"\ndescription = \"Says so\"\n\
             license = \"MIT\"\nrepository = \"https://github.com/acme/programs\"\n"
        );
        files.push((format!("crates/program-{number}/Cargo.toml"), manifest));
        files.push((format!("crates/program-{number}/src/main.rs"), MAIN.to_owned()));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    let workspace = Fixture::of(&files);
    thread::sleep(Duration::from_secs(2));
    workspace.commit();
    workspace
}

/// Targets that the compiler and we know.
fn targets() -> Vec<String> {
    let known = run(command("rustc").args(["--print", "target-list"])).stdout;
    let known = String::from_utf8_lossy(&known).into_owned();
    let is_usual = |triple: &&str| ["-linux-", "-apple-darwin", "-windows-"].iter().any(|part| triple.contains(part));
    known.lines().filter(is_usual).filter(|triple| Target::parse(triple).is_ok()).map(str::to_owned).collect()
}
