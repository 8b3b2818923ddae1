//! Which program compiles and links for a target, on which host.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Libc, Os, Target};

/// The program that compiles and links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Builder {
    /// `cargo build`, with the linker that rustc finds by itself.
    Cargo,
    /// `cargo-zigbuild`: zig links, for any glibc, musl, macOS and mingw.
    Zigbuild,
    /// `cargo-xwin`: for Windows msvc, with Microsoft's own libraries.
    Xwin,
    /// `cross`: in a container that has the target's C compiler and libraries.
    Cross,
}

/// What choosing a builder depends on besides the target.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The machine that compiles.
    pub host: &'a Target,
    /// What the configuration says.
    pub configured: Option<Builder>,
    /// Whether cargo's own configuration names a linker for the target.
    pub has_linker: bool,
    /// Whether zig and cargo-zigbuild are there or can be brought.
    pub has_zig: bool,
}

impl Builder {
    /// All of them, by their names in the configuration.
    pub const WORDS: [(&'static str, Self); 4] =
        [("cargo", Self::Cargo), ("zigbuild", Self::Zigbuild), ("xwin", Self::Xwin), ("cross", Self::Cross)];

    /// What a person types to have it build.
    pub fn command(self) -> &'static str {
        match self {
            Self::Cargo => "cargo build",
            Self::Zigbuild => "cargo zigbuild",
            Self::Xwin => "cargo xwin build",
            Self::Cross => "cross build",
        }
    }

    /// The builder for `target`. The user's word and the user's linker come first; then what the host can do by itself;
    /// then the tool that can do it from elsewhere.
    pub fn choose(target: &Target, circumstances: Circumstances<'_>) -> Self {
        let Circumstances { host, configured, has_linker, has_zig } = circumstances;
        if let Some(builder) = configured {
            return builder;
        }
        if has_linker {
            return Self::Cargo;
        }
        let at_home = target.os() == host.os();
        match (target.os(), target.libc()) {
            // Programs for the host's own glibc build without zig too; with it they run on older systems.
            (Os::Linux, Libc::Gnu) if target == host && !has_zig => Self::Cargo,
            (Os::Linux, Libc::Gnu) => Self::Zigbuild,
            _ if target == host => Self::Cargo,
            (Os::MacOs, _) | (Os::Windows, Libc::Msvc) if at_home => Self::Cargo,
            (Os::Windows, Libc::Msvc) => Self::Xwin,
            (Os::Linux | Os::MacOs | Os::Windows, _) => Self::Zigbuild,
            (Os::FreeBsd, _) => Self::Cross,
            // wasm links with what rustc brings; anything else has to have its own linker configured.
            (Os::Other, _) => Self::Cargo,
        }
    }
}

impl fmt::Display for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cargo => "cargo",
            Self::Zigbuild => "cargo-zigbuild",
            Self::Xwin => "cargo-xwin",
            Self::Cross => "cross",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: &str = "x86_64-unknown-linux-gnu";
    const MAC: &str = "aarch64-apple-darwin";
    const WINDOWS: &str = "x86_64-pc-windows-msvc";

    fn choose(target: &str, host: &str) -> Builder {
        let host = Target::parse(host).unwrap();
        let circumstances = Circumstances { host: &host, configured: None, has_linker: false, has_zig: true };
        Builder::choose(&Target::parse(target).unwrap(), circumstances)
    }

    #[test]
    fn the_table() {
        use Builder::{Cargo, Cross, Xwin, Zigbuild};
        for (target, on_linux, on_mac, on_windows) in [
            (LINUX, Zigbuild, Zigbuild, Zigbuild),
            ("x86_64-unknown-linux-musl", Zigbuild, Zigbuild, Zigbuild),
            ("aarch64-unknown-linux-gnu", Zigbuild, Zigbuild, Zigbuild),
            ("armv7-unknown-linux-gnueabihf", Zigbuild, Zigbuild, Zigbuild),
            (MAC, Zigbuild, Cargo, Zigbuild),
            ("x86_64-apple-darwin", Zigbuild, Cargo, Zigbuild),
            (WINDOWS, Xwin, Xwin, Cargo),
            ("aarch64-pc-windows-msvc", Xwin, Xwin, Cargo),
            ("x86_64-pc-windows-gnullvm", Zigbuild, Zigbuild, Zigbuild),
            ("x86_64-pc-windows-gnu", Zigbuild, Zigbuild, Zigbuild),
            ("x86_64-unknown-freebsd", Cross, Cross, Cross),
            ("wasm32-unknown-unknown", Cargo, Cargo, Cargo),
            ("wasm32-wasip1", Cargo, Cargo, Cargo),
        ] {
            let chosen = [LINUX, MAC, WINDOWS].map(|host| choose(target, host));
            assert_eq!(chosen, [on_linux, on_mac, on_windows], "{target}");
        }
    }

    #[test]
    fn the_users_word_and_linker_come_first_and_a_host_needs_no_zig() {
        let (host, target) = (Target::parse(LINUX).unwrap(), Target::parse(MAC).unwrap());
        let plain = Circumstances { host: &host, configured: None, has_linker: false, has_zig: true };
        let choose = |target, circumstances| Builder::choose(target, circumstances);
        assert_eq!(choose(&target, Circumstances { configured: Some(Builder::Cross), ..plain }), Builder::Cross);
        assert_eq!(choose(&target, Circumstances { has_linker: true, ..plain }), Builder::Cargo);
        assert_eq!(choose(&host, Circumstances { has_zig: false, ..plain }), Builder::Cargo);
    }
}
