//! The manifest's schema, as a validator that knows nothing of us reads it.

use std::fs;
use std::path::{Path, PathBuf};

use lab::xtask::dist;
use lab::{Client, Fixture, client, run, run_failing, scratch, workspace_root};
use serde_json::{Value, json};

use crate::said;

fn schema() -> PathBuf {
    workspace_root().join("xtask/schema/dist-manifest.schema.json")
}

fn validator(purpose: &str) -> Option<Client> {
    client("check-jsonschema", purpose)
}

#[test]
fn the_schema_is_one() {
    let Some(validator) = validator("the manifest's schema is a JSON schema") else { return };
    run(validator.command().arg("--check-metaschema").arg(schema()));
}

#[test]
fn a_release_keeps_to_it_and_an_altered_one_does_not() {
    let Some(validator) = validator("a manifest keeps to its schema") else { return };
    let hello = Fixture::hello();
    hello.commit();
    run(&mut dist(&hello, []));
    let manifest = hello.join("target/releases/v1.2.3/dist-manifest.json");
    let check = |file: &Path| {
        let mut command = validator.command();
        command.arg("--schemafile").arg(schema()).arg(file);
        command
    };
    run(&mut check(&manifest));

    let written = said::manifest(&hello, "v1.2.3");
    let folder = scratch("altered");
    let altered = |name: &str, pointer: &str, to: Value| {
        let mut value = written.clone();
        match value.pointer_mut(pointer) {
            Some(place) => *place = to,
            None => drop(value.as_object_mut().unwrap().insert(pointer.to_owned(), to)),
        }
        let file = folder.join(format!("{name}.json"));
        fs::write(&file, value.to_string()).unwrap();
        file
    };
    run(&mut check(&altered("same", "/format", json!(1))));
    for (name, pointer, to) in [
        ("extra-key", "made-at", json!("2026-01-02")),
        ("type", "/assets/0/size", json!("7")),
        ("digest", "/assets/0/sha256", json!("ABC")),
        ("mode", "/assets/0/entries/0/mode", json!("rwx")),
        ("role", "/assets/0/entries/0/role", json!("program")),
        ("null", "/assets/0/name", Value::Null),
        ("format", "/format", json!(2)),
    ] {
        let file = altered(name, pointer, to);
        let told = run_failing(&mut check(&file)).stdout;
        let told = String::from_utf8_lossy(&told);
        assert!(told.contains("Schema validation errors"), "{name}: {told}");
    }
}
