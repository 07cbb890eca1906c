//! Where rows were read, so that a row an expression fails on can be dead-lettered with its source position.

use super::Letters;
use arrow::array::BooleanArray;
use log_model::{Offset, TopicPartition};
use std::sync::Arc;
use streams_runtime::ConsumedRecord;

/// The source records of a batch's rows. Kept until rows are grouped or shuffled.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Where the records were read.
    pub partition: TopicPartition,
    /// The records of the source's batch.
    pub records: Arc<[ConsumedRecord]>,
    /// For each row, the index of its record.
    pub rows: Arc<[u32]>,
    /// What the records look like as dead letters.
    pub letters: Letters,
}

impl Origin {
    /// The record a row was read from.
    pub fn record(&self, row: usize) -> Option<&ConsumedRecord> {
        self.records.get(*self.rows.get(row)? as usize)
    }

    /// The offset a row was read from.
    pub fn offset(&self, row: usize) -> Option<Offset> {
        self.record(row).map(|record| record.offset)
    }

    pub(crate) fn filter(&self, mask: &BooleanArray) -> Origin {
        let kept = self.rows.iter().enumerate().filter(|(row, _)| mask.value(*row)).map(|(_, record)| *record);
        self.with_rows(kept.collect())
    }

    pub(crate) fn take(&self, indexes: &[u32]) -> Origin {
        self.with_rows(indexes.iter().map(|row| self.rows[*row as usize]).collect())
    }

    pub(crate) fn slice(&self, from: usize, count: usize) -> Origin {
        self.with_rows(self.rows[from..from + count].into())
    }

    fn with_rows(&self, rows: Arc<[u32]>) -> Origin {
        Origin { partition: self.partition.clone(), records: Arc::clone(&self.records), rows, letters: self.letters.clone() }
    }
}
