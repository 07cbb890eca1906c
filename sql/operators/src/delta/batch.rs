//! A batch of changes: visible columns, and for each row a weight and an event time.

use super::Origin;
use crate::{Error, Result};
use arrow::array::{Array, BooleanArray, RecordBatch, UInt32Array};
use arrow::buffer::ScalarBuffer;
use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::SchemaRef;
use std::any::Any;
use streams_runtime::Payload;

/// Weighted rows (a Z-set): weight 1 adds a row, −1 takes it back, 2 adds it twice. No weight is zero.
///
/// Shape: `weights`, `times`, `watermarks` and `origin` have one entry for each row of `rows`.
///
/// ```
/// use arrow::array::{Int64Array, RecordBatch};
/// use sql_operators::DeltaBatch;
/// use std::sync::Arc;
///
/// let rows = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![7, 8, 7])) as _)]).unwrap();
/// let batch = DeltaBatch::new(rows, vec![10, 20, 30]).with_weights(vec![1, 1, -1]);
/// let net = batch.consolidate().unwrap();
/// assert_eq!((net.count(), net.weight(0), net.times[0]), (1, 1, 20));
/// ```
#[derive(Clone, Debug)]
pub struct DeltaBatch {
    /// The visible columns.
    pub rows: RecordBatch,
    /// How often each row is added (or, below zero, taken back); `None`: each once.
    pub weights: Option<ScalarBuffer<i64>>,
    /// The event time of each row in milliseconds since 1970-01-01T00:00:00Z.
    pub times: ScalarBuffer<i64>,
    /// For each row the watermark when it came, where some row was behind it; `None`: no row was. Kept until rows are grouped or shuffled.
    pub watermarks: Option<ScalarBuffer<i64>>,
    /// Where the rows were read, while that is known.
    pub origin: Option<Origin>,
}

impl DeltaBatch {
    /// Rows that are each added once.
    pub fn new(rows: RecordBatch, times: impl Into<ScalarBuffer<i64>>) -> DeltaBatch {
        let times = times.into();
        assert_eq!(rows.num_rows(), times.len(), "every row has an event time");
        DeltaBatch { rows, weights: None, times, watermarks: None, origin: None }
    }

    /// The same rows with these weights.
    pub fn with_weights(mut self, weights: impl Into<ScalarBuffer<i64>>) -> DeltaBatch {
        let weights = weights.into();
        assert_eq!(self.count(), weights.len(), "every row has a weight");
        self.weights = weights.iter().any(|weight| *weight != 1).then_some(weights);
        self
    }

    /// The same rows, read there.
    pub fn with_origin(mut self, origin: Option<Origin>) -> DeltaBatch {
        self.origin = origin;
        self
    }

    /// No rows of this schema.
    pub fn empty(schema: SchemaRef) -> DeltaBatch {
        DeltaBatch::new(RecordBatch::new_empty(schema), Vec::new())
    }

