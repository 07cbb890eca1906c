//! Moments: milliseconds or seconds since 1970, a day, a time of a day, or so long ago.

use super::span::span_ms;
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use headwater::log::Timestamp;

/// The moment that a text names at `now_ms`; `None` if it names none.
///
/// Nine or ten digits are seconds since 1970 (1973 to 2286), any other count of digits is milliseconds; `2026-11-21` and `2026-11-21T10:00[:00[.123]]` are in
/// UTC unless a zone follows; `-1h30m` is that long before now.
pub(crate) fn moment(text: &str, now_ms: i64) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return Some(Timestamp(if matches!(text.len(), 9 | 10) { number * 1000 } else { number }));
    }
    if let Some(ago) = text.strip_prefix('-') {
        return now_ms.checked_sub(span_ms(ago)?).map(Timestamp);
    }
    if text == "now" {
        return Some(Timestamp(now_ms));
    }
    date(text).map(Timestamp)
}

fn date(text: &str) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    let utc = |time: NaiveDateTime| time.and_utc().timestamp_millis();
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return day.and_hms_opt(0, 0, 0).map(utc);
    }
    let naive = text.strip_suffix('Z').unwrap_or(text);
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"].iter().find_map(|form| NaiveDateTime::parse_from_str(naive, form).ok()).map(utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_number_a_date_or_so_long_ago() {
        const NOW: i64 = 1_790_000_000_000;
        let cases = [
            ("0", Some(0)),
            ("1790000000123", Some(1_790_000_000_123)),
            ("1790000000", Some(NOW)),
            ("99999999999999", Some(99_999_999_999_999)),
            ("2022-02-14", Some(1_644_796_800_000)),
            ("2022-02-14T01:02:03Z", Some(1_644_800_523_000)),
            ("2022-02-14T01:02:03.045Z", Some(1_644_800_523_045)),
            ("2022-02-14T01:02:03+01:00", Some(1_644_796_923_000)),
            ("2022-02-14T01:02:03.5", Some(1_644_800_523_500)),
            ("2022-02-14T01:02", Some(1_644_800_520_000)),
            ("-1h", Some(NOW - 3_600_000)),
            ("now", Some(NOW)),
            ("", None),
            ("-", None),
            ("noon", None),
            ("2022-02-30", None),
            ("99999999999999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(moment(text, NOW), expected.map(Timestamp), "{text}");
        }
    }
}
