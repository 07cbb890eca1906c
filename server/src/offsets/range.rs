//! Where reading begins and where it ends: kcat's words and rpk's ranges in one language.

use super::bound::Bound;
use super::moment::moment;
use super::span::span_ms;
use anyhow::{Result, bail};
use headwater::log::Timestamp;

/// What the language has, for help and errors.
const LANGUAGE: &str = "beginning (start, earliest), end (latest), stored, an offset N, +N (after the start), -N (before the end), N:M, N:, :M, :end, @TIME, \
                        @FROM:TO, @:TO, s@TIME or e@TIME";

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// Where the group has committed.
    Stored,
    /// There.
    Place(Bound),
}

/// Where reading begins and ends, as far as it is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OffsetRange {
    pub(crate) from: Option<From>,
    pub(crate) until: Option<Bound>,
}

impl OffsetRange {
    /// Reads a text at `now_ms`.
    pub(crate) fn parse(text: &str, now_ms: i64) -> Result<OffsetRange> {
        if let Some((side, time)) = text.split_once('@')
            && matches!(side, "s" | "e")
        {
            let time = Bound::Time(known_moment(time, now_ms)?);
            return Ok(if side == "s" { OffsetRange::from(time) } else { OffsetRange { from: None, until: Some(time) } });
        }
        if let Some(times) = text.strip_prefix('@') {
            return time_range(times, now_ms);
        }
        if text == "stored" {
            return Ok(OffsetRange { from: Some(From::Stored), until: None });
        }
        let found = match text.split_once(':') {
            None => place(text).map(OffsetRange::from),
            Some(("", "")) => None,
            Some((left, right)) => match (side(left), side(right)) {
                (Some(left), Some(until)) => Some(OffsetRange { from: left.map(From::Place), until }),
                _ => None,
            },
        };
        let Some(found) = found else { bail!("--offset takes {LANGUAGE}; not {text:?}") };
        found.checked(text)
    }

    fn from(place: Bound) -> OffsetRange {
        OffsetRange { from: Some(From::Place(place)), until: None }
    }

    /// Both, which must not contradict each other: kcat's `-o s@… -o e@…`.
    pub(crate) fn and(self, other: OffsetRange) -> Result<OffsetRange> {
        if self.from.is_some() && other.from.is_some() || self.until.is_some() && other.until.is_some() {
            bail!("--offset says twice where to {}", if self.from.is_some() && other.from.is_some() { "begin" } else { "end" });
        }
        Ok(OffsetRange { from: self.from.or(other.from), until: self.until.or(other.until) })
    }

    fn checked(self, text: &str) -> Result<OffsetRange> {
        let ends_first = match (self.from, self.until) {
            (Some(From::Place(Bound::At(from))), Some(Bound::At(until))) => until < from,
            (Some(From::Place(Bound::Time(from))), Some(Bound::Time(until))) => until < from,
            _ => false,
        };
        if ends_first {
            bail!("--offset {text:?} ends before it begins");
        }
        Ok(self)
    }
}

/// One side of a colon; nothing is no place, and no mistake.
fn side(text: &str) -> Option<Option<Bound>> {
    if text.is_empty() { Some(None) } else { place(text).map(Some) }
}

fn place(text: &str) -> Option<Bound> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten();
    match text {
        "beginning" | "start" | "earliest" | "oldest" => return Some(Bound::Start(0)),
        "end" | "latest" | "newest" => return Some(Bound::End(0)),
        _ => {}
    }
    if let Some(after) = text.strip_prefix('+') {
        return digits(after).map(Bound::Start);
    }
    if let Some(before) = text.strip_prefix('-') {
        return digits(before).map(Bound::End);
    }
    digits(text).map(Bound::At)
}

/// What stands behind the `@`. Times have colons too, so each one is tried as the middle.
fn time_range(text: &str, now_ms: i64) -> Result<OffsetRange> {
    if let Some(from) = moment(text, now_ms) {
        return Ok(OffsetRange::from(Bound::Time(from)));
    }
    for (middle, _) in text.match_indices(':') {
        let (left, right) = (&text[..middle], &text[middle + 1..]);
        let from = if left.is_empty() { Some(None) } else { moment(left, now_ms).map(Some) };
        let Some(from) = from else { continue };
        if let Some(until) = time_end(right, from, now_ms)
            && (from.is_some() || until.is_some())
        {
            let range = OffsetRange { from: from.map(|from| From::Place(Bound::Time(from))), until };
            return range.checked(&format!("@{text}"));
        }
    }
    bail!(
        "--offset @TIME or @FROM:TO takes milliseconds or seconds since 1970, a date like 2026-11-21 or 2026-11-21T10:00:00Z, a duration like -1h for an \
         hour ago, and as TO also 1h (that long after FROM) or end; not {text:?}"
    )
}