    /// The number of rows, whatever their weights.
    pub fn count(&self) -> usize {
        self.times.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// The weight of a row.
    #[inline]
    pub fn weight(&self, row: usize) -> i64 {
        self.weights.as_ref().map_or(1, |weights| weights[row])
    }

    /// Whether some row is taken back.
    pub fn has_retractions(&self) -> bool {
        self.weights.as_ref().is_some_and(|weights| weights.iter().any(|weight| *weight < 0))
    }

    /// The rows for which `mask` is true (not false, not null).
    pub fn filter(&self, mask: &BooleanArray) -> Result<DeltaBatch> {
        let mask = if mask.null_count() == 0 { mask.clone() } else { arrow::compute::prep_null_mask_filter(mask) };
        if mask.true_count() == self.count() {
            return Ok(self.clone());
        }
        let keep =
            |values: &ScalarBuffer<i64>| values.iter().enumerate().filter(|(row, _)| mask.value(*row)).map(|(_, value)| *value).collect();
        Ok(DeltaBatch {
            rows: filter_record_batch(&self.rows, &mask)?,
            weights: self.weights.as_ref().map(keep),
            times: keep(&self.times),
            watermarks: self.watermarks.as_ref().map(keep),
            origin: self.origin.as_ref().map(|origin| origin.filter(&mask)),
        })
    }

    /// The rows at these indexes, in their order.
    pub fn take(&self, indexes: &[u32]) -> Result<DeltaBatch> {
        let pick = |values: &ScalarBuffer<i64>| indexes.iter().map(|row| values[*row as usize]).collect();
        Ok(DeltaBatch {
            rows: take_record_batch(&self.rows, &UInt32Array::from(indexes.to_vec()))?,
            weights: self.weights.as_ref().map(pick),
            times: pick(&self.times),
            watermarks: self.watermarks.as_ref().map(pick),
            origin: self.origin.as_ref().map(|origin| origin.take(indexes)),
        })
    }

    /// `count` rows from row `from` on, without copying.
    pub fn slice(&self, from: usize, count: usize) -> DeltaBatch {
        DeltaBatch {
            rows: self.rows.slice(from, count),
            weights: self.weights.as_ref().map(|weights| weights.slice(from, count)),
            times: self.times.slice(from, count),
            watermarks: self.watermarks.as_ref().map(|watermarks| watermarks.slice(from, count)),
            origin: self.origin.as_ref().map(|origin| origin.slice(from, count)),
        }
    }

    /// The same changes with other columns, one row for each of ours.
    pub fn with_rows(&self, rows: RecordBatch) -> Result<DeltaBatch> {
        if rows.num_rows() != self.count() {
            return Err(Error::bug(format!("{} rows became {}", self.count(), rows.num_rows())));
        }
        Ok(DeltaBatch {
            rows,
            weights: self.weights.clone(),
            times: self.times.clone(),
            watermarks: self.watermarks.clone(),
            origin: self.origin.clone(),
        })
    }

    /// All rows of several batches of one schema, in order. Their origin and watermarks are kept only where there is one batch.
    pub fn concat(schema: &SchemaRef, batches: &[DeltaBatch]) -> Result<DeltaBatch> {
        if let [only] = batches {
            return Ok(only.clone());
        }
        let rows = concat_batches(schema, batches.iter().map(|batch| &batch.rows))?;
        let times: Vec<i64> = batches.iter().flat_map(|batch| batch.times.iter().copied()).collect();
        let weights: Vec<i64> = batches.iter().flat_map(|batch| (0..batch.count()).map(|row| batch.weight(row))).collect();
        Ok(DeltaBatch::new(rows, times).with_weights(weights))
    }
}

impl Payload for DeltaBatch {
    fn count(&self) -> usize {
        self.times.len()
    }

    fn duplicate(&self) -> Box<dyn Payload> {
        Box::new(self.clone())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;
    use std::sync::Arc;

    fn batch(values: Vec<i64>) -> DeltaBatch {
        let times = values.iter().map(|value| value * 10).collect::<Vec<_>>();
        DeltaBatch::new(RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(values)) as _)]).unwrap(), times)
    }

    #[test]
    fn rows_weights_and_times_stay_together() {
        let all = batch(vec![1, 2, 3]).with_weights(vec![1, -1, 2]);
        let mask = BooleanArray::from(vec![None, Some(true), Some(true)]);
        for (part, expected) in [
            (all.filter(&mask).unwrap(), vec![(2, -1, 20), (3, 2, 30)]),
            (all.take(&[2, 0]).unwrap(), vec![(3, 2, 30), (1, 1, 10)]),
            (all.slice(1, 1), vec![(2, -1, 20)]),
            (DeltaBatch::concat(&all.rows.schema(), &[all.slice(0, 1), batch(vec![9])]).unwrap(), vec![(1, 1, 10), (9, 1, 90)]),
        ] {
            let values = part.rows.column(0).as_primitive::<Int64Type>();
            let found: Vec<_> = (0..part.count()).map(|row| (values.value(row), part.weight(row), part.times[row])).collect();
            assert_eq!(found, expected);
        }
    }
}
