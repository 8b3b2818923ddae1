//! What tar files are compressed with: the same bytes on every machine, always one stream with a checksum.

use std::io::{self, Write};

use bzip2::write::BzEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use rusty_zstd::Flush;

use super::gzip::Gzip;
use crate::targets::ArchiveFormat;

/// What `xz` does unless told otherwise; more would gain nothing on programs, and unpacking takes 9 MB of memory.
const XZ_PRESET: u32 = 6;
/// The highest without the memory that `zstd --ultra` wants for unpacking: 8 MB.
const ZSTD_LEVEL: i32 = 19;

/// Passes everything on, compressed.
pub enum Compressor<W: Write> {
    Plain(W),
    Gzip(Gzip<W>),
    Xz(Box<XzWriter<W>>),
    Zstd(Box<Zstd<W>>),
    Bzip2(BzEncoder<W>),
}

impl<W: Write> Compressor<W> {
    /// The compressor of a format; of those that are no compressed tar file, none.
    pub fn new(format: ArchiveFormat, out: W) -> io::Result<Self> {
        Ok(match format {
            ArchiveFormat::TarGz => Self::Gzip(Gzip::new(out)?),
            ArchiveFormat::TarXz => Self::Xz(Box::new(XzWriter::new(out, XzOptions::with_preset(XZ_PRESET))?)),
            ArchiveFormat::TarZst => Self::Zstd(Box::new(Zstd::new(out)?)),
            ArchiveFormat::TarBz2 => Self::Bzip2(BzEncoder::new(out, bzip2::Compression::best())),
            ArchiveFormat::Tar | ArchiveFormat::Zip | ArchiveFormat::Bin => Self::Plain(out),
        })
    }

    /// Ends the stream, and gives back what it went to.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(out) => Ok(out),
            Self::Gzip(gzip) => gzip.finish(),
            Self::Xz(xz) => xz.finish(),
            Self::Zstd(zstd) => zstd.finish(),
            Self::Bzip2(bzip2) => bzip2.finish(),
        }
    }

    fn inner(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(out) => out,
            Self::Gzip(gzip) => gzip,
            Self::Xz(xz) => xz,
            Self::Zstd(zstd) => zstd,
            Self::Bzip2(bzip2) => bzip2,
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner().flush()
    }
}

/// A zstd frame being written.
pub struct Zstd<W> {
    out: W,
    compressor: rusty_zstd::Compressor,
    buffer: Vec<u8>,
}

impl<W: Write> Zstd<W> {
    fn new(out: W) -> io::Result<Self> {
        let compressor = rusty_zstd::Compressor::new(ZSTD_LEVEL).map_err(failed)?;
        Ok(Self { out, compressor, buffer: vec![0; rusty_zstd::compress_stream_out_size()] })
    }

    /// Passes on what comes of `bytes`: how many of them were taken, and whether the frame is done.
    fn step(&mut self, bytes: &[u8], flush: Flush) -> io::Result<(usize, bool)> {
        let status = self.compressor.stream(bytes, &mut self.buffer, flush).map_err(failed)?;
        self.out.write_all(&self.buffer[..status.output_produced])?;
        Ok((status.input_consumed, status.done))
    }

    fn finish(mut self) -> io::Result<W> {
        while !self.step(&[], Flush::End)?.1 {}
        Ok(self.out)
    }
}

/// Without `std`, the library's errors are no errors of Rust's.
fn failed(error: rusty_zstd::Error) -> io::Error {
    io::Error::other(error.to_string())
}

impl<W: Write> Write for Zstd<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        while taken < bytes.len() {
            taken += self.step(&bytes[taken..], Flush::Continue)?.0;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        // A block that ends early would make the frame depend on who flushes when.
        self.out.flush()
    }
}
