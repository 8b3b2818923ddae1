//! What the headers of a target's executables say.

use super::{Os, Target};

impl Target {
    /// The format of its executables, as [`crate::inspect::Executable`] calls it; none where that is not known.
    pub fn executable_format(&self) -> Option<&'static str> {
        match self.os() {
            Os::Linux | Os::FreeBsd => Some("elf"),
            Os::MacOs => Some("mach-o"),
            Os::Windows => Some("pe"),
            Os::Other => self.arch().starts_with("wasm").then_some("wasm"),
        }
    }

    /// The operating system in their headers; none where that is not known.
    pub fn executable_os(&self) -> Option<&'static str> {
        match self.os() {
            Os::Linux => Some("linux"),
            Os::FreeBsd => Some("freebsd"),
            Os::MacOs => Some("macos"),
            Os::Windows => Some("windows"),
            Os::Other => None,
        }
    }

    /// The processor in their headers, which know fewer than triples do; none where that is not known.
    pub fn executable_arch(&self) -> Option<&'static str> {
        if self.triple().ends_with("ilp32") {
            return None;
        }
        Some(match self.arch() {
            "x86_64" if self.triple().ends_with("x32") => "x32",
            "x86_64" | "x86_64h" => "x86_64",
            "i386" | "i586" | "i686" => "i686",
            "aarch64" | "arm64e" => "aarch64",
            "aarch64_be" => "aarch64_be",
            "universal" => "universal",
            "powerpc" => "powerpc",
            "powerpc64" => "powerpc64",
            "powerpc64le" => "powerpc64le",
            "s390x" => "s390x",
            "loongarch64" => "loongarch64",
            "sparc64" | "sparcv9" => "sparc64",
            arch if arch.starts_with("riscv64") => "riscv64",
            arch if arch.starts_with("riscv32") => "riscv32",
            arch if arch.starts_with("wasm32") => "wasm32",
            // Not big-endian ones, nor those of Windows that are called after arm64.
            arch if arch == "arm" || arch.starts_with("armv") || arch.starts_with("thumbv") => "arm",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triples_tell_what_headers_say() {
        for (triple, format, arch, os) in [
            ("x86_64-unknown-linux-musl", "elf", "x86_64", "linux"),
            ("armv7-unknown-linux-gnueabihf", "elf", "arm", "linux"),
            ("riscv64gc-unknown-linux-gnu", "elf", "riscv64", "linux"),
            ("x86_64-unknown-linux-gnux32", "elf", "x32", "linux"),
            ("x86_64-unknown-freebsd", "elf", "x86_64", "freebsd"),
            ("aarch64-apple-darwin", "mach-o", "aarch64", "macos"),
            ("universal-apple-darwin", "mach-o", "universal", "macos"),
            ("i686-pc-windows-msvc", "pe", "i686", "windows"),
        ] {
            let target = Target::parse(triple).unwrap();
            let said = (target.executable_format(), target.executable_arch(), target.executable_os());
            assert_eq!(said, (Some(format), Some(arch), Some(os)), "{triple}");
        }
        let wasm = Target::parse("wasm32-wasip1").unwrap();
        assert_eq!(
            (wasm.executable_format(), wasm.executable_arch(), wasm.executable_os()),
            (Some("wasm"), Some("wasm32"), None)
        );
        assert_eq!(Target::parse("aarch64-unknown-linux-gnu_ilp32").unwrap().executable_arch(), None);
        assert_eq!(Target::parse("aarch64-linux-android").unwrap().executable_format(), None);
    }
}
