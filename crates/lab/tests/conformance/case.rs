//! A conformance case, as `conformance/*.json` have them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lab::workspace_root;
use serde_json::{Value, json};

/// The client's exit code of a call that it does not understand.
const WRONG_USAGE: i64 = 2;

/// One package, one call, one web, and what the client made of it.
pub struct Case(pub Value);

/// What happened, or has to.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    /// The URLs that are tried, in order. Nothing is expected of the order where a case does not say it.
    pub urls: Option<Vec<String>>,
    /// The URL that served.
    pub url: Option<String>,
    /// Where in the archive each installed program was.
    pub bins: BTreeMap<String, String>,
    /// Why nothing was installed.
    pub error: Option<String>,
    /// The client's exit code.
    pub code: Option<i64>,
}

/// The file of cases with this name.
pub fn file(name: &str) -> PathBuf {
    workspace_root().join("crates/lab/tests/conformance").join(name)
}

/// The cases of a file, in its order.
pub fn cases(name: &str) -> Vec<Case> {
    let text = fs::read_to_string(file(name)).unwrap();
    serde_json::from_str::<Vec<Value>>(&text).unwrap().into_iter().map(Case).collect()
}

impl Case {
    pub fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    /// The name of the package.
    pub fn package(&self) -> &str {
        self.0["package"]["name"].as_str().unwrap()
    }

    /// Its repository, as the manifest has it.
    pub fn repository(&self) -> &str {
        self.0["package"]["repository"].as_str().unwrap_or_default()
    }

    /// Whether there is any source code beside the manifest.
    pub fn has_source(&self) -> bool {
        !texts(&self.0["files"]).is_empty()
    }

    /// The targets to be tried, in order.
    pub fn targets(&self) -> Vec<&str> {
        match &self.0["target"] {
            Value::String(target) => vec![target],
            targets => texts(targets),
        }
    }

    /// Further arguments of the call.
    pub fn args(&self) -> Vec<&str> {
        texts(&self.0["cli_args"])
    }

    /// The version requirement of the call.
    pub fn requirement(&self) -> Option<&str> {
        self.0["cli_version"].as_str()
    }

    /// The key that stands in the manifest where the test's own has to.
    pub fn public_key(&self) -> Option<&str> {
        self.0["metadata"]["signing"]["pubkey"].as_str()
    }

    /// What the server has: archives, to be packed by [`crate::archives`].
    pub fn archives(&self) -> &[Value] {
        self.0["archives"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Pages that answer with 200.
    pub fn live_pages(&self) -> Vec<&str> {
        texts(&self.0["live_pages"])
    }

    /// Pages that answer with another address.
    pub fn redirects(&self) -> Vec<(&str, &str)> {
        let redirects = self.0["redirects"].as_object().into_iter().flatten();
        redirects.map(|(from, to)| (from.as_str(), to.as_str().unwrap())).collect()
    }

    /// Writes the package, or the workspace with its `members`, into a folder. `changed` changes the text of a manifest.
    pub fn write(&self, folder: &Path, changed: impl Fn(&str) -> String) {
        let write = |path: &str, text: &str| {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for path in texts(&self.0["files"]) {
            write(path, "");
        }
        for (path, text) in self.0["members"].as_object().into_iter().flatten() {
            write(path, &changed(text.as_str().unwrap()));
        }
        write("Cargo.toml", &changed(self.0["manifest_toml"].as_str().unwrap()));
    }

    /// What the case says happens in the newest client.
    pub fn expected(&self) -> Outcome {
        Self::outcome(&self.0["expect"])
    }

    /// What the case says happens in the client that is used here.
    pub fn expected_here(&self) -> Outcome {
        let here = &self.0["expect_1_24_0"];
        Self::outcome(if here.is_null() { &self.0["expect"] } else { here })
    }

    fn outcome(expect: &Value) -> Outcome {
        let bins = expect["bin_paths"].as_object().into_iter().flatten();
        Outcome {
            urls: expect["urls_in_order"]
                .is_array()
                .then(|| texts(&expect["urls_in_order"]))
                .map(|urls| urls.into_iter().map(str::to_owned).collect()),
            url: expect["url"].as_str().map(str::to_owned),
            bins: bins.map(|(name, path)| (name.clone(), path.as_str().unwrap().to_owned())).collect(),
            error: expect["error"].as_str().map(str::to_owned),
            code: expect["exit_code"].as_i64(),
        }
    }

    /// Has what was seen for what is expected.
    pub fn record(&mut self, seen: &Outcome) {
        let mut expect = json!({ "exit_code": seen.code });
        // Once a URL has served, the client does not begin to ask for the rest.
        if self.archives().is_empty() && !seen.urls.as_deref().unwrap_or_default().is_empty() {
            expect["urls_in_order"] = json!(seen.urls);
        } else if let Some(error) = seen.error.as_ref().filter(|_| seen.code != Some(WRONG_USAGE)) {
            expect["error"] = json!(error);
        }
        if let Some(url) = &seen.url {
            expect["url"] = json!(url);
            expect["bin_paths"] = json!(seen.bins);
        }
        self.0["expect"] = expect;
    }
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|item| item.as_str().unwrap()).collect()
}
