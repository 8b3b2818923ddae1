//! Libraries over npm: what wasm-bindgen made, as wasm-pack lays it out for one of its targets; for several, with a
//! folder for each, out of which node and bundlers choose by themselves.

use serde::Serialize;
use serde_json::json;

use super::exports::Exports;
use super::package::NpmPackage;
use super::package_json::{FILE, PackageJson};
use super::{LIBRARY_README, Settings};
use crate::channel::Work;
use crate::config::JsTarget;
use crate::manifest::{Asset, Entry, Manifest};
use crate::pack::Source;
use crate::plan::{PackagePlan, TargetPlan, WasmPlan};
use crate::project::Role;
use crate::report::Result;

/// A library of a release.
#[derive(Debug, Clone, Copy)]
pub struct Library<'m> {
    /// How it is called, and for whom it is.
    pub plan: &'m WasmPlan,
    /// The archive that has it.
    pub asset: &'m Asset,
    target: &'m TargetPlan,
}

/// For `library.md`: the README, where the repository has none.
#[derive(Debug, Serialize)]
struct View<'a> {
    name: &'a str,
    description: Option<&'a str>,
    repository: Option<&'a str>,
    /// Whether node and bundlers take it.
    is_imported: bool,
    /// What a browser imports with nothing in between.
    web: Option<String>,
}

impl<'m> Library<'m> {
    /// What a release has for JavaScript of a package.
    pub fn of(release: &'m Manifest, package: &'m PackagePlan) -> Option<Self> {
        let (target, plan) = package.wasm()?;
        let asset = release.assets_of(&package.name).find(|asset| asset.target == target.target)?;
        Some(Self { plan, asset, target })
    }

    /// Its files, by their places in the package.
    pub fn files(&self) -> impl Iterator<Item = (&'m str, &'m Entry)> {
        let below = |entry: &'m Entry| (self.target.archive.below(&entry.path), entry);
        self.asset.entries.iter().map(below)
    }

    fn has(&self, target: JsTarget) -> bool {
        self.plan.settings.targets.contains(&target)
    }

    fn is_alone(&self) -> bool {
        self.plan.settings.targets.len() == 1
    }

    /// The script or the declarations for a target, from the package's top.
    fn file(&self, target: JsTarget, ending: &str) -> String {
        format!("{}{}{ending}", self.plan.folder(target), self.plan.name)
    }

    /// What an `import` gives where no condition holds.
    fn usual(&self) -> Option<JsTarget> {
        [JsTarget::Bundler, JsTarget::Web, JsTarget::Nodejs].into_iter().find(|target| self.has(*target))
    }

    /// What package.json says of it.
    fn json(&self) -> PackageJson {
        let Some(usual) = self.usual() else { return PackageJson::default() };
        // What knows nothing of conditions takes `main`, or `module` if it is a bundler.
        let main = if self.has(JsTarget::Nodejs) { JsTarget::Nodejs } else { usual };
        PackageJson {
            kind: (usual != JsTarget::Nodejs).then(|| "module".to_owned()),
            main: Some(self.file(main, ".js")),
            module: (main != usual).then(|| self.file(usual, ".js")),
            types: Some(self.file(usual, ".d.ts")),
            exports: if self.is_alone() { Exports::default() } else { self.exports(usual) },
            side_effects: self.side_effects(),
            dependencies: self.plan.dependencies.clone(),
            ..PackageJson::default()
        }
    }

    fn exports(&self, usual: JsTarget) -> Exports {
        let of_target = |target| {
            let file = |ending| format!("./{}", self.file(target, ending));
            Exports::default().file("types", &file(".d.ts")).file("default", &file(".js"))
        };
        let mut dot = Exports::default();
        if self.has(JsTarget::Nodejs) {
            dot = dot.choice("node", of_target(JsTarget::Nodejs));
        }
        let mut exports = Exports::default().choice(".", dot.choice("default", of_target(usual)));
        for target in &self.plan.settings.targets {
            let path = format!("./{}", target.word());
            exports = exports.choice(&path, of_target(*target)).file(&format!("{path}/*"), &format!("{path}/*"));
        }
        exports.file(&format!("./{FILE}"), &format!("./{FILE}"))
    }

