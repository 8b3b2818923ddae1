//! A target that cannot be made does not stop the others, if that is wanted; and nobody takes the result for whole.

use std::fs;
use std::path::Path;

use lab::xtask::dist;
use lab::{Fixture, command, run, run_failing, scratch};
use serde_json::Value;
use xtask_dist::layout::files_below;

const GNU: &str = "x86_64-unknown-linux-gnu";
const MUSL: &str = "x86_64-unknown-linux-musl";
const FREEBSD: &str = "x86_64-unknown-freebsd";

/// A project for `targets` that does not compile where the variable BREAK names the target's libc.
fn project(targets: &[&str]) -> Fixture {
    run(command("rustup").args(["target", "add", GNU, MUSL]));
    let hello = Fixture::hello();
    hello.write(
        "build.rs",
        "use std::env::var;\nfn main() {\n    println!(\"cargo::rerun-if-env-changed=BREAK\");\n    \
         if var(\"BREAK\").is_ok() && var(\"BREAK\") == var(\"CARGO_CFG_TARGET_ENV\") { println!(\"cargo::rustc-cfg=broken\") }\n}\n",
    );
    hello.write(
        "src/main.rs",
        &format!("#![allow(unexpected_cfgs)]\n#[cfg(broken)]\ncompile_error!(\"broken\");\n{}", lab::fixture::MAIN),
    );
    hello.config(&format!(
        "targets = {targets:?}\n[target.{GNU}]\nbuilder = \"cargo\"\n[target.{MUSL}]\nbuilder = \"cargo\"\n"
    ));
    hello.commit();
    hello
}

fn manifest(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// What a manifest says is missing: targets and reasons.
fn missing(manifest: &Value) -> Vec<(&str, &str)> {
    let missing = manifest["missing"].as_array().unwrap().iter();
    missing.map(|missing| (missing["target"].as_str().unwrap(), missing["reason"].as_str().unwrap())).collect()
}

#[test]
fn what_this_machine_lacks_and_what_does_not_compile_are_left_out_and_named() {
    let hello = project(&[GNU, MUSL, FREEBSD]);
    let tool = |args: &[&str]| {
        let mut tool = dist(&hello, args.iter().copied());
        // No cross here, and none is brought.
        tool.env("BREAK", "musl").arg("--offline");
        String::from_utf8_lossy(&run_failing(&mut tool).stderr).into_owned()
    };
    let release = hello.join("target/releases/v1.2.3");
    let refused = tool(&[]);
    assert!(refused.contains("cross is missing") && !refused.contains("Building"), "{refused}");
    assert!(!release.exists());

    let mut going = dist(&hello, ["--keep-going", "--offline"]);
    let going = run_failing(going.env("BREAK", "musl"));
    assert_eq!(going.status.code(), Some(1));
    let (said, summary) = (String::from_utf8_lossy(&going.stderr), String::from_utf8_lossy(&going.stdout));
    for (target, reason) in
        [(FREEBSD, "cross is missing"), (MUSL, "hello for x86_64-unknown-linux-musl cannot be compiled")]
    {
        assert!(said.contains(&format!("error: hello for {target} is left out\n  because: {reason}")), "{said}");
        let line = format!("MISSING: hello-{target}-v1.2.3.tar.gz (hello for {target}): {reason}");
        assert!(summary.contains(&line), "{summary}");
    }
    let manifest = manifest(&release.join("dist-manifest.json"));
    let missing = missing(&manifest);
    assert_eq!(missing[0].0, FREEBSD);
    assert!(missing[0].1.contains("cross is missing"), "{missing:?}");
    assert_eq!(missing[1..], [(MUSL, "hello for x86_64-unknown-linux-musl cannot be compiled")]);
    assert_eq!(manifest["builds"].as_array().unwrap().len(), 1);
    assert!(!fs::read_to_string(release.join("dist-manifest.json")).unwrap().contains(&hello.display().to_string()));
    // The channels know of nothing but what is there: no image, for only musl's programs are static.
    let formula = fs::read_to_string(release.join("homebrew/hello.rb")).unwrap();
    assert!(formula.contains(GNU) && !formula.contains(MUSL), "{formula}");
    let services = run_failing(&mut dist(&hello, ["verify", "--verbose"]));
    let services = String::from_utf8_lossy(&services.stdout).into_owned();
    assert!(services.contains(&format!("cargo binstall hello on {GNU}: ")) && !services.contains(MUSL), "{services}");
    assert!(!release.join("docker").exists());

    let found = run_failing(&mut dist(&hello, ["verify"]));
    let found = String::from_utf8_lossy(&found.stderr).into_owned();
    assert!(found.contains("the release lacks hello-x86_64-unknown-linux-musl-v1.2.3.tar.gz"), "{found}");
    assert_eq!(found.matches("error: ").count(), 2, "{found}");
}

/// One call of cargo compiles for both, and cargo asks about each target before it compiles for any.
#[test]
#[cfg(unix)]
fn a_target_at_which_cargo_stops_at_once_is_the_only_one_lost() {
    use std::os::unix::fs::PermissionsExt as _;

    let hello = project(&[GNU, MUSL]);
    let folder = scratch("wrapper");
    let wrapper = folder.join("rustc");
    let script = format!("#!/bin/sh\ncase \"$*\" in *{MUSL}*) exit 1;; esac\nexec \"$@\"\n");
    fs::write(&wrapper, script).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    let failed = run_failing(dist(&hello, ["--keep-going"]).env("RUSTC_WRAPPER", &wrapper));
    assert_eq!(failed.status.code(), Some(1), "{}", String::from_utf8_lossy(&failed.stderr));
    let manifest = manifest(&hello.join("target/releases/v1.2.3/dist-manifest.json"));
    assert_eq!(missing(&manifest), [(MUSL, "hello for x86_64-unknown-linux-musl cannot be compiled")]);
    assert_eq!(manifest["assets"][0]["target"], GNU);
}

#[test]
fn where_nothing_can_be_made_the_old_release_stays() {
    let hello = project(&[MUSL]);
    run(&mut dist(&hello, []));
    let release = hello.join("target/releases/v1.2.3");
    let before = fs::read(release.join("SHA256SUMS")).unwrap();
    let refused = run_failing(dist(&hello, ["--keep-going"]).env("BREAK", "musl"));
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("no target could be made"), "{refused}");
    assert_eq!(fs::read(release.join("SHA256SUMS")).unwrap(), before);
}

