//! `[wasm]`: what is made of a library for JavaScript, and by what.

use serde::{Deserialize, Serialize};

use super::{Problems, Reader, unknown};
use crate::report::Problem;
use crate::spanned::Table;

/// `[wasm]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WasmSettings {
    /// `targets`: for whom wasm-bindgen writes JavaScript; sorted, each once. All of them unless set.
    pub targets: Vec<JsTarget>,
    /// `tool`: what calls wasm-bindgen.
    pub tool: WasmTool,
    /// `wasm-opt`: whether the module is optimised once more.
    pub wasm_opt: WasmOpt,
    /// `wasm-opt-args`: how.
    pub wasm_opt_args: Vec<String>,
}

/// Who is to load the JavaScript around a module: the word behind wasm-bindgen's `--target`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JsTarget {
    /// A bundler: webpack, Rollup, Vite.
    Bundler,
    /// Node.js, by `require` and by `import`.
    Nodejs,
    /// A browser, as a module with nothing in between.
    Web,
}

/// What calls wasm-bindgen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WasmTool {
    /// This tool, after it had cargo compile.
    WasmBindgen,
    /// wasm-pack, which calls cargo too and heeds `[package.metadata.wasm-pack]`.
    WasmPack,
}

/// When a module is optimised by Binaryen's wasm-opt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WasmOpt {
    /// Where it is on PATH; the record of the build says whether it was.
    Auto,
    /// A machine without it cannot build.
    Always,
    /// Not at all.
    Never,
}

impl JsTarget {
    /// All of them, by wasm-bindgen's words.
    pub const WORDS: [(&'static str, Self); 3] =
        [("bundler", Self::Bundler), ("nodejs", Self::Nodejs), ("web", Self::Web)];

    /// wasm-bindgen's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bundler => "bundler",
            Self::Nodejs => "nodejs",
            Self::Web => "web",
        }
    }
}

impl WasmSettings {
    /// Reads them from a merged scope.
    pub fn read(scope: &Reader<'_>) -> Self {
        let empty = Table::new();
        let reader = scope.below("wasm").unwrap_or_else(|| Reader::new(&empty, "wasm", scope.problems()));
        let tools = [("wasm-bindgen", WasmTool::WasmBindgen), ("wasm-pack", WasmTool::WasmPack)];
        let when = [("auto", WasmOpt::Auto), ("always", WasmOpt::Always), ("never", WasmOpt::Never)];
        let settings = Self {
            targets: js_targets(&reader),
            tool: reader.one_of("tool", &tools).unwrap_or(WasmTool::WasmBindgen),
            wasm_opt: reader.one_of("wasm-opt", &when).unwrap_or(WasmOpt::Auto),
            wasm_opt_args: reader.plain_strings("wasm-opt-args").unwrap_or_else(|| vec!["-O".to_owned()]),
        };
        reader.finish();
        settings
    }

    /// Reads them from a scope that was checked before.
    pub fn of_scope(scope: &Table) -> Self {
        Self::read(&Reader::new(scope, "", &Problems::default()))
    }
}

fn js_targets(reader: &Reader<'_>) -> Vec<JsTarget> {
    let all = JsTarget::WORDS.map(|(_, target)| target).to_vec();
    let Some(words) = reader.strings("targets") else { return all };
    if let (true, Some(node)) = (words.is_empty(), reader.node("targets")) {
        let problem = Problem::new("`targets` of [wasm] names nothing to make");
        reader.problems().add(problem.help("leave it out to have all of them").at(node.span.location()));
    }
    let mut targets = Vec::new();
    for (word, span) in words {
        if let Some((_, target)) = JsTarget::WORDS.iter().find(|(known, _)| *known == word) {
            targets.push(*target);
        } else {
            let known = JsTarget::WORDS.map(|(known, _)| known);
            reader.problems().add(unknown("target of wasm-bindgen", &word, &known).at(span.location()));
        }
    }
    targets.sort_unstable();
    targets.dedup();
    targets
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Known, Source};
    use super::*;
    use crate::targets::Target;

    fn config(text: &str) -> Config {
        Config::from_sources(vec![Source { name: "packaging/dist.toml".into(), text: text.into() }]).unwrap()
    }

    fn settings(text: &str) -> WasmSettings {
        WasmSettings::of_scope(&config(text).scope("tally", Some(&Target::wasm())))
    }

    #[test]
    fn without_settings_everybody_is_served() {
        let settings = settings("");
        assert_eq!(settings.targets, [JsTarget::Bundler, JsTarget::Nodejs, JsTarget::Web]);
        assert_eq!((settings.tool, settings.wasm_opt), (WasmTool::WasmBindgen, WasmOpt::Auto));
        assert_eq!(settings.wasm_opt_args, ["-O"]);
    }

    #[test]
    fn a_package_has_its_own_and_their_order_does_not_count() {
        let settings = settings(
            "[wasm]\nwasm-opt = \"never\"\n[package.tally.wasm]\ntargets = [\"web\", \"bundler\", \"web\"]\n\
             wasm-opt-args = [\"-Oz\"]\ntool = \"wasm-pack\"",
        );
        assert_eq!(settings.targets, [JsTarget::Bundler, JsTarget::Web]);
        assert_eq!((settings.tool, settings.wasm_opt), (WasmTool::WasmPack, WasmOpt::Never));
        assert_eq!(settings.wasm_opt_args, ["-Oz"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let problems = Problems::default();
        let text = "[wasm]\ntargets = [\"nodjs\"]\nwasm-opt = \"yes\"\nopt = true\n[package.tally.wasm]\ntargets = []";
        config(text).check(Known { packages: &["tally"], channels: &[] }, &problems);
        let said = problems.into_result().unwrap_err().to_string();
        for wanted in [
            "packaging/dist.toml:2:12: unknown target of wasm-bindgen `nodjs`",
            "packaging/dist.toml:3:12: unknown value `yes`",
            "packaging/dist.toml:4:1: unknown key `opt` in [wasm]",
            "packaging/dist.toml:6:11: `targets` of [wasm] names nothing to make",
        ] {
            assert!(said.contains(wanted), "{wanted}\n{said}");
        }
    }
}
