//! What each channel calls a platform.

use super::{ArchiveFormat, Libc, Os, Target};

/// A platform as Homebrew's DSL asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HomebrewPlatform {
    /// The block that asks for the system: `on_macos` or `on_linux`.
    pub on_os: &'static str,
    /// The block that asks for the processor: `on_arm` or `on_intel`.
    pub on_cpu: &'static str,
}

/// A platform as the OCI image specification names it (the values are Go's `GOOS`, `GOARCH`, `GOARM`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OciPlatform {
    /// `linux`.
    pub os: &'static str,
    /// `amd64`, `arm64`, `arm`, …
    pub architecture: &'static str,
    /// `v7` for 32-bit arm, else empty.
    pub variant: &'static str,
}

impl Target {
    /// The end of an executable's name: `.exe` on Windows, `.wasm` on wasm, else nothing.
    pub fn exe_suffix(&self) -> &'static str {
        match self.os() {
            Os::Windows => ".exe",
            Os::Other if self.arch().starts_with("wasm") => ".wasm",
            _ => "",
        }
    }

    /// The archive that users of the platform expect.
    pub fn archive_format(&self) -> ArchiveFormat {
        if self.os() == Os::Windows { ArchiveFormat::Zip } else { ArchiveFormat::TarGz }
    }

    /// Homebrew's word, where Homebrew has the platform.
    pub fn homebrew(&self) -> Option<HomebrewPlatform> {
        let on_os = match self.os() {
            Os::MacOs => "on_macos",
            Os::Linux => "on_linux",
            _ => return None,
        };
        let on_cpu = match self.arch() {
            "aarch64" => "on_arm",
            "x86_64" => "on_intel",
            _ => return None,
        };
        // The x32 ABI is x86_64 by its first word only.
        (!self.triple().ends_with("x32")).then_some(HomebrewPlatform { on_os, on_cpu })
    }

    /// The container platform, for Linux on the processors that the specification names.
    pub fn oci(&self) -> Option<OciPlatform> {
        if self.os() != Os::Linux || self.triple().ends_with("x32") {
            return None;
        }
        let (architecture, variant) = match self.arch() {
            "x86_64" => ("amd64", ""),
            "aarch64" => ("arm64", ""),
            "i686" | "i586" => ("386", ""),
            "armv7" | "thumbv7neon" => ("arm", "v7"),
            "arm" => ("arm", "v6"),
            "riscv64gc" => ("riscv64", ""),
            "powerpc64le" => ("ppc64le", ""),
            "s390x" => ("s390x", ""),
            "loongarch64" => ("loong64", ""),
            _ => return None,
        };
        Some(OciPlatform { os: "linux", architecture, variant })
    }

    /// The operating system as cargo-binstall's `{ target-family }` has it (target-lexicon's names).
    pub fn binstall_family(&self) -> &str {
        match self.os() {
            Os::Linux => "linux",
            Os::MacOs => "darwin",
            Os::Windows => "windows",
            Os::FreeBsd => "freebsd",
            Os::Other if self.triple().contains("android") => "linux",
            Os::Other => {
                self.triple().split('-').nth(if self.vendor() == "unknown" { 1 } else { 2 }).unwrap_or("unknown")
            }
        }
    }

    /// The last part of the triple as cargo-binstall's `{ target-libc }` has it.
    pub fn binstall_libc(&self) -> &str {
        match (self.os(), self.libc()) {
            (_, Libc::Gnu | Libc::Musl | Libc::Msvc) => self.triple().rsplit('-').next().unwrap_or("unknown"),
            _ if self.triple().ends_with("android") => "android",
            _ => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(triple: &str) -> Target {
        Target::parse(triple).unwrap()
    }

    #[test]
    fn words_of_the_usual_platforms() {
        let linux = target("aarch64-unknown-linux-musl");
        assert_eq!(linux.homebrew(), Some(HomebrewPlatform { on_os: "on_linux", on_cpu: "on_arm" }));
        assert_eq!(linux.oci(), Some(OciPlatform { os: "linux", architecture: "arm64", variant: "" }));
        assert_eq!((linux.exe_suffix(), linux.archive_format()), ("", ArchiveFormat::TarGz));
        let windows = target("x86_64-pc-windows-msvc");
        assert_eq!((windows.exe_suffix(), windows.archive_format()), (".exe", ArchiveFormat::Zip));
        assert_eq!((windows.homebrew(), windows.oci()), (None, None));
        assert_eq!(target("x86_64-unknown-linux-gnux32").oci(), None);
        assert_eq!(target("armv7-unknown-linux-musleabihf").oci().unwrap().variant, "v7");
    }

    #[test]
    fn binstall_words_are_those_the_client_was_seen_to_use() {
        let words = |triple| {
            let target = target(triple);
            [target.binstall_family().to_owned(), target.binstall_libc().to_owned(), target.vendor().to_owned()]
        };
        assert_eq!(words("x86_64-unknown-linux-musl"), ["linux", "musl", "unknown"]);
        assert_eq!(words("aarch64-apple-darwin"), ["darwin", "unknown", "apple"]);
        assert_eq!(words("aarch64-pc-windows-gnullvm"), ["windows", "gnullvm", "pc"]);
        assert_eq!(words("wasm32-wasip1"), ["wasip1", "unknown", "unknown"]);
        assert_eq!(words("aarch64-linux-android"), ["linux", "android", "unknown"]);
        assert_eq!(words("x86_64-unknown-freebsd"), ["freebsd", "unknown", "unknown"]);
    }
}
