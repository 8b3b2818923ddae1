//! What a build needs of its machine, as plain data.

use std::fmt;

use serde::Serialize;

use super::pins;
use crate::targets::{Libc, Os, Target};

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
        }
    }
}

/// What building for `target` on `host` needs with the builders that are chosen by default.
pub fn needs_of(target: &Target, host: &Target) -> Vec<Need> {
    let mut needs = vec![Need::Std(target.clone())];
    needs.extend(match (target.os(), target.libc()) {
        _ if target == host => vec![],
        // Apple's linker does both processors, Microsoft's all of them.
        (Os::MacOs, _) if host.os() == Os::MacOs => vec![],
        (Os::Windows, Libc::Msvc) if host.os() == Os::Windows => vec![],
        (Os::Windows, Libc::Msvc) => vec![Need::Tool(Tool::CargoXwin), Need::WindowsSdk],
        (Os::Linux | Os::MacOs | Os::Windows, _) => vec![Need::Tool(Tool::Zig), Need::Tool(Tool::CargoZigbuild)],
        _ => vec![],
    });
    needs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(target: &str, host: &str) -> Vec<&'static str> {
        let needs = needs_of(&Target::parse(target).unwrap(), &Target::parse(host).unwrap());
        needs.iter().map(Need::word).collect()
    }

    #[test]
    fn needs_follow_target_and_host() {
        const LINUX: &str = "x86_64-unknown-linux-gnu";
        const MAC: &str = "aarch64-apple-darwin";
        const WINDOWS: &str = "x86_64-pc-windows-msvc";
        let zig = ["std", "zig", "cargo-zigbuild"];
        assert_eq!(words(LINUX, LINUX), ["std"]);
        assert_eq!(words("x86_64-unknown-linux-musl", LINUX), zig);
        assert_eq!(words(LINUX, MAC), zig);
        assert_eq!(words(MAC, LINUX), zig);
        assert_eq!(words("x86_64-apple-darwin", MAC), ["std"]);
        assert_eq!(words("x86_64-pc-windows-gnullvm", LINUX), zig);
        assert_eq!(words(WINDOWS, LINUX), ["std", "cargo-xwin", "windows-sdk"]);
        assert_eq!(words("aarch64-pc-windows-msvc", WINDOWS), ["std"]);
        assert_eq!(words("wasm32-unknown-unknown", LINUX), ["std"]);
    }

    #[test]
    fn what_links_comes_before_what_uses_it() {
        let mut tools = [Tool::Cross, Tool::CargoXwin, Tool::CargoZigbuild, Tool::Zig];
        tools.sort();
        assert_eq!(tools[..2], [Tool::Zig, Tool::CargoZigbuild]);
    }
}
