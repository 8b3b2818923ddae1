//! The rules for the files that are published: everybody can read them, for ever.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Remark, shown};
use crate::crates::{Crate, Listed};
use crate::report::{Problem, terminal};

/// The longest `.crate` that crates.io takes, in bytes.
const LONGEST: u64 = 10 * 1024 * 1024;
/// Files whose very names say that they hold a secret.
const SECRET_NAMES: &[&str] =
    &[".env", ".git-credentials", ".netrc", ".pypirc", "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa"];
/// Endings of files that hold secret keys and nothing else.
const SECRET_ENDINGS: &[&str] = &[".jks", ".kdbx", ".keystore", ".p12", ".pfx", ".ppk"];
/// Endings of files that may hold a secret key, and often hold a public one or a certificate.
const KEY_ENDINGS: &[&str] = &[".key", ".pem"];
/// How the names of files with a licence begin.
const LICENSES: &[&str] = &["licence", "license", "copying", "unlicense", "eula"];
/// A tar file has its entries in blocks of this many bytes, one of them the header.
const BLOCK: usize = 512;

/// What should not be among the files, and what is missing there.
pub fn check(krate: &Crate, files: &[Listed], packed: u64) -> Vec<Remark> {
    if files.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Remark> = files.iter().filter_map(|file| secret(krate, file)).collect();
    found.extend(too_long(krate, files, packed));
    found.extend(no_license(krate, files));
    found
}

fn secret(krate: &Crate, file: &Listed) -> Option<Remark> {
    let why = what_is_secret(&file.path, &beginning(file.file.as_deref()?))?;
    let allows = |glob: &String| glob::Pattern::new(glob).is_ok_and(|glob| glob.matches(&file.path));
    if krate.allowed.iter().any(allows) {
        return None;
    }
    let (name, path, manifest) = (&krate.package.name, &file.path, shown(&krate.manifest()));
    let problem = Problem::new(format!("{name} would be published with {path}")).because(why).help(format!(
        "write `exclude = [\"{path}\"]` under [package] in {manifest}; if it is no secret, \
         `allow-files = [\"{path}\"]` under [channel.crates-io]"
    ));
    Some(Remark::error("secret", problem))
}

/// Why a file should stay at home.
fn what_is_secret(path: &str, beginning: &[u8]) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let text = String::from_utf8_lossy(beginning);
    let first = text.trim_start().lines().next().unwrap_or_default();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let is_armoured = first.starts_with("-----BEGIN ");
    if is_armoured && first.contains("PRIVATE KEY") {
        Some("it begins as a private key does")
    } else if first.starts_with("untrusted comment:") && first.contains("secret key") {
        Some("it begins as a secret key of minisign does")
    } else if SECRET_NAMES.contains(&name.as_str()) || is_environment(&name) || ends(SECRET_ENDINGS) {
        Some("files of that name hold secrets")
    } else if ends(KEY_ENDINGS) && !is_armoured {
        Some("files of that name hold keys, and it does not begin as a public one does")
    } else {
        None
    }
}

/// `.env.production`, but not what shows what could stand in such a file.
fn is_environment(name: &str) -> bool {
    let examples = ["dist", "example", "sample", "template"];
    name.strip_prefix(".env.").is_some_and(|rest| !examples.contains(&rest))
}

/// The first bytes of a file; none of one that cannot be read.
fn beginning(file: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What cannot be read, cargo will tell.
    let _ = File::open(file).and_then(|file| file.take(200).read_to_end(&mut bytes));
    bytes
}

fn too_long(krate: &Crate, files: &[Listed], packed: u64) -> Option<Remark> {
    if packed <= LONGEST {
        return None;
    }
    let mut longest: Vec<&Listed> = files.iter().collect();
    longest.sort_by_key(|file| std::cmp::Reverse(file.size));
    let longest: Vec<String> =
        longest.iter().take(3).map(|file| format!("{} ({})", file.path, terminal::size(file.size))).collect();
    let problem = Problem::new(format!("{} would be {} long", krate.package.name, terminal::size(packed)))
        .because(format!(
            "crates.io takes {} at most; the longest files are {}",
            terminal::size(LONGEST),
            longest.join(", ")
        ))
        .help(format!("leave out what users do not compile: `exclude = [\"…\"]` in {}", shown(&krate.manifest())));
    Some(if krate.is_for_crates_io() { Remark::error("size", problem) } else { Remark::warning("size", problem) })
}

fn no_license(krate: &Crate, files: &[Listed]) -> Option<Remark> {
    let is_license = |file: &Listed| {
        let path = file.path.to_ascii_lowercase();
        path.starts_with("licenses/") || LICENSES.iter().any(|word| path.starts_with(word))
    };
    if krate.package.license_file.is_some() || files.iter().any(is_license) {
        return None;
    }
    let problem = Problem::new(format!("{} is published without the text of its licence", krate.package.name))
        .because("most licences have to go with the sources")
        .help(format!("copy it (LICENSE-MIT, …) beside {}", shown(&krate.manifest())));
    Some(Remark::warning("license-text", problem))
}

