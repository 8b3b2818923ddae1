//! Reads what tar files are compressed with: one stream, whose checksum is compared at its end.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::targets::ArchiveFormat;

/// The content of the compressed tar file that `file` reads. At its end, `file` stands behind the first stream.
///
/// # Errors
/// A file that does not begin like one of that format.
pub fn decompress<'f>(format: ArchiveFormat, file: &'f mut impl BufRead) -> io::Result<Box<dyn Read + 'f>> {
    Ok(match format {
        ArchiveFormat::TarGz => Box::new(flate2::bufread::GzDecoder::new(file)),
        ArchiveFormat::TarXz => Box::new(lzma_rust2::XzReader::new(file, false)),
        ArchiveFormat::TarZst => Box::new(Zstd(StreamingDecoder::new(file).map_err(io::Error::other)?)),
        ArchiveFormat::TarBz2 => Box::new(bzip2::bufread::BzDecoder::new(file)),
        ArchiveFormat::Tar | ArchiveFormat::Zip | ArchiveFormat::Bin => Box::new(file),
    })
}

/// The library computes a frame's checksum, and leaves comparing it to us.
struct Zstd<R: Read>(StreamingDecoder<R, FrameDecoder>);

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        let decoder = &self.0.decoder;
        let written = decoder.get_checksum_from_data();
        if read == 0 && !buffer.is_empty() && written.is_some() && written != decoder.get_calculated_checksum() {
            return Err(io::Error::other("its checksum is not that of its content"));
        }
        Ok(read)
    }
}
