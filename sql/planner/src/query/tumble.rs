//! `tumble(time, size [, offset])`: the start of the tumbling window a timestamp falls in.
//!
//! In a continuous `GROUP BY` the planner turns it into a windowed aggregate; anywhere else, and in batch queries, it is an ordinary function, so the
//! same query text gives the same groups both ways.

use crate::interval::milliseconds;
use crate::types::TIMESTAMP;
use arrow::array::{Array, ArrayRef, AsArray, TimestampMillisecondArray};
use arrow::datatypes::{DataType, IntervalUnit, TimestampMillisecondType};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use std::sync::Arc;

const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Tumble {
    signature: Signature,
}

impl Tumble {
    pub(super) const NAME: &'static str = "tumble";
}

impl Default for Tumble {
    fn default() -> Self {
        Tumble { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Tumble {
    fn name(&self) -> &str {
        Tumble::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn display_name(&self, arguments: &[Expr]) -> Result<String> {
        Ok(written(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>(), arguments))
    }

    fn schema_name(&self, arguments: &[Expr]) -> Result<String> {
        Ok(written(&arguments.iter().map(|argument| argument.schema_name().to_string()).collect::<Vec<_>>(), arguments))
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(TIMESTAMP)
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        match arguments {
            [DataType::Timestamp(_, _) | DataType::Date32, rest @ ..] if (1..=2).contains(&rest.len()) => {
                if rest.iter().any(|argument| !matches!(argument, DataType::Interval(_))) {
                    return plan_err!("tumble takes intervals after the timestamp, as in tumble(time, INTERVAL '1' MINUTE)");
                }
                let mut types = vec![TIMESTAMP];
                types.extend(rest.iter().map(|_| INTERVAL));
                Ok(types)
            }
            [DataType::Timestamp(_, _) | DataType::Date32] => {
                plan_err!("tumble needs the window's size after the timestamp, as in tumble(time, INTERVAL '1' MINUTE)")
            }
            [first, ..] if !matches!(first, DataType::Timestamp(_, _)) => plan_err!("tumble takes a timestamp first, not {first}"),
            _ => {
                plan_err!("tumble takes a timestamp, the window's size and optionally its offset, as in tumble(time, INTERVAL '1' MINUTE)")
            }
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let lengths = arguments.args[1..].iter().map(interval);
        let (size, offset) = match lengths.collect::<Result<Vec<i64>>>()?.as_slice() {
            [size] => (*size, 0),
            [size, offset, ..] => (*size, *offset),
            [] => return exec_err!("tumble takes the window's size"),
        };
        if size <= 0 {
            return exec_err!("the window's size must be above zero");
        }
        let start = |time: i64| window_start(time, size, offset.rem_euclid(size));
        match &arguments.args[0] {
            ColumnarValue::Scalar(ScalarValue::TimestampMillisecond(time, zone)) => {
                Ok(ColumnarValue::Scalar(ScalarValue::TimestampMillisecond(time.map(start), zone.clone())))
            }
            ColumnarValue::Scalar(other) => exec_err!("tumble takes a timestamp, not {other}"),
            ColumnarValue::Array(times) => {
                let times = times.as_primitive_opt::<TimestampMillisecondType>();
                let Some(times) = times else { return exec_err!("tumble takes timestamps in milliseconds") };
                let starts: TimestampMillisecondArray = times.unary(start);
                Ok(ColumnarValue::Array(Arc::new(starts) as ArrayRef))
            }
        }
    }
}

/// The call as shown: intervals in milliseconds. It also names the window's column, so it depends on nothing but the arguments.
fn written(shown: &[String], arguments: &[Expr]) -> String {
    let argument = |(shown, argument): (&String, &Expr)| match argument {
        Expr::Literal(scalar, _) => interval_of(scalar).map_or_else(|| shown.clone(), |length| format!("{length} ms")),
        _ => shown.clone(),
    };
    format!("tumble({})", shown.iter().zip(arguments).map(argument).collect::<Vec<_>>().join(", "))
}

/// The start of the window that holds `time`; saturates at the ends of time.
fn window_start(time: i64, size: i64, offset: i64) -> i64 {
    let inside = time.wrapping_sub(offset).rem_euclid(size);
    time.saturating_sub(inside)
}

fn interval(value: &ColumnarValue) -> Result<i64> {
    let scalar = match value {
        ColumnarValue::Scalar(scalar) => scalar.clone(),
        ColumnarValue::Array(array) if !array.is_empty() => ScalarValue::try_from_array(array, 0)?,
        ColumnarValue::Array(_) => return Ok(1),
    };
    match interval_of(&scalar) {
        Some(length) => Ok(length),
        None => exec_err!("a window's size and offset need a fixed length in milliseconds, not months or years"),
    }
}

fn interval_of(scalar: &ScalarValue) -> Option<i64> {
    match scalar {
        ScalarValue::IntervalMonthDayNano(Some(parts)) => milliseconds(parts.months, parts.days, parts.nanoseconds),
        ScalarValue::IntervalDayTime(Some(parts)) => milliseconds(0, parts.days, i64::from(parts.milliseconds).checked_mul(1_000_000)?),
        _ => None,
    }
}

/// The arguments of a `tumble(…)` in a plan: time, size and offset in milliseconds. `None` for any other expression; the inner `Err` names what is
/// wrong with the call.
pub(super) fn as_call(expression: &Expr) -> Option<Result<(Expr, i64, i64), &'static str>> {
    match expression {
        Expr::Alias(alias) => as_call(&alias.expr),
        Expr::ScalarFunction(call) if call.func.name() == Tumble::NAME => Some(arguments(&call.args)),
        _ => None,
    }
}

fn arguments(arguments: &[Expr]) -> Result<(Expr, i64, i64), &'static str> {
    let length = |index: usize| match arguments.get(index) {
        Some(Expr::Literal(scalar, _)) => interval_of(scalar),
        _ => None,
    };
    let size =
        length(1).filter(|size| *size > 0).ok_or("the size of a window is an INTERVAL of days or less units, above zero, written out")?;
    let offset =
        if arguments.len() > 2 { length(2).ok_or("the offset of a window is an INTERVAL of days or less units, written out")? } else { 0 };
    let time = arguments.first().cloned().ok_or("tumble takes a timestamp first")?;
    Ok((time, size, offset.rem_euclid(size)))
}

#[cfg(test)]
mod tests {
    use super::window_start;

    #[test]
    fn windows_cover_time_without_gaps() {
        for (time, size, offset, expected) in
            [(0, 10, 0, 0), (9, 10, 0, 0), (10, 10, 0, 10), (-1, 10, 0, -10), (3, 10, 4, -6), (4, 10, 4, 4), (i64::MIN, 10, 0, i64::MIN)]
        {
            assert_eq!(window_start(time, size, offset), expected, "time {time} size {size} offset {offset}");
        }
    }
}