#[test]
fn a_shard_without_its_archive_is_made_up_for_by_another_or_named() {
    let hello = project(&[GNU, MUSL]);
    let folder = scratch("shards");
    let shard = |name: &str| folder.join(name).display().to_string();
    let (gnu, broken, musl) = (shard("gnu"), shard("broken"), shard("musl"));
    run(&mut dist(&hello, ["build", "--target", GNU, "-o", &gnu]));
    let failed =
        run_failing(dist(&hello, ["build", "--target", MUSL, "-o", &broken, "--keep-going"]).env("BREAK", "musl"));
    assert_eq!(failed.status.code(), Some(1));
    assert_eq!(missing(&manifest(&Path::new(&broken).join("v1.2.3/dist-shard.json")))[0].0, MUSL);

    let refused = run_failing(&mut dist(&hello, ["merge", &gnu, &broken]));
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("no shard has hello-x86_64-unknown-linux-musl-v1.2.3.tar.gz"), "{refused}");
    assert!(refused.contains("because: hello for x86_64-unknown-linux-musl cannot be compiled"), "{refused}");

    let going = run_failing(&mut dist(&hello, ["merge", "--keep-going", &gnu, &broken]));
    assert_eq!(going.status.code(), Some(1));
    let release = hello.join("target/releases/v1.2.3");
    let incomplete = manifest(&release.join("dist-manifest.json"));
    assert_eq!(missing(&incomplete), [(MUSL, "hello for x86_64-unknown-linux-musl cannot be compiled")]);

    run(&mut dist(&hello, ["build", "--target", MUSL, "-o", &musl]));
    run(&mut dist(&hello, ["merge", &gnu, &broken, &musl]));
    assert_eq!(missing(&manifest(&release.join("dist-manifest.json"))), []);
    let archives = files_below(&release).unwrap().into_iter().filter(|file| file.ends_with(".tar.gz")).count();
    assert_eq!(archives, 2);
}
