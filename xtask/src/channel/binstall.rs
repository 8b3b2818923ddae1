//! `[package.metadata.binstall]`: tells `cargo binstall` where the archives are and where in them the programs.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Channel, Content, Files, Made, Output, Work};
use crate::config::Reader;
use crate::manifest::{Asset, Manifest};
use crate::names;
use crate::plan::{ChannelRules, PackagePlan, ReleasePlan, TargetPlan};
use crate::report::{Finding, Result, Skip};
use crate::spanned::{self, Source, Table, Value as Toml};
use crate::targets::Target;
use crate::template::{Language, TemplateFile};

/// The channel.
#[derive(Debug)]
pub struct Binstall;

const METADATA: TemplateFile = TemplateFile { path: "binstall/metadata.toml.hbs", language: Language::Toml };

/// What the template can use.
#[derive(Debug, Serialize)]
struct View<'a> {
    /// The package's name.
    name: &'a str,
    /// The URL of an archive, in binstall's variables.
    pkg_url: String,
    /// Where a program is in it, in binstall's variables; none where it is the program itself.
    bin_dir: Option<String>,
    /// The archive's format, as binstall calls it.
    pkg_fmt: &'static str,
    /// How archives are signed, if they are.
    signing: Option<Signing>,
    /// Targets that differ from that.
    overrides: Vec<Override>,
}

/// A target whose archive is named or packed otherwise.
#[derive(Debug, Serialize)]
struct Override {
    target: String,
    pkg_url: Option<String>,
    bin_dir: Option<String>,
    pkg_fmt: Option<&'static str>,
    signing: Option<Signing>,
}

/// `signing`: binstall refuses an archive that is not signed so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Signing {
    /// The public key.
    pubkey: String,
    /// The URL of an archive's signature, in binstall's variables; none where it is the archive's with `.sig` behind.
    file: Option<String>,
}

impl ChannelRules for Binstall {
    fn id(&self) -> &'static str {
        "binstall"
    }

    fn settings(&self, _table: &Reader<'_>) -> Value {
        Value::Null
    }

    fn applies(&self, package: &PackagePlan, _settings: &Value) -> Result<(), Skip> {
        if package.targets.iter().all(|target| target.archive.url.is_some()) {
            return Ok(());
        }
        Err(no_url(self.id(), package))
    }
}

/// The skip of a channel that needs the assets' URLs where nothing tells them.
pub fn no_url(channel: &str, package: &PackagePlan) -> Skip {
    let what = format!("{channel} for {}", package.name);
    match &package.about.repository {
        None => Skip::new(
            what,
            format!("nothing says where the archives will be found: {} has no `repository`", package.manifest),
            format!("write `repository = \"https://github.com/OWNER/NAME\"` under [package] in {}", package.manifest),
        ),
        Some(repository) => Skip::new(
            what,
            format!("where {repository} keeps release files is not known"),
            format!("write `download-url = \"https://HOST/{{ tag }}/{{ asset }}\"` into {}", crate::config::FILE),
        ),
    }
}

