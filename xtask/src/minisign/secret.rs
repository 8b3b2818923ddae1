//! The secret key: opened with its password, it signs. It has no `Debug`, and no error repeats a part of it.

use std::io::{self, Read};

use blake2::{Blake2b256, Blake2b512, Digest as _};
use ct_codecs::{Base64, Encoder as _};

use super::{ED25519, KeyId, PREHASHED, PublicKey, decoded, take};
use crate::report::{Error, Result};

/// How a key is encrypted: not at all, or with scrypt.
const PLAIN: [u8; 2] = [0, 0];
const SCRYPT: [u8; 2] = *b"Sc";
/// As much as libsodium's "sensitive" takes: 1 GiB, and twice its operations.
const MOST_SCRYPT: (u64, u64) = (1 << 26, 1 << 30);

/// A secret key.
pub struct SecretKey {
    id: KeyId,
    key: ed25519_compact::SecretKey,
}

/// The fields of the file's second line.
struct Parts {
    kdf: [u8; 2],
    salt: [u8; 32],
    /// As libsodium counts: operations and bytes.
    limits: (u64, u64),
    /// Number, key and checksum, perhaps encrypted.
    content: [u8; 104],
}

impl SecretKey {
    /// Reads the text of a key file (or the second line alone), with the password if the key has one.
    ///
    /// # Errors
    /// No secret key, a password that is missing or wrong, a key that is damaged.
    pub fn open(text: &str, password: Option<&str>) -> Result<Self> {
        let last = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        let parts = decoded(last).as_deref().and_then(Parts::read);
        let mut parts = parts.ok_or_else(|| Error::new("it is no secret key of minisign"))?;
        match (parts.kdf, password) {
            (PLAIN, _) => {}
            (SCRYPT, Some(password)) => parts.decrypt(password)?,
            (SCRYPT, None) => return Err(Error::new("it has a password, which is not here")),
            _ => return Err(Error::new("it is encrypted in a way that is not known")),
        }
        let damaged = if parts.kdf == PLAIN { "it is damaged" } else { "its password is another, or it is damaged" };
        parts.key().ok_or_else(|| Error::new(damaged))
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::new(self.id, *self.key.public_key())
    }

    /// The signature of what `content` reads: the text of a `.sig` file. Equal content and comment, equal signature.
    ///
    /// # Errors
    /// Content that cannot be read.
    pub fn sign(&self, content: &mut dyn Read, trusted_comment: &str) -> io::Result<String> {
        let mut digest = Blake2b512::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match content.read(&mut buffer)? {
                0 => break,
                read => digest.update(&buffer[..read]),
            }
        }
        let signature = self.key.sign(digest.finalize(), None);
        let both = self.key.sign([&signature[..], trusted_comment.as_bytes()].concat(), None);
        let encoded = |bytes: &[u8]| Base64::encode_to_string(bytes).map_err(|_| io::Error::other("base64"));
        Ok(format!(
            "untrusted comment: signature from minisign secret key\n{}\ntrusted comment: {trusted_comment}\n{}\n",
            encoded(&[&PREHASHED[..], &self.id, &signature[..]].concat())?,
            encoded(&both[..])?,
        ))
    }
}

impl Parts {
    fn read(mut bytes: &[u8]) -> Option<Self> {
        let rest = &mut bytes;
        let (algorithm, kdf, checksum) = (take(rest)?, take(rest)?, take(rest)?);
        let (salt, operations, memory) = (take(rest)?, take(rest)?, take(rest)?);
        let limits = (u64::from_le_bytes(operations), u64::from_le_bytes(memory));
        let parts = Self { kdf, salt, limits, content: take(rest)? };
        (algorithm == ED25519 && checksum == *b"B2" && rest.is_empty()).then_some(parts)
    }

    fn decrypt(&mut self, password: &str) -> Result<()> {
        let params = scrypt_params(self.limits).ok_or_else(|| Error::new("it is damaged: no scrypt is like this"))?;
        let mut stream = [0; 104];
        scrypt::scrypt(password.as_bytes(), &self.salt, &params, &mut stream)
            .map_err(|error| Error::new("it cannot be decrypted").because(error))?;
        self.content.iter_mut().zip(stream).for_each(|(byte, key)| *byte ^= key);
        Ok(())
    }

    /// The key, if the content is one.
    fn key(&self) -> Option<SecretKey> {
        let mut rest = &self.content[..];
        let (id, key, checksum): (KeyId, [u8; 64], [u8; 32]) = (take(&mut rest)?, take(&mut rest)?, take(&mut rest)?);
        let right = Blake2b256::new().chain_update(ED25519).chain_update(id).chain_update(key).finalize();
        // minisign 0.11 leaves it out of keys without a password.
        let has_none = self.kdf == PLAIN && checksum == [0; 32];
        let key = ed25519_compact::SecretKey::new(key);
        let is_whole = key.validate_public_key(&key.public_key()).is_ok();
        (is_whole && (has_none || right[..] == checksum)).then_some(SecretKey { id, key })
    }
}

