//! Text to values of a column's type: shared by CSV fields, regular expression groups, text lines and JSON strings.

use super::cell::int_range;
use super::civil::{Moment, parse_date, parse_moment, parse_time, units_per_second};
use super::decimal::parse_decimal;
use super::{Cell, Kind, decode_base64};
use crate::{Error, Result};
use arrow::datatypes::{DataType, TimeUnit};
use chrono::format::{Item, Parsed, StrftimeItems, parse};
use std::borrow::Cow;

/// Reads values of one column's type from text; prepared once.
#[derive(Clone, Debug)]
pub(crate) struct TextParser {
    data_type: DataType,
    kind: Kind,
    /// How timestamps are written; RFC 3339 without.
    timestamp_items: Option<Vec<Item<'static>>>,
}

impl TextParser {
    /// Errors: a type that has no text, or a timestamp format chrono does not know.
    pub(crate) fn new(data_type: &DataType, timestamp_format: Option<&str>) -> Result<TextParser> {
        let kind = Kind::of(data_type).ok_or_else(|| Error::unsupported_type(data_type, "text"))?;
        let timestamp_items = match (timestamp_format, data_type) {
            (Some(format), DataType::Timestamp(_, _)) => Some(timestamp_items(format)?),
            _ => None,
        };
        Ok(TextParser { data_type: data_type.clone(), kind, timestamp_items })
    }

    /// The type it reads.
    pub(crate) fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The value, or `None` if `text` is no value of the type.
    pub(crate) fn parse<'a>(&self, text: &'a str) -> Option<Cell<'a>> {
        match self.kind {
            Kind::Text => Some(Cell::Text(Cow::Borrowed(text))),
            Kind::Int => self.parse_int(text).map(Cell::Int),
            Kind::Uint => text.trim_ascii().parse().ok().map(Cell::Uint),
            Kind::Float => parse_float(text.trim_ascii(), &self.data_type).map(Cell::Float),
            Kind::Boolean => parse_boolean(text.trim_ascii()).map(Cell::Boolean),
            Kind::Decimal => {
                let DataType::Decimal128(precision, scale) = self.data_type else { return None };
                parse_decimal(text, precision, scale).map(Cell::Decimal)
            }
            Kind::Binary => decode_base64(text).map(|bytes| Cell::Binary(Cow::Owned(bytes))),
            Kind::Null | Kind::Struct | Kind::List => None,
        }
    }

    fn parse_int(&self, text: &str) -> Option<i64> {
        match &self.data_type {
            DataType::Timestamp(unit, _) => self.parse_moment(text)?.to_units(*unit),
            DataType::Date32 => parse_date(text),
            DataType::Date64 => parse_date(text)?.checked_mul(86_400_000),
            DataType::Time32(unit) | DataType::Time64(unit) => Some(parse_time(text)? / (1_000_000_000 / units_per_second(*unit))),
            _ => int_in_range(text.trim_ascii().parse().ok()?, &self.data_type),
        }
    }

    fn parse_moment(&self, text: &str) -> Option<Moment> {
        let Some(items) = &self.timestamp_items else { return parse_moment(text) };
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, items.iter()).ok()?;
        let moment = match parsed.to_datetime() {
            Ok(moment) => moment.to_utc(),
            Err(_) => match parsed.to_naive_datetime_with_offset(0) {
                Ok(moment) => moment.and_utc(),
                Err(_) => parsed.to_naive_date().ok()?.and_hms_opt(0, 0, 0)?.and_utc(),
            },
        };
        Some(Moment { seconds: moment.timestamp(), nanos: moment.timestamp_subsec_nanos().min(999_999_999) })
    }
}

/// The pieces of a chrono format string.
pub(crate) fn timestamp_items(format: &str) -> Result<Vec<Item<'static>>> {
    StrftimeItems::new(format).parse_to_owned().map_err(|_| Error::Format {
        reason: format!("timestamp format {format:?} is no strftime format, for example %d/%b/%Y:%H:%M:%S %z"),
    })
}

/// The number, if a column of the type holds it.
pub(crate) fn int_in_range(value: i64, data_type: &DataType) -> Option<i64> {
    let (least, greatest) = int_range(data_type);
    (least..=greatest).contains(&value).then_some(value)
}

