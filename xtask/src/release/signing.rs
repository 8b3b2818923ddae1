//! Signs what is uploaded, last of all: the secret key is looked for before anything is compiled, and nothing that is
//! run gets to see it.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use crate::config::{Config, FILE, Minisign, Problems};
use crate::layout::Draft;
use crate::manifest::Manifest;
use crate::minisign::{PublicKey, SecretKey};
use crate::plan::ReleasePlan;
use crate::report::{Context, Error, Result, terminal};
use crate::run;

/// What makes an unsigned release instead.
const TRIAL: &str = "or leave signatures out, for a release to try: --no-sign";

/// Where a secret key was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place<'s> {
    /// In this variable.
    Variable(&'s str),
    /// In this file, as it is configured.
    File(&'s Path),
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${name}"),
            Self::File(file) => write!(f, "{}", file.display()),
        }
    }
}

/// Keeps from everything that is run what is a secret under its usual name: programs are run to find the configuration.
pub fn hide_usual_secrets() {
    Minisign::USUAL_SECRETS.iter().copied().for_each(run::hide);
}

/// What the configuration says of signing. Nothing that is run sees the secrets then.
pub fn configured(config: &Config) -> Option<Minisign> {
    let minisign = config.minisign(&Problems::default());
    minisign.iter().for_each(hide);
    minisign
}

fn hide(minisign: &Minisign) {
    run::hide(&minisign.secret_key_env);
    run::hide(&minisign.password_env);
}

/// Where the secret key of the workspace at `root` is: in the variable, else in the file.
///
/// # Errors
/// Neither is there.
pub fn place<'s>(minisign: &'s Minisign, root: &Path) -> Result<Place<'s>> {
    let Minisign { secret_key_env, secret_key_file, .. } = minisign;
    if secret(secret_key_env).is_some() {
        return Ok(Place::Variable(secret_key_env));
    }
    let error = Error::new(format!("the secret key for {} is not here", minisign.public_key));
    match secret_key_file {
        Some(file) if root.join(file).is_file() => Ok(Place::File(file)),
        Some(file) => Err(error
            .because(format!("{secret_key_env} is not set, and there is no file {}", root.join(file).display()))
            .help(format!("set {secret_key_env} to the text of the key file, or bring the file; {TRIAL}"))),
        None => Err(error.because(format!("{secret_key_env} is not set")).help(format!(
            "set it to the text of the key file, or write `secret-key-file` under [minisign] in {FILE}; {TRIAL}"
        ))),
    }
}

/// The variable's text, unless it is empty, as CI leaves secrets that a job may not see.
fn secret(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|text| !text.trim().is_empty())
}

/// Whoever signs.
pub struct Signer {
    key: SecretKey,
}

impl Signer {
    /// The signer of these releases; none where none of them is signed.
    ///
    /// # Errors
    /// A secret key that is missing, cannot be opened, or is another's.
    pub fn of<'p>(
        releases: impl IntoIterator<Item = &'p ReleasePlan>,
        minisign: Option<&Minisign>,
        root: &Path,
    ) -> Result<Option<Self>> {
        let wanted: BTreeSet<&PublicKey> = releases.into_iter().filter_map(|plan| plan.public_key.as_ref()).collect();
        let Some(first) = wanted.first() else { return Ok(None) };
        // Shards may have been made with settings of the command line.
        let minisign = minisign.cloned().unwrap_or_else(|| Minisign::of((*first).clone()));
        hide(&minisign);
        let key = open(&minisign, &place(&minisign, root)?, root)?;
        if let Some(other) = wanted.into_iter().find(|wanted| **wanted != key.public()) {
            return Err(Error::new(format!("the secret key is not that of {other}"))
                .because(format!("its public half is {}", key.public()))
                .help(format!("bring the right one, or mend `public-key` under [minisign] in {FILE}")));
        }
        Ok(Some(Self { key }))
    }

    /// Signs every file of the draft that is uploaded and not a signature.
    ///
    /// # Errors
    /// A file that cannot be read, a full disk.
    pub fn sign(&self, draft: &Draft, manifest: &Manifest) -> Result<()> {
        for name in manifest.signed() {
            terminal::status("Signing", &name);
            let file = draft.folder().join(&name);
            let cannot = || format!("cannot sign {}", file.display());
            // As minisign writes it, with the release's own time for the clock's.
            let comment = format!("timestamp:{}\tfile:{name}\thashed", manifest.source.epoch);
            let mut content = File::open(&file).context(cannot)?;
            let signature = self.key.sign(&mut content, &comment).context(cannot)?;
            draft.write(&Manifest::signature_of(&name), signature.as_bytes())?;
        }
        Ok(())
    }
}

fn open(minisign: &Minisign, place: &Place<'_>, root: &Path) -> Result<SecretKey> {
    let text = match place {
        Place::Variable(name) => secret(name).unwrap_or_default(),
        Place::File(file) => {
            let file = root.join(file);
            let cannot = || format!("cannot read the secret key in {}", file.display());
            let bytes = std::fs::read(&file).context(cannot).map_err(|error| error.help("make it readable to you"))?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    let password = secret(&minisign.password_env);
    // Whoever pastes it somewhere brings a newline along; passwords have none.
    let password = password.as_deref().map(|password| password.trim_end_matches(['\r', '\n']));
    let help = match password {
        None => format!("set {} to its password", minisign.password_env),
        Some(_) => format!("look at {}, and at {place}", minisign.password_env),
    };
    SecretKey::open(&text, password)
        .map_err(|error| error.context(format!("cannot use the secret key in {place}")).help(help))
}