/// About how long the `.crate` of these files will be, in bytes: cargo packs them the same way, with a few of its own.
pub fn packed_size(files: &[Listed]) -> u64 {
    let mut packed = GzEncoder::new(Counter(0), Compression::default());
    for file in files {
        // What is written is only counted, and what cannot be read, cargo will tell.
        let _ = add(&mut packed, file);
    }
    packed.finish().map_or(0, |counter| counter.0)
}

fn add(packed: &mut impl Write, file: &Listed) -> io::Result<()> {
    let mut header = [0; BLOCK];
    let name = file.path.as_bytes();
    header[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    packed.write_all(&header)?;
    let Some(path) = &file.file else { return Ok(()) };
    let length = io::copy(&mut File::open(path)?, packed)?;
    let block = BLOCK as u64;
    io::copy(&mut io::repeat(0).take(length.next_multiple_of(block) - length), packed).map(drop)
}

/// Counts what is written.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crates::testing::krate;
    use crate::preflight::Level;

    fn listed(path: &str, size: u64) -> Listed {
        Listed { path: path.to_owned(), file: None, size }
    }

    #[test]
    fn secrets_are_known_by_their_names_and_by_how_they_begin() {
        let private = b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb" as &[u8];
        for (path, content) in [
            ("tests/server.pem", b"0\x82" as &[u8]),
            ("a.KEY", b"hex"),
            (".env", b"A=b"),
            ("deploy/.env.production", b""),
            ("id_rsa", b""),
            ("notes.txt", private),
            ("a.pem", private),
            ("b", b"  \n-----BEGIN RSA PRIVATE KEY-----"),
            ("c", b"untrusted comment: minisign encrypted secret key\n"),
            ("store.p12", b"\x30"),
        ] {
            assert!(what_is_secret(path, content).is_some(), "{path}");
        }
        for (path, content) in [
            ("ca.pem", b"-----BEGIN CERTIFICATE-----" as &[u8]),
            ("public.key", b"-----BEGIN PUBLIC KEY-----"),
            (".env.example", b"A="),
            ("src/id_rsa.rs", b"//! Keys"),
            ("src/lib.rs", b"const HEAD: &str = \"-----BEGIN PRIVATE KEY-----\";"),
            ("minisign.pub", b"untrusted comment: minisign public key C0FFEE"),
        ] {
            assert_eq!(what_is_secret(path, content), None, "{path}");
        }
    }

    #[test]
    fn what_is_allowed_is_no_secret() {
        let folder = std::env::temp_dir().join(format!("xtask-dist-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("key.pem");
        std::fs::write(&file, "-----BEGIN PRIVATE KEY-----").unwrap();
        let files = [Listed { path: "tests/key.pem".into(), file: Some(file), size: 1 }, listed("LICENSE", 1)];
        let mut krate = krate("a", &[]);
        let found = check(&krate, &files, 1);
        assert_eq!((found.len(), found[0].level, found[0].rule), (1, Level::Error, "secret"));
        krate.allowed = vec!["tests/*.pem".into()];
        assert_eq!(check(&krate, &files, 1), []);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_licence_stands_at_the_top() {
        let rules = |paths: &[&str]| {
            let files: Vec<Listed> = paths.iter().map(|path| listed(path, 1)).collect();
            check(&krate("a", &[]), &files, 1).iter().map(|remark| remark.rule).collect::<Vec<_>>()
        };
        for path in ["LICENSE", "LICENSE-MIT", "COPYING.md", "licenses/MIT.txt", "UNLICENSE"] {
            assert!(rules(&["Cargo.toml", path]).is_empty(), "{path}");
        }
        assert_eq!(rules(&["Cargo.toml", "src/license.rs"]), ["license-text"]);
        assert!(rules(&[]).is_empty(), "where cargo cannot tell, nothing is missing");
    }

    #[test]
    fn what_crates_io_would_refuse_for_its_length_is_an_error_there() {
        let files = [listed("LICENSE", 1), listed("big.bin", 11_000_000)];
        let mut krate = krate("a", &[]);
        assert_eq!(check(&krate, &files, LONGEST), []);
        let found = check(&krate, &files, LONGEST + 1);
        assert_eq!(found[0].level, Level::Error);
        assert!(found[0].problem.causes[0].contains("big.bin (11.0 MB), LICENSE"), "{found:?}");
        krate.registry = "mine".into();
        assert_eq!(check(&krate, &files, LONGEST + 1)[0].level, Level::Warning);
    }

    #[test]
    fn sizes_are_those_of_packed_files() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let length = file.metadata().unwrap().len();
        let one = Listed { path: "Cargo.toml".into(), file: Some(file), size: length };
        let size = packed_size(std::slice::from_ref(&one));
        assert!((length / 5..length).contains(&size), "{size} of {length}");
        assert!(packed_size(&[]) < 100);
    }
}
