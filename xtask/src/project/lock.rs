//! `Cargo.lock`, as far as it tells how much there is to compile.

use std::collections::{BTreeMap, BTreeSet};

/// How many packages `names` come from, themselves included: what `text`, a Cargo.lock, says they depend on, whatever
/// for. None where it is no lock file.
pub fn crates_behind(text: &str, names: &[&str]) -> Option<usize> {
    let lock = toml::de::DeTable::parse(text).ok()?.into_inner();
    let mut below: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in lock.get("package")?.get_ref().as_array()? {
        let package = package.get_ref();
        let dependencies = package.get("dependencies").and_then(|list| list.get_ref().as_array()).into_iter().flatten();
        // `name`, and where there are several, `name version`.
        let names = dependencies.filter_map(|entry| entry.get_ref().as_str()?.split(' ').next());
        below.entry(package.get("name")?.get_ref().as_str()?).or_default().extend(names);
    }
    let mut seen = BTreeSet::new();
    let mut next: Vec<&str> = names.to_vec();
    while let Some(name) = next.pop() {
        if seen.insert(name) {
            next.extend(below.get(name).into_iter().flatten());
        }
    }
    Some(seen.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_reached_counts() {
        let lock = r#"
            version = 4
            [[package]]
            name = "a"
            version = "1.0.0"
            dependencies = ["b", "c 2.0.0"]
            [[package]]
            name = "b"
            version = "1.0.0"
            dependencies = ["c 1.0.0", "a"]
            [[package]]
            name = "c"
            version = "1.0.0"
            [[package]]
            name = "xtask"
            version = "1.0.0"
            dependencies = ["d"]
        "#;
        assert_eq!(crates_behind(lock, &["a"]), Some(3));
        assert_eq!(crates_behind(lock, &["xtask", "c"]), Some(3));
        assert_eq!(crates_behind("<<<<<<<", &["a"]), None);
    }
}
