//! Every client of the table can be had, and runs.

use std::thread;

#[test]
fn every_client_runs() {
    for name in lab::clients::names() {
        let Some(client) = lab::client(name, &format!("{name} runs")) else { continue };
        if name == "webpack" {
            // It is used as a library: its command wants another package.
            let library = client.path().ancestors().nth(2).unwrap().join("webpack");
            lab::run(lab::command("node").args(["--eval", "require(process.argv[1])"]).arg(library));
            continue;
        }
        let version: &[&str] = match name {
            "cargo-binstall" | "ssh" => &["-V"],
            "busybox" => &["true"],
            "dash" | "sh" => &["-c", "true"],
            "minisign" | "unzip" | "zip" => &["-v"],
            _ => &["--version"],
        };
        lab::run(client.command().args(version));
    }
}

#[test]
fn two_threads_get_one_client() {
    let ask = || thread::spawn(|| lab::clients::find("taplo").map(|client| client.path().to_owned()).ok());
    let (one, two) = (ask(), ask());
    assert_eq!(one.join().unwrap(), two.join().unwrap());
}
