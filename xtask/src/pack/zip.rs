//! Zip files, whose time stamps are dates.

use std::io::{self, Seek, Write};

use zip::write::{SimpleFileOptions, ZipFileBuilder};

use super::Entry;
use crate::date::Date;

/// A zip file being written.
pub struct Zip<W: Write + Seek> {
    zip: Box<zip::ZipWriter<W>>,
    epoch: u64,
}

impl<W: Write + Seek> Zip<W> {
    pub fn new(out: W, epoch: u64) -> Self {
        Self { zip: Box::new(zip::ZipWriter::new(out)), epoch }
    }

    pub fn add(&mut self, entry: &Entry, bytes: &[u8]) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .compression_level(Some(9))
            .unix_permissions(entry.mode)
            .last_modified_time(dos_time(self.epoch));
        // Compressed first and written whole: nothing is sought back to, and no data descriptor needed.
        let mut file = ZipFileBuilder::new(entry.path.as_str(), options)?;
        file.write_all(bytes)?;
        Ok(self.zip.add_prepared_file(file.finish()?)?)
    }

    pub fn finish(self) -> io::Result<W> {
        Ok(self.zip.finish()?)
    }
}

/// Seconds since 1970 as zip has them: from 1980 to 2107, two seconds exact, no time zone (UTC here).
fn dos_time(epoch: u64) -> zip::DateTime {
    let date = Date::of_epoch(epoch);
    zip::DateTime::from_date_and_time(date.year, date.month, date.day, date.hour, date.minute, date.second)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_that_zip_cannot_hold_become_its_first() {
        assert_eq!(dos_time(0), zip::DateTime::default());
    }
}
