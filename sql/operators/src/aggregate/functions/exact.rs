//! `sum` and `avg` of whole numbers and decimals: exact sums of 128 bits. State: the count of values, the sum.
//!
//! A sum that does not fit its result type is an error when it is put out, not when it is passed through: later rows may bring it back.

use super::registry::{Accumulator, Input, Prepared};
use crate::aggregate::AggregateFunction;
use crate::codec::{ValueReader, write_signed, write_wide};
use crate::columns::{Cell, Kind, sql_name};
use crate::{Error, Result};
use arrow::datatypes::DataType;
use streams_state::Store;

pub(super) struct Exact {
    name: String,
    mean: bool,
    /// Digits of the argument after the point.
    scale: i8,
    output: DataType,
    counts: Vec<i64>,
    sums: Vec<i128>,
}

fn scale_of(data_type: &DataType) -> i8 {
    if let DataType::Decimal128(_, scale) = data_type { *scale } else { 0 }
}

impl Exact {
    pub(super) fn new(call: &Prepared<'_>, argument: &DataType) -> Result<Exact> {
        let scale = scale_of(argument);
        let fits = match Kind::of(call.output) {
            Some(Kind::Int) => call.output.is_integer() && scale == 0,
            Some(Kind::Uint) => scale == 0,
            Some(Kind::Decimal) => scale_of(call.output) >= scale,
            Some(Kind::Float) => true,
            _ => false,
        };
        if !fits {
            return Err(Error::unsupported_type(call.output, format!("the result of {:?} over {}", call.name, sql_name(argument))));
        }
        let mean = call.function == AggregateFunction::Avg;
        Ok(Exact { name: call.name.to_string(), mean, scale, output: call.output.clone(), counts: Vec::new(), sums: Vec::new() })
    }

    fn overflow(&self, value: impl ToString) -> Error {
        Error::Overflow { aggregate: self.name.clone(), value: value.to_string(), data_type: sql_name(&self.output) }
    }

    fn float_result(&self, sum: i128, count: i64) -> f64 {
        let sum = sum as f64 / 10f64.powi(i32::from(self.scale));
        if self.mean { sum / count as f64 } else { sum }
    }

    fn decimal_result(&self, sum: i128, count: i64, precision: u8, scale: i8) -> Result<i128> {
        let more = u32::from(scale.abs_diff(self.scale));
        let scaled = 10i128.checked_pow(more).and_then(|factor| sum.checked_mul(factor)).ok_or_else(|| self.overflow(sum))?;
        let value = if self.mean { scaled / i128::from(count) } else { scaled };
        let limit = 10i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX);
        if value.abs() < limit { Ok(value) } else { Err(self.overflow(value)) }
    }
}

impl Accumulator for Exact {
    fn clear(&mut self) {
        self.counts.clear();
        self.sums.clear();
    }

    fn load(&mut self, state: Option<&mut ValueReader<'_>>) -> Result<()> {
        let (count, sum) = match state {
            Some(reader) => (reader.signed()?, reader.wide()?),
            None => (0, 0),
        };
        self.counts.push(count);
        self.sums.push(sum);
        Ok(())
    }

    fn update(&mut self, input: &Input<'_>, _store: &mut dyn Store) -> Result<()> {
        let mut beyond = None;
        input.each(|row, group, weight| {
            let value = match input.cell(row) {
                Cell::Int(value) => i128::from(value),
                Cell::Uint(value) => i128::from(value),
                Cell::Decimal(value) => value,
                _ => 0,
            };
            let sum = value.checked_mul(i128::from(weight)).and_then(|value| self.sums[group].checked_add(value));
            match sum {
                Some(sum) => self.sums[group] = sum,
                None => beyond = Some(value),
            }
            self.counts[group] += weight;
        });
        beyond.map_or(Ok(()), |value| Err(self.overflow(format!("a sum beyond 128 bits (with {value})"))))
    }

    fn save(&self, group: usize, out: &mut Vec<u8>) {
        write_signed(out, self.counts[group]);
        write_wide(out, self.sums[group]);
    }

    fn result(&self, group: usize) -> Result<Cell<'_>> {
        let (count, sum) = (self.counts[group], self.sums[group]);
        if count <= 0 {
            return Ok(Cell::Null);
        }
        Ok(match self.output {
            DataType::Float32 | DataType::Float64 => Cell::Float(self.float_result(sum, count)),
            DataType::Decimal128(precision, scale) => Cell::Decimal(self.decimal_result(sum, count, precision, scale)?),
            DataType::UInt64 => Cell::Uint(u64::try_from(sum).map_err(|_| self.overflow(sum))?),
            _ => {
                let value = if self.mean { sum / i128::from(count) } else { sum };
                let narrow = i64::try_from(value).ok().and_then(|value| crate::columns::int_in_range(value, &self.output));
                Cell::Int(narrow.ok_or_else(|| self.overflow(value))?)
            }
        })
    }
}
