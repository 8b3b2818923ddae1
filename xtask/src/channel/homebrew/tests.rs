//! What the formula says of a release.

use serde_json::json;

use super::*;
use crate::channel::testing;
use crate::project::Role;

/// A release for `targets`, with these settings of the channel.
fn release(targets: &[&str], settings: Value) -> Manifest {
    let mut release = testing::release_for(targets);
    let channels = &mut release.plan.packages[0].channels;
    let plan = channels.iter_mut().find(|channel| channel.id == "homebrew").unwrap();
    let Value::Object(settings) = settings else { panic!("no table") };
    plan.settings.as_object_mut().unwrap().extend(settings);
    release
}

/// Gives the archives other names, as `name` of [channel.archive] does.
fn rename(release: &mut Manifest, name: impl Fn(&str) -> String) {
    for asset in &mut release.assets {
        let (folder, _) = asset.url.as_deref().unwrap().rsplit_once('/').unwrap();
        asset.url = Some(format!("{folder}/{}", name(asset.target.triple())));
    }
}

/// What stands in the block of a platform.
fn block<'t>(formula: &'t str, on_os: &str, on_cpu: &str) -> Option<&'t str> {
    let (_, system) = formula.split_once(&format!("\n  {on_os} do\n"))?;
    let (system, _) = system.split_once("\n  end\n")?;
    let (_, cpu) = system.split_once(&format!("    {on_cpu} do\n"))?;
    Some(cpu.split_once("    end").map_or(cpu, |(block, _)| block))
}

#[test]
fn golden() {
    testing::golden(&Homebrew, "homebrew/tally.rb", "formula.rb", include_str!("../golden/formula.rb"));
}

#[test]
fn golden_of_everything() {
    let settings = json!({
        "name": "tally-cli",
        "depends_on": ["openssl@3", "acme/tap/lines"],
        "conflicts_with": { "tally-top": "both install a `tally-top`" },
        "caveats": "Say \"#{hello}\" to it:\n\n  tally init\n",
        "service": {
            "run": ["tally", "--serve", "#{port}"], "keep_alive": true, "require_root": true, "working_dir": "tally",
            "log": "log/tally.log", "error_log": "log/tally.err", "env": { "TALLY_MODE": "server", "TZ": "UTC" },
        },
    });
    let mut release = release(&["universal-apple-darwin"], settings);
    let package = &mut release.plan.packages[0];
    package.about.license = Some("MIT OR (Apache-2.0 WITH LLVM-exception AND BSD-3-Clause)".into());
    release.plan.tag = "tally/v1.2.3".into();
    rename(&mut release, |triple| format!("tally-{triple}.tar.gz"));
    release.assets[0].url = Some("https://example.org/tally-universal-apple-darwin.tar.gz".into());
    let golden = include_str!("../golden/formula_of_everything.rb");
    testing::golden_of(&Homebrew, &release, "homebrew/tally-cli.rb", "formula_of_everything.rb", golden);
}

#[test]
fn an_archive_for_two_processors_serves_both_and_one_for_one_comes_first() {
    let all = release(&["aarch64-apple-darwin", "universal-apple-darwin"], json!({}));
    let formula = testing::text_of(&Homebrew, &all);
    assert!(block(&formula, "on_macos", "on_arm").unwrap().contains("/tally-aarch64-apple-darwin-v1.2.3.tar.gz"));
    assert!(block(&formula, "on_macos", "on_intel").unwrap().contains("/tally-universal-apple-darwin-v1.2.3.tar.gz"));
    let Made::Outputs(outputs) = testing::made(&Homebrew, &release(&["universal-apple-darwin"], json!({}))) else {
        panic!("skipped")
    };
    assert_eq!(outputs[0].claims.len(), 1, "one archive, whatever it serves");
}

#[test]
fn what_the_release_lacks_is_absent() {
    let formula = testing::text_of(&Homebrew, &release(&["x86_64-unknown-linux-musl"], json!({})));
    assert!(block(&formula, "on_linux", "on_intel").is_some());
    assert!(block(&formula, "on_linux", "on_arm").is_none() && !formula.contains("on_macos"), "{formula}");
    assert!(formula.contains("  depends_on :linux\n"), "{formula}");
    let both = ["x86_64-unknown-linux-musl", "x86_64-apple-darwin", "x86_64-pc-windows-msvc"];
    assert!(!testing::text_of(&Homebrew, &release(&both, json!({}))).contains("depends_on"));
}

