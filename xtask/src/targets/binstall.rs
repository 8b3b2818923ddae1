//! A target as cargo-binstall understands it: by the crate target-lexicon, whose words are not always rustc's.

use std::borrow::Cow;
use std::fmt;

use cargo_platform::{Cfg, Ident};
use target_lexicon::{Environment, OperatingSystem, Triple, Vendor};

/// A triple, taken apart for templates and `cfg()`. Any triple that target-lexicon reads is one, rustc's or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinstallTarget {
    triple: String,
    os: OperatingSystem,
    arch: Cow<'static, str>,
    libc: Environment,
    vendor: Vendor,
}

/// Files for both macOS processors; target-lexicon has no name for them.
const UNIVERSAL: [&str; 2] = ["universal-apple-darwin", "universal2-apple-darwin"];

/// The `cfg()` options that the client sets for a target; every other condition is false.
pub const CFG_KEYS: &[&str] =
    &["target_os", "target_arch", "target_env", "target_vendor", "target_family", "unix", "windows"];

impl BinstallTarget {
    /// The variables of templates that come from the target alone.
    pub const KEYS: &[&str] = &["target-family", "os-name", "target-arch", "target-libc", "target-vendor"];

    /// Reads a triple.
    ///
    /// # Errors
    /// What target-lexicon says against it, in the client's words.
    pub fn parse(triple: &str) -> Result<Self, String> {
        let universal = UNIVERSAL.contains(&triple);
        let read = if universal { "x86_64-apple-darwin" } else { triple };
        let parsed: Triple = read.parse().map_err(|error: target_lexicon::ParseError| error.to_string())?;
        Ok(Self {
            triple: triple.to_owned(),
            os: parsed.operating_system,
            arch: if universal { "universal".into() } else { parsed.architecture.into_str() },
            libc: parsed.environment,
            vendor: parsed.vendor,
        })
    }

    /// The triple as it was written.
    pub fn triple(&self) -> &str {
        &self.triple
    }

    /// Whether the client expects programs with `.exe`: it looks for the word in the triple.
    pub fn is_windows(&self) -> bool {
        self.triple.contains("windows")
    }

    /// `{ binary-ext }`.
    pub fn binary_ext(&self) -> &'static str {
        if self.is_windows() { ".exe" } else { "" }
    }

    /// The value of a template's variable, if it is one of [`Self::KEYS`].
    pub fn value(&self, key: &str) -> Option<Cow<'_, str>> {
        Some(match key {
            "target-family" => self.os.into_str(),
            "os-name" => self.os_name(),
            "target-arch" => self.arch.as_ref().into(),
            "target-libc" => self.libc.into_str(),
            "target-vendor" => self.vendor.as_str().into(),
            _ => return None,
        })
    }

    /// What holds for it in `cfg(…)`.
    pub fn cfgs(&self) -> Vec<Cfg> {
        let ident = |name: &str| Ident { name: name.to_owned(), raw: false };
        let pair = |key: &str, value: &str| Cfg::KeyPair(ident(key), value.to_owned());
        let mut cfgs = vec![
            pair("target_os", &self.os_name()),
            pair("target_arch", &self.arch),
            pair("target_env", &self.libc.into_str()),
            pair("target_vendor", self.vendor.as_str()),
        ];
        if let Some(family) = self.family() {
            cfgs.extend([Cfg::Name(ident(family)), pair("target_family", family)]);
        }
        cfgs
    }

    /// The targets that a machine of this kind tries after this one, in the client's order; some only if the machine
    /// runs their programs (by Rosetta, by Windows' emulation).
    pub fn also_tried(&self) -> Vec<String> {
        const UNIVERSAL_THEN: [&str; 4] = [UNIVERSAL[0], UNIVERSAL[1], "x86_64h-apple-darwin", "x86_64-apple-darwin"];
        let (front, last) = self.triple.rsplit_once('-').unwrap_or((&self.triple, ""));
        let texts = |triples: &[&str]| triples.iter().map(|triple| (*triple).to_owned()).collect::<Vec<_>>();
        match self.triple.as_str() {
            "aarch64-apple-darwin" => texts(&UNIVERSAL_THEN),
            "x86_64-apple-darwin" => texts(&["x86_64h-apple-darwin", UNIVERSAL[0], UNIVERSAL[1]]),
            "x86_64h-apple-darwin" => texts(&["x86_64-apple-darwin", UNIVERSAL[0], UNIVERSAL[1]]),
            triple if triple.ends_with("-windows-msvc") => vec![format!("{front}-gnu"), format!("{front}-gnullvm")],
            _ if self.is_windows() => vec![format!("{front}-msvc")],
            triple if triple.contains("-linux-gnu") => {
                let abi = last.strip_prefix("gnu").unwrap_or_default();
                vec![format!("{}-unknown-linux-musl{abi}", self.arch_as_written())]
            }
            triple if triple.contains("-linux-android") => {
                let abi = last.strip_prefix("android").unwrap_or_default();
                vec![format!("{}-unknown-linux-musl{abi}", self.arch_as_written())]
            }
            _ => Vec::new(),
        }
    }

    fn arch_as_written(&self) -> &str {
        self.triple.split('-').next().unwrap_or_default()
    }

    /// The system as rustc calls it.
    fn os_name(&self) -> Cow<'static, str> {
        match self.os {
            OperatingSystem::Darwin(_) | OperatingSystem::MacOSX(_) => "macos".into(),
            os => os.into_str(),
        }
    }

    fn family(&self) -> Option<&'static str> {
        use OperatingSystem as Os;
        match self.os {
            Os::Windows => Some("windows"),
            // Every system that rustc counts to the family.
            Os::Aix
            | Os::Cygwin
            | Os::Dragonfly
            | Os::Emscripten
            | Os::Espidf
            | Os::Freebsd
            | Os::Fuchsia
            | Os::Haiku
            | Os::Hurd
            | Os::Illumos
            | Os::L4re
            | Os::Linux
            | Os::Netbsd
            | Os::Openbsd
            | Os::Redox
            | Os::Solaris
            | Os::VxWorks
            | Os::Darwin(_)
            | Os::MacOSX(_)
            | Os::IOS(_)
            | Os::TvOS(_)
            | Os::VisionOS(_)
            | Os::WatchOS(_)
            | Os::XROS(_) => Some("unix"),
            _ => None,
        }
    }
}

