//! The public key, and what it says of signatures.

use std::fmt;
use std::io::{self, Read};

use ct_codecs::{Base64, Encoder as _};
use minisign_verify::{Error as Refusal, Signature};
use serde::{Deserialize, Serialize};

use super::{ED25519, KeyId, decoded, take};
use crate::report::{Error, Result};

/// A public key, as minisign writes it: `RW…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey {
    id: KeyId,
    key: [u8; 32],
}

impl PublicKey {
    /// The key of a number and of an Ed25519 public key.
    pub(super) fn new(id: KeyId, key: [u8; 32]) -> Self {
        Self { id, key }
    }

    /// Reads a key. What is written instead of one is not repeated: it may be the secret one.
    ///
    /// # Errors
    /// Text that is no public key.
    pub fn parse(text: &str) -> Result<Self> {
        let help = "it is the second line of the file that `minisign -G` writes as minisign.pub, and begins with RW";
        let error = || Error::usage("this is no public key of minisign").help(help);
        let bytes = decoded(text).ok_or_else(error)?;
        if bytes.len() > 100 {
            return Err(Error::usage("this is a secret key, not a public one")
                .help("take it out of here, and make a new pair (`minisign -G`) if anybody may have seen it"));
        }
        let mut rest = bytes.as_slice();
        let mut parts = || Some((take::<2>(&mut rest)?, take(&mut rest)?, take(&mut rest)?, rest.is_empty()));
        match parts() {
            Some((ED25519, id, key, true)) => Ok(Self { id, key }),
            _ => Err(error()),
        }
    }

    /// What is wrong with `signature` as the signature of the file `name` with this content: a sentence whose subject
    /// is "it". Nothing where it is right.
    ///
    /// # Errors
    /// Content that cannot be read.
    pub fn fault(&self, name: &str, content: &mut dyn Read, signature: &str) -> io::Result<Option<String>> {
        let refused = |refusal: &Refusal| {
            Some(match refusal {
                Refusal::UnexpectedKeyId => format!("it was made with another key than {self}"),
                Refusal::UnsupportedLegacyMode => {
                    "it is a legacy signature, of the file and not of its hash, which cargo-binstall refuses".to_owned()
                }
                Refusal::InvalidSignature => {
                    format!("it does not sign {name} as it is here: one of the two was altered or exchanged")
                }
                other => format!("it is no minisign signature: {other}"),
            })
        };
        let signature = match Signature::decode(signature) {
            Ok(signature) => signature,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let key = match minisign_verify::PublicKey::from_base64(&self.to_string()) {
            Ok(key) => key,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let mut stream = match key.verify_stream(&signature) {
            Ok(stream) => stream,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match content.read(&mut buffer)? {
                0 => break,
                read => stream.update(&buffer[..read]),
            }
        }
        if let Err(refusal) = stream.finalize() {
            return Ok(refused(&refusal));
        }
        let comment = signature.trusted_comment();
        let names_it = comment.split('\t').any(|part| part.strip_prefix("file:") == Some(name));
        Ok((!names_it).then(|| format!("its trusted comment does not name {name}: {comment:?}")))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&ED25519[..], &self.id, &self.key].concat();
        f.write_str(&Base64::encode_to_string(bytes).map_err(|_| fmt::Error)?)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}
