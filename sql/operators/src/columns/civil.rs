//! Dates and times of the proleptic Gregorian calendar in UTC, to and from RFC 3339 text.
//!
//! Written: `2015-05-17T10:05:00Z`, with a fraction of 3, 6 or 9 digits only where it is not zero. Read: the same, and also a space for the `T`,
//! any offset, no offset (taken as UTC), no seconds or no time of day at all.
//! Source: RFC 3339; the day count follows from 400-year eras of 146,097 days.

use arrow::datatypes::TimeUnit;

/// A moment: seconds since 1970-01-01T00:00:00Z and nanoseconds within the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
}

/// How many of the unit make a second.
pub(crate) fn units_per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

impl Moment {
    pub(crate) fn from_units(value: i64, unit: TimeUnit) -> Moment {
        let scale = units_per_second(unit);
        let nanos = value.rem_euclid(scale) * (1_000_000_000 / scale);
        Moment { seconds: value.div_euclid(scale), nanos: nanos as u32 }
    }

    /// Rounded down to the unit; `None` where the unit cannot hold it.
    pub(crate) fn to_units(self, unit: TimeUnit) -> Option<i64> {
        let scale = units_per_second(unit);
        self.seconds.checked_mul(scale)?.checked_add(i64::from(self.nanos) / (1_000_000_000 / scale))
    }
}

