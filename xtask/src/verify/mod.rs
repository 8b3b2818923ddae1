//! Reads a finished release directory, and nothing else, and finds what is wrong with it.

pub mod proof;
mod signatures;

use std::collections::BTreeSet;
use std::path::Path;

use crate::channel::{Channel, Files, ReadSeek, Service};
use crate::hash::hash_file;
use crate::inspect::{Executable, Member, read_archive};
use crate::layout::{SUMS, checksum_line, files_below};
use crate::manifest::{self, Asset, Claim, Entry, Manifest, Missing, Output};
use crate::minisign::PublicKey;
use crate::plan::WasmPlan;
use crate::project::Role;
use crate::report::{Context, Error, Finding, Problem, Result};
use proof::Promise;

/// What mends nearly everything: the release is made from the repository.
const REMAKE: &str = "make the release anew: cargo xtask dist";

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// The release.
    pub tag: String,
    /// How many files were read.
    pub files: usize,
    /// How many entries of archives were read.
    pub entries: usize,
    /// How many claims of the channels' files were compared.
    pub claims: usize,
    /// How many signatures were checked.
    pub signatures: usize,
    /// The key that they were checked with; none where the release is not signed.
    pub public_key: Option<PublicKey>,
    /// What the channels' clients get, and from where.
    pub services: Vec<Service>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// The release directory as channels see it.
#[derive(Debug, Clone, Copy)]
pub struct Folder<'f>(pub &'f Path);

impl Files for Folder<'_> {
    fn open(&self, path: &str) -> Option<Box<dyn ReadSeek>> {
        let file = std::fs::File::open(self.0.join(path)).ok()?;
        Some(Box::new(std::io::BufReader::new(file)))
    }
}

impl Verdict {
    /// Everything that is wrong, beyond the findings that are accepted, as an error.
    ///
    /// # Errors
    /// All findings at once.
    pub fn check(&self, accepted: &[Finding]) -> Result<()> {
        let problem =
            |finding: &Finding| Problem::new(format!("{}: {}", finding.file, finding.what)).help(&finding.remedy);
        let problems: Vec<Problem> =
            self.findings.iter().filter(|finding| !accepted.contains(finding)).map(problem).collect();
        if problems.is_empty() { Ok(()) } else { Err(Error::all(problems)) }
    }
}

/// Verifies the release in `folder`, which has to be signed with `key` if one is given.
///
/// # Errors
/// A folder that is no release at all: it has no manifest that can be read.
pub fn verify(folder: &Path, channels: &[&dyn Channel], key: Option<&PublicKey>) -> Result<Verdict> {
    verify_rest(folder, channels, key, &BTreeSet::new())
}

/// The same, but files that are among the `verified` are not read: they were verified in another release, with what the
/// manifest says of them.
///
/// # Errors
/// As [`verify()`].
pub fn verify_rest(
    folder: &Path,
    channels: &[&dyn Channel],
    key: Option<&PublicKey>,
    verified: &BTreeSet<String>,
) -> Result<Verdict> {
    let (manifest, text) = Manifest::read(folder)?;
    let files: BTreeSet<String> = files_below(folder)?.into_iter().collect();
    let mut findings = Vec::new();
    check_presence(&manifest, &files, &mut findings);
    findings.extend(agreement(&manifest));
    findings.extend(incomplete(&manifest));
    let mut entries = 0;
    for asset in manifest.assets.iter().filter(|asset| files.contains(&asset.name)) {
        entries += asset.entries.len();
        findings.extend(if verified.contains(&asset.name) {
            prove(&manifest, asset, |entry| Some(entry.executable.as_ref()))
        } else {
            check_asset(folder, &manifest, asset)?
        });
    }
    for output in manifest.outputs.iter().filter(|output| files.contains(&output.path)) {
        if !verified.contains(&output.path) {
            findings.extend(check_digest(&folder.join(&output.path), &output.path, output.size, &output.sha256)?);
        }
        findings.extend(check_claims(folder, &manifest, output)?);
    }
    findings.extend(check_sums(folder, &manifest, &text, &files)?);
    findings.extend(signatures::check(folder, &manifest, key)?);
    findings.extend(channels.iter().flat_map(|channel| channel.verify(&manifest, &Folder(folder))));
    findings.sort();
    findings.dedup();
    let claims = manifest.outputs.iter().map(|output| output.claims.len()).sum();
    Ok(Verdict {
        files: files.len(),
        entries,
        claims,
        signatures: manifest.signed().len(),
        services: channels.iter().flat_map(|channel| channel.serves(&manifest)).collect(),
        findings,
        tag: manifest.plan.tag,
        public_key: key.cloned().or(manifest.plan.public_key),
    })
}

