//! Zip files, whose time stamps are dates.

use std::io::{self, Seek, Write};

use zip::write::{SimpleFileOptions, ZipFileBuilder};

use super::Entry;

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

/// A moment in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Date {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

impl Date {
    /// Howard Hinnant's `civil_from_days`, for moments from 1970 on.
    #[allow(clippy::cast_possible_truncation, reason = "each part is small by construction; years end with u16")]
    fn of_epoch(epoch: u64) -> Self {
        let (days, seconds) = (epoch / 86_400 + 719_468, epoch % 86_400);
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        Self {
            year: year.min(u64::from(u16::MAX)) as u16,
            month: month as u8,
            day: (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8,
            hour: (seconds / 3600) as u8,
            minute: (seconds / 60 % 60) as u8,
            second: (seconds % 60) as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_known_moments() {
        let date = |epoch| {
            let d = Date::of_epoch(epoch);
            (d.year, d.month, d.day, d.hour, d.minute, d.second)
        };
        assert_eq!(date(0), (1970, 1, 1, 0, 0, 0));
        assert_eq!(date(crate::project::FIXED_EPOCH), (1980, 1, 1, 0, 0, 0));
        assert_eq!(date(951_782_399), (2000, 2, 28, 23, 59, 59));
        assert_eq!(date(951_782_400), (2000, 2, 29, 0, 0, 0));
        assert_eq!(date(1_789_000_000), (2026, 9, 10, 0, 26, 40));
    }

    #[test]
    fn moments_that_zip_cannot_hold_become_its_first() {
        assert_eq!(dos_time(0), zip::DateTime::default());
    }
}