impl Channel for Binstall {
    fn about(&self) -> &'static str {
        "metadata for `cargo binstall`"
    }

    fn templates(&self) -> &'static [TemplateFile] {
        &[METADATA]
    }

    fn outputs(&self, work: &Work<'_>) -> Result<Made> {
        let is_made = |plan: &&TargetPlan| work.release.assets.iter().any(|asset| asset.name == plan.archive.asset);
        let made = work.package.targets.iter().filter(is_made);
        let forms: Vec<(&TargetPlan, Form)> = made.map(|t| (t, Form::of(work, t))).collect();
        let Some((_, usual)) = forms.first() else { return Ok(Made::nothing(self.id(), work.package)) };
        let differing = |(target, form): &(&TargetPlan, Form)| {
            (form != usual).then(|| Override {
                target: target.target.triple().to_owned(),
                pkg_url: (form.pkg_url != usual.pkg_url).then(|| form.pkg_url.clone()),
                bin_dir: form.bin_dir.clone().filter(|own| usual.bin_dir.as_ref() != Some(own)),
                pkg_fmt: (form.pkg_fmt != usual.pkg_fmt).then_some(form.pkg_fmt),
                signing: form.signing.clone().filter(|_| form.signing != usual.signing),
            })
        };
        let view = View {
            name: &work.package.name,
            pkg_url: usual.pkg_url.clone(),
            bin_dir: usual.bin_dir.clone(),
            pkg_fmt: usual.pkg_fmt,
            signing: usual.signing.clone(),
            overrides: forms.iter().filter_map(differing).collect(),
        };
        let text = work.templates.render(METADATA.path, &view)?;
        let path = path_of(&work.package.name);
        Ok(Made::Outputs(vec![Output { path, content: Content::Text(text), claims: Vec::new() }]))
    }

    fn verify(&self, release: &Manifest, files: &dyn Files) -> Vec<Finding> {
        let mut findings = Vec::new();
        for package in release.plan.packages.iter().filter(|package| package.channel(self.id()).is_some()) {
            let path = path_of(&package.name);
            let Some(text) = files.text(&path) else { continue };
            let metadata = match read(&path, &text) {
                Ok(metadata) => metadata,
                Err(what) => {
                    findings.push(Finding::new(&path, what, "mend packaging/binstall/metadata.toml.hbs, or delete it"));
                    continue;
                }
            };
            let assets: Vec<&Asset> = release.assets_of(&package.name).collect();
            findings.extend(assets.iter().filter_map(|asset| {
                let problem = check(&metadata, package, &release.plan, asset)?;
                Some(Finding::new(
                    &path,
                    format!("for {}: {problem}", asset.target),
                    "mend packaging/binstall/metadata.toml.hbs, or delete it",
                ))
            }));
        }
        findings
    }
}

fn path_of(package: &str) -> String {
    format!("binstall/{package}.toml")
}

/// Where a target's archive is and how it is packed, in binstall's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    pkg_url: String,
    bin_dir: Option<String>,
    pkg_fmt: &'static str,
    signing: Option<Signing>,
}

impl Form {
    /// The general form wherever it gives the target's own names, else the very names.
    fn of(work: &Work<'_>, target: &TargetPlan) -> Self {
        let archive = &target.archive;
        let version = &work.release.plan.version;
        let suffix = archive.format.suffix(&target.target);
        let values = binstall_values(work.package, version, &target.target, suffix);
        let url = archive.url.clone().unwrap_or_default();
        // Of a bare program, binstall would try `.bin` first.
        let ending = if archive.is_bare() { "{ binary-ext }" } else { "{ archive-suffix }" };
        let usual = format!("{}{suffix}", names::ARCHIVE);
        let pkg_url = generalise(&url, &usual, &format!("{}{ending}", names::ARCHIVE), work.package, &values);
        let values = names::archive_values(&work.package.name, version, &target.target);
        let is_folder = |form: &&&str| names::render(form, &values).is_ok_and(|folder| folder == archive.folder);
        let folder = names::FOLDERS.iter().find(is_folder);
        let folder = folder.map_or_else(|| escape(&archive.folder), |form| (*form).to_owned());
        let bin = "{ bin }{ binary-ext }";
        let bin_dir = if folder.is_empty() { bin.to_owned() } else { format!("{folder}/{bin}") };
        let bin_dir = (!archive.is_bare()).then_some(bin_dir);
        let signing = work.release.plan.public_key.as_ref().map(|key| {
            let file = signature_url(&work.release.plan, work.package, &archive.asset);
            let file = file.filter(|file| *file != format!("{url}.sig")).map(|file| escape(&file));
            Signing { pubkey: key.to_string(), file }
        });
        Self { pkg_url, bin_dir, pkg_fmt: archive.format.binstall(), signing }
    }
}