/// The files that a release of this manifest has.
fn expected(manifest: &Manifest) -> BTreeSet<String> {
    let uploads = manifest.uploads().flat_map(|(name, _)| [name.to_owned(), Manifest::checksum_of(name)]);
    let outputs = manifest.outputs.iter().map(|output| output.path.clone());
    uploads.chain(outputs).chain([manifest::FILE.to_owned(), SUMS.to_owned()]).collect()
}

/// The signatures that it has. One that is missing is a fault of the file that it would sign.
fn signatures_of(manifest: &Manifest) -> BTreeSet<String> {
    manifest.signed().iter().map(|file| Manifest::signature_of(file)).collect()
}

fn check_presence(manifest: &Manifest, files: &BTreeSet<String>, findings: &mut Vec<Finding>) {
    let expected = expected(manifest);
    findings.extend(
        expected.difference(files).map(|file| Finding::new(file, "the manifest has it, and it is missing", REMAKE)),
    );
    let signatures = signatures_of(manifest);
    let stray = files.difference(&expected).filter(|file| !signatures.contains(*file));
    findings.extend(stray.map(|file| {
        Finding::new(file, "the manifest does not know it", "remove it, or make the release anew: cargo xtask dist")
    }));
}

/// Whether the manifest's record of what was made is what its plan said.
fn agreement(manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut known, mut missing) = (0, 0);
    for package in &manifest.plan.packages {
        for target in &package.targets {
            let Some(asset) = manifest.assets.iter().find(|asset| asset.name == target.archive.asset) else {
                if manifest.missing.iter().any(|missing| missing.asset == target.archive.asset) {
                    missing += 1;
                    continue;
                }
                let what = format!("its plan has {}, and no such archive was made", target.archive.asset);
                findings.push(Finding::new(manifest::FILE, what, REMAKE));
                continue;
            };
            known += 1;
            for name in &target.binaries {
                let path = target.archive.inside(&format!("{name}{}", target.target.exe_suffix()));
                if !asset.executables().any(|entry| entry.path == path) {
                    findings.push(Finding::new(&asset.name, format!("it lacks the program {path}"), REMAKE));
                }
            }
            for (role, path) in target.wasm.iter().flat_map(WasmPlan::files) {
                let path = target.archive.inside(&path);
                if !asset.with_role(role).any(|entry| entry.path == path) {
                    findings.push(Finding::new(&asset.name, format!("it lacks {path} of its library"), REMAKE));
                }
            }
        }
    }
    if known < manifest.assets.len() {
        findings.push(Finding::new(manifest::FILE, "it has archives that its plan does not have", REMAKE));
    }
    if missing < manifest.missing.len() {
        let what = "it says that archives are missing which are there, or which its plan does not have";
        findings.push(Finding::new(manifest::FILE, what, REMAKE));
    }
    findings
}

/// What a release lacks by its own manifest: `--keep-going` made it, and it is not whole.
pub fn incomplete(manifest: &Manifest) -> Vec<Finding> {
    let finding = |missing: &Missing| {
        let Missing { package, target, asset, reason } = missing;
        let what = format!("the release lacks {asset} ({package} for {target}): {reason}");
        let remedy = format!("make it where it can be made (cargo xtask dist build --target {target}), and merge all");
        Finding::new(manifest::FILE, what, remedy)
    };
    manifest.missing.iter().map(finding).collect()
}

