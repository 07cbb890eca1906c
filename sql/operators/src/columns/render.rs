//! Values of a column to text: CSV fields, text lines and the inside of JSON strings.

use super::civil::{Moment, units_per_second, write_date, write_moment, write_time};
use super::decimal::write_decimal;
use super::parse::timestamp_items;
use super::{Cell, encode_base64};
use crate::Result;
use arrow::datatypes::{DataType, TimeUnit};
use chrono::format::Item;
use chrono::{DateTime, Utc};
use std::io::Write;

/// Writes values of one column's type as text; prepared once. What it writes a [`TextParser`](super::TextParser) of the same settings reads.
#[derive(Clone, Debug)]
pub(crate) struct TextRenderer {
    data_type: DataType,
    /// How timestamps are written; RFC 3339 without.
    timestamp_items: Option<Vec<Item<'static>>>,
}

impl TextRenderer {
    /// Errors: a timestamp format chrono does not know.
    pub(crate) fn new(data_type: &DataType, timestamp_format: Option<&str>) -> Result<TextRenderer> {
        let timestamp_items = match (timestamp_format, data_type) {
            (Some(format), DataType::Timestamp(_, _)) => Some(timestamp_items(format)?),
            _ => None,
        };
        Ok(TextRenderer { data_type: data_type.clone(), timestamp_items })
    }

    /// The type it writes.
    pub(crate) fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// Whether timestamps have a form of their own, of which nothing is known.
    pub(crate) fn has_timestamp_format(&self) -> bool {
        self.timestamp_items.is_some()
    }

    /// Appends the text of a value; see [`render_text`].
    #[inline]
    pub(crate) fn render(&self, out: &mut Vec<u8>, cell: &Cell<'_>) {
        match (&self.timestamp_items, cell, &self.data_type) {
            (Some(items), Cell::Int(value), DataType::Timestamp(unit, _)) => write_formatted(out, *value, *unit, items),
            _ => render_text(out, cell, &self.data_type),
        }
    }
}

/// Appends a moment in UTC by the pieces of a format; in RFC 3339 where it lies outside of the years that chrono knows.
fn write_formatted(out: &mut Vec<u8>, value: i64, unit: TimeUnit, items: &[Item<'static>]) {
    let moment = Moment::from_units(value, unit);
    let start = out.len();
    let known = DateTime::<Utc>::from_timestamp(moment.seconds, moment.nanos);
    if known.is_none_or(|time| write!(out, "{}", time.format_with_items(items.iter())).is_err()) {
        out.truncate(start);
        write_moment(out, moment);
    }
}

/// Appends the text of a value of a column of type `data_type`. Nothing for null; structs and lists have no plain text and must not come here.
pub(crate) fn render_text(out: &mut Vec<u8>, cell: &Cell<'_>, data_type: &DataType) {
    match cell {
        Cell::Null | Cell::Struct(_) | Cell::List(_) => {}
        Cell::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Cell::Int(value) => render_int(out, *value, data_type),
        Cell::Uint(value) => write_display(out, value),
        Cell::Float(value) => write_float(out, *value, data_type),
        Cell::Decimal(value) => {
            let scale = if let DataType::Decimal128(_, scale) = data_type { *scale } else { 0 };
            write_decimal(out, *value, scale);
        }
        Cell::Text(text) => out.extend_from_slice(text.as_bytes()),
        Cell::Binary(bytes) => encode_base64(out, bytes),
    }
}

fn render_int(out: &mut Vec<u8>, value: i64, data_type: &DataType) {
    match data_type {
        DataType::Timestamp(unit, _) => write_moment(out, Moment::from_units(value, *unit)),
        DataType::Date32 => write_date(out, value),
        DataType::Date64 => write_date(out, value.div_euclid(86_400_000)),
        DataType::Time32(unit) | DataType::Time64(unit) => {
            let nanos = i128::from(value) * i128::from(1_000_000_000 / units_per_second(*unit));
            write_time(out, (nanos / 1_000_000_000) as u32 % 86_400, (nanos % 1_000_000_000) as u32);
        }
        _ => write_int(out, value),
    }
}

/// Appends a whole number.
pub(crate) fn write_int(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends the shortest text that reads back as the same number; `NaN`, `Infinity` and `-Infinity` for what is no number.
pub(crate) fn write_float(out: &mut Vec<u8>, value: f64, data_type: &DataType) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
    } else if *data_type == DataType::Float32 {
        write_debug(out, value as f32);
    } else {
        write_debug(out, value);
    }
}

fn write_debug(out: &mut Vec<u8>, value: impl std::fmt::Debug) {
    write!(out, "{value:?}").expect("writing to memory does not fail");
}

fn write_display(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    write!(out, "{value}").expect("writing to memory does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::TimeUnit;

    #[test]
    fn timestamps_are_written_in_the_format_given() {
        let millisecond = DataType::Timestamp(TimeUnit::Millisecond, None);
        let far = i64::MAX / 2;
        for (value, format, expected) in [
            (1_431_857_103_000, "%d/%b/%Y:%H:%M:%S %z", "17/May/2015:10:05:03 +0000"),
            (-1, "%Y-%m-%d %H:%M:%S%.3f", "1969-12-31 23:59:59.999"),
            (86_400_000, "%Y-%m-%d", "1970-01-02"),
        ] {
            let mut out = Vec::new();
            TextRenderer::new(&millisecond, Some(format)).unwrap().render(&mut out, &Cell::Int(value));
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
        let (mut formatted, mut plain) = (Vec::new(), Vec::new());
        TextRenderer::new(&millisecond, Some("%Y")).unwrap().render(&mut formatted, &Cell::Int(far));
        render_text(&mut plain, &Cell::Int(far), &millisecond);
        assert_eq!(formatted, plain);
    }

    #[test]
    fn values_render_by_their_type() {
        for (cell, data_type, expected) in [
            (Cell::Int(i64::MIN), DataType::Int64, "-9223372036854775808"),
            (Cell::Int(0), DataType::Timestamp(TimeUnit::Nanosecond, None), "1970-01-01T00:00:00Z"),
            (Cell::Int(-1), DataType::Timestamp(TimeUnit::Millisecond, None), "1969-12-31T23:59:59.999Z"),
            (Cell::Int(36_300), DataType::Time32(TimeUnit::Second), "10:05:00"),
            (Cell::Float(1.0), DataType::Float64, "1.0"),
            (Cell::Float(f64::from(0.1f32)), DataType::Float32, "0.1"),
            (Cell::Float(f64::NEG_INFINITY), DataType::Float64, "-Infinity"),
            (Cell::Decimal(-5), DataType::Decimal128(10, 2), "-0.05"),
            (Cell::Uint(u64::MAX), DataType::UInt64, "18446744073709551615"),
        ] {
            let mut out = Vec::new();
            render_text(&mut out, &cell, &data_type);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
