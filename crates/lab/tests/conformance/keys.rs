//! Keys to sign with, made anew by every run.

use std::io::Cursor;
use std::sync::OnceLock;

use minisign::KeyPair;

/// The key that cases call `k`, or any other.
fn key(name: &str) -> &'static KeyPair {
    static KEYS: [OnceLock<KeyPair>; 2] = [OnceLock::new(), OnceLock::new()];
    KEYS[usize::from(name == "k")].get_or_init(|| KeyPair::generate_unencrypted_keypair().unwrap())
}

/// The public half of a key, as manifests have it.
pub fn public(name: &str) -> String {
    key(name).pk.to_base64()
}

/// A signature file for these bytes, prehashed.
pub fn sign(name: &str, bytes: &[u8]) -> String {
    let key = key(name);
    minisign::sign(Some(&key.pk), &key.sk, Cursor::new(bytes), Some("lab"), None).unwrap().into_string()
}
