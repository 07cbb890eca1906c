//! `sum` and `avg` of floating point numbers. State: the count of values, the sum of the finite ones in two numbers, the counts of NaN, ∞ and −∞.
//!
//! The sum is kept to about 106 bits (a number and what rounding took from it), so that adding and taking back the same values leaves nothing
//! behind in all but extreme cases; what is not finite is counted, so that it can be taken back at all. Source: Knuth's two-sum.

use super::registry::{Accumulator, Input, Prepared};
use crate::aggregate::AggregateFunction;
use crate::codec::{ValueReader, write_f64, write_signed};
use crate::columns::{Cell, Kind};
use crate::{Error, Result};
use streams_state::Store;

#[derive(Clone, Copy, Default)]
struct Sum {
    count: i64,
    high: f64,
    low: f64,
    nans: i64,
    infinities: i64,
    negative_infinities: i64,
}

impl Sum {
    fn add(&mut self, value: f64, weight: i64) {
        self.count += weight;
        if value.is_nan() {
            self.nans += weight;
        } else if value == f64::INFINITY {
            self.infinities += weight;
        } else if value == f64::NEG_INFINITY {
            self.negative_infinities += weight;
        } else {
            let factor = weight as f64;
            let product = value * factor;
            let rest = value.mul_add(factor, -product);
            let sum = self.high + product;
            let shadow = sum - self.high;
            self.low += (self.high - (sum - shadow)) + (product - shadow) + rest;
            self.high = sum;
        }
        if self.count == 0 {
            (self.high, self.low) = (0.0, 0.0);
        }
    }

    fn value(&self) -> f64 {
        match (self.nans > 0, self.infinities > 0, self.negative_infinities > 0) {
            (true, _, _) | (_, true, true) => f64::NAN,
            (_, true, _) => f64::INFINITY,
            (_, _, true) => f64::NEG_INFINITY,
            // A sum beyond the largest number has no exact rest.
            _ if self.high.is_finite() && self.low.is_finite() => self.high + self.low,
            _ => self.high,
        }
    }
}

pub(super) struct Float {
    mean: bool,
    sums: Vec<Sum>,
}

impl Float {
    pub(super) fn new(call: &Prepared<'_>) -> Result<Float> {
        match Kind::of(call.output) {
            Some(Kind::Float) => Ok(Float { mean: call.function == AggregateFunction::Avg, sums: Vec::new() }),
            _ => Err(Error::unsupported_type(call.output, format!("the result of {:?} over DOUBLE", call.name))),
        }
    }
}

impl Accumulator for Float {
    fn clear(&mut self) {
        self.sums.clear();
    }

    fn load(&mut self, state: Option<&mut ValueReader<'_>>) -> Result<()> {
        self.sums.push(match state {
            None => Sum::default(),
            Some(reader) => Sum {
                count: reader.signed()?,
                high: reader.f64()?,
                low: reader.f64()?,
                nans: reader.signed()?,
                infinities: reader.signed()?,
                negative_infinities: reader.signed()?,
            },
        });
        Ok(())
    }

    fn update(&mut self, input: &Input<'_>, _store: &mut dyn Store) -> Result<()> {
        input.each(|row, group, weight| {
            if let Cell::Float(value) = input.cell(row) {
                self.sums[group].add(value, weight);
            }
        });
        Ok(())
    }

    fn save(&self, group: usize, out: &mut Vec<u8>) {
        let sum = &self.sums[group];
        write_signed(out, sum.count);
        write_f64(out, sum.high);
        write_f64(out, sum.low);
        write_signed(out, sum.nans);
        write_signed(out, sum.infinities);
        write_signed(out, sum.negative_infinities);
    }

    fn result(&self, group: usize) -> Result<Cell<'_>> {
        let sum = &self.sums[group];
        Ok(match (sum.count > 0, self.mean) {
            (false, _) => Cell::Null,
            (true, true) => Cell::Float(sum.value() / sum.count as f64),
            (true, false) => Cell::Float(sum.value()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_finite_can_be_taken_back() {
        let mut sum = Sum::default();
        for value in [1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            sum.add(value, 1);
        }
        assert!(sum.value().is_nan());
        sum.add(f64::NAN, -1);
        assert!(sum.value().is_nan());
        sum.add(f64::NEG_INFINITY, -1);
        assert_eq!(sum.value(), f64::INFINITY);
        sum.add(f64::INFINITY, -1);
        assert_eq!(sum.value(), 1.5);
    }

    proptest! {
        #[test]
        fn adding_and_taking_back_leaves_the_rest(kept in proptest::collection::vec(-1e6f64..1e6, 1..10), gone in proptest::collection::vec(-1e12f64..1e12, 0..20)) {
            let mut sum = Sum::default();
            let mut expected = Sum::default();
            kept.iter().for_each(|value| expected.add(*value, 1));
            gone.iter().chain(&kept).for_each(|value| sum.add(*value, 1));
            gone.iter().rev().for_each(|value| sum.add(*value, -1));
            prop_assert!((sum.value() - expected.value()).abs() <= 1e-12 * (1.0 + expected.value().abs()));
        }
    }
}
