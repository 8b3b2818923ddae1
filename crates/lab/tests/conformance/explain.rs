//! Every case on `cargo xtask dist binstall explain`, as its users have it.

use std::fs;

use lab::{scratch, xtask};
use serde_json::Value;

use crate::archives::Served;
use crate::case::{Case, Outcome, cases};
use crate::live::{differences, each};
use crate::table::beyond;

#[test]
fn the_command_says_what_the_client_does() {
    let cases = cases("binstall.json").into_iter().chain(cases("more.json"));
    let cases: Vec<Case> = cases.filter(|case| beyond(case).or(unasked(case)).is_none()).collect();
    println!("{} cases", cases.len());
    each(&cases, agrees);
}

/// Why the command cannot be asked what a case asks.
fn unasked(case: &Case) -> Option<&'static str> {
    let signed = case.public_key().is_some() || case.args().contains(&"--only-signed");
    if case.targets().len() > 1 {
        Some("one target is explained after the other, each for itself")
    } else if !case.archives().is_empty() && nothing_answers(case) {
        Some("where a file is published, besides its name, is not known to the command")
    } else if case.archives().len() > 1 {
        Some("one archive is explained")
    } else if signed && !case.archives().is_empty() {
        Some("a signature is beside the archive, and `verify` is who looks at it")
    } else {
        None
    }
}

fn nothing_answers(case: &Case) -> bool {
    case.expected().error.is_some_and(|error| error.contains("Fallback to cargo-install is disabled"))
}

fn agrees(case: &Case) -> Result<(), String> {
    let project = scratch("explain");
    case.write(&project, str::to_owned);
    let mut explain = xtask::dist(&project, ["binstall", "explain", "--format", "json", "--manifest-path", "."]);
    explain.args(["--package", case.package()]);
    explain.args(case.targets().iter().flat_map(|target| ["--target", target]));
    match &case.args()[..] {
        [] => explain.args(["--strategies", "crate-meta-data"]),
        args => explain.args(args),
    };
    if let [archive] = case.archives() {
        let file = project.join("archives").join(file_name(archive["url"].as_str().unwrap()));
        fs::create_dir(file.parent().unwrap()).unwrap();
        fs::write(&file, Served::of(archive).bytes).unwrap();
        explain.arg("--archive").arg(file);
    }
    let output = explain.output().unwrap();
    let expected = case.expected();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let Ok(explained) = serde_json::from_slice::<Value>(&output.stdout) else {
        // Nothing can be explained: not even a manifest, or no strategy is left.
        let known = matches!(expected.code, Some(2 | 99)) && output.status.code() == Some(2);
        return if known { Ok(()) } else { Err(format!("{}: {said}", output.status)) };
    };
    let texts = |key: &str| -> Vec<String> {
        explained[key].as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let success = expected.code == Some(0) || expected.urls.is_some();
    if output.status.success() != success && !case.archives().is_empty() {
        return Err(format!("ended with {}, the client with {:?}: {said}", output.status, expected.code));
    }
    let bins = explained["bins"].as_object().into_iter().flatten();
    // The file is known by its name alone: the first URL that ends so is told.
    let same_name = |url: &str| expected.url.as_deref().is_some_and(|expected| file_name(expected) == file_name(url));
    let seen = Outcome {
        urls: Some(texts("urls")),
        // Without an archive the command says what would be, and the client that nothing is there.
        url: match explained["url"].as_str() {
            Some(url) if same_name(url) => expected.url.clone(),
            _ => None,
        },
        bins: bins
            .map(|(name, path)| (name.clone(), path.as_str().unwrap().to_owned()))
            .filter(|_| expected.url.is_some())
            .collect(),
        error: explained["error"].as_str().map(str::to_owned),
        code: expected.code,
    };
    let error = seen.error.clone().unwrap_or(said);
    differences(&expected, &seen, &error)
}

/// What a file is called that is at this URL; SourceForge has one more word there.
fn file_name(url: &str) -> &str {
    url.trim_end_matches("/download").rsplit('/').next().unwrap()
}