    /// What bundlers keep though nothing of it is used: what loads the module, and snippets of JavaScript. What node
    /// requires is not asked.
    fn side_effects(&self) -> serde_json::Value {
        let snippets = if self.is_alone() { "./snippets/*" } else { "./*/snippets/*" };
        match (self.has(JsTarget::Bundler), self.has(JsTarget::Web)) {
            (true, _) => json!([format!("./{}", self.file(JsTarget::Bundler, ".js")), snippets]),
            (false, true) => json!([snippets]),
            (false, false) => serde_json::Value::Null,
        }
    }

    /// The package.json in the folder of a target: whether its scripts are ES modules, and for what does not know
    /// `exports`, which of them is meant.
    fn folder_json(&self, target: JsTarget) -> Vec<u8> {
        let kind = if target == JsTarget::Nodejs { "commonjs" } else { "module" };
        let (main, types) = (format!("{}.js", self.plan.name), format!("{}.d.ts", self.plan.name));
        format!("{{\n  \"type\": \"{kind}\",\n  \"main\": \"{main}\",\n  \"types\": \"{types}\"\n}}\n").into_bytes()
    }
}

/// The name of a package's library on npm: a program of the same package has the bare one.
pub fn name_of(package: &PackagePlan, settings: &Settings) -> String {
    let suffix = if package.has_programs() { "-wasm" } else { "" };
    format!("{}{suffix}", settings.name_of(package))
}

/// The package of a release's library; none where the release has none.
///
/// # Errors
/// A template that cannot be filled.
pub fn package(work: &Work<'_>, settings: &Settings) -> Result<Option<NpmPackage>> {
    let Some(library) = Library::of(work.release, work.package) else { return Ok(None) };
    let documents: Vec<&str> = library.asset.with_role(Role::Document).map(Entry::file_name).collect();
    let of_cargo = PackageJson::of(
        (work.package, settings),
        &name_of(work.package, settings),
        &work.release.plan.version,
        &documents,
    );
    let PackageJson { kind, main, module, types, exports, side_effects, dependencies, .. } = library.json();
    let mut package =
        NpmPackage::new(PackageJson { kind, main, module, types, exports, side_effects, dependencies, ..of_cargo });
    let has_readme = documents.iter().any(|file| file.to_uppercase().starts_with("README"));
    if !has_readme {
        let text = work.templates.render(LIBRARY_README.path, &view(work, &library, &package.json.name))?;
        package.add("README.md", false, Source::Inline(text.into_bytes()));
    }
    if !library.is_alone() {
        for target in &library.plan.settings.targets {
            let path = format!("{}{FILE}", library.plan.folder(*target));
            package.add(&path, false, Source::Inline(library.folder_json(*target)));
        }
    }
    let snippets = format!("{}snippets/", library.plan.folder(JsTarget::Nodejs));
    if library.has(JsTarget::Nodejs) && library.files().any(|(place, _)| place.starts_with(&snippets)) {
        // They are ES modules for all targets, and node requires what it knows to be one.
        let json = b"{\n  \"type\": \"module\"\n}\n".to_vec();
        package.add(&format!("{snippets}{FILE}"), false, Source::Inline(json));
    }
    for (place, entry) in library.files() {
        let (asset, path, sha256) = (library.asset.name.clone(), entry.path.clone(), entry.sha256.clone());
        package.add(place, false, Source::Archived { asset, path, sha256 });
    }
    Ok(Some(package))
}

