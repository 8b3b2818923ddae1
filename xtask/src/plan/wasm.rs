//! What JavaScript gets of a package: which files, by which version of wasm-bindgen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::features;
use crate::config::{BuildSettings, Config, JsTarget, WasmSettings};
use crate::project::{Package, Project, Role, WasmLibrary};
use crate::report::{Result, both};
use crate::spanned::Table;
use crate::targets::Target;

/// A library for JavaScript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WasmPlan {
    /// The library's name, with which its files begin.
    pub name: String,
    /// The version of wasm-bindgen that Cargo.lock names: its own tool has to be just that one.
    pub wasm_bindgen: String,
    /// The packages of npm that its JavaScript imports, with their versions: `dependencies` of the package.json beside its
    /// Cargo.toml, where wasm-bindgen looks for them.
    pub dependencies: BTreeMap<String, String>,
    /// `[wasm]`.
    pub settings: WasmSettings,
}

impl WasmPlan {
    /// Plans the library.
    ///
    /// # Errors
    /// A lock file that does not name wasm-bindgen, a package.json that cannot be read.
    pub fn new(project: &Project, package: &Package, library: &WasmLibrary, scope: &Table) -> Result<Self> {
        let (wasm_bindgen, dependencies) = both(project.locked("wasm-bindgen"), package.npm_dependencies())?;
        Ok(Self { name: library.name.clone(), wasm_bindgen, dependencies, settings: WasmSettings::of_scope(scope) })
    }

    /// The folder in the archive for one of its targets, with `/` behind it; nothing where it has only that one, which
    /// is how wasm-pack has it.
    pub fn folder(&self, target: JsTarget) -> String {
        if self.settings.targets.len() > 1 { format!("{}/", target.word()) } else { String::new() }
    }

    /// What wasm-bindgen writes of any library, by its place in the archive; others may come with it (`snippets/`).
    pub fn files(&self) -> Vec<(Role, String)> {
        let of_target = |target: &JsTarget| {
            let stem = format!("{}{}", self.folder(*target), self.name);
            let mut files = vec![
                (Role::Types, format!("{stem}.d.ts")),
                (Role::Script, format!("{stem}.js")),
                (Role::Wasm, format!("{stem}_bg.wasm")),
                (Role::Types, format!("{stem}_bg.wasm.d.ts")),
            ];
            if *target == JsTarget::Bundler {
                files.push((Role::Script, format!("{stem}_bg.js")));
            }
            files
        };
        let mut files: Vec<_> = self.settings.targets.iter().flat_map(of_target).collect();
        files.sort_by(|a, b| a.1.cmp(&b.1));
        files
    }
}

/// What JavaScript gets of `package` with the features that are configured.
pub fn library<'p>(package: &'p Package, config: &Config) -> Option<&'p WasmLibrary> {
    let library = package.wasm_library.as_ref()?;
    let Some(dependency) = &library.optional else { return Some(library) };
    let settings = BuildSettings::of_scope(&config.scope(&package.name, Some(&Target::wasm())));
    let on = features::enabled(package, &settings);
    on.iter().any(|word| word.strip_prefix("dep:").unwrap_or(word) == dependency).then_some(library)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(words: &[JsTarget]) -> WasmPlan {
        let settings = WasmSettings { targets: words.to_vec(), ..WasmSettings::of_scope(&Table::new()) };
        WasmPlan { settings, ..crate::channel::testing::wasm() }
    }

    fn paths(plan: &WasmPlan) -> Vec<String> {
        plan.files().into_iter().map(|(_, path)| path).collect()
    }

    #[test]
    fn one_target_stands_alone_and_several_have_a_folder_each() {
        assert_eq!(
            paths(&plan(&[JsTarget::Web])),
            ["tally_wasm.d.ts", "tally_wasm.js", "tally_wasm_bg.wasm", "tally_wasm_bg.wasm.d.ts"]
        );
        let several = paths(&plan(&[JsTarget::Bundler, JsTarget::Nodejs]));
        assert_eq!(several.len(), 9);
        assert!(several[..5].iter().all(|path| path.starts_with("bundler/tally_wasm")), "{several:?}");
        assert!(several[5..].iter().all(|path| path.starts_with("nodejs/tally_wasm")), "{several:?}");
    }
}
