//! Whatever stops a run, the old release stays whole, and the next command clears up.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Instant;

use lab::xtask::dist;
use lab::{Fixture, run};
use xtask_dist::hash::hash_file;
use xtask_dist::layout::files_below;

/// Every file below `folder` with its digest.
fn content(folder: &Path) -> BTreeMap<String, String> {
    let files = files_below(folder).unwrap();
    files.into_iter().map(|file| (file.clone(), hash_file(&folder.join(file)).unwrap().1)).collect()
}

#[test]
fn killed_at_any_time_the_release_is_whole() {
    let hello = Fixture::hello();
    hello.commit();
    run(&mut dist(&hello, []));
    let releases = hello.join("target/releases");
    let started = Instant::now();
    run(&mut dist(&hello, []));
    let whole_run = started.elapsed();
    let expected = content(&releases.join("v1.2.3"));

    let kills = 40;
    for n in 0..kills {
        let mut child = dist(&hello, []).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(whole_run * n / kills);
        // A run that ended before is no failure: what counts is what stands there.
        let _ = child.kill();
        child.wait().unwrap();
        run(&mut dist(&hello, ["verify", "target/releases/v1.2.3"]));
        assert_eq!(content(&releases.join("v1.2.3")), expected, "after kill {n}");
        let left: Vec<String> = files_below(&releases)
            .unwrap()
            .into_iter()
            .filter(|f| f.starts_with(".new-") || f.starts_with(".old-"))
            .collect();
        assert_eq!(left, [""; 0], "after kill {n}");
    }
    println!("{kills} kills survived");
}

#[test]
fn two_runs_at_once_wait_for_each_other() {
    let hello = Fixture::hello();
    run(&mut dist(&hello, []));
    let children: Vec<_> =
        (0..3).map(|_| dist(&hello, []).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    run(&mut dist(&hello, ["verify"]));
}
