//! What a build needs of its machine, as plain data.

use std::fmt;

use serde::Serialize;

use super::pins;
use crate::targets::{Builder, Target};

/// Something that has to be there before a target can be built.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The standard library for a target, compiled or as source.
    Std(Target),
    /// The source of the standard library, for a target whose `build-std` is set.
    RustSrc,
    /// A program.
    Tool(Tool),
    /// Microsoft's C runtime and Windows SDK, as cargo-xwin links them.
    WindowsSdk,
    /// Docker or podman, in which cross compiles.
    ContainerEngine,
    /// wasm-bindgen's own tool, of the version that the lock file names: it takes modules of no other.
    WasmBindgen(String),
    /// Binaryen's wasm-opt.
    WasmOpt,
    /// wasm-pack.
    WasmPack,
}

/// A program that builds or links. The order is the one in which they are brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// The compiler whose linker and C libraries serve every Linux, macOS and mingw.
    Zig,
    /// `cargo zigbuild`, which has zig link what cargo compiles.
    CargoZigbuild,
    /// `cargo xwin`, which links for msvc off Windows.
    CargoXwin,
    /// `cross`, which compiles in a container.
    Cross,
}

impl Tool {
    /// Its executable, without suffix.
    pub fn program(self) -> &'static str {
        match self {
            Self::Zig => "zig",
            Self::CargoZigbuild => "cargo-zigbuild",
            Self::CargoXwin => "cargo-xwin",
            Self::Cross => "cross",
        }
    }

    /// The version that is brought, so that equal commits are built with equal tools everywhere; cross is not brought.
    pub fn pinned(self) -> Option<&'static str> {
        pins::wheel(self).map(|wheel| wheel.version)
    }

    /// What makes it say its version.
    pub(super) fn version_argument(self) -> &'static str {
        if self == Self::Zig { "version" } else { "--version" }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.program())
    }
}

impl Need {
    /// One word for tables and JSON; the target stands beside it there.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Std(_) => "std",
            Self::RustSrc => "rust-src",
            Self::Tool(tool) => tool.program(),
            Self::WindowsSdk => "windows-sdk",
            Self::ContainerEngine => "container-engine",
            Self::WasmBindgen(_) => "wasm-bindgen",
            Self::WasmOpt => "wasm-opt",
            Self::WasmPack => "wasm-pack",
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Std(target) => write!(f, "the standard library for {target}"),
            Self::RustSrc => f.write_str("the source of the standard library (rust-src)"),
            Self::Tool(tool) => tool.fmt(f),
            Self::WindowsSdk => f.write_str("Microsoft's C runtime and Windows SDK"),
            Self::ContainerEngine => f.write_str("docker or podman"),
            Self::WasmBindgen(version) => write!(f, "wasm-bindgen {version}"),
            Self::WasmOpt | Self::WasmPack => f.write_str(self.word()),
        }
    }
}

/// What `builder` needs to build for `target`.
pub fn needs_of(builder: Builder, target: &Target, build_std: bool) -> Vec<Need> {
    let std = if build_std { Need::RustSrc } else { Need::Std(target.clone()) };
    match builder {
        Builder::Cargo => vec![std],
        Builder::Zigbuild => vec![std, Need::Tool(Tool::Zig), Need::Tool(Tool::CargoZigbuild)],
        Builder::Xwin => vec![std, Need::Tool(Tool::CargoXwin), Need::WindowsSdk],
        // Its container has the standard library.
        Builder::Cross => vec![Need::Tool(Tool::Cross), Need::ContainerEngine],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_follow_the_builder() {
        let target = Target::parse("x86_64-unknown-linux-musl").unwrap();
        let words =
            |builder, build_std| needs_of(builder, &target, build_std).iter().map(Need::word).collect::<Vec<_>>();
        assert_eq!(words(Builder::Cargo, false), ["std"]);
        assert_eq!(words(Builder::Zigbuild, false), ["std", "zig", "cargo-zigbuild"]);
        assert_eq!(words(Builder::Zigbuild, true), ["rust-src", "zig", "cargo-zigbuild"]);
        assert_eq!(words(Builder::Xwin, false), ["std", "cargo-xwin", "windows-sdk"]);
        assert_eq!(words(Builder::Cross, false), ["cross", "container-engine"]);
    }

    #[test]
    fn what_links_comes_before_what_uses_it() {
        let mut tools = [Tool::Cross, Tool::CargoXwin, Tool::CargoZigbuild, Tool::Zig];
        tools.sort();
        assert_eq!(tools[..2], [Tool::Zig, Tool::CargoZigbuild]);
    }
}
