//! The order in which crates are published: what others depend on comes first.

use super::Crate;
use crate::report::{Error, Result};

/// The crates, each behind those that it needs, and in the order of their names as far as that leaves it open.
///
/// # Errors
/// Crates that need each other: none of them could be the first.
pub fn in_order(mut waiting: Vec<Crate>) -> Result<Vec<Crate>> {
    waiting.sort_by(|a, b| a.package.name.cmp(&b.package.name));
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let is_free = |one: &Crate| !waiting.iter().any(|other| one.needs(&other.package));
        let Some(first) = waiting.iter().position(is_free) else { return Err(circle(&waiting)) };
        ordered.push(waiting.remove(first));
    }
    Ok(ordered)
}

/// Those of the crates that are wanted, and those that they need, in their order.
pub fn needed_by(crates: Vec<Crate>, is_wanted: impl Fn(&Crate) -> bool) -> Vec<Crate> {
    let mut taken: Vec<bool> = crates.iter().map(is_wanted).collect();
    // What one needs stands before it.
    for number in (0..crates.len()).rev() {
        let is_needed = |(other, krate): (usize, &Crate)| taken[other] && krate.needs(&crates[number].package);
        taken[number] = taken[number] || crates.iter().enumerate().any(is_needed);
    }
    crates.into_iter().zip(taken).filter(|(_, taken)| *taken).map(|(krate, _)| krate).collect()
}

fn circle(crates: &[Crate]) -> Error {
    let mut way: Vec<&Crate> = vec![&crates[0]];
    // Each of them needs another one, so the way comes back to where it was.
    while let Some(next) = crates.iter().find(|other| way[way.len() - 1].needs(&other.package)) {
        if let Some(start) = way.iter().position(|seen| seen.package.name == next.package.name) {
            way.drain(..start);
            break;
        }
        way.push(next);
    }
    let names: Vec<&str> = way.iter().chain(way.first()).map(|one| one.package.name.as_str()).collect();
    Error::usage(format!("none of these crates can be published first: {}", names.join(" needs ")))
        .because("each depends on the next one, and a registry takes a crate only when it has what that depends on")
        .help("where only tests need it, leave `version` out: cargo then publishes the crate without that dependency")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crates::testing::krate;
    use crate::project::Kind;

    fn names(crates: Vec<Crate>) -> Vec<String> {
        in_order(crates).unwrap().into_iter().map(|one| one.package.name).collect()
    }

    #[test]
    fn what_others_need_comes_first_and_names_decide_the_rest() {
        let crates = vec![
            krate("a", &[("c", Kind::Normal, "^1")]),
            krate("b", &[]),
            krate("c", &[("d", Kind::Build, "^1")]),
            krate("d", &[("b", Kind::Development, "^1")]),
        ];
        assert_eq!(names(crates), ["b", "d", "c", "a"]);
        assert_eq!(names(vec![krate("z", &[]), krate("y", &[])]), ["y", "z"]);
    }

    #[test]
    fn what_cargo_leaves_out_makes_no_order_and_no_circle() {
        let mutual = |req| vec![krate("a", &[("b", Kind::Development, req)]), krate("b", &[("a", Kind::Normal, "^1")])];
        assert_eq!(names(mutual("*")), ["a", "b"]);
        let error = in_order(mutual("^1")).unwrap_err().to_string();
        assert!(error.contains("a needs b needs a") && error.contains("leave `version` out"), "{error}");
        assert_eq!(names(vec![krate("a", &[("a", Kind::Development, "^1")])]), ["a"], "its own tests");
    }

    #[test]
    fn what_is_wanted_comes_with_what_it_needs() {
        let on = |name| [(name, Kind::Normal, "^1")];
        let crates = vec![krate("a", &on("b")), krate("b", &on("c")), krate("c", &[]), krate("d", &on("c"))];
        let wanted = |name| names(needed_by(in_order(crates.clone()).unwrap(), |krate| krate.package.name == name));
        assert_eq!((wanted("a"), wanted("c")), (vec!["c".into(), "b".into(), "a".into()], vec!["c".into()]));
        assert_eq!(wanted("d"), ["c", "d"]);
    }

    #[test]
    fn a_circle_is_told_without_what_only_leads_to_it() {
        let on = |name| [(name, Kind::Normal, "^1")];
        let crates = vec![krate("a", &on("b")), krate("b", &on("c")), krate("c", &on("b"))];
        assert!(in_order(crates).unwrap_err().to_string().contains("first: b needs c needs b"));
    }
}