/// What libsodium's `crypto_pwhash_scryptsalsa208sha256` makes of its limits.
fn scrypt_params((operations, memory): (u64, u64)) -> Option<scrypt::Params> {
    const R: u64 = 8;
    if operations > MOST_SCRYPT.0 || memory > MOST_SCRYPT.1 {
        return None;
    }
    let operations = operations.max(1 << 15);
    let by_operations = operations < memory / 32;
    let most = if by_operations { operations / (R * 4) } else { memory / (R * 128) };
    let log_n = (most / 2).max(1).ilog2() + 1;
    let p = if by_operations { 1 } else { ((operations / 4) >> log_n) / R };
    scrypt::Params::new(u8::try_from(log_n).ok()?, 8, u32::try_from(p).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by minisign 0.11 for these tests alone. The first has the password `pass word`, and limits that tests bear.
    const PROTECTED: &str = "untrusted comment: minisign encrypted secret key\n\
        RWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AgAAAAAAAAAAAEAAAAAAAB9soj88zrgejvRBxci1WhhPFcI7jDrm8TTzNbp0rmElvc7MMADrcqyo8ar0zEAdytw6G4k+3crvS7Qir5vEqnIkHRAGVHLaeG08LRLrZ9qvpgdbrmVSqBeaz3JKTuG0gn34VdqHGH4o=";
    const PLAIN: &str = "untrusted comment: minisign encrypted secret key\n\
        RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAhVZ72wjSJDS1hVm+ahvZIDHOD3AIQ45bSzO0zkbHeVNlSV7OAr+sOd1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    #[test]
    fn keys_of_minisign_open_and_have_their_public_half() {
        let open = |text: &str, password| SecretKey::open(text, password).map(|key| key.public().to_string());
        assert_eq!(
            open(PROTECTED, Some("pass word")).unwrap(),
            "RWSFVnvbCNIkNN1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3"
        );
        assert_eq!(open(PLAIN, None).unwrap(), "RWSFVnvbCNIkNN1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3");
        assert_eq!(
            open(PLAIN.lines().last().unwrap(), Some("none needed")).unwrap(),
            "RWSFVnvbCNIkNN1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3"
        );
        for (text, password, said) in [
            (PROTECTED, None, "it has a password, which is not here"),
            (PROTECTED, Some("pass"), "its password is another, or it is damaged"),
            ("RWQ", None, "it is no secret key of minisign"),
            ("", None, "it is no secret key of minisign"),
            (&PLAIN.replace("ahvZIDHO", "ahvZIDHP"), None, "it is damaged"),
        ] {
            assert_eq!(open(text, password).unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn limits_are_read_as_libsodium_does() {
        // "Sensitive", "interactive", and one that the operations bind.
        for (limits, wanted) in
            [((1 << 25, 1 << 30), (20, 1)), ((1 << 19, 1 << 24), (14, 1)), ((1 << 16, 1 << 26), (11, 1))]
        {
            let params = scrypt_params(limits).unwrap();
            assert_eq!((params.log_n(), params.r(), params.p()), (wanted.0, 8, wanted.1), "{limits:?}");
        }
        assert!(scrypt_params((1 << 25, 1 << 40)).is_none());
    }

    #[test]
    fn signatures_are_alike_and_say_what_is_wrong() {
        let key = SecretKey::open(PLAIN, None).unwrap();
        let sign = |content: &str, comment: &str| key.sign(&mut content.as_bytes(), comment).unwrap();
        let good = sign("content", "timestamp:1\tfile:a.zip\thashed");
        assert_eq!(good, sign("content", "timestamp:1\tfile:a.zip\thashed"));
        let fault = |content: &str, signature: &str| {
            key.public().fault("a.zip", &mut content.as_bytes(), signature).unwrap().unwrap_or_default()
        };
        assert_eq!(fault("content", &good), "");
        assert!(fault("contend", &good).starts_with("it does not sign a.zip as it is here"));
        assert!(fault("content", &good.replace("file:a", "file:b")).starts_with("it does not sign a.zip"));
        assert!(fault("content", &sign("content", "file:b.zip")).contains("does not name a.zip"));
        let legacy = good.replace("\nRU", "\nRW");
        assert!(fault("content", &legacy).starts_with("it is a legacy signature"), "{}", fault("content", &legacy));
        assert!(fault("content", "RUQ").starts_with("it is no minisign signature"));
        let other = SecretKey { id: [1; 8], key: key.key.clone() };
        let foreign = other.sign(&mut "content".as_bytes(), "file:a.zip").unwrap();
        assert!(fault("content", &foreign).starts_with("it was made with another key than RW"));
    }

    #[test]
    fn a_public_key_is_read_and_a_secret_one_is_not_repeated() {
        let key = "RWSFVnvbCNIkNN1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3";
        assert_eq!(PublicKey::parse(&format!(" {key}\n")).unwrap().to_string(), key);
        for bad in ["", "RW", &key[1..], &key.replace("RW", "RX")] {
            assert!(PublicKey::parse(bad).is_err(), "{bad}");
        }
        let secret = PLAIN.lines().last().unwrap();
        let error = PublicKey::parse(secret).unwrap_err().to_string();
        assert!(error.contains("this is a secret key") && !error.contains(&secret[..10]), "{error}");
    }
}
