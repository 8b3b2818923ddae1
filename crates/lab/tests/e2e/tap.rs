//! Publishing to a tap: a bare repository on this disk, as git serves it everywhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::xtask::dist;
use lab::{Fixture, Scratch, command, run, scratch};
use serde_json::{Value, json};

use crate::said::{Said, names_in, said};

/// A tap, and a project that publishes to it.
struct Bench {
    project: Fixture,
    folder: Scratch,
}

impl Bench {
    /// An empty tap; `settings` are more lines of `[channel.homebrew]`.
    fn new(settings: &str) -> Self {
        let bench = Self { project: Fixture::hello(), folder: scratch("tap") };
        run(command("git").args(["init", "--quiet", "--bare", "--initial-branch=trunk"]).arg(bench.tap()));
        let tap = bench.tap();
        bench.project.config(&format!("[channel.homebrew]\ntap = \"{}\"\n{settings}\n", tap.display()));
        let identity = "[user]\n\tname = A User\n\temail = user@example.org\n\tuseConfigOnly = true\n";
        fs::write(bench.folder.join("gitconfig"), identity).unwrap();
        bench
    }

    fn tap(&self) -> PathBuf {
        self.folder.join("homebrew-tap.git")
    }

    /// Releases the project as this version.
    fn release(&self, version: &str) {
        let file = self.project.join("Cargo.toml");
        let manifest = fs::read_to_string(&file).unwrap();
        let (before, rest) = manifest.split_once("version = \"").unwrap();
        let (_, after) = rest.split_once('"').unwrap();
        fs::write(&file, format!("{before}version = \"{version}\"{after}")).unwrap();
        self.project.lock();
        run(&mut dist(&self.project, ["--channel", "homebrew"]));
    }

