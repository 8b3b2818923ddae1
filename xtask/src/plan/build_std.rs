//! How cargo compiles the standard library itself, for a target that has none to be had.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::targets::Target;

/// What cargo is given besides, to compile the standard library with everything else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BuildStd {
    /// Arguments of cargo.
    pub arguments: Vec<String>,
    /// Variables that are set.
    pub env: BTreeMap<String, String>,
    /// Flags for rustc.
    pub rustflags: Vec<String>,
}

impl BuildStd {
    /// What compiles the standard library from its source for `target`. It takes a minute or so, once a target.
    pub fn of(target: &Target) -> Self {
        let mut how = Self {
            // panic_abort too, or a profile with `panic = "abort"` finds none.
            arguments: vec!["-Zbuild-std=std,panic_abort".to_owned()],
            // The option is cargo's, unstable, and as old as the way distributions build Rust; only so does stable take it.
            env: BTreeMap::from([("RUSTC_BOOTSTRAP".to_owned(), "1".to_owned())]),
            rustflags: Vec::new(),
        };
        if target.is_static_by_default() {
            // The start files and libc that rustup puts beside its own musl are not there; the linker brings its own.
            how.rustflags.push("-Clink-self-contained=no".to_owned());
        }
        how
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn musl_takes_the_linkers_own_libc() {
        let musl = BuildStd::of(&Target::parse("aarch64-unknown-linux-musl").unwrap());
        assert_eq!(musl.arguments, ["-Zbuild-std=std,panic_abort"]);
        assert_eq!(musl.env["RUSTC_BOOTSTRAP"], "1");
        assert_eq!(musl.rustflags, ["-Clink-self-contained=no"]);
        let darwin = BuildStd::of(&Target::parse("aarch64-apple-darwin").unwrap());
        assert!(darwin.rustflags.is_empty());
    }
}