#[test]
fn musl_serves_linux_where_there_is_no_gnu_or_it_is_preferred() {
    let both = ["x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"];
    for (settings, libc) in [(json!({}), "gnu"), (json!({ "linux": "musl" }), "musl")] {
        let formula = testing::text_of(&Homebrew, &release(&both, settings));
        let intel = format!("/tally-x86_64-unknown-linux-{libc}-v1.2.3.tar.gz");
        assert!(block(&formula, "on_linux", "on_intel").unwrap().contains(&intel), "{formula}");
        assert!(block(&formula, "on_linux", "on_arm").unwrap().contains("/tally-aarch64-unknown-linux-musl-"));
    }
}

#[test]
fn the_version_is_said_where_homebrew_reads_another() {
    let targets = ["aarch64-apple-darwin", "x86_64-unknown-linux-musl"];
    assert!(!testing::text_of(&Homebrew, &release(&targets, json!({}))).contains("version \""));

    let mut versionless = release(&targets, json!({}));
    rename(&mut versionless, |triple| format!("tally-{triple}.tar.gz"));
    // The tag is in the URLs of GitHub, and read before names.
    assert!(!testing::text_of(&Homebrew, &versionless).contains("version \""));
    for asset in &mut versionless.assets {
        asset.url = asset.url.as_ref().map(|url| url.replace("/v1.2.3/", "/tally-v1.2.3/"));
    }
    let formula = testing::text_of(&Homebrew, &versionless);
    // Only x86_64 looks like a number; said there alone, it is redundant nowhere.
    assert_eq!(formula.matches("version \"1.2.3\"").count(), 1, "{formula}");
    assert!(block(&formula, "on_linux", "on_intel").unwrap().contains("\n      version \"1.2.3\"\n"), "{formula}");
    for asset in &mut versionless.assets {
        asset.url = asset.url.as_ref().map(|url| url.replace("/tally-v1.2.3/", "/nightly/"));
    }
    let formula = testing::text_of(&Homebrew, &versionless);
    assert!(formula.contains("\n  version \"1.2.3\"\n  license"), "{formula}");
    assert_eq!(formula.matches("version \"1.2.3\"").count(), 1, "{formula}");
}

#[test]
fn a_versioned_formula_is_not_linked_and_conflicts_with_nothing() {
    let settings = json!({ "versioned": "minor", "conflicts_with": { "x": "y" } });
    let mut release = release(&["aarch64-apple-darwin"], settings);
    let Made::Outputs(outputs) = testing::made(&Homebrew, &release) else { panic!("skipped") };
    let paths: Vec<&str> = outputs.iter().map(|output| output.path.as_str()).collect();
    assert_eq!(paths, ["homebrew/tally.rb", "homebrew/tally@1.2.rb"]);
    let Content::Text(formula) = &outputs[1].content else { panic!("no text") };
    assert!(formula.starts_with("class TallyAT12 < Formula\n"), "{formula}");
    assert!(formula.contains("  keg_only :versioned_formula\n"), "{formula}");
    assert!(!formula.contains("conflicts_with") && !formula.contains("livecheck"), "{formula}");
    assert_eq!(outputs[1].claims, outputs[0].claims);
    release.plan.version = "1.2.3-rc.1".into();
    let Made::Outputs(outputs) = testing::made(&Homebrew, &release) else { panic!("skipped") };
    assert_eq!(outputs.len(), 1, "nobody is to stay at a pre-release");
}

#[test]
fn files_that_not_all_archives_have_are_installed_where_they_are() {
    let mut release = release(&["aarch64-apple-darwin", "x86_64-unknown-linux-musl"], json!({}));
    release.assets[0].entries.retain(|entry| !entry.path.ends_with("tally-top") && entry.role != Role::Manual);
    let formula = testing::text_of(&Homebrew, &release);
    assert!(formula.contains("    bin.install \"tally\"\n"), "{formula}");
    assert!(formula.contains("    bin.install \"tally-top\" if File.exist?(\"tally-top\")\n"), "{formula}");
    assert!(formula.contains("    man1.install \"man/tally.1\" if File.exist?(\"man/tally.1\")\n"), "{formula}");
    assert!(!formula.contains("#{bin/\"tally-top\"}"), "{formula}");
}

