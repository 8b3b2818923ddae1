//! The settings that are not a channel's, each read in one place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reader::{Reader, unknown};
use super::{Known, Problems};
use crate::names;
use crate::report::{Error, Problem, Result};
use crate::spanned::Table;
use crate::targets::{ArchiveFormat, Builder, Glibc, Target};

/// What is released: of the whole file, or (all but `packages`) of one package.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// `packages`: the members to release; all with a binary unless set.
    pub packages: Option<Vec<String>>,
    /// `targets`: the platforms to release for, with the oldest glibc where one is asked for.
    pub targets: Option<BTreeMap<Target, Option<Glibc>>>,
    /// `channels`: the channels that have to work; all that apply unless set.
    pub channels: Option<Vec<String>>,
    /// `tag`: the template of the release's tag.
    pub tag: Option<String>,
    /// `download-url`: where the assets will be found, for forges that are not known.
    pub download_url: Option<String>,
}

impl Selection {
    /// Reads the settings of the whole file.
    pub fn read(reader: &Reader<'_>, known: Known<'_>) -> Self {
        let packages = known_words(reader, "packages", "package", known.packages);
        Self { packages, ..Self::read_for_package(reader, known) }
    }

    /// Reads those that a package may set for itself.
    pub fn read_for_package(reader: &Reader<'_>, known: Known<'_>) -> Self {
        Self {
            packages: None,
            targets: targets(reader),
            channels: known_words(reader, "channels", "channel", known.channels),
            tag: reader.checked("tag", |tag| names::check(tag, names::TAG_KEYS)),
            download_url: reader.checked("download-url", names::check_url),
        }
    }
}

fn known_words(reader: &Reader<'_>, key: &'static str, kind: &str, known: &[&str]) -> Option<Vec<String>> {
    let words = reader.strings(key)?;
    for (word, span) in &words {
        if !known.contains(&word.as_str()) {
            reader.problems().add(unknown(kind, word, known).at(span.location()));
        }
    }
    Some(words.into_iter().map(|(word, _)| word).collect())
}

fn targets(reader: &Reader<'_>) -> Option<BTreeMap<Target, Option<Glibc>>> {
    let mut targets = BTreeMap::new();
    for (word, span) in reader.strings("targets")? {
        match Target::parse_word(&word) {
            Ok((target, glibc)) => _ = targets.insert(target, glibc),
            Err(error) => reader.problems().add_error(&span, &error),
        }
    }
    Some(targets)
}

/// How a package is compiled for a target, and what goes into its archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildSettings {
    /// `profile`: cargo's profile.
    pub profile: String,
    /// `features`.
    pub features: Vec<String>,
    /// `all-features`.
    pub all_features: bool,
    /// `no-default-features`.
    pub no_default_features: bool,
    /// `rustflags`, after the user's own.
    pub rustflags: Vec<String>,
    /// `env`: variables for cargo and build scripts.
    pub env: BTreeMap<String, String>,
    /// `exclude-binaries`: programs that are left out.
    pub exclude_binaries: Vec<String>,
    /// `include`: globs of further files.
    pub include: Vec<String>,
    /// `builder`: the program that compiles and links; by the target and the host unless set.
    pub builder: Option<Builder>,
    /// `build-std`: whether the standard library is compiled too, for targets that have none to download.
    pub build_std: bool,
    /// `sign`: a command that signs each executable before it is packed; the file's path is put behind it.
    pub sign: Vec<String>,
}

impl BuildSettings {
    /// Reads them from a merged scope.
    pub fn read(reader: &Reader<'_>) -> Self {
        Self {
            profile: reader.checked("profile", check_profile).unwrap_or_else(|| "dist".to_owned()),
            features: reader.plain_strings("features").unwrap_or_default(),
            all_features: reader.bool("all-features").unwrap_or(false),
            no_default_features: reader.bool("no-default-features").unwrap_or(false),
            rustflags: reader.plain_strings("rustflags").unwrap_or_default(),
            env: reader.string_map("env").unwrap_or_default(),
            exclude_binaries: reader.plain_strings("exclude-binaries").unwrap_or_default(),
            include: reader.plain_strings("include").unwrap_or_default(),
            builder: reader.one_of("builder", &Builder::WORDS),
            build_std: reader.bool("build-std").unwrap_or(false),
            sign: reader.plain_strings("sign").unwrap_or_default(),
        }
    }

    /// Reads them from a scope that was checked before.
    pub fn of_scope(scope: &Table) -> Self {
        let ignored = Problems::default();
        Self::read(&Reader::new(scope, "", &ignored))
    }

    /// Whether the C runtime is asked to be linked in, which makes a gnu or msvc executable static.
    pub fn wants_static_crt(&self) -> bool {
        self.rustflags.iter().any(|flag| flag.contains("+crt-static"))
    }
}

fn check_profile(name: &str) -> Result<()> {
    // Cargo's own rule for profile names.
    if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
        Ok(())
    } else {
        Err(Error::usage(format!("`{name}` is no name of a profile")))
    }
}

/// `[channel.archive]`: the names inside and outside of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveSettings {
    /// `name`: the asset's name without its ending.
    pub name: String,
    /// `folder`: the one folder that everything in the archive is in; none where it is empty.
    pub folder: String,
    /// `format`: by the target unless set.
    pub format: Option<ArchiveFormat>,
}