fn time_end(text: &str, from: Option<Timestamp>, now_ms: i64) -> Option<Option<Bound>> {
    if text.is_empty() {
        return Some(None);
    }
    if text == "end" {
        return Some(Some(Bound::End(0)));
    }
    if let Some(time) = moment(text, now_ms) {
        return Some(Some(Bound::Time(time)));
    }
    let after = span_ms(text)?;
    from.and_then(|from| from.0.checked_add(after)).map(|time| Some(Bound::Time(Timestamp(time))))
}

fn known_moment(text: &str, now_ms: i64) -> Result<Timestamp> {
    match moment(text, now_ms) {
        Some(time) => Ok(time),
        None => bail!(
            "--offset s@TIME and e@TIME take milliseconds or seconds since 1970, a date like 2026-11-21T10:00:00Z, or a duration like -1h; not {text:?}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn range(from: Option<Bound>, until: Option<Bound>) -> OffsetRange {
        OffsetRange { from: from.map(From::Place), until }
    }

    #[test]
    fn places_and_ranges_are_those_of_kcat_and_rpk() {
        let time = |ms| Some(Bound::Time(Timestamp(ms)));
        let day = 1_644_796_800_000;
        let cases = [
            ("beginning", range(Some(Bound::Start(0)), None)),
            ("start", range(Some(Bound::Start(0)), None)),
            ("end", range(Some(Bound::End(0)), None)),
            ("latest", range(Some(Bound::End(0)), None)),
            ("stored", OffsetRange { from: Some(From::Stored), until: None }),
            ("5", range(Some(Bound::At(5)), None)),
            ("+5", range(Some(Bound::Start(5)), None)),
            ("-5", range(Some(Bound::End(5)), None)),
            (":end", range(None, Some(Bound::End(0)))),
            (":7", range(None, Some(Bound::At(7)))),
            ("3:", range(Some(Bound::At(3)), None)),
            ("3:7", range(Some(Bound::At(3)), Some(Bound::At(7)))),
            ("3:end", range(Some(Bound::At(3)), Some(Bound::End(0)))),
            ("-3:end", range(Some(Bound::End(3)), Some(Bound::End(0)))),
            ("+1:-1", range(Some(Bound::Start(1)), Some(Bound::End(1)))),
            ("@0", range(time(0), None)),
            ("@2022-02-14", range(time(day), None)),
            ("@2022-02-14:", range(time(day), None)),
            ("@2022-02-14:1h", range(time(day), time(day + 3_600_000))),
            ("@2022-02-14T00:00:00Z:2022-02-14T00:00:01Z", range(time(day), time(day + 1000))),
            ("@-48h:-24h", range(time(NOW - 172_800_000), time(NOW - 86_400_000))),
            ("@-1m:end", range(time(NOW - 60_000), Some(Bound::End(0)))),
            ("@:-1h", range(None, time(NOW - 3_600_000))),
            ("s@1790000000000", range(time(NOW), None)),
            ("e@1790000000000", range(None, time(NOW))),
        ];
        for (text, expected) in cases {
            assert_eq!(OffsetRange::parse(text, NOW).map_err(|error| error.to_string()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused_with_what_would_be_one() {
        for text in
            ["", ":", "begin", "--5", "5:3", "1:2:3", "+", "-", "@", "@:", "@noon", "@:1h", "@2022-02-15:2022-02-14", "s@", "e@noon", "5.5"]
        {
            let error = OffsetRange::parse(text, NOW).expect_err(text).to_string();
            assert!(error.contains("--offset"), "{error}");
        }
    }

    #[test]
    fn a_beginning_and_an_end_go_together_and_two_of_a_kind_do_not() {
        let parse = |text| OffsetRange::parse(text, NOW).expect(text);
        let both = parse("s@0").and(parse("e@1790000000000")).expect("one of each");
        assert_eq!(both, range(Some(Bound::Time(Timestamp(0))), Some(Bound::Time(Timestamp(NOW)))));
        assert!(both.and(parse("5")).expect_err("two beginnings").to_string().contains("begin"));
        assert!(both.and(parse(":5")).expect_err("two ends").to_string().contains("end"));
    }
}
