//! The published schema and the types say the same: every key, what may be null, every word of an enumeration.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::*;
use crate::channel::testing;
use crate::config::{Forge, ForgeKind, JsTarget, WasmOpt, WasmTool};
use crate::inspect::{Signature, Slice};
use crate::plan::ChannelPlan;
use crate::project::About;
use crate::targets::{ArchiveFormat, Glibc};

/// A release in which nothing is null and nothing is empty.
fn maximal() -> Manifest {
    let mut release = testing::release();
    let digest = "0".repeat(64);
    let text = || Some("text".to_owned());
    let words = || vec!["word".to_owned()];
    let map = || BTreeMap::from([("key".to_owned(), digest.clone())]);
    let skip = || Skip::new("what", "reason", "remedy");
    release.source = Source { commit: text(), dirty: text(), lock: text(), epoch: 1 };
    let glibc = Glibc::parse("2.17");
    release.builds.iter_mut().for_each(|build| {
        (build.rustflags, build.glibc, build.tools) = (words(), glibc, map());
    });
    release.plan.templates = map();
    release.plan.public_key = "RWSFVnvbCNIkNN1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3".to_owned().try_into().ok();
    release.plan.forge = Some(Forge {
        kind: ForgeKind::GitHub,
        repository: "https://host/owner/name".into(),
        api: text(),
        token_env: text(),
        remote: text(),
        changelog: text(),
        without_changelog: true,
        upload: words(),
        timeout: 1,
    });
    release.plan.skipped = vec![skip()];
    release.skipped = vec![skip()];
    let missing = &release.assets[0];
    release.missing = vec![Missing {
        package: "package".into(),
        target: missing.target.clone(),
        asset: missing.name.clone(),
        reason: "reason".into(),
    }];
    for package in &mut release.plan.packages {
        package.about = About {
            description: text(),
            license: text(),
            repository: text(),
            homepage: text(),
            authors: words(),
            keywords: words(),
        };
        package.binstall = Value::Bool(true);
        package.programs.iter_mut().for_each(|program| program.required_features = words());
        package.channels = vec![ChannelPlan { id: "archive".into(), required: true, settings: Value::Bool(true) }];
        for target in &mut package.targets {
            target.glibc = glibc;
            target.wasm = Some(testing::wasm());
            let build = &mut target.build;
            (build.features, build.rustflags, build.env) = (words(), words(), map());
            (build.exclude_binaries, build.include, build.sign) = (words(), words(), words());
            build.builder = Some(Builder::Zigbuild);
        }
    }
    for executable in release.assets.iter_mut().flat_map(|a| &mut a.entries).filter_map(|e| e.executable.as_mut()) {
        (executable.interpreter, executable.needed, executable.glibc) = (text(), words(), text());
        let slice = Slice { arch: "arch".into(), min_os: text(), uuid: text(), signature: Some(Signature::AdHoc) };
        (executable.os, executable.slices) = (text(), vec![slice]);
    }
    let claim = Claim { reference: "reference".into(), asset: "asset".into(), sha256: Some(digest.clone()) };
    release.outputs = vec![Output {
        path: "path".into(),
        channel: "channel".into(),
        package: "package".into(),
        size: 1,
        sha256: digest.clone(),
        integrity: Some(crate::hash::integrity(b"")),
        claims: vec![claim],
    }];
    release
}

/// The same with everything null that can be.
fn minimal() -> Manifest {
    let mut release = maximal();
    release.source = Source { commit: None, dirty: None, lock: None, epoch: 0 };
    release.plan.public_key = None;
    release.outputs[0].integrity = None;
    let forge = release.plan.forge.as_mut().expect("it has one");
    (forge.api, forge.token_env, forge.remote, forge.changelog) = (None, None, None, None);
    release.builds.iter_mut().for_each(|build| (build.toolchain.llvm, build.glibc) = (None, None));
    for package in &mut release.plan.packages {
        package.about = About::default();
        package.download_url = None;
        package.default_run = None;
        for target in &mut package.targets {
            (target.archive.url, target.glibc, target.build.builder, target.wasm) = (None, None, None, None);
        }
    }
    for asset in &mut release.assets {
        asset.url = None;
        let mut executables = asset.entries.iter_mut().filter(|entry| entry.executable.is_some());
        executables.next().expect("two programs").executable = None;
        for executable in executables.filter_map(|entry| entry.executable.as_mut()) {
            (executable.interpreter, executable.glibc, executable.os) = (None, None, None);
            for slice in &mut executable.slices {
                (slice.min_os, slice.uuid, slice.signature) = (None, None, None);
            }
        }
    }
    release.outputs[0].claims[0].sha256 = None;
    release
}

