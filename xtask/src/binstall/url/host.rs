//! The host and the port of a URL.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::NoUrl;
use super::path::{CONTROLS, encode};

/// Who is asked for a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name.
    Domain(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address.
    V6(Ipv6Addr),
}

impl Host {
    /// The host of an http URL.
    pub fn parse(text: &str) -> Result<Self, NoUrl> {
        if text.starts_with('[') {
            return v6(text);
        }
        let decoded = String::from_utf8(decode(text)).map_err(|_| NoUrl::Idna)?;
        let ascii = domain(&decoded)?;
        if ascii.is_empty() {
            return Err(NoUrl::EmptyHost);
        }
        if ends_in_a_number(&ascii) { v4(&ascii).map(Self::V4) } else { Ok(Self::Domain(ascii)) }
    }

    /// The host of a URL of another scheme, which is taken as it is.
    pub fn opaque(text: &str) -> Result<Option<Self>, NoUrl> {
        if text.starts_with('[') {
            return v6(text).map(Some);
        }
        if text.contains(|c| "\0 #/:<>?@[\\]^|".contains(c)) {
            return Err(NoUrl::Domain);
        }
        Ok((!text.is_empty()).then(|| Self::Domain(encode(text, CONTROLS))))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(name) => f.write_str(name),
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address) => {
                // The standard writes embedded IPv4 addresses in hexadecimal.
                let [.., high, low] = address.segments();
                match address.to_string() {
                    text if text.contains('.') => {
                        let front = &text[..text.rfind(':').map_or(0, |colon| colon + 1)];
                        write!(f, "[{front}{high:x}:{low:x}]")
                    }
                    text => write!(f, "[{text}]"),
                }
            }
        }
    }
}

/// `host:port` taken apart; the brackets of an IPv6 address hold colons of their own.
pub fn split_port(text: &str) -> (&str, &str) {
    let behind = text.find(']').filter(|_| text.starts_with('[')).unwrap_or(0);
    match text[behind..].find(':') {
        Some(colon) => text.split_at(behind + colon),
        None => (text, ""),
    }
}

/// `:port`, if it is not the one that the scheme has anyway.
pub fn port(text: &str, scheme: &str) -> Result<String, NoUrl> {
    let digits = text.strip_prefix(':').unwrap_or_default();
    if digits.is_empty() {
        return Ok(String::new());
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoUrl::Port);
    }
    let port: u16 = match digits.trim_start_matches('0') {
        "" => 0,
        digits => digits.parse().map_err(|_| NoUrl::Port)?,
    };
    let usual = match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        _ => None,
    };
    Ok(if usual == Some(port) { String::new() } else { format!(":{port}") })
}

/// The bytes behind percent-escapes.
pub fn decode(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let digit = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        rest = if let (b'%', Some(high), Some(low)) = (first, digit(0), digit(1)) {
            bytes.extend(u8::try_from(high * 16 + low));
            &tail[2..]
        } else {
            bytes.push(*first);
            tail
        };
    }
    bytes
}

/// A domain in lower case. Names of other scripts are refused: their rules (UTS 46) are a table of a megabyte, and
/// their ASCII form (`xn--…`) can be written instead.
fn domain(text: &str) -> Result<String, NoUrl> {
    let forbidden = |c: char| !c.is_ascii() || c.is_ascii_control() || " \"#%/:<>?@[\\]^`{|}".contains(c);
    if text.contains(forbidden) {
        return Err(NoUrl::Idna);
    }
    Ok(text.to_ascii_lowercase())
}

fn ends_in_a_number(domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let last = domain.rsplit('.').next().unwrap_or_default();
    !last.is_empty() && (last.bytes().all(|byte| byte.is_ascii_digit()) || number(last).is_some())
}

/// A part of an IPv4 address: decimal, `0x` hexadecimal or `0` octal; more than 32 bits are cut to the most.
fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(hexadecimal) => (hexadecimal, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    if text.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some(if digits.is_empty() { 0 } else { u64::from_str_radix(digits, radix).unwrap_or(u64::MAX) })
}

fn v4(domain: &str) -> Result<Ipv4Addr, NoUrl> {
    let parts: Vec<&str> = domain.strip_suffix('.').unwrap_or(domain).split('.').collect();
    let numbers: Option<Vec<u64>> = parts.iter().map(|part| number(part)).collect();
    let numbers = numbers.filter(|numbers| numbers.len() <= 4).ok_or(NoUrl::Ipv4)?;
    let (last, firsts) = numbers.split_last().ok_or(NoUrl::Ipv4)?;
    let room = 8 * (4 - firsts.len());
    if *last >= 1 << room || firsts.iter().any(|number| *number > 255) {
        return Err(NoUrl::Ipv4);
    }
    let high = firsts.iter().enumerate().map(|(n, number)| number << (24 - 8 * n)).sum::<u64>();
    u32::try_from(high + last).map(Ipv4Addr::from).map_err(|_| NoUrl::Ipv4)
}

fn v6(text: &str) -> Result<Host, NoUrl> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or(NoUrl::Ipv6)?;
    inner.parse().map(Host::V6).map_err(|_| NoUrl::Ipv6)
}
