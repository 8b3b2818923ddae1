//! sha256 of bytes and files, and of what is on its way to the disk, so that no byte is read twice.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use ct_codecs::{Base64, Encoder as _};
use sha2::{Digest as _, Sha256, Sha512};

use crate::report::{Context, Result};

/// Passes everything on and hashes it.
#[derive(Debug)]
pub struct HashWriter<W> {
    inner: W,
    digest: Sha256,
    written: u64,
}

impl<W: Write> HashWriter<W> {
    /// A writer that passes on to `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner, digest: Sha256::new(), written: 0 }
    }

    /// The inner writer, how many bytes it got, and their sha256 in hexadecimal.
    pub fn finish(self) -> (W, u64, String) {
        (self.inner, self.written, hex(&self.digest.finalize()))
    }
}

impl<W: Write> Write for HashWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// Tells where it is, as a zip writer asks; going anywhere else would make the hash wrong and is refused.
impl<W: Write> Seek for HashWriter<W> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        match to {
            SeekFrom::Current(0) | SeekFrom::End(0) => Ok(self.written),
            SeekFrom::Start(position) if position == self.written => Ok(self.written),
            _ => Err(std::io::Error::other("an archive is written front to back")),
        }
    }
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The sha256 of a file's bytes and how many they are, in one pass.
///
/// # Errors
/// A file that cannot be read.
pub fn hash_file(file: &Path) -> Result<(u64, String)> {
    let mut opened = std::fs::File::open(file).context(|| format!("cannot open {}", file.display()))?;
    let mut writer = HashWriter::new(std::io::sink());
    std::io::copy(&mut opened, &mut writer).context(|| format!("cannot read {}", file.display()))?;
    let (_, size, sha256) = writer.finish();
    Ok((size, sha256))
}

/// The sha256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The digest of bytes as npm writes it (`sha512-…`), by <https://www.w3.org/TR/SRI/>.
pub fn integrity(bytes: &[u8]) -> String {
    // Base64 fails only where its result would not fit into the memory.
    format!("sha512-{}", Base64::encode_to_string(Sha512::digest(bytes)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_as_npm_writes_them() {
        let wanted = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
        assert_eq!(integrity(b""), wanted);
    }
}