/// A timestamp given as a number: milliseconds since 1970-01-01T00:00:00Z.
pub(crate) fn timestamp_of_ms(ms: i64, unit: TimeUnit) -> Option<i64> {
    Moment::from_units(ms, TimeUnit::Millisecond).to_units(unit)
}

fn parse_float(text: &str, data_type: &DataType) -> Option<f64> {
    match data_type {
        DataType::Float32 => text.parse::<f32>().ok().map(f64::from),
        _ => text.parse().ok(),
    }
}

fn parse_boolean(text: &str) -> Option<bool> {
    const TRUE: [&str; 4] = ["true", "t", "yes", "1"];
    const FALSE: [&str; 4] = ["false", "f", "no", "0"];
    if TRUE.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(true);
    }
    FALSE.iter().any(|word| text.eq_ignore_ascii_case(word)).then_some(false)
}

/// The type as a user writes it in SQL.
pub(crate) fn sql_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "BOOLEAN".into(),
        DataType::Int8 => "TINYINT".into(),
        DataType::Int16 => "SMALLINT".into(),
        DataType::Int32 => "INT".into(),
        DataType::Int64 => "BIGINT".into(),
        DataType::UInt8 => "TINYINT UNSIGNED".into(),
        DataType::UInt16 => "SMALLINT UNSIGNED".into(),
        DataType::UInt32 => "INT UNSIGNED".into(),
        DataType::UInt64 => "BIGINT UNSIGNED".into(),
        DataType::Float32 => "REAL".into(),
        DataType::Float64 => "DOUBLE".into(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision},{scale})"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "BYTEA".into(),
        DataType::Date32 | DataType::Date64 => "DATE".into(),
        DataType::Time32(_) | DataType::Time64(_) => "TIME".into(),
        DataType::Timestamp(_, None) => "TIMESTAMP".into(),
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE".into(),
        DataType::Struct(_) => "STRUCT".into(),
        DataType::List(_) => "ARRAY".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(data_type: DataType, format: Option<&str>, text: &'static str) -> Option<Cell<'static>> {
        TextParser::new(&data_type, format).unwrap().parse(text)
    }

    #[test]
    fn text_is_read_by_the_columns_type() {
        let ms = DataType::Timestamp(TimeUnit::Millisecond, None);
        let apache = Some("%d/%b/%Y:%H:%M:%S %z");
        assert_eq!(parsed(DataType::Int64, None, " 42 "), Some(Cell::Int(42)));
        assert_eq!(parsed(DataType::Int8, None, "128"), None);
        assert_eq!(parsed(DataType::UInt64, None, "18446744073709551615"), Some(Cell::Uint(u64::MAX)));
        assert_eq!(parsed(DataType::Int64, None, "-"), None);
        assert_eq!(parsed(DataType::Boolean, None, "TRUE"), Some(Cell::Boolean(true)));
        assert_eq!(parsed(DataType::Float64, None, "1e3"), Some(Cell::Float(1000.0)));
        assert_eq!(parsed(DataType::Decimal128(5, 2), None, "1.005"), Some(Cell::Decimal(101)));
        assert_eq!(parsed(DataType::Date32, None, "1970-01-02"), Some(Cell::Int(1)));
        assert_eq!(parsed(ms.clone(), None, "1970-01-01T00:00:01.5Z"), Some(Cell::Int(1500)));
        assert_eq!(parsed(ms.clone(), apache, "17/May/2015:10:05:03 +0000"), Some(Cell::Int(1_431_857_103_000)));
        assert_eq!(parsed(ms.clone(), apache, "17/May/2015:10:05:03 +0200"), Some(Cell::Int(1_431_849_903_000)));
        assert_eq!(parsed(ms.clone(), Some("%Y-%m-%d"), "1970-01-02"), Some(Cell::Int(86_400_000)));
        assert_eq!(parsed(ms, apache, "yesterday"), None);
    }

    #[test]
    fn a_bad_timestamp_format_is_refused_when_the_format_is_made() {
        let error = TextParser::new(&DataType::Timestamp(TimeUnit::Second, None), Some("%Q")).unwrap_err();
        assert!(error.to_string().contains("%Q"), "{error}");
    }
}
