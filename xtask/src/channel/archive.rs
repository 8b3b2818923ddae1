//! Release archives: what everything else points at. They are packed before the channels run, so nothing is rendered.

use serde_json::Value;

use super::{Channel, Made, Work, settings_to_plan};
use crate::config::{ArchiveSettings, Reader};
use crate::plan::{ChannelRules, PackagePlan};
use crate::report::{Result, Skip};

/// The channel.
#[derive(Debug)]
pub struct Archive;

impl ChannelRules for Archive {
    fn id(&self) -> &'static str {
        "archive"
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

    fn outputs(&self, _work: &Work<'_>) -> Result<Made> {
        Ok(Made::Outputs(Vec::new()))
    }
}
