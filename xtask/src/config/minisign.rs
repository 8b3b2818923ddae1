//! `[minisign]`, at the top of the file only: whose releases these are, and where the secret key is to be found.

use std::path::PathBuf;

use super::Reader;
use crate::minisign::PublicKey;
use crate::report::{Error, Problem, Result};

/// `[minisign]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minisign {
    /// `public-key`: what makes releases signed.
    pub public_key: PublicKey,
    /// `secret-key-file`: relative to the workspace.
    pub secret_key_file: Option<PathBuf>,
    /// `secret-key-env`: the variable that holds the text of such a file.
    pub secret_key_env: String,
    /// `password-env`: the variable that holds the key's password, if it has one.
    pub password_env: String,
}

/// Where secrets are unless another variable is configured.
const SECRET_KEY_ENV: &str = "MINISIGN_SECRET_KEY";
const PASSWORD_ENV: &str = "MINISIGN_PASSWORD";

impl Minisign {
    /// Where secrets are while no configuration was read.
    pub const USUAL_SECRETS: [&str; 2] = [SECRET_KEY_ENV, PASSWORD_ENV];

    /// What it is with nothing but a key.
    pub fn of(public_key: PublicKey) -> Self {
        let (secret_key_env, password_env) = (SECRET_KEY_ENV.to_owned(), PASSWORD_ENV.to_owned());
        Self { public_key, secret_key_file: None, secret_key_env, password_env }
    }

    /// Reads it from the top of the file; none where releases are not signed.
    pub fn read(top: &Reader<'_>) -> Option<Self> {
        let table = top.table("minisign")?;
        let reader = Reader::new(table, "minisign", top.problems());
        let public_key = reader.parsed("public-key", PublicKey::parse);
        let secret_key_file = reader.string("secret-key-file").map(PathBuf::from);
        let variable = |key, usual: &str| reader.checked(key, check_variable).unwrap_or_else(|| usual.to_owned());
        let secret_key_env = variable("secret-key-env", SECRET_KEY_ENV);
        let password_env = variable("password-env", PASSWORD_ENV);
        if let (None, Some(node)) = (reader.node("public-key"), top.node("minisign")) {
            let what = "[minisign] has no `public-key`, and would sign nothing";
            let help = "write the second line of minisign.pub: public-key = \"RW…\"";
            top.problems().add(Problem::new(what).help(help).at(node.span.location()));
        }
        reader.finish();
        Some(Self { public_key: public_key?, secret_key_file, secret_key_env, password_env })
    }
}

pub(super) fn check_variable(name: &str) -> Result<()> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty() && name.chars().all(is_name) {
        return Ok(());
    }
    // It is not repeated: it may be the secret itself.
    Err(Error::usage("this is no name of an environment variable").help("write letters, digits and `_`"))
}
