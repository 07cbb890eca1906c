//! Durations: `1h30m`, `500ms`, and ISO 8601's `P1DT2H3M`.

use anyhow::{Result, anyhow};
use std::time::Duration;

const UNITS: [(&str, i64); 6] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

/// A duration that is not negative. A number without a unit is milliseconds.
pub(crate) fn span(text: &str) -> Result<Duration> {
    span_ms(text).and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis).ok_or_else(|| {
        anyhow!("{text:?} is no duration: it is numbers with units, like 500ms, 10s, 1h30m or 2d, or ISO 8601's form, like PT1H30M")
    })
}

/// The same in milliseconds; `None` for what is no duration or overflows.
pub(crate) fn span_ms(text: &str) -> Option<i64> {
    match text.strip_prefix('P') {
        Some(iso) => iso_ms(iso),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        None => parts(text, &UNITS),
    }
}

/// The part behind the `P`.
fn iso_ms(text: &str) -> Option<i64> {
    const DATE: [(&str, i64); 2] = [("D", 86_400_000), ("W", 604_800_000)];
    const TIME: [(&str, i64); 3] = [("H", 3_600_000), ("M", 60_000), ("S", 1000)];
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let date = if date.is_empty() && time.is_some() { 0 } else { parts(date, &DATE)? };
    date.checked_add(time.map_or(Some(0), |time| parts(time, &TIME))?)
}

/// At least one number with its unit, and nothing else.
fn parts(text: &str, units: &[(&str, i64)]) -> Option<i64> {
    let (mut rest, mut sum_ms) = (text, 0_i64);
    while !rest.is_empty() {
        let number_end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, behind) = rest.split_at(number_end);
        let unit_end = behind.find(|character: char| !character.is_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_end);
        let (_, unit_ms) = units.iter().find(|(name, _)| *name == unit)?;
        sum_ms = sum_ms.checked_add(product(number, *unit_ms)?)?;
        rest = behind;
    }
    (!text.is_empty()).then_some(sum_ms)
}

/// `1.5` of a unit; digits below a millisecond are cut.
fn product(number: &str, unit_ms: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut product = if whole.is_empty() && !fraction.is_empty() { 0 } else { whole.parse::<i64>().ok()?.checked_mul(unit_ms)? };
    if !fraction.is_empty() {
        let digits: i64 = fraction.get(..fraction.len().min(9))?.parse().ok()?;
        product += (i128::from(digits) * i128::from(unit_ms) / 10_i128.pow(fraction.len().min(9) as u32)) as i64;
    }
    Some(product)
}

/// A duration as short as it is exact enough to read: `1.24 ms`.
pub(crate) fn short_span(duration: Duration) -> String {
    let microseconds = duration.as_secs_f64() * 1e6;
    match microseconds {
        small if small < 1e3 => format!("{small:.0} µs"),
        middle if middle < 1e6 => format!("{:.2} ms", middle / 1e3),
        large => format!("{:.2} s", large / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        let cases = [
            ("0", Some(0)),
            ("1500", Some(1500)),
            ("3ms", Some(3)),
            ("10s", Some(10_000)),
            ("1.5s", Some(1500)),
            (".5s", Some(500)),
            ("1h30m", Some(5_400_000)),
            ("1m3ms", Some(60_003)),
            ("2d", Some(172_800_000)),
            ("PT1H30M", Some(5_400_000)),
            ("P1DT2S", Some(86_402_000)),
            ("P2W", Some(1_209_600_000)),
            ("PT0.25S", Some(250)),
            ("", None),
            ("P", None),
            ("PT", None),
            ("s", None),
            ("10x", None),
            ("1h 2m", None),
            ("-1h", None),
            ("1..5s", None),
            ("99999999999999w", None),
        ];
        for (text, expected) in cases {
            assert_eq!(span_ms(text), expected, "{text}");
        }
    }

    #[test]
    fn short_spans_have_the_unit_that_fits() {
        for (nanoseconds, text) in [(800, "1 µs"), (999_000, "999 µs"), (1_240_000, "1.24 ms"), (2_500_000_000, "2.50 s")] {
            assert_eq!(short_span(Duration::from_nanos(nanoseconds)), text);
        }
    }
}