impl fmt::Display for BinstallTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.triple)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::KNOWN;

    fn words(triple: &str) -> String {
        let target = BinstallTarget::parse(triple).unwrap();
        BinstallTarget::KEYS.iter().map(|key| target.value(key).unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_those_of_the_client() {
        assert_eq!(words("aarch64-apple-darwin"), "darwin macos aarch64 unknown apple");
        assert_eq!(words("universal2-apple-darwin"), "darwin macos universal unknown apple");
        assert_eq!(words("i686-pc-windows-gnullvm"), "windows windows i686 gnullvm pc");
        assert_eq!(words("wasm32-wasip1"), "wasip1 wasip1 wasm32 unknown unknown");
        assert!(BinstallTarget::parse("x86_64-unknown-linx-gnu").unwrap_err().contains("linx"));
    }

    #[test]
    fn most_targets_of_rustc_are_read() {
        let unread: Vec<&str> = KNOWN.iter().copied().filter(|triple| BinstallTarget::parse(triple).is_err()).collect();
        assert!(unread.len() * 4 < KNOWN.len(), "{unread:?}");
        // The client can install for none of these, whatever is published.
        assert!(unread.contains(&"arm64ec-pc-windows-msvc"));
    }

    #[test]
    fn what_machines_try_besides() {
        let also = |triple: &str| BinstallTarget::parse(triple).unwrap().also_tried().join(" ");
        assert_eq!(also("armv7-unknown-linux-gnueabihf"), "armv7-unknown-linux-musleabihf");
        assert_eq!(also("x86_64-unknown-linux-musl"), "");
        assert_eq!(also("x86_64-pc-windows-msvc"), "x86_64-pc-windows-gnu x86_64-pc-windows-gnullvm");
        assert!(also("aarch64-apple-darwin").starts_with("universal-apple-darwin"));
    }

    #[test]
    fn conditions_hold_by_lexicons_words() {
        let holds = |triple: &str, condition: &str| {
            let platform: cargo_platform::Platform = condition.parse().unwrap();
            platform.matches("", &BinstallTarget::parse(triple).unwrap().cfgs())
        };
        assert!(holds("x86_64-apple-darwin", "cfg(all(unix, target_os = \"macos\"))"));
        assert!(!holds("i686-unknown-linux-gnu", "cfg(target_arch = \"x86\")"), "lexicon says i686");
        assert!(!holds("x86_64-unknown-linux-gnu", "cfg(target_pointer_width = \"64\")"));
        assert!(!holds("wasm32-unknown-unknown", "cfg(any(unix, windows))"));
    }
}