fn view<'a>(work: &'a Work<'_>, library: &Library<'_>, name: &'a str) -> View<'a> {
    let about = &work.package.about;
    let web = if library.is_alone() { name.to_owned() } else { format!("{name}/{}", JsTarget::Web.word()) };
    View {
        name,
        description: about.description.as_deref(),
        repository: about.repository.as_deref(),
        is_imported: library.has(JsTarget::Bundler) || library.has(JsTarget::Nodejs),
        web: library.has(JsTarget::Web).then_some(web),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::tests::packages;
    use super::*;
    use crate::channel::testing;

    /// package.json of a library for these, and its files.
    fn json(targets: &[JsTarget]) -> (Value, Vec<String>) {
        let mut made = packages(&testing::library(targets));
        assert_eq!((made.len(), made[0].0.as_str()), (1, "npm/tally-wasm-1.2.3.tgz"));
        let json = made.remove(0).1;
        (serde_json::to_value(&json).unwrap(), json.files)
    }

    #[test]
    fn one_target_is_laid_out_as_wasm_pack_has_it() {
        let (bundler, files) = json(&[JsTarget::Bundler]);
        let wanted = ["README.md", "tally_wasm.d.ts", "tally_wasm.js", "tally_wasm_bg.js", "tally_wasm_bg.wasm"];
        assert_eq!(files, [&wanted[..], &["tally_wasm_bg.wasm.d.ts"]].concat());
        for (key, value) in [
            ("type", json!("module")),
            ("main", json!("tally_wasm.js")),
            ("types", json!("tally_wasm.d.ts")),
            ("sideEffects", json!(["./tally_wasm.js", "./snippets/*"])),
            ("dependencies", json!({ "left-pad": "^1.3.0" })),
            ("module", Value::Null),
            ("exports", Value::Null),
        ] {
            assert_eq!(bundler[key], value, "{key}");
        }
        let (web, _) = json(&[JsTarget::Web]);
        assert_eq!((&web["type"], &web["sideEffects"]), (&json!("module"), &json!(["./snippets/*"])));
        let (node, _) = json(&[JsTarget::Nodejs]);
        assert_eq!((&node["type"], &node["main"]), (&Value::Null, &json!("tally_wasm.js")));
        assert_eq!((&node["sideEffects"], &node["exports"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn of_several_node_and_bundlers_choose() {
        let (json, files) = json(&[JsTarget::Bundler, JsTarget::Nodejs, JsTarget::Web]);
        for target in ["bundler", "nodejs", "web"] {
            assert!(files.contains(&format!("{target}/package.json")), "{files:?}");
            assert_eq!(json["exports"][format!("./{target}")]["default"], format!("./{target}/tally_wasm.js"));
            assert_eq!(json["exports"][format!("./{target}/*")], format!("./{target}/*"));
        }
        assert_eq!((&json["main"], &json["module"]), (&json!("nodejs/tally_wasm.js"), &json!("bundler/tally_wasm.js")));
        assert_eq!(json["exports"]["."]["node"]["default"], "./nodejs/tally_wasm.js");
        assert_eq!(json["exports"]["."]["default"]["types"], "./bundler/tally_wasm.d.ts");
        assert_eq!(json["sideEffects"], json!(["./bundler/tally_wasm.js", "./*/snippets/*"]));
    }

    #[test]
    fn a_program_of_the_same_package_keeps_the_name() {
        let mut package = testing::library(&[JsTarget::Web]).plan.packages.remove(0);
        assert_eq!(name_of(&package, &Settings::default()), "tally-wasm");
        package.targets.extend(testing::release().plan.packages.remove(0).targets);
        assert_eq!(name_of(&package, &Settings::default()), "tally-wasm-wasm");
    }

    #[test]
    fn a_library_without_a_readme_gets_one() {
        let mut release = testing::library(&[JsTarget::Nodejs, JsTarget::Web]);
        release.assets[0].entries.retain(|entry| entry.role != Role::Document);
        let text = packages(&release).remove(0).2;
        for line in ["# tally-wasm", "npm install tally-wasm", "from \"tally-wasm\";", "from \"tally-wasm/web\";"] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
