//! The rules for what a crate depends on: a registry has only what is in registries.

use super::{Remark, shown};
use crate::crates::{Crate, leads_to};
use crate::project::{Dependency, Origin, Package, Project};
use crate::report::Problem;

/// What would be missing or different for those who get the crate from its registry.
pub fn check(krate: &Crate, project: &Project) -> Vec<Remark> {
    krate.package.dependencies.iter().flat_map(|dependency| of(krate, dependency, &project.packages)).collect()
}

fn of(krate: &Crate, dependency: &Dependency, members: &[Package]) -> Vec<Remark> {
    let rules = Rules { krate, dependency, manifest: shown(&krate.manifest()) };
    if !dependency.is_published() {
        return rules.left_out().into_iter().collect();
    }
    let member = members.iter().find(|member| leads_to(dependency, &member.dir));
    let mut found = vec![rules.version(), rules.git(), rules.registry()];
    found.extend(member.map(|member| rules.member(member)));
    found.into_iter().flatten().collect()
}

struct Rules<'a> {
    krate: &'a Crate,
    dependency: &'a Dependency,
    manifest: String,
}

impl Rules<'_> {
    fn problem(&self, what: &str) -> Problem {
        Problem::new(format!("{} depends on {}{what}", self.krate.package.name, self.dependency.name))
    }

    fn mend(&self, what: &str) -> String {
        format!("{what} in [{}] of {}", self.dependency.kind.table(), self.manifest)
    }

    /// What only tests need, and cargo takes out of the manifest that it publishes.
    fn left_out(&self) -> Option<Remark> {
        let (from, name) = (origin(&self.dependency.origin)?, &self.dependency.name);
        let problem = self.problem(&format!(", {from}, for its tests, and gives no version"));
        let problem = problem.because(
            "cargo leaves it out of what it publishes and says nothing: who tests the published crate lacks it",
        );
        let help = self.mend(&format!("add `version` to `{name}`, if the tests are to run there, or ignore this,"));
        Some(Remark::warning("dependency", problem.help(help)))
    }

    fn version(&self) -> Option<Remark> {
        let (dependency, name) = (self.dependency, &self.dependency.name);
        if dependency.has_version() {
            return None;
        }
        let problem = match origin(&dependency.origin) {
            Some(from) => self.problem(&format!(", {from}, and gives no version")),
            None => self.problem(" in any version (`*`)"),
        };
        let why = "a registry takes only dependencies that it can resolve by their version";
        Some(error(problem.because(why).help(self.mend(&format!("add `version = \"…\"` to `{name}`")))))
    }

    /// Of git and a version, the version is published.
    fn git(&self) -> Option<Remark> {
        let Origin::Git(url) = &self.dependency.origin else { return None };
        if !self.dependency.has_version() {
            return None;
        }
        let name = &self.dependency.name;
        let problem = self.problem(&format!(" of the repository {url}"));
        let why = "cargo publishes only its version: users get the crate of the registry, and not what was tested here";
        Some(error(problem.because(why).help(self.mend(&format!("have a release of `{name}`, and take `git` out")))))
    }

    fn registry(&self) -> Option<Remark> {
        let Origin::Registry(index) = &self.dependency.origin else { return None };
        let problem = || {
            let problem = self.problem(&format!(" of the registry {index}"));
            problem.because("crates.io takes no crate that needs another registry").help(
                self.mend(&format!("take `{}` from crates.io", self.dependency.name))
                    + ", or name another registry in [channel.crates-io]",
            )
        };
        self.krate.is_for_crates_io().then(|| error(problem()))
    }

    /// A member of the same workspace, which has to be published too.
    fn member(&self, member: &Package) -> Option<Remark> {
        let (name, dependency) = (&member.name, self.dependency);
        if !member.publishable {
            let problem = self.problem(", which has `publish = false`");
            let problem = problem.because("users could not have it");
            let help = format!("take `publish = false` out of {}", shown(&member.dir.join("Cargo.toml")));
            return Some(error(problem.help(help)));
        }
        let fits = dependency.req.matches(&member.version) || !dependency.has_version();
        (!fits).then(|| {
            let problem = self.problem(&format!(" {}, which is {} here", dependency.req, member.version));
            let help = self.mend(&format!("write `version = \"{}\"` for `{name}`", member.version));
            error(problem.because("users would get another version than the one that is here").help(help))
        })
    }
}