#[test]
fn a_bare_program_is_installed_by_its_name_where_it_is() {
    let mut release = release(&["aarch64-apple-darwin", "x86_64-unknown-linux-musl"], json!({}));
    for (plan, asset) in release.plan.packages[0].targets.iter_mut().zip(&mut release.assets) {
        plan.binaries.truncate(1);
        asset.entries.retain(|entry| !entry.path.ends_with("tally-top"));
    }
    let plan = &mut release.plan.packages[0].targets[1];
    plan.archive.format = crate::targets::ArchiveFormat::Bin;
    plan.archive.asset = "tally-linux".into();
    release.assets[1].entries.retain(|entry| entry.role == Role::Executable);
    (release.assets[1].name, release.assets[1].entries[0].path) = ("tally-linux".into(), "tally-linux".into());
    let formula = testing::text_of(&Homebrew, &release);
    assert!(formula.contains("    bin.install \"tally\" if File.exist?(\"tally\")\n"), "{formula}");
    let bare = "    bin.install \"tally-linux\" => \"tally\" if File.exist?(\"tally-linux\")\n";
    assert!(formula.contains(bare), "{formula}");
    assert!(formula.contains("    man1.install \"man/tally.1\" if File.exist?"), "{formula}");
    assert_eq!(formula.matches("#{bin/\"tally\"} --version").count(), 1, "{formula}");
}

#[test]
fn brew_enters_one_folder_and_no_second() {
    let folders = |change: fn(&str) -> String| {
        let mut release = release(&["aarch64-apple-darwin"], json!({}));
        for entry in &mut release.assets[0].entries {
            entry.path = change(entry.path.split_once('/').unwrap().1);
        }
        testing::text_of(&Homebrew, &release)
    };
    assert!(folders(str::to_owned).contains("    bin.install \"tally\"\n"));
    assert!(folders(|path| format!("a/{path}")).contains("    bin.install \"tally\"\n"));
    assert!(folders(|path| format!("a/b/{path}")).contains("    bin.install \"b/tally\"\n"));
}

#[test]
fn a_service_runs_a_program_that_there_is() {
    let release = release(
        &["aarch64-apple-darwin"],
        json!({ "service": { "run": ["tly"], "keep_alive": false,
        "require_root": false, "working_dir": null, "log": null, "error_log": null, "env": {} } }),
    );
    let templates = crate::template::Templates::load(std::path::Path::new("/nonexistent"), &[FORMULA]).unwrap();
    let package = &release.plan.packages[0];
    let channel = package.channel("homebrew").unwrap();
    let error = Homebrew.outputs(&Work { release: &release, package, channel, templates: &templates }).unwrap_err();
    assert!(error.to_string().contains("the service runs `tly`"), "{error}");
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn names_that_homebrew_cannot_have_are_skipped() {
    let mut release = release(&["aarch64-apple-darwin"], json!({}));
    let package = &mut release.plan.packages[0];
    let settings = package.channel("homebrew").unwrap().settings.clone();
    package.name = "Tally".into();
    assert!(Homebrew.applies(package, &settings).is_ok(), "it is found in small letters");
    package.name = "größe".into();
    let skip = Homebrew.applies(package, &settings).unwrap_err();
    assert!(skip.reason.contains("`größe` cannot be a formula's name") && skip.remedy.contains("name = "), "{skip}");
}

#[test]
fn only_a_tap_is_published_to() {
    let made = |settings| {
        let release = release(&["aarch64-apple-darwin"], settings);
        Homebrew.publish(&release, &testing::OneFile(b"text".to_vec()))
    };
    let [Err(skip)] = &made(json!({}))[..] else { panic!("published without a tap") };
    assert_eq!(skip.reason, "no tap is configured");
    let steps = made(json!({ "tap": "../tap", "versioned": "minor" }));
    let titles: Vec<String> = steps.iter().map(|step| step.as_ref().ok().unwrap().title()).collect();
    assert_eq!(titles, ["tally 1.2.3 to ../tap", "tally@1.2 1.2.3 to ../tap"]);
}

#[test]
fn what_is_mended_is_remarked() {
    let mut release = release(&["aarch64-apple-darwin"], json!({}));
    let package = &mut release.plan.packages[0];
    assert_eq!(Homebrew.remarks(package), [""; 0]);
    package.about.description = Some("A tool.".into());
    package.about.license = Some("see LICENSE".into());
    let remarks = Homebrew.remarks(package);
    assert!(remarks[0].contains("\"Tool\" (the article goes, the full stop goes, "), "{remarks:?}");
    assert!(remarks[1].contains("`see LICENSE` is no SPDX expression"), "{remarks:?}");
}
