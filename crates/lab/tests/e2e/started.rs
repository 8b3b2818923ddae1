//! What the tool starts: every program costs time that nobody sees coming, so their number is held here.

use std::collections::BTreeSet;
use std::fs;

use lab::xtask::dist;
use lab::{Client, Fixture, client, run};

/// The programs that a run starts, with their first argument, in alphabetical order.
fn started(strace: &Client, project: &Fixture, words: &[&str]) -> Vec<String> {
    fs::create_dir_all(project.join("target")).unwrap();
    let trace = project.join("target/trace");
    let tool = dist(project, words.iter().copied());
    let mut traced = strace.command();
    traced.args(["--follow-forks", "--trace=execve", "--string-limit=200", "--output"]).arg(&trace);
    run(traced.arg(tool.get_program()).args(tool.get_args()).current_dir(&**project));
    let trace = fs::read_to_string(trace).unwrap();
    let mut processes = BTreeSet::new();
    let mut found: Vec<String> = trace
        .lines()
        .filter(|line| line.contains(" execve(") && !line.contains("ENOENT"))
        // rustup's cargo becomes the toolchain's, and is the same process.
        .filter(|line| processes.insert(line.split(' ').next().unwrap_or_default()))
        .skip(1)
        .map(|line| {
            let words =
                line.split_once("[\"").and_then(|(_, rest)| rest.split_once("\"]")).map_or("", |(words, _)| words);
            words.split("\", \"").take(2).collect::<Vec<_>>().join(" ")
        })
        .collect();
    found.sort();
    found
}

#[test]
#[cfg(target_os = "linux")]
fn a_plan_and_a_release_with_nothing_to_do_start_few_programs() {
    let Some(strace) = client("strace", "how many programs a run starts") else { return };
    let hello = Fixture::hello();
    hello.commit();
    let asked = ["cargo metadata", "git log", "git ls-files", "git status"];
    assert_eq!(started(&strace, &hello, &["--plan"]), asked);
    run(&mut dist(&hello, []));
    let mut made = [&asked[..], &["cargo build", "rustc -vV"]].concat();
    made.sort_unstable();
    assert_eq!(started(&strace, &hello, &[]), made);
}