/// Where an asset's signature will be found.
fn signature_url(release: &ReleasePlan, package: &PackagePlan, asset: &str) -> Option<String> {
    let repository = package.about.repository.as_deref().unwrap_or_default();
    let template = package.download_url.as_deref()?;
    names::asset_url(template, repository, &release.tag, &release.version, &Manifest::signature_of(asset)).ok()
}

/// The URL with binstall's variables where its end is the usual asset's name.
fn generalise(url: &str, usual: &str, general: &str, package: &PackagePlan, values: &names::Values<'_>) -> String {
    let asset_values: names::Values<'_> =
        values.iter().filter(|(key, _)| names::ARCHIVE_KEYS.contains(key)).map(|(key, value)| (*key, *value)).collect();
    let usual = names::render(usual, &asset_values).map(|usual| names::url_segment(&usual)).unwrap_or_default();
    let Some(base) = url.strip_suffix(&usual).filter(|_| !usual.is_empty()) else { return escape(url) };
    let repo = package.about.repository.as_deref().map(names::repository_base).unwrap_or_default();
    let version = values["version"];
    match base.strip_prefix(&repo).filter(|_| !repo.is_empty()) {
        // Everything before the asset is repeated at every release, with the version in it.
        Some(rest) => format!("{{ repo }}{}{general}", escape(rest).replace(version, "{ version }")),
        None => format!("{}{general}", escape(base).replace(version, "{ version }")),
    }
}

/// A text as a leon template that means itself.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('{', "\\{").replace('}', "\\}")
}

fn binstall_values<'a>(
    package: &'a PackagePlan,
    version: &'a str,
    target: &'a Target,
    suffix: &'a str,
) -> names::Values<'a> {
    let mut values = names::archive_values(&package.name, version, target);
    values.insert("archive-suffix", suffix);
    values.insert("binary-ext", target.exe_suffix());
    values
}

fn read(path: &str, text: &str) -> Result<Table, String> {
    let source = std::sync::Arc::new(Source { name: path.into(), text: text.to_owned() });
    let table =
        spanned::parse(&source).map_err(|problems| problems.first().map(ToString::to_string).unwrap_or_default())?;
    let below = ["package", "metadata", "binstall"].iter().try_fold(&table, |table, key| as_table(table, key));
    below.cloned().ok_or_else(|| "it has no [package.metadata.binstall]".to_owned())
}

fn as_table<'t>(table: &'t Table, key: &str) -> Option<&'t Table> {
    match &table.get(key)?.node.value {
        Toml::Table(below) => Some(below),
        _ => None,
    }
}

fn string<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    match &table.get(key)?.node.value {
        Toml::String(text) => Some(text),
        _ => None,
    }
}

