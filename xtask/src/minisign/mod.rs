//! minisign's keys and signatures, by <https://jedisct1.github.io/minisign/#signature-format>.
//!
//! Signing is done here, as other implementations mix chance into each signature, and equal releases have equal bytes.
//! Signatures are checked by the very crate that cargo-binstall checks them with.

mod public;
mod secret;

use ct_codecs::{Base64, Decoder as _};

pub use public::PublicKey;
pub use secret::SecretKey;

/// The two letters of Ed25519 keys, and of signatures of a file itself.
const ED25519: [u8; 2] = *b"Ed";
/// The two letters of signatures of a file's BLAKE2b-512.
const PREHASHED: [u8; 2] = *b"ED";

/// The number of a key, by which signatures say whose they are.
type KeyId = [u8; 8];

/// Takes a fixed number of bytes off the front.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

/// The bytes of a line in base64.
fn decoded(line: &str) -> Option<Vec<u8>> {
    Base64::decode_to_vec(line.trim(), None).ok()
}
