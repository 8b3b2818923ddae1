//! One writer a container. Owners, names and time stamps of this machine stay out of all of them.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use super::Entry;
use super::compress::Compressor;
use super::zip::Zip;
use crate::hash::HashWriter;
use crate::targets::ArchiveFormat;

pub type Out = HashWriter<BufWriter<File>>;

/// Writes entries in the order in which they come.
pub enum Writer {
    Tar { tar: Box<tar::Builder<Compressor<Out>>>, epoch: u64 },
    Zip(Zip<Out>),
    Bin { out: Out, is_empty: bool },
}

impl Writer {
    pub fn new(format: ArchiveFormat, out: Out, epoch: u64) -> io::Result<Self> {
        Ok(match format {
            ArchiveFormat::Zip => Self::Zip(Zip::new(out, epoch)),
            ArchiveFormat::Bin => Self::Bin { out, is_empty: true },
            _ => Self::Tar { tar: Box::new(tar::Builder::new(Compressor::new(format, out)?)), epoch },
        })
    }

    pub fn add(&mut self, entry: &Entry, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tar { tar, epoch } => {
                let mut header = tar_header(entry.mode, *epoch);
                header.set_size(bytes.len() as u64);
                tar.append_data(&mut header, &entry.path, bytes)
            }
            Self::Zip(zip) => zip.add(entry, bytes),
            Self::Bin { is_empty: false, .. } => Err(io::Error::other("a bare program is one file")),
            Self::Bin { out, is_empty } => {
                *is_empty = false;
                out.write_all(bytes)
            }
        }
    }

    /// Ends the archive: its size and sha256.
    pub fn finish(self) -> io::Result<(u64, String)> {
        let out = match self {
            Self::Tar { tar, .. } => tar.into_inner()?.finish()?,
            Self::Zip(zip) => zip.finish()?,
            Self::Bin { out, .. } => out,
        };
        let (mut buffer, size, sha256) = out.finish();
        buffer.flush()?;
        Ok((size, sha256))
    }
}

/// The header of an entry that belongs to nobody of this machine; its size is still to be set.
pub fn tar_header(mode: u32, epoch: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_mode(mode);
    header.set_mtime(epoch);
    header.set_uid(0);
    header.set_gid(0);
    header
}