/// What the metadata says of an archive, against what the archive is.
fn check(metadata: &Table, package: &PackagePlan, release: &ReleasePlan, asset: &Asset) -> Option<String> {
    let version = &release.version;
    let target = package.target(&asset.target)?;
    let own = as_table(metadata, "overrides").and_then(|overrides| as_table(overrides, asset.target.triple()));
    let setting = |key: &str| own.and_then(|own| string(own, key)).or_else(|| string(metadata, key));
    let signing = own.and_then(|own| as_table(own, "signing")).or_else(|| as_table(metadata, "signing"));
    let pubkey = signing.and_then(|signing| string(signing, "pubkey"));
    if pubkey != release.public_key.as_ref().map(ToString::to_string).as_deref() {
        let whose = release.public_key.as_ref().map_or("none: it is not signed".to_owned(), ToString::to_string);
        return Some(format!("`signing.pubkey` is not the release's, which is {whose}"));
    }
    let format = target.archive.format;
    if setting("pkg-fmt").is_some_and(|set| set != format.binstall()) {
        return Some(format!("`pkg-fmt` is not {}", format.binstall()));
    }
    let repo = package.about.repository.as_deref().map(names::repository_base).unwrap_or_default();
    let mut values: BTreeMap<&str, &str> =
        binstall_values(package, version, &asset.target, format.suffix(&asset.target)).into_iter().collect();
    values.insert("repo", &repo);
    let fill = |key: &str, values: &BTreeMap<&str, &str>| -> Result<String, String> {
        let template = setting(key).ok_or_else(|| format!("it has no `{key}`"))?;
        let parsed = leon::Template::parse(template).map_err(|error| format!("`{key}`: {error}"))?;
        parsed.render(values).map_err(|error| format!("`{key}`: {error}"))
    };
    match fill("pkg-url", &values) {
        Err(problem) => return Some(problem),
        Ok(url) if Some(&url) != asset.url.as_ref() => {
            return Some(format!("`pkg-url` gives {url}, where no asset is"));
        }
        Ok(_) => {}
    }
    if target.archive.is_bare() {
        // Nothing is looked for in it.
        return None;
    }
    target.binaries.iter().find_map(|binary| {
        values.insert("bin", binary);
        match fill("bin-dir", &values) {
            Err(problem) => Some(problem),
            Ok(path) if asset.entries.iter().any(|entry| entry.path == path) => None,
            Ok(path) => Some(format!("`bin-dir` gives {path}, which is not in {}", asset.name)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::minisign::PublicKey;

    #[test]
    fn golden() {
        testing::golden(&Binstall, "binstall/tally.toml", "binstall.toml", include_str!("golden/binstall.toml"));
    }

    #[test]
    fn verify_sees_a_url_and_a_folder_that_are_wrong() {
        let release = testing::release();
        let good = testing::text_of(&Binstall, &release);
        let findings = |text: String| Binstall.verify(&release, &testing::OneFile(text.into_bytes()));
        assert_eq!(findings(good.clone()), []);
        assert!(findings(good.replace("/download/", "/downlod/"))[0].what.contains("where no asset is"));
        assert!(findings(good.replace("/{ bin }", "/bin/{ bin }"))[0].what.contains("which is not in"));
        assert!(findings(good.replace("tgz", "zip"))[0].what.contains("pkg-fmt"));
        assert!(findings("x = ".to_owned())[0].file.contains("binstall"));
    }

    #[test]
    fn signed_releases_name_their_key_and_only_they() {
        let mut release = testing::release();
        let unsigned = testing::text_of(&Binstall, &release);
        let key = "RWSFVnvbCNIkNN1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3";
        release.plan.public_key = Some(PublicKey::parse(key).unwrap());
        let signed = testing::text_of(&Binstall, &release);
        let section = format!("\n[package.metadata.binstall.signing]\nalgorithm = \"minisign\"\npubkey = \"{key}\"\n");
        assert!(signed.contains(&section) && !signed.contains("file ="), "{signed}");
        let findings = |text: &str| Binstall.verify(&release, &testing::OneFile(text.into()));
        assert_eq!(findings(&signed), []);
        assert!(findings(&unsigned)[0].what.contains("`signing.pubkey` is not the release's"));
        assert!(findings(&signed.replace("RWSF", "RWSG"))[0].what.contains("`signing.pubkey`"));
        // A forge that puts something behind the asset's name.
        let package = &mut release.plan.packages[0];
        package.download_url = Some("https://files.example/{ tag }/{ asset }/download".to_owned());
        package.targets.iter_mut().for_each(|target| {
            target.archive.url = Some(format!("https://files.example/v1.2.3/{}/download", target.archive.asset));
        });
        let text = testing::text_of(&Binstall, &release);
        let file = "file = \"https://files.example/v1.2.3/tally-aarch64-apple-darwin-v1.2.3.tar.gz.sig/download\"";
        assert!(text.contains(file) && text.contains("signing = { algorithm = \"minisign\","), "{text}");
    }
}
