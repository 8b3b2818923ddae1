//! Release archives: what everything else points at. They are packed before the channels run, so nothing is rendered
//! but the notes, when all the rest is there. They are published as a release of the repository's forge.

mod difference;
mod host;
pub mod notes;
mod publish;

use serde_json::Value;

use super::publish::Steps;
use super::{Channel, Files, Made, Work, settings_to_plan};
use crate::config::{ArchiveSettings, Reader};
use crate::manifest::Manifest;
use crate::plan::{ChannelRules, PackagePlan};
use crate::report::{Result, Skip};
use crate::template::TemplateFile;

/// The channel's name.
pub const ID: &str = "archive";
/// What a manifest calls the notes where it says that there are none.
pub const NOTES: &str = "release notes";

/// The channel.
#[derive(Debug)]
pub struct Archive;

impl ChannelRules for Archive {
    fn id(&self) -> &'static str {
        ID
    }

    fn settings(&self, table: &Reader<'_>) -> Value {
        settings_to_plan(&ArchiveSettings::read(table))
    }

    fn concerns(&self, _package: &PackagePlan) -> bool {
        true
    }

    fn applies(&self, _package: &PackagePlan, _settings: &Value) -> Result<(), Skip> {
        Ok(())
    }
}

impl Channel for Archive {
    fn about(&self) -> &'static str {
        "archives with checksums, for GitHub releases and the like"
    }

    fn templates(&self) -> &'static [TemplateFile] {
        &[notes::TEMPLATE]
    }

    fn outputs(&self, _work: &Work<'_>) -> Result<Made> {
        Ok(Made::Outputs(Vec::new()))
    }

    fn publish(&self, release: &Manifest, files: &dyn Files) -> Steps {
        publish::steps(release, files)
    }
}
