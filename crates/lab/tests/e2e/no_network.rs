//! Which commands use the network: none but those that publish, ask registries, or fetch; and with `--offline` not those.

use std::net::TcpListener;
use std::process::Command;

use lab::skip::{self, Missing, Skip};
use lab::xtask::binary;
use lab::{Fixture, command};

use crate::said::{Said, said};

/// What is run, in this order, in one project: with a remote, a changelog and a CI file.
const COMMANDS: &[&str] = &[
    "--plan",
    "--plan --offline --target all",
    "--offline",
    "build --offline --target host --output target/shard",
    "merge target/shard",
    "verify",
    "verify --verbose --format json",
    "doctor --offline --target host",
    "binstall explain --manifest-path Cargo.toml",
    "binstall sync",
    "binstall sync --check",
    "ci github",
    "ci github --check",
    "ci gitlab",
    "publish-status --offline",
    "check --offline",
    "adopt --plan",
    "adopt --yes --allow-dirty",
    "adopt --check",
];

fn project() -> Fixture {
    let hello = Fixture::package("rust-version = \"1.85\"\n");
    hello.config("targets = [\"host\"]\n");
    hello.write("CHANGELOG.md", "## 1.2.3\n\n- Hello.\n");
    hello.commit();
    hello.git(&["remote", "add", "origin", "https://github.com/owner/hello.git"]);
    hello
}

fn told(line: &str, said: &Said) {
    assert_eq!(said.code, Some(0), "{line}\n--- stdout\n{}\n--- stderr\n{}", said.stdout, said.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_network_all_of_them_work() {
    let hello = project();
    let mut probe = Command::new("unshare");
    if !probe.args(["--map-root-user", "--net", "true"]).output().is_ok_and(|output| output.status.success()) {
        let (what, remedy) = ("unshare --net".to_owned(), "allow user namespaces".to_owned());
        let missing = Missing { what, reason: "it is refused".to_owned(), remedy };
        let (test, purpose) = ("no_network::without_a_network_all_of_them_work".to_owned(), "no network".to_owned());
        return skip::record(&skip::file(), &Skip { test, purpose, missing });
    }
    for line in COMMANDS {
        let mut unshare = command("unshare");
        unshare.args(["--map-root-user", "--net"]).arg(binary()).arg("dist").args(line.split(' '));
        told(line, &said(unshare.current_dir(&*hello).env("NO_COLOR", "1")));
    }
    // What cannot do without says so, and what mends it.
    for (line, words) in
        [("publish-status", "the registry said nothing of hello"), ("tag", "cannot ask origin for its tags")]
    {
        let mut unshare = command("unshare");
        unshare.args(["--map-root-user", "--net"]).arg(binary()).arg("dist").args(line.split(' '));
        let said = said(unshare.current_dir(&*hello).env("NO_COLOR", "1"));
        assert!(said.stderr.contains(words), "{line}: {said:?}");
    }
}

#[test]
fn with_a_network_none_of_them_asks_it() {
    let hello = project();
    // Everything that speaks HTTP would come by here: cargo, curl, git, npm.
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let asking = |line: &str| {
        let mut tool = command(binary());
        tool.arg("dist").args(line.split(' ')).current_dir(&*hello).env("NO_COLOR", "1");
        for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "CARGO_HTTP_PROXY"] {
            tool.env(name, &address);
        }
        tool
    };
    for line in COMMANDS {
        told(line, &said(&mut asking(line)));
        assert!(proxy.accept().is_err(), "{line} asks the network");
    }
    // The proxy would have seen it.
    let mut git = command("git");
    git.args(["ls-remote", "http://example.org/x.git"]).env("http_proxy", &address).env("GIT_TERMINAL_PROMPT", "0");
    let mut child = git.spawn().unwrap();
    let seen = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        proxy.accept().is_ok()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(seen, "git goes by the proxy");
}
