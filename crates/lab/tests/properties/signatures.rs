//! A signature holds for its own content and no other, and nothing that is read as one makes the tool panic.

use proptest::collection::vec;
use proptest::prelude::*;
use xtask_dist::minisign::{PublicKey, SecretKey};

use super::{check, text};

/// Made by minisign for these tests alone.
const SECRET: &str = "untrusted comment: minisign encrypted secret key\n\
    RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAhVZ72wjSJDS1hVm+ahvZIDHOD3AIQ45bSzO0zkbHeVNlSV7OAr+sOd1fDH45eAB1C4h1PMGQgvQl1EF7feuF41/j540Od1P3AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
const NAME: &str = "a.zip";

fn signed(content: &[u8]) -> (PublicKey, String) {
    let key = SecretKey::open(SECRET, None).unwrap();
    let signature = key.sign(&mut &*content, "timestamp:1\tfile:a.zip\thashed").unwrap();
    (key.public(), signature)
}

fn is_right(key: &PublicKey, mut content: &[u8], signature: &str) -> bool {
    key.fault(NAME, &mut content, signature).unwrap().is_none()
}

#[test]
fn a_byte_that_is_altered_is_found() {
    let content = vec(any::<u8>(), 1..300);
    check(64, (content, any::<prop::sample::Index>(), 1..=255_u8), |(mut content, place, flip)| {
        let (key, signature) = signed(&content);
        prop_assert!(is_right(&key, &content, &signature));
        let place = place.index(content.len());
        content[place] ^= flip;
        prop_assert!(!is_right(&key, &content, &signature));
        content[place] ^= flip;
        content.truncate(place);
        prop_assert!(!is_right(&key, &content, &signature));
        Ok(())
    });
}

#[test]
fn a_letter_of_a_signature_that_is_altered_is_found() {
    check(128, (any::<prop::sample::Index>(), "[A-Za-z0-9+/:\t\n]"), |(place, letter)| {
        let (key, signature) = signed(b"content");
        // Nothing vouches for the first line.
        let first = signature.find('\n').unwrap() + 1;
        let place = first + place.index(signature.len() - first - 1);
        let mut other = signature.clone();
        other.replace_range(place..=place, &letter);
        prop_assert_eq!(is_right(&key, b"content", &other), other == signature, "{}", other);
        Ok(())
    });
}

#[test]
fn whatever_is_read_as_a_key_or_a_signature_is_refused() {
    let line = prop_oneof!["RW[A-Za-z0-9+/=]{0,220}", "RU[A-Za-z0-9+/=]{0,120}", text()];
    let lines = vec(prop_oneof![line, "(un)?trusted comment: [a-z]{0,5}"], 0..5).prop_map(|lines| lines.join("\n"));
    let (key, _) = signed(b"");
    check(256, (lines, text()), |(lines, password)| {
        prop_assert!(SecretKey::open(&lines, Some(&password)).is_err());
        prop_assert!(!is_right(&key, b"", &lines));
        if let Ok(read) = PublicKey::parse(&lines) {
            prop_assert_eq!(PublicKey::parse(&read.to_string()).unwrap(), read);
        }
        Ok(())
    });
}
