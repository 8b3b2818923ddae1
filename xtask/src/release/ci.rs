//! What a CI file is made of, gathered.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Request, signing, what};
use crate::ci::{self, File, Service, Sources};
use crate::config::{Config, Problems};
use crate::plan::Wanted;
use crate::project::{Project, crates_behind};
use crate::report::{Context, Result, both};
use crate::template::Templates;

/// The file of `service` as it should be, and where: at `output` (relative to the working folder), else where the
/// service looks for it.
///
/// # Errors
/// Everything that is wrong with the configuration, at once; a file that is not ours.
pub fn ci_file(request: &Request, service: Service, output: Option<&Path>) -> Result<(PathBuf, File)> {
    let project = Project::load(request.manifest_path.as_deref())?;
    let config = Config::load(&project.root, &request.overrides);
    let wanted = Wanted { targets: vec!["all".to_owned()], ..request.wanted.clone() };
    let releases = config.and_then(|config| Ok((what(&project, &config, &wanted, &BTreeMap::new())?, config)));
    let ((releases, config), templates) = both(releases, Templates::load(&project.root, &[service.template()]))?;
    let minisign = signing::configured(&config);
    let secrets = minisign.as_ref().map(|minisign| (&*minisign.secret_key_env, &*minisign.password_env));
    let names: Vec<&str> = releases.iter().flat_map(|plan| &plan.packages).map(|package| &*package.name).collect();
    let lock = fs::read_to_string(project.root.join("Cargo.lock")).unwrap_or_default();
    let sources = Sources {
        releases: &releases,
        settings: &config.ci(&Problems::default()),
        secrets,
        // Without a lock there is nothing to count: it is for an estimate.
        crates: crates_behind(&lock, &names).unwrap_or_default(),
        templates: &templates,
    };
    let path = output.map_or_else(|| project.root.join(service.file()), Path::to_owned);
    let old = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).context(|| format!("cannot read {}", path.display())),
    };
    let file = ci::file(service, &sources, old.as_deref()).map_err(|error| {
        let error = error.context(format!("cannot bring {} up to date", path.display()));
        error.help("move it away and write it anew, or write another one beside it: --output FILE")
    })?;
    Ok((path, file))
}