impl ArchiveSettings {
    /// Reads them.
    pub fn read(reader: &Reader<'_>) -> Self {
        let template = |key| reader.checked(key, |template| names::check(template, names::ARCHIVE_KEYS));
        let name = template("name").unwrap_or_else(|| names::ARCHIVE.to_owned());
        // The folder follows the name, as users of the archive expect.
        let folder = template("folder").unwrap_or_else(|| name.clone());
        Self { name, folder, format: reader.one_of("format", &ArchiveFormat::WORDS) }
    }
}

/// `[publish-status]`: what `cargo xtask dist publish-status` tells of besides the workspace's own crates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishStatus {
    /// `crates`: names of further crates, of which there is no source here.
    pub crates: Vec<String>,
    /// `checkouts`: the folders of further workspaces, relative to this one.
    pub checkouts: Vec<String>,
}

impl PublishStatus {
    /// Reads it.
    pub fn read(reader: &Reader<'_>) -> Self {
        for (name, span) in reader.strings("crates").unwrap_or_default() {
            if !names::is_crate_name(&name) {
                let problem = Problem::new(format!("`{name}` cannot be the name of a crate"));
                reader
                    .problems()
                    .add(problem.help("letters, digits, `-` and `_` can stand in one").at(span.location()));
            }
        }
        Self {
            crates: reader.plain_strings("crates").unwrap_or_default(),
            checkouts: reader.plain_strings("checkouts").unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Source};
    use super::*;

    const KNOWN: Known<'_> = Known { packages: &["tally", "other"], channels: &["archive", "docker"] };

    fn config(text: &str) -> Config {
        Config::from_sources(vec![Source { name: "packaging/dist.toml".into(), text: text.into() }]).unwrap()
    }

    fn problems(text: &str) -> String {
        let problems = Problems::default();
        config(text).check(KNOWN, &problems);
        problems.into_result().map_or_else(|error| error.to_string(), |()| String::new())
    }

    fn build(text: &str, triple: &str) -> BuildSettings {
        let target = Target::parse(triple).unwrap();
        BuildSettings::of_scope(&config(text).scope("tally", Some(&target)))
    }

    #[test]
    fn every_problem_is_found_at_once_with_its_place() {
        let found = problems(
            "tagret = 1\nchannels = [\"dcker\", 2]\n[package.tally]\nfeatures = \"x\"\n[package.taly]\n[target.x86_64-unknown-linx-gnu]\n",
        );
        for wanted in [
            "packaging/dist.toml:1:1: unknown key `tagret`\n  help: did you mean `target`?",
            "packaging/dist.toml:2:13: unknown channel `dcker`\n  help: did you mean `docker`?",
            "packaging/dist.toml:2:22: `channels` is a number (2) where a string in this list is wanted",
            "packaging/dist.toml:4:12: `package.tally.features` is a string (\"x\") where a list of strings is wanted",
            "packaging/dist.toml:5:10: unknown package `taly`\n  help: did you mean `tally`?",
            "packaging/dist.toml:6:9: unknown target `x86_64-unknown-linx-gnu`\n  help: did you mean `x86_64-unknown-linux-gnu`?",
        ] {
            assert!(found.contains(wanted), "missing: {wanted}\nin: {found}");
        }
        assert_eq!(problems("tag = \"v{ version }\"\n[target.x86_64-unknown-linux-gnu]\nprofile = \"release\""), "");
    }

    #[test]
    fn the_nearer_scope_wins_and_tables_are_joined() {
        let text = r#"
            profile = "release"
            env = { A = "top", B = "top" }
            [target.x86_64-unknown-linux-musl]
            profile = "musl"
            [package.tally]
            features = ["f"]
            env = { B = "package" }
            [package.tally.target.x86_64-unknown-linux-musl]
            profile = "both"
        "#;
        let musl = build(text, "x86_64-unknown-linux-musl");
        assert_eq!((musl.profile.as_str(), musl.features.as_slice()), ("both", &["f".to_owned()][..]));
        assert_eq!((musl.env["A"].as_str(), musl.env["B"].as_str()), ("top", "package"));
        assert_eq!(build(text, "x86_64-unknown-linux-gnu").profile, "release");
    }

    #[test]
    fn syntax_errors_have_a_place() {
        let source = Source { name: "d.toml".into(), text: "a = 1\nb = = 2\n".into() };
        let error = Config::from_sources(vec![source]).unwrap_err();
        assert!(error.to_string().starts_with("d.toml:2:5: "), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn names_that_no_crate_can_have_are_found() {
        let found = problems("[publish-status]\ncrates = [\"serde\", \"../serde\"]\nchekouts = []\n");
        assert!(found.contains("packaging/dist.toml:2:20: `../serde` cannot be the name of a crate"), "{found}");
        assert!(
            found.contains("unknown key `chekouts` in [publish-status]\n  help: did you mean `checkouts`?"),
            "{found}"
        );
        let config = config("[publish-status]\ncrates = [\"serde\"]\ncheckouts = [\"../other\"]\n");
        let expected = PublishStatus { crates: vec!["serde".into()], checkouts: vec!["../other".into()] };
        assert_eq!(config.publish_status(&Problems::default()), expected);
    }

    #[test]
    fn a_folder_follows_the_name_unless_set() {
        let read = |text: &str| {
            let table = config(text).table;
            ArchiveSettings::read(&Reader::new(&table, "", &Problems::default()))
        };
        assert_eq!(read("name = '{ name }'").folder, "{ name }");
        assert_eq!(read("folder = ''").folder, "");
        assert_eq!(read("format = 'zip'").format, Some(ArchiveFormat::Zip));
        assert_eq!(read("format = 'txz'").format, read("format = 'tar.xz'").format);
    }
}
