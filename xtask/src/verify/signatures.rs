//! Whether everything that is uploaded is signed, by whom it has to be.

use std::fs::File;
use std::path::Path;

use super::REMAKE;
use crate::manifest::{self, Manifest};
use crate::minisign::PublicKey;
use crate::report::{Context, Finding, Result};

/// What mends a signature of somebody else.
const DISTRUST: &str = "do not use the release; get it from who made it";

/// What is wrong with the signatures of the release in `folder`, which has to be signed with `wanted` if that is given.
/// Otherwise the manifest's own key is believed, which tells of accidents and not of attackers.
pub fn check(folder: &Path, manifest: &Manifest, wanted: Option<&PublicKey>) -> Result<Vec<Finding>> {
    let named = manifest.plan.public_key.as_ref();
    let mut findings = Vec::new();
    match (wanted, named) {
        (Some(wanted), None) => {
            let what = format!("the release is not signed, and has to be with {wanted}");
            findings.push(Finding::new(manifest::FILE, what, DISTRUST));
        }
        (Some(wanted), Some(named)) if wanted != named => {
            let what = format!("it names the key {named}, and the release has to be signed with {wanted}");
            findings.push(Finding::new(manifest::FILE, what, DISTRUST));
        }
        _ => {}
    }
    let Some(key) = wanted.or(named) else { return Ok(findings) };
    for name in manifest.signed() {
        findings.extend(check_one(folder, &name, key)?);
    }
    Ok(findings)
}

/// A file that is missing was complained of.
fn check_one(folder: &Path, name: &str, key: &PublicKey) -> Result<Option<Finding>> {
    let signature = Manifest::signature_of(name);
    let file = folder.join(name);
    if !file.is_file() {
        return Ok(None);
    }
    if !folder.join(&signature).is_file() {
        return Ok(Some(Finding::new(name, format!("it is not signed: there is no {signature}"), REMAKE)));
    }
    let cannot = || format!("cannot read {}", file.display());
    let text = std::fs::read(folder.join(&signature)).context(cannot)?;
    let mut content = File::open(&file).context(cannot)?;
    let fault = key.fault(name, &mut content, &String::from_utf8_lossy(&text)).context(cannot)?;
    Ok(fault.map(|what| Finding::new(signature, what, DISTRUST)))
}