fn check_asset(folder: &Path, manifest: &Manifest, asset: &Asset) -> Result<Vec<Finding>> {
    let file = folder.join(&asset.name);
    let mut findings = check_digest(&file, &asset.name, asset.size, &asset.sha256)?;
    let format = manifest
        .plan
        .package(&asset.package)
        .and_then(|package| package.target(&asset.target))
        .map(|target| target.archive.format);
    let Some(format) = format else { return Ok(findings) };
    let has_headers = |path: &str| asset.entries.iter().any(|entry| entry.has_headers() && entry.path == path);
    match read_archive(&file, format, has_headers) {
        Ok(members) => {
            findings.extend(compare_entries(asset, &members));
            let member = |entry: &Entry| members.iter().find(|member| member.path == entry.path);
            findings.extend(prove(manifest, asset, |entry| Some(member(entry)?.executable.as_ref())));
        }
        Err(error) => {
            findings.push(Finding::new(&asset.name, format!("it is no whole archive: {}", cause(&error)), REMAKE));
        }
    }
    Ok(findings)
}

fn cause(error: &Error) -> String {
    let problem = error.problems().first();
    problem.and_then(|problem| problem.causes.first()).cloned().unwrap_or_else(|| error.to_string())
}

fn compare_entries(asset: &Asset, members: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut finding =
        |path: &str, what: &str| findings.push(Finding::new(format!("{}: {path}", asset.name), what, REMAKE));
    for entry in &asset.entries {
        match members.iter().find(|member| member.path == entry.path) {
            None => finding(&entry.path, "the manifest has it, and the archive does not"),
            Some(member) if member.sha256 != entry.sha256 || member.size != entry.size => {
                finding(&entry.path, "its content is not what the manifest says");
            }
            Some(member) if member.mode != entry.mode => {
                finding(&entry.path, &format!("its permissions are {:o}, not {:o}", member.mode, entry.mode));
            }
            Some(_) => {}
        }
    }
    let mut seen = BTreeSet::new();
    for member in members {
        if !seen.insert(&member.path) {
            finding(&member.path, "it is in the archive twice");
        } else if !asset.entries.iter().any(|entry| entry.path == member.path) {
            finding(&member.path, "the archive has it, and the manifest does not");
        }
    }
    findings
}

/// Whether each program is what its target promises, and what the manifest says of it. `headers` are those of the file
/// itself, if it is there and has any.
fn prove<'h>(
    manifest: &Manifest,
    asset: &'h Asset,
    headers: impl Fn(&'h Entry) -> Option<Option<&'h Executable>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(promise) = Promise::of(manifest, asset) else { return findings };
    for entry in asset.entries.iter().filter(|entry| entry.has_headers()) {
        let Some(headers) = headers(entry) else { continue };
        let faults = match headers {
            None if entry.role == Role::Wasm => vec!["it is no WebAssembly module".to_owned()],
            None => vec!["it is no program of a known format".to_owned()],
            Some(real) => proof::check(&promise, real),
        };
        let recorded =
            (headers != entry.executable.as_ref()).then(|| "its headers are not what the manifest says".to_owned());
        let file = format!("{}: {}", asset.name, entry.path);
        findings.extend(faults.into_iter().chain(recorded).map(|what| Finding::new(&file, what, REMAKE)));
    }
    findings
}