fn error(problem: Problem) -> Remark {
    Remark::error("dependency", problem)
}

/// Where a dependency comes from that no registry has, in words.
fn origin(origin: &Origin) -> Option<String> {
    match origin {
        Origin::CratesIo | Origin::Registry(_) => None,
        Origin::Git(url) => Some(format!("of the repository {url}")),
        Origin::Path(path) => Some(format!("in {}", shown(path))),
    }
}

#[cfg(test)]
mod tests {
    use semver::VersionReq;

    use super::*;
    use crate::crates::testing::krate;
    use crate::preflight::Level;
    use crate::project::Kind;

    fn dependency(origin: Origin, req: &str, kind: Kind) -> Dependency {
        Dependency { name: "dep".into(), req: VersionReq::parse(req).unwrap(), kind, origin }
    }

    fn said(dependency: Dependency, change: impl FnOnce(&mut Crate, &mut Package)) -> Vec<(Level, String)> {
        let (mut krate, mut member) = (krate("a", &[]), krate("dep", &[]).package);
        krate.package.dependencies = vec![dependency];
        change(&mut krate, &mut member);
        let found = of(&krate, &krate.package.dependencies[0], &[member]);
        assert!(found.iter().all(|remark| remark.problem.help.is_some()), "{found:?}");
        found.into_iter().map(|remark| (remark.level, remark.problem.what)).collect()
    }

    fn words(origin: Origin, req: &str, kind: Kind) -> Vec<(Level, String)> {
        said(dependency(origin, req, kind), |_, _| {})
    }

    fn path() -> Origin {
        Origin::Path("/w/dep".into())
    }

    fn git() -> Origin {
        Origin::Git("https://h/dep".into())
    }

    #[test]
    fn what_no_registry_can_resolve_is_an_error() {
        for kind in [Kind::Normal, Kind::Build] {
            let without = |what: &str| vec![(Level::Error, format!("a depends on dep{what}"))];
            assert_eq!(words(path(), "*", kind), without(", in /w/dep, and gives no version"));
            assert_eq!(words(git(), "*", kind), without(", of the repository https://h/dep, and gives no version"));
            assert_eq!(words(Origin::CratesIo, "*", kind), without(" in any version (`*`)"));
            assert_eq!(words(git(), "^1", kind), without(" of the repository https://h/dep"));
            assert_eq!(words(path(), "^1", kind), []);
            assert_eq!(words(Origin::CratesIo, "^1", kind), []);
        }
    }

    #[test]
    fn what_cargo_leaves_out_in_silence_is_told() {
        for origin in [path(), git()] {
            let [(level, what)] = &words(origin, "*", Kind::Development)[..] else { panic!() };
            assert!(*level == Level::Warning && what.ends_with("for its tests, and gives no version"), "{what}");
        }
        assert_eq!(words(path(), "^1", Kind::Development), []);
    }

    #[test]
    fn other_registries_are_for_other_registries() {
        let other = || dependency(Origin::Registry("sparse+https://h/".into()), "^1", Kind::Normal);
        assert_eq!(said(other(), |_, _| {})[0].1, "a depends on dep of the registry sparse+https://h/");
        assert_eq!(said(other(), |krate, _| krate.registry = "mine".into()), []);
    }

    #[test]
    fn members_are_published_too_and_in_the_version_that_is_wanted() {
        let private = said(dependency(path(), "^1", Kind::Normal), |_, member| member.publishable = false);
        assert_eq!(private[0].1, "a depends on dep, which has `publish = false`");
        let other = words(path(), "^2", Kind::Normal);
        assert_eq!(other, [(Level::Error, "a depends on dep ^2, which is 1.0.0 here".to_owned())]);
    }
}
