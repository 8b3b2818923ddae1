//! Whether a package's own section leads cargo-binstall to a release: on crates.io, it is what every client reads.

use serde_json::Value;

use super::proof::{Fault, Proof};
use super::section::Section;
use super::settings::Settings;
use crate::binstall::{Metadata, Strategy, misspelt};
use crate::manifest::Manifest;
use crate::plan::PackagePlan;

/// The command that mends a section.
pub const SYNC: &str = "cargo xtask dist binstall sync";

/// What stands between a section and a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The archive that is not found, if it is about one.
    pub asset: Option<String>,
    /// What is wrong.
    pub what: String,
    /// What mends it.
    pub remedy: String,
}

impl Complaint {
    fn of_section(what: String) -> Self {
        Self { asset: None, what, remedy: SYNC.to_owned() }
    }

    fn of_fault(fault: &Fault, possible: &Proof) -> Self {
        let mended = fault.is_of_metadata && possible.serves(&fault.target);
        Self {
            asset: Some(fault.asset.clone()),
            what: format!("on {}: {}", fault.target, fault.what),
            remedy: if mended { SYNC.to_owned() } else { fault.remedy.clone() },
        }
    }

    /// Whether `sync` mends it.
    pub fn is_mended_by_sync(&self) -> bool {
        self.remedy == SYNC
    }
}

/// What the client, with this section in the package's Cargo.toml, would not find or not do; `wanted` would.
pub fn complaints(
    release: &Manifest,
    package: &PackagePlan,
    settings: &Settings,
    (section, wanted): (&Value, &Section),
) -> Vec<Complaint> {
    let metadata = match Metadata::read(section) {
        Ok((metadata, _)) => metadata,
        Err(remarks) => {
            let refused = |remark: &crate::binstall::Remark| Complaint::of_section(format!("it is refused: {remark}"));
            return remarks.iter().map(refused).collect();
        }
    };
    let ignored = misspelt(section).into_iter().map(|(path, right)| {
        Complaint::of_section(format!("`{}` is ignored: cargo-binstall calls it `{right}`", path.join(".")))
    });
    let mut complaints: Vec<Complaint> = ignored.collect();
    let set = &metadata.settings.disabled_strategies;
    let lacking = settings.disabled_strategies.iter().filter(|strategy| !set.contains(strategy)).copied();
    complaints.extend(lacking.map(Strategy::word).map(|word| {
        Complaint::of_section(format!("`disabled-strategies` lacks \"{word}\", which {} disables", crate::config::FILE))
    }));
    let proof = Proof::of(release, package, &metadata);
    if proof.faults().next().is_some() {
        let possible = Proof::of(release, package, &wanted.metadata());
        complaints.extend(proof.faults().map(|fault| Complaint::of_fault(fault, &possible)));
    }
    let is_unsigned = |metadata: &Metadata, triple: &str| {
        crate::targets::BinstallTarget::parse(triple)
            .is_ok_and(|target| metadata.settings_for(&target).signing.is_none())
    };
    let unsigned = proof.served().any(|(target, _)| is_unsigned(&metadata, target.triple()));
    if let (Some(key), true) = (&release.plan.public_key, unsigned) {
        complaints.push(Complaint::of_section(format!(
            "it does not ask for signatures by {key}: anybody's file would be installed"
        )));
    }
    complaints
}
