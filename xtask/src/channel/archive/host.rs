//! Publishing to a host that only keeps files: a command of the user's brings each of them there.

use super::difference::Local;
use super::publish::Release;
use crate::channel::publish::{Need, Phase, Presence, Step, Workplace};
use crate::config::FILE;
use crate::forge::Hosting;
use crate::report::{Error, Result, terminal};

/// The files of a release, where there is no page.
pub struct Host(pub Release);

impl Host {
    /// The files that are not at their URLs; those that are there with other bytes.
    fn look<'l>(&self, local: &'l [Local], at: &Workplace<'_>) -> Result<(Vec<&'l Local>, Vec<&'l Local>)> {
        let hosting = Hosting::new(self.0.access(at), &self.0.version);
        let (mut missing, mut other) = (Vec::new(), Vec::new());
        for ours in local {
            match hosting.sha256(self.url_of(&ours.name)?)? {
                None => missing.push(ours),
                Some(sha256) if sha256 != ours.sha256 => other.push(ours),
                Some(_) => {}
            }
        }
        Ok((missing, other))
    }

    fn url_of(&self, name: &str) -> Result<&str> {
        let file = self.0.files.iter().find(|(there, _)| there == name);
        file.and_then(|(_, url)| url.as_deref()).ok_or_else(|| {
            Error::new(format!("it is not known where {name} will be found"))
                .help(format!("write `download-url = \"https://HOST/{{ tag }}/{{ asset }}\"` into {FILE}"))
        })
    }
}

impl Step for Host {
    fn phase(&self) -> Phase {
        Phase::Stage
    }

    fn title(&self) -> String {
        let program = self.0.forge.upload.first().map(String::as_str).unwrap_or_default();
        format!("{} files of {} by {program}", self.0.files.len(), self.0.tag)
    }

    fn url(&self) -> Option<String> {
        Some(self.0.url())
    }

    fn needs(&self) -> Vec<Need> {
        self.0.needs()
    }

    fn is_replaceable(&self) -> bool {
        true
    }

    fn probe(&self, at: &Workplace<'_>) -> Result<Presence> {
        let local = self.0.local(at)?;
        let (missing, other) = self.look(&local, at)?;
        let names: Vec<&str> = other.iter().map(|ours| ours.name.as_str()).collect();
        Ok(match (missing.is_empty(), other.is_empty()) {
            (_, false) => Presence::Different(format!("there are other bytes for {}", names.join(", "))),
            (false, true) => Presence::Absent,
            (true, true) => Presence::Same,
        })
    }

    fn act(&self, at: &Workplace<'_>) -> Result<()> {
        let local = self.0.local(at)?;
        let (missing, other) = self.look(&local, at)?;
        let hosting = Hosting::new(self.0.access(at), &self.0.version);
        for ours in missing.into_iter().chain(other) {
            terminal::status("Uploading", &ours.name);
            hosting.upload(&ours.name, &ours.path, self.url_of(&ours.name)?)?;
        }
        let (missing, other) = self.look(&local, at)?;
        let names: Vec<&str> = missing.iter().chain(&other).map(|ours| ours.name.as_str()).collect();
        if names.is_empty() {
            return Ok(());
        }
        Err(Error::new(format!("what is found there is not what was sent: {}", names.join(", ")))
            .help("look at their URLs: where the host takes its time, run the same command again"))
    }
}
