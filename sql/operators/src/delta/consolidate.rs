//! Equal rows become one: weights are summed and what sums to nothing goes.

use super::DeltaBatch;
use crate::Result;
use crate::codec::{Interner, encode_cell};
use crate::columns::views;

impl DeltaBatch {
    /// One row for each distinct row whose weights do not cancel out, in the order of first appearance, with the latest of the event times.
    ///
    /// Rows are equal if all visible columns are, nulls included; event times do not tell rows apart.
    pub fn consolidate(&self) -> Result<DeltaBatch> {
        let columns = views(&self.rows)?;
        let mut interner = Interner::new();
        let (mut firsts, mut weights, mut times) = (Vec::<u32>::new(), Vec::<i64>::new(), Vec::<i64>::new());
        let mut key = Vec::new();
        for row in 0..self.count() {
            key.clear();
            columns.iter().for_each(|column| encode_cell(&mut key, &column.cell(row)));
            let (id, new) = interner.intern(&key);
            if new {
                firsts.push(row as u32);
                weights.push(0);
                times.push(i64::MIN);
            }
            let id = id as usize;
            weights[id] += self.weight(row);
            times[id] = times[id].max(self.times[row]);
        }
        let kept: Vec<usize> = (0..firsts.len()).filter(|id| weights[*id] != 0).collect();
        if kept.len() == self.count() {
            return Ok(self.clone());
        }
        let mut net = self.take(&kept.iter().map(|id| firsts[*id]).collect::<Vec<_>>())?;
        net.times = kept.iter().map(|id| times[*id]).collect();
        Ok(net.with_weights(kept.iter().map(|id| weights[*id]).collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{AsArray, Int64Array, RecordBatch, StringArray};
    use arrow::datatypes::Int64Type;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    proptest! {
        #[test]
        fn the_net_rows_are_the_sums_of_weights(rows in proptest::collection::vec((prop::option::of(0i64..3), -2i64..3), 0..30)) {
            let values: Int64Array = rows.iter().map(|(value, _)| *value).collect();
            let texts = StringArray::from_iter_values(rows.iter().map(|_| "same"));
            let all = RecordBatch::try_from_iter_with_nullable([("a", Arc::new(values) as _, true), ("b", Arc::new(texts) as _, true)]).unwrap();
            let batch = DeltaBatch::new(all, vec![5; rows.len()]).with_weights(rows.iter().map(|(_, weight)| *weight).collect::<Vec<_>>());
            let net = batch.consolidate().unwrap();
            let mut expected = BTreeMap::<Option<i64>, i64>::new();
            for (value, weight) in &rows {
                *expected.entry(*value).or_default() += weight;
            }
            expected.retain(|_, weight| *weight != 0);
            let values = net.rows.column(0).as_primitive::<Int64Type>();
            let found: BTreeMap<_, _> = values.iter().enumerate().map(|(row, value)| (value, net.weight(row))).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
