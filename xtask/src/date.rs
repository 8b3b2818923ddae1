//! Seconds since 1970 as people and formats write them. In UTC: a release knows no time zone.

/// The months, as HTTP writes them.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// The year, to 65535.
    pub year: u16,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
    /// From 0.
    pub hour: u8,
    /// From 0.
    pub minute: u8,
    /// From 0; there are no leap seconds.
    pub second: u8,
}

impl Date {
    /// Howard Hinnant's `civil_from_days`, for moments from 1970 on.
    #[allow(clippy::cast_possible_truncation, reason = "each part is small by construction; years end with u16")]
    pub fn of_epoch(epoch: u64) -> Self {
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

    /// The seconds since 1970 of a date of HTTP: `Thu, 10 Sep 2026 00:26:40 GMT` (RFC 9110, 5.6.7). The day of the week
    /// is not looked at; text may stand behind it.
    pub fn epoch_of_http(text: &str) -> Option<u64> {
        let mut words = text.split_whitespace().skip(1);
        let day: u64 = words.next()?.parse().ok()?;
        let name = words.next()?;
        let month = MONTHS.iter().zip(1..).find(|(month, _)| **month == name)?.1;
        let year: u64 = words.next()?.parse().ok()?;
        let mut time = words.next()?.splitn(3, ':').map(|part| part.parse::<u64>().ok());
        epoch([year, month, day], [time.next()??, time.next()??, time.next()??])
    }

    /// The seconds since 1970 of a date as RFC 3339 has it, in any time zone; parts of a second are left out.
    pub fn epoch_of_rfc3339(text: &str) -> Option<u64> {
        let (date, rest) = text.split_once('T')?;
        let (time, zone) = rest.split_at(rest.find(['Z', '+', '-'])?);
        let numbers = |text: &str, separator: char| -> Option<Vec<u64>> {
            text.split(separator).map(|part| part.parse().ok()).collect()
        };
        let date = numbers(date, '-')?.try_into().ok()?;
        let time = numbers(time.split('.').next()?, ':')?.try_into().ok()?;
        let epoch = epoch(date, time)?;
        if zone == "Z" {
            return Some(epoch);
        }
        let [hours, minutes] = numbers(zone.get(1..)?, ':')?.try_into().ok()?;
        let ahead = hours.min(24) * 3600 + minutes.min(59) * 60;
        if zone.starts_with('+') { epoch.checked_sub(ahead) } else { Some(epoch + ahead) }
    }

    /// As RFC 3339 has it: `2026-09-10T00:26:40Z`. Years behind 9999 are that one, for it has none.
    pub fn rfc3339(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", year.min(9999))
    }
}

/// The seconds since 1970 of a date (year, month, day) and a time of day (hour, minute, second); a leap second is allowed.
fn epoch([year, month, day]: [u64; 3], [hour, minute, second]: [u64; 3]) -> Option<u64> {
    let is_date = (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Howard Hinnant's `days_from_civil`: years begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_known_moments() {
        let date = |epoch| Date::of_epoch(epoch).rfc3339();
        assert_eq!(date(0), "1970-01-01T00:00:00Z");
        assert_eq!(date(crate::project::FIXED_EPOCH), "1980-01-01T00:00:00Z");
        assert_eq!(date(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(date(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(date(1_789_000_000), "2026-09-10T00:26:40Z");
        assert_eq!(&date(u64::MAX)[..4], "9999");
    }

    #[test]
    fn dates_of_http_are_read() {
        let epoch = Date::epoch_of_http;
        assert_eq!(epoch("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(epoch("Tue, 29 Feb 2000 00:00:00 GMT"), Some(951_782_400));
        assert_eq!(epoch("Thu, 10 Sep 2026 00:26:40 GMT or email somebody"), Some(1_789_000_000));
        for wrong in
            ["", "a while", "Thu, 10 Sup 2026 00:26:40 GMT", "Thu, 10 Sep 2026 00:26 GMT", "Thu, 0 Sep 1 0:0:0"]
        {
            assert_eq!(epoch(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn dates_of_rfc_3339_are_read() {
        let epoch = Date::epoch_of_rfc3339;
        assert_eq!(epoch("2026-09-10T00:26:40Z"), Some(1_789_000_000));
        assert_eq!(epoch("2026-09-10T00:26:40.539Z"), Some(1_789_000_000));
        assert_eq!(epoch("2026-09-10T02:26:40.000+02:00"), Some(1_789_000_000));
        assert_eq!(epoch("2026-09-09T18:56:40-05:30"), Some(1_789_000_000));
        for wrong in ["", "2026-09-10", "2026-09-10T00:26:40", "2026-13-10T00:26:40Z", "2026-09-10T00:26Z", "aTbZ"] {
            assert_eq!(epoch(wrong), None, "{wrong}");
        }
    }
}
