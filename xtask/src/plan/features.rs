//! Which of a package's programs cargo builds, by the features that are turned on.

use std::collections::BTreeSet;

use crate::config::{BuildSettings, unknown};
use crate::project::{Binary, Package};
use crate::report::Problem;
use crate::spanned::{Table, place};

/// The features of `package` that `settings` turn on, those that they imply included.
pub fn enabled<'p>(package: &'p Package, settings: &'p BuildSettings) -> BTreeSet<&'p str> {
    let mut queue: Vec<&str> = settings.features.iter().map(String::as_str).collect();
    if settings.all_features {
        queue.extend(package.features.keys().map(String::as_str));
    } else if !settings.no_default_features {
        queue.push("default");
    }
    let mut on = BTreeSet::new();
    while let Some(feature) = queue.pop() {
        if on.insert(feature) {
            queue.extend(package.features.get(feature).into_iter().flatten().map(String::as_str));
        }
    }
    on
}

/// Features in the settings that the package does not have.
pub fn unknown_features(package: &Package, settings: &BuildSettings, scope: &Table) -> Vec<Problem> {
    let known: Vec<&str> = package.features.keys().map(String::as_str).collect();
    settings
        .features
        .iter()
        // `dependency/feature` is cargo's to judge.
        .filter(|feature| !feature.contains('/') && !known.contains(&feature.as_str()))
        .map(|feature| Problem {
            at: place(scope, &["features"], feature),
            ..unknown(&format!("feature of {}", package.name), feature, &known)
        })
        .collect()
}

/// The features that `binary` needs and that are not on.
pub fn missing<'b>(binary: &'b Binary, on: &BTreeSet<&str>) -> Vec<&'b str> {
    binary.required_features.iter().map(String::as_str).filter(|feature| !on.contains(feature)).collect()
}
