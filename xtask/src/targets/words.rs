//! What each channel calls a platform.

use std::borrow::Cow;

use super::{ArchiveFormat, BinstallTarget, Libc, Os, Target};

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

/// A platform as npm asks for it: `os`, `cpu` and `libc` of package.json, which are node's `process.platform` and
/// `process.arch`, and npm's own words for the C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NpmPlatform {
    /// `linux`, `darwin`, `win32`, …
    pub os: &'static str,
    /// `x64`, `arm64`, `ia32`, …
    pub cpu: &'static str,
    /// `glibc` or `musl` on Linux.
    pub libc: Option<&'static str>,
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

    /// Homebrew's words for the platforms that it serves: two for a universal one, none where Homebrew has none.
    pub fn homebrew(&self) -> Vec<HomebrewPlatform> {
        let on_os = match self.os() {
            Os::MacOs => "on_macos",
            Os::Linux => "on_linux",
            _ => return Vec::new(),
        };
        let on_cpus: &[&str] = match self.arch() {
            // The x32 ABI is x86_64 by its first word only.
            _ if self.triple().ends_with("x32") => &[],
            "aarch64" => &["on_arm"],
            "x86_64" => &["on_intel"],
            "universal" => &["on_arm", "on_intel"],
            _ => &[],
        };
        on_cpus.iter().map(|on_cpu| HomebrewPlatform { on_os, on_cpu }).collect()
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

    /// npm's words for the platforms that it serves: two for a universal one, none where node does not run.
    pub fn npm(&self) -> Vec<NpmPlatform> {
        let libc = match self.libc() {
            Libc::Gnu => "glibc",
            Libc::Musl => "musl",
            _ => "",
        };
        let (os, libc) = match self.os() {
            Os::Linux if libc.is_empty() => return Vec::new(),
            Os::Linux => ("linux", Some(libc)),
            Os::MacOs => ("darwin", None),
            Os::Windows => ("win32", None),
            Os::FreeBsd => ("freebsd", None),
            Os::Other if self.triple().contains("-android") => ("android", None),
            Os::Other if self.triple().ends_with("-openbsd") => ("openbsd", None),
            Os::Other => return Vec::new(),
        };
        let cpus: &[&'static str] = match self.arch() {
            // The ABIs with short pointers are x86_64 and aarch64 by their first words only.
            _ if self.triple().ends_with("x32") || self.triple().ends_with("ilp32") => &[],
            "x86_64" => &["x64"],
            "aarch64" => &["arm64"],
            "universal" => &["arm64", "x64"],
            "i686" | "i586" => &["ia32"],
            "arm" | "armv7" | "thumbv7neon" => &["arm"],
            "riscv64gc" => &["riscv64"],
            "powerpc64le" => &["ppc64"],
            "s390x" => &["s390x"],
            "loongarch64" => &["loong64"],
            _ => &[],
        };
        cpus.iter().map(|cpu| NpmPlatform { os, cpu, libc }).collect()
    }

    /// The operating system as cargo-binstall's `{ target-family }` has it; what its library does not read, it cannot
    /// install for, and the triple's own word stands for it.
    pub fn binstall_family(&self) -> &str {
        match BinstallTarget::parse(self.triple()).map(|target| target.family_word()) {
            Ok(Cow::Borrowed(word)) => word,
            _ => self.triple().split('-').nth(if self.vendor() == "unknown" { 1 } else { 2 }).unwrap_or("unknown"),
        }
    }

    /// The C library as cargo-binstall's `{ target-libc }` has it.
    pub fn binstall_libc(&self) -> &str {
        match BinstallTarget::parse(self.triple()).map(|target| target.libc_word()) {
            Ok(Cow::Borrowed(word)) => word,
            _ => self.triple().rsplit('-').next().filter(|_| self.libc() != Libc::Other).unwrap_or("unknown"),
        }
    }

    /// The vendor as cargo-binstall's `{ target-vendor }` has it.
    pub fn binstall_vendor(&self) -> &str {
        let Ok(target) = BinstallTarget::parse(self.triple()) else { return self.vendor() };
        match target.vendor_word() {
            // Not the triple's word.
            "espressif" => "espressif",
            word => self.triple().split('-').find(|part| *part == word).unwrap_or("unknown"),
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
        assert_eq!(linux.homebrew(), [HomebrewPlatform { on_os: "on_linux", on_cpu: "on_arm" }]);
        let universal = target("universal-apple-darwin").homebrew();
        assert_eq!(universal.iter().map(|platform| platform.on_cpu).collect::<Vec<_>>(), ["on_arm", "on_intel"]);
        assert_eq!(linux.oci(), Some(OciPlatform { os: "linux", architecture: "arm64", variant: "" }));
        assert_eq!((linux.exe_suffix(), linux.archive_format()), ("", ArchiveFormat::TarGz));
        let windows = target("x86_64-pc-windows-msvc");
        assert_eq!((windows.exe_suffix(), windows.archive_format()), (".exe", ArchiveFormat::Zip));
        assert_eq!((windows.homebrew(), windows.oci()), (Vec::new(), None));
        let x32 = target("x86_64-unknown-linux-gnux32");
        assert_eq!((x32.homebrew(), x32.oci()), (Vec::new(), None));
        assert_eq!(target("armv7-unknown-linux-musleabihf").oci().unwrap().variant, "v7");
    }

    #[test]
    fn npm_words_are_those_of_node() {
        let words = |triple: &str| {
            let of_each = target(triple).npm().into_iter();
            of_each.map(|it| [it.os, it.cpu, it.libc.unwrap_or("-")].join(" ")).collect::<Vec<_>>().join(", ")
        };
        for (triple, wanted) in [
            ("x86_64-unknown-linux-gnu", "linux x64 glibc"),
            ("armv7-unknown-linux-musleabihf", "linux arm musl"),
            ("powerpc64le-unknown-linux-gnu", "linux ppc64 glibc"),
            ("universal-apple-darwin", "darwin arm64 -, darwin x64 -"),
            ("i686-pc-windows-msvc", "win32 ia32 -"),
            ("aarch64-pc-windows-gnullvm", "win32 arm64 -"),
            ("x86_64-unknown-freebsd", "freebsd x64 -"),
            ("aarch64-linux-android", "android arm64 -"),
            ("x86_64-unknown-linux-gnux32", ""),
            ("aarch64-unknown-linux-gnu_ilp32", ""),
            ("x86_64-unknown-linux-none", ""),
            ("aarch64-apple-ios", ""),
            ("wasm32-wasip1", ""),
            ("arm64ec-pc-windows-msvc", ""),
        ] {
            assert_eq!(words(triple), wanted, "{triple}");
        }
    }

    #[test]
    fn binstall_words_are_those_of_the_client() {
        for triple in crate::targets::KNOWN.iter().copied().chain(["universal-apple-darwin"]) {
            let (ours, theirs) = (target(triple), BinstallTarget::parse(triple));
            let words = [ours.arch(), ours.binstall_family(), ours.binstall_libc(), ours.binstall_vendor()];
            let Ok(theirs) = theirs else { continue };
            let keys = ["target-arch", "target-family", "target-libc", "target-vendor"];
            assert_eq!(words.map(str::to_owned), keys.map(|key| theirs.value(key).unwrap().into_owned()), "{triple}");
        }
        let unread = target("arm64ec-pc-windows-msvc");
        assert_eq!((unread.binstall_family(), unread.binstall_libc()), ("windows", "msvc"));
    }
}