    /// `dist publish ARGS`, with the git user of the test.
    fn publish(&self, args: &[&str]) -> Command {
        let mut command = dist(&self.project, ["publish"].into_iter().chain(args.iter().copied()));
        command.env("GIT_CONFIG_GLOBAL", self.folder.join("gitconfig")).env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    #[track_caller]
    fn published(&self, code: i32, parts: &[&str]) -> Said {
        said(&mut self.publish(&[])).ends(code, parts)
    }

    /// The same, with a script in the place of git that is given the real one as `$GIT`.
    fn publish_with(&self, script: &str) -> Said {
        let bin = self.folder.join("bin");
        fs::create_dir_all(&bin).unwrap();
        let real = run(command("sh").args(["-c", "command -v git"])).stdout;
        let real = String::from_utf8(real).unwrap();
        let text = format!("#!/bin/sh\nGIT={}\n{script}\nexec \"$GIT\" \"$@\"\n", real.trim());
        fs::write(bin.join("git"), text).unwrap();
        run(command("chmod").arg("+x").arg(bin.join("git")));
        let path = std::env::var("PATH").unwrap();
        said(self.publish(&[]).env("PATH", format!("{}:{path}", bin.display())).env("TAP", self.tap()))
    }

    fn git(&self, args: &[&str]) -> String {
        let output = run(command("git").arg("--git-dir").arg(self.tap()).args(args));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The subjects of the tap's commits, the newest first.
    fn log(&self) -> Vec<String> {
        self.git(&["log", "--format=%s", "trunk"]).lines().map(str::to_owned).collect()
    }

    /// A file of the tap.
    fn file(&self, path: &str) -> String {
        self.git(&["show", &format!("trunk:{path}")])
    }

    /// A file of the release, as git prints it.
    fn of_release(&self, version: &str, path: &str) -> String {
        let file = self.project.join(format!("target/releases/v{version}/homebrew/{path}"));
        fs::read_to_string(file).unwrap().trim().to_owned()
    }

    /// Has somebody else push a file.
    fn push(&self, path: &str, text: &str) {
        let clone = self.folder.join("clone");
        let _ = fs::remove_dir_all(&clone);
        run(command("git").args(["clone", "--quiet"]).arg(self.tap()).arg(&clone));
        fs::create_dir_all(clone.join(path).parent().unwrap()).unwrap();
        fs::write(clone.join(path), text).unwrap();
        let identity = ["-c", "user.name=Other", "-c", "user.email=other@example.org"];
        let git = |args: &[&str]| run(command("git").args(identity).args(args).current_dir(&clone));
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", &format!("other {path}")]);
        git(&["push", "--quiet", "origin", "HEAD:trunk"]);
    }
}

#[test]
fn a_formula_comes_into_an_empty_tap_stays_and_is_replaced_by_the_next() {
    let bench = Bench::new("");
    bench.release("1.2.3");
    let asked = said(&mut bench.publish(&["--dry-run"])).ends(0, &["note: upload the files of v1.2.3 first"]);
    assert!(asked.stdout.contains("  to do  homebrew  hello 1.2.3 to /"), "{}", asked.stdout);
    assert_eq!(bench.git(&["branch", "--all"]), "", "asking changed something");

    let first = bench.published(0, &["Publishing hello 1.2.3 to /"]);
    assert!(first.stdout.contains("  done  homebrew  hello 1.2.3 to /"), "{}", first.stdout);
    assert_eq!(bench.log(), ["hello 1.2.3 (new formula)"]);
    assert_eq!(bench.git(&["log", "--format=%an <%ae> %cn", "trunk"]), "A User <user@example.org> A User");
    assert_eq!(bench.file("Formula/hello.rb"), bench.of_release("1.2.3", "hello.rb"));
    assert_eq!(bench.git(&["ls-tree", "-r", "trunk", "--format=%(objectmode) %(path)"]), "100644 Formula/hello.rb");

    let again = bench.published(0, &[]);
    assert!(again.stdout.contains("  there already  homebrew  hello 1.2.3"), "{}", again.stdout);
    assert!(!again.stderr.contains("upload the files"), "{}", again.stderr);
    assert_eq!(bench.log().len(), 1, "a commit of nothing");

    bench.push("README.md", "# a tap\n");
    bench.release("1.2.4");
    let asked = said(&mut bench.publish(&["--dry-run"])).ends(0, &[]);
    assert!(asked.stdout.contains("to do") && asked.stdout.contains("the tap has 1.2.3"), "{}", asked.stdout);
    bench.published(0, &[]);
    assert_eq!(bench.log(), ["hello 1.2.4", "other README.md", "hello 1.2.3 (new formula)"]);
    assert_eq!(bench.file("Formula/hello.rb"), bench.of_release("1.2.4", "hello.rb"));
    assert_eq!(bench.file("README.md"), "# a tap");
    // An old release that is published again takes nothing back.
    let old = said(&mut bench.publish(&["target/releases/v1.2.3"])).ends(0, &[]);
    assert!(
        old.stdout.contains("not done") && old.stdout.contains("the tap has 1.2.4, which is newer"),
        "{}",
        old.stdout
    );
    assert_eq!(bench.log().len(), 3);
}

#[test]
fn a_pre_release_takes_the_place_of_no_stable_one() {
    let bench = Bench::new("versioned = \"minor\"");
    bench.release("1.3.0-rc.1");
    bench.published(0, &[]);
    assert_eq!(bench.log(), ["hello 1.3.0-rc.1 (new formula)"], "there was no other");
    bench.release("1.3.0");
    bench.published(0, &[]);
    assert_eq!(bench.log()[..2], ["hello@1.3 1.3.0 (new formula)", "hello 1.3.0"]);
    bench.release("1.4.0-rc.1");
    let kept = bench.published(0, &[]);
    let why = "1.4.0-rc.1 is a pre-release: the tap keeps 1.3.0, and `brew install hello` goes on giving 1.3.0";
    assert!(
        kept.stdout.contains("not done  homebrew  hello 1.4.0-rc.1") && kept.stdout.contains(why),
        "{}",
        kept.stdout
    );
    assert_eq!(bench.log().len(), 3);
}

#[test]
fn versioned_formulae_stay_where_they_are() {
    let bench = Bench::new("versioned = \"minor\"\nauthor = \"Bot <bot@example.org>\"");
    for version in ["1.2.3", "1.3.0", "1.3.1"] {
        bench.release(version);
        bench.published(0, &[]);
    }
    let files = bench.git(&["ls-tree", "-r", "--name-only", "trunk"]);
    assert_eq!(files, "Formula/hello.rb\nFormula/hello@1.2.rb\nFormula/hello@1.3.rb");
    assert_eq!(bench.file("Formula/hello@1.2.rb"), bench.of_release("1.2.3", "hello@1.2.rb"));
    assert_eq!(bench.file("Formula/hello@1.3.rb"), bench.of_release("1.3.1", "hello@1.3.rb"));
    assert!(bench.file("Formula/hello@1.3.rb").starts_with("class HelloAT13 < Formula"));
    assert_eq!(bench.git(&["log", "-1", "--format=%an", "trunk"]), "Bot");
}

#[test]
fn a_run_that_was_killed_is_finished_by_the_next() {
    let bench = Bench::new("versioned = \"minor\"");
    bench.release("1.2.3");
    let killed = bench.publish_with("case \"$*\" in *' push '*) kill -9 $PPID; exit 1;; esac");
    assert_eq!((killed.code, bench.git(&["branch", "--all"])), (None, String::new()), "before the first push");
    let killed = bench.publish_with("case \"$*\" in *' push '*) \"$GIT\" \"$@\"; kill -9 $PPID; exit 1;; esac");
    assert_eq!(killed.code, None, "{killed:?}");
    assert_eq!(bench.log(), ["hello 1.2.3 (new formula)"], "between the two");
    bench.published(0, &[]);
    assert_eq!(bench.log(), ["hello@1.2 1.2.3 (new formula)", "hello 1.2.3 (new formula)"]);
    let target = names_in(&bench.project.join("target"));
    assert!(!target.iter().any(|name| name.starts_with("publish")), "{target:?}");
}

#[test]
fn who_pushes_meanwhile_is_not_overwritten() {
    let bench = Bench::new("");
    bench.release("1.2.3");
    bench.push("Formula/other.rb", "class Other < Formula\nend\n");
    // The first push comes after somebody else's.
    let race = |times: u32| {
        let once = bench.folder.join("raced");
        format!(
            "case \"$*\" in *' push '*) if [ \"$(cat '{0}' 2>/dev/null | wc -l)\" -lt {times} ]; then echo >> '{0}'
            tree=$(\"$GIT\" --git-dir=\"$TAP\" rev-parse trunk^{{tree}})
            export GIT_AUTHOR_NAME=O GIT_AUTHOR_EMAIL=o@x GIT_COMMITTER_NAME=O GIT_COMMITTER_EMAIL=o@x
            commit=$(\"$GIT\" --git-dir=\"$TAP\" commit-tree $tree -p trunk -m between)
            \"$GIT\" --git-dir=\"$TAP\" update-ref refs/heads/trunk $commit; fi;; esac",
            once.display()
        )
    };
    bench.publish_with(&race(1)).ends(0, &[]);
    assert_eq!(bench.log(), ["hello 1.2.3 (new formula)", "between", "other Formula/other.rb"]);
    // Whoever is overtaken every time gives up, and says in whose words.
    fs::remove_file(bench.folder.join("raced")).unwrap();
    bench.release("1.2.4");
    let parts =
        ["cannot publish hello 1.2.4 to /", "others pushed to /", "[rejected]", "help: mend it and run the same"];
    let lost = bench.publish_with(&race(9)).ends(1, &parts);
    assert!(lost.stdout.contains("  to do  homebrew  hello 1.2.4"), "{}", lost.stdout);
    assert_eq!(bench.log()[..3], ["between", "between", "hello 1.2.3 (new formula)"]);
    bench.published(0, &[]);
    assert_eq!(bench.log()[0], "hello 1.2.4");
}

#[test]
fn formulae_go_where_the_tap_has_them() {
    let bench = Bench::new("");
    bench.release("1.2.3");
    bench.push("HomebrewFormula/h/hello.rb", "class Hello < Formula\n  version \"1.0.0\"\nend\n");
    bench.published(0, &[]);
    assert_eq!(bench.git(&["ls-tree", "-r", "--name-only", "trunk"]), "HomebrewFormula/h/hello.rb");
    assert_eq!(bench.file("HomebrewFormula/h/hello.rb"), bench.of_release("1.2.3", "hello.rb"));
}

#[test]
fn a_release_that_was_altered_is_not_published() {
    let bench = Bench::new("");
    bench.release("1.2.3");
    let formula = bench.project.join("target/releases/v1.2.3/homebrew/hello.rb");
    let text = fs::read_to_string(&formula).unwrap();
    fs::write(&formula, text.replace("bin.install", "system")).unwrap();
    bench.published(1, &["homebrew/hello.rb: it has ", "help: make the release anew"]).without(&["Asking"]);
    assert_eq!(bench.git(&["branch", "--all"]), "");
}

#[test]
fn what_git_says_is_shown() {
    let bench = Bench::new("");
    bench.release("1.2.3");
    let hook = bench.tap().join("hooks/pre-receive");
    fs::write(&hook, "#!/bin/sh\necho 'the tap is frozen' >&2\nexit 1\n").unwrap();
    run(command("chmod").arg("+x").arg(&hook));
    let parts = ["cannot push to trunk of /", "the tap is frozen", "pre-receive hook declined", "help: mend it"];
    bench.published(1, &parts).without(&["others pushed"]);
    fs::remove_file(hook).unwrap();

    fs::write(bench.folder.join("gitconfig"), "[user]\n\tuseConfigOnly = true\n").unwrap();
    let parts = ["git does not know who commits", "Please tell me who you are", "help: git config --global user.name"];
    bench.published(1, &parts).without(&["Publishing"]);

    bench.project.config("[channel.homebrew]\ntap = \"./no-such-tap\"\nauthor = \"Me <me@example.org>\"\n");
    run(&mut dist(&bench.project, ["--channel", "homebrew"]));
    bench.published(1, &["cannot clone ./no-such-tap", "does not exist"]).without(&["Publishing"]);
}

#[test]
fn what_is_not_published_is_said_with_what_brings_it() {
    let hello = Fixture::hello();
    let publish = |folder: &Path, args: &[&str]| said(&mut dist(folder, ["publish"].iter().chain(args).copied()));
    publish(&hello, &[]).ends(1, &["there is no release of v1.2.3", "help: make it: cargo xtask dist"]);
    run(&mut dist(&hello, ["--channel", "homebrew"]));
    let none = publish(&hello, &[]).ends(0, &[]);
    for part in
        ["nothing to publish", "homebrew for hello: no tap is configured", "write `tap = \"OWNER/homebrew-tap\"`"]
    {
        assert!(none.stdout.contains(part), "{}", none.stdout);
    }
    let docker = publish(&hello, &["--channel", "docker"]).ends(0, &[]);
    assert!(docker.stdout.contains("docker: v1.2.3 was made without it"), "{}", docker.stdout);
    publish(&hello, &["--channel", "homebrw"]).ends(2, &["unknown channel `homebrw`", "did you mean `homebrew`?"]);
    publish(&hello, &["absent"]).ends(1, &["absent is no release directory"]);
}

#[test]
fn a_release_directory_is_published_by_itself_and_told_to_programs() {
    let bench = Bench::new("author = \"Bot <bot@example.org>\"");
    bench.release("1.2.3");
    // Nowhere near the workspace: another machine may have it.
    let elsewhere = scratch("elsewhere");
    lab::copy_dir(bench.project.join("target/releases/v1.2.3"), elsewhere.join("v1.2.3")).unwrap();
    let publish = |state: &str| {
        let published = said(&mut dist(&elsewhere, ["publish", "v1.2.3", "--format", "json"])).ends(0, &[]);
        let told: Value = serde_json::from_str(&published.stdout).unwrap();
        let title = format!("hello 1.2.3 to {}", bench.tap().display());
        let step = json!({ "channel": "homebrew", "title": title, "state": state });
        assert_eq!(told, json!([{ "tag": "v1.2.3", "steps": [step], "skipped": [] }]));
    };
    publish("done");
    publish("there-already");
    assert_eq!(bench.log(), ["hello 1.2.3 (new formula)"]);
}
