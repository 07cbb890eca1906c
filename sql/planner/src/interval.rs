//! Interval literals of a fixed length: `INTERVAL '1' MINUTE`, `INTERVAL '1 minute 30 seconds'`.

use datafusion::arrow::compute::kernels::cast_utils::{IntervalParseConfig, IntervalUnit, parse_interval_month_day_nano_config};
use datafusion::sql::sqlparser::ast::{Expr, Value};

/// The length of an interval in milliseconds; `None` for anything but a literal, and for months and years, which have no fixed length.
pub(crate) fn interval_ms(expression: &Expr) -> Option<i64> {
    let Expr::Interval(interval) = expression else { return None };
    let Expr::Value(value) = interval.value.as_ref() else { return None };
    let text = match &value.value {
        Value::SingleQuotedString(text) | Value::Number(text, _) => text,
        _ => return None,
    };
    let text = match &interval.leading_field {
        Some(field) => format!("{text} {field}"),
        None => text.clone(),
    };
    let parsed = parse_interval_month_day_nano_config(&text, IntervalParseConfig::new(IntervalUnit::Second)).ok()?;
    milliseconds(parsed.months, parsed.days, parsed.nanoseconds)
}

/// The length of an interval's parts in milliseconds, if it is fixed and whole.
pub(crate) fn milliseconds(months: i32, days: i32, nanoseconds: i64) -> Option<i64> {
    let whole = months == 0 && nanoseconds % 1_000_000 == 0;
    whole.then(|| i64::from(days) * 86_400_000 + nanoseconds / 1_000_000)
}