/// Days since 1970-01-01 of a date; `None` if there is no such date.
pub(crate) fn days_of(year: i64, month: u32, day: u32) -> Option<i64> {
    if !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = i64::from((month + 9) % 12);
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

fn days_in(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The date of a number of days since 1970-01-01.
pub(crate) fn date_of(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn push_padded(out: &mut Vec<u8>, value: u32, width: usize) {
    let mut digits = [b'0'; 9];
    let mut rest = value;
    for digit in digits[..width].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[..width]);
}

/// Writes `2015-05-17`; years outside 0 to 9999 get their sign and all digits.
pub(crate) fn write_date(out: &mut Vec<u8>, days: i64) {
    let (year, month, day) = date_of(days);
    match u32::try_from(year) {
        Ok(year) if year <= 9999 => push_padded(out, year, 4),
        _ => out.extend_from_slice(format!("{year:+05}").as_bytes()),
    }
    out.push(b'-');
    push_padded(out, month, 2);
    out.push(b'-');
    push_padded(out, day, 2);
}

/// Writes `10:05:00`, with the shortest of 3, 6 or 9 fractional digits that lose nothing.
pub(crate) fn write_time(out: &mut Vec<u8>, second_of_day: u32, nanos: u32) {
    push_padded(out, second_of_day / 3600, 2);
    out.push(b':');
    push_padded(out, second_of_day / 60 % 60, 2);
    out.push(b':');
    push_padded(out, second_of_day % 60, 2);
    let (fraction, width) = match nanos {
        0 => return,
        _ if nanos.is_multiple_of(1_000_000) => (nanos / 1_000_000, 3),
        _ if nanos.is_multiple_of(1_000) => (nanos / 1_000, 6),
        _ => (nanos, 9),
    };
    out.push(b'.');
    push_padded(out, fraction, width);
}

/// Writes a moment as RFC 3339 in UTC.
pub(crate) fn write_moment(out: &mut Vec<u8>, moment: Moment) {
    write_date(out, moment.seconds.div_euclid(86_400));
    out.push(b'T');
    write_time(out, moment.seconds.rem_euclid(86_400) as u32, moment.nanos);
    out.push(b'Z');
}

/// Reads fixed-width fields of a text from its start.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, expected: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (*first == expected).then_some(())
    }

    fn number(&mut self, width: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(width)?;
        self.0 = rest;
        digits.iter().try_fold(0u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
    }

    fn date(&mut self) -> Option<i64> {
        let sign = match self.0.first()? {
            b'+' => Some(1),
            b'-' => Some(-1),
            _ => None,
        };
        let year = match sign {
            None => i64::from(self.number(4)?),
            Some(sign) => {
                self.0 = &self.0[1..];
                let width = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if !(4..=6).contains(&width) {
                    return None;
                }
                sign * i64::from(self.number(width)?)
            }
        };
        self.take(b'-')?;
        let month = self.number(2)?;
        self.take(b'-')?;
        days_of(year, month, self.number(2)?)
    }

    fn time(&mut self) -> Option<(u32, u32)> {
        let hour = self.number(2)?;
        self.take(b':')?;
        let minute = self.number(2)?;
        let mut second = 0;
        let mut nanos = 0;
        if self.0.first() == Some(&b':') {
            self.take(b':')?;
            second = self.number(2)?;
            if self.0.first() == Some(&b'.') {
                self.take(b'.')?;
                nanos = self.fraction()?;
            }
        }
        (hour < 24 && minute < 60 && second < 60).then_some((hour * 3600 + minute * 60 + second, nanos))
    }

    fn fraction(&mut self) -> Option<u32> {
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        let mut nanos = 0;
        for place in 0..9 {
            nanos = nanos * 10 + digits.get(place).map_or(0, |digit| u32::from(digit - b'0'));
        }
        (count > 0).then_some(nanos)
    }

    fn offset_seconds(&mut self) -> Option<i64> {
        let Some((first, rest)) = self.0.split_first() else { return Some(0) };
        self.0 = rest;
        let sign = match first {
            b'Z' | b'z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.number(2)?;
        if self.0.first() == Some(&b':') {
            self.take(b':')?;
        }
        let minutes = if self.0.is_empty() { 0 } else { self.number(2)? };
        (hours < 24 && minutes < 60).then_some(sign * i64::from(hours * 3600 + minutes * 60))
    }
}

/// Reads a moment; `None` if the text is none.
pub(crate) fn parse_moment(text: &str) -> Option<Moment> {
    let mut reader = Reader(text.trim_ascii().as_bytes());
    let days = reader.date()?;
    let (mut second, mut nanos, mut offset) = (0, 0, 0);
    if let Some((separator, rest)) = reader.0.split_first() {
        reader.0 = matches!(separator, b'T' | b't' | b' ').then_some(rest)?;
        (second, nanos) = reader.time()?;
        if reader.0.first() == Some(&b' ') {
            reader.0 = &reader.0[1..];
        }
        offset = reader.offset_seconds()?;
    }
    reader.0.is_empty().then_some(Moment { seconds: days * 86_400 + i64::from(second) - offset, nanos })
}

/// Reads `2015-05-17` to days since 1970-01-01.
pub(crate) fn parse_date(text: &str) -> Option<i64> {
    let mut reader = Reader(text.trim_ascii().as_bytes());
    let days = reader.date()?;
    reader.0.is_empty().then_some(days)
}

/// Reads `10:05:00.25` to nanoseconds of the day.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let mut reader = Reader(text.trim_ascii().as_bytes());
    let (second, nanos) = reader.time()?;
    reader.0.is_empty().then_some(i64::from(second) * 1_000_000_000 + i64::from(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> Option<String> {
        let mut out = Vec::new();
        write_moment(&mut out, parse_moment(text)?);
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn moments_are_read_leniently_and_written_one_way() {
        for (text, expected) in [
            ("2015-05-17T10:05:00Z", Some("2015-05-17T10:05:00Z")),
            ("2015-05-17 10:05:00", Some("2015-05-17T10:05:00Z")),
            ("2015-05-17", Some("2015-05-17T00:00:00Z")),
            ("2015-05-17T10:05:00.5+02:00", Some("2015-05-17T08:05:00.500Z")),
            ("2015-05-17T10:05:00.123456Z", Some("2015-05-17T10:05:00.123456Z")),
            ("1969-12-31T23:59:59.999999999Z", Some("1969-12-31T23:59:59.999999999Z")),
            ("2000-02-29 00:00:00 -0130", Some("2000-02-29T01:30:00Z")),
            ("1900-02-29", None),
            ("2015-13-01", None),
            ("2015-05-17T24:00:00Z", None),
            ("2015-05-17T10:05:00X", None),
            ("17/May/2015:10:05:00 +0000", None),
            ("", None),
        ] {
            assert_eq!(written(text).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_reads_back(seconds in -100_000_000_000i64..300_000_000_000, nanos in 0u32..1_000_000_000) {
            let moment = Moment { seconds, nanos };
            let mut out = Vec::new();
            write_moment(&mut out, moment);
            prop_assert_eq!(parse_moment(std::str::from_utf8(&out).unwrap()), Some(moment));
        }

        #[test]
        fn dates_agree_with_chrono(days in -1_000_000i64..3_000_000) {
            let date = chrono::DateTime::from_timestamp(days * 86_400, 0).unwrap().date_naive();
            use chrono::Datelike;
            prop_assert_eq!(date_of(days), (i64::from(date.year()), date.month(), date.day()));
            prop_assert_eq!(days_of(i64::from(date.year()), date.month(), date.day()), Some(days));
        }
    }
}