fn check_claims(folder: &Path, manifest: &Manifest, output: &Output) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    if output.claims.is_empty() {
        return Ok(findings);
    }
    let file = folder.join(&output.path);
    let text = std::fs::read(&file).context(|| format!("cannot read {}", file.display()))?;
    let text = String::from_utf8_lossy(&text);
    let folder = output.path.split_once('/').map_or(&*output.channel, |(folder, _)| folder);
    let remedy = format!("mend its template in packaging/{folder}/, or delete it to use the built-in one");
    for claim in &output.claims {
        let mut finding = |what: String| findings.push(Finding::new(&output.path, what, &remedy));
        match manifest.assets.iter().find(|asset| asset.name == claim.asset) {
            None => finding(format!("it points at {}, which this release does not have", claim.asset)),
            Some(asset) => {
                if claim.sha256.as_ref().is_some_and(|sha256| *sha256 != asset.sha256) {
                    finding(format!("it gives {} a digest that is not its own", asset.name));
                }
            }
        }
        for said in [Some(&claim.reference), claim.sha256.as_ref()].into_iter().flatten() {
            if !text.contains(said.as_str()) {
                finding(format!("it does not hold {said}, which it is to say of {}", claim.asset));
            }
        }
    }
    // Where words are missing, that was said.
    if findings.is_empty() {
        let what = |asset: &str| format!("the digest that stands with {asset} in it is another's");
        findings.extend(
            mispaired(&text, &output.claims).map(|claim| Finding::new(&output.path, what(&claim.asset), &remedy)),
        );
    }
    Ok(findings)
}

/// A claim whose digest does not stand with its reference: in every format, either all digests come behind what they
/// are of, before the next reference, or all before it.
fn mispaired<'c>(text: &str, claims: &'c [Claim]) -> Option<&'c Claim> {
    let mut places: Vec<(usize, &Claim)> = claims
        .iter()
        .flat_map(|claim| text.match_indices(claim.reference.as_str()).map(move |(at, _)| (at, claim)))
        .collect();
    places.sort_by_key(|(at, _)| *at);
    let holds = |claim: &Claim, behind: bool| {
        claim.sha256.as_ref().is_none_or(|sha256| {
            places.iter().enumerate().filter(|(_, (_, other))| other.reference == claim.reference).any(
                |(n, (at, _))| {
                    let before = n.checked_sub(1).map_or(0, |n| places[n].0);
                    let next = places.get(n + 1).map_or(text.len(), |(at, _)| *at);
                    if behind { text[*at..next].contains(sha256) } else { text[before..*at].contains(sha256) }
                },
            )
        })
    };
    if claims.iter().all(|claim| holds(claim, false)) {
        return None;
    }
    claims.iter().find(|claim| !holds(claim, true))
}

fn check_digest(file: &Path, name: &str, size: u64, sha256: &str) -> Result<Vec<Finding>> {
    let (real_size, real) = hash_file(file)?;
    let what = if real_size != size {
        format!("it has {real_size} bytes, and the manifest says {size}")
    } else if real == sha256 {
        return Ok(Vec::new());
    } else {
        "its content was altered: the sha256 is not the manifest's".to_owned()
    };
    Ok(vec![Finding::new(name, what, REMAKE)])
}

/// The checksum files: each says what the manifest says, and `SHA256SUMS` covers the manifest itself.
fn check_sums(
    folder: &Path,
    manifest: &Manifest,
    manifest_text: &str,
    files: &BTreeSet<String>,
) -> Result<Vec<Finding>> {
    let mut wanted: Vec<(String, String)> =
        manifest.uploads().map(|(name, sha256)| (Manifest::checksum_of(name), checksum_line(sha256, name))).collect();
    wanted.push((SUMS.to_owned(), sums(manifest, manifest_text)));
    let mut findings = Vec::new();
    for (name, content) in wanted.into_iter().filter(|(name, _)| files.contains(name)) {
        let file = folder.join(&name);
        let written = std::fs::read(&file).context(|| format!("cannot read {}", file.display()))?;
        if written != content.as_bytes() {
            findings.push(Finding::new(&name, "it does not say what the files of this release are", REMAKE));
        }
    }
    Ok(findings)
}

/// The content of `SHA256SUMS`: every file that is uploaded, by name.
pub fn sums(manifest: &Manifest, manifest_text: &str) -> String {
    let mut lines: Vec<(&str, String)> = manifest.uploads().map(|(name, sha256)| (name, sha256.to_owned())).collect();
    lines.push((manifest::FILE, crate::hash::sha256(manifest_text.as_bytes())));
    lines.sort();
    lines.iter().map(|(name, sha256)| checksum_line(sha256, name)).collect()
}

#[cfg(test)]
mod tests;
