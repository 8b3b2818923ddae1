//! What was observed on the real cargo-binstall (see README.md here), against the resolver: every case of binstall.json.

mod archives;

use std::fs::{self, File};
use std::path::Path;

use lab::scratch;
use serde_json::{Map, Value, json};
use xtask_dist::binstall::{
    self, Answer, Candidate, Entry, Format, Refusal, Resolution, Served, Signature, Strategies, Strategy, archive,
};

/// What came of a case, in the words of the file.
type Outcome = Map<String, Value>;

fn cases() -> Vec<Value> {
    serde_json::from_str(include_str!("binstall.json")).unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        many => many.as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect(),
    }
}

#[test]
fn every_case_agrees() {
    let cases = cases();
    assert_eq!(cases.len(), 106);
    let failures: Vec<String> = cases.iter().filter_map(disagreement).collect();
    assert!(failures.is_empty(), "{} of {} disagree:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// What is not as it was observed.
fn disagreement(case: &Value) -> Option<String> {
    let id = case["id"].as_str().unwrap();
    let got = outcome(case);
    for (key, expected) in case["expect"].as_object().unwrap() {
        let same = match (key.as_str(), got.get(key), expected.as_str()) {
            // The file has the part of the client's words that matters.
            ("error", Some(Value::String(got)), Some(expected)) => got.contains(expected),
            (_, got, _) => got == Some(expected),
        };
        if !same {
            return Some(format!("  {id}: {key} is {:?}, observed {expected:?}", got.get(key)));
        }
    }
    let unexpected = got.contains_key("bin_paths") && case["expect"].get("bin_paths").is_none();
    unexpected.then(|| format!("  {id}: installed, observed {:?}", case["expect"]))
}

fn outcome(case: &Value) -> Outcome {
    let project = scratch("conformance");
    fs::write(project.join("Cargo.toml"), case["manifest_toml"].as_str().unwrap()).unwrap();
    for file in texts(&case["files"]) {
        let file = project.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }
    let package = binstall::read(&project.join("Cargo.toml"), case["package"]["name"].as_str().unwrap()).unwrap();
    let metadata = match package.metadata {
        Ok(metadata) => metadata,
        Err(refusal) => return refused(&refusal),
    };
    // As all cases were observed: `--strategies crate-meta-data`.
    let strategies = Strategies::new(&[Strategy::CrateMetaData], &[]).unwrap();
    let resolve = |triple: &str| binstall::resolve(&package.subject, &metadata, triple, &strategies);
    let resolutions: Vec<Resolution> = texts(&case["target"]).into_iter().map(resolve).collect();
    let urls: Vec<&str> = resolutions.iter().flat_map(|of| &of.candidates.urls).map(|url| url.url.as_str()).collect();
    let mut got = match serve(case, &resolutions, &project) {
        Ok(served) => installed(&served),
        Err(refusal) => refused(&refusal),
    };
    got.insert("urls_in_order".to_owned(), json!(urls));
    got
}

fn refused(refusal: &Refusal) -> Outcome {
    Map::from_iter([
        ("error".to_owned(), json!(refusal.to_string())),
        ("exit_code".to_owned(), refusal.exit_code().into()),
    ])
}

fn installed(served: &Served<'_>) -> Outcome {
    let paths: Map<String, Value> =
        served.found.programs.iter().map(|program| (program.installed.clone(), json!(program.path))).collect();
    Map::from_iter([
        ("url".to_owned(), json!(served.candidate.url)),
        ("bin_paths".to_owned(), Value::Object(paths)),
        ("exit_code".to_owned(), 0.into()),
    ])
}

/// What the server has for a candidate.
struct Given<'r> {
    candidate: &'r Candidate,
    entries: Result<Vec<Entry>, Refusal>,
    signature: Signature,
}

/// One target after the other, as long as nothing was installed.
fn serve<'r>(case: &Value, resolutions: &'r [Resolution], folder: &Path) -> Result<Served<'r>, Refusal> {
    let none = Vec::new();
    let archives = case["archives"].as_array().unwrap_or(&none);
    let mut last = Refusal::NotFound;
    for resolution in resolutions {
        let given = |candidate: &'r Candidate| {
            let archive = archives.iter().find(|archive| archive["url"] == candidate.url)?;
            let file = folder.join("archive");
            fs::write(&file, archives::bytes(archive)).unwrap();
            let entries = archive::read(read_as(candidate.format), File::open(&file).unwrap());
            Some(Given { candidate, entries, signature: signature(archive, candidate) })
        };
        let all: Vec<Given<'_>> = resolution.candidates.urls.iter().filter_map(given).collect();
        let served = resolution.serve(|candidate| {
            let Given { entries, signature, .. } = all.iter().find(|given| given.candidate == candidate)?;
            let entries = entries.as_ref().map(Vec::as_slice).map_err(Clone::clone);
            Some(Answer { entries, signature: *signature })
        });
        match served {
            Ok(served) => return Ok(served),
            Err(refusals) => last = refusals.last().unwrap().clone(),
        }
    }
    Err(last)
}

/// The one archive in xz is packed in gzip here: the tool reads no xz yet, and what it finds in either is the same.
fn read_as(format: Format) -> Format {
    if format == Format::Txz { Format::Tgz } else { format }
}

/// What the server's signature is worth, if it is where the client looks for it.
fn signature(archive: &Value, candidate: &Candidate) -> Signature {
    let sign = texts(&archive["sign"]);
    let Some((key, ending)) = sign.split_first() else { return Signature::Missing };
    let url = format!("{}{}", candidate.url, ending.first().unwrap_or(&".sig"));
    if candidate.signature.as_ref() != Some(&url) {
        Signature::Missing
    } else if *key == "k" && archive.get("mutate_after_sign").is_none() {
        Signature::Good
    } else {
        Signature::Bad
    }
}