/// Walks values along the schema, and remembers which of its parts they met.
struct Walk {
    root: Value,
    met: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Walk {
    fn along(values: &[Manifest]) -> Self {
        let root: Value = serde_json::from_str(SCHEMA).unwrap();
        let mut walk = Self { root: root.clone(), met: BTreeSet::new(), wrong: Vec::new() };
        for value in values {
            walk.value(&root, "", &serde_json::to_value(value).unwrap());
        }
        walk
    }

    /// `at` is where `schema` stands in the whole.
    fn value(&mut self, schema: &Value, at: &str, value: &Value) {
        if let Some(name) = schema["$ref"].as_str() {
            let target = name.strip_prefix('#').expect("a reference into the schema itself");
            let schema = self.root.pointer(target).unwrap_or_else(|| panic!("{at}: there is no {name}")).clone();
            return self.value(&schema, target, value);
        }
        self.met.insert(format!("{at}:{}", if value.is_null() { "null" } else { "value" }));
        if let Some([one, null]) = schema["anyOf"].as_array().map(Vec::as_slice) {
            assert_eq!(null["type"], "null", "{at}");
            if !value.is_null() {
                self.value(one, at, value);
            }
            return;
        }
        if !types(schema).is_empty() && !types(schema).contains(&kind(value)) {
            self.wrong.push(format!("{at}: {} where the schema has {}", kind(value), schema["type"]));
        }
        match value {
            Value::Object(object) if types(schema) == ["object"] => self.object(schema, at, object),
            Value::Array(items) => items.iter().for_each(|item| self.value(&schema["items"], at, item)),
            _ => {}
        }
    }

    fn object(&mut self, schema: &Value, at: &str, object: &Map<String, Value>) {
        let Some(properties) = schema["properties"].as_object() else {
            return object.values().for_each(|value| self.value(&schema["additionalProperties"], at, value));
        };
        for (key, value) in object {
            let below = format!("{at}/{key}");
            match properties.get(key) {
                Some(property) => {
                    self.met.insert(below.clone());
                    self.value(property, &below, value);
                }
                None => self.wrong.push(format!("{below} is written and not in the schema")),
            }
        }
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(key) {
                self.wrong.push(format!("{at}/{key} is required and not always written"));
            }
        }
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Every object of the schema with where it stands.
fn objects(root: &Value) -> Vec<(String, &Value)> {
    let defs = root["$defs"].as_object().into_iter().flatten();
    let all = defs.map(|(name, schema)| (format!("/$defs/{name}"), schema)).chain([(String::new(), root)]);
    all.filter(|(_, schema)| schema["properties"].is_object()).collect()
}

#[test]
fn every_key_is_in_the_schema_and_every_property_is_written() {
    let mut nowhere = minimal();
    nowhere.plan.forge = None;
    let walk = Walk::along(&[maximal(), minimal(), nowhere]);
    assert_eq!(walk.wrong, Vec::<String>::new());
    let mut missing = Vec::new();
    for (at, schema) in objects(&walk.root) {
        for (key, property) in schema["properties"].as_object().unwrap() {
            let place = format!("{at}/{key}");
            if !walk.met.contains(&place) {
                missing.push(format!("{place} is in the schema and never written"));
            }
            let nullable = types(property).contains(&"null") || property["anyOf"].is_array();
            if nullable && !walk.met.contains(&format!("{place}:null")) {
                missing.push(format!("{place} is never null"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_maximal_release_is_maximal() {
    fn holes(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Null => found.push(at.to_owned()),
            Value::Array(items) if items.is_empty() => found.push(at.to_owned()),
            Value::Object(object) if object.is_empty() => found.push(at.to_owned()),
            Value::Array(items) => items.iter().for_each(|item| holes(item, at, found)),
            Value::Object(object) => object.iter().for_each(|(key, value)| holes(value, &format!("{at}/{key}"), found)),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(maximal()).unwrap();
    // Only a program has headers.
    for entry in value["assets"].as_array_mut().into_iter().flatten().flat_map(|a| a["entries"].as_array_mut().unwrap())
    {
        if entry["role"] != "executable" {
            entry.as_object_mut().unwrap().remove("executable");
        }
    }
    let mut found = Vec::new();
    holes(&value, "", &mut found);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn objects_are_closed_complete_and_described() {
    let root: Value = serde_json::from_str(SCHEMA).unwrap();
    for (at, schema) in objects(&root) {
        assert_eq!(schema["additionalProperties"], false, "{at} is not closed");
        let keys: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let required: BTreeSet<&str> =
            schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(required, keys, "{at}: every key is always written");
        for (key, property) in schema["properties"].as_object().unwrap() {
            assert!(property["description"].as_str().is_some_and(|text| text.ends_with(['.', '…'])), "{at}/{key}");
        }
    }
}

/// The words of an enumeration, as serde lists them to who uses another.
fn words<T: DeserializeOwned>() -> Vec<String> {
    let refusal = serde_json::from_str::<T>("\"?\"").err().expect("`?` is no word").to_string();
    let listed = refusal.split_once("expected").expect("serde lists the words").1;
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn enumerations_have_the_same_words() {
    let root: Value = serde_json::from_str(SCHEMA).unwrap();
    let schema = |name: &str| serde_json::from_value::<Vec<String>>(root["$defs"][name]["enum"].clone()).unwrap();
    assert_eq!(schema("role"), words::<Role>());
    assert_eq!(schema("archiveFormat"), words::<ArchiveFormat>());
    assert_eq!(schema("builder"), words::<Builder>());
    assert_eq!(schema("jsTarget"), words::<JsTarget>());
    assert_eq!(schema("wasmTool"), words::<WasmTool>());
    assert_eq!(schema("wasmOpt"), words::<WasmOpt>());
    assert_eq!(schema("forgeKind"), words::<ForgeKind>());
    assert_eq!(schema("signature"), words::<Signature>());
    assert_eq!(root["properties"]["format"]["const"], FORMAT);
}
